"""Shows a resident that an officer is writing, where the channel can.

The call goes over the network, so it has a thread of its own: no event waits for it, and what is late is
dropped.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Mapping

import structlog
from redis import RedisError
from sqlalchemy.exc import SQLAlchemyError

from bot.clock import Clock, to_ms
from connectors.channel import Account, Channel, Event

log = structlog.get_logger(__name__)

MOST = 50
"""So many may wait; then the newest is dropped."""
LATE_MS = 5000
"""Platforms show it for a few seconds themselves; later it says nothing true."""
POLL_S = 0.5


class Typing:
    """``sendable`` gives an account with its token by its id, None while it can't send."""

    def __init__(
        self, channels: Mapping[str, Channel], sendable: Callable[[int], Account | None], clock: Clock
    ) -> None:
        self._channels, self._sendable, self._clock = channels, sendable, clock
        self._waiting: queue.Queue[tuple[Event, int]] = queue.Queue(MOST)

    def show(self, event: Event, account_id: int) -> None:
        """Soon, or never; returns at once."""
        try:
            self._waiting.put_nowait((event, account_id))
        except queue.Full:
            log.debug("typing.dropped", channel=event.channel)

    def run(self, stop: threading.Event) -> None:
        """Until ``stop`` is set."""
        while not stop.is_set():
            try:
                event, account_id = self._waiting.get(timeout=POLL_S)
            except queue.Empty:
                continue
            if to_ms(self._clock()) - event.at_ms > LATE_MS:
                continue
            try:
                account = self._sendable(account_id)
                if account is not None:
                    self._channels[event.channel].typing(account, event.user_id)
            except (RedisError, SQLAlchemyError) as error:
                log.warning("typing.dependency_away", error=type(error).__name__)
            except Exception:
                log.exception("typing.failed", channel=event.channel)
