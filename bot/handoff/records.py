"""What every change of ownership leaves behind: a note for the desk and a line of the audit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import CursorResult, Engine, Update, update
from sqlalchemy.orm import Session

from bot.privacy import mask
from bot.store import audit
from bot.store.audit import officer_subject
from bot.store.engine import change_in_session
from bot.store.models import Conversation, Handoff, Note

MAX_NOTE = 2000
OPEN = ("waiting", "taken")


def rows_of(session: Session, statement: Update) -> int:
    """Run ``statement``; returns how many rows it changed."""
    result = session.execute(statement)
    assert isinstance(result, CursorResult)
    return int(result.rowcount)


def touch(conversation_id: int, now: datetime) -> Update:
    """An UPDATE of a conversation that the desk's live feed and the worker's version check both see."""
    return (
        update(Conversation)
        .where(Conversation.id == conversation_id)
        .values(version=Conversation.version + 1, updated_at=now)
        .execution_options(synchronize_session=False)
    )


def record(
    session: Session,
    conversation_id: int,
    officer_id: int | None,
    kind: str,
    now: datetime,
    text: str = "",
    **detail: Any,
) -> None:
    """A note of ``kind`` on the conversation; of an officer's act also the audit's line."""
    session.add(
        Note(
            conversation_id=conversation_id,
            officer_id=officer_id,
            kind=kind,
            text=mask(text) or "",
            created_at=now,
        )
    )
    if officer_id is not None:
        actor, subject = officer_subject(officer_id), f"conversation:{conversation_id}"
        audit.record(session, now, actor, f"conversation.{kind}", subject, **detail)


def end_handoffs(
    session: Session, conversation_id: int, status: str, now: datetime, of: Sequence[str] = OPEN
) -> None:
    """Close what is open of the conversation's requests."""
    session.execute(
        update(Handoff)
        .where(Handoff.conversation_id == conversation_id, Handoff.status.in_(of))
        .values(status=status, ended_at=now)
        .execution_options(synchronize_session=False)
    )


def take_handoffs(session: Session, conversation_id: int, officer_id: int | None, now: datetime) -> int:
    """Waiting requests are taken; returns how many."""
    return rows_of(
        session,
        update(Handoff)
        .where(Handoff.conversation_id == conversation_id, Handoff.status == "waiting")
        .values(status="taken", officer_id=officer_id, taken_at=now)
        .execution_options(synchronize_session=False),
    )


def answer_handoffs(session: Session, conversation_id: int, now: datetime) -> None:
    """The officer's first words to whoever waited."""
    session.execute(
        update(Handoff)
        .where(
            Handoff.conversation_id == conversation_id,
            Handoff.status == "taken",
            Handoff.answered_at.is_(None),
        )
        .values(answered_at=now)
        .execution_options(synchronize_session=False)
    )


def note(engine: Engine, conversation_id: int, officer_id: int, text: str, now: datetime) -> bool:
    """Add a private note; False if it is empty or there is no such conversation."""
    said = text.strip()[:MAX_NOTE]
    if not said:
        return False

    def write(session: Session) -> bool:
        if not rows_of(session, touch(conversation_id, now)):
            return False
        session.add(
            Note(
                conversation_id=conversation_id, officer_id=officer_id, text=mask(said) or "", created_at=now
            )
        )
        return True

    return change_in_session(engine, write)


def label(
    engine: Engine, conversation_id: int, officer_id: int, labels: Sequence[str], now: datetime
) -> bool:
    """Set the conversation's labels, each once; False if there is no such conversation."""
    wanted = list(dict.fromkeys(text for name in labels if (text := name.strip()[:40])))

    def write(session: Session) -> bool:
        if not rows_of(session, touch(conversation_id, now).values(labels=wanted)):
            return False
        record(session, conversation_id, officer_id, "label", now, ", ".join(wanted))
        return True

    return change_in_session(engine, write)
