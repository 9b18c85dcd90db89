"""Staying under Meta's limits: what its usage headers say, and a brake per page.

Calling on while limited lengthens the block, so a page that is near its limit or over it gets no
calls until its time has come.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from connectors.payload import items, mapping, number

STOP_AT_PERCENT = 95.0
STOP_S = 60.0
LONGEST_STOP_S = 24 * 3600.0
_HEADERS = ("X-App-Usage", "X-Page-Usage", "X-Business-Use-Case-Usage")
_MEASURES = ("call_count", "total_cputime", "total_time")


@dataclass(frozen=True, slots=True)
class Usage:
    """The fullest of Meta's quotas in percent, and the seconds until it lets us call again (0: now)."""

    percent: float = 0.0
    regain_s: float = 0.0


def read_usage(headers: Mapping[str, str]) -> Usage:
    """The usage in an answer's headers; what cannot be read counts as none."""
    quotas = [quota for name in _HEADERS for quota in _quotas(headers.get(name, ""))]
    percents = [number(quota.get(measure)) or 0.0 for quota in quotas for measure in _MEASURES]
    minutes = [number(quota.get("estimated_time_to_regain_access")) or 0.0 for quota in quotas]
    regain_s = min(max(minutes, default=0.0) * 60, LONGEST_STOP_S)
    return Usage(max(percents, default=0.0), max(regain_s, 0.0))


def _quotas(header: str) -> Iterator[Mapping[str, Any]]:
    """One header holds an object, or lists of objects by business id."""
    try:
        value = mapping(json.loads(header))
    except (ValueError, RecursionError):
        return
    yield value
    for listed in value.values():
        yield from (mapping(quota) for quota in items(listed))


class Brake:
    """Until when each page is to be left alone. Thread-safe; ``clock`` counts seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._until: dict[str, float] = {}
        self._lock = threading.Lock()

    def stop(self, page: str, seconds: float) -> None:
        """No calls for ``page`` for ``seconds`` from now, or longer if so it was."""
        until = self._clock() + min(seconds, LONGEST_STOP_S)
        with self._lock:
            self._until[page] = max(until, self._until.get(page, until))

    def wait_s(self, page: str) -> float:
        """Seconds that ``page`` still has to wait; 0 if it may call."""
        with self._lock:
            return max(self._until.get(page, 0.0) - self._clock(), 0.0) if page in self._until else 0.0
