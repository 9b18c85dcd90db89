"""Leases on shards: one conversation is worked by one worker at a time.

A lease is a Redis key with this worker's token and a lifetime, renewed well before it ends. A worker
that could not renew in time must not act any more; whoever acts asks :meth:`ShardLeases.holds`,
which goes by this machine's monotonic clock and so is never later than Redis.
"""

from __future__ import annotations

import threading
import time

import structlog
from redis import Redis, RedisError

log = structlog.get_logger(__name__)

LEASE_MS = 4000
RENEW_S = 1.0
ALIVE_S = 10
_WORKERS = "workers"

_HOLD = """
local owner = redis.call('GET', KEYS[1])
if owner == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
if owner then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
"""
_RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"


def lease_key(shard: int) -> str:
    return f"own:{shard}"


class ShardLeases:
    """This worker's leases. ``token`` names the worker; shards are shared out evenly among the living."""

    def __init__(self, client: Redis, shards: int, token: str) -> None:
        self._redis, self._shards, self.token = client, shards, token
        self._hold = client.register_script(_HOLD)
        self._release = client.register_script(_RELEASE)
        self._until: dict[int, float] = {}
        self._changed = threading.Condition()

    def holds(self, shard: int) -> bool:
        """Whether this worker may act on ``shard`` right now."""
        return time.monotonic() < self._until.get(shard, 0.0)

    def wait_for(self, shard: int, timeout_s: float) -> bool:
        """Wait until the lease is held; False when the time is over."""
        with self._changed:
            return self._changed.wait_for(lambda: self.holds(shard), timeout_s)

    def keep(self) -> None:
        """Renew what is held, take what is free and due to us; to be called every ``RENEW_S``."""
        try:
            share = self._fair_share()
            mine = [s for s in range(self._shards) if s in self._until]
            for shard in mine[share:]:
                self._give_up(shard)
            others = [s for s in range(self._shards) if s not in self._until]
            for shard in [*mine[:share], *others]:
                if shard in self._until or len(self._until) < share:
                    self._renew(shard)
        except RedisError as error:
            log.warning("lease.redis_away", error=type(error).__name__)

    def release_all(self) -> None:
        """At an orderly end: the next worker need not wait for the leases to run out."""
        for shard in list(self._until):
            self._give_up(shard)
        self._redis.zrem(_WORKERS, self.token)

    def _renew(self, shard: int) -> None:
        asked = time.monotonic()  # before the call: our view must end before Redis' does
        if self._hold(keys=[lease_key(shard)], args=[self.token, LEASE_MS]):
            with self._changed:
                fresh = shard not in self._until
                self._until[shard] = asked + LEASE_MS / 1000
                self._changed.notify_all()
            if fresh:
                log.info("lease.taken", shard=shard)
        elif self._until.pop(shard, None) is not None:
            log.warning("lease.lost", shard=shard)

    def _give_up(self, shard: int) -> None:
        self._until.pop(shard, None)
        self._release(keys=[lease_key(shard)], args=[self.token])

    def _fair_share(self) -> int:
        now = time.time()
        pipe = self._redis.pipeline(transaction=False)
        pipe.zadd(_WORKERS, {self.token: now})
        pipe.zremrangebyscore(_WORKERS, 0, now - ALIVE_S)
        pipe.zcard(_WORKERS)
        alive = max(1, int(pipe.execute()[2]))
        return -(-self._shards // alive)


def workers_alive(client: Redis, since: float = 0.0) -> int:
    """How many workers renewed in the last ``ALIVE_S`` seconds and after ``since``; for /readyz.

    :raises redis.RedisError: if Redis is away.
    """
    return int(client.zcount(_WORKERS, max(since, time.time() - ALIVE_S), "+inf"))
