"""How often one may guess: growing waits per person, per code and per channel account. Pure.

The reasoning with its figures: docs/decisions/0009-dossier-guard.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Failures:
    """How many attempts failed in a ladder's window, and when the last one was (aware; None without any)."""

    count: int = 0
    last: datetime | None = None


@dataclass(frozen=True, slots=True)
class Ladder:
    """From so many failures within ``window`` on one waits so long after the last: ``steps`` ascend in both.

    ``alert_from``: the desk is told from so many failures on.
    """

    window: timedelta
    steps: tuple[tuple[int, timedelta], ...]
    alert_from: int

    def __post_init__(self) -> None:
        if not self.steps or any(a[0] >= b[0] or a[1] >= b[1] for a, b in pairwise(self.steps)):
            raise ValueError("steps must ascend")
        if self.steps[-1][1] > self.window:
            raise ValueError("a failure must not be forgotten before its wait is over")

    def wait_until(self, failures: Failures, now: datetime) -> datetime | None:
        """When the next attempt is free; None: now."""
        waits = [wait for count, wait in self.steps if failures.count >= count]
        if not waits or failures.last is None:
            return None
        until = failures.last + waits[-1]
        return until if until > now else None

    def most_in(self, span: timedelta) -> int:
        """How many failures fit into ``span`` at most, for someone who guesses as soon as it is free.

        The first guesses of a fresh window, each at its step's wait from the last, and after that one per
        longest wait; a window's end gives a fresh one for as many as were taken in it, which is why spans
        beyond the window count whole windows.
        """
        windows = -(-span // self.window)
        return windows * self._most_in_a_window()

    def _most_in_a_window(self) -> int:
        count, at = 0, timedelta(0)
        while at <= self.window:
            count += 1
            waits = [wait for number, wait in self.steps if count >= number]
            at += waits[-1] if waits else timedelta(0)
        return count


@dataclass(frozen=True, slots=True)
class Limits:
    """The three ladders. ``proven``: so long a person's hit on a code counts as knowing it."""

    person: Ladder
    code: Ladder
    account: Ladder
    proven: timedelta = 90 * _DAY


LIMITS = Limits(
    person=Ladder(
        7 * _DAY,
        ((3, _MINUTE), (4, 5 * _MINUTE), (5, 30 * _MINUTE), (6, 3 * _HOUR), (7, _DAY)),
        alert_from=6,
    ),
    code=Ladder(
        30 * _DAY,
        ((5, 10 * _MINUTE), (8, _HOUR), (10, 6 * _HOUR), (12, _DAY), (18, 7 * _DAY)),
        alert_from=8,
    ),
    account=Ladder(_DAY, ((30, 10 * _MINUTE), (50, _HOUR), (60, 6 * _HOUR)), alert_from=30),
)
