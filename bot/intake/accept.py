"""The step between a webhook and its 200."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from enum import StrEnum

import structlog
from redis import RedisError

from bot.intake.spool import Spool
from bot.intake.streams import InboundStreams
from connectors.channel import Event

log = structlog.get_logger(__name__)

REST_S = 1.0
"""After a failure Redis is left alone this long: a webhook has no time for a second time-out."""


class Accepted(StrEnum):
    """Where an event went."""

    QUEUED = "queued"
    DUPLICATE = "duplicate"
    SPOOLED = "spooled"


class Intake:
    """Accepts events: into Redis, or onto the disk while Redis is away."""

    def __init__(
        self, streams: InboundStreams, spool: Spool, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._streams, self._spool, self._clock = streams, spool, clock
        self._rest_until = 0.0

    def accept_all(self, events: Iterable[Event]) -> list[Accepted]:
        """Accept each event, in order.

        :raises SpoolError: if one could be kept nowhere; those before it are kept, and a repeated
            delivery of the whole batch is harmless.
        """
        return [self.accept(event) for event in events]

    def accept(self, event: Event) -> Accepted:
        """Keep one event for good; see :class:`Accepted`.

        While anything waits in the spool, new events queue behind it there: a conversation's
        messages must not overtake each other on the way back from the disk.

        :raises SpoolError: if it could be kept nowhere.
        """
        if self._clock() >= self._rest_until and self._spool.empty():
            try:
                return Accepted.QUEUED if self._streams.add(event) else Accepted.DUPLICATE
            except RedisError as error:
                self._rest_until = self._clock() + REST_S
                log.warning("intake.redis_away", error=type(error).__name__)
        self._spool.write(event)
        return Accepted.SPOOLED

    def drain(self) -> int:
        """Move what waits in the spool to Redis; returns how many events.

        :raises redis.RedisError: if Redis is still away; what is left stays.
        """
        return 0 if self._spool.empty() else self._spool.drain(self._streams.add)
