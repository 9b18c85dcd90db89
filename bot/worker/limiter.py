"""At most so many API calls a second and account, over all workers."""

from __future__ import annotations

import threading
from collections.abc import Mapping

import structlog
from redis import Redis, RedisError

log = structlog.get_logger(__name__)

BURST_S = 1.0
"""A bucket holds what one second allows."""
TAKEN_S = 0.1
"""A worker takes what this long allows at once, and spends it within that time: fewer calls of Redis."""

# Time is handed in: one clock for all callers of a machine, and tests need not wait.
_TAKE = """
local rate, now, wanted = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[4])
local size = math.max(1, rate * tonumber(ARGV[3]))
local old = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens, at = tonumber(old[1]) or size, tonumber(old[2]) or now
if at > now + 5 then at = now end  -- the clock was put back: do not wait until it is there again
tokens = math.min(size, tokens + math.max(0, now - at) * rate)
local taken, wait = math.min(math.floor(tokens), wanted), 0
if taken < 1 then wait = (1 - tokens) / rate end
tokens = tokens - taken
redis.call('HSET', KEYS[1], 'tokens', tostring(tokens), 'at', tostring(math.max(now, at)))
redis.call('PEXPIRE', KEYS[1], 60000)
return {taken, tostring(wait)}
"""


class SendLimiter:
    """A token bucket per account; ``rates`` gives each channel's calls per second. Thread-safe."""

    def __init__(self, client: Redis, rates: Mapping[str, float]) -> None:
        self._take = client.register_script(_TAKE)
        self._rates = rates
        self._lock = threading.Lock()
        self._left: dict[int, tuple[int, float]] = {}  # of what was taken: how many, spendable until when

    def wait_s(self, channel: str, account_id: int, now_s: float) -> float:
        """0 if a call may go out now (and is counted), else the seconds to wait.

        With Redis away nothing is limited: the platform's own limit answers, and is obeyed.
        """
        rate = self._rates.get(channel)
        if rate is None or self._spend(account_id, now_s):
            return 0.0
        wanted = max(1, int(rate * TAKEN_S))
        try:
            taken, wait = self._take(keys=[f"rate:{account_id}"], args=[rate, now_s, BURST_S, wanted])
        except RedisError as error:
            log.warning("limiter.redis_away", error=type(error).__name__)
            return 0.0
        if taken > 1:
            with self._lock:
                self._left[account_id] = (int(taken) - 1, now_s + TAKEN_S)
        return float(wait)

    def _spend(self, account_id: int, now_s: float) -> bool:
        with self._lock:
            left, until = self._left.get(account_id, (0, 0.0))
            if left < 1 or not until - TAKEN_S <= now_s < until:
                return False
            self._left[account_id] = (left - 1, until)
            return True
