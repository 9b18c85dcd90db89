"""A unit's calendar in the database: read and kept for a minute, written by the desk and by `bot hours`."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import date, datetime, timedelta

from sqlalchemy import Engine, delete, select
from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.hours import Calendar, Periods
from bot.queues import UNIT_SLUGS
from bot.store.audit import record
from bot.store.engine import reading
from bot.store.models import ExceptionalDay, OpeningHours, Unit

KEPT = timedelta(seconds=60)
FIRST_UNIT = 1
"""The commune's committee: a unit without hours of its own works when it does."""


def read_calendar(session: Session, unit_id: int) -> Calendar:
    """The unit's own hours, or the committee's if it has none; its exceptional days above the committee's."""
    weekly = _weekly(session, unit_id) or _weekly(session, FIRST_UNIT)
    exceptional: dict[date, Periods] = {}
    for unit in dict.fromkeys((FIRST_UNIT, unit_id)):
        for row in session.scalars(select(ExceptionalDay).where(ExceptionalDay.unit_id == unit)):
            exceptional[date.fromisoformat(row.day)] = tuple(sorted((int(a), int(b)) for a, b in row.periods))
    return Calendar(weekly, exceptional)


def _weekly(session: Session, unit_id: int) -> dict[int, Periods]:
    query = (
        select(OpeningHours)
        .where(OpeningHours.unit_id == unit_id)
        .order_by(OpeningHours.weekday, OpeningHours.opens)
    )
    found: dict[int, Periods] = {}
    for row in session.scalars(query):
        found[row.weekday] = (*found.get(row.weekday, ()), (row.opens, row.closes))
    return found


def set_week(session: Session, unit_id: int, week: Mapping[int, Periods], actor: str, now: datetime) -> None:
    """Replace the hours of the weekdays in ``week`` (0 is Monday); audited."""
    session.execute(
        delete(OpeningHours).where(OpeningHours.unit_id == unit_id, OpeningHours.weekday.in_(week))
    )
    session.add_all(
        OpeningHours(unit_id=unit_id, weekday=day, opens=opens, closes=closes)
        for day, periods in week.items()
        for opens, closes in periods
    )
    told = {str(day): [list(period) for period in periods] for day, periods in week.items()}
    record(session, now, actor, "hours_changed", f"unit:{unit_id}", week=told)


def set_day(
    session: Session, unit_id: int, day: date, periods: Periods, reason: str, actor: str, now: datetime
) -> None:
    """Make one day unlike its weekday, closed without periods; audited."""
    _forget_day(session, unit_id, day)
    listed = [list(period) for period in periods]
    session.add(ExceptionalDay(unit_id=unit_id, day=day.isoformat(), periods=listed, reason=reason))
    record(
        session,
        now,
        actor,
        "day_changed",
        f"unit:{unit_id}",
        day=day.isoformat(),
        periods=listed,
        reason=reason,
    )


def remove_day(session: Session, unit_id: int, day: date, actor: str, now: datetime) -> bool:
    """Make a day like its weekday again; False if it was. Audited."""
    if not _forget_day(session, unit_id, day):
        return False
    record(session, now, actor, "day_removed", f"unit:{unit_id}", day=day.isoformat())
    return True


def _forget_day(session: Session, unit_id: int, day: date) -> bool:
    here = (ExceptionalDay.unit_id == unit_id, ExceptionalDay.day == day.isoformat())
    return bool(session.execute(delete(ExceptionalDay).where(*here).returning(ExceptionalDay.id)).all())


class HoursStore:
    """Calendars by unit, read again when they are older than :data:`KEPT`. Thread-safe."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine, self._clock = engine, clock
        self._kept: dict[int, tuple[datetime, Calendar]] = {}
        self._units: tuple[datetime, dict[str, int]] | None = None  # by queue, those of a unit of their own
        self._lock = threading.Lock()

    def calendar(self, unit_id: int = FIRST_UNIT) -> Calendar:
        """The calendar of ``unit_id``, at most a minute old.

        :raises sqlalchemy.exc.OperationalError: if it must be read and the database is away.
        """
        now = self._clock()
        with self._lock:
            kept = self._kept.get(unit_id)
        if kept and timedelta(0) <= now - kept[0] < KEPT:
            return kept[1]
        with reading(self._engine) as session:
            calendar = read_calendar(session, unit_id)
        with self._lock:
            self._kept[unit_id] = (now, calendar)
        return calendar

    def by_queue(self) -> dict[str, Calendar]:
        """The calendars of the queues that a unit of their own answers, at most a minute old.

        :raises sqlalchemy.exc.OperationalError: as :meth:`calendar`.
        """
        return {queue: self.calendar(unit) for queue, unit in self._own_units().items()}

    def _own_units(self) -> dict[str, int]:
        now = self._clock()
        kept = self._units
        if kept and timedelta(0) <= now - kept[0] < KEPT:
            return kept[1]
        with reading(self._engine) as session:
            query = select(Unit.slug, Unit.id).where(Unit.slug.in_(UNIT_SLUGS.values()))
            ids = {row.slug: row.id for row in session.execute(query)}
        units = {queue.value: ids[slug] for queue, slug in UNIT_SLUGS.items() if slug in ids}
        self._units = (now, units)
        return units
