"""Topic and part over several turns, understood by names alone: they carry on, and end with their matter."""

from __future__ import annotations

import pytest

from bot.assistant import Assistant
from bot.dialogue.guides import Texts
from bot.dialogue.types import Behaviour, DialogueState, Heard
from bot.knowledge.loading import Knowledge
from bot.understanding.understander import build_understander
from tests.dialogue.conftest import NOW, answered

BIRTH, AGAIN, DEATH, STAY, RENEW, CAR = (
    "1.001193", "1.004884", "1.000656", "1.004194", "1.002755", "1.013076",
)  # fmt: skip

TALKS: dict[str, list[tuple[str, tuple[str, ...], tuple[str, ...]]]] = {
    "bare parts and pronouns": [
        ("tạm trú cần gì", (STAY,), ("documents",)),
        ("cái đó mất bao lâu", (STAY,), ("time",)),
        ("thủ tục này nộp ở đâu", (STAY,), ("place",)),
        ("lệ phí", (STAY,), ("fee",)),
    ],
    "the part goes on to another matter": [
        ("đăng ký khai sinh lệ phí", (BIRTH,), ("fee",)),
        ("còn khai tử thì sao", (DEATH,), ("fee",)),
        ("nộp ở đâu", (DEATH,), ("place",)),
    ],
    "a new matter ends the old one, and its part": [
        ("đăng ký khai sinh lệ phí", (BIRTH,), ("fee",)),
        ("gia hạn tạm trú", (RENEW,), ("documents",)),
        ("bao lâu", (RENEW,), ("time",)),
    ],
    "a case of the matter at hand": [
        ("khai sinh cần giấy tờ gì", (BIRTH,), ("documents",)),
        ("đăng ký lại thì sao", (AGAIN,), ("documents",)),
        ("còn lệ phí?", (AGAIN,), ("fee",)),
    ],
    "a question, its answer in words, the part": [
        ("đăng ký xe", ("1.012575", "1.013067", CAR, "1.013079", "1.013082", "1.013123"), ("documents",)),
        ("xe cũ sang tên", (CAR,), ("documents",)),
        ("lệ phí", (CAR,), ("fee",)),
    ],
    "a correction": [
        ("khai sinh lệ phí bao nhiêu", (BIRTH,), ("fee",)),
        ("không, hỏi khai tử cơ", (DEATH,), ("fee",)),
        ("không phải, ý tôi là đăng ký lại khai sinh", (AGAIN,), ("fee",)),
        ("không, tôi hỏi thời hạn", (AGAIN,), ("time",)),
    ],
    "two questions, then a part of the second": [
        ("khai sinh cần gì, với lại gia hạn tạm trú mất bao lâu", (BIRTH, RENEW), ("documents", "time")),
        ("lệ phí", (RENEW,), ("fee",)),
    ],
}


@pytest.fixture(scope="module")
def by_names(knowledge: Knowledge, texts: Texts) -> Assistant:
    """The assistant without Rasa."""
    return Assistant(knowledge, build_understander(None, knowledge), texts)


@pytest.mark.parametrize("steps", TALKS.values(), ids=TALKS.keys())
def test_talk(by_names: Assistant, steps: list[tuple[str, tuple[str, ...], tuple[str, ...]]]) -> None:
    state = DialogueState()
    for text, codes, aspects in steps:
        outcome = by_names.turn(state, Heard(text=text), NOW)
        found = answered(outcome, len(codes))
        if outcome.behaviour is Behaviour.CLARIFY:  # the order is the ranking's, and depends on all names
            found = tuple(sorted(found))
        assert (found, outcome.aspects) == (codes, aspects), text
        state = outcome.state
