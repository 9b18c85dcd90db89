"""Dossiers on the desk: the list, one of them, the import of an export, alerts; on both databases."""

from __future__ import annotations

import io
import os
from datetime import date, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Engine, select

from bot.dossiers.factors import Hasher
from bot.settings import Settings
from bot.store.engine import reading, writing
from bot.store.models import Audit, Conversation, Handoff, Note
from bot.store.models_dossiers import (
    DossierAlert,
    DossierAttempt,
    DossierEvent,
    DossierFollow,
    DossierImport,
    DossierRow,
)
from tests.desk.chats import add_chat
from tests.desk.conftest import WEDNESDAY_MORNING as NOW
from tests.desk.conftest import ClientOf, DeskClient, MovableClock

CODE, OTHER = "H19.29-261102-0001", "000.00.32.H19-261103-0002"
PHONE = "0912345678"
CSV = (
    "Số biên nhận;Tên thủ tục;Trạng thái;Ngày hẹn trả;Số điện thoại;Ghi chú\n"
    f"{CODE};Đăng ký khai sinh;Đang xử lý;04/12/2026;{PHONE};\n"
    f"{OTHER};Đăng ký kết hôn;Yêu cầu bổ sung giấy tờ;20/11/2026;0987654321;Bổ sung ảnh\n"
)


@pytest.fixture
def desk_database_url(database_url: str) -> str:
    return database_url


@pytest.fixture
def officer(client_of: ClientOf) -> DeskClient:
    return client_of("officer")


def add_dossier(engine: Engine, code: str = CODE, **fields: object) -> int:
    made = {"procedure": "Đăng ký khai sinh", "status": "received", "shade": "", "phone4": "x" * 64}
    with writing(engine) as session:
        row = DossierRow(code=code, as_of=NOW, created_at=NOW, changed_at=NOW, **{**made, **fields})
        session.add(row)
        session.flush()
        return row.id


def upload(client: DeskClient, text: str = CSV, name: str = "xuat.csv") -> str:
    """Send the file; returns the address of its preview."""
    data = {"csrf_token": client.csrf(), "file": (io.BytesIO(text.encode("utf-8-sig")), name)}
    response = client.post("/desk/dossiers/import", data=data)
    assert response.status_code == 302, response.text
    return response.location


COLUMNS = {
    "column_code": "0", "column_procedure": "1", "column_status": "2", "column_due": "3", "column_phone": "4",
    "column_note": "5", "as_of": "2026-11-25T08:30",
}  # fmt: skip


def test_a_file_is_seen_tried_and_taken_in(
    officer: DeskClient, desk_engine: Engine, desk_settings: Settings
) -> None:
    address = upload(officer)
    seen = officer.get(address).text
    assert "Đăng ký khai sinh" in seen and "…5678" in seen
    assert PHONE not in seen
    tried = officer.submit(address, act="try", **COLUMNS).text
    assert "Nếu nhập: 2 mới, 0 thay đổi" in tried
    with reading(desk_engine) as session:
        assert session.scalars(select(DossierRow)).all() == []
    done = officer.submit(address, act="run", **COLUMNS)
    assert done.status_code == 302
    report = officer.get(done.location).text
    assert "đã nhập" in report and "xuat.csv" in report and "08:30" in report
    with reading(desk_engine) as session:
        rows = {row.code: row for row in session.scalars(select(DossierRow))}
        assert rows[CODE].phone4 == Hasher(desk_settings.key).factors(CODE, PHONE, "").phone4
        assert session.scalars(select(Audit.action).where(Audit.action == "dossiers_imported")).one()
    assert PHONE not in repr([vars(row) for row in rows.values()])
    assert officer.get(address).status_code == 404  # the file is gone
    assert list((desk_settings.var_dir / "imports").iterdir()) == []


def test_columns_are_remembered(officer: DeskClient) -> None:
    officer.submit(upload(officer), act="run", **COLUMNS)
    assert "cột đã nhớ từ lần trước" in officer.get(upload(officer)).text


def test_a_wrong_row_changes_nothing_and_is_named(officer: DeskClient, desk_engine: Engine) -> None:
    broken = CSV + "H19.29-261102-0009;Đăng ký khai tử;Đang xử lý;40/13/2026;0912345678;\n"
    refused = officer.submit(upload(officer, broken), act="run", **COLUMNS)
    assert refused.status_code == 422
    assert "Dòng 4" in refused.text and "Chưa đổi gì" in refused.text
    with reading(desk_engine) as session:
        assert session.scalars(select(DossierRow)).all() == []
        assert session.scalars(select(DossierImport)).one().done is False
    assert "Từ chối: 1 dòng lỗi" in officer.get("/desk/dossiers/import").text


@pytest.mark.parametrize(
    ("content", "told"),
    [("", "tệp trống"), ("<html><table>", "HTML"), ("a;b\n1;2\n", "không thấy dòng tiêu đề")],
)
def test_what_is_no_list_is_refused_with_advice(officer: DeskClient, content: str, told: str) -> None:
    data = {"csrf_token": officer.csrf(), "file": (io.BytesIO(content.encode()), "x.csv")}
    response = officer.post("/desk/dossiers/import", data=data, follow_redirects=True)
    assert told in response.text


def test_a_name_is_never_run_as_html(officer: DeskClient) -> None:
    assert "<script>" not in officer.get(upload(officer, name="<script>.csv")).text


def test_an_upload_is_its_officers_alone(officer: DeskClient, client_of: ClientOf) -> None:
    address = upload(officer)
    assert client_of("supervisor").get(address).status_code == 404
    assert officer.get("/desk/dossiers/import/../../etc/passwd").status_code == 404
    assert officer.submit(address, act="cancel").status_code == 302
    assert officer.get(address).status_code == 404


def test_an_upload_that_was_left_is_removed(officer: DeskClient, desk_settings: Settings) -> None:
    upload(officer)
    folder = Path(desk_settings.var_dir) / "imports"
    for path in folder.iterdir():
        assert path.stat().st_mode & 0o077 == 0 or path.suffix == ".name"
        os.utime(path, (1, 1))
    officer.get("/desk/dossiers/import")
    assert list(folder.iterdir()) == []


def test_only_an_importer_may_send_a_large_body(officer: DeskClient, client_of: ClientOf) -> None:
    row = f"{OTHER};Đăng ký kết hôn;Đang xử lý;20/11/2026;0987654321;{'x' * 100}\n"
    large = CSV + row * 20_000
    assert upload(officer, large)
    editor = client_of("editor")
    data = {"csrf_token": editor.csrf(), "file": (io.BytesIO(large.encode()), "x.csv")}
    assert editor.post("/desk/dossiers/import", data=data).status_code in {400, 403, 413}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", {CODE, OTHER}), ("q=0001", {CODE}), ("q=k%E1%BA%BFt", {OTHER}), ("status=supplement", {OTHER}),
        ("status=none", set()), ("only=overdue", {CODE}), ("only=followed", {CODE}), ("only=unsent", {CODE}),
        ("only=nofactor", {OTHER}), ("q=%25", set()), ("status=x'--&only=y", {CODE, OTHER}),
    ],
)  # fmt: skip
def test_search_and_filters(officer: DeskClient, desk_engine: Engine, query: str, found: set[str]) -> None:
    add_dossier(desk_engine, due=date(2026, 11, 20))
    bride = {"procedure": "Đăng ký kết hôn", "status": "supplement", "phone4": ""}
    add_dossier(desk_engine, OTHER, due=date(2026, 11, 20), **bride)
    add_follow(desk_engine)
    shown = officer.get(f"/desk/dossiers?{query}").text
    assert {code for code in (CODE, OTHER) if f">{code}</a>" in shown} == found


def add_follow(engine: Engine) -> int:
    chat = add_chat(engine, NOW)
    with writing(engine) as session:
        session.add(
            DossierFollow(
                conversation_id=chat, code=CODE, since=NOW, told_status="received/", told_at=NOW,
                unsent_since=NOW, unsent_reason="window_closed",
            )
        )  # fmt: skip
    return chat


def test_one_dossier_with_its_history_and_who_looked(officer: DeskClient, desk_engine: Engine) -> None:
    number, chat = add_dossier(desk_engine, due=date(2026, 11, 20)), add_follow(desk_engine)
    with writing(desk_engine) as session:
        row = session.get_one(Conversation, chat)
        session.add(DossierEvent(code=CODE, status="received", shade="in_work", at=NOW))
        session.add(
            DossierAttempt(
                at=NOW, account_id=row.account_id, event_id="e", person="p", user_ref=row.user_ref, code=CODE,
                by="digits", result="hit", counts=False,
            )
        )  # fmt: skip
    shown = officer.get(f"/desk/dossiers/{number}").text
    for told in ("Quá hẹn", "đúng, đã cho xem", f"Hội thoại {chat}", "đã quá hạn nhắn tin của kênh"):
        assert told in shown
    with reading(desk_engine) as session:
        opened = session.scalars(select(Audit).where(Audit.action == "dossier_opened")).one()
    assert (opened.actor, opened.subject) == (f"officer:{officer.officer_id}", f"dossier:{CODE}")


def test_a_chat_that_an_officer_may_not_see_is_not_named(client_of: ClientOf, desk_engine: Engine) -> None:
    number, chat = add_dossier(desk_engine), add_follow(desk_engine)
    with writing(desk_engine) as session:
        session.get_one(Conversation, chat).unit_id = 2
    assert f"Hội thoại {chat}" not in client_of("officer").get(f"/desk/dossiers/{number}").text


def test_the_owner_at_the_counter_may_try_again(officer: DeskClient, desk_engine: Engine) -> None:
    number = add_dossier(desk_engine)
    with writing(desk_engine) as session:
        session.add(
            DossierAttempt(
                at=NOW, account_id=1, event_id="e", person="p", user_ref="u", code=CODE, by="digits",
                result="miss", counts=True,
            )
        )  # fmt: skip
    officer.submit(f"/desk/dossiers/{number}/unlock")
    with reading(desk_engine) as session:
        assert session.scalars(select(DossierAttempt.counts)).all() == [False]


def test_alerts_are_seen_once(client_of: ClientOf, desk_engine: Engine, clock: MovableClock) -> None:
    supervisor = client_of("supervisor")
    with writing(desk_engine) as session:
        session.add(
            DossierAlert(
                at=NOW, kind="person", subject="abcdef", account_id=1, code=CODE, failures=6,
                until=NOW + timedelta(hours=3),
            )
        )  # fmt: skip
    assert "1 cảnh báo dò mã chưa xem" in supervisor.get("/desk/dossiers").text
    assert CODE in supervisor.get("/desk/dossier-alerts").text
    with reading(desk_engine) as session:
        number = session.scalars(select(DossierAlert.id)).one()
    supervisor.submit(f"/desk/dossier-alerts/{number}/seen")
    with reading(desk_engine) as session:
        assert session.scalars(select(DossierAlert)).one().seen_by == supervisor.officer_id
    assert "chưa xem" not in supervisor.get("/desk/dossiers").text


def test_a_chat_leads_to_the_dossier_that_it_is_about(
    officer: DeskClient, desk_engine: Engine, desk_app: Flask
) -> None:
    number = add_dossier(desk_engine)
    chat = add_chat(desk_engine, NOW, owner="waiting")
    with writing(desk_engine) as session:
        session.add(
            Handoff(conversation_id=chat, reason="dossier", queue="chung", dossier=CODE, created_at=NOW)
        )
        session.add(Note(conversation_id=chat, kind="unsent", text=CODE, created_at=NOW))
    shown = officer.get(f"/desk/c/{chat}").text
    assert f"/desk/dossiers/code?code={CODE}" in shown
    assert "chưa báo được cho người dân" in shown
    assert officer.get(f"/desk/dossiers/code?code={CODE}").location == f"/desk/dossiers/{number}"
    assert "/desk/dossiers?q=" in officer.get("/desk/dossiers/code?code=H1").location
