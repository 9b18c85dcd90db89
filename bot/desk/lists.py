"""The inbox's queries: a page of rows takes three statements, however many rows it has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import Session

from bot.desk.guard import SignedIn
from bot.desk.permissions import Permission
from bot.desk.wording import alarm_words
from bot.handoff.visibility import visible
from bot.store.models import Account, Conversation, Message, Officer
from bot.understanding.folding import fold

PAGE = 50
"""Rows of one page."""
ACTIVE = timedelta(hours=24)
"""What the bot holds is listed for this long after the last sign of life; then it is history."""
MOST_FOUND = 1000
"""Messages that a search looks at, the newest ones."""
LONGEST_QUERY = 100


class Shelf(StrEnum):
    """One list of the inbox; the values stand in addresses."""

    WAITING = "waiting"
    MINE = "mine"
    OTHERS = "others"
    ALARM = "alarm"
    BOT = "bot"
    HISTORY = "history"


SHELF_NAMES = {
    Shelf.WAITING: "Đang chờ",
    Shelf.MINE: "Của tôi",
    Shelf.OTHERS: "Cán bộ khác",
    Shelf.ALARM: "Cần phụ trách xem",
    Shelf.BOT: "Với trợ lý",
    Shelf.HISTORY: "Lịch sử",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One conversation as the inbox shows it. ``words``: the resident's last, or those that were found."""

    id: int
    version: int
    channel: str
    owner: str
    officer_id: int | None
    officer: str | None
    queue: str
    labels: Sequence[str]
    waiting_since: datetime | None
    alarm: str
    """Why supervisors were told, in words; empty: they were not, or an officer has it now."""
    updated_at: datetime
    last_inbound_ms: int
    is_test: bool
    words: str
    codes: Sequence[str]
    unanswered: bool
    """An officer has it, and the last word is the resident's."""


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of a list; ``more``: there is a page behind it."""

    rows: Sequence[Row]
    more: bool


@dataclass(frozen=True, slots=True)
class Counts:
    """What waits for this officer."""

    waiting: int
    mine: int
    alarm: int = 0


def read_counts(session: Session, officer: SignedIn) -> Counts:
    """How many wait in the queues that ``officer`` sees, and how many chats are the officer's own."""
    mine = and_(Conversation.owner == "officer", Conversation.officer_id == officer.id)
    found = session.execute(
        select(
            func.coalesce(func.sum(case((Conversation.owner == "waiting", 1), else_=0)), 0),
            func.coalesce(func.sum(case((mine, 1), else_=0)), 0),
        ).where(Conversation.owner.in_(("waiting", "officer")), visible(officer))
    ).one()
    alarm = select(func.count()).select_from(Conversation).where(_alarmed(), visible(officer))
    watches = officer.may(Permission.REVIEW)
    return Counts(int(found[0]), int(found[1]), (session.scalar(alarm) or 0) if watches else 0)


def shelves_of(officer: SignedIn) -> dict[Shelf, str]:
    """The lists that ``officer`` is shown: what was escalated is for those in charge."""
    watches = officer.may(Permission.REVIEW)
    return {shelf: name for shelf, name in SHELF_NAMES.items() if watches or shelf is not Shelf.ALARM}


def _alarmed() -> ColumnElement[bool]:
    return and_(Conversation.escalated_at.is_not(None), Conversation.owner != "officer")


def read_page(
    session: Session, officer: SignedIn, shelf: Shelf, now: datetime,
    queue: str = "", query: str = "", number: int = 1,
) -> Page:  # fmt: skip
    """One page of a list, restricted to what ``officer`` may see.

    :param queue: only this queue; empty: all.
    :param query: only conversations in which people's words hold this, diacritics or not; newest first.
    """
    found: dict[int, str] = {}
    statement = _base().where(visible(officer), _belongs(shelf, officer, now))
    if queue:
        statement = statement.where(Conversation.queue == queue)
    if wanted := fold(query.strip()[:LONGEST_QUERY]):
        found = _search(session, officer, wanted)
        statement = statement.where(Conversation.id.in_(list(found)))
    order = (
        (Conversation.waiting_since, Conversation.id)
        if shelf is Shelf.WAITING and not wanted
        else (Conversation.updated_at.desc(), Conversation.id.desc())
    )
    rows = session.execute(statement.order_by(*order).offset((number - 1) * PAGE).limit(PAGE + 1)).all()
    return Page(_filled(session, rows[:PAGE], found), len(rows) > PAGE)


def _base() -> Select[Any]:
    return (
        select(
            Conversation.id, Conversation.version, Account.channel, Conversation.owner,
            Conversation.officer_id, Officer.name, Conversation.queue, Conversation.labels,
            Conversation.waiting_since, Conversation.escalated_at, Conversation.updated_at,
            Conversation.last_inbound_ms, Conversation.is_test,
        )
        .join(Account, Account.id == Conversation.account_id)
        .outerjoin(Officer, Officer.id == Conversation.officer_id)
    )  # fmt: skip


def _belongs(shelf: Shelf, officer: SignedIn, now: datetime) -> ColumnElement[bool]:
    mine = and_(Conversation.owner == "officer", Conversation.officer_id == officer.id)
    if shelf is Shelf.WAITING:
        return Conversation.owner == "waiting"
    if shelf is Shelf.MINE:
        return mine
    if shelf is Shelf.OTHERS:
        other = or_(Conversation.officer_id.is_(None), Conversation.officer_id != officer.id)
        return and_(Conversation.owner == "officer", other)
    if shelf is Shelf.ALARM:
        return _alarmed()
    if shelf is Shelf.BOT:
        return and_(Conversation.owner == "bot", Conversation.updated_at > now - ACTIVE)
    return Conversation.id > 0


def _search(session: Session, officer: SignedIn, wanted: str) -> dict[int, str]:
    """The conversations with a message that holds ``wanted`` (folded), each with the newest such message."""
    escaped = wanted.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    rows = session.execute(
        select(Message.conversation_id, Message.text)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(Message.folded.like(f"%{escaped}%", escape="\\"), visible(officer))
        .order_by(Message.id.desc())
        .limit(MOST_FOUND)
    )
    found: dict[int, str] = {}
    for conversation_id, text in rows:
        found.setdefault(conversation_id, text or "")
    return found


def _filled(session: Session, rows: Sequence[Any], found: dict[int, str]) -> list[Row]:
    """Each row with the resident's last words and whether they are the last of all."""
    ids = [row.id for row in rows]
    last_said = (
        select(func.max(Message.id))
        .where(Message.conversation_id.in_(ids), Message.author == "resident", Message.text.is_not(None))
        .group_by(Message.conversation_id)
    )
    said = {
        row.conversation_id: row
        for row in session.execute(
            select(Message.conversation_id, Message.id, Message.text, Message.understood).where(
                Message.id.in_(last_said)
            )
        )
    }
    held = [row.id for row in rows if row.owner == "officer"]
    answered = {
        row.conversation_id: row.last
        for row in session.execute(
            select(Message.conversation_id, func.max(Message.id).label("last"))
            .where(Message.conversation_id.in_(held), Message.author == "officer")
            .group_by(Message.conversation_id)
        )
    }
    return [_row(row, said.get(row.id), answered.get(row.id, 0), found.get(row.id)) for row in rows]


def _row(row: Any, said: Any, answered: int, found: str | None) -> Row:
    understood = (said.understood if said else None) or {}
    return Row(
        id=row.id, version=row.version, channel=row.channel, owner=row.owner, officer_id=row.officer_id,
        officer=row.name, queue=row.queue, labels=row.labels or [], waiting_since=row.waiting_since,
        alarm=alarm_words(row.owner, row.waiting_since, row.escalated_at), updated_at=row.updated_at,
        last_inbound_ms=row.last_inbound_ms, is_test=row.is_test,
        words=found if found is not None else (said.text if said else ""),
        codes=understood.get("codes", ()),
        unanswered=row.owner == "officer" and said is not None and said.id > answered,
    )  # fmt: skip
