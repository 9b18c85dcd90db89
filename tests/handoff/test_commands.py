"""`bot hours`: what is typed, what is kept, what is refused."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import Engine, select

from bot.handoff.commands import BadHours, parse_days, parse_periods, shown
from bot.handoff.hours_store import HoursStore, read_calendar, remove_day, set_day, set_week
from bot.store.engine import reading, writing
from bot.store.models import Audit, Unit
from tests.handoff.conftest import Hall

NOW = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)
DAY = ((450, 690), (780, 1020))


def test_what_is_typed_is_read() -> None:
    assert parse_days("t2-t6") == [0, 1, 2, 3, 4]
    assert parse_days("T7, cn") == [5, 6]
    assert parse_periods(["13:00-17:00", "07:30-11:30"]) == DAY
    assert parse_periods(["nghỉ"]) == ()
    assert shown(DAY) == "07:30-11:30 13:00-17:00"


@pytest.mark.parametrize("text", ["t8", "t6-t2", "", "thứ hai"])
def test_bad_days(text: str) -> None:
    with pytest.raises(BadHours):
        parse_days(text)


@pytest.mark.parametrize("texts", [["7h-11h"], ["11:00-07:00"], ["07:60-08:00"], ["07:00-24:01"],
                                   ["07:00-12:00", "11:00-13:00"]])  # fmt: skip
def test_bad_periods(texts: list[str]) -> None:
    with pytest.raises(BadHours):
        parse_periods(texts)


def test_hours_are_kept_replaced_and_audited(hall: Hall) -> None:
    engine: Engine = hall.engine
    store = HoursStore(engine, hall.clock)
    assert not store.calendar(1).known
    with writing(engine) as session:
        set_week(session, 1, {0: DAY, 1: DAY}, "cli", NOW)
        set_week(session, 1, {1: ((480, 540),)}, "cli", NOW)
        set_day(session, 1, date(2026, 12, 21), (), "họp", "cli", NOW)
    assert not store.calendar(1).known  # for a minute
    hall.clock.moves(60)
    calendar = store.calendar(1)
    assert calendar.weekly == {0: DAY, 1: ((480, 540),)}
    assert calendar.periods(date(2026, 12, 21)) == ()
    assert store.calendar(99).weekly == calendar.weekly  # a unit without hours of its own
    assert store.by_queue() == {}
    with writing(engine) as session:
        session.add(Unit(id=7, slug="cong-an", name="Công an xã"))
        set_week(session, 7, {6: DAY}, "cli", NOW)
    hall.clock.moves(60)
    assert {queue: c.weekly for queue, c in store.by_queue().items()} == {"công an xã": {6: DAY}}
    with writing(engine) as session:
        assert remove_day(session, 1, date(2026, 12, 21), "cli", NOW)
        assert not remove_day(session, 1, date(2026, 12, 21), "cli", NOW)  # nothing there, nothing noted
    with reading(engine) as session:
        assert read_calendar(session, 1).periods(date(2026, 12, 21)) == DAY
        actions = session.scalars(select(Audit.action).order_by(Audit.id)).all()
    assert actions == ["hours_changed", "hours_changed", "day_changed", "hours_changed", "day_removed"]
