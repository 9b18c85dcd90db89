"""The outbox's queries. A row's life:

    pending ──claim──> sending ──> sent
       ^                  │ └────> failed
       └──absent── unknown <──── (time-out, killed worker)

``sending`` is committed before the call. A row found in it by anyone else was left by a killed
worker and may have been delivered: it becomes ``unknown`` and is looked up, never just sent again.

``attempts`` numbers the calls and fences them: what an earlier call reports late changes nothing,
except that it was sent.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, bindparam, select, update

from bot.store.conversations import UNDONE
from bot.store.engine import change, reading, writing
from bot.store.models import Account, Conversation, Outgoing


@dataclass(frozen=True, slots=True)
class Row:
    """The first undone row of a conversation, with what sending it needs."""

    id: int
    conversation_id: int
    account_id: int
    channel: str
    account_ref: str
    user_ref: str
    owner: str
    last_inbound_ms: int
    key: str
    author: str
    wire: dict[str, Any]
    status: str
    attempts: int
    lookups: int
    due_at: datetime
    attempted_at: datetime | None
    created_at: datetime
    alone: bool
    """No other row of the conversation was undone when this one was read."""


_ROW = (
    select(
        Outgoing.id, Outgoing.conversation_id, Outgoing.account_id, Account.channel, Account.external_id,
        Conversation.user_ref, Conversation.owner, Conversation.last_inbound_ms, Outgoing.key,
        Outgoing.author, Outgoing.wire, Outgoing.status, Outgoing.attempts, Outgoing.lookups,
        Outgoing.due_at, Outgoing.attempted_at, Outgoing.created_at,
    )
    .join(Conversation, Conversation.id == Outgoing.conversation_id)
    .join(Account, Account.id == Outgoing.account_id)
    .where(Outgoing.status.in_(UNDONE), Outgoing.conversation_id == bindparam("conversation"))
    .order_by(Outgoing.id)
    .limit(2)
)  # fmt: skip

# Built once: building a statement costs more than running it, and each reply runs half a dozen.
_TABLE = Outgoing.__table__
_MOVE = update(Outgoing.__table__).where(  # type: ignore[arg-type]
    _TABLE.c.id == bindparam("row"),
    _TABLE.c.status.in_(bindparam("expected", expanding=True)),
    _TABLE.c.attempts == bindparam("tried"),
)
_SENT = (
    update(Outgoing.__table__)  # type: ignore[arg-type]
    .where(_TABLE.c.id == bindparam("row"), _TABLE.c.status != "sent")
    .values(
        status="sent",
        sent_at=bindparam("now"),
        external_id=bindparam("message"),
        error_code=None,
        error_reason=None,
    )
)


class Outbox:
    """Reads and moves rows; every move is conditional on the state that it expects."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def first_undone(self, conversation_id: int) -> Row | None:
        """A conversation's messages go out in order, so only its first undone row counts."""
        with self._engine.connect() as connection:
            found: Any = connection.execute(_ROW, {"conversation": conversation_id}).all()
        return Row(*(*found[0], len(found) == 1)) if found else None

    def undone_conversations(self) -> list[tuple[int, str]]:
        """(id, conversation key) of every conversation with something to send."""
        query = (
            select(Conversation.id, Account.channel, Account.external_id, Conversation.user_ref)
            .join(Outgoing, Outgoing.conversation_id == Conversation.id)
            .join(Account, Account.id == Conversation.account_id)
            .where(Outgoing.status.in_(UNDONE))
            .distinct()
        )
        with reading(self._engine) as session:
            return [(row[0], f"{row[1]}:{row[2]}:{row[3]}") for row in session.execute(query)]

    def conversation_key(self, conversation_id: int) -> str:
        """The key that a conversation is sharded by; see Event.conversation_key.

        :raises sqlalchemy.exc.NoResultFound: if there is no such conversation.
        """
        query = (
            select(Account.channel, Account.external_id, Conversation.user_ref)
            .join(Account, Account.id == Conversation.account_id)
            .where(Conversation.id == conversation_id)
        )
        with reading(self._engine) as session:
            return ":".join(session.execute(query).one())

    def claim(self, row: Row, now: datetime) -> Row | None:
        """pending -> sending, the row's next attempt; None if somebody changed it meanwhile."""
        values = {"status": "sending", "attempts": row.attempts + 1, "attempted_at": now}
        claimed = replace(row, status="sending", attempts=row.attempts + 1, attempted_at=now)
        return claimed if self._move(row, ("pending",), values) else None

    def sent(self, row: Row, message_id: str, now: datetime) -> None:
        """-> sent, whatever others thought meanwhile; no matter if the echo was faster."""
        change(self._engine, lambda connection: mark_sent(connection, row.id, message_id, now))

    def unknown(self, row: Row, due_at: datetime, lookups: int) -> None:
        """-> unknown, to be looked up at ``due_at``."""
        values = {"status": "unknown", "due_at": due_at, "lookups": lookups}
        self._move(row, ("sending", "unknown"), values)

    def again(self, row: Row, due_at: datetime, code: str | None, reason: str | None) -> None:
        """-> pending: it was certainly not delivered."""
        values = {"status": "pending", "due_at": due_at, "error_code": code, "error_reason": reason}
        self._move(row, ("sending", "unknown", "pending"), values)

    def failed(self, row: Row, code: str, reason: str, with_rest: bool) -> None:
        """-> failed for good; ``with_rest`` also for what waits behind it in the conversation."""
        values = {"status": "failed", "error_code": code, "error_reason": reason}
        self._move(row, UNDONE, values)
        if with_rest:
            with writing(self._engine) as session:
                session.execute(
                    update(Outgoing)
                    .where(Outgoing.conversation_id == row.conversation_id, Outgoing.status == "pending")
                    .values(**values)
                )

    def recipient_gone(self, conversation_id: int) -> None:
        self._mark_conversation(conversation_id, reachable=False)

    def owned_elsewhere(self, conversation_id: int, now: datetime) -> None:
        self._mark_conversation(
            conversation_id, owner="officer", officer_id=None, officer_wrote_at=now, updated_at=now
        )

    def _mark_conversation(self, conversation_id: int, **values: Any) -> None:
        with writing(self._engine) as session:
            session.execute(
                update(Conversation)
                .where(Conversation.id == conversation_id)
                .values(version=Conversation.version + 1, **values)
            )

    def _move(self, row: Row, expected: tuple[str, ...], values: dict[str, Any]) -> bool:
        which = {"row": row.id, "tried": row.attempts, "expected": expected}
        return change(
            self._engine, lambda connection: connection.execute(_MOVE, which | values).rowcount == 1
        )


def mark_sent(connection: Connection, row_id: int, message_id: str | None, now: datetime) -> None:
    """-> sent, also from failed: the platform's word that it is there outweighs our doubts."""
    connection.execute(_SENT, {"row": row_id, "message": message_id, "now": now})
