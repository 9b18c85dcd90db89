"""The questions to measure with, in one form, from the files that hold them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from bot.settings import ROOT
from bot.understanding.folding import fold, normalise
from bot.understanding.names import code_of
from bot.understanding.types import Aspect

OWN_SETS = ROOT / "tests" / "understanding" / "sets"
_ASPECTS = {aspect.value for aspect in Aspect}
_ASPECT_NAMES = {"legal_basis": "law"}
"""Names of aspects in files of other origin, where they differ from ours."""


@dataclass(frozen=True, slots=True)
class Case:
    """One question and what is expected of the assistant.

    ``behaviour`` is answer, clarify or apologize; ``codes`` are the right ones (any of them), or those
    to ask about. Turns of one ``dialogue`` follow one another. ``twin`` is the number of the case that
    this one repeats without diacritics.
    """

    text: str
    behaviour: str
    codes: frozenset[str] = frozenset()
    aspects: frozenset[str] = frozenset()
    dialogue: str | None = None
    twin: int | None = None

    @property
    def plain(self) -> bool:
        """Written without diacritics."""
        return fold(self.text) == self.text.casefold()


class BadFile(Exception):
    """A file that holds no questions in a known form; the message names it and what is wrong."""


def read(path: Path) -> list[Case]:
    """The questions of one file: JSON of the form of dev_questions.json, or YAML of our own sets.

    :raises BadFile: if it is neither.
    """
    try:
        text = path.read_text(encoding="utf-8")
        data: Any = json.loads(text) if path.suffix == ".json" else yaml.safe_load(text)
        if isinstance(data, Mapping):
            return _of_nlu(data["nlu"])
        return _with_twins([(_case(item), bool(item.get("twin"))) for item in data])
    except (OSError, ValueError, LookupError, TypeError, AttributeError, yaml.YAMLError) as error:
        raise BadFile(f"{path}: {type(error).__name__}: {error}") from error


def _case(item: Mapping[str, Any]) -> Case:
    behaviour = item.get("behaviour") or item["expect_behaviour"]
    if behaviour not in ("answer", "clarify", "apologize"):
        raise ValueError(f"behaviour {behaviour!r} must be answer, clarify or apologize")
    named = (_ASPECT_NAMES.get(name, name) for name in item.get("aspects") or item.get("fields") or ())
    return Case(
        text=item["q"],
        behaviour=behaviour,
        codes=frozenset(item.get("codes") or item.get("expect_codes") or ()),
        aspects=frozenset(named) & _ASPECTS,
        dialogue=item.get("dialogue"),
    )


def _with_twins(read: Iterable[tuple[Case, bool]]) -> list[Case]:
    """The cases, and behind them those that are asked a second time without diacritics."""
    marked = list(read)
    cases = [case for case, _ in marked]
    twins = [
        replace(case, text=fold(normalise(case.text)), dialogue=None, twin=number)
        for number, (case, doubled) in enumerate(marked)
        if doubled and case.dialogue is None and not case.plain
    ]
    return cases + twins


def _of_nlu(blocks: Iterable[Mapping[str, Any]]) -> list[Case]:
    """Rasa test data; each question of a procedure once as written and once without diacritics."""
    found: list[tuple[Case, bool]] = []
    for block in blocks:
        code = code_of(block["intent"])
        if code is None and block["intent"] not in ("out_of_scope",):
            continue  # skills have tests of their own, follow-ups are measured in the dialogues of the sets
        aspects = frozenset((block.get("metadata") or {}).get("aspects", ()))
        behaviour = "answer" if code else "apologize"
        for line in block["examples"].splitlines():
            text = line.removeprefix("- ").strip()
            found.append((Case(text, behaviour, frozenset([code] if code else []), aspects), True))
    return _with_twins(found)


def counted(cases: Iterable[Case], known: frozenset[str]) -> list[Case]:
    """Without the turns whose codes the data does not hold (a turn without codes stays)."""
    listed = list(cases)
    kept = [number for number, case in enumerate(listed) if not case.codes or case.codes & known]
    place = {number: i for i, number in enumerate(kept)}  # a twin has its first's codes: both stay, or none
    return [
        case if case.twin is None else replace(case, twin=place[case.twin])
        for case in (listed[number] for number in kept)
    ]
