"""One thread per shard: reads the shard's stream in order and hands each event to the turn."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import structlog
from redis import Redis, RedisError, ResponseError
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from bot import metrics
from bot.intake.streams import DEAD_LETTERS, GROUP, decode, encode, stream_name
from bot.store.redis import BLOCK_MS
from bot.worker.leases import ShardLeases, lease_key
from connectors.channel import Event, EventKind

log = structlog.get_logger(__name__)

BATCH = 16
MAX_FAILURES = 5
PAUSE_S = 0.3
LATE_S = 0.1
LATE_AT_MOST = 128
RECEIPTS = {EventKind.DELIVERED, EventKind.SEEN}
Entry = tuple[str, dict[str, str]]

# Fenced: only the lease's owner may take entries off the stream.
_DONE = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
if ARGV[3] ~= '' then
  redis.call('XADD', KEYS[3], 'MAXLEN', '~', 1000, '*', 'event', ARGV[3], 'error', ARGV[4])
end
for i = 5, #ARGV do
  redis.call('XACK', KEYS[2], ARGV[2], ARGV[i])
  redis.call('XDEL', KEYS[2], ARGV[i])
end
return 1
"""


class ShardConsumer:
    """Works one shard while its lease is held.

    ``handle`` works one event in one transaction and may be called twice for the same event;
    ``handle_receipts`` works several receipts and echoes of our own in one. ``on_taken`` is called
    whenever the shard has been taken over, before its first event.
    """

    def __init__(
        self,
        shard: int,
        reader: Redis,
        writer: Redis,
        leases: ShardLeases,
        handle: Callable[[Event], None],
        handle_receipts: Callable[[Sequence[Event]], None],
        on_taken: Callable[[int], None],
        stop: threading.Event,
    ) -> None:
        self._shard, self._stream = shard, stream_name(shard)
        self._reader, self._leases, self._stop = reader, leases, stop
        self._handle, self._handle_receipts, self._on_taken = handle, handle_receipts, on_taken
        self._done = writer.register_script(_DONE)
        self._writer = writer
        self._failures: Counter[str] = Counter()
        self._late: dict[str, Event] = {}  # receipts that wait for company
        self._late_since = 0.0

    def run(self) -> None:
        """Until ``stop`` is set."""
        while not self._stop.is_set():
            if not self._leases.wait_for(self._shard, timeout_s=1.0):
                continue
            try:
                self._late.clear()  # they are still pending, and come again
                self._make_group()
                self._on_taken(self._shard)
                self._drain_pending()
                while self._going():
                    self._work(self._read_new())
                self._work_late()
            except (RedisError, SQLAlchemyError, _Again) as error:
                log.warning("shard.paused", shard=self._shard, error=type(error.__cause__ or error).__name__)
                self._stop.wait(PAUSE_S)
            except Exception:
                # This thread is all that works the shard: it must outlive whatever happens.
                log.exception("shard.failed", shard=self._shard)
                self._stop.wait(PAUSE_S)

    def _going(self) -> bool:
        return not self._stop.is_set() and self._leases.holds(self._shard)

    def _make_group(self) -> None:
        try:
            self._writer.xgroup_create(self._stream, GROUP, id="0", mkstream=True)
        except ResponseError as error:
            if not str(error).startswith("BUSYGROUP"):
                raise

    def _drain_pending(self) -> None:
        """What the last owner read but did not finish comes first, in order."""
        cursor = "0-0"
        while self._going():
            cursor, entries, *_ = self._reader.xautoclaim(
                self._stream, GROUP, self._leases.token, min_idle_time=0, start_id=cursor, count=BATCH
            )
            self._work(entries)
            if cursor == "0-0":
                return

    def _read_new(self) -> list[Entry]:
        block = int(LATE_S * 1000) if self._late else BLOCK_MS
        found: Any = self._reader.xreadgroup(
            GROUP, self._leases.token, {self._stream: ">"}, count=BATCH, block=block
        )
        return list(found[0][1]) if found else []

    def _work(self, entries: list[Entry]) -> None:
        """In order, but for the receipts: no answer depends on them, and a platform sends three for every
        message (with the echo), so they wait a moment for others and share a transaction."""
        worked = _Worked(self._take_off)
        try:
            for entry_id, fields in entries:
                if not self._going():
                    raise _Again
                if fields:  # None: deleted while pending
                    self._work_one(entry_id, fields.get("event", ""), worked)
        finally:
            worked.take_off()
        waited = time.monotonic() - self._late_since >= LATE_S
        if waited or not entries or len(self._late) >= LATE_AT_MOST:
            self._work_late()

    def _work_late(self) -> None:
        late, self._late = self._late, {}
        if late and self._leases.holds(self._shard):
            self._work_receipts(late)

    def _work_one(self, entry_id: str, raw: str, worked: _Worked) -> None:
        try:
            event = decode(raw)
            if event.kind in RECEIPTS or (event.kind is EventKind.ECHO and event.echo_key):
                if not self._late:
                    self._late_since = time.monotonic()
                self._late[entry_id] = event
                return
            worked.make_way(event)
            self._handle(event)
        except _Again:
            raise
        except Exception as error:
            if _dependency_away(error):
                raise  # the event waits for it, however long
            self._failed(entry_id, raw, error)  # one poisonous event must not stop its shard
            return
        self._failures.pop(entry_id, None)
        worked.add(entry_id, event)

    def _work_receipts(self, receipts: dict[str, Event]) -> None:
        try:
            self._handle_receipts(list(receipts.values()))
        except Exception as error:
            if _dependency_away(error):
                raise
            if len(receipts) > 1:  # one of them is poisonous: it must not take the others with it
                for entry_id, event in receipts.items():
                    self._work_receipts({entry_id: event})
                return
            ((entry_id, event),) = receipts.items()
            self._failed(entry_id, encode(event), error)
            return
        for entry_id in receipts:
            self._failures.pop(entry_id, None)
        self._take_off(list(receipts))

    def _failed(self, entry_id: str, raw: str, error: Exception) -> None:
        self._failures[entry_id] += 1
        metrics.EVENT_FAILURES.labels(type(error).__name__).inc()
        known = error.orig if isinstance(error, DBAPIError) else error
        log.error(
            "event.failed",
            shard=self._shard,
            entry=entry_id,
            tries=self._failures[entry_id],
            error=type(known).__name__,
            where=_where(error),
        )
        if self._failures[entry_id] < MAX_FAILURES:
            raise _Again from error
        del self._failures[entry_id]
        metrics.DEAD_LETTERS.inc()
        self._take_off([entry_id], dead=raw, error=f"{type(known).__name__} {_where(error)}")

    def _take_off(self, entry_ids: list[str], dead: str = "", error: str = "") -> None:
        keys = [lease_key(self._shard), self._stream, DEAD_LETTERS]
        if not self._done(keys=keys, args=[self._leases.token, GROUP, dead, error, *entry_ids]):
            raise _Again  # the lease was lost: the new owner works it again, which changes nothing


class _Worked:
    """What of a batch is worked and still has to be taken off the stream, in one call.

    A worker that dies before that leaves it to be worked again, which changes nothing, except where the
    resident's data were erased meanwhile: so nothing of a conversation waits here while its next event is
    worked.
    """

    def __init__(self, take_off: Callable[[list[str]], None]) -> None:
        self._take_off = take_off
        self._entries: list[str] = []
        self._conversations: set[str] = set()

    def make_way(self, event: Event) -> None:
        """Called before ``event`` is worked."""
        if event.conversation_key in self._conversations:
            self.take_off()

    def add(self, entry_id: str, event: Event) -> None:
        self._entries.append(entry_id)
        self._conversations.add(event.conversation_key)

    def take_off(self) -> None:
        """Take all of them off now."""
        entries, self._entries = self._entries, []
        self._conversations.clear()
        if entries:
            self._take_off(entries)


class _Again(Exception):
    """Start over with what is pending: order is kept by never passing an unfinished event."""


def _dependency_away(error: Exception) -> bool:
    """Whether ``error`` says nothing about the event: Redis or the database cannot be used now."""
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    return isinstance(error, (RedisError, OperationalError, PoolTimeout))


def _where(error: BaseException) -> str:
    """The place of an error, without its message, which could hold a resident's words."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}" if trace else ""
