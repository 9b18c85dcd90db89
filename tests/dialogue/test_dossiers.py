"""Conversations about dossiers: what is asked of the source, and what is said of its answers."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.assistant import Assistant
from bot.dialogue.dossier_talk import FRESH
from bot.dialogue.dossier_types import NOT_READY, Act, DossierReply, DossierRequest
from bot.dialogue.dossier_words import (
    complaint_in,
    factor_alone,
    factor_beside,
    hidden,
    trouble_in,
    wants_follow,
    wants_stop,
)
from bot.dialogue.dossiers import as_typed
from bot.dialogue.guides import Texts
from bot.dialogue.types import Behaviour, Heard, Outcome, Seen
from bot.dossiers.records import Digits, Dossier, Person, SharedPhone
from bot.dossiers.statuses import Shade, Status
from bot.knowledge.loading import Knowledge
from bot.understanding.types import Skill
from connectors.channel import Attachment
from tests.dialogue.conftest import NOW, FakeUnderstander, Talk, means, text_of

CODE = "H19.29-261102-0001"
ASKED = means(Skill.DOSSIER, "status")
WITH_CODE = means(Skill.DOSSIER, "status", dossier=CODE)
WHO = Person(1, "u1", "e1")
DOSSIER = Dossier(
    code=CODE,
    status=Status.RECEIVED,
    as_of=datetime(2026, 11, 23, 9, 30, tzinfo=UTC),
    shade=Shade.IN_WORK,
    procedure="Đăng ký khai sinh",
    procedure_code="1.001193",
    office="Bộ phận một cửa",
    received=date(2026, 11, 2),
    due=date(2026, 12, 4),
)
HIT = DossierReply(ready=True, shown=(DOSSIER,))
MISS = DossierReply(ready=True, missed=True)
READY = DossierReply(ready=True)


@dataclass
class FakeDossiers:
    """Answers from ``replies`` in turn, the last one for good; ``asked`` is what reached it."""

    replies: list[DossierReply] = field(default_factory=lambda: [READY])
    asked: list[DossierRequest] = field(default_factory=list)

    def carry_out(self, request: DossierRequest, who: Person, now: datetime) -> DossierReply:
        self.asked.append(request)
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


class DossierTalk(Talk):
    """A conversation whose turns come from somebody."""

    source: FakeDossiers

    def hear(self, heard: Heard) -> Outcome:
        return super().hear(replace(heard, person=WHO))

    def hears(self, *replies: DossierReply) -> None:
        self.source.replies = list(replies)


@pytest.fixture
def talk(knowledge: Knowledge, texts: Texts) -> DossierTalk:
    understander, source = FakeUnderstander(), FakeDossiers()
    made = DossierTalk(Assistant(knowledge, understander, texts, source), understander)
    made.source = source
    return made


def shown(talk: DossierTalk, dossier: Dossier = DOSSIER) -> Outcome:
    """The conversation up to the moment at which the dossier is shown."""
    talk.hears(READY, DossierReply(ready=True, shown=(dossier,)))
    talk.say(CODE, WITH_CODE)
    return talk.say("4321")


def buttons(outcome: Outcome) -> list[str]:
    return [button.value for reply in outcome.replies for button in reply.buttons]


def test_a_code_alone_asks_for_the_factor_and_then_shows(talk: DossierTalk) -> None:
    talk.hears(READY, HIT)
    asked = talk.say(CODE, WITH_CODE)
    assert (asked.behaviour, asked.skill, asked.dossier) == (Behaviour.CLARIFY, Skill.DOSSIER, CODE)
    assert "4 số cuối" in text_of(asked)
    told = talk.say("4321")
    look = DossierRequest(Act.LOOK, CODE, Digits("4321"))
    assert talk.source.asked == [DossierRequest(Act.OPEN, CODE), look]
    assert (told.behaviour, told.dossier, told.stored) == (Behaviour.ANSWER, CODE, "••••")
    text = text_of(told)
    assert "Đăng ký khai sinh" in text and "04/12/2026" in text
    assert "lúc 16:30 ngày 23/11/2026" in text  # as of when, never "now"
    assert "#dossier:follow" in buttons(told)


@pytest.mark.parametrize(
    ("text", "factor", "stored"),
    [
        (f"{CODE} 4321", "4321", f"{CODE} ••••"),
        (f"mã {CODE.lower()}, 4 số cuối cccd 1234", "1234", f"mã {CODE.lower()}, • số cuối cccd ••••"),
        (f"hồ sơ {CODE} sđt 0912 345 678", "5678", f"hồ sơ {CODE} sđt •••• ••• •••"),
        (f"hồ sơ {CODE} nộp năm 2026 tới đâu rồi", None, None),
        (f"{CODE} toi dau roi", None, None),
    ],
)
def test_a_factor_beside_the_code(
    talk: DossierTalk, text: str, factor: str | None, stored: str | None
) -> None:
    talk.hears(HIT if factor else READY)
    outcome = talk.say(text, WITH_CODE)
    request = talk.source.asked[0]
    assert request.factor == (Digits(factor) if factor else None)
    assert outcome.stored == stored


def test_wrong_code_and_wrong_factor_are_one_answer(talk: DossierTalk) -> None:
    """The dialogue cannot tell them apart: a miss is all that it hears."""
    talk.hears(READY, MISS)
    talk.say(CODE, WITH_CODE)
    told = talk.say("1111")
    assert "khớp với mã và 4 số cuối" in text_of(told)
    again = talk.say("2222")  # the code stays
    assert talk.source.asked[-1] == DossierRequest(Act.LOOK, CODE, Digits("2222"))
    assert text_of(again) == text_of(told)


def test_a_wait_is_told_until_when_and_an_absence_is_no_miss(talk: DossierTalk) -> None:
    talk.hears(READY, DossierReply(ready=True, wait_until=NOW + timedelta(minutes=30)))
    talk.say(CODE, WITH_CODE)
    assert "sau 10:30" in text_of(talk.say("1111"))
    talk.hears(DossierReply(ready=True, away=True))
    assert "không trả lời" in text_of(talk.say("1111"))


def test_without_a_source_only_the_public_ways_are_told(talk: DossierTalk) -> None:
    talk.hears(NOT_READY)
    told = talk.say(CODE, WITH_CODE)
    assert "chưa nối" in text_of(told) and told.dossier == CODE
    assert "Cổng hành chính công" in text_of(talk.say("hồ sơ của tôi tới đâu rồi", ASKED))


def test_nearly_a_code_is_asked_back_with_a_button(talk: DossierTalk) -> None:
    outcome = talk.say("H1929-261102-0001", means(Skill.DOSSIER, "status"))
    assert outcome.behaviour is Behaviour.CLARIFY
    offered = [value for value in buttons(outcome) if value.startswith("#dossier:code:")]
    assert offered and talk.source.asked == []
    talk.say("1")
    assert talk.source.asked[0].act is Act.OPEN


def test_yes_in_words_takes_the_code_that_was_asked_back(talk: DossierTalk) -> None:
    talk.say("H1929-261102-0001", means(Skill.DOSSIER, "status"))
    talk.say("đúng rồi", means(Skill.SMALLTALK, "affirm"))
    assert talk.source.asked[0].act is Act.OPEN


def test_no_in_words_ends_the_talk_politely(talk: DossierTalk) -> None:
    talk.say(CODE, WITH_CODE)
    assert talk.say("không", means(Skill.SMALLTALK, "deny")).behaviour is Behaviour.SMALLTALK


def test_my_dossier_without_a_code(talk: DossierTalk) -> None:
    asked = talk.say("hồ sơ của tôi tới đâu rồi", ASKED)
    assert talk.source.asked == [DossierRequest(Act.MINE, confidence=0.9)]
    assert asked.behaviour is Behaviour.CLARIFY and "giấy hẹn" in text_of(asked)
    wrong = talk.say("ABC 12-34")
    assert "chưa nhận ra mã" in text_of(wrong)
    talk.say(CODE)  # understood without the engine, for it was asked for
    assert talk.source.asked[-1] == DossierRequest(Act.OPEN, CODE)


def test_followed_dossiers_are_shown_without_code_and_factor(talk: DossierTalk) -> None:
    talk.hears(DossierReply(ready=True, shown=(DOSSIER,), codes=(CODE,)))
    told = talk.say("hồ sơ của tôi tới đâu rồi", ASKED)
    assert CODE in text_of(told)
    assert "#dossier:follow" not in buttons(told)


def test_a_receipt_photographed(talk: DossierTalk) -> None:
    picture = (Attachment("image", "https://x/y"),)
    talk.hear(Heard(attachments=picture, seen=(Seen(codes=(CODE,)),)))
    talk.hear(Heard(text="xem giúp tôi", attachments=picture, seen=(Seen(codes=(CODE,)),)))
    assert talk.source.asked == [DossierRequest(Act.OPEN, CODE)] * 2


def test_a_qr_code_with_an_address_of_no_authority_is_no_receipt(talk: DossierTalk) -> None:
    seen = (Seen(codes=(f"https://lua.top/{CODE}",)),)
    talk.hear(Heard(attachments=(Attachment("image", "https://x/y"),), seen=seen))
    assert talk.source.asked == []


def test_the_phone_that_zalo_shares_is_the_factor(talk: DossierTalk) -> None:
    talk.hears(READY, HIT)
    talk.say(CODE, WITH_CODE)
    told = talk.hear(Heard(shared_phone="84912345678"))
    assert talk.source.asked[-1] == DossierRequest(Act.LOOK, CODE, SharedPhone("84912345678"))
    assert CODE in text_of(told)


def test_follow_and_stop(talk: DossierTalk) -> None:
    shown(talk)
    talk.hears(DossierReply(ready=True, codes=(CODE,)))
    told = talk.tap("#dossier:follow")
    assert talk.source.asked[-1] == DossierRequest(Act.FOLLOW, CODE, shown=True)
    assert "Dừng theo dõi" in text_of(told)
    stopped = talk.say("Dừng theo dõi")
    assert talk.source.asked[-1] == DossierRequest(Act.STOP)
    assert CODE in text_of(stopped)
    talk.hears(NOT_READY)  # also without a source
    assert "không theo dõi" in text_of(talk.say("dung theo doi"))


@pytest.mark.parametrize("payload", ["#dossier:follow", "#dossier:late", "#dossier:refused"])
def test_a_button_of_long_ago_shows_nothing(talk: DossierTalk, payload: str) -> None:
    shown(talk)
    talk.now += FRESH
    before = len(talk.source.asked)
    told = talk.tap(payload)
    assert len(talk.source.asked) == before
    assert CODE not in text_of(told)


FOREIGN = ["#dossier:code:<b>", "#dossier:code:", "#dossier:open", f"#dossier:{CODE}"]


@pytest.mark.parametrize("payload", FOREIGN)
def test_a_payload_that_nobody_made_is_stale(talk: DossierTalk, payload: str) -> None:
    talk.tap(payload)
    assert talk.source.asked == []


OVERDUE = replace(DOSSIER, due=date(2026, 11, 16))
SUPPLEMENT = replace(DOSSIER, status=Status.SUPPLEMENT, shade=Shade.NONE, note="Nộp bản sao giấy chứng sinh")
REFUSED = replace(DOSSIER, status=Status.REFUSED, shade=Shade.NONE, note="Không thuộc thẩm quyền")
TROUBLES = [
    (OVERDUE, "sao trễ vậy", "quá ngày hẹn trả 16/11/2026", True),
    (DOSSIER, "sao lâu quá vậy", "chưa quá hẹn", False),
    (replace(DOSSIER, due=None), "sao lâu quá vậy", "không ghi ngày hẹn", True),
    (SUPPLEMENT, "nộp thiếu giấy gì", "Nộp bản sao giấy chứng sinh", True),
    (DOSSIER, "nộp thiếu giấy gì", "không bị yêu cầu bổ sung", False),
    (REFUSED, "sao bị từ chối", "Không thuộc thẩm quyền", True),
    (replace(REFUSED, note=""), "sao bị từ chối", "không ghi lý do", True),
]


@pytest.mark.parametrize(("dossier", "said", "told", "handed"), TROUBLES)
def test_trouble_is_explained_and_handed_over(
    talk: DossierTalk, dossier: Dossier, said: str, told: str, handed: bool
) -> None:
    shown(talk, dossier)
    talk.hears(DossierReply(ready=True, shown=(dossier,)))
    outcome = talk.say(said)
    assert talk.source.asked[-1].act is Act.AGAIN
    assert told in text_of(outcome)
    assert (outcome.handoff is not None) == handed
    if outcome.handoff:
        assert (outcome.handoff.reason, outcome.handoff.dossier) == ("dossier", CODE)
        assert outcome.handoff.queue == "hộ tịch–chứng thực"  # the dossier's own procedure decides


def test_trouble_before_the_code_is_remembered(talk: DossierTalk) -> None:
    talk.hears(READY, READY, DossierReply(ready=True, shown=(OVERDUE,)))
    talk.say("hồ sơ của tôi sao trễ vậy", ASKED)
    talk.say(CODE, WITH_CODE)
    outcome = talk.say("4321")
    assert "quá ngày hẹn trả" in text_of(outcome) and outcome.handoff is not None


def test_an_officer_wanted_after_a_dossier_gets_it(talk: DossierTalk) -> None:
    shown(talk)
    outcome = talk.tap("#officer:dossier")
    assert outcome.handoff is not None and outcome.handoff.dossier == CODE


def test_an_emergency_comes_before_any_dossier(talk: DossierTalk) -> None:
    talk.say(CODE, WITH_CODE)
    outcome = talk.say("cháy nhà cứu với", means(Skill.HANDOFF, "emergency"))
    assert "114" in text_of(outcome)


def test_digits_that_are_no_factor_are_not_kept(talk: DossierTalk) -> None:
    talk.say(CODE, WITH_CODE)
    outcome = talk.say("43215")
    assert "4 chữ số cuối" in text_of(outcome)
    assert outcome.stored == "•••••"


@pytest.mark.parametrize(
    ("text", "factor"),
    [
        ("4321", "4321"), ("4 3 2 1", "4321"), ("dạ 4321 ạ", "4321"), ("4 số cuối là 4321", "4321"),
        ("0912 345 678", "5678"), ("079204001234", "1234"), ("cccd 079204001234 nhé", "1234"),
        ("432", None), ("43210", None), ("1234 5678", None), ("khai sinh cần 4 ảnh không", None),
        ("số nhà 1234 đường Lê Lợi có phải làm lại sổ hộ khẩu không", None), ("", None),
    ],
)  # fmt: skip
def test_what_answers_the_question_for_the_factor(text: str, factor: str | None) -> None:
    assert factor_alone(text) == factor


@pytest.mark.parametrize(
    ("text", "trouble"),
    [
        ("sao trễ vậy", "late"), ("lâu quá vậy", "late"), ("quá hẹn rồi", "late"),
        ("còn thiếu giấy tờ nào", "missing"), ("cần bổ sung gì", "missing"), ("bị trả về là sao", "refused"),
        ("vì sao không nhận hồ sơ của tôi", "refused"), ("cảm ơn", None), ("hồ sơ tới đâu rồi", None),
    ],
)  # fmt: skip
def test_trouble_in_words(text: str, trouble: str | None) -> None:
    assert trouble_in(text, in_talk=True) == trouble


@pytest.mark.parametrize(
    ("text", "trouble"),
    [
        ("sao hồ sơ của tôi trễ vậy", "late"), ("ho so cua em bi tra ve la sao", "refused"),
        ("hồ sơ đất của tôi sao lâu quá", "late"), ("khai sinh trễ hạn phạt sao", None),
        ("hồ sơ nhập học của em nộp thêm gì", None), ("làm hồ sơ khai sinh trễ hạn", None),
        ("sao ho so tre vay", "late"), ("hồ sơ lâu quá", "late"), ("hồ sơ trễ hạn", "late"),
    ],
)  # fmt: skip
def test_trouble_out_of_the_blue_must_be_the_residents_own(text: str, trouble: str | None) -> None:
    assert complaint_in(text) == trouble


def test_a_code_in_what_may_be_a_fraud_is_left_to_the_check(talk: DossierTalk) -> None:
    talk.say(f"Hồ sơ {CODE} bị treo, vào https://vneid-capnhat.top để mở", means(Skill.SCAM, "check"))
    assert talk.source.asked == []


@pytest.mark.parametrize(
    ("text", "follow", "stop"),
    [
        ("theo dõi", True, False), ("khi nào xong báo tôi", True, False), ("Dừng theo dõi", False, True),
        ("thôi theo dõi", False, True), ("không theo dõi nữa", False, True), ("cảm ơn", False, False),
    ],
)  # fmt: skip
def test_following_in_words(text: str, follow: bool, stop: bool) -> None:
    assert (wants_follow(text), wants_stop(text)) == (follow, stop)


@given(st.text(max_size=120))
def test_words_never_raise_and_hide_every_digit(text: str) -> None:
    factor = factor_alone(text)
    assert factor is None or (len(factor) == 4 and factor.isdigit())
    factor_beside(text)
    trouble_in(text, in_talk=True)
    wants_follow(text)
    as_typed(text, CODE)
    assert not any(character.isdigit() and character.isascii() for character in hidden(text))


@given(st.text(alphabet="0123456789 .-dạsốcuối", max_size=60))
def test_what_is_kept_never_holds_the_factor(text: str) -> None:
    message = f"{CODE} {text}"
    factor = factor_beside(message.replace(CODE, " "))
    if factor:
        assert factor not in hidden(message, CODE).replace(CODE, "")
