"""Address, hours, phone, web page: the commune's own facts, and what is said where they are missing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.assistant import Assistant
from bot.dialogue.guides import Texts
from bot.dialogue.types import Outcome
from bot.knowledge.loading import Knowledge
from bot.knowledge.model import Officer
from bot.understanding.types import Skill
from tests.dialogue.conftest import FakeUnderstander, Talk, means


def told(outcome: Outcome) -> str:
    return "\n".join(reply.text for reply in outcome.replies)


@pytest.mark.parametrize(
    ("topic", "text", "missing"),
    [
        ("address", "ủy ban ở đâu", "Địa chỉ của UBND xã Xuân Định: chưa cập nhật"),
        ("address", "công an xã nằm chỗ nào", "Địa chỉ của Công an xã Xuân Định: chưa cập nhật"),
        ("address", "trạm y tế ở đâu", "Địa chỉ của Trạm Y tế xã Xuân Định: chưa cập nhật"),
        ("address", "nộp giấy ở trung tâm hành chính công chỗ nào", "Trung tâm Phục vụ hành chính công"),
        ("hours", "xã làm mấy giờ", "Giờ làm việc của UBND xã Xuân Định: chưa cập nhật"),
        ("phone", "xin số công an xã", "Số điện thoại của Công an xã Xuân Định: chưa cập nhật"),
        ("phone", "cho xin số trưởng ấp", "Số điện thoại của trưởng ấp, trưởng khu phố: chưa cập nhật"),
        ("phone", "số cán bộ địa chính", "Số điện thoại của cán bộ đất đai, xây dựng: chưa cập nhật"),
        ("phone", "trang web của xã", "Trang web của UBND xã Xuân Định: chưa cập nhật"),
        ("phone", "zalo của xã là gì", "Zalo, fanpage, email của UBND xã Xuân Định: chưa cập nhật"),
    ],
)
def test_what_the_commune_has_not_told_is_not_guessed(
    talk: Talk, topic: str, text: str, missing: str
) -> None:
    outcome = talk.say(text, means(Skill.CONTACT, topic))
    assert missing in told(outcome) and outcome.unanswered
    assert "#officer" in [offer.value for offer in talk.state.offers]


def test_a_web_page_outside_gov_vn_is_warned_of(talk: Talk) -> None:
    assert ".gov.vn" in told(talk.say("website xã", means(Skill.CONTACT, "phone")))


@pytest.fixture
def filled(knowledge: Knowledge, texts: Texts) -> Talk:
    """The assistant of a commune that has filled everything in."""
    facts = {"address": "12 đường A", "hours": "7:00–16:30", "phone": "0251 1"}
    offices = tuple(
        office.model_copy(update={**facts, "phone": f"0251 {number}"})
        for number, office in enumerate(knowledge.commune.offices, 2)
    )
    officers = (Officer(name="B Thị", role="Trưởng ấp 1", phone="0909"), Officer(name="C", role="Địa chính"))
    website = {"website": "https://xuandinh.dongnai.gov.vn"}
    commune = knowledge.commune.model_copy(
        update={**facts, **website, "offices": offices, "officers": officers}
    )
    understander = FakeUnderstander()
    return Talk(Assistant(replace(knowledge, commune=commune), understander, texts), understander)


@pytest.mark.parametrize(
    ("topic", "text", "value"),
    [
        ("address", "ủy ban ở đâu", "Địa chỉ UBND xã Xuân Định: 12 đường A"),
        ("hours", "công an xã làm giờ nào", "Giờ làm việc của Công an xã Xuân Định: 7:00–16:30"),
        ("phone", "số công an xã", "0251 3"),
        ("phone", "số điện thoại", "Điện thoại UBND xã Xuân Định: 0251 1"),
        ("phone", "số trưởng ấp", "Trưởng ấp 1: B Thị, 0909"),
        ("phone", "trang web của xã", "https://xuandinh.dongnai.gov.vn"),
    ],
)
def test_what_the_commune_has_told_is_told_with_its_source(
    filled: Talk, topic: str, text: str, value: str
) -> None:
    outcome = filled.say(text, means(Skill.CONTACT, topic))
    assert value in told(outcome) and "Nguồn: UBND xã Xuân Định" in told(outcome)
    assert not outcome.unanswered


def test_an_officer_without_a_number_has_none(filled: Talk) -> None:
    outcome = filled.say("số cán bộ địa chính", means(Skill.CONTACT, "phone"))
    assert "chưa cập nhật" in told(outcome) and outcome.unanswered
