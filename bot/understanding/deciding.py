"""From scores to a decision. Pure: no network, no files.

Three witnesses speak on each procedure: Rasa's probability, the matcher's score of its names, and
the conversation's topic. They are joined into one score per code by a weighted sum, and the best
score, damped where the message is far from everything known or a rival is close, is the confidence
that the bands are cut from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.understanding.client import Parse
from bot.understanding.matcher import Match
from bot.understanding.names import Kind, code_of
from bot.understanding.types import Aspect, Band, Candidate

SHOWN = 5
"""Candidates that are handed on."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Where the bands begin, and what else decides; all in 0..1. Set by ``make evaluate``."""

    sure: float = 0.62
    unsure: float = 0.30
    degraded_sure: float = 0.80  # the matcher alone must be surer
    degraded_unsure: float = 0.55
    aspect: float = 0.5  # from this probability on an aspect counts as asked for
    near_enough: float = 0.45  # cosine to the nearest example below which confidence is damped
    known_enough: float = 0.5  # share of known words below which confidence is damped


@dataclass(frozen=True, slots=True)
class Reading:
    """The joined evidence on one message."""

    candidates: tuple[Candidate, ...]
    confidence: float
    intent: str | None  # the best intent that is no procedure, where it beats every procedure
    intent_score: float = 0.0


RASA_WEIGHT = 0.6
MATCHER_WEIGHT = 0.4


def join(parse: Parse | None, matches: Sequence[Match], thresholds: Thresholds) -> Reading:
    """Join Rasa's reading (None: away) and the matcher's into ranked candidates and a confidence."""
    if parse is None:
        return _matcher_alone(matches)
    scores: dict[str, float] = {}
    procedures = [(code, p) for intent, p in parse.intents if (code := code_of(intent))]
    others = [(intent, p) for intent, p in parse.intents if code_of(intent) is None]
    best = max((p for _, p in parse.intents), default=0.0) or 1.0
    for code, probability in procedures:
        # Hundreds of intents share the probability: how it stands to the best one says as much.
        scores[code] = RASA_WEIGHT * (0.5 * probability + 0.5 * probability / best)
    for match in matches:
        weight = MATCHER_WEIGHT * (0.8 if match.kind is Kind.FORMER else 1.0)
        scores[match.code] = scores.get(match.code, 0.0) + weight * match.score
    exact = [m for m in matches if m.exact and m.kind is not Kind.SHARED]
    if len({m.code for m in exact}) == 1:
        code = exact[0].code
        scores[code] = max([*scores.values(), 0.9])
    ranked = _ranked(scores)
    intent, intent_score = _best_other(others, procedures, matches)
    return Reading(ranked, _confidence(ranked, parse, thresholds), intent, intent_score)


def _ranked(scores: Mapping[str, float]) -> tuple[Candidate, ...]:
    ordered = sorted(scores.items(), key=lambda item: (-item[1], item[0]))
    return tuple(Candidate(code, round(min(score, 1.0), 4)) for code, score in ordered[:SHOWN])


def _best_other(
    others: Sequence[tuple[str, float]],
    procedures: Sequence[tuple[str, float]],
    matches: Sequence[Match],
) -> tuple[str | None, float]:
    """The skill intent that wins over the procedures, with its probability among the two."""
    if not others or (matches and matches[0].exact):
        return None, 0.0
    name, probability = others[0]
    rivals = sum(p for _, p in procedures)
    skills = sum(p for _, p in others)
    named = matches[0].score if matches else 0.0
    if skills <= rivals * (0.6 + 0.8 * named):
        return None, 0.0
    return name, probability / (probability + rivals) if probability else 0.0


def _confidence(ranked: Sequence[Candidate], parse: Parse, thresholds: Thresholds) -> float:
    if not ranked:
        return 0.0
    best = ranked[0].score
    rival = ranked[1].score if len(ranked) > 1 else 0.0
    lead = min(1.0, 0.7 + 2.0 * (best - rival))
    near = min(1.0, 0.4 + 0.6 * parse.nearest / thresholds.near_enough)
    known = min(1.0, 0.4 + 0.6 * parse.known_share / thresholds.known_enough)
    return round(best * lead * near * known, 4)


def _matcher_alone(matches: Sequence[Match]) -> Reading:
    scores = {m.code: m.score * (0.9 if m.kind is Kind.SHARED else 1.0) for m in matches}
    ranked = _ranked(scores)
    if not ranked:
        return Reading((), 0.0, None)
    rival = ranked[1].score if len(ranked) > 1 else 0.0
    lead = min(1.0, 0.85 + 2.0 * (ranked[0].score - rival))
    return Reading(ranked, round(ranked[0].score * lead, 4), None)


def band(confidence: float, thresholds: Thresholds, *, degraded: bool) -> Band:
    """The band of a confidence, cut higher when Rasa is away."""
    sure = thresholds.degraded_sure if degraded else thresholds.sure
    unsure = thresholds.degraded_unsure if degraded else thresholds.unsure
    if confidence >= sure:
        return Band.SURE
    return Band.UNSURE if confidence >= unsure else Band.LOST


def aspects_asked(scores: Mapping[str, float], thresholds: Thresholds) -> tuple[Aspect, ...]:
    """The aspects that are asked for, surest first."""
    known = {aspect.value for aspect in Aspect}
    asked = [(p, name) for name, p in scores.items() if name in known and p >= thresholds.aspect]
    return tuple(Aspect(name) for _, name in sorted(asked, key=lambda item: (-item[0], item[1])))
