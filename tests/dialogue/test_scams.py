"""What is brought as a scam: by words, as a link, a number, a picture; what is answered and kept.

With the real check: the levels that are asked for here are plain ones, that no tuning should change.
"""

from __future__ import annotations

import pytest

from bot.assistant import Assistant
from bot.dialogue.guides import Texts
from bot.dialogue.types import Behaviour, DialogueState, Heard, Outcome, Seen
from bot.knowledge.loading import Knowledge
from bot.scams.checking import Checker
from bot.scams.lists import load_lists
from bot.scams.types import Known
from bot.understanding.types import Band, Skill
from connectors.channel import Attachment
from tests.dialogue.conftest import FAQ_DIR, LOST, FakeUnderstander, Talk, means, text_of

BIRTH = "1.001193"
FORWARDED = (
    "Cong an xa thong bao: du lieu VNeID cua ong ba bi loi, truy cap vneid-capnhat.top de cap nhat ngay"
)
PICTURE = (Attachment("image", "https://a.zdn.vn/1"),)


@pytest.fixture(scope="session")
def checker() -> Checker:
    return Checker(load_lists(FAQ_DIR))


class Commune:
    """The commune's own list, as a test wants it."""

    def __init__(self) -> None:
        self.known = Known()

    def __call__(self) -> Known:
        return self.known


@pytest.fixture
def commune() -> Commune:
    return Commune()


@pytest.fixture
def talk(knowledge: Knowledge, texts: Texts, checker: Checker, commune: Commune) -> Talk:
    understander = FakeUnderstander()
    assistant = Assistant(knowledge, understander, texts, checker=checker, known=commune)
    return Talk(assistant, understander)


def titles(outcome: Outcome) -> list[str]:
    return [button.title for reply in outcome.replies for button in reply.buttons]


def level(outcome: Outcome) -> str | None:
    return outcome.verdict.level if outcome.verdict else None


@pytest.mark.parametrize(
    "text",
    [
        "có người gọi bảo lên vneid cập nhật, gửi link vneid-capnhat.top",
        "https://vneid-capnhat.top/a?b=1",
        "vneid-capnhat.top",
        FORWARDED,
        "cái này có phải lừa đảo không: https://vneid-capnhat.top",
    ],
)
def test_what_smells_is_told_with_its_reasons(talk: Talk, text: str) -> None:
    outcome = talk.say(text)
    told = text_of(outcome)
    assert (outcome.skill, level(outcome)) == (Skill.SCAM, "danger")
    assert "⚠ Có dấu hiệu lừa đảo" in told and "đừng đọc mã OTP" in told and "Tôi đã lỡ làm theo" in told
    assert 1 <= told.count("• ") <= 4
    assert titles(outcome) == ["Báo công an xã", "Tôi đã lỡ làm theo", "Cách nhận biết"]


@pytest.mark.parametrize("text", ["https://dichvucong.gov.vn", "0912345678", "19034567890123"])
def test_clear_says_what_was_looked_at_and_never_safe(talk: Talk, text: str) -> None:
    outcome = talk.say(text)
    told = text_of(outcome).lower()
    assert outcome.skill is Skill.SCAM and level(outcome) in ("clear", "suspicious")
    assert "an toàn" not in told
    if level(outcome) == "clear":
        assert "tôi đã xem" in told and "không nói chắc được" in told


def test_the_menu_asks_for_the_thing_and_the_next_message_is_it(talk: Talk) -> None:
    asked = talk.tap("#scam")
    assert asked.behaviour is Behaviour.CLARIFY and "gửi chính tin nhắn" in text_of(asked)
    assert level(talk.say("tai khoan cua ban bi khoa, goi 0912345678 de mo lai", LOST)) is not None


def test_asked_without_the_thing_then_an_ordinary_question_is_answered_as_one(talk: Talk) -> None:
    assert talk.say("cái này có phải lừa đảo không").behaviour is Behaviour.CLARIFY
    outcome = talk.say("làm khai sinh cần gì", means(codes={BIRTH: 0.95}))
    assert (outcome.skill, outcome.verdict) == (Skill.PROCEDURE, None)


def test_asked_again_right_behind_a_verdict(talk: Talk) -> None:
    first = talk.say(FORWARDED)
    again = talk.say("cái này có phải lừa đảo không")
    assert "vừa xem" in text_of(again)
    assert level(again) == level(first) == "danger"


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("làm giấy khai sinh cho bé cần gì", means(codes={BIRTH: 0.95})),
        ("nộp hồ sơ khai sinh trên dichvucong.gov.vn thế nào", means(codes={BIRTH: 0.95})),
        ("làm khai sinh online có cần mã OTP không", means(codes={BIRTH: 0.95})),
        ("không nhận được mã OTP khi nộp khai sinh qua mạng", means(codes={BIRTH: 0.95})),
        ("cập nhật vneid như thế nào", means(Skill.COMMUNE, "vneid")),
        ("nộp qua vneid có được không", means(Skill.COMMUNE, "online")),
        ("khai.sinh", means(codes={BIRTH: 0.95})),
        ("chuyển tiền lệ phí khai sinh vào tài khoản nào", means(codes={BIRTH: 0.9}, band=Band.UNSURE)),
    ],
)
def test_ordinary_questions_are_never_turned_into_checks(talk: Talk, text: str, meaning: object) -> None:
    outcome = talk.say(text, meaning)  # type: ignore[arg-type]
    assert outcome.skill is not Skill.SCAM
    assert outcome.verdict is None


@pytest.mark.parametrize(
    "text",
    [
        "tôi lỡ chuyển tiền cho nó rồi",
        "em bấm vào link rồi đọc mã otp cho họ rồi giờ sao",
        "tôi bị lừa mất 20 triệu",
    ],
)
def test_victims_get_first_aid_before_anything_else(talk: Talk, text: str) -> None:
    outcome = talk.say(text)
    assert text_of(outcome).count("Gọi ngân hàng") == 1 and "lấy lại tiền" in text_of(outcome)
    assert "Gặp công an xã" in titles(outcome)
    assert talk.tap("#officer:scam").handoff is not None


def test_one_tap_reports_once(talk: Talk) -> None:
    checked = talk.say(FORWARDED).checked
    assert checked is not None and checked.hosts == ("vneid-capnhat.top",)
    first = talk.tap("#scam:send")
    assert first.reports and "Đã chuyển tới công an xã" in text_of(first)
    second = talk.tap("#scam:send")
    assert not second.reports and "báo rồi" in text_of(second)
    assert talk.say("vneid-capnhat.top/khac").checked is not None
    assert talk.tap("#scam:send").reports


def test_nothing_is_reported_that_was_not_checked(talk: Talk) -> None:
    outcome = talk.tap("#scam:send")
    assert not outcome.reports and "gửi tin nhắn" in text_of(outcome)


def test_what_is_kept_is_masked_and_the_numbers_are_apart(talk: Talk) -> None:
    text = (
        "Ma OTP 482913. Chuyen tien vao STK 19034567890123 Techcombank, goi +84 912 345 678,"
        " CCCD 079204001234, vao https://vneid-capnhat.top/login?cccd=079204001234#x"
    )
    outcome = talk.say(text)
    checked = outcome.checked
    assert checked is not None and outcome.stored == checked.text
    for secret in ("482913", "19034567890123", "912 345 678", "079204001234"):
        assert secret not in checked.text + "".join(checked.links) + "".join(checked.reasons)
        assert secret not in str(outcome.state.to_dict())
    assert checked.phones == ("+84912345678",)
    assert "cccd=" not in checked.text
    assert "19034567890123" not in repr(checked)


def test_the_communes_own_list_counts(talk: Talk, commune: Commune) -> None:
    before = talk.say("nhan-tro-cap-xa.vn")
    assert level(before) != "danger"
    commune.known = Known(hosts=frozenset({"nhan-tro-cap-xa.vn"}))
    after = talk.say("nhan-tro-cap-xa.vn")
    assert level(after) == "danger" and "công an xã xác nhận" in text_of(after)


def test_pictures_are_checked(talk: Talk) -> None:
    seen = (Seen(text="VNeID sắp bị khóa, truy cập ngay", codes=("https://vneid-capnhat.top/qr",)),)
    outcome = talk.hear(Heard(attachments=PICTURE, seen=seen))
    assert level(outcome) == "danger"
    assert outcome.checked is not None and outcome.checked.hosts == ("vneid-capnhat.top",)


def test_a_question_beside_a_picture_is_about_it(talk: Talk) -> None:
    seen = (Seen(codes=("https://vneid-capnhat.top/qr",)),)
    outcome = talk.hear(Heard(text="cái này có phải lừa đảo không", attachments=PICTURE, seen=seen))
    assert level(outcome) == "danger"


def test_a_clear_picture_says_what_was_looked_at(talk: Talk) -> None:
    outcome = talk.hear(Heard(attachments=PICTURE, seen=(Seen(text="Thực đơn hôm nay: cá kho, canh chua"),)))
    assert level(outcome) == "clear"
    assert "chữ trong ảnh" in text_of(outcome) and "việc khác" in text_of(outcome)


@pytest.mark.parametrize(
    ("seen", "says"),
    [
        (Seen(problem="text"), "chưa đọc được chữ"),
        (Seen(problem="size"), "không mở được"),
        (Seen(problem="away"), "chưa tải được"),
        (Seen(), "không thấy chữ"),
    ],
)
def test_a_picture_that_says_nothing_is_asked_for_in_words(talk: Talk, seen: Seen, says: str) -> None:
    outcome = talk.hear(Heard(attachments=PICTURE, seen=(seen,)))
    assert outcome.behaviour is Behaviour.CLARIFY and says in text_of(outcome)
    assert outcome.state.misses == 0


def test_kinds_are_told_from_the_knowledge(talk: Talk, knowledge: Knowledge) -> None:
    overview = talk.say("Có những kiểu lừa đảo nào")
    assert overview.skill is Skill.SCAM and len(titles(overview)) >= 5
    group = talk.say("1")
    assert group.skill is Skill.SCAM and len(titles(group)) >= 3
    kind = talk.say("giả công an gọi điện thì sao")
    assert {"Dấu hiệu:", "Nên làm:", "Báo ở đâu:"} <= set(text_of(kind).split("\n"))
    assert "Nguồn:" in text_of(kind)
    assert "do trợ lý soạn" in text_of(talk.say("1"))


def test_every_kind_can_be_told(talk: Talk, knowledge: Knowledge) -> None:
    for slug in knowledge.scams:
        told = talk.tap(f"#scam:kind:{slug}")
        assert len(text_of(told)) <= 2000 and "Nguồn:" in text_of(told), slug
        assert knowledge.scams[slug].example in text_of(talk.tap(f"#scam:example:{slug}"))


def test_an_unknown_kind_leads_to_the_overview(talk: Talk) -> None:
    assert "kiểu sau" in text_of(talk.tap("#scam:kind:khong-co"))
    assert "kiểu sau" in text_of(talk.tap("#scam:group:khong-co"))


@pytest.mark.parametrize(
    "text", ["nhận cảnh báo", "cho tôi đăng ký nhận cảnh báo lừa đảo", "dang ky nhan canh bao", "cảnh báo"]
)
def test_warnings_are_wanted(talk: Talk, text: str) -> None:
    outcome = talk.say(text)
    assert outcome.warns is True and outcome.state.warned


@pytest.mark.parametrize(
    "text", ["dừng", "Dừng.", "dung", "stop", "dừng cảnh báo", "không nhận cảnh báo nữa", "hủy cảnh báo"]
)
def test_dung_ends_them(talk: Talk, text: str) -> None:
    talk.tap("#warn:on")
    outcome = talk.say(text)
    assert outcome.warns is False and not outcome.state.warned


def test_dung_means_nothing_to_who_gets_none_and_dung_is_not_dung(talk: Talk) -> None:
    assert talk.say("dừng", LOST).warns is None
    talk.tap("#warn:on")
    assert talk.say("đúng", means(Skill.SMALLTALK, "affirm")).warns is None
    assert talk.say("dừng nộp thuế", LOST).warns is None
    assert talk.say("cảnh báo cháy rừng ở đâu", LOST).warns is None


def test_the_wish_survives_other_talk(talk: Talk) -> None:
    talk.tap("#warn:on")
    talk.say("khai sinh", means(codes={BIRTH: 0.95}))
    assert talk.state.warned


def test_a_number_in_what_is_checked_is_no_contact(talk: Talk) -> None:
    outcome = talk.hear(Heard(text=f"{FORWARDED} lien he 0912345678", waiting=True))
    assert level(outcome) == "danger" and outcome.contact is None


def test_old_states_are_read(talk: Talk) -> None:
    assert DialogueState.from_dict({"topic": "1.001193"}).checked == {}
