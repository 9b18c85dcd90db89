"""``make fit``: the weights of bot/understanding/deciding.py from questions that Rasa never trained on.

Maximum likelihood with a little shrinkage, by gradient ascent: of a question with an answer the right
codes together should be probable; what is none of our business should be "none" or an intent that says
so. Left out: turns inside a dialogue, which lean on what came before, and questions that must be asked
back, which have no one right code (the bands take care of them).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import yaml

from benchmarks.evaluation import cases as reading
from benchmarks.evaluation.__main__ import running_rasa
from benchmarks.evaluation.cases import Case
from bot.knowledge.loading import load_knowledge
from bot.settings import ROOT, load_settings
from bot.understanding.client import RasaClient
from bot.understanding.deciding import NONE, WEIGHTS, Evidence, Thresholds, Weights
from bot.understanding.names import code_of
from bot.understanding.types import UNNAMED
from bot.understanding.understander import Understander

FACTS = (
    "log_p", "near", "name", "exact", "answered", "former", "unspoken", "other", "none", "strange", "far",
)  # fmt: skip
BLUR = ("one_word", "two_words", "shared_name")
STEPS = 3000
RATE = 0.02
SHRINKAGE = 2e-3
NLU_TESTS = ROOT / "rasa_project" / "tests" / "nlu.yml"
OUT_OF_SCOPE = "out_of_scope"


@dataclass(frozen=True, slots=True)
class Example:
    """The evidence on one question and the readings that are right."""

    evidence: Evidence
    right: frozenset[str]


def main() -> None:
    """Fit and write the weights."""
    settings = load_settings()
    knowledge = load_knowledge(settings.faq_dir, settings.commune)
    with running_rasa() as (url, token):
        understander = Understander(knowledge, RasaClient(url, token), Thresholds(), Weights({}, {}))
        examples = [
            Example(evidence, right)
            for text, right in _questions()
            if (evidence := understander.evidence(text)) is not None
        ]
    usable = [e for e in examples if any(option.name in e.right for option in e.evidence.options)]
    print(f"{len(examples)} questions, {len(usable)} of them with a right reading among the options")
    weights, loss = fit(usable)
    data: dict[str, Any] = {
        "made_by": "make fit",
        "on": f"{len(usable)} questions of fit.yml and vague.yml in tests/understanding/sets, and nlu.yml",
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "loss": round(loss, 4),
        "facts": weights.facts,
        "blur": weights.blur,
    }
    WEIGHTS.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(data, indent=1))


def _questions() -> list[tuple[str, frozenset[str]]]:
    """Text and right readings."""
    found = []
    for name in ("fit.yml", "vague.yml"):
        for case in reading.read(reading.OWN_SETS / name):
            right = _right(case)
            if right and case.dialogue is None:
                found.append((case.text, right))
    for block in yaml.safe_load(NLU_TESTS.read_text(encoding="utf-8"))["nlu"]:
        intent = block["intent"]
        names = frozenset({NONE, intent} if intent == OUT_OF_SCOPE else {code_of(intent) or intent})
        found += [(line.removeprefix("- ").strip(), names) for line in block["examples"].splitlines()]
    return found


def _right(case: Case) -> frozenset[str]:
    if case.behaviour == "apologize":
        return frozenset({NONE, OUT_OF_SCOPE})
    if case.behaviour == "clarify":
        return frozenset() if case.codes else frozenset({UNNAMED})
    return case.codes


def fit(examples: Sequence[Example]) -> tuple[Weights, float]:
    """The weights and the mean loss (nats a question) at the end."""
    width = max(len(e.evidence.options) for e in examples)
    facts = np.zeros((len(examples), width, len(FACTS)))
    blur = np.zeros((len(examples), len(BLUR)))
    there = np.zeros((len(examples), width), bool)
    right = np.zeros((len(examples), width))
    for i, example in enumerate(examples):
        blur[i] = [example.evidence.blur[name] for name in BLUR]
        for j, option in enumerate(example.evidence.options):
            facts[i, j] = [option.facts.get(name, 0.0) for name in FACTS]
            there[i, j] = True
            right[i, j] = option.name in example.right
    start = np.array([1.0, 2.0, 2.0, 0.5, 0.5, 0.0, -0.5, 0.0, 0.0, 1.0, 1.0])
    w, b = start.copy(), np.zeros(len(BLUR))
    means = [np.zeros_like(w), np.zeros_like(b)]
    squares = [np.zeros_like(w), np.zeros_like(b)]
    loss = 0.0
    for step in range(1, STEPS + 1):
        scale = np.exp(-blur @ b)
        raw = np.where(there, facts @ w, -1e9)
        p = np.exp(raw * scale[:, None] - (raw * scale[:, None]).max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        held = (p * right).sum(axis=1, keepdims=True)
        wanted = p * right / (held + 1e-12)
        loss = float(-np.mean(np.log(held + 1e-12)))
        error = (p - wanted) * there
        g_w = np.einsum("ij,ijk,i->k", error, facts, scale) / len(examples) + SHRINKAGE * (w - start)
        g_b = -np.einsum("ij,ij,i,ik->k", error, np.where(there, raw, 0.0), scale, blur) / len(examples)
        g_b += SHRINKAGE * b
        for value, gradient, mean, square in zip((w, b), (g_w, g_b), means, squares, strict=True):
            mean *= 0.9
            mean += 0.1 * gradient
            square *= 0.999
            square += 0.001 * gradient**2
            value -= RATE * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.999**step)) + 1e-8)
    named = {name: round(float(v), 4) for name, v in zip(FACTS, w, strict=True)}
    return Weights(named, {name: round(float(v), 4) for name, v in zip(BLUR, b, strict=True)}), loss


if __name__ == "__main__":
    main()
