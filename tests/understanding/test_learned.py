"""What the review taught: the reviewed files, their checks, and what training makes of them."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import yaml

from bot.knowledge.learned import Learned, LearnedSentence, read_learned
from bot.knowledge.loading import Knowledge, load_knowledge
from bot.learning.export import Approved, clean, measured_keys, merge, write
from bot.learning.queue import key_of
from bot.settings import ROOT
from bot.understanding.training import generate

BIRTH, DEATH = "1.001193", "1.000656"
SAID = "bé nhà em chào đời hôm qua thì giấy tờ ra sao"
OUTSIDE = "tỉ số trận bóng tối qua thế nào"


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load_knowledge(ROOT / "faq_data", "xuan-dinh")


def read_back(folder: Path) -> tuple[Learned, list[str]]:
    problems: list[str] = []
    return read_learned(folder, {BIRTH, DEATH}, set(), problems), problems


def test_the_export_can_be_loaded(tmp_path: Path, knowledge: Knowledge) -> None:
    approved = [Approved(SAID, BIRTH, "documents"), Approved(OUTSIDE), Approved(SAID.upper(), BIRTH)]
    sentences, done = merge(Learned(), approved, {BIRTH}, frozenset())
    write(tmp_path / "learned", sentences, knowledge)
    learned, problems = read_back(tmp_path)
    assert problems == []
    assert learned.sentences == (LearnedSentence(code=BIRTH, aspect="documents", sentence=SAID),)
    assert learned.outside == (OUTSIDE,)
    assert (done.written, done.new) == (2, 2)
    before = {path.name: path.read_bytes() for path in (tmp_path / "learned").iterdir()}
    again, done = merge(learned, reversed(approved), {BIRTH}, frozenset())
    write(tmp_path / "learned", again, knowledge)
    assert {path.name: path.read_bytes() for path in (tmp_path / "learned").iterdir()} == before
    assert done.new == 0


def test_sentences_of_the_evaluation_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text(yaml.safe_dump([{"q": SAID, "behaviour": "answer"}], allow_unicode=True))
    measured = measured_keys(tmp_path)
    sentences, done = merge(Learned(), [Approved(SAID.title() + "???", BIRTH)], {BIRTH}, measured)
    assert sentences == []
    assert done.measured == 1


def test_the_real_sets_can_be_compared_with() -> None:
    assert len(measured_keys(ROOT / "tests" / "understanding" / "sets")) > 500


@pytest.mark.parametrize(
    ("approved", "field"),
    [
        ([Approved("ngắn", BIRTH)], "unfit"),
        ([Approved("x " * 400, BIRTH)], "unfit"),
        ([Approved(SAID, "9.999999")], "unfit"),
        ([Approved(SAID, BIRTH), Approved(SAID, DEATH)], "doubtful"),
        ([Approved(SAID, BIRTH), Approved(SAID)], "doubtful"),
    ],
)
def test_what_teaches_nothing_is_left_out(approved: list[Approved], field: str) -> None:
    sentences, done = merge(Learned(), approved, {BIRTH, DEATH}, frozenset())
    assert sentences == []
    assert getattr(done, field) == 1


def test_numbers_are_masked_once_more() -> None:
    assert clean("- gọi  0912.345.678 giúp\nem khai sinh") == "gọi giúp em khai sinh"


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.yml", '- code: "9.999999"\n  sentence: câu gì đó\n', "a.yml:1: không có thủ tục"),
        ("a.yml", f'- code: "{BIRTH}"\n  aspect: x\n  sentence: câu gì đó\n', "a.yml:2: 0.aspect"),
        ("a.yml", f'- code: "{BIRTH}"\n', "thiếu khóa"),
        ("a.yml", "a: 1\n", "a.yml:1: phải là danh sách"),
        ("out_of_scope.yml", "- sentence: gọi 0912345678\n", "out_of_scope.yml:1: câu có số"),
        ("out_of_scope.yml", "- sentence: một hai\n- sentence: Một Hai\n", "out_of_scope.yml:2: câu này đã"),
        ("out_of_scope.yml", "- [", "YAML sai"),
    ],
)
def test_problems_are_told_with_file_and_line(tmp_path: Path, name: str, text: str, said: str) -> None:
    (tmp_path / "learned").mkdir()
    (tmp_path / "learned" / name).write_text(text, encoding="utf-8")
    _, problems = read_back(tmp_path)
    assert len(problems) == 1
    assert said.removeprefix("a.yml:2: 0.") in problems[0]


def test_learnt_sentences_are_training_examples(knowledge: Knowledge) -> None:
    learned = Learned((LearnedSentence(code=BIRTH, aspect="fee", sentence=SAID),), (OUTSIDE,))
    nlu, domain = generate(dataclasses.replace(knowledge, learned=learned))
    blocks = yaml.safe_load(nlu)["nlu"]
    of = {(b["intent"], tuple((b.get("metadata") or {}).get("aspects", ()))): b["examples"] for b in blocks}
    assert SAID in of["tt_1_001193", ("fee",)]
    assert OUTSIDE in of["out_of_scope", ()]
    assert "- out_of_scope" not in domain  # the hand-written domain has it
    before = yaml.safe_load(generate(dataclasses.replace(knowledge, learned=Learned()))[0])["nlu"]
    assert len(before) == len(blocks) - 1
    assert key_of(SAID) not in map(key_of, "".join(b["examples"] for b in before).splitlines())
