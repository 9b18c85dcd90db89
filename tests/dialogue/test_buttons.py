"""Buttons, first contacts and attachments: what needs no understanding."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.assistant import Assistant
from bot.dialogue.guides import Texts
from bot.dialogue.types import Behaviour, DialogueState, Heard
from bot.knowledge.loading import Knowledge
from bot.understanding.types import Aspect, Skill
from connectors.channel import Attachment
from tests.dialogue.conftest import FakeUnderstander, Talk, means
from tests.dialogue.conftest import text_of as _text

BIRTH = "1.001193"
WISH = means(Skill.HANDOFF, "wish")

C, S = Behaviour.CLARIFY, Behaviour.SMALLTALK


def test_first_contact(talk: Talk) -> None:
    outcome = talk.hear(Heard(opened=True))
    assert outcome.behaviour is S
    assert "trợ lý tự động" in _text(outcome) and "xóa dữ liệu của tôi" in _text(outcome)
    offered = [offer.value for offer in talk.state.offers]
    assert offered == ["#procedures", "#scam", "#dossier", "#commune", "#officer"]
    assert talk.state.greeted


@pytest.mark.parametrize(
    ("kinds", "behaviour", "piece"),
    [
        (("image",), C, "chưa đọc được ảnh"),
        (("image", "sticker"), C, "chưa đọc được ảnh"),
        (("audio",), C, "ghi âm"),
        (("file",), C, "tệp"),
        (("video",), C, "tệp"),
        (("location",), C, "chưa xem được"),
        (("sticker",), S, "gõ vào đây"),
        ((), C, "không thấy chữ nào"),
    ],
)
def test_attachments_without_text(
    talk: Talk, kinds: tuple[str, ...], behaviour: Behaviour, piece: str
) -> None:
    outcome = talk.hear(Heard(attachments=tuple(Attachment(kind) for kind in kinds)))
    assert outcome.behaviour is behaviour
    assert piece in _text(outcome)
    assert talk.state.misses == 0


def test_a_long_list_goes_on_behind_its_button(talk: Talk) -> None:
    first = talk.tap(f"#p:{BIRTH}:documents")
    assert talk.state.offers[0].title == "Xem thêm"
    second = talk.say("1")
    assert (second.codes, second.aspects) == ((BIRTH,), (Aspect.DOCUMENTS,))
    assert "(tiếp)" in _text(second) and _text(second) != _text(first)


@pytest.mark.parametrize(
    "payload", ["#p:9.999999", "#more:9.999999", "#p:abc", "#nonsense", "#stale", "#", "x"]
)
def test_an_unknown_button_says_so_and_offers_the_menu(talk: Talk, payload: str) -> None:
    outcome = talk.tap(payload)
    assert outcome.behaviour is C
    assert "đã cũ" in _text(outcome)
    assert "#menu" in [offer.value for offer in talk.state.offers]


def test_erasing_needs_the_question_just_before(talk: Talk) -> None:
    assert not talk.tap("#erase:yes").erase
    outcome = talk.tap("#erase:yes")
    assert outcome.erase
    assert outcome.state == DialogueState()
    talk.tap("#erase")
    talk.tap("#menu")
    assert not talk.tap("#erase:yes").erase


@pytest.mark.parametrize(
    ("now", "piece"),
    [
        (datetime(2026, 8, 14, 16, 59, tzinfo=UTC), "có hiệu lực từ ngày 15/8/2026"),
        (datetime(2026, 8, 14, 17, 0, tzinfo=UTC), "Nộp hồ sơ qua mạng."),
        (datetime(2027, 2, 28, 16, 59, tzinfo=UTC), "Nộp hồ sơ qua mạng."),
        (datetime(2027, 2, 28, 17, 0, tzinfo=UTC), "đã hết hạn"),
    ],
)
def test_the_fee_holiday_begins_and_ends_by_itself(talk: Talk, now: datetime, piece: str) -> None:
    talk.now = now
    assert piece in _text(talk.tap("#commune:fee_holiday"))


def test_the_communes_own_facts_are_told_with_their_source(knowledge: Knowledge, texts: Texts) -> None:
    """Once the commune has filled them in."""
    commune = knowledge.commune.model_copy(
        update={"hours": "7:00–11:30, 13:00–16:30, thứ 2–6", "phone": "0251 1"}
    )
    understander = FakeUnderstander()
    talk = Talk(Assistant(replace(knowledge, commune=commune), understander, texts), understander)
    hours = _text(talk.say("may gio", means(Skill.CONTACT, "hours")))
    assert "Giờ làm việc của UBND xã Xuân Định: 7:00–11:30" in hours and "Nguồn: UBND xã Xuân Định" in hours
    assert "7:00–11:30" in _text(talk.say("gap can bo", WISH))
    assert not talk.say("so dien thoai", means(Skill.CONTACT, "phone")).unanswered


def test_every_menu_button_answers(talk: Talk) -> None:
    """All that can be reached by tapping alone, four levels deep, leads somewhere."""
    seen: set[str] = set()
    level = ["#menu", "#start"]
    for _ in range(4):
        following: list[str] = []
        for payload in level:
            talk.state = DialogueState()
            outcome = talk.tap(payload)
            assert "đã cũ" not in _text(outcome), payload
            seen.add(payload)
            following += [offer.value for offer in talk.state.offers if offer.value not in seen]
        level = list(dict.fromkeys(following))
    assert {"#commune:merger", "#commune:online", "#scam:report", "#officer:scam", "#p:3.000228"} <= seen
