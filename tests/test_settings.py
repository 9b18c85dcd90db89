"""The environment: precedence, defaults, and errors that name the variable and show a right value."""

from __future__ import annotations

import secrets
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bot.settings import ROOT, Settings, SettingsError, example_file, load_settings
from bot.store.redis import connect

NOWHERE = Path("/nonexistent/.env")
ZALO = {
    "ZALO_APP_ID": "1",
    "ZALO_APP_SECRET": "s",
    "ZALO_OA_SECRET_KEY": "k",
    "ZALO_OA_ID": "2",
    "ZALO_REFRESH_TOKEN": "r",
}
FACEBOOK = {
    "FACEBOOK_APP_SECRET": "s",
    "FACEBOOK_VERIFY_TOKEN": "v",
    "FACEBOOK_PAGE_ID": "3",
    "FACEBOOK_PAGE_TOKEN": "t",
}


def load(**environ: str) -> Settings:
    return load_settings(environ, dotenv=NOWHERE)


@pytest.mark.parametrize(
    ("environ", "name", "example"),
    [
        ({"PORT": "http"}, "PORT", "PORT=8000"),
        ({"PORT": "70000"}, "PORT", "PORT=8000"),
        ({"SANDBOX_PORT": "-1"}, "SANDBOX_PORT", "SANDBOX_PORT=8100"),
        ({"LOG_LEVEL": "LOUD"}, "LOG_LEVEL", "LOG_LEVEL=INFO"),
        ({"DATABASE_URL": "mysql://h/d"}, "DATABASE_URL", "DATABASE_URL=postgresql://"),
        ({"REDIS_URL": "localhost:6379"}, "REDIS_URL", "REDIS_URL=redis://"),
        ({"RASA_URL": "127.0.0.1:5005"}, "RASA_URL", "RASA_URL=http://127.0.0.1:5005"),
        ({"SHARDS": "0"}, "SHARDS", "SHARDS=8"),
        ({"SEND_THREADS": "many"}, "SEND_THREADS", "SEND_THREADS=24"),
        ({"OFFICER_IDLE_MINUTES": "0"}, "OFFICER_IDLE_MINUTES", "OFFICER_IDLE_MINUTES=30"),
        ({"BAND_SURE": "62"}, "BAND_SURE", "BAND_SURE=0.40"),
        ({"BAND_SURE": "0.2", "BAND_UNSURE": "0.4"}, "BAND_UNSURE", "BAND_UNSURE=0.35"),
        ({"DOSSIER_SOURCE": "sql"}, "DOSSIER_SOURCE", "DOSSIER_SOURCE=table"),
        ({"DOSSIER_SOURCE": "http"}, "DOSSIER_HTTP_URL", "DOSSIER_HTTP_URL=https://"),
        ({"DOSSIER_HTTP_URL": "https://h/"}, "DOSSIER_HTTP_URL", "DOSSIER_HTTP_URL=https://"),
        ({"DOSSIER_HTTP_FIELDS": "state=a"}, "DOSSIER_HTTP_FIELDS", "DOSSIER_HTTP_FIELDS=code="),
        ({"DOSSIER_HTTP_FIELDS": "code=a status=b"}, "DOSSIER_HTTP_FIELDS", "DOSSIER_HTTP_FIELDS=code="),
        ({**ZALO, "ZALO_OA_ID": "my oa"}, "ZALO_OA_ID", "ZALO_OA_ID=388613280878808645"),
        ({**ZALO, "ZALO_OA_ID": "١٢٣"}, "ZALO_OA_ID", "ZALO_OA_ID=388613280878808645"),
        ({**ZALO, "ZALO_API_URL": "openapi.zalo.me"}, "ZALO_API_URL", "ZALO_API_URL=https://"),
        ({**ZALO, "ZALO_RATE": "0"}, "ZALO_RATE", "ZALO_RATE=20"),
        ({**ZALO, "ZALO_APP_SECRET": ""}, "ZALO_APP_SECRET", "ZALO_APP_SECRET="),
        ({"FACEBOOK_PAGE_ID": "3"}, "FACEBOOK_APP_SECRET", "FACEBOOK_APP_SECRET="),
        ({**FACEBOOK, "FACEBOOK_PAGE_TOKEN": " "}, "FACEBOOK_PAGE_TOKEN", "FACEBOOK_PAGE_TOKEN="),
        ({**FACEBOOK, "FACEBOOK_GRAPH_URL": "https://"}, "FACEBOOK_GRAPH_URL", "FACEBOOK_GRAPH_URL=https://"),
    ],
)
def test_a_wrong_setting_is_named_with_an_example(environ: dict[str, str], name: str, example: str) -> None:
    with pytest.raises(SettingsError) as refused:
        load(**environ)
    lines = str(refused.value).splitlines()
    assert len(lines) == 1
    assert lines[0].startswith(f"{name}: ")
    assert f"Example: {example}" in lines[0]


def test_all_wrong_settings_are_named_at_once() -> None:
    with pytest.raises(SettingsError) as refused:
        load(PORT="x", SHARDS="x", REDIS_URL="x")
    assert {line.partition(":")[0] for line in str(refused.value).splitlines()} == {
        "PORT",
        "SHARDS",
        "REDIS_URL",
    }


def test_an_error_never_shows_the_value_of_a_secret() -> None:
    with pytest.raises(SettingsError) as refused:
        load(**{**ZALO, "ZALO_APP_SECRET": "very-secret", "ZALO_OA_ID": "no number"})
    assert "very-secret" not in str(refused.value)


def test_a_variable_that_is_set_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text('PORT=9001\nCOMMUNE="an-binh"\nRASA_URL=http://127.0.0.1:1\nUSE_SANDBOX=1\n', "utf-8")
    settings = load_settings({"PORT": "9002", "RASA_URL": "", **ZALO}, dotenv=file)
    assert settings.port == 9002
    assert settings.commune == "an-binh"
    assert settings.rasa_url == ""  # set, though empty
    assert not settings.use_sandbox


def test_an_empty_environment_is_not_the_process_s(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMMUNE", "elsewhere")
    assert load().commune == "xuan-dinh"
    assert load_settings(dotenv=NOWHERE).commune == "elsewhere"


def test_without_channel_settings_both_channels_are_the_sandbox_s() -> None:
    settings = load(SANDBOX_PORT="8123", ZALO_RATE="5")
    assert settings.use_sandbox
    assert settings.zalo_enabled
    assert settings.facebook_enabled
    assert settings.zalo_api_url == "http://127.0.0.1:8123/zalo"
    assert settings.facebook_graph_url == "http://127.0.0.1:8123/graph"
    assert settings.zalo_rate == 5


def test_one_channel_may_be_given_alone() -> None:
    settings = load(**ZALO)
    assert settings.zalo_enabled
    assert not settings.facebook_enabled
    assert settings.zalo_api_url == "https://openapi.zalo.me"


def test_addresses_are_ready_to_use() -> None:
    settings = load(**ZALO, ZALO_API_URL="http://127.0.0.1:1/zalo/", DATABASE_URL="postgresql://h/d")
    assert settings.zalo_api_url == "http://127.0.0.1:1/zalo"
    assert settings.sql_url == "postgresql+psycopg://h/d"


def test_folders_are_meant_from_the_project_s_folder() -> None:
    settings = load(VAR_DIR="elsewhere/var")
    assert settings.var_dir == ROOT / "elsewhere" / "var"
    assert settings.sql_url == f"sqlite:///{ROOT}/elsewhere/var/troly.db"
    assert load(VAR_DIR="/absolute").var_dir == Path("/absolute")


@pytest.mark.parametrize("name", ["plain", "with blank", "100%", "a#b?c", "tiếng Việt"])
def test_the_embedded_server_s_address_leads_to_its_socket(name: str) -> None:
    settings = load(VAR_DIR=f"/tmp/{name}")
    client = connect(settings.redis_address)
    assert client.connection_pool.connection_kwargs["path"] == str(settings.redis_socket)


def test_a_long_folder_gets_a_short_socket() -> None:
    settings = load(VAR_DIR=f"/tmp/{'x' * 150}")
    assert len(str(settings.redis_socket)) < 100
    assert settings.redis_socket == load(VAR_DIR=f"/tmp/{'x' * 150}").redis_socket


def test_a_secret_that_is_just_being_made_is_never_read_half(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every other process that looks between its making and its writing must not get an empty key."""
    seen: list[str] = []
    real = secrets.token_urlsafe

    def slow(size: int) -> str:
        monkeypatch.setattr(secrets, "token_urlsafe", real)
        seen.append(load(VAR_DIR=str(tmp_path)).key)
        return real(size)

    monkeypatch.setattr(secrets, "token_urlsafe", slow)
    key = load(VAR_DIR=str(tmp_path)).key
    assert seen == [key]
    assert len(key) >= 48
    assert [p.name for p in tmp_path.iterdir()] == ["secret.key"]


def test_a_secret_is_made_once_for_the_owner_alone(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: load(VAR_DIR=str(tmp_path / "var")).key, range(16)))
    assert len(keys) == 1
    assert len(keys.pop()) >= 48
    assert stat.S_IMODE((tmp_path / "var" / "secret.key").stat().st_mode) == 0o600
    assert load(VAR_DIR=str(tmp_path / "var"), SECRET_KEY="mine").key == "mine"


def test_the_example_file_is_up_to_date_and_lists_every_setting() -> None:
    text = (ROOT / ".env.example").read_text("utf-8")
    assert text == example_file(), "run: bot settings > .env.example"
    for name in Settings.model_fields:
        assert (f"#{name.upper()}=" in text) == (name != "use_sandbox")
