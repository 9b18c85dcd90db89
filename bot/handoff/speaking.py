"""An officer's words from the desk to the resident."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, Engine, exists, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.handoff.ownership import Owner
from bot.handoff.records import answer_handoffs, record, rows_of, touch
from bot.handoff.visibility import window_left
from bot.store import conversations as conv
from bot.store.engine import change_in_session, reading
from bot.store.models import Account, Conversation, Officer, Outgoing
from connectors.channel import Author, Channel, Persona, Reply

MAX_TEXT = 4000
NOT_OWNER, WINDOW_CLOSED, EMPTY = "not_owner", "window_closed", "empty"
TOO_LONG, UNREACHABLE = "too_long", "unreachable"


@dataclass(frozen=True, slots=True)
class Said:
    """``problem`` None: it is in the outbox as ``message_id`` (also if it was there before)."""

    message_id: int | None = None
    problem: str | None = None


def officer_says(
    engine: Engine,
    channels: Mapping[str, Channel],
    conversation_id: int,
    officer_id: int,
    text: str,
    now: datetime,
    *,
    key: str,
    image_url: str | None = None,
) -> Said:
    """Put an officer's message into the outbox, once per ``key``.

    :param key: at most 36 characters, the same one when the form is sent again.
    :param image_url: an https address that the platform can read.
    """
    said = text.strip()
    if not said and not image_url:
        return Said(problem=EMPTY)
    if len(said) > MAX_TEXT:
        return Said(problem=TOO_LONG)

    def write(session: Session) -> Said:
        before = _said_before(session, conversation_id, key)
        if before is not None:
            return Said(before)
        chat = _chat(session, conversation_id, officer_id)
        problem = _problem(chat, now) if chat else NOT_OWNER
        if chat is None or problem:
            return Said(problem=problem)
        speaks = touch(conversation_id, now).where(*_mine(officer_id))
        values = {"officer_wrote_at": now, "waiting_since": None, "escalated_at": None}
        if not rows_of(session, speaks.values(**values)):
            return Said(problem=NOT_OWNER)
        reply = Reply(said, image_url=image_url)
        shown = replace(reply, text=with_persona(chat.persona, said), persona=Persona(chat.persona, said))
        wires = channels[chat.channel].render(shown)
        message_id = conv.add_reply(
            session, chat.row, reply, wires, now, Author.OFFICER, officer_id=officer_id, key=key
        )
        answer_handoffs(session, conversation_id, now)
        return Said(message_id)

    try:
        return change_in_session(engine, write)
    except IntegrityError:  # the same form, sent twice at once
        with reading(engine) as session:
            before = _said_before(session, conversation_id, key)
        if before is None:
            raise
        return Said(before)


def with_persona(persona: str, text: str) -> str:
    """What the resident reads: who speaks, by role, then the words."""
    return f"{persona}:\n{text}" if text else f"{persona} gửi ảnh:"


def resend(engine: Engine, outbox_id: int, officer_id: int, now: datetime) -> bool:
    """Try an officer's failed message again; False if it is not failed or the chat is not theirs."""

    def write(session: Session) -> bool:
        row = session.get(Outgoing, outbox_id)
        if row is None or row.author != Author.OFFICER:
            return False
        mine = exists().where(Conversation.id == row.conversation_id, *_mine(officer_id))
        again = (
            update(Outgoing)
            .where(Outgoing.id == outbox_id, Outgoing.status == "failed", mine)
            .values(status="pending", due_at=now, created_at=now, error_code=None, error_reason=None)
            .execution_options(synchronize_session=False)
        )
        if not rows_of(session, again):
            return False
        session.execute(touch(row.conversation_id, now))
        record(session, row.conversation_id, officer_id, "resend", now, outbox=outbox_id)
        return True

    return change_in_session(engine, write)


def _mine(officer_id: int) -> tuple[ColumnElement[bool], ...]:
    return (Conversation.owner == Owner.OFFICER.value, Conversation.officer_id == officer_id)


def _said_before(session: Session, conversation_id: int, key: str) -> int | None:
    return session.scalar(
        select(Outgoing.message_id).where(Outgoing.key == key, Outgoing.conversation_id == conversation_id)
    )


class _Chat(NamedTuple):
    """A conversation with what speaking in it needs."""

    row: Conversation
    channel: str
    persona: str


def _chat(session: Session, conversation_id: int, officer_id: int) -> _Chat | None:
    """The conversation, if it is this officer's."""
    found = session.execute(
        select(Conversation, Account.channel, Officer.persona)
        .join(Account, Account.id == Conversation.account_id)
        .join(Officer, Officer.id == Conversation.officer_id)
        .where(Conversation.id == conversation_id, *_mine(officer_id))
    ).first()
    return _Chat(found[0], found[1], found[2]) if found else None


def _problem(chat: _Chat, now: datetime) -> str | None:
    if not chat.row.reachable:
        return UNREACHABLE
    left = window_left(chat.channel, chat.row.last_inbound_ms, now)
    return WINDOW_CLOSED if left is not None and left <= timedelta(0) else None
