"""The pages of figures, their lists and exports, on both databases."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from openpyxl import load_workbook
from sqlalchemy import Engine

from bot.store.engine import writing
from bot.store.models import Account, Conversation, Handoff, Message, Note, Rating, Unanswered
from tests.desk.conftest import ClientOf

MORNING = datetime(2026, 11, 24, 2, tzinfo=UTC)
SECRET = "tôi muốn hỏi chuyện riêng"
SPAN = "first=2026-11-23&last=2026-11-25&kind=own"


@pytest.fixture
def desk_database_url(database_url: str) -> str:
    return database_url


def say(session: object, talk: Conversation, at: datetime, author: str = "resident", **fields: object) -> int:
    message = Message(
        conversation_id=talk.id, account_id=talk.account_id, author=author, kind="message", text=SECRET,
        created_at=at, **fields,
    )  # fmt: skip
    session.add(message)  # type: ignore[attr-defined]
    session.flush()  # type: ignore[attr-defined]
    return message.id


@pytest.fixture
def town(desk_engine: Engine) -> dict[str, int]:
    """One answered by the bot, one handed over out of hours, one test chat, one of another unit."""
    answer = {"behaviour": "answer", "codes": ["1.001193"], "confidence": 0.9}
    with writing(desk_engine) as session:
        account = Account(channel="zalo", external_id="77", created_at=MORNING)
        session.add(account)
        session.flush()
        made = {}
        for name in ("alone", "handed", "test", "police"):
            made[name] = Conversation(
                account_id=account.id, user_ref=f"=secret-{name}", is_test=name == "test",
                unit_id=2 if name == "police" else 1, created_at=MORNING, updated_at=MORNING,
            )  # fmt: skip
        session.add_all(made.values())
        session.flush()
        for talk in made.values():
            say(session, talk, MORNING, understood=answer)
        missed = say(session, made["handed"], MORNING + timedelta(days=1), understood={"behaviour": "refuse"})
        session.add(Unanswered(message_id=missed, created_at=MORNING))
        handoff = Handoff(
            conversation_id=made["handed"].id, reason="wish", queue="chung", in_hours=False,
            created_at=MORNING, answered_at=MORNING + timedelta(minutes=20),
        )  # fmt: skip
        session.add(handoff)
        session.flush()
        session.add(
            Rating(conversation_id=made["handed"].id, handoff_id=handoff.id, score=5, created_at=MORNING)
        )
        session.add(Note(conversation_id=made["handed"].id, kind="bad_rating", text="", created_at=MORNING))
        return {name: talk.id for name, talk in made.items()}


def chart(page: str, name: str) -> dict[str, list[dict[str, list[object]]]]:
    found = re.search(rf'id="{name}-data">(.*?)</script>', page, re.DOTALL)
    assert found
    return json.loads(found[1])  # type: ignore[no-any-return]


def test_figures_leave_out_test_chats_and_other_units(client_of: ClientOf, town: dict[str, int]) -> None:
    page = client_of("supervisor").get(f"/desk/reports?{SPAN}").text
    daily = chart(page, "daily")
    assert daily["labels"] == ["23/11", "24/11", "25/11"]
    assert daily["series"][0]["values"] == [0, 2, 1]
    assert chart(page, "results")["series"][0]["values"] == [1, 1, 0]
    assert chart(page, "waits")["series"][0]["values"] == [0, 0, 1, 0, 0]
    assert chart(page, "asked")["series"][0]["values"] == [2]
    assert "20,0 phút" in page
    assert "Đăng ký khai sinh" in page or "1.001193" in page
    assert SECRET not in page
    everything = client_of("supervisor", all_units=True).get(f"/desk/reports?{SPAN}").text
    assert chart(everything, "daily")["series"][0]["values"] == [0, 3, 1]


def test_a_bar_leads_to_its_conversations(client_of: ClientOf, town: dict[str, int]) -> None:
    client = client_of("supervisor")
    page = client.get(f"/desk/reports?{SPAN}").text
    link = chart(page, "waits")["series"][0]["links"][2]
    shown = client.get(str(link)).text
    numbers = re.findall(r'<th scope="row">\s*(?:<a [^>]*>)?(\d+)', shown)
    assert numbers == [str(town["handed"])]


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ("", ["alone", "handed"]), ("result=alone", ["alone"]), ("outside=1", ["handed"]),
        ("missed=1", ["handed"]), ("score=5", ["handed"]), ("score=1", []), ("day=2026-11-25", ["handed"]),
        ("escalated=1", ["handed"]), ("channel=facebook", []), ("code=1.001193", ["alone", "handed"]),
    ],
)  # fmt: skip
def test_exports_have_a_row_for_each(
    client_of: ClientOf, town: dict[str, int], choice: str, expected: list[str]
) -> None:
    client = client_of("supervisor")
    body = client.get(f"/desk/reports/conversations.csv?{SPAN}&{choice}").data
    lines = list(csv.reader(io.StringIO(body.decode("utf-8-sig"), newline="")))
    assert [line[0] for line in lines[1:]] == [str(town[name]) for name in expected]
    assert SECRET not in body.decode() and "secret-" not in body.decode()
    book = load_workbook(
        io.BytesIO(client.get(f"/desk/reports/conversations.xlsx?{SPAN}&{choice}").data), read_only=True
    )
    assert [row[0] for row in book.worksheets[0].values][1:] == [town[name] for name in expected]


def test_an_administrator_sees_numbers_only(client_of: ClientOf, town: dict[str, int]) -> None:
    client = client_of("administrator")
    page = client.get(f"/desk/reports?{SPAN}").text
    assert chart(page, "results")["series"][0]["values"] == [2, 1, 0]
    assert chart(page, "results")["series"][0]["links"] == [None, None, None]
    assert "/reports/conversations" not in page
    for ending in ("", ".csv", ".xlsx"):
        assert client.get(f"/desk/reports/conversations{ending}?{SPAN}").status_code == 403


@pytest.mark.parametrize("role", ["officer", "editor"])
def test_others_see_nothing(client_of: ClientOf, role: str) -> None:
    client = client_of(role)
    assert client.get("/desk/reports").status_code == 403
    assert client.get("/desk/reports/conversations").status_code == 403


@pytest.mark.parametrize("query", ["day=x", "result=x", "score=x", "kind=own&first=x"])
def test_wrong_addresses_are_refused(client_of: ClientOf, query: str) -> None:
    assert client_of("supervisor").get(f"/desk/reports/conversations?{query}").status_code == 400


def test_an_empty_town_has_a_page(client_of: ClientOf) -> None:
    page = client_of("supervisor").get("/desk/reports?kind=own&first=2026-12-31&last=2026-01-01")
    assert page.status_code == 200
    assert "Ngày cuối phải sau ngày đầu." in page.text
