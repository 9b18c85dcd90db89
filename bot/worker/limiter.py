"""At most so many API calls a second and account, over all workers."""

from __future__ import annotations

from collections.abc import Mapping

import structlog
from redis import Redis, RedisError

log = structlog.get_logger(__name__)

BURST_S = 1.0
"""A bucket holds what one second allows."""

# Time is handed in: one clock for all callers of a machine, and tests need not wait.
_TAKE = """
local rate, now = tonumber(ARGV[1]), tonumber(ARGV[2])
local size = math.max(1, rate * tonumber(ARGV[3]))
local old = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens, at = tonumber(old[1]) or size, tonumber(old[2]) or now
if at > now + 5 then at = now end  -- the clock was put back: do not wait until it is there again
tokens = math.min(size, tokens + math.max(0, now - at) * rate)
local wait = 0
if tokens >= 1 then tokens = tokens - 1 else wait = (1 - tokens) / rate end
redis.call('HSET', KEYS[1], 'tokens', tostring(tokens), 'at', tostring(math.max(now, at)))
redis.call('PEXPIRE', KEYS[1], 60000)
return tostring(wait)
"""


class SendLimiter:
    """A token bucket per account; ``rates`` gives each channel's calls per second."""

    def __init__(self, client: Redis, rates: Mapping[str, float]) -> None:
        self._take = client.register_script(_TAKE)
        self._rates = rates

    def wait_s(self, channel: str, account_id: int, now_s: float) -> float:
        """0 if a call may go out now (and is counted), else the seconds to wait.

        With Redis away nothing is limited: the platform's own limit answers, and is obeyed.
        """
        rate = self._rates.get(channel)
        if rate is None:
            return 0.0
        try:
            return float(self._take(keys=[f"rate:{account_id}"], args=[rate, now_s, BURST_S]))
        except RedisError as error:
            log.warning("limiter.redis_away", error=type(error).__name__)
            return 0.0
