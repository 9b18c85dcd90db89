"""The signs in words: patterns on folded text, each with a weight and a plain reason."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.scams.text import Text
from bot.scams.types import Reason

_GAP = r"(?: \S{1,24}){0,4}? "
"""What ``~`` in a pattern stands for: up to four words between."""


@dataclass(frozen=True, slots=True)
class Signal:
    """One sign: of the signs of one ``group`` only the heaviest counts."""

    reason: Reason
    pattern: re.Pattern[str]
    unless: re.Pattern[str] | None
    on_asked: bool
    group: str


def compiled(
    code: str,
    weight: float,
    text: str,
    any_of: Iterable[str],
    unless: Sequence[str],
    on_asked: bool,
    group: str,
) -> Signal:
    """A sign of ``signals.yml``, its patterns made one."""
    return Signal(
        Reason(code, text, weight),
        _any(any_of),
        _any(unless) if unless else None,
        on_asked,
        group,
    )


def _any(patterns: Iterable[str]) -> re.Pattern[str]:
    body = "|".join(pattern.replace(" ~ ", _GAP) for pattern in patterns)
    return re.compile(rf"(?<!\S)(?:{body})(?!\S)")


def found(signals: Iterable[Signal], text: Text) -> list[Reason]:
    """The signs in ``text``, one of each group."""
    heaviest: dict[str, Reason] = {}
    for signal in signals:
        said = text.asked if signal.on_asked else text.full
        if signal.pattern.search(said) is None:
            continue
        if signal.unless is not None and signal.unless.search(text.full):
            continue
        other = heaviest.get(signal.group)
        if other is None or abs(signal.reason.weight) > abs(other.weight):
            heaviest[signal.group] = signal.reason
    return list(heaviest.values())
