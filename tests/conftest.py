"""Fixtures for all tests: real Valkey, both databases, the real Rasa server and the whole stack."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis
from sqlalchemy import Engine

from bot.store.engine import make_engine
from bot.store.migrate import upgrade
from bot.store.redis import connect
from bot.supervisor.stack import Stack
from tests.browsing import chromium  # noqa: F401 - a fixture
from tests.servers import Postgres, Valkey, empty_tables


@pytest.fixture
def short_dir() -> Iterator[Path]:
    """A folder with a short path, for unix sockets."""
    with tempfile.TemporaryDirectory(prefix="troly-") as name:
        yield Path(name)


@pytest.fixture(scope="session")
def valkey() -> Iterator[Valkey]:
    """The session's server; a test that kills one starts its own."""
    with tempfile.TemporaryDirectory(prefix="troly-") as name:
        server = Valkey(Path(name))
        server.start()
        yield server
        server.kill()


@pytest.fixture
def redis_url(valkey: Valkey) -> str:
    """The address of an empty server."""
    client = connect(valkey.url)
    client.flushall()
    client.close()
    return valkey.url


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    """A client of an empty server."""
    client = connect(redis_url)
    yield client
    client.close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One server for the session."""
    with tempfile.TemporaryDirectory(prefix="troly-pg-") as name:
        server = Postgres(Path(name))
        yield server
        server.stop()


@pytest.fixture
def postgres_url(postgres: Postgres) -> Iterator[str]:
    """An empty PostgreSQL database."""
    name = postgres.create()
    yield postgres.url(name)
    postgres.drop(name)


@pytest.fixture(scope="session")
def _migrated_postgres(postgres: Postgres) -> str:
    url = postgres.url(postgres.create())
    upgrade(url)
    return url


@pytest.fixture(scope="session")
def _migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sqlite") / "migrated.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without tables, on SQLite and on PostgreSQL."""
    if request.param == "postgres":
        return str(request.getfixturevalue("postgres_url"))
    return f"sqlite:///{tmp_path / 'new' / 'troly.db'}"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A migrated database of the test's own, on SQLite and on PostgreSQL."""
    if request.param == "postgres":
        url = str(request.getfixturevalue("_migrated_postgres"))
        empty_tables(url)
        yield url
        return
    path = tmp_path / "troly.db"
    shutil.copy(request.getfixturevalue("_migrated_sqlite"), path)
    yield f"sqlite:///{path}"


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine on :func:`database_url`."""
    engine = make_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def rasa_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The Rasa server alone, with the trained model."""
    with Stack(tmp_path_factory.mktemp("rasa"), ("rasa",)) as stack:
        yield stack


@pytest.fixture(scope="session")
def rasa_url(rasa_stack: Stack) -> str:
    """The Rasa server's address; it wants ``rasa_token``."""
    return rasa_stack.env["RASA_URL"]


@pytest.fixture(scope="session")
def rasa_token(rasa_stack: Stack) -> str:
    """The Rasa server's token."""
    return rasa_stack.env["RASA_TOKEN"]
