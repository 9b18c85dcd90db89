"""The review list: groups, decisions, undoing, and who may."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine, select

from bot.knowledge.loading import Knowledge
from bot.store.engine import reading, writing
from bot.store.models import Account, Audit, Conversation, Message, Unanswered
from tests.desk.conftest import WEDNESDAY_MORNING, ClientOf, Desk

NOW = WEDNESDAY_MORNING
BIRTH = "1.001193"


@pytest.fixture
def desk_database_url(database_url: str) -> str:
    return database_url


@pytest.fixture
def knowledge(desk: Desk) -> Knowledge:
    return desk.knowledge()


class Town:
    """Makes conversations with messages, missed or answered."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        with writing(engine) as session:
            account = Account(channel="zalo", external_id="77", created_at=NOW)
            session.add(account)
            session.flush()
            self.account = account.id
        self.count = 0

    def talk(self, **fields: object) -> int:
        self.count += 1
        with writing(self.engine) as session:
            talk = Conversation(
                account_id=self.account, user_ref=f"u{self.count}", created_at=NOW, updated_at=NOW, **fields
            )
            session.add(talk)
            session.flush()
            return talk.id

    def say(self, talk: int, text: str | None, author: str = "resident") -> int:
        with writing(self.engine) as session:
            message = Message(
                conversation_id=talk, account_id=self.account, author=author, kind="message", text=text,
                understood={"behaviour": "refuse", "codes": [], "confidence": 0.2}, created_at=NOW,
            )  # fmt: skip
            session.add(message)
            session.flush()
            return message.id

    def miss(self, text: str, **fields: object) -> int:
        message = self.say(self.talk(**fields), text)
        with writing(self.engine) as session:
            row = Unanswered(message_id=message, created_at=NOW + timedelta(seconds=message))
            session.add(row)
            session.flush()
            return row.id

    def rows(self) -> list[tuple[int, str, str | None, str | None, str]]:
        with reading(self.engine) as session:
            found = session.scalars(select(Unanswered).order_by(Unanswered.id))
            return [(row.id, row.status, row.code, row.aspect, row.example) for row in found]


@pytest.fixture
def town(desk_engine: Engine) -> Town:
    return Town(desk_engine)


def test_the_same_words_are_one_question(client_of: ClientOf, town: Town) -> None:
    town.miss("Làm giấy KS cho bé cần gì")
    town.miss("lam giay khai sinh cho be can gi")
    town.miss("chuyện khác hẳn")
    town.miss("câu của phòng khác", unit_id=2)
    town.miss("câu thử nghiệm", is_test=True)
    page = client_of("supervisor").get("/desk/review").text
    assert "Câu hỏi cần xem (2)" in page
    assert '<td data-label="Số lần">2</td>' in page
    assert "phòng khác" not in page and "thử nghiệm" not in page


def test_a_question_is_assigned_and_taken_back(client_of: ClientOf, town: Town) -> None:
    first = town.miss("lam giay cho be moi sinh")
    second = town.miss("Làm giấy cho bé mới sinh")
    client = client_of("supervisor")
    assert "Làm giấy cho bé mới sinh" in client.get(f"/desk/review/{first}").text
    done = client.submit(
        f"/desk/review/{first}/decide", status="assigned", code=BIRTH, aspect="fee",
        sentence="Làm giấy cho bé 0912345678 mất bao nhiêu",
    )  # fmt: skip
    assert done.status_code == 302
    said = "Làm giấy cho bé mất bao nhiêu"
    assert town.rows() == [(row, "assigned", BIRTH, "fee", said) for row in (first, second)]
    assert "Câu hỏi cần xem (0)" in client.get("/desk/review").text
    assert client.submit(f"/desk/review/{second}/undo").status_code == 302
    assert town.rows() == [(row, "open", None, None, "") for row in (first, second)]
    with reading(town.engine) as session:
        actions = session.scalars(select(Audit.action).order_by(Audit.id)).all()
    assert actions == ["review.assigned", "review.undo"]


@pytest.mark.parametrize(("status", "example"), [("out_of_scope", "giá vàng hôm nay"), ("dropped", "")])
def test_other_decisions(client_of: ClientOf, town: Town, status: str, example: str) -> None:
    row = town.miss("giá vàng hôm nay")
    client = client_of("supervisor")
    client.submit(f"/desk/review/{row}/decide", status=status, sentence="giá vàng hôm nay")
    assert town.rows() == [(row, status, None, None, example)]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"status": "assigned", "sentence": "một câu đủ dài"}, 422),
        ({"status": "assigned", "code": "9.999999", "sentence": "một câu đủ dài"}, 422),
        ({"status": "assigned", "code": BIRTH, "sentence": "ngắn"}, 422),
        ({"status": "out_of_scope", "sentence": "0912345678"}, 422),
        ({"status": "assigned", "code": BIRTH, "aspect": "x", "sentence": "một câu đủ dài"}, 400),
        ({"status": "open"}, 400),
    ],
)
def test_half_decisions_are_refused(
    client_of: ClientOf, town: Town, fields: dict[str, str], expected: int
) -> None:
    row = town.miss("câu gì đó")
    assert client_of("supervisor").submit(f"/desk/review/{row}/decide", **fields).status_code == expected
    assert town.rows()[0][1] == "open"


def test_nobody_decides_on_another_units(client_of: ClientOf, town: Town) -> None:
    row = town.miss("câu của công an xã", unit_id=2)
    client = client_of("supervisor")
    assert client.get(f"/desk/review/{row}").status_code == 404
    client.submit(f"/desk/review/{row}/decide", status="dropped")
    assert town.rows()[0][1] == "open"


def test_search_knows_names_without_diacritics(client_of: ClientOf, town: Town) -> None:
    row = town.miss("câu gì đó")
    client = client_of("supervisor")
    assert f'value="{BIRTH}"' in client.get(f"/desk/review/{row}/search?q=dang ky khai sinh").text
    assert client.get(f"/desk/review/{row}/search?q={BIRTH}").text.count("radio") == 1
    assert "Không tìm thấy" in client.get(f"/desk/review/{row}/search?q=").text


def test_an_officer_reports_a_wrong_answer(client_of: ClientOf, town: Town) -> None:
    talk = town.talk()
    question = town.say(talk, "làm lại sổ đỏ")
    answer = town.say(talk, "Đây là thủ tục khai sinh", author="bot")
    client = client_of("officer")
    assert client.submit(f"/desk/review/report/{answer}", back="/desk/").location == "/desk/"
    assert "Đã gửi" in client.act(f"/desk/review/report/{answer}").text
    with reading(town.engine) as session:
        rows = session.scalars(select(Unanswered)).all()
        assert [(row.message_id, row.reason) for row in rows] == [(question, "corrected")]
    assert "Cán bộ báo sai" in client_of("supervisor").get("/desk/review").text


def test_what_is_not_there_can_not_be_reported(client_of: ClientOf, town: Town) -> None:
    answer = town.say(town.talk(), "Xin chào", author="bot")
    other = town.say(town.talk(unit_id=2), "câu của công an xã")
    client = client_of("officer")
    for message in (answer, other, 9999):
        assert client.submit(f"/desk/review/report/{message}").status_code == 404


@pytest.mark.parametrize("role", ["officer", "editor", "administrator"])
def test_only_supervisors_review(client_of: ClientOf, town: Town, role: str) -> None:
    row = town.miss("câu gì đó")
    client = client_of(role)
    assert client.get("/desk/review").status_code == 403
    assert client.submit(f"/desk/review/{row}/decide", status="dropped").status_code == 403
    assert client.submit(f"/desk/review/{row}/undo").status_code == 403
