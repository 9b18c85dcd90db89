"""The review list: open questions in groups of the same words, and what is decided about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from bot.store.audit import officer_subject, record
from bot.store.models import Conversation, Message, Unanswered
from bot.understanding.folding import words

NEWEST = 3000
"""Open rows that are looked at; who has more than that reviews the newest first."""


@dataclass(frozen=True, slots=True)
class Group:
    """Open questions that fold to the same words; ``id`` is the newest row's."""

    id: int
    conversation_id: int
    text: str
    understood: dict[str, Any]
    corrected: bool
    times: int
    last: datetime


@dataclass(frozen=True, slots=True)
class Decided:
    """One decision; it covers all rows of its group."""

    id: int
    status: str
    code: str | None
    aspect: str | None
    text: str
    at: datetime


def key_of(text: str | None) -> str:
    """What makes two messages the same: folded words with short forms written out."""
    return " ".join(words(text or ""))


def open_groups(session: Session, of_whom: ColumnElement[bool]) -> list[Group]:
    """The open questions, the most frequent first, then the newest."""
    groups: dict[str, list[tuple[Unanswered, Message]]] = {}
    for row, message in _open_rows(session, of_whom):
        groups.setdefault(key_of(message.text), []).append((row, message))
    found = [_group(rows) for rows in groups.values()]
    return sorted(found, key=lambda group: (-group.times, -group.last.timestamp(), group.id))


def open_group(session: Session, of_whom: ColumnElement[bool], row_id: int) -> Group | None:
    """The group that the open row ``row_id`` stands in."""
    rows = _same(session, of_whom, row_id)
    return _group(rows) if rows else None


def decide(
    session: Session,
    of_whom: ColumnElement[bool],
    row_id: int,
    officer_id: int,
    now: datetime,
    *,
    status: str,
    code: str | None = None,
    aspect: str | None = None,
    example: str = "",
) -> int:
    """Decide about the whole group of ``row_id``; returns how many rows, 0 if it is not open."""
    rows = _same(session, of_whom, row_id)
    for row, _ in rows:
        row.status, row.code, row.aspect, row.example = status, code, aspect, example
        row.officer_id, row.decided_at = officer_id, now
    if rows:
        actor, detail = officer_subject(officer_id), {"code": code, "aspect": aspect, "rows": len(rows)}
        record(session, now, actor, f"review.{status}", f"unanswered:{row_id}", **detail)
    return len(rows)


def undo(session: Session, of_whom: ColumnElement[bool], row_id: int, officer_id: int, now: datetime) -> int:
    """Open the decision again that ``row_id`` is part of; returns how many rows."""
    one = session.scalar(_decided(of_whom).where(Unanswered.id == row_id))
    if one is None:
        return 0
    rows = session.scalars(
        _decided(of_whom).where(
            Unanswered.decided_at == one.decided_at,
            Unanswered.officer_id == one.officer_id,
            Unanswered.status == one.status,
        )
    ).all()
    for row in rows:
        row.status, row.code, row.aspect, row.example = "open", None, None, ""
        row.officer_id, row.decided_at = None, None
    record(session, now, officer_subject(officer_id), "review.undo", f"unanswered:{row_id}", rows=len(rows))
    return len(rows)


def latest_decisions(session: Session, of_whom: ColumnElement[bool], limit: int = 20) -> list[Decided]:
    """The last decisions, one for each group."""
    rows = session.execute(
        _joined(of_whom, Unanswered, Message.text)
        .where(Unanswered.decided_at.is_not(None))
        .order_by(Unanswered.decided_at.desc(), Unanswered.id.desc())
        .limit(10 * limit)
    )
    found: dict[tuple[datetime | None, int | None], Decided] = {}
    for row, text in rows:
        if (row.decided_at, row.officer_id) not in found:
            found[row.decided_at, row.officer_id] = Decided(
                row.id, row.status, row.code, row.aspect, row.example or text or "", row.decided_at
            )
    return list(found.values())[:limit]


def report_wrong(
    session: Session, message_id: int, officer_id: int, now: datetime, of_whom: ColumnElement[bool]
) -> int | None:
    """Put an answer of the bot, or the question it answered, on the list as wrong.

    :param message_id: the bot's message, or the resident's.
    :returns: the row's id; None if there is no question with words before it. Twice changes nothing.
    """
    said = session.scalar(
        select(Message).join(Conversation, Conversation.id == Message.conversation_id)
        .where(Message.id == message_id, of_whom)
    )  # fmt: skip
    if said is None or said.author not in ("bot", "resident"):
        return None
    question = session.scalar(
        select(Message)
        .where(
            Message.conversation_id == said.conversation_id, Message.author == "resident",
            Message.id <= message_id, Message.text.is_not(None), Message.text != "",
        )
        .order_by(Message.id.desc()).limit(1)
    )  # fmt: skip
    if question is None:
        return None
    row = session.scalar(
        select(Unanswered).where(Unanswered.message_id == question.id, Unanswered.status == "open").limit(1)
    )
    if row is None:
        row = Unanswered(message_id=question.id, created_at=now)
        session.add(row)
    row.reason = "corrected"
    session.flush()
    record(session, now, officer_subject(officer_id), "review.report", f"unanswered:{row.id}")
    return row.id


def _joined(of_whom: ColumnElement[bool], *what: Any) -> Any:
    return (
        select(*what)
        .select_from(Unanswered)
        .join(Message, Message.id == Unanswered.message_id)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(of_whom, ~Conversation.is_test)
    )


def _decided(of_whom: ColumnElement[bool]) -> Any:
    return _joined(of_whom, Unanswered).where(Unanswered.decided_at.is_not(None))


def _open_rows(session: Session, of_whom: ColumnElement[bool]) -> list[tuple[Unanswered, Message]]:
    wanted = _joined(of_whom, Unanswered, Message).where(Unanswered.status == "open", Message.text != "")
    found = session.execute(wanted.order_by(Unanswered.id.desc()).limit(NEWEST))
    return [(row, message) for row, message in found]


def _same(
    session: Session, of_whom: ColumnElement[bool], row_id: int
) -> Sequence[tuple[Unanswered, Message]]:
    rows = _open_rows(session, of_whom)
    wanted = next((key_of(message.text) for row, message in rows if row.id == row_id), None)
    return [] if wanted is None else [pair for pair in rows if key_of(pair[1].text) == wanted]


def _group(rows: Sequence[tuple[Unanswered, Message]]) -> Group:
    newest, message = rows[0]
    return Group(
        id=newest.id, conversation_id=message.conversation_id, text=message.text or "",
        understood=message.understood or {}, corrected=any(row.reason == "corrected" for row, _ in rows),
        times=len(rows), last=max(row.created_at for row, _ in rows),
    )  # fmt: skip
