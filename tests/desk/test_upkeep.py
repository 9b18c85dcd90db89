"""Working hours, prepared replies, the audit page: what is stored, what is refused and what is told."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select

from bot.handoff.hours_store import read_calendar, set_week
from bot.handoff.transfer import claim
from bot.store.audit import officer_subject
from bot.store.engine import reading, writing
from bot.store.models import Audit, Canned, Unit
from tests.desk.chats import add_chat
from tests.desk.conftest import ClientOf, MovableClock

MONDAY = {"d0_0_opens": "07:30", "d0_0_closes": "11:30", "d0_1_opens": "13:30", "d0_1_closes": "17:00"}
REPLY = {"shortcut": "/gio-lam-viec", "title": "Giờ làm việc", "text": "Dạ, từ 7 giờ 30.", "unit": "1"}


@pytest.fixture
def police(desk_engine: Engine) -> int:
    """Another unit."""
    with writing(desk_engine) as session:
        unit = Unit(slug="cong-an", name="Công an xã")
        session.add(unit)
        session.flush()
        return unit.id


def audited(engine: Engine) -> list[str]:
    with reading(engine) as session:
        return [row.action for row in session.scalars(select(Audit).order_by(Audit.id))]


def replies(engine: Engine) -> list[tuple[int | None, str]]:
    with reading(engine) as session:
        return [(row.unit_id, row.shortcut) for row in session.scalars(select(Canned).order_by(Canned.id))]


# --- hours


def test_the_week_is_what_the_assistant_goes_by(client_of: ClientOf, desk_engine: Engine) -> None:
    client = client_of("supervisor")
    assert client.submit("/desk/hours", **MONDAY, d5_1_opens="13:00", d5_1_closes="16:00").status_code == 302
    client.submit("/desk/hours", **MONDAY)  # as a whole: Saturday is free again
    with reading(desk_engine) as session:
        calendar = read_calendar(session, 1)
    assert calendar.weekly == {0: ((450, 690), (810, 1020))}
    assert 'value="07:30"' in client.get("/desk/hours").text
    assert audited(desk_engine) == ["hours_changed", "hours_changed"]


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"d0_0_closes": ""}, "d0_0_closes"),
        ({"d0_0_opens": "7 giờ"}, "d0_0_opens"),
        ({"d0_0_closes": "07:30"}, "d0_0_closes"),
        ({"d0_1_opens": "11:00"}, "d0_1_opens"),
        ({"d0_1_closes": "24:30"}, "d0_1_closes"),
    ],
)
def test_wrong_hours_are_named_and_kept(
    client_of: ClientOf, desk_engine: Engine, fields: dict[str, Any], named: str
) -> None:
    response = client_of("supervisor").submit("/desk/hours", **{**MONDAY, **fields})
    assert response.status_code == 422
    assert f'id="{named}-problem"' in response.text and "Thứ Hai" in response.text
    assert f'value="{({**MONDAY, **fields})["d0_1_closes"]}"' in response.text
    with reading(desk_engine) as session:
        assert not read_calendar(session, 1).known


def test_an_exceptional_day_comes_and_goes(
    client_of: ClientOf, desk_engine: Engine, clock: MovableClock
) -> None:
    client, day = client_of("supervisor"), clock().date() + timedelta(days=10)
    own = {"day_0_opens": "08:00", "day_0_closes": "10:00"}
    client.submit("/desk/hours/day", day=day.isoformat(), reason="Họp", **own)
    client.submit("/desk/hours/day", day=day.isoformat(), reason="Nghỉ bù")  # the same day again: closed
    with reading(desk_engine) as session:
        assert read_calendar(session, 1).exceptional == {day: ()}
    assert "Nghỉ bù" in client.get("/desk/hours").text
    client.submit("/desk/hours/day/remove", day=day.isoformat())
    with reading(desk_engine) as session:
        assert read_calendar(session, 1).exceptional == {}
    assert audited(desk_engine) == ["day_changed", "day_changed", "day_removed"]


@pytest.mark.parametrize("day", ["", "5/2/2027", "2020-01-01"])
def test_a_day_that_is_none_or_past_is_refused(client_of: ClientOf, day: str) -> None:
    response = client_of("supervisor").submit("/desk/hours/day", day=day, reason="Họp toàn xã")
    assert response.status_code == 422
    assert 'id="day-problem"' in response.text and "Họp toàn xã" in response.text


def test_hours_of_another_unit(client_of: ClientOf, police: int) -> None:
    assert client_of("supervisor").get(f"/desk/hours?unit={police}").status_code == 403
    assert client_of("supervisor", all_units=True).get(f"/desk/hours?unit={police}").status_code == 200
    assert client_of("administrator").submit("/desk/hours", unit=police, **MONDAY).status_code == 302
    assert client_of("administrator").get("/desk/hours?unit=4711").status_code == 404


def test_public_holidays_are_told(client_of: ClientOf, clock: MovableClock) -> None:
    assert clock().date() < date(2027, 1, 1)
    assert "01/01/2027" in client_of("supervisor").get("/desk/hours").text


# --- prepared replies


def test_a_reply_is_written_changed_and_removed(client_of: ClientOf, desk_engine: Engine) -> None:
    client = client_of("officer")
    assert client.submit("/desk/canned/add", **REPLY).status_code == 302
    assert replies(desk_engine) == [(1, "gio-lam-viec")]
    client.submit("/desk/canned/1", **{**REPLY, "shortcut": "gio"})
    assert "/gio<" in client.get("/desk/canned").text
    client.submit("/desk/canned/1/remove")
    assert replies(desk_engine) == []
    assert audited(desk_engine) == ["canned_saved", "canned_saved", "canned_removed"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("shortcut", "giờ"),
        ("shortcut", ""),
        ("title", ""),
        ("text", "x" * 2001),
        ("unit", "all"),
        ("unit", "x"),
    ],
)
def test_a_wrong_reply_is_refused(client_of: ClientOf, desk_engine: Engine, field: str, value: str) -> None:
    response = client_of("officer").submit("/desk/canned/add", **{**REPLY, field: value})
    assert response.status_code == 422
    assert f'id="{field}-problem"' in response.text
    assert replies(desk_engine) == []


def test_a_shortcut_is_taken_once_in_a_unit(client_of: ClientOf, desk_engine: Engine) -> None:
    client = client_of("supervisor")
    codes = [
        client.submit("/desk/canned/add", **{**REPLY, "unit": unit}).status_code
        for unit in ("1", "1", "all", "all")
    ]
    assert codes == [302, 422, 302, 422]
    assert client.submit("/desk/canned/1", **REPLY).status_code == 302, "its own shortcut is not taken"


def test_another_units_replies_are_not_shown_or_written(
    client_of: ClientOf, police: int, desk_engine: Engine
) -> None:
    client_of("supervisor").submit("/desk/canned/add", **REPLY)
    other = client_of("officer", unit_id=police)
    assert "/gio-lam-viec" not in other.get("/desk/canned").text
    assert other.get("/desk/canned/1").status_code == 404
    assert other.submit("/desk/canned/1", **REPLY).status_code == 404
    assert other.submit("/desk/canned/1/remove").status_code == 404
    assert other.submit("/desk/canned/add", **REPLY).status_code == 422
    assert replies(desk_engine) == [(1, "gio-lam-viec")]


# --- audit


def test_the_audit_is_filtered_and_paged(
    client_of: ClientOf, desk_engine: Engine, clock: MovableClock
) -> None:
    client = client_of("administrator")
    with writing(desk_engine) as session:
        for n in range(60):
            session.add(Audit(at=clock(), actor="cli", action="erase", subject=f"so-{n}", detail={}))
        late = clock() - timedelta(hours=10)  # 23:00 of the day before in Viet Nam
        session.add(Audit(at=late, actor="ai", action="erase", subject="hom-qua", detail={"lý do": "<b>"}))
    first = client.get("/desk/audit?action=erase").text
    assert "hom-qua" in first and "so-59" in first and "so-10" not in first
    assert "<b>" not in first
    assert "so-10" in client.get("/desk/audit?action=erase&before=12").text
    assert "hom-qua" not in client.get("/desk/audit?day=2026-11-25").text
    assert "so-" not in client.get("/desk/audit?day=2026-11-24").text
    assert "so-" not in client.get("/desk/audit?actor=ai").text
    assert client.get("/desk/audit?day=hôm qua").status_code == 422


def test_what_an_officer_did_anywhere_stands_under_one_name_and_in_words(
    client_of: ClientOf, desk_engine: Engine, clock: MovableClock
) -> None:
    officer, administrator = client_of("officer", name="Nguyễn Thị Hoa"), client_of("administrator")
    chat = add_chat(desk_engine, clock(), owner="waiting")
    assert claim(desk_engine, chat, officer.officer_id, clock()).won
    with writing(desk_engine) as session:
        set_week(session, 1, {0: ((450, 690),)}, officer_subject(officer.officer_id), clock())
    page = administrator.get(f"/desk/audit?actor=officer:{officer.officer_id}").text
    rows = page[page.index("<tbody") :]
    assert "tiếp nhận" in rows and "sửa giờ làm việc" in rows
    assert rows.count("Nguyễn Thị Hoa") == 2


def test_a_shortcut_saved_twice_at_once_is_refused_in_words(
    client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both were found free before either was saved."""
    client = client_of("officer")
    monkeypatch.setattr("bot.desk.canned._problems", lambda *_: {})
    assert client.submit("/desk/canned/add", **REPLY).status_code == 302
    second = client.submit("/desk/canned/add", **REPLY)
    assert second.status_code == 422
    assert "vừa có người khác dùng" in second.text
    assert REPLY["title"] in second.text, "what was typed is kept"
