"""From scores to a decision: one small model that says how probable each reading of a message is.

The readings are the procedures that Rasa or the matcher brings up, the other intents that Rasa ranks,
and "none of these". Each has a utility, a weighted sum of what speaks for it; the probabilities are the
softmax of the utilities (a multinomial logit, McFadden 1974). Short messages and names that several
procedures share make it less decided. So the probability of the best procedure *is* the confidence, and
the bands are cut from it. Whether a question is better answered by a question ("giấy phép xây dựng": which
of them?) is a second, logistic model: a rival close by and a name that many share speak for it. The weights
of both are fitted, by ``make fit``, to questions that Rasa never trained
on (tests/understanding/sets/fit.yml); docs/understanding.md explains and measures them.

Pure, but for :func:`load_weights`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.understanding.client import Parse
from bot.understanding.matcher import Match
from bot.understanding.names import Kind, code_of
from bot.understanding.types import UNNAMED, Aspect, Band, Candidate

NAMED = 0.7
"""A matcher score from which on a message names a procedure, whatever else it says."""
SHOWN = 5
"""Candidates that are handed on."""
NONE = ""
"""The reading that the message is none of what is known."""
FLOOR = 1e-4
"""A probability below which Rasa's say no different things; also that of what it did not rank."""
_TWINS = 0.06
"""Names whose scores lie this close are told apart by nothing that was said."""
BY_WORD, BY_SILENCE = 0.15, 0.1
"""What a plain word for an aspect adds to its probability, and what the lack of one takes from it."""
WITHOUT_A_WORD = 0.85
"""What an aspect without a word needs beside one that has its word."""
SHORT = 5
"""Words of a message that says little."""
KINDS = {"out_of_scope": "outside", "elsewhere": "outside", UNNAMED: "unnamed"}
"""Intents that say what the matter is not, each kind with a weight of its own; the rest are skills."""
STORY = 24
"""Words of a message that is as long as it can be for our purposes."""
COMMON = 4
"""From so many holders on a name is common."""
WEIGHTS = Path(__file__).with_name("decision.json")


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Where the bands begin, and what else decides; all in 0..1. Chosen by ``make evaluate`` on fit.yml."""

    sure: float = 0.40
    unsure: float = 0.35
    degraded_sure: float = 0.80  # the matcher alone must be surer
    degraded_unsure: float = 0.55
    ask: float = 0.5  # from this probability on a question back is the better answer
    aspect: float = 0.5  # from this probability on an aspect counts as asked for
    near_enough: float = 0.45  # cosine to the nearest example below which a follow-up is doubted
    known_enough: float = 0.5  # share of known words below which a follow-up is doubted


@dataclass(frozen=True, slots=True)
class Option:
    """One reading of a message, a code or an intent or :data:`NONE`, with what speaks for it, by name."""

    name: str
    facts: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Evidence:
    """All readings of one message, and what makes the choice among them less sharp, by name.

    ``holders``: how many codes have a name with every word of weight in it. ``short``: few words at all.
    """

    options: tuple[Option, ...]
    blur: Mapping[str, float]
    holders: int = 0
    short: bool = False


@dataclass(frozen=True, slots=True)
class Weights:
    """What each fact counts, how much each blur takes from the sharpness, and what calls for a question."""

    facts: Mapping[str, float]
    blur: Mapping[str, float]
    ask: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Reading:
    """The joined evidence on one message. ``confidence``: the probability of the first candidate."""

    candidates: tuple[Candidate, ...]
    confidence: float
    intent: str | None  # the best intent that is no procedure, where it beats every procedure
    intent_score: float = 0.0
    in_scope: float = 0.0  # the probability that any of the procedures is meant
    ask: float = 0.0  # the probability that a question back is the right answer


def load_weights(path: Path = WEIGHTS) -> Weights:
    """The fitted weights.

    :raises OSError, ValueError, KeyError: if the file is missing or broken; ``make fit`` makes it.
    """
    data = json.loads(path.read_text(encoding="utf-8"))
    return Weights(facts=data["facts"], blur=data["blur"], ask=data["ask"])


@dataclass(frozen=True, slots=True)
class Wording:
    """How much a message says: its words, those of weight, and the codes with a name that has all these."""

    words: int
    weighty: int
    holders: int


def gather(parse: Parse, matches: Sequence[Match], unspoken: frozenset[str], wording: Wording) -> Evidence:
    """The readings of a message.

    :param unspoken: codes that are for a special case of which the message says nothing.
    """
    ranked = dict(parse.intents)
    named = {match.code: match for match in matches}
    codes = {code: p for intent, p in ranked.items() if (code := code_of(intent))}
    near = {code_of(intent) or intent: cosine for intent, cosine in parse.neighbours.items()}
    options = [
        Option(code, _of_procedure(codes.get(code), near.get(code, 0.0), named.get(code), code in unspoken))
        for code in dict.fromkeys((*codes, *named))
    ]
    options += [
        Option(intent, {KINDS.get(intent, "other"): 1.0, "log_p": _log(p), "near": near.get(intent, 0.0)})
        for intent, p in ranked.items()
        if code_of(intent) is None and not (intent == UNNAMED and _names_one(matches, wording))
    ]
    strange = {"none": 1.0, "strange": 1.0 - parse.known_share, "far": 1.0 - parse.nearest}
    options.append(Option(NONE, strange))
    # Who tells a long story wants something of the office; and it lies far from every short example.
    story = {"story": min(wording.words, STORY) / STORY}
    options = [
        Option(o.name, {**o.facts, **story} if o.name in KINDS or o.name == NONE else o.facts)
        for o in options
    ]
    blur = {
        "one_word": float(wording.weighty <= 1),
        "two_words": float(wording.weighty == 2),
        "shared_name": float(_open(matches)),
    }
    return Evidence(tuple(options), blur, wording.holders, wording.words <= SHORT)


def _of_procedure(p: float | None, near: float, match: Match | None, unspoken: bool) -> Mapping[str, float]:
    facts = {"log_p": _log(p or 0.0), "near": near}
    if match:
        facts["name"] = match.score
        facts["exact"] = float(match.exact)
        facts["answered"] = match.answered
        facts["former"] = float(match.kind is Kind.FORMER)
    if unspoken:
        facts["unspoken"] = 1.0
    return facts


def _names_one(matches: Sequence[Match], wording: Wording) -> bool:
    """Whether the message does name a paper, and not only words that many names have."""
    return bool(matches) and matches[0].score >= NAMED and wording.holders < COMMON


def is_procedure(option: Option) -> bool:
    """Whether the reading is a procedure's code, and neither another intent nor none of all."""
    return option.name[:1].isdigit()


def _log(p: float) -> float:
    return math.log(max(p, FLOOR))


def sharpness(evidence: Evidence, weights: Weights) -> float:
    """The factor on all utilities, 1 where nothing blurs."""
    return math.exp(-sum(weights.blur.get(name, 0.0) * value for name, value in evidence.blur.items()))


def probabilities(evidence: Evidence, weights: Weights) -> Mapping[str, float]:
    """The probability of each reading, by name."""
    scale = sharpness(evidence, weights)
    utilities = [
        scale * sum(weights.facts.get(name, 0.0) * value for name, value in option.facts.items())
        for option in evidence.options
    ]
    best = max(utilities)
    shares = [math.exp(utility - best) for utility in utilities]
    total = sum(shares)
    return {option.name: s / total for option, s in zip(evidence.options, shares, strict=True)}


def decide(evidence: Evidence, weights: Weights) -> Reading:
    """The procedures by probability, and the intent that beats them all, if one does."""
    known = probabilities(evidence, weights)
    others = {o.name for o in evidence.options if not is_procedure(o)}
    codes = {name: p for name, p in known.items() if name not in others}
    ranked = _ranked(codes)
    intents = others - {NONE}
    intent = max(intents, key=lambda name: (known[name], name), default=None)
    in_scope = sum(codes.values())
    # Procedures share their probability among near-twins: a skill must beat all of them together.
    if intent is not None and known[intent] <= max(in_scope, 1e-9):
        intent = None
    confidence = codes[ranked[0].code] if ranked else 0.0
    asking = sum(weights.ask.get(name, 0.0) * value for name, value in ask_facts(evidence, ranked).items())
    return Reading(
        ranked,
        round(confidence, 4),
        intent,
        known[intent] if intent else 0.0,
        in_scope,
        1.0 / (1.0 + math.exp(-asking)),
    )


def ask_facts(evidence: Evidence, ranked: Sequence[Candidate]) -> Mapping[str, float]:
    """What speaks for and against a question back, by name."""
    facts = {option.name: option.facts for option in evidence.options}
    best = ranked[0].code if ranked else NONE
    of_best = facts.get(best, {})
    few = evidence.blur["one_word"] or evidence.blur["two_words"]
    rivals = [option.facts for option in evidence.options if is_procedure(option) and option.name != best]
    return {
        "always": 1.0,
        "confidence": ranked[0].score if ranked else 0.0,
        "second": ranked[1].score if len(ranked) > 1 else 0.0,
        "near": of_best.get("near", 0.0),
        "exact": of_best.get("exact", 0.0),
        "rival_near": max((f.get("near", 0.0) for f in rivals), default=0.0),
        "rival_name": max((f.get("name", 0.0) for f in rivals), default=0.0),
        "holders": math.log1p(evidence.holders),
        "short": float(evidence.short),
        "common": float(evidence.holders >= COMMON and bool(few) and not of_best.get("exact")),
        **evidence.blur,
    }


def _open(matches: Sequence[Match]) -> bool:
    """Whether what was said is a name that several procedures share alike."""
    if not matches:
        return False
    best = matches[0]
    owners = [m for m in matches if m.exact]
    if owners and (len(owners) > 1 or best.kind is not Kind.SHARED):
        return len(owners) > 1
    alike = [m for m in matches if m.score >= best.score - _TWINS and m.answered >= best.answered - 0.01]
    return len(alike) > 1


def just_below(threshold: float) -> float:
    """The highest confidence of the band under ``threshold``."""
    return max(0.0, threshold - 0.01)


def _ranked(scores: Mapping[str, float]) -> tuple[Candidate, ...]:
    ordered = sorted(scores.items(), key=lambda item: (-item[1], item[0]))
    return tuple(Candidate(code, round(min(score, 1.0), 4)) for code, score in ordered[:SHOWN])


def by_names_alone(matches: Sequence[Match], thresholds: Thresholds) -> Reading:
    """The reading when Rasa is away."""
    ranked = _ranked({match.code: match.score for match in matches})
    if not ranked:
        return Reading((), 0.0, None)
    rival = ranked[1].score if len(ranked) > 1 else 0.0
    confidence = ranked[0].score * min(1.0, 0.85 + 2.0 * (ranked[0].score - rival))
    if _open(matches):
        confidence = min(confidence, just_below(thresholds.degraded_sure))
    return Reading(ranked, round(confidence, 4), None, in_scope=confidence)


def band(
    confidence: float, thresholds: Thresholds, *, degraded: bool, in_scope: float = 0.0, ask: float = 0.0
) -> Band:
    """The band of a confidence, cut higher when Rasa is away.

    ``in_scope``: where no procedure stands out but one of them is meant, the resident is asked which; and
    so from a probability ``ask`` of ``thresholds.ask`` on.
    """
    sure = thresholds.degraded_sure if degraded else thresholds.sure
    unsure = thresholds.degraded_unsure if degraded else thresholds.unsure
    if confidence >= sure and ask < thresholds.ask:
        return Band.SURE
    return Band.UNSURE if max(confidence, in_scope) >= unsure else Band.LOST


def aspects_asked(
    scores: Mapping[str, float], in_words: Collection[Aspect], thresholds: Thresholds
) -> tuple[Aspect, ...]:
    """The aspects that are asked for, surest first.

    :param scores: the model's probability of each.
    :param in_words: those that a plain word asks for, which counts for them, and against the others.
    """
    known = {aspect.value: aspect for aspect in Aspect}
    judged = {
        known[name]: p + (BY_WORD if known[name] in in_words else -BY_SILENCE)
        for name, p in scores.items()
        if name in known
    }
    asked = [aspect for aspect, p in judged.items() if p >= thresholds.aspect]
    if any(aspect in in_words for aspect in asked):
        asked = [a for a in asked if a in in_words or scores[a.value] >= WITHOUT_A_WORD]
    return tuple(sorted(asked, key=lambda aspect: (-judged[aspect], aspect.value)))
