"""The figures of a report, from rows alone."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.reports.figures import Choice, Result, Talk, Wish, part, percentile, report, wait_class
from bot.reports.period import BadPeriod, Period, choose, day_of

MONDAY = date(2026, 11, 23)
WEEK = Period(MONDAY, date(2026, 11, 29))
AT = datetime(2026, 11, 24, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [
        ([], 0.5, None),
        ([3.0], 0.9, 3.0),
        ([1.0, 2.0], 0.5, 1.5),
        ([1.0, 2.0, 10.0], 0.5, 2.0),
        ([float(n) for n in range(11)], 0.9, 9.0),
    ],
)
def test_percentiles(values: list[float], share: float, expected: float | None) -> None:
    assert percentile(values, share) == expected


@given(st.lists(st.floats(0, 1e6), min_size=1), st.floats(0, 1))
def test_a_percentile_lies_between_the_smallest_and_the_largest(values: list[float], share: float) -> None:
    found = percentile(values, share)
    assert found is not None
    assert min(values) <= found <= max(values)


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [(0.0, "under5"), (5.0, "under15"), (59.9, "under60"), (60.0, "longer"), (1e9, "longer"), (None, "none")],
)
def test_classes_of_waiting(minutes: float | None, expected: str) -> None:
    assert wait_class(Wish(AT, minutes, True)) == expected


@pytest.mark.parametrize(
    ("kind", "first", "last", "expected"),
    [
        ("week", "", "", Period(date(2026, 11, 23), date(2026, 11, 25))),
        ("month", "", "", Period(date(2026, 11, 1), date(2026, 11, 25))),
        ("own", "2026-10-01", "2026-10-01", Period(date(2026, 10, 1), date(2026, 10, 1))),
    ],
)
def test_periods(kind: str, first: str, last: str, expected: Period) -> None:
    evening = datetime(2026, 11, 24, 17, 30, tzinfo=UTC)  # half past midnight in Viet Nam
    assert choose(kind, evening, first, last) == expected


@pytest.mark.parametrize(
    ("first", "last"),
    [("", ""), ("x", "y"), ("2026-02-01", "2026-01-01"), ("2020-01-01", "2026-01-01")],
)
def test_wrong_dates_are_refused(first: str, last: str) -> None:
    with pytest.raises(BadPeriod):
        choose("own", AT, first, last)


def test_a_day_is_viet_nams() -> None:
    assert day_of(datetime(2026, 11, 24, 16, 59, tzinfo=UTC)) == date(2026, 11, 24)
    assert day_of(datetime(2026, 11, 24, 17, 0, tzinfo=UTC)) == date(2026, 11, 25)
    assert day_of(WEEK.start) == WEEK.first
    assert day_of(WEEK.end) == date(2026, 11, 30)


@pytest.mark.parametrize(
    ("talk", "expected"),
    [
        (Talk(1, "zalo", answered=1), Result.ALONE),
        (Talk(1, "zalo"), Result.OTHER),
        (Talk(1, "zalo", answered=1, by_officer=1), Result.HANDED),
        (Talk(1, "zalo", answered=1, wishes=[Wish(AT, None, True)]), Result.HANDED),
    ],
)
def test_who_dealt_with_it(talk: Talk, expected: Result) -> None:
    assert talk.result is expected


def test_days_without_anything_show_zero() -> None:
    found = report([Talk(1, "zalo", days={MONDAY})], WEEK)
    assert found.daily == {"zalo": [1, 0, 0, 0, 0, 0, 0]}
    assert report([], WEEK).wait_median is None
    assert part(0, 0) == 0


wishes = st.lists(
    st.builds(Wish, st.just(AT), st.one_of(st.none(), st.floats(0, 5000)), st.booleans()), max_size=3
)
talks = st.lists(
    st.builds(
        Talk,
        st.integers(1, 999),
        st.sampled_from(["zalo", "facebook", "webchat"]),
        days=st.sets(st.sampled_from(WEEK.days()), min_size=1),
        answered=st.integers(0, 2),
        by_officer=st.integers(0, 1),
        codes=st.dictionaries(st.sampled_from(["1.1", "2.2"]), st.integers(1, 3)).map(Counter),
        wishes=wishes,
        missed=st.integers(0, 2),
        scores=st.lists(st.tuples(st.sampled_from([1, 5]), st.booleans()), max_size=2),
    ),
    max_size=30,
)


@given(talks)
def test_shares_sum_up(found: list[Talk]) -> None:
    figures = report(found, WEEK)
    assert sum(figures.results.values()) == figures.conversations == len(found)
    assert sum(figures.waits.values()) == figures.wishes
    assert figures.outside_hours <= figures.wishes
    if found:
        assert sum(part(n, len(found)) for n in figures.results.values()) == pytest.approx(100)
    assert sum(sum(days) for days in figures.daily.values()) == sum(len(talk.days) for talk in found)


@given(talks)
def test_a_list_holds_what_its_bar_counts(found: list[Talk]) -> None:
    figures = report(found, WEEK)
    for result, number in figures.results.items():
        assert sum(Choice(result=result).holds(talk) for talk in found) == number
    for channel, numbers in figures.daily.items():
        for day, number in zip(WEEK.days(), numbers, strict=True):
            assert sum(Choice(day=day, channel=channel).holds(talk) for talk in found) == number
