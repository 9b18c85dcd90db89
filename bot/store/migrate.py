"""Bring the database to the newest shape (Alembic)."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import make_url

from bot.store.engine import make_engine


def alembic_config(sql_url: str) -> Config:
    """Alembic's configuration without an ini file; ``%`` is escaped for its interpolation."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("sqlalchemy.url", sql_url.replace("%", "%%"))
    return config


def upgrade(sql_url: str) -> None:
    """Apply every migration that is missing; makes the folder of a SQLite file.

    :raises sqlalchemy.exc.OperationalError: if the database can't be reached.
    """
    url = make_url(sql_url)
    if url.get_backend_name() == "sqlite" and url.database and url.database != ":memory:":
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    command.upgrade(alembic_config(sql_url), "head")


def is_current(sql_url: str) -> bool:
    """Whether the database has exactly the shape that this code expects."""
    engine = make_engine(sql_url, pool_size=1)
    try:
        with engine.connect() as connection:
            heads = MigrationContext.configure(connection).get_current_heads()
        return set(heads) == set(ScriptDirectory.from_config(alembic_config(sql_url)).get_heads())
    finally:
        engine.dispose()
