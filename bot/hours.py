"""When officers work. Pure: a calendar answers from what it was given.

Times of day are minutes since midnight in Viet Nam, which has no summer time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache

import holidays

from bot.clock import VIETNAM

Periods = tuple[tuple[int, int], ...]
"""(opens, closes) of one day, in order."""

FARTHEST = 60
"""Days that are looked ahead for an open hour; longer than any holiday."""


def public_holiday(day: date) -> str | None:
    """The Vietnamese name of the public holiday on ``day``, lunar ones included; None on other days."""
    return _holidays(day.year).get(day)


@lru_cache(maxsize=16)
def _holidays(year: int) -> Mapping[date, str]:
    return dict(holidays.country_holidays("VN", years=year, language="vi"))


@dataclass(frozen=True, slots=True)
class Calendar:
    """One unit's hours: of each weekday (0 Monday), and of days that are unlike their weekday.

    Public holidays are closed unless an exceptional day says otherwise. Without any weekday's hours the
    calendar is not ``known``: then nothing counts as closed, so that waiting time is never hidden.
    """

    weekly: Mapping[int, Periods] = field(default_factory=dict)
    exceptional: Mapping[date, Periods] = field(default_factory=dict)

    @property
    def known(self) -> bool:
        return any(self.weekly.values())

    def periods(self, day: date) -> Periods:
        """The working periods of ``day``, none if it is closed."""
        if day in self.exceptional:
            return self.exceptional[day]
        if public_holiday(day):
            return ()
        return self.weekly.get(day.weekday(), ())

    def is_open(self, at: datetime) -> bool:
        """Whether officers work at ``at`` (aware); a period's end is closed."""
        if not self.known:
            return True
        local = at.astimezone(VIETNAM)
        return any(
            _at(local.date(), a) <= local < _at(local.date(), b) for a, b in self.periods(local.date())
        )

    def next_open(self, at: datetime) -> datetime | None:
        """The first open moment at or after ``at``; None if there is none in :data:`FARTHEST` days."""
        if self.is_open(at):
            return at
        local = at.astimezone(VIETNAM)
        for opens, _closes in self._spans(local.date(), local.date() + timedelta(days=FARTHEST)):
            if opens >= local:
                return opens
        return None

    def closes(self, at: datetime) -> datetime | None:
        """The end of the period that ``at`` is in; None outside of one or if hours are not known."""
        local = at.astimezone(VIETNAM)
        spans = self._spans(local.date(), local.date()) if self.known else iter(())
        return next((end for begin, end in spans if begin <= local < end), None)

    def open_minutes_between(self, since: datetime, until: datetime) -> float:
        """Minutes of open time from ``since`` to ``until``; 0 if ``until`` is not later."""
        if until <= since:
            return 0.0
        if not self.known:
            return (until - since).total_seconds() / 60
        first, last = since.astimezone(VIETNAM).date(), until.astimezone(VIETNAM).date()
        seconds = sum(
            max(0.0, (min(end, until) - max(begin, since)).total_seconds())
            for begin, end in self._spans(first, last)
        )
        return seconds / 60

    def _spans(self, first: date, last: date) -> Iterator[tuple[datetime, datetime]]:
        """Every working period from ``first`` to ``last``, in order."""
        day = first
        while day <= last:
            for opens, closes in self.periods(day):
                yield _at(day, opens), _at(day, closes)
            day += timedelta(days=1)


def _at(day: date, minutes: int) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=VIETNAM) + timedelta(minutes=minutes)
