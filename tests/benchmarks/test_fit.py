"""Fitting on a handful of made-up questions: what speaks for the right reading gets a weight for it."""

from __future__ import annotations

import math
import random

import pytest

from benchmarks.evaluation.fit import BLUR, START, Example, fit
from bot.understanding.deciding import NONE, Evidence, Option, Weights, decide, probabilities

ONE, TWO = "1.000001", "1.000002"
CLEAR = dict.fromkeys(BLUR, 0.0)


def _example(helps: str, harms: str, *, known: bool, ask: bool, noise: random.Random) -> Example:
    """The right code has the fact ``helps``, the wrong one ``harms``; Rasa holds them for alike."""
    facts = {"log_p": math.log(0.4)}
    right = Option(ONE, {**facts, helps: 0.8 + 0.2 * noise.random()})
    wrong = Option(TWO, {**facts, harms: 0.8 + 0.2 * noise.random()})
    none = Option(NONE, {"none": 1.0, "strange": 0.1 if known else 0.9, "far": 0.2})
    options = (right, wrong, none) if noise.random() < 0.5 else (wrong, right, none)
    evidence = Evidence(options, CLEAR, holders=9 if ask else 1, short=ask)
    return Example(evidence, frozenset({ONE} if known else {NONE}), ask if known else None)


def _examples(helps: str, harms: str) -> list[Example]:
    noise = random.Random(7)
    known = [_example(helps, harms, known=True, ask=i % 3 == 0, noise=noise) for i in range(24)]
    strange = [_example(helps, harms, known=False, ask=False, noise=noise) for _ in range(8)]
    return known + strange


@pytest.fixture(scope="module")
def examples() -> list[Example]:
    """Names tell the right one; the wrong one is for a special case that nobody spoke of."""
    return _examples("name", "unspoken")


@pytest.fixture(scope="module")
def fitted(examples: list[Example]) -> tuple[Weights, dict[str, object]]:
    return fit(examples)


def _loss(weights: Weights, examples: list[Example]) -> float:
    chances = [
        sum(p for name, p in probabilities(e.evidence, weights).items() if name in e.right) for e in examples
    ]
    return -sum(math.log(p) for p in chances) / len(examples)


def test_the_signs_are_learnt(fitted: tuple[Weights, dict[str, object]]) -> None:
    facts = fitted[0].facts
    assert facts["name"] > START["name"] and facts["unspoken"] < START["unspoken"]
    assert facts["strange"] > START["strange"]


def test_the_opposite_is_learnt_from_the_opposite() -> None:
    """No sign is built in: where names mislead they lose their weight."""
    weights, _ = fit(_examples("unspoken", "name"))
    assert weights.facts["unspoken"] > 0 > weights.facts["name"]


def test_what_nothing_was_learnt_of_stays_where_it_was(fitted: tuple[Weights, dict[str, object]]) -> None:
    assert fitted[0].facts["former"] == START["former"]
    assert all(value == 0.0 for value in fitted[0].blur.values())


def test_fitting_makes_the_right_reading_more_probable(
    fitted: tuple[Weights, dict[str, object]], examples: list[Example]
) -> None:
    weights, said = fitted
    before, after = _loss(Weights(START, {}, {}), examples), _loss(weights, examples)
    assert after < 0.8 * before
    assert isinstance(said["loss"], dict) and said["loss"]["choice"] == pytest.approx(after, abs=2e-3)
    first = decide(examples[0].evidence, weights)
    assert first.candidates[0].code == ONE and first.confidence > 0.5


def test_asking_back_is_learnt_from_those_on_procedures(
    fitted: tuple[Weights, dict[str, object]], examples: list[Example]
) -> None:
    weights, said = fitted
    assert said["questions"] == {"choice": 32, "asking": 24}
    assert weights.ask["holders"] > 0 and weights.ask["short"] > 0
    for example in examples:
        if example.asked_back is not None:
            assert (decide(example.evidence, weights).ask > 0.5) is example.asked_back


def test_what_has_no_right_reading_teaches_no_choice(examples: list[Example]) -> None:
    vague = Example(examples[0].evidence, frozenset(), asked_back=True)
    _, said = fit([*examples, vague])
    assert said["questions"] == {"choice": 32, "asking": 25}


def test_of_several_right_readings_any_counts() -> None:
    """Both codes are right: there is nothing to choose between them, only against none."""
    noise = random.Random(3)
    made = [_example("name", "unspoken", known=True, ask=i % 2 == 0, noise=noise) for i in range(8)]
    either = [Example(e.evidence, frozenset({ONE, TWO}), e.asked_back) for e in made]
    weights, _ = fit(either)
    known = probabilities(either[0].evidence, weights)
    assert known[ONE] + known[TWO] > 0.9
