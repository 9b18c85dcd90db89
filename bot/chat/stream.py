"""Server-sent events: the feed of one session as a response that stays open for some minutes."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import structlog

from bot.chat.feed import START, FeedEntry, RedisFeed
from connectors.webchat.channel import FeedUnavailable

log = structlog.get_logger(__name__)

# Some browsers and proxies hold back the first kilobytes; this comment pushes the head through.
_OPENING = ":" + " " * 2048 + "\nretry: 2000\n\n"


def shown(entry: FeedEntry) -> Mapping[str, Any]:
    """The entry as the page gets it."""
    return {"id": entry.id, "at_ms": entry.at_ms, **entry.body}


def event_lines(
    feed: RedisFeed,
    session_id: str,
    after: str,
    stream_s: float,
    heartbeat_s: float,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[str]:
    """Every entry after ``after`` as an event whose id is the entry's, "is writing", heartbeats.

    It ends by itself after ``stream_s``, or when Redis is away; the page then comes back with the
    id of the last event that it saw, and gets what follows: nothing is lost and nothing repeated.
    The heartbeat also finds out that a page is gone, since only writing to it does.
    """
    yield _OPENING
    started = said = clock()
    typing_id = START
    while (now := clock()) - started < stream_s:
        if now - said >= heartbeat_s:
            said = now
            yield ": still here\n\n"
        wait_s = min(said + heartbeat_s, started + stream_s) - now
        try:
            batch = feed.wait(session_id, after, typing_id, block_ms=int(wait_s * 1000))
        except FeedUnavailable as error:
            log.warning("webchat.stream_cut", error=str(error))
            return
        for entry in batch.entries:
            after = entry.id
            yield f"id: {entry.id}\ndata: {json.dumps(shown(entry), ensure_ascii=False)}\n\n"
        if batch.typing and not any(_ends_typing(entry) for entry in batch.entries):
            yield "event: typing\ndata: {}\n\n"
        if batch.entries or batch.typing:
            said = clock()
        typing_id = batch.typing_id
    yield "event: bye\ndata: {}\n\n"


def _ends_typing(entry: FeedEntry) -> bool:
    return entry.body.get("author") != "resident"
