"""The desk of the real web application, on a migrated database and a real Valkey, with signed-in browsers.

``desk_app`` is on SQLite. A module whose SQL matters runs on both databases by this fixture of its own::

    @pytest.fixture
    def desk_database_url(database_url: str) -> str:
        return database_url

Tests in a browser run against every real process instead: ``stack``, ``town``, ``open_desk``.
"""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_wtf.csrf import generate_csrf
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import Engine
from werkzeug.test import TestResponse

from bot.app import create_app
from bot.clock import utc_now
from bot.desk.context import Desk, keep
from bot.desk.passwords import hash_password
from bot.desk.sessions import COOKIE, open_session
from bot.settings import Settings, load_settings
from bot.store.engine import make_engine, writing
from bot.store.models import Officer
from bot.supervisor.stack import Stack
from tests.browsing import DESKTOP
from tests.desk.browsers import OpenDesk, fresh_login, signed_in
from tests.endtoend.town import Town

PASSWORD = "một mật khẩu đủ dài"
"""Of every officer that :func:`client_of` makes."""

_HASH = hash_password(PASSWORD)
"""Once: Argon2 is slow on purpose."""

WEDNESDAY_MORNING = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)
"""09:00 in Viet Nam, on a working day."""


class MovableClock:
    """The desk's clock, which stands still until a test moves it."""

    def __init__(self, now: datetime = WEDNESDAY_MORNING) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> datetime:
        """Move on by ``timedelta(**by)``."""
        self.now += timedelta(**by)
        return self.now


class DeskClient(FlaskClient):
    """A browser at the desk; ``officer_id`` is who signed in (0: nobody)."""

    officer_id: int = 0

    def csrf(self) -> str:
        """A token that the desk takes from this browser."""
        with self.session_transaction("/desk/") as kept:
            raw = dict(kept)
        with self.application.test_request_context("/desk/"):
            from flask import session

            session.update(raw)
            token: str = generate_csrf()
            changed = dict(session)
        with self.session_transaction("/desk/") as kept:
            kept.update(changed)
        return token

    def submit(self, path: str, **fields: Any) -> TestResponse:
        """Send a form of the desk, with its token; other arguments of ``post`` go by ``post`` itself."""
        return self.post(path, data={"csrf_token": self.csrf(), **fields})

    def act(self, path: str, **fields: Any) -> TestResponse:
        """What htmx sends: the token in a header."""
        headers = {"X-CSRFToken": self.csrf(), "HX-Request": "true"}
        return self.post(path, data=fields, headers=headers)


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
def desk_database_url(_migrated_sqlite: Path, tmp_path: Path) -> str:
    """A migrated SQLite database of the test's own."""
    path = tmp_path / "troly.db"
    shutil.copy(_migrated_sqlite, path)
    return f"sqlite:///{path}"


@pytest.fixture
def desk_settings(desk_database_url: str, redis_url: str, tmp_path: Path) -> Settings:
    """Settings with the sandbox's accounts; nothing is read from this machine's environment."""
    environ = {
        "VAR_DIR": str(tmp_path / "var"),
        "DATABASE_URL": desk_database_url,
        "REDIS_URL": redis_url,
        "SECRET_KEY": "a key of the tests, long enough for them",
        "LOG_LEVEL": "WARNING",
    }
    return load_settings(environ, tmp_path / "no.env")


def desk_of(app: Flask) -> Desk:
    """What ``the_desk()`` finds in this application."""
    return cast("Desk", app.extensions["desk"])


@pytest.fixture
def desk_app(desk_settings: Settings, clock: MovableClock) -> Iterator[Flask]:
    """The web application; its desk goes by ``clock``."""
    app = create_app(desk_settings)
    app.config["TESTING"] = True
    app.test_client_class = DeskClient
    keep(app.extensions, dataclasses.replace(desk_of(app), clock=clock))
    yield app
    desk_of(app).engine.dispose()


@pytest.fixture
def desk(desk_app: Flask) -> Desk:
    return desk_of(desk_app)


@pytest.fixture
def desk_engine(desk: Desk) -> Engine:
    """The engine of the application under test."""
    return desk.engine


def add_officer(
    engine: Engine, role: str = "officer", now: datetime = WEDNESDAY_MORNING, **fields: Any
) -> int:
    """An officer with :data:`PASSWORD`; returns the id."""
    with writing(engine) as session:
        made = {
            "login": f"{role}-{session.query(Officer).count() + 1}",
            "name": f"Người {role}",
            "role": role,
            "password_hash": _HASH,
            "must_change": False,
            "created_at": now,
        }
        officer = Officer(**{**made, **fields})
        session.add(officer)
        session.flush()
        return officer.id


def sign_in_as(app: Flask, officer_id: int, now: datetime) -> DeskClient:
    """A browser of this officer, without going through the form."""
    with writing(desk_of(app).engine) as session:
        officer = session.get_one(Officer, officer_id)
        token = open_session(session, officer, now)
    client = cast("DeskClient", app.test_client())
    client.set_cookie(COOKIE, token, path="/desk")
    client.officer_id = officer_id
    return client


ClientOf = Callable[..., DeskClient]


@pytest.fixture
def client_of(desk_app: Flask, clock: MovableClock) -> ClientOf:
    """``client_of("officer", unit_id=1, queues=["chung"], …)``: a signed-in browser of a new officer."""

    def make(role: str = "officer", unit_id: int = 1, **fields: Any) -> DeskClient:
        officer_id = add_officer(desk_of(desk_app).engine, role, clock(), unit_id=unit_id, **fields)
        return sign_in_as(desk_app, officer_id, clock())

    return make


@pytest.fixture
def stranger(desk_app: Flask) -> DeskClient:
    """A browser that nobody signed in with."""
    return cast("DeskClient", desk_app.test_client())


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Every real process, for the tests of one module."""
    with Stack(Path(tmp_path_factory.mktemp("desk"))) as running:
        yield running


@pytest.fixture(scope="module")
def stack_engine(stack: Stack) -> Iterator[Engine]:
    """The stack's own database."""
    engine = make_engine(f"sqlite:///{stack.var_dir / 'troly.db'}")
    yield engine
    engine.dispose()


@pytest.fixture
def town(stack: Stack) -> Town:
    return Town(stack)


@pytest.fixture
def open_desk(chromium: Browser, stack: Stack, stack_engine: Engine) -> Iterator[OpenDesk]:
    """``open_desk("Nguyễn Thị Hoa", size=PHONE)``: a new officer's browser, on the inbox, live."""
    contexts: list[BrowserContext] = []

    def make(name: str, size: dict[str, Any] = DESKTOP, role: str = "officer", **fields: Any) -> Page:
        made = {"login": fresh_login(), "persona": "Cán bộ tư pháp – hộ tịch", **fields}
        officer_id = add_officer(stack_engine, role, utc_now(), name=name, **made)
        context = signed_in(chromium, stack_engine, stack.web_url, officer_id, size)
        contexts.append(context)
        page = context.new_page()
        page.goto(f"{stack.web_url}/desk/")
        expect(page.locator("#line")).to_have_text("Trực tuyến")
        return page

    yield make
    for context in contexts:
        context.close()
