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
RASA_ALONE = 0.75
_TWINS = 0.06
"""Names whose scores lie this close are told apart by nothing that was said."""


def join(parse: Parse | None, matches: Sequence[Match], thresholds: Thresholds) -> Reading:
    """Join Rasa's reading (None: away) and the matcher's into ranked candidates and a confidence."""
    if parse is None:
        return _matcher_alone(matches, thresholds)
    procedures = {code: p for intent, p in parse.intents if (code := code_of(intent))}
    others = [(intent, p) for intent, p in parse.intents if code_of(intent) is None]
    named = {match.code: match for match in matches}
    scores = _scores(procedures, named, best=max((p for _, p in parse.intents), default=0.0))
    ranked = _ranked(scores)
    intent, intent_score = _best_other(others, procedures, matches)
    confidence = _confidence(ranked, procedures, named, parse, thresholds)
    if _open(matches, procedures):
        confidence = min(confidence, just_below(thresholds.sure))
    return Reading(ranked, round(confidence, 4), intent, intent_score)


def _scores(procedures: Mapping[str, float], named: Mapping[str, Match], best: float) -> Mapping[str, float]:
    # Hundreds of intents share the probability: how one stands to the best says as much.
    scores = {code: RASA_WEIGHT * 0.5 * (p + p / (best or 1.0)) for code, p in procedures.items()}
    for code, match in named.items():
        weight = MATCHER_WEIGHT * (0.8 if match.kind is Kind.FORMER else 1.0)
        scores[code] = scores.get(code, 0.0) + weight * match.score
    # Everyday words that no name holds: Rasa alone may be sure, though never as sure as both.
    for code, p in procedures.items():
        scores[code] = max(scores[code], RASA_ALONE * p)
    exact = [code for code, match in named.items() if match.exact]
    if len(exact) == 1 or any(named[code].kind is Kind.SHARED for code in exact):
        for code in exact:
            scores[code] = max(scores[code], 0.9)
    return scores


def _open(matches: Sequence[Match], procedures: Mapping[str, float]) -> bool:
    """Whether what was said fits several procedures alike, so that only a question can tell."""
    if not matches:
        return False
    best = matches[0]
    owners = [m for m in matches if m.exact]
    if owners and (len(owners) > 1 or best.kind is not Kind.SHARED):
        return len(owners) > 1
    alike = [m for m in matches if m.score >= best.score - _TWINS and m.answered >= best.answered - 0.01]
    chosen = max((procedures.get(m.code, 0.0) for m in alike), default=0.0)
    return len(alike) > 1 and chosen < 0.9


def just_below(threshold: float) -> float:
    """The highest confidence of the band under ``threshold``."""
    return max(0.0, threshold - 0.01)


def _ranked(scores: Mapping[str, float]) -> tuple[Candidate, ...]:
    ordered = sorted(scores.items(), key=lambda item: (-item[1], item[0]))
    return tuple(Candidate(code, round(min(score, 1.0), 4)) for code, score in ordered[:SHOWN])


def _best_other(
    others: Sequence[tuple[str, float]],
    procedures: Mapping[str, float],
    matches: Sequence[Match],
) -> tuple[str | None, float]:
    """The skill intent that wins over the procedures, with its probability among the two."""
    if not others or (matches and matches[0].exact):
        return None, 0.0
    name, probability = others[0]
    rivals = sum(procedures.values())
    skills = sum(p for _, p in others)
    named = matches[0].score if matches else 0.0
    if skills <= rivals * (0.6 + 0.8 * named):
        return None, 0.0
    return name, probability / (probability + rivals) if probability else 0.0


def _confidence(
    ranked: Sequence[Candidate],
    procedures: Mapping[str, float],
    named: Mapping[str, Match],
    parse: Parse,
    thresholds: Thresholds,
) -> float:
    """The best score, damped by a close rival and by distance from everything known."""
    if not ranked:
        return 0.0
    best = ranked[0]
    rival = ranked[1] if len(ranked) > 1 else Candidate("", 0.0)
    p_best, p_rival = procedures.get(best.code, 0.0), procedures.get(rival.code, 0.0)
    by_rasa = max(0.0, p_best - p_rival) / ((p_best + p_rival) or 1.0)
    by_name = max(0.0, _score_of(named, best.code) - _score_of(named, rival.code))
    lead = min(1.0, 0.75 + 0.3 * by_rasa + 0.6 * by_name)
    near = min(1.0, 0.4 + 0.6 * parse.nearest / thresholds.near_enough)
    known = min(1.0, 0.4 + 0.6 * parse.known_share / thresholds.known_enough)
    return best.score * lead * near * known


def _score_of(named: Mapping[str, Match], code: str) -> float:
    match = named.get(code)
    return match.score if match else 0.0


def _matcher_alone(matches: Sequence[Match], thresholds: Thresholds) -> Reading:
    ranked = _ranked({match.code: match.score for match in matches})
    if not ranked:
        return Reading((), 0.0, None)
    rival = ranked[1].score if len(ranked) > 1 else 0.0
    confidence = ranked[0].score * min(1.0, 0.85 + 2.0 * (ranked[0].score - rival))
    if _open(matches, {}):
        confidence = min(confidence, just_below(thresholds.degraded_sure))
    return Reading(ranked, round(confidence, 4), None)


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
