"""Calendars: two periods a day, Saturday mornings, holidays of the moon, days unlike their weekday."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.clock import VIETNAM, utc_now
from bot.dialogue.handoff import day_and_time
from bot.hours import Calendar, public_holiday

DAY = ((450, 690), (780, 1020))  # 07:30-11:30, 13:00-17:00
WEEK = Calendar({**dict.fromkeys(range(5), DAY), 5: ((450, 690),)})

# The first day of the lunar year, not from the library under test: 2024-2029 as other published tables
# have it; in 2007 Viet Nam's was a day before China's, because midnight is an hour later here.
TET = {
    2007: date(2007, 2, 17),
    2024: date(2024, 2, 10),
    2025: date(2025, 1, 29),
    2026: date(2026, 2, 17),
    2027: date(2027, 2, 6),
    2028: date(2028, 1, 26),
    2029: date(2029, 2, 13),
}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=VIETNAM)


@pytest.mark.parametrize(
    ("moment", "is_open", "opens"),
    [
        ("2026-11-25T07:29", False, "2026-11-25T07:30"),  # Wednesday
        ("2026-11-25T07:30", True, "2026-11-25T07:30"),
        ("2026-11-25T11:30", False, "2026-11-25T13:00"),
        ("2026-11-25T17:00", False, "2026-11-26T07:30"),
        ("2026-11-28T10:00", True, "2026-11-28T10:00"),  # Saturday morning
        ("2026-11-28T13:00", False, "2026-11-30T07:30"),  # … and afternoon
        ("2026-02-14T12:00", False, "2026-02-21T07:30"),  # over Tết to a Saturday
        ("2026-09-02T09:00", False, "2026-09-03T07:30"),
    ],
)
def test_open_and_next(moment: str, is_open: bool, opens: str) -> None:
    assert WEEK.is_open(at(moment)) is is_open
    assert WEEK.next_open(at(moment)) == at(opens)


def test_an_exceptional_day_outweighs_the_week_and_the_holiday() -> None:
    calendar = Calendar(WEEK.weekly, {date(2026, 11, 25): (), date(2026, 9, 2): ((480, 540),)})
    assert not calendar.is_open(at("2026-11-25T09:00"))
    assert calendar.is_open(at("2026-09-02T08:30"))
    assert not calendar.is_open(at("2026-09-02T09:00"))


def test_unknown_hours_count_as_open_so_that_no_wait_is_hidden() -> None:
    nothing = Calendar({}, {date(2026, 11, 25): ()})
    assert not nothing.known
    assert nothing.is_open(at("2026-11-25T03:00"))
    assert nothing.closes(at("2026-11-25T03:00")) is None
    assert nothing.open_minutes_between(at("2026-11-25T03:00"), at("2026-11-25T04:30")) == 90


def test_open_time_leaves_nights_noons_and_holidays_out() -> None:
    assert WEEK.open_minutes_between(at("2026-11-25T11:00"), at("2026-11-25T13:15")) == 45
    assert WEEK.open_minutes_between(at("2026-11-25T16:50"), at("2026-11-26T07:35")) == 15
    assert WEEK.open_minutes_between(at("2026-02-14T12:00"), at("2026-02-21T07:31")) == 1
    assert WEEK.open_minutes_between(at("2026-11-26T08:00"), at("2026-11-26T07:00")) == 0


def test_a_calendar_that_never_opens_says_so() -> None:
    closed = Calendar({0: ((0, 60),)}, {date(2026, 11, 24) + timedelta(days=n): () for n in range(90)})
    assert closed.next_open(at("2026-11-24T12:00")) is None


_periods = st.lists(st.integers(0, 24 * 60), min_size=2, max_size=4, unique=True).map(
    lambda cuts: tuple(zip(sorted(cuts)[::2], sorted(cuts)[1::2], strict=False))
)
_calendars = st.builds(
    Calendar,
    st.dictionaries(st.integers(0, 6), _periods, min_size=1),
    st.dictionaries(st.dates(date(2026, 1, 1), date(2026, 3, 31)), st.one_of(st.just(()), _periods)),
)
_moments = st.datetimes(datetime(2026, 1, 1), datetime(2026, 3, 31)).map(lambda d: d.replace(tzinfo=VIETNAM))


@settings(max_examples=150, deadline=None)
@given(_calendars, _moments)
def test_what_opens_next_is_open_and_nothing_before_it_is(calendar: Calendar, moment: datetime) -> None:
    opens = calendar.next_open(moment)
    if opens is None:
        return
    assert opens >= moment
    assert calendar.is_open(opens)
    assert calendar.open_minutes_between(moment, opens) == 0
    step = max((opens - moment) / 50, timedelta(microseconds=1))
    between = moment
    while between < opens:
        assert not calendar.is_open(between)
        between += step


@settings(max_examples=100, deadline=None)
@given(_calendars, _moments, st.integers(0, 6000), st.integers(0, 6000))
def test_open_time_adds_up(calendar: Calendar, moment: datetime, first: int, second: int) -> None:
    middle, end = moment + timedelta(minutes=first), moment + timedelta(minutes=first + second)
    whole = calendar.open_minutes_between(moment, end)
    parts = calendar.open_minutes_between(moment, middle) + calendar.open_minutes_between(middle, end)
    assert whole == pytest.approx(parts)
    assert 0 <= whole <= first + second


# --- public holidays


@pytest.mark.parametrize(("year", "day"), TET.items())
def test_the_lunar_new_year_of_known_years(year: int, day: date) -> None:
    assert (public_holiday(day) or "").startswith("Tết Nguyên Đán")
    assert public_holiday(day - timedelta(days=1)) is not None  # its eve
    assert public_holiday(day + timedelta(days=30)) is None
    assert public_holiday(date(year, 4, 30)) and public_holiday(date(year, 5, 1))
    assert public_holiday(date(year, 9, 2))


@pytest.mark.parametrize("day", [date(2024, 4, 18), date(2025, 4, 7), date(2026, 4, 26)])
def test_hung_kings_day_of_known_years(day: date) -> None:
    assert "Hùng Vương" in (public_holiday(day) or "")


def test_the_data_reach_two_years_ahead() -> None:
    """Fails in time: upgrade the `holidays` package, and add the next years of Tết above."""
    year = utc_now().astimezone(VIETNAM).year + 2
    assert year in TET
    assert public_holiday(TET[year]) is not None
    found = [d for n in range(366) if (d := date(year, 1, 1) + timedelta(days=n)).year == year]
    lunar = [d for d in found if "Tết Nguyên Đán" in (public_holiday(d) or "")]
    assert 4 <= len(lunar) <= 7
    assert any("Hùng Vương" in (public_holiday(d) or "") for d in found)


@pytest.mark.parametrize(
    ("opens", "now", "said"),
    [
        ("2026-11-25T13:00", "2026-11-25T12:00", "13:00 chiều nay"),
        ("2026-11-26T07:30", "2026-11-25T18:00", "07:30 sáng mai, thứ Năm"),
        ("2026-11-30T07:30", "2026-11-28T13:00", "07:30 sáng thứ Hai 30/11"),
    ],
)
def test_days_are_told_as_people_say_them(opens: str, now: str, said: str) -> None:
    assert day_and_time(at(opens), at(now)) == said
