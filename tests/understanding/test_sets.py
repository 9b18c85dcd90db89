"""The evaluation sets themselves: labels that exist, sizes, and no question twice."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import Any

import pytest
import yaml

from bot.knowledge.loading import Knowledge
from bot.settings import ROOT
from bot.understanding.folding import words
from bot.understanding.types import Aspect

Entry = dict[str, Any]

FOLDER = ROOT / "tests" / "understanding" / "sets"
NAMES = ("fit", "held_out")
KEYS = {"q", "behaviour", "codes", "aspects", "tags", "dialogue", "twin"}
# Shares of all entries: the least and the most that the plan (60, 10, 12, 18 %) may drift to.
SHARES = {
    "answer": (0.55, 0.65),
    "dialogue": (0.08, 0.13),
    "clarify": (0.10, 0.15),
    "apologize": (0.15, 0.21),
}


def read(name: str) -> list[Entry]:
    text = (FOLDER / f"{name}.yml").read_text("utf-8")
    entries: list[Entry] = yaml.load(text, yaml.CSafeLoader)
    return entries


def kind(entry: Entry) -> str:
    return "dialogue" if "dialogue" in entry else str(entry["behaviour"])


@pytest.fixture(params=NAMES)
def entries(request: pytest.FixtureRequest) -> list[Entry]:
    return read(request.param)


def test_entries_have_their_keys_and_valid_aspects(entries: list[Entry]) -> None:
    aspects = {aspect.value for aspect in Aspect}
    for entry in entries:
        assert set(entry) <= KEYS and KEYS - {"dialogue", "twin"} <= set(entry), entry
        assert isinstance(entry["q"], str) and entry["q"].strip() == entry["q"] != "", entry
        assert entry["behaviour"] in {"answer", "clarify", "apologize"}, entry
        assert set(entry["aspects"]) <= aspects, entry
        assert len(set(entry["aspects"])) == len(entry["aspects"]), entry


def test_codes_are_served_and_fit_the_behaviour(entries: list[Entry], knowledge: Knowledge) -> None:
    served = {code for code, procedure in knowledge.procedures.items() if procedure.served}
    for entry in entries:
        codes, behaviour = entry["codes"], entry["behaviour"]
        assert len(set(codes)) == len(codes), entry
        if behaviour == "answer":
            assert codes and set(codes) <= served, entry
        elif behaviour == "clarify":
            assert set(codes) <= served | set(knowledge.missing), entry
            assert (len(codes) >= 2) != ("no_topic" in entry["tags"]), entry
        else:
            assert codes == [], entry


def test_size_shares_and_breadth(entries: list[Entry], knowledge: Knowledge) -> None:
    assert len(entries) >= 320
    counts = Counter(kind(entry) for entry in entries)
    for name, (least, most) in SHARES.items():
        assert least <= counts[name] / len(entries) <= most, (name, counts)
    codes = {code for entry in entries if entry["behaviour"] == "answer" for code in entry["codes"]}
    assert len(codes) >= 110
    fields = {procedure.field for procedure in knowledge.procedures.values() if procedure.served}
    assert {knowledge.procedures[code].field for code in codes} == fields
    plain = sum(entry["q"].isascii() for entry in entries)
    assert 0.4 <= plain / len(entries) <= 0.65


def test_twins_are_sixty_single_questions_with_diacritics(entries: list[Entry]) -> None:
    twins = [entry for entry in entries if entry.get("twin")]
    assert len(twins) == 60
    for entry in twins:
        assert not entry["q"].isascii() and "dialogue" not in entry, entry


def test_dialogues_stand_together_and_have_two_to_four_turns(entries: list[Entry]) -> None:
    runs = [
        (name, len(list(turns)))
        for name, turns in groupby(entries, key=lambda entry: entry.get("dialogue"))
        if name is not None
    ]
    assert len({name for name, _ in runs}) == len(runs)
    assert all(2 <= length <= 4 for _, length in runs), runs


def test_no_question_twice_within_or_between_the_files() -> None:
    """Single questions only: "bao lâu xong" is a fair turn of more than one dialogue."""
    seen: dict[str, str] = {}
    for name in NAMES:
        for entry in read(name):
            if "dialogue" in entry:
                continue
            folded = " ".join(words(entry["q"]))
            assert folded not in seen, (entry["q"], seen[folded])
            seen[folded] = f"{name}: {entry['q']}"
