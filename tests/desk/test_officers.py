"""Accounts: the administrator's page and the commands."""

from __future__ import annotations

import re

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, select

from bot.cli import main
from bot.desk.commands import nobody_yet
from bot.desk.passwords import matches
from bot.settings import Settings
from bot.store.engine import reading
from bot.store.models import Audit, Conversation, Officer, Outgoing
from tests.desk.chats import add_chat
from tests.desk.conftest import ClientOf, DeskClient, MovableClock

NEW = {
    "login": "hoa",
    "name": "Nguyễn Thị Hoa",
    "persona": "Cán bộ hộ tịch",
    "role": "officer",
    "unit_id": "1",
}


def officer(engine: Engine, login: str) -> Officer:
    with reading(engine) as session:
        return session.scalars(select(Officer).where(Officer.login == login)).one()


def actions(engine: Engine) -> list[tuple[str, str]]:
    with reading(engine) as session:
        return [(row.actor, row.action) for row in session.scalars(select(Audit).order_by(Audit.id))]


def shown_password(page: str) -> str:
    found = re.search(r"[a-z2-9]{4}(?:-[a-z2-9]{4}){3}", page)
    assert found
    return found[0]


def test_a_new_officer_signs_in_and_sets_a_password(
    client_of: ClientOf, stranger: DeskClient, desk_engine: Engine
) -> None:
    admin = client_of("administrator")
    password = shown_password(admin.submit("/desk/officers/add", **NEW, queues=["chung"]).text)
    assert password not in admin.get("/desk/officers").text
    assert password not in admin.get("/desk/audit").text
    assert officer(desk_engine, "hoa").queues == ["chung"]
    assert stranger.submit("/desk/sign-in", login="hoa", password=password).status_code == 302
    assert stranger.get("/desk/").location == "/desk/account/password"
    own = "một câu của riêng tôi"
    stranger.submit("/desk/account/password", now=password, new=own, again=own)
    assert stranger.get("/desk/account").status_code == 200
    assert (f"officer:{admin.officer_id}", "officer_added") in actions(desk_engine)


@pytest.mark.parametrize(
    ("field", "value"),
    [("login", "Hòa"), ("login", "x"), ("login", "administrator-1"), ("name", " "),
     ("persona", "x" * 81), ("role", "chief"), ("unit_id", "99"), ("unit_id", "²"), ("queues", "không có")],
)  # fmt: skip
def test_a_wrong_field_is_named_and_the_rest_is_kept(client_of: ClientOf, field: str, value: str) -> None:
    response = client_of("administrator").submit("/desk/officers/add", **{**NEW, field: value})
    assert response.status_code == 422
    assert f'id="{field}-problem"' in response.text
    kept = "name" if field != "name" else "persona"
    assert f'value="{NEW[kept]}"' in response.text


def test_a_change_is_audited_with_what_changed(client_of: ClientOf, desk_engine: Engine) -> None:
    admin, other = client_of("administrator"), client_of("officer")
    admin.submit(f"/desk/officers/{other.officer_id}", **{**NEW, "role": "supervisor"})
    with reading(desk_engine) as session:
        row = session.scalars(select(Audit).where(Audit.action == "officer_changed")).one()
    assert row.detail == {"name": NEW["name"], "persona": NEW["persona"], "role": "supervisor"}


def test_disabling_ends_the_sessions_at_once(client_of: ClientOf) -> None:
    admin, other = client_of("administrator"), client_of("officer")
    assert other.get("/desk/account").status_code == 200
    admin.submit(f"/desk/officers/{other.officer_id}/disable")
    assert other.get("/desk/account").status_code == 302
    admin.submit(f"/desk/officers/{other.officer_id}/enable")
    assert other.get("/desk/account").status_code == 302, "an old session does not come back to life"


def test_a_reset_ends_sessions_and_takes_the_second_factor_off(
    client_of: ClientOf, desk_engine: Engine
) -> None:
    admin, other = client_of("administrator"), client_of("officer", totp_cipher="x", failures=7)
    password = shown_password(admin.submit(f"/desk/officers/{other.officer_id}/reset").text)
    with reading(desk_engine) as session:
        row = session.get_one(Officer, other.officer_id)
    assert matches(row.password_hash, password)
    assert (row.totp_cipher, row.failures, row.must_change) == ("", 0, True)
    assert other.get("/desk/account").status_code == 302


def test_an_administrator_always_remains(client_of: ClientOf, desk_engine: Engine) -> None:
    admin = client_of("administrator")
    admin.submit(f"/desk/officers/{admin.officer_id}/disable")
    assert admin.get("/desk/officers").status_code == 200
    assert admin.submit(f"/desk/officers/{admin.officer_id}", **NEW).status_code == 422


# --- commands


@pytest.fixture
def bot(monkeypatch: pytest.MonkeyPatch, desk_settings: Settings) -> CliRunner:
    monkeypatch.setattr("bot.desk.commands.load_settings", lambda: desk_settings)
    return CliRunner()


def test_the_first_administrator_is_made_on_the_machine(
    bot: CliRunner, stranger: DeskClient, desk_engine: Engine
) -> None:
    assert nobody_yet(desk_engine)
    answers = "quan.tri\nNgười quản trị\n\n\n"
    added = bot.invoke(main, ["officers", "add", "--role", "administrator"], input=answers)
    assert added.exit_code == 0, added.output
    password = shown_password(added.output)
    assert stranger.submit("/desk/sign-in", login="quan.tri", password=password).status_code == 302
    assert actions(desk_engine)[0] == ("cli", "officer_added")
    assert not nobody_yet(desk_engine)
    assert "quan.tri\tNgười quản trị\tQuản trị\tubnd" in bot.invoke(main, ["officers", "list"]).output


def test_commands_on_one_officer(bot: CliRunner, client_of: ClientOf, desk_engine: Engine) -> None:
    client = client_of("officer", login="hoa")
    assert bot.invoke(main, ["officers", "disable", "hoa"]).exit_code == 0
    assert client.get("/desk/account").status_code == 302
    assert bot.invoke(main, ["officers", "enable", "hoa"]).exit_code == 0
    reset = bot.invoke(main, ["officers", "reset", "hoa"])
    assert matches(officer(desk_engine, "hoa").password_hash, shown_password(reset.output))
    assert [action for _, action in actions(desk_engine)] == [
        "officer_disabled",
        "officer_enabled",
        "officer_reset",
    ]
    missing = bot.invoke(main, ["officers", "reset", "ai-do"])
    assert missing.exit_code == 1 and "ai-do" in missing.output


def test_units(bot: CliRunner) -> None:
    assert bot.invoke(main, ["officers", "units", "add", "cong-an", "Công an xã"]).exit_code == 0
    assert bot.invoke(main, ["officers", "units", "add", "cong-an", "Công an xã"]).exit_code == 1
    assert bot.invoke(main, ["officers", "units", "add", "Công an", "x"]).exit_code == 2
    assert "cong-an\tCông an xã" in bot.invoke(main, ["officers", "units"]).output


def test_disabling_gives_the_chats_back_at_once(
    client_of: ClientOf, desk_engine: Engine, clock: MovableClock
) -> None:
    admin, other = client_of("administrator"), client_of("officer")
    chat = add_chat(desk_engine, clock(), owner="officer", officer_id=other.officer_id)
    admin.submit(f"/desk/officers/{other.officer_id}/disable")
    with reading(desk_engine) as session:
        assert session.get_one(Conversation, chat).owner == "waiting"
        (told,) = session.scalars(select(Outgoing)).all()
    assert "cán bộ" in str(told.wire)
