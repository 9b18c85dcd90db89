"""The stand-ins' own rate limit: calls per minute."""

from __future__ import annotations

import threading
import time


class RateMeter:
    """Calls in the current minute; a limit of 0 counts nothing."""

    def __init__(self, per_minute: int) -> None:
        self.per_minute = per_minute
        self._lock = threading.Lock()
        self._minute = 0
        self._used = 0

    def take(self) -> tuple[bool, int]:
        """May this call go on, and how many are left."""
        if not self.per_minute:
            return True, 4000
        with self._lock:
            minute = int(time.monotonic() // 60)
            if minute != self._minute:
                self._minute, self._used = minute, 0
            self._used += 1
            return self._used <= self.per_minute, max(0, self.per_minute - self._used)
