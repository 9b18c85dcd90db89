"""When a result is due, counted in working days. Pure.

On time means: worked out on the day of the appointment at the latest; the time that the office waits for the
applicant does not count (index of QĐ 766/QĐ-TTg).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from bot.dossiers.records import Dossier
from bot.dossiers.statuses import ENDED, ON_RESIDENT
from bot.hours import Calendar, public_holiday

_FARTHEST = 3660
"""Days that are counted; an appointment beyond ten years is a slip in the data."""


class Due(StrEnum):
    """How an appointment stands."""

    NONE = "none"  # the source has no date
    AHEAD = "ahead"
    TODAY = "today"
    OVERDUE = "overdue"
    PAUSED = "paused"  # the office waits for the resident
    ENDED = "ended"  # nothing is waited for any more


@dataclass(frozen=True, slots=True)
class Appointment:
    """``days``: working days left (AHEAD) or gone by since (OVERDUE), else 0."""

    due: Due
    day: date | None = None
    days: int = 0


def is_working_day(day: date, calendar: Calendar | None) -> bool:
    """Whether officers work on ``day``; with unknown hours Monday to Friday but on public holidays."""
    if calendar is not None and (calendar.known or day in calendar.exceptional):
        return bool(calendar.periods(day))
    return day.weekday() < 5 and public_holiday(day) is None


def working_days(after: date, until: date, calendar: Calendar | None) -> int:
    """The working days after ``after`` up to and with ``until``; 0 if it is not later."""
    span = min((until - after).days, _FARTHEST)
    return sum(is_working_day(after + timedelta(days=n), calendar) for n in range(1, span + 1))


def appointment(dossier: Dossier, today: date, calendar: Calendar | None) -> Appointment:
    """How the appointment of ``dossier`` stands on ``today`` (in Viet Nam)."""
    day = dossier.due
    if dossier.status in ENDED:
        return Appointment(Due.ENDED, day)
    if day is None:
        return Appointment(Due.NONE)
    if dossier.status in ON_RESIDENT:
        return Appointment(Due.PAUSED, day)
    if day == today:
        return Appointment(Due.TODAY, day)
    if day > today:
        return Appointment(Due.AHEAD, day, working_days(today, day, calendar))
    return Appointment(Due.OVERDUE, day, working_days(day, today, calendar))
