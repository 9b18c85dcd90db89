"""Scams in the database: what was checked and reported, the commune's own list, who wants warnings."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

import structlog
from sqlalchemy import CursorResult, Engine, delete, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.dialogue.scam_types import Checked
from bot.privacy import mask
from bot.scams.types import NOTHING_KNOWN, Known
from bot.store.audit import officer_subject, record
from bot.store.engine import reading
from bot.store.models_scams import ScamListed, ScamReport, ScamSubscription

log = structlog.get_logger(__name__)

KEPT = timedelta(seconds=30)
HOST, PHONE = "host", "phone"


def keep_checked(
    session: Session,
    conversation_id: int,
    checked: Checked,
    seal: Callable[[str], str],
    now: datetime,
) -> None:
    """Keep what was checked for a report; what was checked before and not reported goes."""
    session.execute(
        delete(ScamReport).where(
            ScamReport.conversation_id == conversation_id, ScamReport.status == "checked"
        )
    )
    numbers = {"phones": list(checked.phones), "accounts": list(checked.accounts)}
    session.add(
        ScamReport(
            conversation_id=conversation_id,
            status="checked",
            text=checked.text,
            level=checked.level,
            kind=checked.kind,
            reasons=list(checked.reasons),
            links=list(checked.links),
            hosts=list(checked.hosts),
            numbers_cipher=seal(json.dumps(numbers)) if any(numbers.values()) else "",
            created_at=now,
        )
    )


def report(session: Session, conversation_id: int, unit_id: int, now: datetime) -> int | None:
    """What was checked last becomes a report to that unit; its id, None if nothing is kept any more."""
    session.flush()
    row = session.scalar(
        select(ScamReport).where(
            ScamReport.conversation_id == conversation_id, ScamReport.status == "checked"
        )
    )
    if row is None:
        return None
    row.status, row.unit_id, row.reported_at = "open", unit_id, now
    return row.id


def numbers_of(row: ScamReport, open_cipher: Callable[[str], str]) -> tuple[list[str], list[str]]:
    """Phones and accounts of a report, in full."""
    held = json.loads(open_cipher(row.numbers_cipher) or "{}")
    return list(held.get("phones", ())), list(held.get("accounts", ()))


def switch_warnings(session: Session, conversation_id: int, wanted: bool, now: datetime) -> None:
    """The resident wants the commune's warnings from now on, or no more."""
    row = session.get(ScamSubscription, conversation_id)
    if row is None and wanted:
        session.add(ScamSubscription(conversation_id=conversation_id, since=now))
    elif row is not None and wanted and row.ended_at is not None:
        row.since, row.ended_at = now, None
    elif row is not None and not wanted and row.ended_at is None:
        row.ended_at = now


def put_on_list(
    session: Session,
    officer_id: int,
    now: datetime,
    kind: str,
    values: Iterable[str],
    *,
    note: str = "",
    report_id: int | None = None,
) -> int:
    """Confirm hosts or numbers, each audited; returns how many are new on the list."""
    added = 0
    for value in dict.fromkeys(values):
        row = session.scalar(select(ScamListed).where(ScamListed.kind == kind, ScamListed.value == value))
        if row is not None and row.removed_at is None:
            continue
        if row is None:
            row = ScamListed(kind=kind, value=value)
            session.add(row)
        row.note, row.report_id, row.officer_id, row.added_at = note, report_id, officer_id, now
        row.removed_by = row.removed_at = None
        session.flush()
        actor, subject = officer_subject(officer_id), f"scam_list:{row.id}"
        record(session, now, actor, "scam_listed", subject, kind=kind, report=report_id)
        added += 1
    return added


def take_off_list(session: Session, officer_id: int, now: datetime, listed_id: int) -> bool:
    """False if it is not on the list (any more)."""
    done = session.execute(
        update(ScamListed)
        .where(ScamListed.id == listed_id, ScamListed.removed_at.is_(None))
        .values(removed_by=officer_id, removed_at=now)
    )
    assert isinstance(done, CursorResult)
    if done.rowcount:
        record(session, now, officer_subject(officer_id), "scam_unlisted", f"scam_list:{listed_id}")
    return bool(done.rowcount)


def read_known(session: Session) -> Known:
    """The commune's own list as it is."""
    rows = session.execute(
        select(ScamListed.kind, ScamListed.value).where(ScamListed.removed_at.is_(None))
    ).all()
    return Known(
        hosts=frozenset(value for kind, value in rows if kind == HOST),
        phones=frozenset(value for kind, value in rows if kind == PHONE),
    )


def decide(
    session: Session,
    row: ScamReport,
    officer_id: int,
    now: datetime,
    *,
    confirmed: bool,
    note: str = "",
    hosts: Iterable[str] = (),
    phones: Iterable[str] = (),
) -> int:
    """Confirm or reject an open report; returns how many of its entries are new on the list."""
    row.status = "confirmed" if confirmed else "rejected"
    row.officer_id, row.decided_at, row.note = officer_id, now, mask(note) or ""
    subject = f"scam_report:{row.id}"
    record(session, now, officer_subject(officer_id), f"scam_report.{row.status}", subject)
    if not confirmed:
        return 0
    added = put_on_list(session, officer_id, now, HOST, hosts, report_id=row.id)
    return added + put_on_list(session, officer_id, now, PHONE, phones, report_id=row.id)


class KnownScams:
    """The commune's own list, read every :data:`KEPT` at most. Thread-safe.

    While the database is away the last list goes on: a check must not wait for it.
    """

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine, self._clock = engine, clock
        self._lock = threading.Lock()
        self._known, self._until = NOTHING_KNOWN, datetime.min

    def __call__(self) -> Known:
        now = self._clock().replace(tzinfo=None)
        with self._lock:
            if now < self._until:
                return self._known
            self._until = now + KEPT  # the others go on with the old one meanwhile
        try:
            with reading(self._engine) as session:
                self._known = read_known(session)
        except SQLAlchemyError as error:
            log.warning("scams.list_not_read", error=type(error).__name__)
        return self._known
