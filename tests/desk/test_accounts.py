"""Pages and OAs connected on the desk through the sandbox's own pages of consent, their health and rules."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from click.testing import CliRunner
from sqlalchemy import Engine, select, update

from bot.accounts.building import build_tokens
from bot.accounts.commands import accounts
from bot.accounts.health import REPAIRED, AccountHealth
from bot.accounts.vault import Vault
from bot.desk.context import Desk
from bot.settings import Settings, load_settings
from bot.store.engine import reading, writing
from bot.store.models import Account, Audit, Unit
from bot.store.models_posts import AccountLink, PageRule
from connectors.sandbox import defaults
from tests.desk.conftest import WEDNESDAY_MORNING, ClientOf, DeskClient, MovableClock
from tests.sandbox.helpers import Assistant, Sandbox

NOW = WEDNESDAY_MORNING


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    assistant = Assistant()
    box = Sandbox(assistant, webhook_threads=2)
    yield box
    box.stop()
    assistant.server.shutdown()


@pytest.fixture
def desk_settings(desk_database_url: str, redis_url: str, tmp_path: Path, sandbox: Sandbox) -> Settings:
    sandbox.api("POST", "/reset")
    environ = {
        "VAR_DIR": str(tmp_path / "var"), "DATABASE_URL": desk_database_url, "REDIS_URL": redis_url,
        "SECRET_KEY": "a key of the tests, long enough for them", "LOG_LEVEL": "WARNING",
        "SANDBOX_PORT": str(sandbox.port),
    }  # fmt: skip
    return load_settings(environ, tmp_path / "no.env")


@pytest.fixture(autouse=True)
def unit(desk_engine: Engine) -> int:
    with writing(desk_engine) as session:
        session.add(Unit(id=2, slug="hoi-nong-dan", name="Hội Nông dân xã"))
    return 2


def begin(client: DeskClient, channel: str, unit_id: int = 2) -> str:
    """The address of the platform's page of consent."""
    page = client.submit("/desk/accounts/connect", channel=channel, unit_id=unit_id)
    assert page.status_code == 200
    (address,) = re.findall(r'href="(http://127[^"]+/(?:permission|dialog/oauth)\?[^"]+)"', page.text)
    return address.replace("&amp;", "&")


def consent(address: str, **form: object) -> str:
    """Somebody agrees on the platform's page; the address to which their browser is sent back."""
    answer = requests.post(address, data=form, allow_redirects=False, timeout=10)
    assert answer.status_code == 302, answer.text
    back = urlsplit(answer.headers["Location"])
    return f"{back.path}?{back.query}"


def row(engine: Engine, external_id: str) -> Account | None:
    with reading(engine) as session:
        return session.scalars(select(Account).where(Account.external_id == external_id)).one_or_none()


def connect_zalo(client: DeskClient, unit_id: int = 2) -> str:
    back = consent(begin(client, "zalo", unit_id), oa=defaults.ZALO_OA2_ID)
    return client.get(client.get(back).location).text


def test_an_oa_is_connected_with_pkce(client_of: ClientOf, desk: Desk, desk_engine: Engine) -> None:
    leader = client_of("supervisor", unit_id=2)
    address = begin(leader, "zalo")
    asked = parse_qs(urlsplit(address).query)
    assert len(asked["code_challenge"][0]) == 43 and len(asked["state"][0]) >= 43
    page = leader.get(leader.get(consent(address, oa=defaults.ZALO_OA2_ID)).location).text
    assert "Đã kết nối Hội Nông dân xã" in page and "Hoạt động" in page
    found = row(desk_engine, defaults.ZALO_OA2_ID)
    assert found is not None and (found.unit_id, found.name) == (2, defaults.ZALO_OA2_NAME)
    assert found.healthy is True and found.checked_at == NOW
    access = desk.vault.open(found.access_cipher)
    assert access and access not in found.access_cipher
    with reading(desk_engine) as session:
        link = session.scalars(select(AccountLink)).one()
        assert "account.connected" in session.scalars(select(Audit.action)).all()
    assert asked["state"][0] not in link.state_hash and link.verifier_cipher == ""


def test_a_page_is_chosen_and_gets_a_token_that_lasts(
    client_of: ClientOf, desk: Desk, desk_engine: Engine
) -> None:
    leader = client_of("supervisor", unit_id=2)
    pages = [defaults.FACEBOOK_PAGE_ID, defaults.FACEBOOK_PAGE2_ID]
    choice = leader.get(consent(begin(leader, "facebook"), page=pages, answer="yes")).text
    assert defaults.FACEBOOK_PAGE_NAME in choice and defaults.FACEBOOK_PAGE2_TOKEN not in choice
    (state,) = re.findall(r'name="state" value="([^"]+)"', choice)
    assert leader.submit("/desk/accounts/facebook/choose", state=state).status_code == 422
    leader.submit("/desk/accounts/facebook/choose", state=state, page=defaults.FACEBOOK_PAGE2_ID)
    found = row(desk_engine, defaults.FACEBOOK_PAGE2_ID)
    assert found is not None and found.unit_id == 2
    assert desk.vault.open(found.access_cipher) == defaults.FACEBOOK_PAGE2_TOKEN
    assert row(desk_engine, defaults.FACEBOOK_PAGE_ID) is None  # not ticked
    again = leader.submit("/desk/accounts/facebook/choose", state=state, page=defaults.FACEBOOK_PAGE_ID)
    assert "đã dùng rồi" in leader.get(again.location).text
    assert row(desk_engine, defaults.FACEBOOK_PAGE_ID) is None


def test_a_state_is_good_once_for_its_officer_and_ten_minutes(
    client_of: ClientOf, desk_engine: Engine, clock: MovableClock
) -> None:
    leader, other = client_of("supervisor", unit_id=2), client_of("supervisor", unit_id=2)
    back = consent(begin(leader, "zalo"), oa=defaults.ZALO_OA2_ID)
    assert "đã dùng rồi" in other.get(other.get(back).location).text
    forged = re.sub(r"state=[^&]+", "state=doan-mo", back)
    assert "đã dùng rồi" in leader.get(leader.get(forged).location).text
    assert row(desk_engine, defaults.ZALO_OA2_ID) is None
    assert "Đã kết nối" in leader.get(leader.get(back).location).text
    assert "đã dùng rồi" in leader.get(leader.get(back).location).text
    late = consent(begin(leader, "zalo"), oa=defaults.ZALO_OA_ID)
    clock.forward(minutes=11)
    assert "quá 10 phút" in leader.get(leader.get(late).location).text
    wrong = consent(begin(leader, "facebook"), page=defaults.FACEBOOK_PAGE_ID, answer="yes")
    assert "đã dùng rồi" in leader.get(leader.get(wrong.replace("/facebook/", "/zalo/")).location).text


def test_who_says_no_at_facebook_connects_nothing(client_of: ClientOf, desk_engine: Engine) -> None:
    leader = client_of("supervisor", unit_id=2)
    back = consent(begin(leader, "facebook"), answer="no")
    assert "không cấp quyền" in leader.get(leader.get(back).location).text
    with reading(desk_engine) as session:
        assert session.scalars(select(Account).where(Account.channel == "facebook")).all() == []


def test_another_units_account_is_not_taken_over(client_of: ClientOf, desk_engine: Engine) -> None:
    connect_zalo(client_of("administrator"), 1)
    page = connect_zalo(client_of("supervisor", unit_id=2))
    assert "đang thuộc đơn vị khác" in page
    found = row(desk_engine, defaults.ZALO_OA2_ID)
    assert found is not None and found.unit_id == 1
    assert "Đã kết nối" in connect_zalo(client_of("administrator"), 2)
    moved = row(desk_engine, defaults.ZALO_OA2_ID)
    assert moved is not None and moved.unit_id == 2


def test_a_supervisor_sees_and_keeps_the_own_units_only(client_of: ClientOf, desk_engine: Engine) -> None:
    connect_zalo(client_of("administrator"), 1)
    found = row(desk_engine, defaults.ZALO_OA2_ID)
    assert found is not None
    leader = client_of("supervisor", unit_id=2)
    assert defaults.ZALO_OA2_ID not in leader.get("/desk/accounts").text
    for act in ("check", "disable", "enable"):
        assert leader.submit(f"/desk/accounts/{found.id}/{act}").status_code == 404
    assert leader.get(f"/desk/accounts/{found.id}").status_code == 404


def test_a_disabled_account_sends_nothing(client_of: ClientOf, desk: Desk, desk_engine: Engine) -> None:
    leader = client_of("supervisor", unit_id=2)
    connect_zalo(leader)
    found = row(desk_engine, defaults.ZALO_OA2_ID)
    assert found is not None
    _, tokens = build_tokens(desk.settings, desk.engine, desk.redis, desk.vault, desk.clock)
    assert tokens.sendable(found.id) is not None
    leader.submit(f"/desk/accounts/{found.id}/disable")
    _, tokens = build_tokens(desk.settings, desk.engine, desk.redis, desk.vault, desk.clock)
    assert tokens.sendable(found.id) is None
    assert "Đang tắt" in leader.get("/desk/accounts").text
    leader.submit(f"/desk/accounts/{found.id}/enable")
    again = row(desk_engine, defaults.ZALO_OA2_ID)
    assert again is not None and again.disabled_at is None


@pytest.fixture
def page_id(desk_engine: Engine, desk_settings: Settings) -> int:
    vault = Vault(desk_settings.key)
    with writing(desk_engine) as session:
        page = Account(
            channel="facebook", external_id=defaults.FACEBOOK_PAGE2_ID, unit_id=2, created_at=NOW,
            access_cipher=vault.seal(defaults.FACEBOOK_PAGE2_TOKEN),
        )  # fmt: skip
        session.add(page)
        session.flush()
        return page.id


def health_of(desk: Desk, clock: MovableClock) -> AccountHealth:
    registry, tokens = build_tokens(desk.settings, desk.engine, desk.redis, desk.vault, clock)
    return AccountHealth(desk.engine, registry, tokens, desk.channels, clock)


def test_every_account_is_looked_at_daily_and_a_sick_one_hourly(
    desk: Desk, clock: MovableClock, page_id: int
) -> None:
    health = health_of(desk, clock)
    assert health.due() == 1
    assert health.due() == 0
    clock.forward(hours=23)
    assert health.due() == 0
    clock.forward(hours=2)
    assert health.due() == 1
    with writing(desk.engine) as session:
        session.execute(update(Account).where(Account.id == page_id).values(healthy=False))
    clock.forward(minutes=61)
    assert health.due() == 1


def test_a_lost_subscription_is_repaired_and_told(
    desk: Desk, clock: MovableClock, page_id: int, sandbox: Sandbox, client_of: ClientOf
) -> None:
    token = {"access_token": defaults.FACEBOOK_PAGE2_TOKEN}
    path = f"{sandbox.base}/graph/v25.0/{defaults.FACEBOOK_PAGE2_ID}/subscribed_apps"
    requests.delete(path, params=token, timeout=10).raise_for_status()
    seen = health_of(desk, clock).check(page_id)
    assert (seen.ok, seen.detail) == (True, REPAIRED)
    assert requests.get(path, params=token, timeout=10).json()["data"]
    page = client_of("supervisor", unit_id=2).get("/desk/accounts").text
    assert REPAIRED in page and defaults.FACEBOOK_PAGE2_NAME in page  # named by Facebook meanwhile


def test_a_dead_token_is_told_in_words(
    desk: Desk, clock: MovableClock, page_id: int, client_of: ClientOf
) -> None:
    with writing(desk.engine) as session:
        session.execute(
            update(Account).where(Account.id == page_id).values(access_cipher=desk.vault.seal("EAAdead"))
        )
    leader = client_of("supervisor", unit_id=2)
    answer = leader.submit(f"/desk/accounts/{page_id}/check")
    page = leader.get(answer.location).text
    assert "có vấn đề" in page and "Khóa truy cập của trang không còn hiệu lực" in page


def test_a_pages_rule_is_kept(client_of: ClientOf, desk: Desk, page_id: int, clock: MovableClock) -> None:
    leader = client_of("supervisor", unit_id=2)
    connect_zalo(leader)
    oa = row(desk.engine, defaults.ZALO_OA2_ID)
    assert oa is not None
    form = {"name": "Trang hội", "mode": "ask", "hashtag": "zalo", "to_account_id": str(oa.id)}
    leader.submit(f"/desk/accounts/{page_id}", **form, broadcast="yes", hide_comments="yes", unit_id="1")
    with reading(desk.engine) as session:
        rule, page = session.get_one(PageRule, page_id), session.get_one(Account, page_id)
    assert (rule.mode, rule.hashtag, rule.to_account_id) == ("ask", "#zalo", oa.id)
    assert (rule.broadcast, rule.answer_comments, rule.hide_comments) == (True, False, True)
    assert (page.name, page.unit_id) == ("Trang hội", 2)  # a supervisor moves no account elsewhere
    assert "Gửi duyệt ngay" in leader.get(f"/desk/accounts/{page_id}").text
    leader.submit(f"/desk/accounts/{page_id}", name="", mode="la", to_account_id="999")
    with reading(desk.engine) as session:
        rule = session.get_one(PageRule, page_id)
    assert (rule.mode, rule.to_account_id) == ("offer", None)


def test_the_command_line_checks_lists_and_disables(
    desk: Desk, desk_settings: Settings, page_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.accounts.commands.load_settings", lambda: desk_settings)
    run = CliRunner()
    checked = run.invoke(accounts, ["check"])
    assert checked.exit_code == 0 and defaults.FACEBOOK_PAGE2_ID in checked.output, checked.output
    listed = run.invoke(accounts, ["list"])
    assert "Hội Nông dân xã" in listed.output and "kiểm tra" in listed.output
    gone = run.invoke(accounts, ["disable", "facebook", defaults.FACEBOOK_PAGE2_ID])
    assert gone.exit_code == 0, gone.output
    assert "đang tắt" in run.invoke(accounts, ["list"]).output
    assert run.invoke(accounts, ["check"]).exit_code == 1  # nothing is left to be checked
    assert run.invoke(accounts, ["enable", "facebook", defaults.FACEBOOK_PAGE2_ID]).exit_code == 0
    assert run.invoke(accounts, ["disable", "facebook", "1"]).exit_code == 1
