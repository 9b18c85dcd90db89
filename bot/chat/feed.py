"""What a web chat shows, kept in Redis: one stream per session, read by every tab that has it open.

Keys of a session ``s``: ``webchat:s`` the stream, ``webchat:s:k:<key>`` the entry that was pushed
under an idempotency key, ``webchat:s:typing`` a stream of at most one entry that lives for seconds.
Everything lasts seven days after the last write and is then gone by itself; SQL is what lasts.

Only commands of Redis 7.0 are used. Give the feed a client whose retries are few: every call here
may be repeated safely, but a page that waits through ten of them is worse off than one that polls.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import redis
import structlog

from connectors.channel import Wire
from connectors.webchat.channel import FeedUnavailable

log = structlog.get_logger(__name__)

START = "0-0"
"""The id before every entry."""

KEEP_ENTRIES = 200
KEEP_S = 7 * 24 * 3600
TYPING_S = 10
MAX_BLOCK_MS = 2000

_ENTRY_ID = re.compile(r"[0-9]{1,16}(-[0-9]{1,16})?")

# One step, so that a repeated push, be it the worker's or redis-py's own retry after a lost answer,
# finds the first one's entry and adds nothing.
_PUSH = """
local seen = redis.call('GET', KEYS[2])
if seen then return seen end
local id = redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[2], '*', 'body', ARGV[1])
redis.call('SET', KEYS[2], id, 'EX', ARGV[3])
redis.call('EXPIRE', KEYS[1], ARGV[3])
if ARGV[4] == '1' then redis.call('DEL', KEYS[3]) end
return id
"""

_TYPING = """
redis.call('XADD', KEYS[1], 'MAXLEN', '1', '*', 'on', '1')
redis.call('EXPIRE', KEYS[1], ARGV[1])
"""


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """One shown message. ``id`` orders the entries of a session; ``at_ms`` is when it was pushed."""

    id: str
    body: Mapping[str, Any]

    @property
    def at_ms(self) -> int:
        return int(self.id.partition("-")[0])


@dataclass(frozen=True, slots=True)
class Batch:
    """What is new since a place in the feed; ``typing_id`` is the place in the typing stream."""

    entries: tuple[FeedEntry, ...] = ()
    typing: bool = False
    typing_id: str = field(default=START)


def is_entry_id(text: str) -> bool:
    """Whether ``text`` may be used as a place in a feed."""
    return _ENTRY_ID.fullmatch(text) is not None


class RedisFeed:
    """:class:`connectors.webchat.channel.ChatSink` on Redis Streams, and its reading side. Thread-safe.

    Methods raise :class:`FeedUnavailable` when Redis is away, unless they say otherwise.
    """

    def __init__(self, client: redis.Redis, keep_entries: int = KEEP_ENTRIES, keep_s: int = KEEP_S) -> None:
        """``client`` may have any protocol and decoding; ``keep_entries`` is kept or a little exceeded."""
        self._client = client
        self._keep_entries = keep_entries
        self._keep_s = keep_s
        self._push = client.register_script(_PUSH)
        self._typing = client.register_script(_TYPING)
        # A blocking read must come back before the socket's own time-out, or redis-py would raise
        # it and read again, ten times over.
        timeout_s = client.connection_pool.connection_kwargs.get("socket_timeout")
        self._max_block_ms = min(MAX_BLOCK_MS, int(timeout_s * 500)) if timeout_s else MAX_BLOCK_MS

    def push(self, session_id: str, key: str, body: Wire) -> str:
        """Append an answer once per ``key`` and end "is writing"; returns the entry's id."""
        return self._append(session_id, f"out:{key}", body, ends_typing=True)

    def push_own(self, session_id: str, client_id: str, body: Wire) -> str:
        """Append what the resident wrote, once per the page's ``client_id``, for tabs and reloads."""
        return self._append(session_id, f"own:{client_id}", body, ends_typing=False)

    def find(self, session_id: str, key: str) -> str | None:
        """The id of the entry that :meth:`push` made under ``key``, if any."""
        with _translated():
            found = self._client.get(_dedupe_key(session_id, f"out:{key}"))
        return None if found is None else _text(found)

    def typing(self, session_id: str) -> None:
        """Show "is writing" for :data:`TYPING_S` seconds or until the next push; never raises."""
        try:
            self._typing(keys=[_typing_key(session_id)], args=[TYPING_S])
        except redis.RedisError as error:
            log.debug("webchat.typing_lost", error=type(error).__name__)

    def history(self, session_id: str, after: str = START) -> Batch:
        """Everything kept after the entry ``after``, oldest first, without waiting."""
        with _translated():
            pipe = self._client.pipeline(transaction=False)
            pipe.xrange(_stream_key(session_id), min=f"({after}", max="+")
            pipe.exists(_typing_key(session_id))
            rows, typing = pipe.execute()
        return Batch(entries=tuple(_entries(rows)), typing=bool(typing))

    def wait(self, session_id: str, after: str, typing_after: str = START, block_ms: int = 2000) -> Batch:
        """Wait up to ``block_ms`` (at most two seconds) for something after the two places."""
        stream, typing = _stream_key(session_id), _typing_key(session_id)
        block = max(1, min(block_ms, self._max_block_ms))
        with _translated():
            reply = self._client.xread({stream: after, typing: typing_after}, count=100, block=block)
        rows = dict(_streams(reply))
        typed = [entry_id for entry_id, _ in rows.get(typing, ())]
        return Batch(
            entries=tuple(_entries(rows.get(stream, ()))),
            typing=bool(typed),
            typing_id=_text(typed[-1]) if typed else typing_after,
        )

    def check(self) -> None:
        """Raise :class:`FeedUnavailable` if Redis is away."""
        with _translated():
            self._client.ping()

    def forget(self, session_id: str) -> None:
        """Delete what the session shows; the keys that remain hold no text and expire by themselves."""
        with _translated():
            self._client.delete(_stream_key(session_id), _typing_key(session_id))

    def _append(self, session_id: str, key: str, body: Wire, *, ends_typing: bool) -> str:
        packed = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
        with _translated():
            entry_id = self._push(
                keys=[_stream_key(session_id), _dedupe_key(session_id, key), _typing_key(session_id)],
                args=[packed, self._keep_entries, self._keep_s, int(ends_typing)],
            )
        return _text(entry_id)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except redis.RedisError as error:
        raise FeedUnavailable(type(error).__name__) from error


def _stream_key(session_id: str) -> str:
    return f"webchat:{session_id}"


def _typing_key(session_id: str) -> str:
    return f"webchat:{session_id}:typing"


def _dedupe_key(session_id: str, key: str) -> str:
    return f"webchat:{session_id}:k:{key}"


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _streams(reply: Any) -> Iterator[tuple[str, list[tuple[Any, Mapping[Any, Any]]]]]:
    """The (name, rows) pairs of an XREAD, which redis-py gives as a list, or as a dict on protocol 3."""
    if isinstance(reply, Mapping):
        for name, rows in reply.items():
            # On protocol 3 the rows come wrapped in one more list.
            yield _text(name), rows[0] if rows and isinstance(rows[0], list) else rows
        return
    for name, rows in reply or ():
        yield _text(name), rows


def _entries(rows: Iterable[tuple[Any, Mapping[Any, Any]]]) -> Iterator[FeedEntry]:
    for entry_id, fields in rows:
        packed = next(iter(fields.values()))
        yield FeedEntry(id=_text(entry_id), body=json.loads(packed))
