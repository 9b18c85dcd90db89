"""The desk's live feed: what an open desk is told of, and the stream that tells it.

An event names a conversation and who has it, never a word of it: the page fetches what it shows. Its id is a
time (epoch ms): a desk that comes back says the last one that it saw and gets everything since then, with an
overlap, because a transaction may become visible some time after the ``updated_at`` that it wrote. The page
drops what it knows by the conversation's version. Who finds out what changed: :mod:`bot.desk.watching`.
"""

from __future__ import annotations

import json
import queue
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, select

from bot.clock import Clock, to_ms
from bot.handoff.visibility import Viewer, visible
from bot.store.engine import reading
from bot.store.models import Conversation

OVERLAP = timedelta(seconds=5)
HEARTBEAT_S = 15.0
LONGEST_S = 600.0
"""A stream ends by itself; the page comes back at once."""
BACKLOG = 500
"""Changes that a desk may be behind; beyond that it is told to load everything anew."""

# Some browsers and proxies hold back the first kilobytes; this comment pushes the head through.
_OPENING = ":" + " " * 2048 + "\nretry: 1000\n\n"


@dataclass(frozen=True, slots=True)
class Change:
    """One conversation as it is now. ``sent``: only the delivery of a message moved on."""

    id: int
    version: int
    owner: str
    officer_id: int | None
    last_inbound_ms: int
    escalated: bool
    sent: bool = False

    def shown(self) -> dict[str, Any]:
        return {
            "id": self.id, "v": self.version, "owner": self.owner, "officer": self.officer_id,
            "in": self.last_inbound_ms, "esc": self.escalated, "sent": self.sent,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Group:
    """What decides which conversations are seen, but for one's own."""

    all_units: bool
    unit_id: int
    queues: tuple[str, ...]
    id: int = 0


@dataclass(eq=False)
class Listener:
    """One open desk. ``chat`` and ``with_bot``: what it shows beside those who wait or are helped."""

    officer_id: int
    group: Group
    with_bot: bool
    chat: int
    events: queue.Queue[tuple[int, Change]] = field(default_factory=lambda: queue.Queue(BACKLOG))
    lost: bool = False
    """It fell behind: tell it to load everything anew."""

    def put(self, cursor: int, change: Change) -> None:
        try:
            self.events.put_nowait((cursor, change))
        except queue.Full:
            self.lost = True


def listener(officer: Viewer, *, with_bot: bool, chat: int) -> Listener:
    """An open desk of ``officer`` that shows this chat (0: none), and chats of the bot if ``with_bot``."""
    group = Group(officer.all_units, officer.unit_id, tuple(officer.queues))
    return Listener(officer.id, group, with_bot, chat)


def changed() -> Any:
    """A SELECT of what :func:`change_of` takes, of every conversation."""
    return select(
        Conversation.id, Conversation.version, Conversation.owner, Conversation.officer_id,
        Conversation.last_inbound_ms, Conversation.escalated_at, Conversation.updated_at,
    )  # fmt: skip


def change_of(row: Any, sent: bool = False) -> Change:
    """A row of :func:`changed` as it is told."""
    return Change(
        row.id,
        row.version,
        row.owner,
        row.officer_id,
        row.last_inbound_ms,
        row.escalated_at is not None,
        sent,
    )


def changes_since(
    engine: Engine, officer: Viewer, after_ms: int, now: datetime, limit: int = BACKLOG
) -> tuple[int, list[Change] | None]:
    """The cursor now, and what changed since ``after_ms``; None if that is too much to tell."""
    since = datetime.fromtimestamp(after_ms / 1000, UTC) - OVERLAP
    statement = changed().where(Conversation.updated_at > since, visible(officer))
    with reading(engine) as session:
        rows = session.execute(statement.order_by(Conversation.updated_at).limit(limit + 1)).all()
    return to_ms(now), None if len(rows) > limit else [change_of(row) for row in rows]


def event_lines(
    desk: Listener,
    missed: tuple[int, list[Change] | None],
    still_in: Callable[[], bool],
    clock: Clock,
    heartbeat_s: float = HEARTBEAT_S,
    longest_s: float = LONGEST_S,
) -> Iterator[str]:
    """The stream: what was missed, then what happens; heartbeats, which also find out that a page is gone.

    :param still_in: whether the officer is still signed in; asked at every heartbeat.
    """
    yield _OPENING
    cursor, before = missed
    yield from ([_event(cursor, change) for change in before] if before is not None else [_reset(cursor)])
    yield f"id: {cursor}\nevent: ready\ndata: {{}}\n\n"
    ends = clock() + timedelta(seconds=longest_s)
    while (now := clock()) < ends:
        if desk.lost:
            desk.lost = False
            yield _reset(to_ms(now))
        try:
            cursor, change = desk.events.get(timeout=heartbeat_s)
        except queue.Empty:
            if not still_in():
                yield "event: out\ndata: {}\n\n"
                return
            yield f"id: {to_ms(now)}\n: still here\n\n"  # nothing came since `now`
            continue
        yield _event(cursor, change)


def _event(cursor: int, change: Change) -> str:
    return f"id: {cursor}\ndata: {json.dumps(change.shown())}\n\n"


def _reset(cursor: int) -> str:
    return f"id: {cursor}\nevent: reset\ndata: {{}}\n\n"
