"""`bot check` names the procedures that are hard to ask for."""

from __future__ import annotations

import pytest

from bot.knowledge.checking import WARNING, thinly_asked
from bot.knowledge.loading import Knowledge
from bot.knowledge.model import Questions


@pytest.mark.parametrize(
    ("names", "questions", "said"),
    [
        (3, 15, None),
        (2, 15, "chỉ có 2 tên gọi:"),
        (3, 14, "chỉ có 14 câu hỏi:"),
        (0, 0, "chỉ có 0 tên gọi, 0 câu hỏi:"),
    ],
)
def test_thin(knowledge: Knowledge, names: int, questions: int, said: str | None) -> None:
    written = Questions(any=tuple(f"câu {n}" for n in range(questions))) if questions else None
    values = {"aliases": tuple(f"tên {n}" for n in range(names)), "everyday": (), "shared": ()}
    procedure = next(knowledge.served()).model_copy(update={**values, "questions": written})
    lines = thinly_asked([procedure])
    if said is None:
        assert lines == []
    else:
        assert len(lines) == 1
        assert lines[0].startswith(f"{WARNING}{procedure.code} ")
        assert said in lines[0]


def test_the_superseded_are_not_asked_for(knowledge: Knowledge) -> None:
    old = [p for p in knowledge.procedures.values() if not p.served]
    assert old
    assert thinly_asked([p.model_copy(update={"aliases": (), "questions": None}) for p in old]) == []
