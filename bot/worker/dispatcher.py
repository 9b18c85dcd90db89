"""Hands conversations with something to send to a few threads; one thread a conversation at a time."""

from __future__ import annotations

import heapq
import itertools
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.clock import Clock

log = structlog.get_logger(__name__)

AFTER_ERROR = timedelta(seconds=1)


class Dispatcher:
    """A queue of conversation ids by the time at which they are due.

    ``run(conversation_id)`` does the work and returns when to come back, None for not at all.
    """

    def __init__(self, run: Callable[[int], datetime | None], threads: int, clock: Clock) -> None:
        self._run, self._clock = run, clock
        self._lock = threading.Condition()
        self._heap: list[tuple[datetime, int, int]] = []
        self._due: dict[int, datetime] = {}  # the valid entry of a conversation; others in the heap are stale
        self._active: set[int] = set()
        self._order = itertools.count()
        self._stopping = False
        self._threads = [
            threading.Thread(target=self._loop, name=f"send-{n}", daemon=True) for n in range(threads)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self, timeout_s: float) -> None:
        """Finish what is under way; what waits stays in the database for the next start."""
        with self._lock:
            self._stopping = True
            self._lock.notify_all()
        for thread in self._threads:
            thread.join(timeout_s)

    def notify(self, conversation_id: int, due: datetime | None = None) -> None:
        """This conversation has something to send, from ``due`` (now) on."""
        self._put(conversation_id, due or self._clock())

    def _put(self, conversation_id: int, due: datetime) -> None:
        with self._lock:
            if conversation_id in self._due and self._due[conversation_id] <= due:
                return
            self._due[conversation_id] = due
            heapq.heappush(self._heap, (due, next(self._order), conversation_id))
            self._lock.notify()

    def _loop(self) -> None:
        while (conversation_id := self._take()) is not None:
            due: datetime | None
            try:
                due = self._run(conversation_id)
            except SQLAlchemyError as error:  # the database is away: the row waits there for us
                log.warning("delivery.database_away", error=type(error).__name__)
                due = self._clock() + AFTER_ERROR
            except Exception:
                log.exception("delivery.failed", conversation=conversation_id)
                due = self._clock() + AFTER_ERROR
            with self._lock:
                self._active.discard(conversation_id)
                self._lock.notify()
            if due is not None:
                self._put(conversation_id, due)

    def _take(self) -> int | None:
        """The next conversation that is due and not being worked; None when stopping."""
        with self._lock:
            while not self._stopping:
                conversation_id, wait_s = self._next()
                if conversation_id is not None:
                    del self._due[conversation_id]
                    self._active.add(conversation_id)
                    return conversation_id
                self._lock.wait(wait_s)
            return None

    def _next(self) -> tuple[int | None, float | None]:
        """(conversation, _) if one is due; else how many seconds to wait at most."""
        busy: list[tuple[datetime, int, int]] = []
        found: int | None = None
        wait_s: float | None = None
        while self._heap:
            entry = self._heap[0]
            if self._due.get(entry[2]) != entry[0]:
                heapq.heappop(self._heap)
            elif entry[0] > self._clock():
                wait_s = (entry[0] - self._clock()).total_seconds()
                break
            else:
                heapq.heappop(self._heap)
                if entry[2] not in self._active:
                    found = entry[2]
                    break
                busy.append(entry)  # its thread comes back for it
        for entry in busy:
            heapq.heappush(self._heap, entry)
        return found, wait_s
