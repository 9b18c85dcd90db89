"""From replies to figures: what each measure counts, the calibration, and the twins."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.evaluation.cases import Case
from benchmarks.evaluation.scoring import (
    MEASURES,
    Asked,
    Share,
    calibration_error,
    reliability,
    share,
    spoken,
    twins_agree,
)
from benchmarks.evaluation.systems import Reply

ONE, TWO, THREE, FOUR = "1.000001", "1.000002", "1.000003", "1.000004"


def asked(
    behaviour: str = "answer",
    codes: tuple[str, ...] = (),
    aspects: tuple[str, ...] = (),
    *,
    wanted: str = "answer",
    right: tuple[str, ...] = (),
    of: tuple[str, ...] = (),
    confidence: float = 0.9,
    twin: int | None = None,
    about_procedure: bool = True,
) -> Asked:
    """One question (``wanted``, ``right``, ``of``) and the reply to it."""
    reply = Reply(behaviour, codes, frozenset(aspects), confidence, about_procedure)
    return Asked(Case("x", wanted, frozenset(right), frozenset(of), twin=twin), reply, ms=1.0)


TALLY = [
    asked(codes=(ONE, TWO), aspects=("fee",), right=(ONE,), of=("fee",)),
    asked(codes=(TWO, THREE, ONE), aspects=("fee", "time"), right=(ONE,), of=("fee",)),
    asked("clarify", codes=(TWO, THREE, FOUR, ONE), right=(ONE,), of=("time",)),
    asked("clarify", codes=(ONE, TWO), wanted="clarify", right=(ONE, TWO)),
    asked("apologize", wanted="apologize", about_procedure=False),
    asked("answer", codes=(ONE,), wanted="apologize"),
    asked("clarify", codes=(ONE,), wanted="apologize"),
]


@pytest.mark.parametrize(
    ("measure", "right", "of"),
    [
        ("top-1 code", 2, 4),
        ("top-3 code", 3, 4),
        ("behaviour", 4, 7),
        ("… answer", 2, 3),
        ("… clarify", 1, 1),
        ("… refuse", 1, 3),
        ("aspect (one asked for)", 2, 3),
        ("aspects, exactly", 1, 3),
        ("right when answered", 1, 2),
        ("out of scope: not answered", 2, 3),
    ],
)
def test_what_each_measure_counts(measure: str, right: int, of: int) -> None:
    assert share(TALLY, MEASURES[measure]) == Share(right, of)


def test_all_measures_are_tested_above() -> None:
    assert len(MEASURES) == 10


def test_a_share_as_it_is_printed() -> None:
    assert str(Share(1, 3)) == "33.3 % of 3"
    assert str(share([], MEASURES["behaviour"])) == "–"


def test_the_confidence_of_procedures_alone_is_judged() -> None:
    pairs = spoken([*TALLY[:2], asked("smalltalk", about_procedure=False)])
    assert pairs == [(0.9, True), (0.9, False)]


def test_calibration_error_by_hand() -> None:
    """Four at 0.9 of which three are right, two at 0.2 of which none is: (4 · 0.15 + 2 · 0.2) / 6."""
    pairs = [(0.9, True)] * 3 + [(0.9, False)] + [(0.2, False)] * 2
    assert calibration_error(pairs) == pytest.approx((4 * 0.15 + 2 * 0.2) / 6)
    assert [(round(c, 6), r, n) for c, r, n in reliability(pairs)] == [(0.2, 0.0, 2), (0.9, 0.75, 4)]


def test_calibration_at_its_ends() -> None:
    assert calibration_error([]) == 0.0
    assert calibration_error([(1.0, True), (0.0, False)]) == 0.0
    assert calibration_error([(1.0, False)]) == 1.0
    assert [n for _, _, n in reliability([(1.0, True), (0.95, True)])] == [2]  # 1.0 is in the last bin


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=50))
def test_calibration_error_is_a_share_and_counts_everything(pairs: list[tuple[float, bool]]) -> None:
    assert 0.0 <= calibration_error(pairs) <= 1.0
    assert sum(n for _, _, n in reliability(pairs)) == len(pairs)


def test_twins_agree_in_code_behaviour_and_aspects() -> None:
    first = asked(codes=(ONE, TWO), aspects=("fee",), right=(ONE,))
    pairs = [
        first,
        asked(codes=(ONE, THREE), aspects=("fee",), right=(ONE,), twin=0),  # what stands behind may differ
        asked(codes=(TWO, ONE), aspects=("fee",), right=(ONE,), twin=0),
        asked("clarify", codes=(ONE,), aspects=("fee",), right=(ONE,), twin=0),
        asked(codes=(ONE,), aspects=("time",), right=(ONE,), twin=0),
    ]
    assert twins_agree(pairs) == Share(1, 4)
    assert twins_agree([first]) == Share(0, 0)
