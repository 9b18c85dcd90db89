"""The days that a report covers: days of Viet Nam, first and last included. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from bot.clock import VIETNAM

LONGEST_DAYS = 366
"""Further back than a year messages are mostly deleted (RETENTION), and the page would hold too many bars."""


class BadPeriod(ValueError):
    """The dates asked for are none, or too far apart; the message is for the officer."""


@dataclass(frozen=True, slots=True)
class Period:
    """From the beginning of ``first`` to the end of ``last``."""

    first: date
    last: date

    @property
    def start(self) -> datetime:
        """The first moment."""
        return datetime.combine(self.first, time(), VIETNAM)

    @property
    def end(self) -> datetime:
        """The first moment after it."""
        return datetime.combine(self.last + timedelta(days=1), time(), VIETNAM)

    def days(self) -> list[date]:
        """Every day, also those on which nothing happened."""
        return [self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1)]


def day_of(moment: datetime) -> date:
    """The day in Viet Nam."""
    return moment.astimezone(VIETNAM).date()


def choose(kind: str, now: datetime, first: str = "", last: str = "") -> Period:
    """``week`` (Monday to today), ``month`` (the 1st to today) or ``own`` dates in ISO form.

    :raises BadPeriod: if own dates are wrong.
    """
    today = day_of(now)
    if kind == "month":
        return Period(today.replace(day=1), today)
    if kind != "own":
        return Period(today - timedelta(days=today.weekday()), today)
    try:
        period = Period(date.fromisoformat(first), date.fromisoformat(last))
    except ValueError as error:
        raise BadPeriod("Chọn đủ ngày đầu và ngày cuối.") from error
    if period.last < period.first:
        raise BadPeriod("Ngày cuối phải sau ngày đầu.")
    if (period.last - period.first).days >= LONGEST_DAYS:
        raise BadPeriod(f"Chọn nhiều nhất {LONGEST_DAYS} ngày.")
    return period
