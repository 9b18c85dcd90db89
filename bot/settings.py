"""The environment, read once into one frozen :class:`Settings`.

A variable that is already set wins over ``.env``. A missing or malformed setting stops the start
with its name, what is wrong and an example: see :func:`load_settings`.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import tempfile
from collections.abc import Mapping
from datetime import time
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote, urlsplit

from dotenv import dotenv_values
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from bot.dossiers.fields import parse_fields
from connectors.sandbox import defaults as sandbox

ROOT = Path(__file__).resolve().parent.parent


class SettingsError(Exception):
    """The environment can't be used; the message names every variable that must be mended."""


def _http_url(value: str) -> str:
    if value and (urlsplit(value).scheme not in {"http", "https"} or not urlsplit(value).hostname):
        raise ValueError("must be an http:// or https:// address")
    return value.rstrip("/")


def _redis_url(value: str) -> str:
    if value and urlsplit(value).scheme not in {"redis", "rediss", "unix"}:
        raise ValueError("must start with redis://, rediss:// or unix://")
    return value


def _database_url(value: str) -> str:
    if value and not value.startswith(("sqlite:", "postgresql:", "postgresql+psycopg:")):
        raise ValueError("must start with sqlite: or postgresql:")
    return value.replace("postgresql://", "postgresql+psycopg://", 1)


def _log_level(value: str) -> str:
    if value.upper() not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
        raise ValueError("must be DEBUG, INFO, WARNING or ERROR")
    return value.upper()


def _absolute(value: Path) -> Path:
    """A relative folder is meant from the project's folder, wherever a process was started."""
    return ROOT / value.expanduser()


def _digits(value: str) -> str:
    if value and not (value.isascii() and value.isdigit()):
        raise ValueError("must be a number as the platform's console shows it")
    return value


def _span(value: str) -> str:
    try:
        first, last = (time.fromisoformat(part.strip()) for part in value.split("-"))
    except ValueError as error:
        raise ValueError("must be two times of day like 06:30-21:00") from error
    if last < first:
        raise ValueError("must not end before it begins")
    return f"{first:%H:%M}-{last:%H:%M}"


def _dossier_source(value: str) -> str:
    if value not in {"table", "http", "none"}:
        raise ValueError("must be table, http or none")
    return value


def _dossier_url(value: str) -> str:
    if value and "{code}" not in value:
        raise ValueError("must have {code} where the code goes")
    return _http_url(value)


def _dossier_fields(value: str) -> str:
    if value:
        parse_fields(value)
    return value


HttpUrl = Annotated[str, AfterValidator(_http_url)]
Digits = Annotated[str, AfterValidator(_digits)]
Folder = Annotated[Path, AfterValidator(_absolute)]
Port = Annotated[int, Field(ge=1, le=65535)]
Share = Annotated[float, Field(ge=0, le=1)]


def _setting(default: Any, about: str, example: str = "") -> Any:
    return Field(default=default, description=about, examples=[example] if example else [])


class Settings(BaseModel):
    """Every setting of the assistant; a field is the environment variable in lower case."""

    model_config = ConfigDict(frozen=True, extra="ignore", str_strip_whitespace=True)

    # --- this machine
    port: Port = _setting(8000, "Port of the web process", "8000")
    host: str = _setting("127.0.0.1", "Address it listens on; 0.0.0.0 behind no proxy", "127.0.0.1")
    trusted_proxies: Annotated[int, Field(ge=0, le=5)] = _setting(
        0, "How many proxies (nginx) stand before it; their X-Forwarded-For is believed", "1"
    )
    public_url: HttpUrl = _setting(
        "",
        "This server as platforms reach it, for images of officers",
        "https://troly.xuandinh.dongnai.gov.vn",
    )
    sandbox_port: Port = _setting(8100, "Port of the sandbox (stand-ins for Zalo and Facebook)", "8100")
    commune: str = _setting("xuan-dinh", "Folder of faq_data/communes/ whose facts are told", "xuan-dinh")
    var_dir: Folder = _setting(ROOT / "var", "Folder of everything that is written at run time", "var")
    faq_dir: Folder = _setting(ROOT / "faq_data", "Folder of the knowledge", "faq_data")
    secret_key: str = _setting(
        "", "Encrypts tokens and signs web chat sessions; empty: made once under var/", "64 random characters"
    )
    log_level: Annotated[str, AfterValidator(_log_level)] = _setting(
        "INFO", "DEBUG, INFO, WARNING or ERROR", "INFO"
    )

    # --- services; empty: started by `make run`
    database_url: Annotated[str, AfterValidator(_database_url)] = _setting(
        "", "SQL database; empty: SQLite under var/", "postgresql://troly:password@127.0.0.1/troly"
    )
    redis_url: Annotated[str, AfterValidator(_redis_url)] = _setting(
        "", "Redis or Valkey; empty: an embedded server under var/", "redis://127.0.0.1:6379/0"
    )
    rasa_url: HttpUrl = _setting("", "Rasa server; empty: started on loopback", "http://127.0.0.1:5005")
    rasa_token: str = _setting(
        "", "The --auth-token of that Rasa server, if it has one", "a-long-random-word"
    )

    # --- Zalo Official Account
    zalo_app_id: Digits = _setting("", "App id (developers.zalo.me)", "360846524940903967")
    zalo_app_secret: str = _setting("", "App secret: refreshes tokens", "as the console shows it")
    zalo_oa_secret_key: str = _setting("", "OA secret key: signs webhooks; not the app secret", "as shown")
    zalo_oa_id: Digits = _setting("", "Id of the Official Account", "388613280878808645")
    zalo_refresh_token: str = _setting(
        "", "First refresh token; later ones are kept in the database", "as issued"
    )
    zalo_api_url: HttpUrl = _setting("https://openapi.zalo.me", "Zalo's API", "https://openapi.zalo.me")
    zalo_oauth_url: HttpUrl = _setting(
        "https://oauth.zaloapp.com", "Zalo's token service", "https://oauth.zaloapp.com"
    )
    zalo_rate: Annotated[float, Field(gt=0)] = _setting(20.0, "Sends per second and OA at most", "20")

    # --- Facebook page
    facebook_app_id: Digits = _setting("", "App id (developers.facebook.com)", "1517776481860111")
    facebook_app_secret: str = _setting(
        "", "App secret: signs webhooks; during a rotation the new and the old one, with a comma", "as shown"
    )
    facebook_verify_token: str = _setting(
        "", "Word of your choice, the same in the app's console", "a-random-word"
    )
    facebook_page_id: Digits = _setting("", "Id of the page", "682498302938465")
    facebook_page_token: str = _setting("", "Long-lived page token", "EAAG…")
    facebook_graph_url: HttpUrl = _setting(
        "https://graph.facebook.com", "Graph API", "https://graph.facebook.com"
    )
    facebook_login_url: HttpUrl = _setting(
        "https://www.facebook.com", "Where an administrator connects a page", "https://www.facebook.com"
    )
    facebook_rate: Annotated[float, Field(gt=0)] = _setting(40.0, "Sends per second and page at most", "40")

    # --- web chat
    widget_origins: str = _setting(
        "", "Sites that may embed the chat, with blanks between them", "https://xuandinh.dongnai.gov.vn"
    )
    chat_max_streams: Annotated[int, Field(ge=0)] = _setting(20, "Live streams per web process", "20")

    # --- the desk
    desk_max_streams: Annotated[int, Field(ge=0)] = _setting(
        40, "Live desks per web process; each keeps a thread, those beyond ask every 3 s", "40"
    )

    # --- the way of a message
    shards: Annotated[int, Field(ge=1, le=256)] = _setting(
        8, "Streams that conversations are spread over", "8"
    )
    send_threads: Annotated[int, Field(ge=1, le=256)] = _setting(
        24, "Sends under way at once per worker", "24"
    )
    officer_idle_minutes: Annotated[int, Field(ge=1)] = _setting(
        30, "The bot stays silent this long after an officer wrote", "30"
    )

    escalate_minutes: Annotated[int, Field(ge=1)] = _setting(
        15, "The supervisors see who has waited for an officer this long, in working time", "15"
    )
    retention_days: Annotated[int, Field(ge=1)] = _setting(365, "Messages older than this are deleted", "365")

    # --- dossiers
    dossier_source: Annotated[str, AfterValidator(_dossier_source)] = _setting(
        "table", "Where dossiers are: table (imported lists), http (a live system) or none", "table"
    )
    dossier_http_url: Annotated[str, AfterValidator(_dossier_url)] = _setting(
        "", "The live system's address of one dossier", "https://motcua.example.vn/api/dossiers/{code}"
    )
    dossier_http_token: str = _setting("", "Its bearer token, if it has one", "a-long-random-word")
    dossier_http_fields: Annotated[str, AfterValidator(_dossier_fields)] = _setting(
        "", "Where its answer has what", "code=maHoSo status=trangThai due=ngayHenTra phone=soDienThoai"
    )
    dossier_http_timeout: Annotated[float, Field(gt=0, le=30)] = _setting(
        3.0, "Seconds that one question to it may take", "3"
    )
    dossier_retention_days: Annotated[int, Field(ge=30)] = _setting(
        365, "Dossiers that ended, or were not heard of, so long ago are deleted", "365"
    )

    notice_hours: Annotated[str, AfterValidator(_span)] = _setting(
        "06:30-21:00", "When residents may be written to unasked, in Viet Nam", "06:30-21:00"
    )

    # --- how sure is sure (docs/understanding.md: chosen from `make evaluate`)
    band_sure: Share = _setting(0.40, "From this confidence on the assistant answers", "0.40")
    band_unsure: Share = _setting(0.35, "From this confidence on it asks back", "0.35")

    use_sandbox: bool = Field(default=False, exclude=True)

    @model_validator(mode="after")
    def _consistent(self) -> Settings:
        """A channel is given whole or not at all; the bands do not overlap."""
        for prefix, needed in (("zalo", ZALO_NEEDED), ("facebook", FACEBOOK_NEEDED)):
            given = [name for name in needed if getattr(self, name)]
            if given and len(given) < len(needed):
                absent = next(name for name in needed if not getattr(self, name))
                raise ValueError(f"{absent}: missing, though other {prefix} settings are given")
        if self.dossier_source == "http":
            unset = [n for n in ("dossier_http_url", "dossier_http_fields") if not getattr(self, n)]
            if unset:
                raise ValueError(f"{unset[0]}: missing, though DOSSIER_SOURCE is http")
        if self.band_unsure > self.band_sure:
            raise ValueError("band_unsure: must not be above BAND_SURE")
        return self

    @property
    def sql_url(self) -> str:
        """The database in use: DATABASE_URL or the SQLite file under var/."""
        return self.database_url or f"sqlite:///{self.var_dir / 'troly.db'}"

    @property
    def decent_hours(self) -> tuple[time, time]:
        """NOTICE_HOURS; alike: the whole day."""
        first, last = self.notice_hours.split("-")
        return time.fromisoformat(first), time.fromisoformat(last)

    @property
    def public_address(self) -> str:
        """PUBLIC_URL; in the sandbox, which runs on this machine, the web process itself. Else empty."""
        return self.public_url or (f"http://127.0.0.1:{self.port}" if self.use_sandbox else "")

    @property
    def sandbox_origin(self) -> str:
        """Where the sandbox keeps the pictures of its residents; empty without it."""
        return f"http://127.0.0.1:{self.sandbox_port}" if self.use_sandbox else ""

    @property
    def redis_socket(self) -> Path:
        """Where the embedded server listens; a unix socket's path is limited to 107 bytes."""
        path = self.var_dir / "redis.sock"
        if len(os.fsencode(path)) < 100:
            return path
        name = hashlib.sha256(os.fsencode(self.var_dir)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"troly-{name}" / "redis.sock"

    @property
    def redis_address(self) -> str:
        """REDIS_URL, or the embedded server's socket."""
        return self.redis_url or f"unix://{quote(str(self.redis_socket))}"

    @property
    def zalo_enabled(self) -> bool:
        return bool(self.zalo_app_id)

    @property
    def facebook_enabled(self) -> bool:
        return bool(self.facebook_page_id)

    @cached_property
    def key(self) -> str:
        """SECRET_KEY, or one that is made once and kept under var/ for the owner alone to read."""
        return self.secret_key or _kept_secret(self.var_dir / "secret.key")


ZALO_NEEDED = ("zalo_app_id", "zalo_app_secret", "zalo_oa_secret_key", "zalo_oa_id", "zalo_refresh_token")
RATES = frozenset({"zalo_rate", "facebook_rate"})  # they tune a channel, they do not connect it
FACEBOOK_NEEDED = ("facebook_app_secret", "facebook_verify_token", "facebook_page_id", "facebook_page_token")


def _kept_secret(path: Path) -> str:
    """Read the secret at ``path``, making it first if there is none; several processes may race."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        # Linked into place when it is whole: nobody ever reads an empty secret.
        with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=path.name, encoding="ascii") as file:
            file.write(secrets.token_urlsafe(48))
            file.flush()
            with contextlib.suppress(FileExistsError):  # another process was faster
                os.link(file.name, path)
    return path.read_text(encoding="ascii").strip()


def load_settings(environ: Mapping[str, str] | None = None, dotenv: Path | None = None) -> Settings:
    """Settings from ``environ`` (default: the process's) over ``.env`` in the project's folder.

    :raises SettingsError: naming every variable that is wrong, with an example of a right one.
    """
    env_file = ROOT / ".env" if dotenv is None else dotenv
    written = dotenv_values(env_file) if env_file.is_file() else {}
    # Set but empty wins too: it takes a setting of .env back to its default.
    merged = {**_known(written), **_known(os.environ if environ is None else environ)}
    given = {name: value for name, value in merged.items() if value}
    values: dict[str, Any] = dict(given)
    if not any(name.startswith(("zalo_", "facebook_")) for name in given.keys() - RATES):
        port = given.get("sandbox_port", "")
        values |= {"use_sandbox": True, **_sandbox_values(port if port.isdigit() else "8100")}
    try:
        return Settings(**values)
    except ValidationError as error:
        raise SettingsError(_explain(error)) from error


def _known(source: Mapping[str, str | None]) -> dict[str, str]:
    """The variables of ``source`` that are settings, by their field's name."""
    fields = Settings.model_fields.keys() - {"use_sandbox"}
    return {k.lower(): v or "" for k, v in source.items() if k.lower() in fields}


def _sandbox_values(port: str) -> dict[str, str]:
    """Both channels connected to the sandbox's stand-ins."""
    base = f"http://127.0.0.1:{port}"
    return {
        "zalo_app_id": sandbox.ZALO_APP_ID,
        "zalo_app_secret": sandbox.ZALO_APP_SECRET,
        "zalo_oa_secret_key": sandbox.ZALO_OA_SECRET_KEY,
        "zalo_oa_id": sandbox.ZALO_OA_ID,
        "zalo_refresh_token": os.environ.get("SANDBOX_ZALO_REFRESH_TOKEN") or sandbox.ZALO_REFRESH_TOKEN,
        "zalo_api_url": f"{base}/zalo",
        "zalo_oauth_url": f"{base}/zalo-oauth",
        "facebook_app_id": sandbox.FACEBOOK_APP_ID,
        "facebook_app_secret": sandbox.FACEBOOK_APP_SECRET,
        "facebook_verify_token": sandbox.FACEBOOK_VERIFY_TOKEN,
        "facebook_page_id": sandbox.FACEBOOK_PAGE_ID,
        "facebook_page_token": sandbox.FACEBOOK_PAGE_TOKEN,
        "facebook_graph_url": f"{base}/graph",
        "facebook_login_url": f"{base}/facebook",
    }


def _explain(error: ValidationError) -> str:
    """One line per wrong variable: its name, what is wrong, an example."""
    lines = []
    for problem in error.errors():
        message = problem["msg"].removeprefix("Value error, ")
        name = str(problem["loc"][0]) if problem["loc"] else message.split(":", 1)[0]
        example = (Settings.model_fields[name].examples or [""])[0] if name in Settings.model_fields else ""
        if not problem["loc"]:
            message = message.split(":", 1)[1].strip()
        hint = f" Example: {name.upper()}={example}" if example else ""
        lines.append(f"{name.upper()}: {message}.{hint}")
    return "\n".join(lines)


def example_file() -> str:
    """The text of ``.env.example``: every setting with its comment and default."""
    lines = ["# Settings of Trợ lý xã. Copy to .env; a variable that is already set wins over this file.", ""]
    for name, info in Settings.model_fields.items():
        if info.exclude:
            continue
        default = info.default if not isinstance(info.default, Path) else ""
        lines += [f"# {info.description}" + (f" (e.g. {info.examples[0]})" if info.examples else "")]
        lines += [f"#{name.upper()}={default}", ""]
    return "\n".join(lines)
