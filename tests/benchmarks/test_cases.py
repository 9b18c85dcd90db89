"""The questions to measure with: both forms of file, twins, and files that are neither."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from benchmarks.evaluation.cases import BadFile, Case, counted, read

BIRTH, MARRIAGE = "1.001193", "1.000894"

OURS = [
    {"q": "Đăng ký khai sinh cần gì", "behaviour": "answer", "codes": [BIRTH], "aspects": ["documents"],
     "twin": True},
    {"q": "khai sinh", "behaviour": "answer", "codes": [BIRTH], "aspects": [], "twin": True},
    {"q": "Kết hôn ở đâu", "behaviour": "answer", "codes": [MARRIAGE], "aspects": ["place"], "dialogue": "a",
     "twin": True},
    {"q": "tối nay có đá bóng không", "behaviour": "apologize", "codes": [], "aspects": []},
]  # fmt: skip

THEIRS = [
    {"q": "Làm khai sinh mất bao lâu", "expect_behaviour": "answer", "expect_codes": [BIRTH],
     "fields": ["time", "legal_basis", "colour"]},
    {"q": "giấy tờ", "expect_behaviour": "clarify", "expect_codes": [BIRTH, MARRIAGE]},
    {"q": "giá vàng", "expect_behaviour": "apologize"},
]  # fmt: skip

NLU = {
    "version": "3.1",
    "nlu": [
        {"intent": "tt_1_001193", "metadata": {"aspects": ["fee"]},
         "examples": "- khai sinh hết bao nhiêu\n- le phi khai sinh\n"},
        {"intent": "out_of_scope", "examples": "- giá vàng\n"},
        {"intent": "greeting", "examples": "- chào ad\n"},
    ],
}  # fmt: skip


def _yaml(path: Path, data: object) -> Path:
    path.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    return path


def test_our_own_form(tmp_path: Path) -> None:
    cases = read(_yaml(tmp_path / "ours.yml", OURS))
    assert cases[0] == Case(
        "Đăng ký khai sinh cần gì", "answer", frozenset({BIRTH}), frozenset({"documents"})
    )
    assert cases[2].dialogue == "a" and cases[3] == Case("tối nay có đá bóng không", "apologize")


def test_the_form_of_dev_questions(tmp_path: Path) -> None:
    path = tmp_path / "theirs.json"
    path.write_text(json.dumps(THEIRS), encoding="utf-8")
    cases = read(path)
    assert [case.behaviour for case in cases] == ["answer", "clarify", "apologize"]
    assert cases[0].aspects == {"time", "law"}  # by our names; one that we do not know is dropped
    assert cases[1].codes == {BIRTH, MARRIAGE} and cases[2].codes == frozenset()
    assert all(case.twin is None for case in cases)


def test_the_form_of_rasas_tests(tmp_path: Path) -> None:
    """Only procedures and what is none; every question with diacritics is asked without them too."""
    cases = read(_yaml(tmp_path / "nlu.yml", NLU))
    assert [(case.text, case.behaviour, case.twin) for case in cases] == [
        ("khai sinh hết bao nhiêu", "answer", None),
        ("le phi khai sinh", "answer", None),
        ("giá vàng", "apologize", None),
        ("khai sinh het bao nhieu", "answer", 0),
        ("gia vang", "apologize", 2),
    ]
    assert cases[3].codes == {BIRTH} and cases[3].aspects == {"fee"}


def test_twins_stand_behind_and_name_their_first(tmp_path: Path) -> None:
    """None for a question without diacritics, nor for a turn of a dialogue."""
    cases = read(_yaml(tmp_path / "ours.yml", OURS))
    twins = [case for case in cases if case.twin is not None]
    assert len(cases) == len(OURS) + 1 and cases[-1:] == twins
    assert twins[0].text == "dang ky khai sinh can gi" and twins[0].plain
    first = cases[twins[0].twin or 0]
    assert not first.plain and (first.codes, first.aspects) == (twins[0].codes, twins[0].aspects)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.json", "{"),
        ("a.yml", "- [unclosed"),
        ("a.yml", ""),
        ("a.yml", "nlux: []"),
        ("a.yml", "- just a text"),
        ("a.yml", "- q: without what is expected"),
        ("a.yml", "- {q: a, behaviour: shrug}"),
        ("a.yml", "- {behaviour: answer}"),
        ("a.yml", "nlu: [{examples: '- a'}]"),
    ],
)
def test_a_broken_file_is_named(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(BadFile, match=name):
        read(tmp_path / name)


def test_no_file_and_no_text(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="FileNotFoundError"):
        read(tmp_path / "gone.yml")
    (tmp_path / "binary.yml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadFile, match=r"binary\.yml"):
        read(tmp_path / "binary.yml")


def test_only_what_the_data_holds_is_counted() -> None:
    kept = Case("a", "answer", frozenset({BIRTH, "9.999999"})), Case("b", "apologize")
    assert counted([*kept, Case("c", "answer", frozenset({"9.999999"}))], frozenset({BIRTH})) == list(kept)
