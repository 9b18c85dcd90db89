"""A sandbox, a publisher with real connectors, and a clock in our hand that both follow."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from bot.store.engine import make_engine
from tests.posts.newsroom import Newsroom
from tests.sandbox.helpers import Assistant, Sandbox


@pytest.fixture(scope="session")
def stand_ins() -> Iterator[tuple[Sandbox, Assistant]]:
    """Facebook refuses no duplicates here: that nothing goes out twice must be our own doing."""
    assistant = Assistant()
    sandbox = Sandbox(assistant, facebook_refuses_duplicates=0, zalo_article_s=0, webhook_threads=4)
    yield sandbox, assistant
    sandbox.stop()
    assistant.server.shutdown()


@pytest.fixture
def newsroom(
    _migrated_sqlite: Path, tmp_path: Path, stand_ins: tuple[Sandbox, Assistant]
) -> Iterator[Newsroom]:
    """Everything is empty, it is nine in the morning in Viet Nam."""
    path = tmp_path / "troly.db"
    shutil.copy(_migrated_sqlite, path)
    engine = make_engine(f"sqlite:///{path}")
    yield _opened(engine, stand_ins)
    engine.dispose()


@pytest.fixture
def newsroom_on_both(engine: Engine, stand_ins: tuple[Sandbox, Assistant]) -> Newsroom:
    """On SQLite and on PostgreSQL, for what depends on the database."""
    return _opened(engine, stand_ins)


def _opened(engine: Engine, stand_ins: tuple[Sandbox, Assistant]) -> Newsroom:
    sandbox, assistant = stand_ins
    sandbox.api("POST", "/reset")
    sandbox.idle()
    assistant.clear()
    return Newsroom(engine, sandbox, assistant)
