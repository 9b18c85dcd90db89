"""From replies to figures. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.evaluation.cases import Case
from benchmarks.evaluation.systems import Reply

BINS = 10


@dataclass(frozen=True, slots=True)
class Asked:
    """One question with the reply, and the milliseconds that it took: in all, and of these in Rasa."""

    case: Case
    reply: Reply
    ms: float
    nlu_ms: float = 0.0

    @property
    def first_right(self) -> bool:
        """The code that is named first is a right one."""
        return bool(self.reply.codes) and self.reply.codes[0] in self.case.codes


@dataclass(frozen=True, slots=True)
class Share:
    """How many of how many."""

    right: int
    all: int

    def __str__(self) -> str:
        return f"{100 * self.right / self.all:.1f} % of {self.all}" if self.all else "–"


Measure = Callable[[Asked], bool | None]
"""Whether a question was answered rightly; None where the measure does not apply to it."""


def _top(n: int) -> Measure:
    def measure(asked: Asked) -> bool | None:
        return bool(asked.case.codes & set(asked.reply.codes[:n])) if asked.case.codes else None

    return measure


def _behaviour(wanted: str | None = None) -> Measure:
    def measure(asked: Asked) -> bool | None:
        if wanted and asked.case.behaviour != wanted:
            return None
        return asked.reply.behaviour == asked.case.behaviour

    return measure


def _aspect(asked: Asked) -> bool | None:
    case = asked.case
    return bool(case.aspects & asked.reply.aspects) if case.aspects and case.codes else None


def _all_aspects(asked: Asked) -> bool | None:
    case = asked.case
    return case.aspects == asked.reply.aspects if case.aspects and case.codes else None


def _right_when_answered(asked: Asked) -> bool | None:
    if asked.reply.behaviour != "answer" or not asked.case.codes:
        return None
    return asked.first_right


def _not_answered(asked: Asked) -> bool | None:
    """Out of scope: nothing is answered as if it were a procedure."""
    if asked.case.behaviour != "apologize" or asked.case.codes:
        return None
    return asked.reply.behaviour != "answer"


MEASURES: dict[str, Measure] = {
    "top-1 code": _top(1),
    "top-3 code": _top(3),
    "behaviour": _behaviour(),
    "… answer": _behaviour("answer"),
    "… clarify": _behaviour("clarify"),
    "… refuse": _behaviour("apologize"),
    "aspect (one asked for)": _aspect,
    "aspects, exactly": _all_aspects,
    "right when answered": _right_when_answered,
    "out of scope: not answered": _not_answered,
}


def share(asked: Sequence[Asked], measure: Measure) -> Share:
    """How often ``measure`` holds where it applies."""
    verdicts = [verdict for item in asked if (verdict := measure(item)) is not None]
    return Share(sum(verdicts), len(verdicts))


def spoken(asked: Sequence[Asked]) -> list[tuple[float, bool]]:
    """(confidence, was the first code right) of all that was taken for a question on a procedure."""
    return [(item.reply.confidence, item.first_right) for item in asked if item.reply.about_procedure]


def one_answer(asked: Sequence[Asked]) -> list[Asked]:
    """Without the questions that must be asked back: of several right codes, which is the probable one?"""
    return [item for item in asked if item.case.behaviour != "clarify"]


def reliability(pairs: Sequence[tuple[float, bool]]) -> list[tuple[float, float, int]]:
    """(mean confidence, share right, how many) of ten equal bins that hold anything."""
    bins: list[list[tuple[float, bool]]] = [[] for _ in range(BINS)]
    for confidence, right in pairs:
        bins[min(int(confidence * BINS), BINS - 1)].append((confidence, right))
    return [
        (sum(c for c, _ in held) / len(held), sum(r for _, r in held) / len(held), len(held))
        for held in bins
        if held
    ]


def calibration_error(pairs: Sequence[tuple[float, bool]]) -> float:
    """The expected calibration error over ten equal bins (Naeini et al. 2015, AAAI), 0..1."""
    total = sum(n for _, _, n in reliability(pairs)) or 1
    return sum(n * abs(confidence - right) for confidence, right, n in reliability(pairs)) / total


def twins_agree(asked: Sequence[Asked]) -> Share:
    """How often a question and its twin without diacritics get the same code, behaviour and aspects."""
    pairs = [(asked[item.case.twin], item) for item in asked if item.case.twin is not None]
    same = [
        (a.reply.codes[:1], a.reply.behaviour, a.reply.aspects)
        == (b.reply.codes[:1], b.reply.behaviour, b.reply.aspects)
        for a, b in pairs
    ]
    return Share(sum(same), len(same))
