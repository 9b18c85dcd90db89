"""The police's queue of reports, the commune's own list and warnings, on the desk; on both databases."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import Engine, select

from bot.desk.context import Desk
from bot.store.engine import reading, writing
from bot.store.models import Account, Audit, Conversation, Unit
from bot.store.models_scams import ScamListed, ScamReport, ScamWarning
from tests.desk.conftest import WEDNESDAY_MORNING, ClientOf

NOW = WEDNESDAY_MORNING
PHONE = "+84912345678"


@pytest.fixture
def desk_database_url(database_url: str) -> str:
    return database_url


class Reports:
    """Makes reports of one resident, as the worker would."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.engine = desk, desk.engine
        with writing(self.engine) as session:
            account = Account(channel="zalo", external_id="77", created_at=NOW)
            session.add(account)
            session.flush()
            talk = Conversation(account_id=account.id, user_ref="u1", created_at=NOW, updated_at=NOW)
            session.add(talk)
            session.flush()
            self.talk = talk.id

    def add(
        self, text: str = "vào xau.top ngay <b>kẻo</b> khóa", status: str = "open", unit_id: int = 1
    ) -> int:
        numbers = json.dumps({"phones": [PHONE], "accounts": ["19034567890123 techcombank"]})
        with writing(self.engine) as session:
            row = ScamReport(
                conversation_id=self.talk, unit_id=unit_id, status=status, text=text, level="danger",
                kind="vneid-gia", reasons=["xau.top mang tên VNeID"], links=["http://xau.top/a"],
                hosts=["xau.top"], numbers_cipher=self.desk.vault.seal(numbers), created_at=NOW,
                reported_at=NOW,
            )  # fmt: skip
            session.add(row)
            session.flush()
            return row.id

    def row(self, report_id: int) -> ScamReport:
        with reading(self.engine) as session:
            return session.get_one(ScamReport, report_id)

    def listed(self) -> list[tuple[str, str, int | None]]:
        with reading(self.engine) as session:
            found = session.scalars(
                select(ScamListed).where(ScamListed.removed_at.is_(None)).order_by(ScamListed.id)
            )
            return [(row.kind, row.value, row.report_id) for row in found]

    def acts(self) -> list[str]:
        with reading(self.engine) as session:
            return list(
                session.scalars(select(Audit.action).where(Audit.action.like("scam%")).order_by(Audit.id))
            )


@pytest.fixture
def reports(desk: Desk, desk_engine: Engine) -> Reports:
    return Reports(desk)


def test_what_waits_is_shown_and_what_nobody_reported_is_not(client_of: ClientOf, reports: Reports) -> None:
    shown, hidden = reports.add(), reports.add("chỉ kiểm tra", status="checked")
    client = client_of("officer")
    page = client.get("/desk/scams").text
    assert "(1 chờ xem)" in page and "&lt;b&gt;kẻo" in page
    assert "chỉ kiểm tra" not in page
    assert client.get(f"/desk/scams/{shown}").status_code == 200
    assert client.get(f"/desk/scams/{hidden}").status_code == 404


def test_one_report_tells_why_and_shows_numbers_in_full_and_no_tappable_link(
    client_of: ClientOf, reports: Reports
) -> None:
    page = client_of("officer").get(f"/desk/scams/{reports.add()}").text
    for piece in ("xau.top mang tên VNeID", PHONE, "19034567890123", "http://xau.top/a"):
        assert piece in page
    assert 'href="http://xau.top' not in page


def test_confirmed_what_is_ticked_joins_the_list_with_who_and_when(
    client_of: ClientOf, reports: Reports
) -> None:
    report = reports.add()
    client = client_of("officer")
    client.submit(f"/desk/scams/{report}/decide", decision="confirmed", host="xau.top", note="gọi 0912345678")
    row = reports.row(report)
    assert (row.status, row.officer_id, row.decided_at) == ("confirmed", client.officer_id, NOW)
    assert row.note == "gọi ••••••••78"
    assert reports.listed() == [("host", "xau.top", report)]
    assert reports.acts() == ["scam_report.confirmed", "scam_listed"]
    page = client.get("/desk/scams").text
    assert "Xác nhận" in page and "(0 chờ xem)" in page


def test_only_what_the_report_holds_can_join_the_list(client_of: ClientOf, reports: Reports) -> None:
    report = reports.add()
    client_of("officer").submit(
        f"/desk/scams/{report}/decide",
        decision="confirmed",
        host=["xau.top", "dichvucong.gov.vn"],
        phone=[PHONE, "113"],
    )
    assert reports.listed() == [("host", "xau.top", report), ("phone", PHONE, report)]


def test_rejected_nothing_joins_the_list_and_twice_is_once(client_of: ClientOf, reports: Reports) -> None:
    report = reports.add()
    client = client_of("officer")
    client.submit(f"/desk/scams/{report}/decide", decision="rejected", host="xau.top")
    client.submit(f"/desk/scams/{report}/decide", decision="confirmed", host="xau.top")
    assert reports.row(report).status == "rejected"
    assert reports.listed() == []
    assert client.submit(f"/desk/scams/{report}/decide", decision="??").status_code == 400


def test_only_the_police_where_there_is_a_unit_of_theirs(client_of: ClientOf, reports: Reports) -> None:
    with writing(reports.engine) as session:
        session.add(Unit(id=9, slug="cong-an", name="Công an xã"))
    report = reports.add(unit_id=9)
    for path in ("/desk/scams", f"/desk/scams/{report}", "/desk/scams/list", "/desk/scams/warnings"):
        assert client_of("officer").get(path).status_code == 403
        assert client_of("officer", unit_id=9).get(path).status_code == 200
        assert client_of("officer", unit_id=9, queues=["chung"]).get(path).status_code == 403
        assert client_of("supervisor", all_units=True).get(path).status_code == 200


@pytest.mark.parametrize(
    ("typed", "listed"),
    [
        ("https://www.Vneid-CapNhat.top/login?x=1", ("host", "vneid-capnhat.top", None)),
        ("0912 345 678", ("phone", PHONE, None)),
        ("+84912345678", ("phone", PHONE, None)),
    ],
)
def test_added_by_hand_in_the_form_that_a_check_compares(
    client_of: ClientOf, reports: Reports, typed: str, listed: tuple[str, str, None]
) -> None:
    client = client_of("officer")
    client.submit("/desk/scams/list/add", value=typed, note="báo trực tiếp")
    client.submit("/desk/scams/list/add", value=typed)
    assert reports.listed() == [listed]


@pytest.mark.parametrize("typed", ["", "dichvucong.gov.vn", "113", "chào", "xau.top và te.top"])
def test_official_or_unclear_entries_are_refused(client_of: ClientOf, reports: Reports, typed: str) -> None:
    answer = client_of("officer").submit("/desk/scams/list/add", value=typed)
    assert answer.status_code == 422
    assert reports.listed() == []


def test_the_list_is_searched_and_an_entry_taken_off(client_of: ClientOf, reports: Reports) -> None:
    client = client_of("officer")
    client.submit("/desk/scams/list/add", value="xau-lam.top", note="tin nhắn thuế")
    client.submit("/desk/scams/list/add", value="0912345678")
    for asked, found in (("xau", True), ("thuế", True), ("không có", False)):
        page = client.get("/desk/scams/list", query_string={"q": asked}).text
        assert ("<code>xau-lam.top" in page) is found, asked
    assert f"<code>{PHONE}" in client.get("/desk/scams/list?q=0912").text
    with reading(reports.engine) as session:
        row_id = session.scalars(select(ScamListed.id).where(ScamListed.kind == "host")).one()
    assert client.submit(f"/desk/scams/list/{row_id}/remove").status_code == 302
    assert client.submit(f"/desk/scams/list/{row_id}/remove").status_code == 404
    assert [kind for kind, _, _ in reports.listed()] == ["phone"]
    assert reports.acts()[-1] == "scam_unlisted"


def _warnings(engine: Engine) -> list[ScamWarning]:
    with reading(engine) as session:
        return list(session.scalars(select(ScamWarning).order_by(ScamWarning.id)))


def test_a_warning_is_drafted_from_a_report_without_a_residents_word(
    client_of: ClientOf, reports: Reports
) -> None:
    report = reports.add("chị Hoa ơi vào xau.top")
    client = client_of("officer")
    assert (
        "xau[.]top" not in client.get(f"/desk/scams/warnings/add?report={report}").text
    )  # not confirmed yet
    client.submit(f"/desk/scams/{report}/decide", decision="confirmed")
    page = client.get(f"/desk/scams/warnings/add?report={report}").text
    assert "xau[.]top" in page and "chị Hoa" not in page and PHONE not in page
    assert "báo công an xã" in page


def test_a_warning_is_confirmed_once_then_only_withdrawn(client_of: ClientOf, reports: Reports) -> None:
    client = client_of("officer")
    client.submit("/desk/scams/warnings/add", text="Có kẻ giả công an xã gọi điện. Đừng nghe theo.")
    (row,) = _warnings(reports.engine)
    assert (row.status, row.officer_id) == ("draft", client.officer_id)
    client.submit(f"/desk/scams/warnings/{row.id}", text="Có kẻ giả công an xã gọi điện. Cúp máy ngay.")
    client.submit(f"/desk/scams/warnings/{row.id}/confirm")
    client.submit(f"/desk/scams/warnings/{row.id}/confirm")
    client.submit(f"/desk/scams/warnings/{row.id}", text="Sửa sau khi đã gửi đi thì không được nữa.")
    (row,) = _warnings(reports.engine)
    assert (row.status, row.confirmed_by, row.confirmed_at) == ("confirmed", client.officer_id, NOW)
    assert row.text.endswith("Cúp máy ngay.")
    client.submit(f"/desk/scams/warnings/{row.id}/withdraw")
    client.submit(f"/desk/scams/warnings/{row.id}/confirm")
    assert _warnings(reports.engine)[0].status == "withdrawn"
    assert reports.acts() == [
        "scam_warning.saved", "scam_warning.saved", "scam_warning.confirmed", "scam_warning.withdrawn",
    ]  # fmt: skip
    assert "Đã rút" in client.get("/desk/scams/warnings").text


@pytest.mark.parametrize("text", ["", "ngắn", "x" * 1201])
def test_a_warning_has_a_length(client_of: ClientOf, reports: Reports, text: str) -> None:
    answer = client_of("officer").submit("/desk/scams/warnings/add", text=text)
    assert answer.status_code == 422 and "ký tự" in answer.text
    assert _warnings(reports.engine) == []


def test_another_key_shows_the_report_without_its_numbers(client_of: ClientOf, reports: Reports) -> None:
    report = reports.add()
    with writing(reports.engine) as session:
        session.get_one(ScamReport, report).numbers_cipher = "not ours"
    page = client_of("officer").get(f"/desk/scams/{report}").text
    assert "SECRET_KEY" in page and PHONE not in page
