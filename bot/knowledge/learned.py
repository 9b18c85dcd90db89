"""What the review of missed questions taught: ``faq_data/learned``, written by ``bot review export``.

Each file is a list: sentences of procedures (``code``, ``aspect`` if one part is asked for, ``sentence``);
``out_of_scope.yml`` has ``sentence`` alone. They become training examples; nothing of them is ever shown.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from pydantic import StringConstraints

from bot.knowledge.model import Code, Frozen
from bot.knowledge.yaml_reading import FileProblem, line_of, read, validated
from bot.privacy import mask

OUTSIDE = "out_of_scope"
"""The file of what is none of the commune's business, and the intent."""

Sentence = Annotated[str, StringConstraints(min_length=3, max_length=300, strip_whitespace=True)]
Part = Literal[
    "documents", "fee", "time", "place", "online", "conditions", "steps", "form", "law", "result"
]  # fmt: skip


class LearnedSentence(Frozen):
    """A sentence that a supervisor assigned to a procedure."""

    code: Code
    aspect: Part | None = None
    sentence: Sentence


class OutsideSentence(Frozen):
    """A sentence that a supervisor found to be out of scope."""

    sentence: Sentence


@dataclass(frozen=True, slots=True)
class Learned:
    """Everything in the folder, in the order of its files."""

    sentences: tuple[LearnedSentence, ...] = ()
    outside: tuple[str, ...] = ()


@dataclass
class _Reader:
    faq_dir: Path
    codes: Collection[str]
    broken: Collection[str]
    problems: list[str]
    sentences: list[LearnedSentence] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    seen: dict[str, str] = field(default_factory=dict)

    def file(self, path: Path) -> None:
        shown = f"{self.faq_dir.name}/learned/{path.name}"
        try:
            text, data = read(path, shown)
            if data is not None and not isinstance(data, list):
                raise FileProblem([f"{shown}:1: phải là danh sách câu (mỗi câu bắt đầu bằng dấu -)"])
        except FileProblem as problem:
            self.problems += problem.problems
            return
        for place, entry in enumerate(data or []):
            try:
                self._entry(path.stem == OUTSIDE, entry, text, shown, place)
            except FileProblem as problem:
                self.problems += problem.problems

    def _entry(self, outside: bool, entry: object, text: str, shown: str, place: int) -> None:
        where = f"{shown}:{line_of(text, (place,))}"
        if outside:
            sentence = validated(OutsideSentence, entry, text, shown, under=(place,)).sentence
            self._check(sentence, where)
            self.outside.append(sentence)
            return
        found = validated(LearnedSentence, entry, text, shown, under=(place,))
        if found.code in self.broken:
            return
        if found.code not in self.codes:
            raise FileProblem([f"{where}: không có thủ tục mã {found.code}: sửa mã hoặc xóa câu này"])
        self._check(found.sentence, where)
        self.sentences.append(found)

    def _check(self, sentence: str, where: str) -> None:
        key = " ".join(sentence.casefold().split())
        if mask(sentence) != sentence:
            raise FileProblem([f"{where}: câu có số giấy tờ hoặc số điện thoại: xóa số"])
        if key in self.seen:
            raise FileProblem([f"{where}: câu này đã có ở {self.seen[key]}: xóa một chỗ"])
        self.seen[key] = where


def read_learned(
    faq_dir: Path, codes: Collection[str], broken: Collection[str], problems: list[str]
) -> Learned:
    """All sentences; what is wrong is appended to ``problems`` with file and line.

    :param codes: the procedures that there are; ``broken``: those whose own files are broken.
    """
    reader = _Reader(faq_dir, codes, broken, problems)
    for path in sorted(faq_dir.glob("learned/*.yml")):
        reader.file(path)
    return Learned(tuple(reader.sentences), tuple(reader.outside))
