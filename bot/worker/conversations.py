"""Reading and writing conversations: the queries of a turn."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import CursorResult, delete, select, update
from sqlalchemy.orm import Session

from bot.privacy import mask
from bot.store.models import Conversation, Handoff, Message, Outgoing, Unanswered
from connectors.channel import Event, Reply, Wire

UNDONE = ("pending", "sending", "unknown")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A conversation before a turn; ``id`` is None for a new one."""

    id: int | None
    owner: str
    officer_wrote_at: datetime | None
    state: dict[str, Any]


NEW = Snapshot(None, "bot", None, {})


def read_snapshot(session: Session, account_id: int, user_ref: str) -> Snapshot:
    columns = (Conversation.id, Conversation.owner, Conversation.officer_wrote_at, Conversation.state)
    row = session.execute(
        select(*columns).where(Conversation.account_id == account_id, Conversation.user_ref == user_ref)
    ).first()
    return Snapshot(*row) if row else NEW


def already_worked(session: Session, account_id: int, event_id: str) -> bool:
    """Whether this event's transaction was committed before."""
    found = session.scalar(
        select(Message.id).where(Message.account_id == account_id, Message.event_id == event_id)
    )
    return found is not None


def open_conversation(session: Session, account_id: int, user_ref: str, now: datetime) -> Conversation:
    """The conversation's row, made if it is new."""
    row = session.scalar(
        select(Conversation).where(Conversation.account_id == account_id, Conversation.user_ref == user_ref)
    )
    if row is None:
        row = Conversation(
            account_id=account_id, user_ref=user_ref, owner="bot", state={}, created_at=now, updated_at=now
        )
        session.add(row)
        session.flush()
    return row


def add_inbound(
    session: Session,
    conversation: Conversation,
    event: Event,
    now: datetime,
    author: str = "resident",
    understood: dict[str, Any] | None = None,
) -> Message:
    """Store what came in; identity, phone and account numbers are masked."""
    message = Message(
        conversation_id=conversation.id,
        account_id=conversation.account_id,
        event_id=event.event_id,
        author=author,
        kind=event.kind,
        text=mask(event.text),
        payload=event.payload,
        attachments=[{"kind": a.kind, "url": a.url} for a in event.attachments],
        understood=understood,
        at_ms=event.at_ms,
        created_at=now,
    )
    session.add(message)
    session.flush()
    return message


def add_reply(
    session: Session,
    conversation: Conversation,
    reply: Reply,
    wires: Iterable[Wire],
    now: datetime,
    author: str = "bot",
) -> None:
    """Store an answer and put its API calls into the outbox."""
    message = Message(
        conversation_id=conversation.id,
        account_id=conversation.account_id,
        author=author,
        kind="reply",
        text=mask(reply.text),
        created_at=now,
    )
    session.add(message)
    session.flush()
    session.add_all(
        Outgoing(
            conversation_id=conversation.id,
            account_id=conversation.account_id,
            message_id=message.id,
            key=uuid.uuid4().hex,
            author=author,
            wire=wire,
            due_at=now,
            created_at=now,
        )
        for wire in wires
    )
    session.flush()


def add_handoff(session: Session, conversation: Conversation, reason: str, queue: str, now: datetime) -> None:
    """Record that a person is wanted; a wish that already waits in that queue is not recorded twice."""
    waiting = session.scalar(
        select(Handoff.id).where(
            Handoff.conversation_id == conversation.id, Handoff.status == "waiting", Handoff.queue == queue
        )
    )
    if waiting is None:
        session.add(
            Handoff(
                conversation_id=conversation.id,
                reason=reason,
                queue=queue,
                status="waiting",
                created_at=now,
            )
        )


def hold_back(session: Session, conversation_id: int, code: str, reason: str) -> None:
    """The bot's words that are not yet sent stay unsent."""
    session.execute(
        update(Outgoing)
        .where(
            Outgoing.conversation_id == conversation_id,
            Outgoing.author == "bot",
            Outgoing.status == "pending",
        )
        .values(status="failed", error_code=code, error_reason=reason)
    )


def erase(session: Session, conversation_id: int) -> None:
    """Everything that a resident wrote or was told, and the bot's memory of it."""
    for table in (Outgoing, Handoff, Message):
        session.execute(delete(table).where(table.conversation_id == conversation_id))
    session.execute(
        update(Conversation)
        .where(Conversation.id == conversation_id)
        .values(state={}, owner="bot", officer_wrote_at=None, version=Conversation.version + 1)
    )


def delete_older(session: Session, before: datetime) -> int:
    """Messages from before ``before``, with what belongs to them; returns how many."""
    old = select(Message.id).where(Message.created_at < before)
    session.execute(delete(Outgoing).where(Outgoing.message_id.in_(old)))
    session.execute(delete(Unanswered).where(Unanswered.message_id.in_(old)))
    result = session.execute(delete(Message).where(Message.created_at < before))
    assert isinstance(result, CursorResult)
    return int(result.rowcount)
