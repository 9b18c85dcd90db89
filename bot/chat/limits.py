"""How much one page, one address and one process may ask for."""

from __future__ import annotations

import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import redis

from connectors.webchat.channel import FeedUnavailable

# KEYS: one bucket each; ARGV: now in ms, then capacity and tokens per second of each bucket.
# Answers 0 and takes one token of each, or takes nothing and answers the ms to wait.
_TAKE = """
local now, left, wait = tonumber(ARGV[1]), {}, 0
for i, key in ipairs(KEYS) do
  local capacity, rate = tonumber(ARGV[2 * i]), tonumber(ARGV[2 * i + 1])
  local bucket = redis.call('HMGET', key, 'left', 'at')
  local tokens, at = tonumber(bucket[1]) or capacity, tonumber(bucket[2]) or now
  tokens = math.min(capacity, tokens + math.max(0, now - at) * rate / 1000)
  if tokens < 1 then wait = math.max(wait, math.ceil((1 - tokens) * 1000 / rate)) end
  left[i] = tokens
end
if wait > 0 then return wait end
for i, key in ipairs(KEYS) do
  local capacity, rate = tonumber(ARGV[2 * i]), tonumber(ARGV[2 * i + 1])
  redis.call('HSET', key, 'left', tostring(left[i] - 1), 'at', now)
  redis.call('EXPIRE', key, math.ceil(capacity / rate) + 1)
end
return 0
"""


@dataclass(frozen=True, slots=True)
class Rate:
    """A token bucket: ``burst`` at once, then ``per_second``."""

    burst: int
    per_second: float


class RateLimiter:
    """Token buckets in Redis, shared by all web processes. Thread-safe."""

    def __init__(self, client: redis.Redis, clock: Callable[[], float] = time.time) -> None:
        self._take = client.register_script(_TAKE)
        self._clock = clock

    def wait_s(self, buckets: Sequence[tuple[str, Rate]]) -> int:
        """Take one token of every (key, rate), or none; returns the whole seconds to wait, 0 if taken.

        :raises FeedUnavailable: if Redis is away; the caller decides, and messages go through.
        """
        args: list[float] = [int(self._clock() * 1000)]
        for _, rate in buckets:
            args += [rate.burst, rate.per_second]
        try:
            wait_ms = self._take(keys=[f"webchat-rate:{key}" for key, _ in buckets], args=args)
        except redis.RedisError as error:
            raise FeedUnavailable(type(error).__name__) from error
        return math.ceil(int(wait_ms) / 1000)


class StreamGate:
    """How many live streams this process holds: each keeps a thread and a Redis connection busy."""

    def __init__(self, limit: int, per_session: int = 4) -> None:
        self._limit = limit
        self._per_session = per_session
        self._open: Counter[str] = Counter()
        self._lock = threading.Lock()

    def enter(self, session_id: str) -> bool:
        """Whether one more stream may open; if so, :meth:`leave` must be called once."""
        with self._lock:
            if self._open.total() >= self._limit or self._open[session_id] >= self._per_session:
                return False
            self._open[session_id] += 1
            return True

    def leave(self, session_id: str) -> None:
        with self._lock:
            self._open[session_id] -= 1
            self._open += Counter()  # drops what fell to zero

    @property
    def open_streams(self) -> int:
        with self._lock:
            return self._open.total()
