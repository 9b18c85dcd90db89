"""What the assistant of a Stack has in its database, streams and spool."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from sqlalchemy import Engine, func, select

from bot.intake.streams import DEAD_LETTERS, stream_name
from bot.settings import Settings, load_settings
from bot.store.conversations import UNDONE
from bot.store.engine import make_engine, reading
from bot.store.models import Conversation, Message, Outgoing
from bot.store.redis import connect
from bot.supervisor.stack import Stack


@dataclass(frozen=True)
class Insides:
    """Read-only looks; for tests."""

    stack: Stack

    @cached_property
    def settings(self) -> Settings:
        return load_settings(self.stack.env, dotenv=Path("/nonexistent"))

    @cached_property
    def engine(self) -> Engine:
        return make_engine(self.settings.sql_url, pool_size=2)

    def waiting_events(self) -> int:
        client = connect(self.settings.redis_address)
        try:
            return sum(int(client.xlen(stream_name(shard))) for shard in range(self.settings.shards))
        finally:
            client.close()

    def spooled(self) -> int:
        return len(list((self.settings.var_dir / "spool").glob("*.json")))

    def dead_letters(self) -> int:
        client = connect(self.settings.redis_address)
        try:
            return int(client.xlen(DEAD_LETTERS))
        finally:
            client.close()

    def undone(self) -> int:
        with reading(self.engine) as session:
            count = select(func.count()).select_from(Outgoing).where(Outgoing.status.in_(UNDONE))
            return int(session.scalar(count) or 0)

    def quiet(self) -> bool:
        return not self.waiting_events() and not self.spooled() and not self.undone()

    def describe(self) -> str:
        return f"{self.waiting_events()} in streams, {self.spooled()} spooled, {self.undone()} undone"

    def story(self, user_ref: str) -> list[tuple[str, str, str | None]]:
        """(author, kind, event id) of a conversation's messages, in the order in which they were stored."""
        query = (
            select(Message.author, Message.kind, Message.event_id)
            .join(Conversation, Conversation.id == Message.conversation_id)
            .where(Conversation.user_ref == user_ref)
            .order_by(Message.id)
        )
        with reading(self.engine) as session:
            return [(row[0], row[1], row[2]) for row in session.execute(query)]

    def outbox(self, user_ref: str) -> list[tuple[str, str | None, dict[str, object]]]:
        """(status, platform's message id, wire) of a conversation's outbox, in order."""
        query = (
            select(Outgoing.status, Outgoing.external_id, Outgoing.wire)
            .join(Conversation, Conversation.id == Outgoing.conversation_id)
            .where(Conversation.user_ref == user_ref)
            .order_by(Outgoing.id)
        )
        with reading(self.engine) as session:
            return [(row[0], row[1], row[2]) for row in session.execute(query)]
