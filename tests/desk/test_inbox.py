"""The lists of the desk: who is on which, in which order, for whom; on both databases."""

from __future__ import annotations

import time
from datetime import timedelta
from statistics import median

import pytest
from sqlalchemy import Engine, event

from tests.desk.chats import add_chat
from tests.desk.conftest import ClientOf, MovableClock


@pytest.fixture
def desk_database_url(database_url: str) -> str:
    return database_url


def ids_of(html: str) -> list[int]:
    return [int(piece.split('"', 1)[0]) for piece in html.split('id="row-')[1:]]


def test_who_waits_longest_stands_first_and_escalated_is_marked(
    client_of: ClientOf, desk_engine: Engine, clock: MovableClock
) -> None:
    now = clock()
    late = add_chat(
        desk_engine, now, owner="waiting", waiting_since=now - timedelta(minutes=47), escalated_at=now
    )
    new = add_chat(desk_engine, now, owner="waiting", waiting_since=now - timedelta(minutes=2))
    middle = add_chat(desk_engine, now, owner="waiting", waiting_since=now - timedelta(minutes=9))
    html = client_of().get("/desk/").text
    assert ids_of(html) == [late, middle, new]
    assert "chờ 47 phút" in html
    assert html.count("Chờ quá lâu") == 1
    assert 'data-waiting="3"' in html


def test_who_was_not_content_reaches_those_in_charge(
    client_of: ClientOf, desk_engine: Engine, clock: MovableClock
) -> None:
    now = clock()
    bad = add_chat(desk_engine, now, escalated_at=now)
    late = add_chat(
        desk_engine, now, owner="waiting", waiting_since=now - timedelta(minutes=47), escalated_at=now
    )
    add_chat(desk_engine, now, owner="officer", officer_id=1000, escalated_at=now)  # somebody has it already
    add_chat(desk_engine, now)
    html = client_of("supervisor").get("/desk/rows?list=alarm").text
    assert set(ids_of(html)) == {bad, late}
    assert html.count("Đánh giá chưa tốt") == html.count("Chờ quá lâu") == 1
    assert 'Cần phụ trách xem <b class="count">2</b>' in html
    assert "Cần phụ trách xem" not in client_of().get("/desk/rows").text
    assert "Đánh giá chưa tốt" in client_of().get(f"/desk/c/{bad}").text


def test_each_chat_is_on_its_list(client_of: ClientOf, desk_engine: Engine, clock: MovableClock) -> None:
    now, client = clock(), client_of()
    mine = add_chat(desk_engine, now, owner="officer", officer_id=client.officer_id)
    other = add_chat(desk_engine, now, owner="officer", officer_id=client.officer_id + 1000)
    elsewhere = add_chat(desk_engine, now, owner="officer")
    with_bot = add_chat(desk_engine, now)
    old = add_chat(desk_engine, now - timedelta(days=3))

    def listed(name: str) -> set[int]:
        return set(ids_of(client.get(f"/desk/rows?list={name}").text))

    assert listed("waiting") == set()
    assert listed("mine") == {mine}
    assert listed("others") == {other, elsewhere}
    assert listed("bot") == {with_bot}
    assert listed("history") == {mine, other, elsewhere, with_bot, old}


def test_an_officer_sees_only_the_own_units_queues(
    client_of: ClientOf, desk_engine: Engine, clock: MovableClock
) -> None:
    now = clock()
    land = add_chat(desk_engine, now, "đất của tôi", owner="waiting", queue="đất đai–xây dựng")
    civil = add_chat(desk_engine, now, "khai sinh cho con", owner="waiting", queue="hộ tịch–chứng thực")
    police = add_chat(desk_engine, now, "tạm trú", owner="waiting", queue="công an xã", unit_id=2)
    clerk = client_of(queues=["hộ tịch–chứng thực"])
    everybody = client_of("supervisor", all_units=True)
    assert ids_of(clerk.get("/desk/").text) == [civil]
    assert ids_of(client_of().get("/desk/").text) == [land, civil]
    assert ids_of(everybody.get("/desk/").text) == [land, civil, police]
    assert clerk.get(f"/desk/c/{land}").status_code == 404
    assert clerk.get(f"/desk/c/{police}/panel").status_code == 404
    assert clerk.act(f"/desk/c/{police}/claim").status_code == 404
    assert ids_of(clerk.get("/desk/rows?q=đất của").text) == []
    shown = clerk.get("/desk/changes?after=0").json
    assert shown is not None
    assert [change["id"] for change in shown["changes"]] == [civil]


@pytest.mark.parametrize("query", ["khai sinh", "KHAI SINH", "khái sính", "khai sinh cho con"])
def test_search_finds_words_without_diacritics(
    client_of: ClientOf, desk_engine: Engine, clock: MovableClock, query: str
) -> None:
    found = add_chat(desk_engine, clock(), "Khai sinh cho con thì cần gì?")
    add_chat(desk_engine, clock(), "tạm trú 100%")
    html = client_of().get("/desk/rows", query_string={"q": query}).text
    assert ids_of(html) == [found]
    assert "Khai sinh cho con thì cần gì?" in html


@pytest.mark.parametrize(("query", "count"), [("100%", 1), ("%", 1), ("_", 0), ("\\", 0)])
def test_search_takes_signs_as_they_are(
    client_of: ClientOf, desk_engine: Engine, clock: MovableClock, query: str, count: int
) -> None:
    add_chat(desk_engine, clock(), "tạm trú 100%")
    add_chat(desk_engine, clock(), "tạm vắng")
    assert len(ids_of(client_of().get("/desk/rows", query_string={"q": query}).text)) == count


def test_an_editor_sees_no_chats(client_of: ClientOf, desk_engine: Engine, clock: MovableClock) -> None:
    chat = add_chat(desk_engine, clock(), owner="waiting")
    editor = client_of("editor")
    for path in ("/desk/", "/desk/rows", "/desk/feed", "/desk/changes", f"/desk/c/{chat}"):
        assert editor.get(path).status_code == 403


def test_pages_follow_each_other(client_of: ClientOf, desk_engine: Engine, clock: MovableClock) -> None:
    made = [add_chat(desk_engine, clock(), owner="waiting") for _ in range(53)]
    client = client_of()
    first, second = client.get("/desk/rows").text, client.get("/desk/rows?page=2").text
    assert ids_of(first) + ids_of(second) == made
    assert "Trang sau" in first
    assert "Trang sau" not in second


def test_three_hundred_open_chats_load_within_300_ms_and_few_statements(
    client_of: ClientOf, desk_engine: Engine, clock: MovableClock
) -> None:
    for number in range(300):
        add_chat(desk_engine, clock(), f"câu hỏi {number}", owner="waiting" if number % 2 else "officer")
    client = client_of()
    client.get("/desk/")
    statements: list[str] = []
    event.listen(desk_engine, "before_cursor_execute", lambda *a: statements.append(a[2]))
    times = []
    for _ in range(9):
        began = time.perf_counter()
        assert client.get("/desk/").status_code == 200
        times.append(time.perf_counter() - began)
    assert len(statements) / 9 <= 8
    assert median(times) < 0.3
