"""Who finds out what changed: one thread per web process, while a desk listens.

A desk asks the database several times a second, beside webhooks that must be acknowledged, so a look costs
next to nothing (measured on 5,000 conversations, 50,000 rows of the outbox: see docs/performance.md):

1. the database itself says whether anything at all was committed since the last look;
2. if so, what waits, is an officer's or was escalated is compared with the last look: each conversation's
   version, as one string that the database puts together. No time is compared, so a transaction that commits
   late is not missed, and what the bot does alone, nearly everything, is not even read;
3. likewise the officers' messages that are not seen yet: their delivery does not touch the conversation;
4. only for desks that show the bot's conversations, those that moved in the last seconds.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Iterable
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import (
    CompoundSelect,
    Connection,
    Engine,
    Select,
    String,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    or_,
    select,
    union_all,
)
from sqlalchemy.exc import SQLAlchemyError

from bot.clock import Clock, to_ms
from bot.desk.live import OVERLAP, Change, Group, Listener, change_of, changed
from bot.handoff.visibility import visible
from bot.store.models import Conversation, Outgoing

log = structlog.get_logger(__name__)

POLL_S = 0.3
IDLE_S = 0.5
"""Between two looks when the last one found nothing; a new waiting resident is still seen within a second."""
WATCHED_SENDS = 50
"""Officers' messages that are followed until they are seen, the newest ones."""
LATE_ROWS = 100
"""A row of the outbox may be committed after this many later ones."""
FIRST_ROWS = 2000
"""The rows among which the first look finds the messages to follow."""

_PROBES = {"sqlite": "PRAGMA data_version", "postgresql": "SELECT pg_current_snapshot()::text"}
"""What stays the same as long as nobody commits: SQLite counts the commits of other connections for each
connection, PostgreSQL tells which transactions are visible."""

_HELD: Any = (
    literal_column("'waiting'"),
    literal_column("'officer'"),
)  # literals: nothing to expand at each look
_ID_VERSION = cast(Conversation.id, String) + ":" + cast(Conversation.version, String)
_STATE = (
    cast(Outgoing.id, String) + ":" + cast(Outgoing.conversation_id, String)
    + ":" + Outgoing.status
    + case((Outgoing.delivered_at.is_(None), literal_column("''")), else_=literal_column("'+'"))
)  # fmt: skip


def _joined(parts: Select[Any] | CompoundSelect[Any]) -> Select[Any]:
    """All rows of one text column as one string: one row costs a busy process less than hundreds."""
    column = parts.subquery().c[0]
    return select(func.aggregate_strings(column, " "))


_HELD_NOW = _joined(
    union_all(  # each by an index of its own
        select(_ID_VERSION.label("part")).where(Conversation.owner.in_(_HELD)),
        select(_ID_VERSION.label("part")).where(
            Conversation.escalated_at.is_not(None), Conversation.owner.not_in(_HELD)
        ),
    )
)
_MOVED_SINCE = _joined(select(_ID_VERSION.label("part")).where(Conversation.updated_at > bindparam("since")))
_NEWEST = select(func.coalesce(func.max(Outgoing.id), 0))
_UNSEEN = _joined(
    select(_STATE.label("part")).where(
        Outgoing.author == literal_column("'officer'"),
        Outgoing.seen_at.is_(None),
        or_(Outgoing.id > bindparam("late"), Outgoing.id.in_(bindparam("watched", expanding=True))),
    )
)


_SHOWN = select(Conversation.id, Conversation.version, Conversation.updated_at).where(
    Conversation.id.in_(bindparam("ids", expanding=True)), Conversation.owner == literal_column("'bot'")
)


class Feed:
    """The process's one reader of changes. ``clock`` is the one that ``updated_at`` is written by."""

    def __init__(self, engine: Engine, clock: Clock, poll_s: float = POLL_S, idle_s: float = IDLE_S) -> None:
        self._engine, self._clock, self._poll_s, self._idle_s = engine, clock, poll_s, idle_s
        self._listeners: set[Listener] = set()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def join(self, desk: Listener) -> None:
        """From now on ``desk`` hears of changes; the first listener starts the reading.

        :raises sqlalchemy.exc.SQLAlchemyError: if the reading must start and the database is away.
        """
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                reader = Reader(self._engine)
                try:
                    reader.poll(self._clock(), ())  # what is so far: nothing after this is missed
                except SQLAlchemyError:
                    reader.close()
                    raise
                thread = threading.Thread(target=self._run, args=(reader,), name="desk-feed", daemon=True)
                thread.start()
                self._thread = thread
            self._listeners.add(desk)

    def leave(self, desk: Listener) -> None:
        with self._lock:
            self._listeners.discard(desk)

    @property
    def listeners(self) -> int:
        with self._lock:
            return len(self._listeners)

    def _run(self, reader: Reader) -> None:
        found = True
        while True:
            time.sleep(self._poll_s if found else self._idle_s)
            with self._lock:
                if not self._listeners:
                    self._thread = None
                    break
                desks = list(self._listeners)
            try:
                found = reader.poll(self._clock(), desks)
            except SQLAlchemyError as error:  # away: what was known stays, nothing is missed
                log.warning("desk.feed_cut", error=type(error).__name__)
                reader.close()
        reader.close()


Versions = dict[str, str]
"""Version by conversation, both as the database writes them."""


@dataclass(slots=True)
class _Known:
    """What the last look saw. ``held_text``: as the database told it; equal means unchanged."""

    asked: frozenset[int] = frozenset()  # the conversations that desks show
    held_text: str | None = None
    held: Versions = field(default_factory=dict)  # of those that wait, are an officer's or escalated
    shown: Versions = field(default_factory=dict)  # of the bot's that are open on a desk
    moved: Versions = field(default_factory=dict)  # of those that moved lately
    unseen: dict[int, list[str]] | None = None  # conversation and state by row of the outbox
    newest: int = 0  # row of the outbox


class Reader:
    """Compares the database with what it was at the last look, and tells who is concerned."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None
        self._probe = _PROBES[engine.dialect.name]
        self._commits: object = None
        self._known = _Known()

    def poll(self, now: datetime, desks: Collection[Listener]) -> bool:
        """Tell ``desks`` what changed; whether anything that concerns officers did.

        :raises sqlalchemy.exc.SQLAlchemyError: if the database is away; what was known stays known.
        """
        connection, before = self._connected(), copy(self._known)
        try:
            return self._look(connection, now, desks)
        except SQLAlchemyError:
            self._known = before
            raise
        finally:
            connection.rollback()  # SQLite's snapshot ends here

    def close(self) -> None:
        """Give the connection back; the next look takes a new one and reads everything."""
        connection, self._connection, self._commits = self._connection, None, None
        if connection is not None:
            connection.close()

    def _connected(self) -> Connection:
        if self._connection is None:
            self._connection = self._engine.connect()
            if self._engine.dialect.name != "sqlite":  # there BEGIN and ROLLBACK are calls of their own
                self._connection.execution_options(isolation_level="AUTOCOMMIT")
        return self._connection

    def _look(self, connection: Connection, now: datetime, desks: Collection[Listener]) -> bool:
        known = self._known
        asked = frozenset(desk.chat for desk in desks if desk.chat)
        with_bot = any(desk.with_bot for desk in desks)
        commits = connection.exec_driver_sql(self._probe).scalar()
        if commits == self._commits and asked == known.asked:
            return False
        moved = self._ownership(connection)
        quiet = self._shown_chats(connection, asked, now) if asked else set()
        if with_bot:
            quiet |= self._of_bot(connection, now)
        sends = self._deliveries(connection) - moved
        found = self._read(connection, moved | quiet, sends)
        if found:
            self._tell(connection, now, desks, found, loud={int(key) for key in moved | sends})
        self._commits, known.asked = commits, asked
        return bool(moved or sends)

    def _ownership(self, connection: Connection) -> set[str]:
        """What waits or is an officer's and moved, became so, or no longer is."""
        known = self._known
        text = connection.scalar(_HELD_NOW) or ""
        first = known.held_text is None
        if text == known.held_text:
            return set()
        before, known.held, known.held_text = known.held, _pairs(text), text
        return set() if first else {key for key, _ in before.items() ^ known.held.items()}

    def _shown_chats(self, connection: Connection, asked: Collection[int], now: datetime) -> set[str]:
        """The bot's conversations that a desk shows and that moved; one shown anew counts if it just did."""
        known = self._known
        with_bot = [chat for chat in asked if str(chat) not in known.held]
        before, known.shown = known.moved | known.shown, {}
        if not with_bot:
            return set()
        rows = connection.execute(_SHOWN, {"ids": with_bot}).all()
        known.shown = {str(row.id): str(row.version) for row in rows}
        late = now - OVERLAP
        return {
            key
            for row in rows
            for key in [str(row.id)]
            if (before[key] != str(row.version) if key in before else row.updated_at > late)
        }

    def _of_bot(self, connection: Connection, now: datetime) -> set[str]:
        known = self._known
        text = connection.scalar(_MOVED_SINCE, {"since": now - OVERLAP}) or ""
        before, known.moved = known.moved, _pairs(text)
        moved = {key for key, version in known.moved.items() if before.get(key) != version}
        return moved - known.held.keys()

    def _deliveries(self, connection: Connection) -> set[str]:
        """Officers' conversations in which the delivery of a message moved on."""
        known = self._known
        newest, first = connection.scalar(_NEWEST) or 0, known.unseen is None
        before = known.unseen or {}
        asked = {
            "late": newest - FIRST_ROWS if first else known.newest - LATE_ROWS,
            "watched": list(before),
        }
        text = connection.scalar(_UNSEEN, asked) or ""
        split = sorted((int(row), state) for row, *state in _parts(text, 3) if state[0] in known.held)
        known.newest, known.unseen = newest, dict(split[-WATCHED_SENDS:])
        if first:
            return set()
        gone = {before[row][0] for row in before.keys() - {row for row, _ in split}}
        return gone | {state[0] for row, state in known.unseen.items() if before.get(row) != state}

    def _read(self, connection: Connection, keys: Iterable[str], sends: Iterable[str]) -> list[Change]:
        sent, ids = {int(key) for key in sends}, [int(key) for key in keys]
        if not sent and not ids:
            return []
        rows = connection.execute(changed().where(Conversation.id.in_([*ids, *sent])))
        return [change_of(row, sent=row.id in sent) for row in rows]

    def _tell(
        self,
        connection: Connection,
        now: datetime,
        desks: Collection[Listener],
        found: Collection[Change],
        loud: Collection[int],
    ) -> None:
        """What the bot does alone is told only to a desk that shows it; its becoming the bot's, to all."""
        told = [change for change in found if change.id in loud]
        everything = {desk.group for desk in desks if desk.with_bot}
        groups = {desk.group for desk in desks} if told else everything
        seen = {
            group: _seen_by(connection, group, found if group in everything else told) for group in groups
        }
        cursor = to_ms(now)
        for desk in desks:
            visible_to = seen.get(desk.group, ())
            for change in found if desk.with_bot or desk.chat else told:
                own = change.owner == "officer" and change.officer_id == desk.officer_id
                here = change.id == desk.chat
                concerns = here or desk.with_bot or change.id in loud
                if concerns and (own or here or change.id in visible_to):
                    desk.put(cursor, change)


def _seen_by(connection: Connection, group: Group, found: Iterable[Change]) -> set[int]:
    """Those that an officer of ``group`` sees, but for the officer's own."""
    ids = [change.id for change in found]
    if group.all_units:
        return set(ids)
    return set(connection.scalars(select(Conversation.id).where(Conversation.id.in_(ids), visible(group))))


def _parts(text: str, count: int) -> Iterable[list[str]]:
    """ "7:2 9:1" as ["7", "2"] and ["9", "1"]."""
    return (part.split(":", count - 1) for part in text.split(" ")) if text else ()


def _pairs(text: str) -> Versions:
    return dict(_parts(text, 2))
