"""The queries of the dossiers' pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from bot.dossiers.statuses import ENDED, ON_RESIDENT, Status
from bot.handoff.visibility import Viewer, visible
from bot.store.models import Account, Conversation, Officer
from bot.store.models_dossiers import (
    DossierAlert,
    DossierAttempt,
    DossierEvent,
    DossierFollow,
    DossierImport,
    DossierRow,
)

PAGE = 50
LONGEST_QUERY = 60
MOST = 100


@dataclass(frozen=True, slots=True)
class Filters:
    """``status``: one of the nine, "none" for an unknown one, empty for all; ``only``: see ``ONLY``."""

    query: str = ""
    status: str = ""
    only: str = ""


@dataclass(frozen=True, slots=True)
class Look:
    """One look-up; ``conversation_id`` None if the officer may not see it, or it was erased."""

    at: datetime
    result: str
    by: str
    conversation_id: int | None


@dataclass(frozen=True, slots=True)
class Follower:
    """One who follows; ``conversation_id`` None if the officer may not see it."""

    since: datetime
    told_at: datetime | None
    unsent_since: datetime | None
    unsent_reason: str
    conversation_id: int | None


def read_list(
    session: Session, asked: Filters, today: date, number: int
) -> tuple[Sequence[DossierRow], bool, int]:
    """One page of the list, the latest change first; whether there is more; how many there are."""
    conditions = _conditions(asked, today)
    total = session.scalar(select(func.count()).select_from(DossierRow).where(*conditions)) or 0
    rows = session.scalars(
        select(DossierRow)
        .where(*conditions)
        .order_by(DossierRow.changed_at.desc(), DossierRow.id.desc())
        .offset((number - 1) * PAGE)
        .limit(PAGE + 1)
    ).all()
    return rows[:PAGE], len(rows) > PAGE, total


def read_one(session: Session, dossier_id: int = 0, code: str = "") -> DossierRow | None:
    """By id, or by code."""
    if code:
        return session.scalar(select(DossierRow).where(DossierRow.code == code))
    return session.get(DossierRow, dossier_id)


def read_history(session: Session, code: str) -> Sequence[DossierEvent]:
    """Every step, the latest first."""
    query = select(DossierEvent).where(DossierEvent.code == code).order_by(DossierEvent.id.desc())
    return session.scalars(query.limit(MOST)).all()


def read_attempts(session: Session, officer: Viewer, code: str) -> list[Look]:
    """Who looked, the latest first."""
    query = (
        select(DossierAttempt, Conversation.id)
        .outerjoin(
            Conversation,
            and_(
                Conversation.account_id == DossierAttempt.account_id,
                Conversation.user_ref == DossierAttempt.user_ref,
                visible(officer),
            ),
        )
        .where(DossierAttempt.code == code)
        .order_by(DossierAttempt.id.desc())
        .limit(MOST)
    )
    return [Look(row.at, row.result, row.by, chat) for row, chat in session.execute(query)]


def read_followers(session: Session, officer: Viewer, code: str) -> list[Follower]:
    """Who follows now."""
    query = (
        select(DossierFollow, Conversation.id)
        .outerjoin(Conversation, and_(Conversation.id == DossierFollow.conversation_id, visible(officer)))
        .where(DossierFollow.code == code, DossierFollow.ended_at.is_(None))
        .order_by(DossierFollow.id)
        .limit(MOST)
    )
    return [
        Follower(row.since, row.told_at, row.unsent_since, row.unsent_reason, chat)
        for row, chat in session.execute(query)
    ]


def read_alerts(session: Session, *, only_open: bool = False) -> list[Any]:
    """(alert, channel's name, who has seen it), the open ones first."""
    query = (
        select(DossierAlert, Account.channel, Officer.name)
        .outerjoin(Account, Account.id == DossierAlert.account_id)
        .outerjoin(Officer, Officer.id == DossierAlert.seen_by)
        .order_by(DossierAlert.seen_at.is_not(None), DossierAlert.id.desc())
        .limit(MOST)
    )
    if only_open:
        query = query.where(DossierAlert.seen_at.is_(None))
    return list(session.execute(query))


def read_imports(session: Session) -> Sequence[DossierImport]:
    """The last imports, taken in or refused."""
    return session.scalars(select(DossierImport).order_by(DossierImport.id.desc()).limit(PAGE)).all()


def _conditions(asked: Filters, today: date) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted := asked.query[:LONGEST_QUERY]:
        like = f"%{_escaped(wanted)}%"
        found.append(
            or_(
                DossierRow.code.ilike(like, escape="\\"),
                DossierRow.procedure.ilike(like, escape="\\"),
                DossierRow.office.ilike(like, escape="\\"),
            )
        )
    if asked.status == "none":
        found.append(DossierRow.status == "")
    elif asked.status in set(Status):
        found.append(DossierRow.status == asked.status)
    following = and_(DossierFollow.code == DossierRow.code, DossierFollow.ended_at.is_(None))
    only: dict[str, ColumnElement[bool]] = {
        "overdue": and_(DossierRow.due < today, DossierRow.status.not_in([s.value for s in _NOT_LATE])),
        "unsent": exists().where(following, DossierFollow.unsent_since.is_not(None)),
        "followed": exists().where(following),
        "nofactor": and_(DossierRow.phone4 == "", DossierRow.identity4 == ""),
    }
    if asked.only in only:
        found.append(only[asked.only])
    return found


_NOT_LATE = ENDED | ON_RESIDENT


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
