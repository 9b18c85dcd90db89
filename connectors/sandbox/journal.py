"""A bounded, numbered log that readers can follow: the live feed, the sends, the webhooks."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Journal(Generic[T]):
    """Keeps at least the newest ``keep`` entries; entry numbers start at 1 and never repeat.

    Appending and reading the newest entries cost the same however long the log is.
    """

    def __init__(self, keep: int) -> None:
        self._keep = keep
        self._entries: list[T] = []
        self._dropped = 0
        self._changed = threading.Condition()

    def append(self, entry: T) -> int:
        """Add one entry and wake those who wait; returns its number."""
        with self._changed:
            self._entries.append(entry)
            if len(self._entries) >= 2 * self._keep:
                cut = len(self._entries) - self._keep
                del self._entries[:cut]
                self._dropped += cut
            self._changed.notify_all()
            return self._dropped + len(self._entries)

    @property
    def last(self) -> int:
        """The number of the newest entry, 0 if there is none."""
        with self._changed:
            return self._dropped + len(self._entries)

    def after(self, number: int, limit: int = 1000) -> list[tuple[int, T]]:
        """Up to ``limit`` entries that come after entry ``number``, with their numbers, oldest first."""
        with self._changed:
            return self._after(number, limit)

    def newest(self, limit: int) -> list[tuple[int, T]]:
        """The last ``limit`` entries, oldest first."""
        with self._changed:
            return self._after(self._dropped + len(self._entries) - limit, limit)

    def wait(
        self, number: int, timeout_s: float, limit: int = 1000, closed: Callable[[], bool] | None = None
    ) -> list[tuple[int, T]]:
        """As :meth:`after`, but waits for up to ``timeout_s`` until there is an entry."""
        deadline = time.monotonic() + timeout_s
        with self._changed:
            while not (found := self._after(number, limit)):
                left = deadline - time.monotonic()
                if left <= 0 or (closed is not None and closed()):
                    break
                self._changed.wait(left)
            return found

    def wake(self) -> None:
        """Let everyone who waits look at their ``closed`` again."""
        with self._changed:
            self._changed.notify_all()

    def clear(self) -> None:
        """Forget the entries; numbering goes on, so that readers notice nothing but silence."""
        with self._changed:
            self._dropped += len(self._entries)
            self._entries.clear()
            self._changed.notify_all()

    def _after(self, number: int, limit: int) -> list[tuple[int, T]]:
        start = max(0, number - self._dropped)
        first = self._dropped + start + 1
        return list(enumerate(self._entries[start : start + max(0, limit)], first))
