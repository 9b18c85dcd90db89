"""What residents are told about old and new units, about who handles what, and from the guides."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.assistant import Assistant
from bot.dialogue.choices import STALE, Choice, Kind, parse
from bot.dialogue.guides import InForce, Texts
from bot.dialogue.types import Behaviour, Outcome
from bot.knowledge.loading import Knowledge
from bot.knowledge.model import Officer
from bot.understanding.types import Skill
from tests.dialogue.conftest import FakeUnderstander, Talk, means

MERGER = means(Skill.COMMUNE, "merger")
STAFF = means(Skill.COMMUNE, "staff")


def told(outcome: Outcome) -> str:
    return "\n".join(reply.text for reply in outcome.replies)


def titles(outcome: Outcome) -> list[str]:
    return [button.title for reply in outcome.replies for button in reply.buttons]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("xã Bảo Hòa cũ giờ thuộc đâu",
         ("Xã Bảo Hoà cũ (huyện Xuân Lộc) nay thuộc Xã Xuân Định, thành phố Đồng Nai", "1/7/2025",
          "NQ 1662")),
        ("thị trấn Gia Ray giờ là gì",
         ("nay thuộc Phường Xuân Lộc", "Từ ngày 30/4/2026, Xã Xuân Lộc đổi thành Phường Xuân Lộc")),
        ("xã Xuân Định gồm những xã nào",
         ("Xã Xuân Định gồm 3 đơn vị cũ", "• Xã Xuân Bảo (huyện Cẩm Mỹ)", "• Xã Bảo Hoà (huyện Xuân Lộc)")),
        ("phường Hố Nai nhập vô đâu",
         ("nay thuộc Phường Long Bình", "Đừng nhầm với Phường Hố Nai hiện nay", "Xã Hố Nai 3")),
        ("xã Lộc Hòa giờ thuộc đâu", ("(huyện Lộc Ninh, tỉnh Bình Phước) nay thuộc Xã Lộc Thạnh",)),
        ("huyện Xuân Lộc còn không",
         ("Huyện Xuân Lộc không còn từ ngày 1/7/2025", "7 xã, phường", "Phường Xuân Lộc", "Xã Xuân Định")),
        ("tp Biên Hòa bỏ rồi hả", ("Thành phố Biên Hòa không còn", "Phường Trấn Biên")),
        ("tỉnh Bình Phước cũ giờ ra sao",
         ("Tỉnh Bình Phước nhập vào tỉnh Đồng Nai từ ngày 1/7/2025", "30/4/2026", "62 xã và 33 phường")),
        ("bảo hòa với xuân bảo nhập chung hả",
         ("Xã Bảo Hoà cũ", "Xã Xuân Bảo cũ (huyện Cẩm Mỹ) nay thuộc", "gồm 3 đơn vị cũ")),
        ("sáp nhập xã", ("Xã Xuân Định, thành phố Đồng Nai gồm", "Hỏi nơi khác")),
        ("giấy tờ mang tên xã cũ có phải đổi không", ("không bắt buộc đổi", "NQ 190/2025/QH15")),
        ("bỏ huyện rồi nộp hồ sơ ở đâu", ("Trung tâm Phục vụ hành chính công",)),
    ],
)  # fmt: skip
def test_what_became_of_a_place(talk: Talk, text: str, says: tuple[str, ...]) -> None:
    outcome = talk.say(text, MERGER)
    assert (outcome.behaviour, outcome.skill) == (Behaviour.ANSWER, Skill.COMMUNE)
    assert [piece for piece in says if piece not in told(outcome)] == [], told(outcome)
    assert "Nguồn: " in told(outcome) and not outcome.unanswered
    assert "Gặp cán bộ" in titles(outcome)


def test_every_old_name_that_fits_several_is_asked_back_by_district(talk: Talk, knowledge: Knowledge) -> None:
    assert knowledge.units is not None
    asked = 0
    for name, olds in knowledge.units.old_by_key.items():
        if len({unit.code for old in olds for unit in old.now}) < 2:
            continue
        asked += 1
        outcome = talk.say(f"xã {name} cũ giờ thuộc đâu", MERGER)
        assert outcome.behaviour is Behaviour.CLARIFY, name
        for old in olds:
            assert old.unit.name in told(outcome)
        offers = [offer for offer in talk.state.offers if offer.value.startswith("#unit:")]
        assert len({offer.title for offer in offers}) == len(offers) >= 2, name
        assert all(len(offer.title) <= 20 for offer in offers)
        if len(olds) > 1:
            chosen = talk.tap(f"#unit:old:{olds[-1].unit.code}")
            assert chosen.behaviour is Behaviour.ANSWER and chosen.confidence == 1.0
            assert f"nay thuộc {olds[-1].now[0].name}," in told(chosen)
    assert asked == 31


def test_every_old_unit_is_answered_or_asked_back(talk: Talk, knowledge: Knowledge) -> None:
    assert knowledge.units is not None
    for old in knowledge.units.old.values():
        outcome = talk.say(f"{old.unit.name} {old.unit.district} nay thuộc đâu", MERGER)
        for unit in old.now:
            named = unit.name in told(outcome) or outcome.behaviour is Behaviour.CLARIFY
            assert named, (old.unit.name, told(outcome))
        assert len(told(outcome)) < 1500


def test_a_question_is_answered_by_number_by_button_or_in_its_words(talk: Talk) -> None:
    talk.say("xã Tân Thành giờ thuộc đâu", MERGER)
    assert "nay thuộc Xã Tân Tiến" in told(talk.say("2"))
    talk.say("xã Tân Thành giờ thuộc đâu", MERGER)
    assert "nay thuộc Phường Đồng Xoài" in told(talk.say("thanh pho dong xoai"))
    talk.say("thống nhất giờ thuộc đâu", MERGER)
    assert "Huyện Thống Nhất không còn" in told(talk.say("cả huyện cũ"))


def test_buttons_that_only_diacritics_tell_apart(talk: Talk) -> None:
    talk.say("xã Lộc Thành giờ thuộc đâu", MERGER)
    assert "nay thuộc Xã Lộc Thành" in told(talk.say("xã lộc thành"))
    talk.say("xã Lộc Thành giờ thuộc đâu", MERGER)
    assert "nay thuộc" not in told(talk.say("xa loc thanh"))


def test_a_divided_unit_is_told_with_both_parts(talk: Talk) -> None:
    outcome = talk.say("xã xuân tâm giờ thuộc đâu", MERGER)
    assert outcome.behaviour is Behaviour.CLARIFY
    assert "được chia về Xã Xuân Đông và Xã Xuân Hoà" in told(outcome) and "chưa có dữ liệu" in told(outcome)
    assert "Xã Xuân Hoà gồm" in told(talk.say("Xã Xuân Hoà"))


def test_what_is_not_known_is_said(talk: Talk) -> None:
    outcome = talk.say("xã Tam Đảo giờ thuộc đâu", MERGER)
    assert outcome.behaviour is Behaviour.REFUSE and outcome.unanswered
    assert "95 xã, phường" in told(outcome) and "dichvucong.gov.vn" in told(outcome)


def test_a_mistyped_name_is_asked_back(talk: Talk) -> None:
    outcome = talk.say("xa bao hao gio thuoc dau", MERGER)
    assert outcome.behaviour is Behaviour.CLARIFY and titles(outcome) == ["Bảo Hoà", "Gặp cán bộ"]
    assert "nay thuộc Xã Xuân Định" in told(talk.say("1"))


def test_a_name_with_another_tone_is_asked_back(talk: Talk) -> None:
    outcome = talk.say("xã Xuân Thạnh giờ thuộc đâu", MERGER)
    assert outcome.behaviour is Behaviour.CLARIFY and "Xuân Thành" in titles(outcome)
    assert "nay thuộc Xã Xuân Thành" in told(talk.say("1"))
    assert talk.say("xã Xuân Thanh giờ thuộc đâu", MERGER).behaviour is Behaviour.ANSWER


def test_hamlets_are_not_known(talk: Talk) -> None:
    outcome = talk.say("ấp Bảo Thị giờ thuộc xã nào", MERGER)
    assert outcome.behaviour is Behaviour.CLARIFY and "chưa có dữ liệu" in told(outcome)


@pytest.mark.parametrize("payload", ["#unit:now:99999", "#unit:old:00000", "#unit:tam-dao", "#unit:-"])
def test_a_forged_place_is_an_old_button(talk: Talk, payload: str) -> None:
    outcome = talk.tap(payload)
    assert outcome.behaviour is Behaviour.CLARIFY and "đã cũ" in told(outcome)


def test_payloads_of_places() -> None:
    assert parse("#unit:old:25207") == Choice(Kind.UNIT, detail="old:25207")
    assert parse("#unit:huyen-xuan-loc") == Choice(Kind.UNIT, detail="huyen-xuan-loc")
    assert {parse(p) for p in ("#unit", "#unit:", "#unit:now:1", "#unit:Bảo", "#unit:a b")} == {STALE}


def test_without_units_the_commune_still_answers(knowledge: Knowledge, texts: Texts) -> None:
    understander = FakeUnderstander()
    talk = Talk(Assistant(replace(knowledge, units=None), understander, texts), understander)
    assert talk.say("xã Bảo Hòa giờ thuộc đâu", MERGER).behaviour is Behaviour.REFUSE
    assert "đã cũ" in told(talk.tap("#unit:now:26461"))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("ai lo vụ hộ nghèo", ("Cán bộ chính sách", "chưa cập nhật", "Trung tâm Phục vụ hành chính công")),
        ("gặp ai làm đất đai", ("Cán bộ đất đai", "chưa cập nhật")),
        ("ai lo tạm trú", ("công an xã", "113")),
        ("việc này hỏi ai", ("Cán bộ phụ trách từng việc", "chưa cập nhật", "Ban Chỉ huy quân sự xã")),
        ("chủ tịch xã là ai", ("Lãnh đạo UBND xã", "chưa cập nhật")),
    ],
)
def test_who_handles_what_is_not_guessed(talk: Talk, text: str, says: tuple[str, ...]) -> None:
    outcome = talk.say(text, STAFF)
    assert [piece for piece in says if piece not in told(outcome)] == [], told(outcome)
    assert outcome.unanswered and "Gặp cán bộ" in titles(outcome)


def test_who_handles_what_once_the_commune_has_told(knowledge: Knowledge, texts: Texts) -> None:
    officers = (
        Officer(name="A Văn", role="Công chức", phone="0251 2", fields=("Giảm nghèo",)),
        Officer(name="B Thị", role="Trưởng ấp 1"),
        Officer(name="C Văn", role="Địa chính – xây dựng"),
    )
    commune = knowledge.commune.model_copy(update={"officers": officers})
    understander = FakeUnderstander()
    talk = Talk(Assistant(replace(knowledge, commune=commune), understander, texts), understander)
    poor = told(talk.say("ai lo hộ nghèo", STAFF))
    assert "A Văn, 0251 2" in poor and "B Thị" not in poor and "Nguồn: UBND xã Xuân Định" in poor
    assert "C Văn" in told(talk.say("ai làm sổ đỏ", STAFF))
    assert "B Thị" in told(talk.say("trưởng ấp là ai", STAFF))
    everybody = told(talk.say("xã có những ai", STAFF))
    assert all(officer.name in everybody for officer in officers)
    assert "chưa cập nhật" in told(talk.say("ai làm khai sinh", STAFF))


@pytest.mark.parametrize(
    ("today", "holds"),
    [
        (datetime(2026, 8, 14, 9, tzinfo=UTC), InForce.NOT_YET),
        (datetime(2026, 8, 15, 9, tzinfo=UTC), InForce.YES),
        (datetime(2027, 2, 28, 9, tzinfo=UTC), InForce.YES),
        (datetime(2027, 3, 1, 9, tzinfo=UTC), InForce.OVER),
    ],
)
def test_the_fee_holiday_holds_from_its_first_day_to_its_last(
    talk: Talk, texts: Texts, today: datetime, holds: InForce
) -> None:
    talk.now = today
    assert texts.guides["fee_holiday"].in_force(today.date()) is holds
    text = told(talk.say("miễn phí nộp mạng tới khi nào", means(Skill.COMMUNE, "fee_holiday")))
    conditions = ("VNeID mức 2", "05 loại giấy tờ", "qua mạng", "28/2/2027")
    assert all(condition in text for condition in conditions) is (holds is InForce.YES)
    assert ("hết hạn" in text, "chưa áp dụng" in text) == (holds is InForce.OVER, holds is InForce.NOT_YET)
    assert "Nghị quyết 66.22/2026/NQ-CP" in text


@pytest.mark.parametrize(
    ("topic", "text", "guide"),
    [
        ("vneid", "làm vneid mức 2 ở đâu", "vneid"),
        ("vneid", "quen mat khau vneid", "vneid_trouble"),
        ("vneid", "tích hợp bằng lái vào vneid", "vneid_papers"),
        ("vneid", "người nước ngoài có làm vneid được không", "vneid_foreign"),
        ("ocop", "ocop la gi", "ocop"),
        ("ocop", "dán tem qr truy xuất", "traceability"),
        ("online", "nộp mạng sao", "online"),
    ],
)
def test_the_guide_that_a_question_calls_for(
    talk: Talk, texts: Texts, topic: str, text: str, guide: str
) -> None:
    first = texts.guides[guide].text.splitlines()[0]
    assert first in told(talk.say(text, means(Skill.COMMUNE, topic)))


def test_guides_are_short_have_a_source_and_lead_on(texts: Texts) -> None:
    for guide in texts.guides.values():
        assert len(guide.text) <= 800, guide.id
        assert set(guide.next) <= set(texts.guides), guide.id
        assert guide.topic is None or guide.words, guide.id
        assert guide.source
    assert len([guide for guide in texts.guides.values() if guide.listed]) <= 9


def test_the_communes_menu_fits_on_one_row_of_messenger(talk: Talk) -> None:
    assert len(titles(talk.tap("#commune"))) <= 13
