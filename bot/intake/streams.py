"""The names and the one atomic step of the inbound streams."""

from __future__ import annotations

import json
import zlib
from typing import Any

from redis import Redis

from connectors.channel import Event

SEEN_TTL_S = 7 * 24 * 3600
"""Platforms repeat an event for up to 36 h (Facebook's feed); Zalo's own advice is 7 days."""

GROUP = "workers"
DEAD_LETTERS = "in:dead"

_ACCEPT = """
if redis.call('SET', KEYS[1], 1, 'NX', 'EX', ARGV[1]) then
  redis.call('XADD', KEYS[2], '*', 'event', ARGV[2])
  return 1
end
return 0
"""


def shard_of(conversation_key: str, shards: int) -> int:
    """The shard that keeps this conversation in order; the same on every machine."""
    return zlib.crc32(conversation_key.encode()) % shards


def stream_name(shard: int) -> str:
    return f"in:{shard}"


def encode(event: Event) -> str:
    """One event as the stream and the spool keep it."""
    return json.dumps(event.to_dict(), ensure_ascii=False, separators=(",", ":"))


def decode(raw: str) -> Event:
    """The inverse of :func:`encode`.

    :raises ValueError, KeyError, TypeError: if ``raw`` is not an encoded event.
    """
    return Event.from_dict(json.loads(raw))


class InboundStreams:
    """Adds events to the sharded streams, each one once."""

    def __init__(self, client: Redis, shards: int) -> None:
        self._accept = client.register_script(_ACCEPT)
        self.shards = shards

    def add(self, event: Event) -> bool:
        """Skip-if-seen and add in one step; False if this event was seen before.

        Repeating it after a lost reply is harmless.

        :raises redis.RedisError: if Redis did not confirm.
        """
        stream = stream_name(shard_of(event.conversation_key, self.shards))
        added = self._accept(keys=[f"seen:{event.dedupe_key}", stream], args=[SEEN_TTL_S, encode(event)])
        return bool(added)


def forget_dead(client: Redis, channel: str, user_id: str) -> None:
    """Drop a resident's dead letters: they hold words as they came.

    :raises redis.RedisError: if Redis is away.
    """
    found: Any = client.xrange(DEAD_LETTERS)
    for entry_id, fields in found:
        try:
            event = decode(fields["event"])
        except (ValueError, KeyError, TypeError):
            continue  # nobody's: it never was an event
        if (event.channel, event.user_id) == (channel, user_id):
            client.xdel(DEAD_LETTERS, entry_id)
