"""From scores to a decision: the logit, the model that asks back, the bands, the aspects."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.understanding.client import Parse
from bot.understanding.deciding import (
    FLOOR,
    NONE,
    SHOWN,
    Evidence,
    Option,
    Thresholds,
    Weights,
    Wording,
    ask_facts,
    aspects_asked,
    band,
    by_names_alone,
    decide,
    gather,
    load_weights,
    probabilities,
    sharpness,
)
from bot.understanding.matcher import Match
from bot.understanding.names import Kind
from bot.understanding.types import UNNAMED, Aspect, Band

ONE, TWO, THREE = "1.000001", "1.000002", "1.000003"
CLEAR = {"one_word": 0.0, "two_words": 0.0, "shared_name": 0.0}
PLAIN = Weights(facts={"log_p": 1.0}, blur={}, ask={})
"""With these the probabilities are Rasa's own."""
SAYS_MUCH = Wording(words=8, weighty=4, holders=0)


def option(name: str, p: float, /, **facts: float) -> Option:
    return Option(name, {"log_p": math.log(p), **facts})


def evidence(*options: Option, **blur: float) -> Evidence:
    return Evidence(options, {**CLEAR, **blur})


def match(code: str, score: float, *, exact: bool = False, kind: Kind = Kind.NAME) -> Match:
    return Match(code=code, score=score, exact=exact, kind=kind, answered=1.0, length=3)


def facts_of(found: Evidence, name: str) -> dict[str, float]:
    return next(dict(one.facts) for one in found.options if one.name == name)


FACTS = st.dictionaries(
    st.sampled_from(["log_p", "near", "name", "exact", "other", "none", "strange"]), st.floats(-10, 10)
)
EVIDENCE = st.builds(
    lambda facts, blur: Evidence(
        tuple(Option(f"1.{i:06}", each) for i, each in enumerate(facts)), dict(zip(CLEAR, blur, strict=True))
    ),
    st.lists(FACTS, min_size=1, max_size=9),
    st.lists(st.floats(0, 1), min_size=3, max_size=3),
)
WEIGHTS = st.builds(
    Weights,
    facts=st.dictionaries(st.sampled_from(["log_p", "near", "name", "exact"]), st.floats(-5, 5)),
    blur=st.dictionaries(st.sampled_from(list(CLEAR)), st.floats(-2, 2)),
    ask=st.just({}),
)


@given(EVIDENCE, WEIGHTS)
def test_the_probabilities_sum_to_one(found: Evidence, weights: Weights) -> None:
    known = probabilities(found, weights)
    assert set(known) == {one.name for one in found.options}
    assert all(0.0 <= p <= 1.0 for p in known.values())
    assert math.isclose(sum(known.values()), 1.0, rel_tol=1e-9)


@given(EVIDENCE, st.integers(0, 8), st.floats(0.01, 5), st.floats(0, 3), st.floats(-1, 1))
def test_a_surer_rasa_never_makes_it_less_probable(
    found: Evidence, number: int, more: float, weight: float, blur: float
) -> None:
    """Monotone in log_p, for any weight that is not negative."""
    weights = Weights({"log_p": weight, "near": 1.0, "name": 2.0}, {"one_word": blur}, {})
    chosen = found.options[number % len(found.options)]
    surer = Option(chosen.name, {**chosen.facts, "log_p": chosen.facts.get("log_p", 0.0) + more})
    options = tuple(surer if one is chosen else one for one in found.options)
    before, after = probabilities(found, weights), probabilities(Evidence(options, found.blur), weights)
    assert after[chosen.name] >= before[chosen.name] - 1e-12
    assert all(after[name] <= before[name] + 1e-12 for name in before if name != chosen.name)


def test_hand_made_weights_give_rasas_own_probabilities() -> None:
    known = probabilities(evidence(option(ONE, 0.6), option(TWO, 0.3), option(NONE, 0.1)), PLAIN)
    assert known == pytest.approx({ONE: 0.6, TWO: 0.3, NONE: 0.1})


def test_what_blurs_makes_it_less_decided() -> None:
    weights = Weights({"log_p": 1.0}, {"one_word": 0.7}, {})
    sharp = evidence(option(ONE, 0.6), option(TWO, 0.4))
    blurred = evidence(option(ONE, 0.6), option(TWO, 0.4), one_word=1.0)
    assert sharpness(sharp, weights) == 1.0
    assert sharpness(blurred, weights) == pytest.approx(math.exp(-0.7))
    assert 0.5 < probabilities(blurred, weights)[ONE] < probabilities(sharp, weights)[ONE]


def test_the_procedures_are_ranked_and_nothing_else() -> None:
    reading = decide(
        evidence(
            option(TWO, 0.2), option(ONE, 0.5), option("greeting", 0.1, other=1.0), option(NONE, 0.1),
            option(THREE, 0.1),
        ),
        PLAIN,
    )  # fmt: skip
    assert [(c.code, c.score) for c in reading.candidates] == [(ONE, 0.5), (TWO, 0.2), (THREE, 0.1)]
    assert reading.confidence == 0.5 and reading.in_scope == pytest.approx(0.8)
    assert reading.intent is None and reading.intent_score == 0.0


def test_a_skill_must_beat_all_procedures_together() -> None:
    """Near-twins share their probability: 0.4 and 0.3 are 0.7 for a procedure."""
    twins = (option(ONE, 0.2), option(TWO, 0.2))
    assert decide(evidence(*twins, option("thanks", 0.39, other=1.0)), PLAIN).intent is None
    reading = decide(evidence(*twins, option("thanks", 0.6, other=1.0), option("bye", 0.3, other=1.0)), PLAIN)
    assert reading.intent == "thanks" and reading.intent_score == pytest.approx(0.6 / 1.3)
    assert [c.code for c in reading.candidates] == [ONE, TWO]  # still there, to be suggested


def test_equal_procedures_stand_in_the_order_of_their_codes() -> None:
    found = (option(THREE, 0.3), option(ONE, 0.3), option(TWO, 0.3))
    assert [c.code for c in decide(evidence(*found), PLAIN).candidates] == [ONE, TWO, THREE]


def test_no_more_than_a_few_are_handed_on() -> None:
    found = decide(evidence(*(option(f"1.00000{i}", 0.1) for i in range(9))), PLAIN)
    assert len(found.candidates) == SHOWN and found.in_scope == pytest.approx(1.0)


def test_nothing_at_all() -> None:
    reading = decide(gather(Parse(), (), frozenset(), Wording(0, 0, 0)), PLAIN)
    assert (reading.candidates, reading.confidence, reading.intent, reading.in_scope) == ((), 0.0, None, 0)


@pytest.mark.parametrize(("weight", "asking"), [(0.0, 0.5), (2.0, 0.88079708), (-2.0, 0.11920292)])
def test_asking_back_is_a_logistic_model_of_its_own(weight: float, asking: float) -> None:
    weights = Weights({"log_p": 1.0}, {}, {"always": weight})
    reading = decide(evidence(option(ONE, 0.9), option(TWO, 0.1)), weights)
    assert reading.ask == pytest.approx(asking) and reading.confidence == 0.9


def test_what_speaks_for_a_question_back() -> None:
    found = Evidence(
        (
            option(ONE, 0.6, near=0.7, exact=1.0, name=1.0), option(TWO, 0.3, near=0.65, name=0.9),
            option("thanks", 0.05, other=1.0, near=0.9), option(NONE, 0.05, none=1.0, near=0.99),
        ),
        {**CLEAR, "one_word": 1.0, "shared_name": 1.0}, holders=6, short=True,
    )  # fmt: skip
    facts = ask_facts(found, decide(found, PLAIN).candidates)
    assert (facts["confidence"], facts["second"]) == (0.6, 0.3)
    assert (facts["near"], facts["exact"]) == (0.7, 1.0)
    assert (facts["rival_near"], facts["rival_name"]) == (0.65, 0.9)  # neither the best nor what is none
    assert facts["holders"] == pytest.approx(math.log(7)) and facts["short"] == 1.0
    assert (facts["one_word"], facts["shared_name"], facts["common"]) == (1.0, 1.0, 0.0)


@pytest.mark.parametrize(
    ("holders", "blur", "exact", "common"),
    [(4, "one_word", 0.0, 1.0), (4, "two_words", 0.0, 1.0), (3, "one_word", 0.0, 0.0),
     (9, "shared_name", 0.0, 0.0), (9, "one_word", 1.0, 0.0)],
)  # fmt: skip
def test_a_name_of_many_is_common_unless_it_is_one_ones_own(
    holders: int, blur: str, exact: float, common: float
) -> None:
    found = Evidence((option(ONE, 0.9, exact=exact),), {**CLEAR, blur: 1.0}, holders=holders)
    assert ask_facts(found, decide(found, PLAIN).candidates)["common"] == common


def test_what_speaks_for_a_question_back_where_nothing_is_a_procedure() -> None:
    found = evidence(option("thanks", 0.9, other=1.0))
    facts = ask_facts(found, ())
    assert (facts["confidence"], facts["second"], facts["rival_near"]) == (0.0, 0.0, 0.0)


def test_a_code_that_only_the_matcher_knows_is_a_reading_too() -> None:
    parse = Parse(
        intents=(("tt_1_000001", 0.7), ("greeting", 0.2)),
        neighbours={"tt_1_000001": 0.8, "greeting": 0.3},
        known_share=0.75,
    )
    found = gather(parse, [match(TWO, 0.9, exact=True), match(ONE, 0.6)], frozenset({TWO}), SAYS_MUCH)
    assert [one.name for one in found.options] == [ONE, TWO, "greeting", NONE]
    by_both, by_name = facts_of(found, ONE), facts_of(found, TWO)
    assert (by_both["log_p"], by_both["near"], by_both["name"]) == (math.log(0.7), 0.8, 0.6)
    assert (by_name["log_p"], by_name["near"]) == (math.log(FLOOR), 0.0)
    assert (by_name["name"], by_name["exact"], by_name["unspoken"]) == (0.9, 1.0, 1.0)
    assert "unspoken" not in by_both and "other" not in by_both
    assert facts_of(found, "greeting")["other"] == 1.0
    none = facts_of(found, NONE)
    assert none["none"] == 1.0
    assert (none["strange"], none["far"]) == (pytest.approx(0.25), pytest.approx(0.2))


@pytest.mark.parametrize(
    ("score", "holders", "there"),
    [(0.95, 1, False), (0.6, 1, True), (0.95, 9, True), (None, 0, True)],
)
def test_a_paper_that_is_named_is_not_unnamed(score: float | None, holders: int, there: bool) -> None:
    """Unless many have that name ("giấy phép"), or it is hardly a name at all."""
    matches = [match(ONE, score)] if score else []
    found = gather(Parse(intents=((UNNAMED, 0.9),)), matches, frozenset(), Wording(8, 4, holders))
    assert (UNNAMED in {one.name for one in found.options}) is there


def test_how_long_it_is_counts_for_what_is_no_matter_of_ours() -> None:
    intents = (("tt_1_000001", 0.4), ("thanks", 0.3), ("out_of_scope", 0.2))
    for said, story in ((0, 0.0), (12, 0.5), (24, 1.0), (90, 1.0)):
        found = gather(Parse(intents=intents), (), frozenset(), Wording(said, 4, 0))
        assert facts_of(found, "out_of_scope")["story"] == facts_of(found, NONE)["story"] == story
        assert "story" not in facts_of(found, ONE) and "story" not in facts_of(found, "thanks")


def test_rasas_zero_is_no_infinity() -> None:
    found = gather(Parse(intents=(("tt_1_000001", 0.0), ("bye", 0.0))), (), frozenset(), SAYS_MUCH)
    assert facts_of(found, ONE)["log_p"] == facts_of(found, "bye")["log_p"] == math.log(FLOOR)


@pytest.mark.parametrize(
    ("weighty", "matches", "blur"),
    [
        (1, [], "one_word"),
        (2, [], "two_words"),
        (5, [match(ONE, 0.9, exact=True, kind=Kind.SHARED), match(TWO, 0.9, exact=True, kind=Kind.SHARED)],
         "shared_name"),
        (5, [match(ONE, 0.9), match(TWO, 0.88)], "shared_name"),
        (5, [match(ONE, 0.9), match(TWO, 0.7)], None),
        (5, [match(ONE, 0.9, exact=True), match(TWO, 0.89)], None),
    ],
)  # fmt: skip
def test_what_blurs(weighty: int, matches: list[Match], blur: str | None) -> None:
    found = gather(Parse(), matches, frozenset(), Wording(8, weighty, 3))
    assert {name for name, value in found.blur.items() if value} == ({blur} if blur else set())
    assert set(found.blur) == set(CLEAR) and found.holders == 3


@pytest.mark.parametrize(("words", "short"), [(5, True), (6, False)])
def test_few_words_are_short(words: int, short: bool) -> None:
    assert gather(Parse(), (), frozenset(), Wording(words, 3, 0)).short is short


LIMITS = Thresholds(sure=0.5, unsure=0.3, ask=0.6)


@pytest.mark.parametrize(
    ("confidence", "in_scope", "ask", "expected"),
    [
        (0.5, 0.5, 0.0, Band.SURE),
        (0.5, 0.5, 0.59, Band.SURE),
        (0.99, 1.0, 0.6, Band.UNSURE),  # however sure: a question is the better answer
        (0.49, 0.49, 0.0, Band.UNSURE),
        (0.3, 0.3, 0.0, Band.UNSURE),
        (0.2, 0.9, 0.0, Band.UNSURE),  # none stands out, and one of them is meant
        (0.2, 0.29, 0.0, Band.LOST),
        (0.2, 0.29, 0.99, Band.LOST),  # there is nothing to ask about
    ],
)
def test_bands(confidence: float, in_scope: float, ask: float, expected: Band) -> None:
    assert band(confidence, LIMITS, degraded=False, in_scope=in_scope, ask=ask) is expected


def test_names_alone_must_be_surer() -> None:
    assert band(0.79, Thresholds(), degraded=True) is Band.UNSURE
    assert band(0.80, Thresholds(), degraded=True) is Band.SURE
    assert band(0.54, Thresholds(), degraded=True) is Band.LOST


def test_by_names_alone() -> None:
    clear = by_names_alone([match(ONE, 0.95, exact=True), match(TWO, 0.5)], Thresholds())
    assert clear.candidates[0].code == ONE and clear.confidence == 0.95
    shared = [match(ONE, 0.95, exact=True, kind=Kind.SHARED), match(TWO, 0.95, exact=True, kind=Kind.SHARED)]
    assert by_names_alone(shared, Thresholds()).confidence < Thresholds().degraded_sure
    assert by_names_alone([], Thresholds()).candidates == ()


@pytest.mark.parametrize(
    ("scores", "in_words", "asked"),
    [
        ({"fee": 0.9, "time": 0.7, "place": 0.2}, (), (Aspect.FEE, Aspect.TIME)),
        ({"fee": 0.55}, (), ()),  # no word speaks for it
        ({"fee": 0.4}, (Aspect.FEE,), (Aspect.FEE,)),
        ({"fee": 0.2}, (Aspect.FEE,), ()),
        ({"fee": 0.5, "documents": 0.8}, (Aspect.FEE,), (Aspect.FEE,)),  # the word counts against the other
        ({"fee": 0.5, "documents": 0.9}, (Aspect.FEE,), (Aspect.DOCUMENTS, Aspect.FEE)),
        ({"colour": 1.0}, (), ()),
        ({"time": 0.8, "fee": 0.8}, (), (Aspect.FEE, Aspect.TIME)),  # alike: by name
    ],
)
def test_aspects(scores: dict[str, float], in_words: tuple[Aspect, ...], asked: tuple[Aspect, ...]) -> None:
    assert aspects_asked(scores, in_words, Thresholds()) == asked


def test_the_fitted_weights_know_every_fact() -> None:
    """None that is gathered goes unweighed, and none that is weighed is never gathered."""
    weights = load_weights()
    ranked = ("tt_1_000001", "greeting", "out_of_scope", "elsewhere", UNNAMED)
    parse = Parse(intents=tuple((intent, 0.2) for intent in ranked))
    found = gather(parse, [match(ONE, 0.6)], frozenset({ONE}), SAYS_MUCH)
    assert {name for one in found.options for name in one.facts} == set(weights.facts)
    assert set(found.blur) == set(weights.blur)
    assert set(ask_facts(found, ())) == set(weights.ask)


def test_the_fitted_weights_have_the_signs_that_they_must() -> None:
    """Rasa's probability and nearness speak for a reading; a special case unspoken of speaks against it."""
    weights = load_weights()
    assert weights.facts["log_p"] > 0 and weights.facts["near"] > 0 and weights.facts["name"] > 0
    assert weights.facts["unspoken"] < 0 and weights.facts["strange"] > 0
    assert weights.ask["confidence"] < 0 < weights.ask["holders"]
