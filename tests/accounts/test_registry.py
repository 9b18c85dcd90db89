"""Accounts and their encrypted tokens: taken over from the settings, and never read stale."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, select

from bot.accounts.commands import accounts
from bot.accounts.registry import WEBCHAT_ID, AccountRegistry
from bot.accounts.vault import Vault, VaultError
from bot.settings import Settings, load_settings
from bot.store.engine import reading, writing
from bot.store.models import Account
from tests.worker.fakes import Clock

NOWHERE = Path("/nonexistent/.env")
ZALO = {
    "ZALO_APP_ID": "1",
    "ZALO_APP_SECRET": "s",
    "ZALO_OA_SECRET_KEY": "k",
    "ZALO_OA_ID": "2",
    "ZALO_REFRESH_TOKEN": "first",
}
FACEBOOK = {
    "FACEBOOK_APP_SECRET": "s",
    "FACEBOOK_VERIFY_TOKEN": "v",
    "FACEBOOK_PAGE_ID": "3",
    "FACEBOOK_PAGE_TOKEN": "page-token",
}


def given(**changes: str) -> Settings:
    return load_settings({**ZALO, **FACEBOOK, **changes}, dotenv=NOWHERE)


@pytest.fixture
def registry(engine: Engine) -> AccountRegistry:
    return AccountRegistry(engine, Vault("secret"), Clock())


def test_the_settings_accounts_exist_after_the_start(registry: AccountRegistry) -> None:
    registry.take_over_settings(given())
    zalo, facebook = registry.by_ref("zalo", "2"), registry.by_ref("facebook", "3")
    assert zalo is not None
    assert facebook is not None
    assert (zalo.access_token, zalo.refresh_token, zalo.expires_at) == ("", "first", None)
    assert (facebook.access_token, facebook.refresh_token) == ("page-token", "")
    assert registry.by_ref("webchat", WEBCHAT_ID) is not None
    assert registry.by_id(zalo.id) == zalo
    assert registry.by_ref("zalo", "3") is None
    with pytest.raises(KeyError):
        registry.by_id(99)


def test_tokens_are_not_readable_in_the_database_or_a_log(engine: Engine, registry: AccountRegistry) -> None:
    registry.take_over_settings(given())
    zalo = registry.by_ref("zalo", "2")
    assert zalo is not None
    registry.store_tokens(zalo.id, "access-open", "refresh-open", Clock()())
    with reading(engine) as session:
        stored = [
            (r.access_cipher, r.refresh_cipher, r.bootstrap_hash) for r in session.scalars(select(Account))
        ]
    shown = repr(stored) + repr(registry.all())
    for word in ("access-open", "refresh-open", "page-token", "first"):
        assert word not in shown


def test_a_start_with_the_same_settings_keeps_the_renewed_pair(registry: AccountRegistry) -> None:
    registry.take_over_settings(given())
    zalo = registry.by_ref("zalo", "2")
    assert zalo is not None
    registry.store_tokens(zalo.id, "a2", "r2", None)
    registry.take_over_settings(given())
    assert [a.refresh_token for a in registry.all() if a.channel == "zalo"] == ["r2"]


def test_a_token_that_changed_in_the_settings_is_taken_over_and_thaws(registry: AccountRegistry) -> None:
    registry.take_over_settings(given())
    for account in registry.all():
        registry.store_tokens(account.id, "a2", "r2", Clock()())
        registry.freeze(account.id, "hỏng")
    registry.take_over_settings(given(ZALO_REFRESH_TOKEN="second", FACEBOOK_PAGE_TOKEN="new-page"))
    zalo, facebook = registry.by_ref("zalo", "2"), registry.by_ref("facebook", "3")
    assert zalo is not None
    assert facebook is not None
    assert (zalo.access_token, zalo.refresh_token, zalo.expires_at) == ("", "second", None)
    assert facebook.access_token == "new-page"
    assert zalo.frozen_reason is facebook.frozen_reason is None


def test_freezing_keeps_the_first_reason_and_new_tokens_thaw(registry: AccountRegistry) -> None:
    registry.take_over_settings(given())
    page = registry.by_ref("facebook", "3")
    assert page is not None
    registry.freeze(page.id, "một")
    registry.freeze(page.id, "hai")
    assert registry.by_id(page.id).frozen_reason == "một"
    registry.store_tokens(page.id, "new", "", None)
    assert registry.by_id(page.id).frozen_reason is None


def test_another_secret_key_stops_the_start(engine: Engine, registry: AccountRegistry) -> None:
    """Else every message would fail on it and end among the dead letters."""
    registry.take_over_settings(given())
    with pytest.raises(VaultError, match="khóa"):
        AccountRegistry(engine, Vault("another"), Clock()).take_over_settings(given())


def test_what_was_committed_before_forget_is_seen_after_it(
    engine: Engine, registry: AccountRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader that began before the commit must not put its old view back into the cache."""
    registry.take_over_settings(given())
    page = registry.by_ref("facebook", "3")
    assert page is not None
    old_reader_has_read, go_on = threading.Event(), threading.Event()
    real = registry._known

    def slow(row: Account) -> object:
        known = real(row)
        if threading.current_thread() is old_reader:
            old_reader_has_read.set()
            assert go_on.wait(10)
        return known

    monkeypatch.setattr(registry, "_known", slow)
    registry.forget()
    old_reader = threading.Thread(target=registry.all)
    old_reader.start()
    assert old_reader_has_read.wait(10)
    AccountRegistry(engine, Vault("secret"), Clock()).store_tokens(page.id, "new", "", None)
    registry.forget()
    go_on.set()
    assert registry.by_id(page.id).access_token == "new"
    old_reader.join(10)
    assert registry.by_id(page.id).access_token == "new"


@pytest.mark.parametrize("token", ["t", "EAAG-" + "x" * 400, "mã có dấu"])
def test_the_vault_gives_back_what_it_was_given(token: str) -> None:
    vault = Vault("secret")
    assert vault.open(vault.seal(token)) == token
    assert vault.seal(token) != vault.seal(token)
    assert vault.seal("") == vault.open("") == ""
    with pytest.raises(VaultError):
        Vault("other").open(vault.seal(token))


def test_accounts_are_added_and_listed_from_the_command_line(
    database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(
        "bot.accounts.commands.load_settings",
        lambda: given(DATABASE_URL=database_url, SECRET_KEY="k", VAR_DIR=str(tmp_path)),
    )
    run = CliRunner().invoke
    for channel, ref in (("zalo", "77"), ("facebook", "88")):
        added = run(accounts, ["add", channel, ref, "--name", "Hội Phụ nữ", "--token", "secret-token"])
        assert added.exit_code == 0, added.output
        assert "secret-token" not in added.output
    listed = run(accounts, ["list"]).output
    assert "zalo\t77\tHội Phụ nữ\tỦy ban nhân dân xã\tsẵn sàng" in listed
    assert run(accounts, ["add", "zalo", "my-oa", "--token", "t"]).exit_code == 2
    assert run(accounts, ["add", "zalo", "79", "--token", "t", "--unit", "khong-co"]).exit_code == 2
    assert run(accounts, ["add", "telegram", "1", "--token", "t"]).exit_code == 2


def test_an_account_that_another_process_connected_is_known_at_once(
    engine: Engine, registry: AccountRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.accounts.registry.UNKNOWN_S", 0.0)
    registry.take_over_settings(given())
    with writing(engine) as session:
        first = Account(channel="zalo", external_id="77", created_at=Clock()())
        session.add(first)
        session.flush()
        account_id = first.id
    assert registry.by_id(account_id).external_id == "77"
    with writing(engine) as session:
        session.add(Account(channel="zalo", external_id="78", created_at=Clock()()))
    assert registry.by_ref("zalo", "78") is not None
