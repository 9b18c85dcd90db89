"""Alembic's entry: runs the migrations on the given URL."""

from typing import Any

from alembic import context

from bot.store.engine import make_engine
from bot.store.models import Base, UtcDateTime


def render_plain_type(kind: str, value: Any, _autogen: Any) -> Any:
    """Migrations name the database's own type, so that they never import today's models."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(value, UtcDateTime) else False


engine = make_engine(context.config.get_main_option("sqlalchemy.url") or "", pool_size=1)
with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,
        render_item=render_plain_type,
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
engine.dispose()
