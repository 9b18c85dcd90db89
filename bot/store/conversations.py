"""Reading and writing conversations: the queries of a turn."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import CursorResult, bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from bot.privacy import mask
from bot.store.models import Base, Conversation, Handoff, Message, Note, Outgoing, Rating, Unanswered
from bot.store.models_comments import CommentAction
from bot.store.models_dossiers import DossierAttempt, DossierFollow
from bot.store.models_posts import Comment
from bot.store.models_scams import ScamReport, ScamSubscription, ScamWarned
from bot.understanding.folding import fold
from connectors.channel import Event, Reply, Wire

_OF_CONVERSATION = (
    Outgoing, Rating, Handoff, Note, ScamReport, ScamSubscription, ScamWarned, DossierFollow, Message,
)  # fmt: skip
# Who looked dossiers up stays known by a keyed hash alone: limits on guessing outlast an erasure.
_ERASED = select(Conversation).where(Conversation.id == bindparam("conversation")).subquery()
_FORGET_LOOKER = (
    update(DossierAttempt)
    .where(DossierAttempt.account_id == select(_ERASED.c.account_id).scalar_subquery())
    .where(DossierAttempt.user_ref == select(_ERASED.c.user_ref).scalar_subquery())
    .values(user_ref=None)
    .execution_options(synchronize_session=False)
)
UNDONE = ("pending", "sending", "unknown")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A conversation before a turn; ``id`` is None for a new one."""

    id: int | None
    owner: str
    officer_wrote_at: datetime | None
    waiting_since: datetime | None
    unit_id: int
    state: dict[str, Any]


NEW = Snapshot(None, "bot", None, None, 1, {})

# Built once: building a statement costs more than running it.
_OF_RESIDENT = (
    Conversation.account_id == bindparam("account"),
    Conversation.user_ref == bindparam("user"),
)
_CONVERSATION = select(Conversation).where(*_OF_RESIDENT)
_SNAPSHOT = select(
    Conversation.id, Conversation.owner, Conversation.officer_wrote_at, Conversation.waiting_since,
    Conversation.unit_id, Conversation.state,
).where(*_OF_RESIDENT)  # fmt: skip
_WORKED = select(Message.id).where(
    Message.account_id == bindparam("account"), Message.event_id == bindparam("event")
)


def read_snapshot(session: Session, account_id: int, user_ref: str) -> Snapshot:
    row = session.connection().execute(_SNAPSHOT, {"account": account_id, "user": user_ref}).first()
    return Snapshot(*row) if row else NEW


def already_worked(session: Session, account_id: int, event_id: str) -> bool:
    """Whether this event's transaction was committed before."""
    found = session.connection().execute(_WORKED, {"account": account_id, "event": event_id})
    return found.first() is not None


def find_conversation(session: Session, account_id: int, user_ref: str) -> Conversation | None:
    """The conversation's row, if there is one."""
    return session.scalar(_CONVERSATION, {"account": account_id, "user": user_ref})


def snapshot_of(row: Conversation | None) -> Snapshot:
    """What :func:`read_snapshot` would say of this row."""
    if row is None:
        return NEW
    return Snapshot(row.id, row.owner, row.officer_wrote_at, row.waiting_since, row.unit_id, row.state)


def open_conversation(session: Session, account_id: int, user_ref: str, now: datetime) -> Conversation:
    """The conversation's row, made if it is new."""
    row = find_conversation(session, account_id, user_ref)
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
) -> int:
    """Store what came in, identity, phone and account numbers masked; returns the message's id."""
    text = mask(event.text)
    return _insert(
        session,
        Message,
        conversation_id=conversation.id,
        account_id=conversation.account_id,
        event_id=event.event_id,
        author=author,
        kind=event.kind,
        text=text,
        folded=fold(text) if text else None,
        payload=event.payload,
        attachments=[{"kind": a.kind, "url": a.url} for a in event.attachments],
        understood=understood,
        at_ms=event.at_ms,
        created_at=now,
    )


def add_reply(
    session: Session,
    conversation: Conversation,
    reply: Reply,
    wires: Iterable[Wire],
    now: datetime,
    author: str = "bot",
    *,
    officer_id: int | None = None,
    key: str = "",
) -> int:
    """Store an answer and put its API calls into the outbox; returns the message's id.

    ``reply`` is what the desk shows; ``wires`` may say more than it, such as who speaks.

    :param officer_id: who wrote it, for an officer's words.
    :param key: the first call's idempotency key; empty: a new one.
    """
    text = mask(reply.text)
    message_id = _insert(
        session,
        Message,
        conversation_id=conversation.id,
        account_id=conversation.account_id,
        author=author,
        kind="reply",
        text=text,
        folded=fold(text) if text and officer_id is not None else None,
        officer_id=officer_id,
        attachments=[{"kind": "image", "url": reply.image_url}] if reply.image_url else [],
        created_at=now,
    )
    for number, wire in enumerate(wires):
        _insert(
            session,
            Outgoing,
            conversation_id=conversation.id,
            account_id=conversation.account_id,
            message_id=message_id,
            key=(f"{key}:{number}" if number else key) if key else uuid.uuid4().hex,
            author=author,
            wire=wire,
            due_at=now,
            created_at=now,
        )
    return message_id


def _insert(session: Session, model: type[Base], **values: Any) -> int:
    """One row, past the session's bookkeeping; returns its id."""
    done = session.connection().execute(insert(model.__table__), values)  # type: ignore[arg-type]
    key = done.inserted_primary_key
    assert key is not None  # every table here has a key of its own
    return int(key[0])


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
    for table in _OF_CONVERSATION:
        session.execute(delete(table).where(table.conversation_id == conversation_id))
    session.execute(_FORGET_LOOKER, {"conversation": conversation_id})
    commented = select(Comment.id).where(Comment.conversation_id == conversation_id)
    session.execute(delete(CommentAction).where(CommentAction.comment_id.in_(commented)))
    session.execute(
        update(Comment)
        .where(Comment.conversation_id == conversation_id)
        .values(text="", author_name="", understood=None, conversation_id=None)
    )
    session.execute(
        update(Conversation)
        .where(Conversation.id == conversation_id)
        .values(
            state={},
            owner="bot",
            officer_id=None,
            officer_wrote_at=None,
            waiting_since=None,
            escalated_at=None,
            labels=[],
            version=Conversation.version + 1,
        )
    )


def delete_older(session: Session, before: datetime) -> int:
    """Messages from before ``before``, with what belongs to them, and what officers left beside them.

    Returns how many messages.
    """
    old = select(Message.id).where(Message.created_at < before)
    session.execute(delete(Outgoing).where(Outgoing.message_id.in_(old)))
    session.execute(delete(Unanswered).where(Unanswered.message_id.in_(old)))
    session.execute(delete(Rating).where(Rating.created_at < before))
    session.execute(delete(Note).where(Note.created_at < before))
    session.execute(delete(Handoff).where(Handoff.created_at < before, Handoff.ended_at.is_not(None)))
    session.execute(delete(ScamReport).where(ScamReport.created_at < before, ScamReport.status != "open"))
    result = session.execute(delete(Message).where(Message.created_at < before))
    assert isinstance(result, CursorResult)
    return int(result.rowcount)
