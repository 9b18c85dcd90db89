"""From what happened in each conversation to the figures of a report. Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from bot.reports.period import Period

WAITS = (("under5", 5.0), ("under15", 15.0), ("under60", 60.0), ("longer", math.inf))
"""Classes of waiting time: name and upper end in minutes, the end not included."""
UNANSWERED_WAIT = "none"
MOST_ASKED = 15


class Result(StrEnum):
    """Who dealt with a conversation within the period; each has exactly one."""

    ALONE = "alone"  # the bot answered, and no person was asked for or wrote
    HANDED = "handed"  # a person was asked for, or an officer wrote
    OTHER = "other"  # neither: greetings, questions that were not understood


@dataclass(frozen=True, slots=True)
class Wish:
    """A resident's wish for a person. ``minutes`` until the officer's first words; None: not answered yet."""

    created_at: datetime
    minutes: float | None
    in_hours: bool


@dataclass(slots=True)
class Talk:
    """One conversation, as far as it fell into the period; ``days``: when the resident wrote."""

    id: int
    channel: str
    unit_id: int = 1
    queue: str = "chung"
    days: set[date] = field(default_factory=set)
    received: int = 0
    answered: int = 0
    by_officer: int = 0
    codes: Counter[str] = field(default_factory=Counter)
    wishes: list[Wish] = field(default_factory=list)
    missed: int = 0
    escalated: int = 0  # how often the supervisors were told: it waited too long, or was rated badly
    scores: list[tuple[int, bool]] = field(default_factory=list)  # (1 or 5, whether an officer is meant)

    @property
    def result(self) -> Result:
        """Who dealt with it."""
        if self.wishes or self.by_officer:
            return Result.HANDED
        return Result.ALONE if self.answered else Result.OTHER

    @property
    def longest_wait(self) -> float | None:
        """Minutes; None if no wish was answered."""
        return max((wish.minutes for wish in self.wishes if wish.minutes is not None), default=None)

    @property
    def outside_hours(self) -> int:
        """How many wishes came while nobody works."""
        return sum(not wish.in_hours for wish in self.wishes)


@dataclass(frozen=True, slots=True)
class Choice:
    """Which conversations are looked at; None: no matter."""

    day: date | None = None
    channel: str | None = None
    result: Result | None = None
    code: str | None = None
    wait: str | None = None
    outside: bool = False
    missed: bool = False
    escalated: bool = False
    score: int | None = None

    def holds(self, talk: Talk) -> bool:
        """Whether ``talk`` is one of them."""
        return (
            (self.day is None or self.day in talk.days)
            and self.channel in (None, talk.channel)
            and self.result in (None, talk.result)
            and (self.code is None or self.code in talk.codes)
            and (self.wait is None or any(wait_class(wish) == self.wait for wish in talk.wishes))
            and (not self.outside or talk.outside_hours > 0)
            and (not self.missed or talk.missed > 0)
            and (not self.escalated or talk.escalated > 0)
            and (self.score is None or any(score == self.score for score, _ in talk.scores))
        )


@dataclass(frozen=True, slots=True)
class Report:
    """The figures of one period. Waiting times in minutes, None where nobody waited."""

    conversations: int
    daily: dict[str, list[int]]  # by channel, one number for each day of the period
    results: dict[Result, int]
    wishes: int
    wait_median: float | None
    wait_90: float | None
    waits: dict[str, int]
    outside_hours: int
    most_asked: list[tuple[str, int]]
    missed: int
    escalated: int
    good: int
    bad: int
    officer_good: int
    officer_bad: int


def wait_class(wish: Wish) -> str:
    """The class of :data:`WAITS`, or :data:`UNANSWERED_WAIT`."""
    if wish.minutes is None:
        return UNANSWERED_WAIT
    return next(name for name, end in WAITS if wish.minutes < end)


def percentile(values: Sequence[float], share: float) -> float | None:
    """The value below which ``share`` (0..1) of them lie, interpolated; None of none."""
    ordered = sorted(values)
    if not ordered:
        return None
    place = share * (len(ordered) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    between = ordered[below] + (ordered[above] - ordered[below]) * (place - below)
    return min(max(between, ordered[below]), ordered[above])  # rounding must not leave the two


def part(some: int, of_all: int) -> float:
    """In percent; 0 of none."""
    return 100.0 * some / of_all if of_all else 0.0


def report(talks: Iterable[Talk], period: Period) -> Report:
    """The figures of all ``talks``."""
    talks = list(talks)
    wishes = [wish for talk in talks for wish in talk.wishes]
    waited = [wish.minutes for wish in wishes if wish.minutes is not None]
    asked: Counter[str] = Counter()
    for talk in talks:
        asked.update(talk.codes)
    results = Counter(talk.result for talk in talks)
    classes = Counter(map(wait_class, wishes))
    scores = Counter(score for talk in talks for score in talk.scores)
    return Report(
        conversations=len(talks),
        daily=_daily(talks, period),
        results={result: results[result] for result in Result},
        wishes=len(wishes),
        wait_median=percentile(waited, 0.5),
        wait_90=percentile(waited, 0.9),
        waits={name: classes[name] for name in [*(name for name, _ in WAITS), UNANSWERED_WAIT]},
        outside_hours=sum(not wish.in_hours for wish in wishes),
        most_asked=sorted(asked.items(), key=lambda item: (-item[1], item[0]))[:MOST_ASKED],
        missed=sum(talk.missed for talk in talks),
        escalated=sum(talk.escalated for talk in talks),
        good=scores[5, False],
        bad=scores[1, False],
        officer_good=scores[5, True],
        officer_bad=scores[1, True],
    )


def _daily(talks: Sequence[Talk], period: Period) -> dict[str, list[int]]:
    counted = Counter((talk.channel, day) for talk in talks for day in talk.days)
    channels = sorted({talk.channel for talk in talks})
    return {channel: [counted[channel, day] for day in period.days()] for channel in channels}
