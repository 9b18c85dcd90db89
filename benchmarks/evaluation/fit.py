"""``make fit``: the weights of bot/understanding/deciding.py from questions that Rasa never trained on.

Maximum likelihood with a little shrinkage, by gradient ascent. Of a question with an answer the right
codes together should be probable; what is none of our business should be "none" or an intent that says
so. Questions that must be asked back have no one right code and are left out there; the second model
learns to tell them from the others. Turns inside a dialogue lean on what came before and are left out.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np
import yaml

from benchmarks.evaluation import cases as reading
from benchmarks.evaluation.rasa import running_rasa
from bot.knowledge.loading import load_knowledge
from bot.settings import ROOT, load_settings
from bot.understanding.client import RasaClient
from bot.understanding.deciding import (
    NONE,
    WEIGHTS,
    Evidence,
    Thresholds,
    Weights,
    ask_facts,
    decide,
)
from bot.understanding.names import code_of
from bot.understanding.types import UNNAMED
from bot.understanding.understander import Understander

START = {
    "log_p": 1.0, "near": 2.0, "name": 2.0, "exact": 0.5, "answered": 0.5, "former": 0.0, "unspoken": -0.5,
    "other": 0.0, "outside": 0.0, "unnamed": 0.0, "none": 0.0, "strange": 1.0, "far": 1.0, "story": 0.0,
}  # fmt: skip
"""What each fact counts before anything was learnt; shrinkage draws back to it."""
BLUR = ("one_word", "two_words", "shared_name")
STEPS = 3000
RATE = 0.02
SHRINKAGE = 2e-3
NLU_TESTS = ROOT / "rasa_project" / "tests" / "nlu.yml"
OUT_OF_SCOPE = frozenset({NONE, "out_of_scope", "elsewhere"})


@dataclass(frozen=True, slots=True)
class Example:
    """The evidence on one question, the readings that are right, and whether it must be asked back.

    ``asked_back`` None: it is no question on a procedure.
    """

    evidence: Evidence
    right: frozenset[str]
    asked_back: bool | None


def main() -> None:
    """Fit and write the weights."""
    settings = load_settings()
    knowledge = load_knowledge(settings.faq_dir, settings.commune)
    with running_rasa() as (url, token):
        understander = Understander(knowledge, RasaClient(url, token), Thresholds(), Weights({}, {}, {}))
        examples = [
            Example(evidence, right, asked_back)
            for text, right, asked_back in _questions()
            if (evidence := understander.evidence(text)) is not None
        ]
    weights, said = fit(examples)
    data = {"made_by": "make fit", "date": f"{datetime.now(UTC):%Y-%m-%d}", **said}
    data |= {"facts": weights.facts, "blur": weights.blur, "ask": weights.ask}
    WEIGHTS.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    print(WEIGHTS.read_text(encoding="utf-8"))


def _questions() -> list[tuple[str, frozenset[str], bool | None]]:
    """Text, right readings, and whether it must be asked back."""
    found: list[tuple[str, frozenset[str], bool | None]] = []
    for name in ("fit.yml", "vague.yml", "asking.yml"):
        for case in reading.read(reading.OWN_SETS / name):
            if case.dialogue is not None or case.twin is not None:
                continue
            if case.behaviour == "apologize":
                found.append((case.text, OUT_OF_SCOPE, None))
            elif case.behaviour == "clarify":
                found.append((case.text, frozenset() if case.codes else frozenset({UNNAMED}), True))
            else:
                found.append((case.text, case.codes, False))
    for block in yaml.safe_load(NLU_TESTS.read_text(encoding="utf-8"))["nlu"]:
        intent = block["intent"]
        right = OUT_OF_SCOPE if intent in OUT_OF_SCOPE else frozenset({code_of(intent) or intent})
        asked_back = False if code_of(intent) else None
        found += [
            (line.removeprefix("- ").strip(), right, asked_back) for line in block["examples"].splitlines()
        ]
    return found


def fit(examples: Sequence[Example]) -> tuple[Weights, dict[str, object]]:
    """The weights, and what to say of how they came about."""
    usable = [e for e in examples if any(option.name in e.right for option in e.evidence.options)]
    facts, blur, loss = _fit_choice(usable)
    weights = Weights(facts, blur, {})
    on_procedures = [e for e in examples if e.asked_back is not None]
    ask, ask_loss = _fit_asking(weights, on_procedures)
    said = {
        "on": "fit.yml, vague.yml and asking.yml in tests/understanding/sets, rasa_project/tests/nlu.yml",
        "questions": {"choice": len(usable), "asking": len(on_procedures)},
        "loss": {"choice": round(loss, 4), "asking": round(ask_loss, 4)},
    }
    return replace(weights, ask=ask), said


def _fit_choice(examples: Sequence[Example]) -> tuple[dict[str, float], dict[str, float], float]:
    """The multinomial logit over the readings: facts, blur, mean loss in nats a question."""
    shape = (len(examples), max(len(e.evidence.options) for e in examples))
    facts, there, right = np.zeros((*shape, len(START))), np.zeros(shape, bool), np.zeros(shape)
    blur = np.array([[e.evidence.blur[name] for name in BLUR] for e in examples])
    for i, example in enumerate(examples):
        for j, option in enumerate(example.evidence.options):
            facts[i, j] = [option.facts.get(name, 0.0) for name in START]
            there[i, j] = True
            right[i, j] = option.name in example.right
    start = np.array([*START.values(), *(0.0 for _ in BLUR)])

    def slope(w: np.ndarray) -> tuple[np.ndarray, float]:
        scale = np.exp(-blur @ w[len(START) :])
        raw = np.where(there, facts @ w[: len(START)], -1e9)
        scaled = raw * scale[:, None]
        p = np.exp(scaled - scaled.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        held = (p * right).sum(axis=1, keepdims=True) + 1e-12
        error = (p - p * right / held) * there
        of_facts = np.einsum("ij,ijk,i->k", error, facts, scale)
        of_blur = -np.einsum("ij,ij,i,ik->k", error, np.where(there, raw, 0.0), scale, blur)
        return np.concatenate([of_facts, of_blur]) / len(examples), float(-np.mean(np.log(held)))

    w, loss = _descend(start, slope)
    found = [round(float(value), 4) for value in w]
    named = dict(zip(START, found[: len(START)], strict=True))
    return named, dict(zip(BLUR, found[len(START) :], strict=True)), loss


def _fit_asking(weights: Weights, examples: Sequence[Example]) -> tuple[dict[str, float], float]:
    """The logistic model of whether to ask back: its weights, mean loss in nats a question."""
    rows = [ask_facts(e.evidence, decide(e.evidence, weights).candidates) for e in examples]
    names = list(rows[0])
    x = np.array([[row[name] for name in names] for row in rows])
    y = np.array([float(bool(e.asked_back)) for e in examples])

    def slope(w: np.ndarray) -> tuple[np.ndarray, float]:
        p = 1.0 / (1.0 + np.exp(-x @ w))
        likely = np.where(y > 0, p, 1.0 - p)
        return x.T @ (p - y) / len(y), float(-np.mean(np.log(likely + 1e-12)))

    w, loss = _descend(np.zeros(len(names)), slope)
    return {name: round(float(value), 4) for name, value in zip(names, w, strict=True)}, loss


def _descend(
    start: np.ndarray, slope: Callable[[np.ndarray], tuple[np.ndarray, float]]
) -> tuple[np.ndarray, float]:
    """Adam from ``start``, drawn back to it by SHRINKAGE; the weights and the loss at the end."""
    w, mean, square, loss = start.copy(), np.zeros_like(start), np.zeros_like(start), 0.0
    for step in range(1, STEPS + 1):
        gradient, loss = slope(w)
        gradient = gradient + SHRINKAGE * (w - start)
        mean = 0.9 * mean + 0.1 * gradient
        square = 0.999 * square + 0.001 * gradient**2
        w = w - RATE * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.999**step)) + 1e-8)
    return w, loss


if __name__ == "__main__":
    main()
