"""The books of look-ups in the database: ``dossier_attempts``, ``dossier_alerts`` and the audit."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import ColumnElement, Engine, exists, func, select, text, update
from sqlalchemy.orm import Session

from bot.dossiers.guard import Alert, Books, Entry, Kind
from bot.dossiers.limits import Failures
from bot.dossiers.records import Found, Person
from bot.store.audit import record
from bot.store.engine import change_in_session
from bot.store.models_dossiers import DossierAlert, DossierAttempt

T = TypeVar("T")

_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(7265001)")
"""PostgreSQL would let two attempts count the same failures; a commune's look-ups can queue."""
_ALERT_AGAIN = timedelta(days=1)


class SqlLedger:
    """See :class:`bot.dossiers.guard.Ledger`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def run(self, work: Callable[[Books], T]) -> T:
        def in_session(session: Session) -> T:
            if self._engine.dialect.name == "postgresql":
                session.execute(_ONE_AT_A_TIME)
            return work(SqlBooks(session))

        return change_in_session(self._engine, in_session)


class SqlBooks:
    """See :class:`bot.dossiers.guard.Books`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def find(self, account_id: int, event_id: str) -> Entry | None:
        row = self._session.scalar(
            select(DossierAttempt).where(
                DossierAttempt.account_id == account_id, DossierAttempt.event_id == event_id
            )
        )
        return _entry(row) if row else None

    def failures(self, kind: Kind, subject: str, since: datetime) -> Failures:
        query = select(func.count(), func.max(DossierAttempt.at)).where(
            *_about(kind, subject), DossierAttempt.counts, DossierAttempt.at > since
        )
        count, last = self._session.execute(query).one()
        return Failures(count, last)

    def has_proven(self, person: str, code: str, since: datetime) -> bool:
        hit = exists().where(
            DossierAttempt.person == person,
            DossierAttempt.code == code,
            DossierAttempt.result == Found.HIT.value,
            DossierAttempt.at > since,
        )
        return bool(self._session.scalar(select(hit)))

    def add(self, entry: Entry) -> Entry:
        row = DossierAttempt(
            at=entry.at,
            account_id=entry.who.account_id,
            event_id=entry.who.event_id,
            person=entry.person,
            user_ref=entry.who.user_ref,
            code=entry.code,
            by=entry.by,
            result=entry.found.value if entry.found else "open",
            counts=entry.found is None,
            wait_until=entry.wait_until,
        )
        self._session.add(row)
        self._session.flush()
        if entry.found is not None:
            self._audit(entry, entry.found, entry.at)
        return _entry(row)

    def alert(self, alert: Alert) -> None:
        told = exists().where(
            DossierAlert.kind == alert.kind.value,
            DossierAlert.subject == alert.subject,
            DossierAlert.at > alert.entry.at - _ALERT_AGAIN,
        )
        if self._session.scalar(select(told)):
            return
        self._session.add(
            DossierAlert(
                at=alert.entry.at,
                kind=alert.kind.value,
                subject=alert.subject,
                account_id=alert.entry.who.account_id,
                code=alert.entry.code,
                failures=alert.failures,
                until=alert.until,
            )
        )

    def settle(self, entry: Entry, found: Found, now: datetime) -> None:
        if entry.found is found:
            return  # worked a second time with the same outcome
        counts = found is Found.MISS
        self._session.execute(
            update(DossierAttempt)
            .where(DossierAttempt.id == entry.id)
            .values(result=found.value, counts=counts)
        )
        self._audit(entry, found, now)

    def _audit(self, entry: Entry, found: Found, now: datetime) -> None:
        record(
            self._session,
            now,
            f"person:{entry.person[:16]}",
            "dossier_looked_up",
            f"dossier:{entry.code}",
            result=found.value,
            by=entry.by,
            account=entry.who.account_id,
        )


def excuse(session: Session, code: str, actor: str, now: datetime) -> int:
    """Failures on ``code`` count no more, for its owner who is at the counter; audited. Returns how many."""
    excused = session.execute(
        update(DossierAttempt)
        .where(DossierAttempt.code == code, DossierAttempt.counts)
        .values(counts=False)
        .returning(DossierAttempt.id)
    ).all()
    record(session, now, actor, "dossier_unlocked", f"dossier:{code}", excused=len(excused))
    return len(excused)


def _about(kind: Kind, subject: str) -> tuple[ColumnElement[bool], ...]:
    if kind is Kind.PERSON:
        return (DossierAttempt.person == subject,)
    typed = DossierAttempt.by == "digits"
    if kind is Kind.CODE:
        return (DossierAttempt.code == subject, typed)
    return (DossierAttempt.account_id == int(subject), typed)


def _entry(row: DossierAttempt) -> Entry:
    return Entry(
        row.id,
        Person(row.account_id, row.user_ref or "", row.event_id),
        row.person,
        row.code,
        row.by,
        row.at,
        None if row.result == "open" else Found(row.result),
        row.wait_until,
    )
