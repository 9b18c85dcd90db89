"""Connections to Redis or Valkey, with every time-out said aloud.

redis-py 8 retries ten times with growing waits by default and lets a read time out after 5 s, which
turns one lost reply into two stream entries and breaks a blocking read (reference: measured in
shared/reference/libraries.md §4). Here nothing is repeated behind the caller's back.
"""

from __future__ import annotations

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

CONNECT_TIMEOUT_S = 0.5
TIMEOUT_S = 1.5
"""A webhook must answer within 2 s (Zalo); the spool is the way out when Redis takes longer."""
BLOCK_MS = 1000
"""How long a blocking read waits on the server; its socket waits longer, see connect_blocking."""


def connect(address: str, max_connections: int = 64) -> redis.Redis:
    """A client for short commands. ``address`` is redis://, rediss:// or unix://."""
    return _client(address, TIMEOUT_S, max_connections)


def connect_blocking(address: str, max_connections: int = 300) -> redis.Redis:
    """A client for reads that block up to ``BLOCK_MS`` on the server."""
    return _client(address, BLOCK_MS / 1000 + TIMEOUT_S, max_connections)


def _client(address: str, timeout_s: float, max_connections: int) -> redis.Redis:
    tcp_only = {} if address.startswith("unix:") else {"socket_connect_timeout": CONNECT_TIMEOUT_S}
    return redis.Redis.from_url(
        address,
        socket_timeout=timeout_s,
        retry=Retry(NoBackoff(), 0),
        max_connections=max_connections,
        decode_responses=True,
        protocol=2,
        **tcp_only,
    )
