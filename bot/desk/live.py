"""The desk's live feed: what changed in which conversation, told within a third of a second.

One thread per web process reads what changed while somebody listens, and hands it to every open desk that may
see it. An event names a conversation and who has it, never a word of it: the page fetches what it shows.

Its id is a time (epoch ms): a desk that comes back says the last one that it saw and gets everything since
then, with an overlap, because a transaction may become visible some time after the ``updated_at`` that it
wrote. The page drops what it knows by the conversation's version.
"""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Engine, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.clock import Clock, to_ms
from bot.handoff.visibility import Viewer, visible
from bot.store.engine import reading
from bot.store.models import Conversation, Outgoing

log = structlog.get_logger(__name__)

POLL_S = 0.3
OVERLAP = timedelta(seconds=5)
HEARTBEAT_S = 15.0
LONGEST_S = 600.0
"""A stream ends by itself; the page comes back at once."""
BACKLOG = 500
"""Changes that a desk may be behind; beyond that it is told to load everything anew."""
WATCHED_SENDS = 300
"""The newest rows of the outbox, whose delivery state is looked at: it does not touch the conversation."""

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
class _Group:
    """What decides which conversations are seen, but for one's own."""

    all_units: bool
    unit_id: int
    queues: tuple[str, ...]
    id: int = 0


@dataclass(eq=False)
class Listener:
    """One open desk. ``chat`` and ``with_bot``: what it shows beside those who wait or are helped."""

    officer_id: int
    group: _Group
    with_bot: bool
    chat: int
    events: queue.Queue[tuple[int, Change | None]] = field(default_factory=lambda: queue.Queue(BACKLOG))
    lost: bool = False
    """It fell behind: tell it to load everything anew."""

    def put(self, cursor: int, change: Change) -> None:
        try:
            self.events.put_nowait((cursor, change))
        except queue.Full:
            self.lost = True


def listener(officer: Viewer, *, with_bot: bool, chat: int) -> Listener:
    """An open desk of ``officer`` that shows this chat (0: none), and chats of the bot if ``with_bot``."""
    group = _Group(officer.all_units, officer.unit_id, tuple(officer.queues))
    return Listener(officer.id, group, with_bot, chat)


def _changed() -> Any:
    return select(
        Conversation.id, Conversation.version, Conversation.owner, Conversation.officer_id,
        Conversation.last_inbound_ms, Conversation.escalated_at, Conversation.updated_at,
    )  # fmt: skip


def _change(row: Any, sent: bool = False) -> Change:
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
    statement = _changed().where(Conversation.updated_at > since, visible(officer))
    with reading(engine) as session:
        rows = session.execute(statement.order_by(Conversation.updated_at).limit(limit + 1)).all()
    return to_ms(now), None if len(rows) > limit else [_change(row) for row in rows]


class Feed:
    """The process's one reader of changes. ``clock`` is the one that ``updated_at`` is written by."""

    def __init__(self, engine: Engine, clock: Clock, poll_s: float = POLL_S) -> None:
        self._engine, self._clock, self._poll_s = engine, clock, poll_s
        self._listeners: set[Listener] = set()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._wake = threading.Event()

    def join(self, desk: Listener) -> None:
        """From now on ``desk`` hears of changes; the first listener starts the reading."""
        with self._lock:
            self._listeners.add(desk)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="desk-feed", daemon=True)
                self._thread.start()

    def leave(self, desk: Listener) -> None:
        with self._lock:
            self._listeners.discard(desk)

    @property
    def listeners(self) -> int:
        with self._lock:
            return len(self._listeners)

    def _run(self) -> None:
        reader = _Reader(self._engine, self._clock())
        while True:
            with self._lock:
                if not self._listeners:
                    self._thread = None
                    return
                desks = list(self._listeners)
            try:
                reader.poll(self._clock(), desks)
            except SQLAlchemyError as error:  # the database is away: the cursor stays, nothing is missed
                log.warning("desk.feed_cut", error=type(error).__name__)
            self._wake.wait(self._poll_s)


class _Reader:
    """Finds what changed since the last time, and who is to be told."""

    def __init__(self, engine: Engine, now: datetime) -> None:
        self._engine = engine
        self._since = now - OVERLAP
        self._seen: dict[int, tuple[int, datetime]] = {}  # version by conversation, as told last
        self._sends: dict[int, tuple[Any, ...]] | None = None  # delivery by row of the outbox
        self._held: set[int] | None = None  # conversations that wait or are an officer's

    def poll(self, now: datetime, desks: Collection[Listener]) -> None:
        with reading(self._engine) as session:
            if self._held is None:
                held = select(Conversation.id).where(Conversation.owner.in_(("waiting", "officer")))
                self._held = set(session.scalars(held))
            found = self._moved(session)
            found += self._delivered(session, {change.id for change in found})
            if found:
                seen_by = self._seen_by(session, found, {desk.group for desk in desks})
        if not found:
            return
        cursor = to_ms(now)
        for desk in desks:
            for change in found:
                if self._concerns(desk, change, seen_by[desk.group]):
                    desk.put(cursor, change)
        for change in found:
            (self._held.discard if change.owner == "bot" else self._held.add)(change.id)

    def _moved(self, session: Session) -> list[Change]:
        rows = session.execute(_changed().where(Conversation.updated_at > self._since)).all()
        fresh = [row for row in rows if self._seen.get(row.id, (-1,))[0] != row.version]
        for row in rows:
            self._seen[row.id] = (row.version, row.updated_at)
            self._since = max(self._since, row.updated_at - OVERLAP)
        if len(self._seen) > 4 * BACKLOG:
            self._seen = {key: value for key, value in self._seen.items() if value[1] > self._since}
        return [_change(row) for row in fresh]

    def _delivered(self, session: Session, told: Collection[int]) -> list[Change]:
        """Conversations in which the delivery of an officer's message moved on."""
        newest = select(func.coalesce(func.max(Outgoing.id), 0)).scalar_subquery()
        rows = session.execute(
            select(
                Outgoing.id,
                Outgoing.conversation_id,
                Outgoing.status,
                Outgoing.delivered_at,
                Outgoing.seen_at,
            ).where(Outgoing.id > newest - WATCHED_SENDS, Outgoing.author == "officer")
        ).all()
        before, self._sends = self._sends, {row.id: tuple(row) for row in rows}
        if before is None:
            return []
        moved = {row.conversation_id for row in rows if before.get(row.id) != tuple(row)} - set(told)
        if not moved:
            return []
        return [
            _change(row, sent=True)
            for row in session.execute(_changed().where(Conversation.id.in_(list(moved))))
        ]

    def _seen_by(
        self, session: Session, found: Sequence[Change], groups: Collection[_Group]
    ) -> dict[_Group, set[int]]:
        ids = [change.id for change in found]
        return {
            group: set(
                session.scalars(select(Conversation.id).where(Conversation.id.in_(ids), visible(group)))
            )
            for group in groups
        }

    def _concerns(self, desk: Listener, change: Change, seen: Collection[int]) -> bool:
        """What the bot does alone is told only to a desk that shows it; its becoming the bot's, to all."""
        own = change.owner == "officer" and change.officer_id == desk.officer_id
        if not own and change.id not in seen and change.id != desk.chat:
            return False
        assert self._held is not None
        return change.owner != "bot" or change.id in self._held or desk.with_bot or change.id == desk.chat


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
        if change is not None:
            yield _event(cursor, change)


def _event(cursor: int, change: Change) -> str:
    return f"id: {cursor}\ndata: {json.dumps(change.shown())}\n\n"


def _reset(cursor: int) -> str:
    return f"id: {cursor}\nevent: reset\ndata: {{}}\n\n"
