"""What the resident reads around an officer, and what is understood of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from bot.assistant import Assistant
from bot.dialogue.types import Behaviour, DialogueState, Heard, Outcome, Rated
from bot.dialogue.waiting import phone_in
from bot.hours import Calendar
from bot.knowledge.loading import load_knowledge
from bot.queues import queue_for
from bot.settings import ROOT
from bot.understanding.folding import fold, normalise
from bot.understanding.types import Band, Skill, Understanding
from tests.handoff.conftest import TEXTS

FAQ_DIR = ROOT / "faq_data"
HOURS = Calendar(dict.fromkeys(range(5), ((450, 690), (780, 1020))))
OPEN, SHUT = (
    datetime(2026, 11, 25, 2, 0, tzinfo=UTC),
    datetime(2026, 11, 25, 12, 0, tzinfo=UTC),
)  # 09:00, 19:00
WORDS = TEXTS.wording.handoff


class Reads:
    """Understands a few words, everything else is lost."""

    def understand(self, text: str, topic: str | None = None) -> Understanding:
        folded = fold(normalise(text))
        found = Understanding(text=text, folded=folded, skill=Skill.NONE, band=Band.LOST)
        for word, handoff in (("can bo", "wish"), ("phan anh", "complaint"), ("chay nha", "emergency")):
            if word in folded:
                return replace(found, skill=Skill.HANDOFF, topic=handoff, band=Band.SURE, confidence=1.0)
        return found


@pytest.fixture(scope="module")
def assistant() -> Assistant:
    return Assistant(load_knowledge(FAQ_DIR, "xuan-dinh"), Reads(), TEXTS)


def says(
    assistant: Assistant, text: str, *, waiting: bool = False, now: datetime = OPEN,
    calendar: Calendar | None = HOURS, state: DialogueState | None = None,
) -> Outcome:  # fmt: skip
    heard = Heard(text=text, waiting=waiting, calendar=calendar)
    return assistant.turn(state or DialogueState(greeted=True), heard, now)


def text_of(outcome: Outcome) -> str:
    return "\n".join(reply.text for reply in outcome.replies)


def test_an_officer_is_called_and_the_resident_told_when(assistant: Assistant) -> None:
    within, after = says(assistant, "gặp cán bộ"), says(assistant, "gặp cán bộ", now=SHUT)
    for outcome in (within, after):
        assert outcome.handoff is not None
        assert WORDS.wish in text_of(outcome) and WORDS.contact in text_of(outcome)
        assert "#cancel" in [button.value for button in outcome.replies[-1].buttons]
    assert "đến 11:30" in text_of(within)
    assert "07:30 sáng mai, thứ Năm" in text_of(after)


def test_those_who_answer_tell_their_own_hours(assistant: Assistant) -> None:
    night = Calendar(dict.fromkeys(range(7), ((0, 1439),)))
    calendars = {"công an xã": night}

    def called(**heard: str) -> str:
        what = Heard(calendar=HOURS, calendars=calendars, **heard)
        return text_of(assistant.turn(DialogueState(greeted=True), what, SHUT))

    assert "đến 23:59" in called(text="gặp cán bộ công an xã")
    assert "đến 23:59" in called(payload="#officer:scam")
    assert "07:30 sáng mai" in called(text="gặp cán bộ hộ tịch")


@pytest.mark.parametrize("calendar", [None, Calendar(), Calendar({}, {date(2026, 11, 25): ()})])
def test_unknown_hours_are_called_unknown(assistant: Assistant, calendar: Calendar | None) -> None:
    assert WORDS.hours_unknown in text_of(says(assistant, "gặp cán bộ", calendar=calendar))


def test_while_one_is_called_it_is_not_said_again(assistant: Assistant) -> None:
    outcome = says(assistant, "gặp cán bộ", waiting=True)
    assert WORDS.again in text_of(outcome)
    assert WORDS.wish not in text_of(outcome)


def test_misses_while_waiting_call_nobody_again(assistant: Assistant) -> None:
    state = DialogueState(greeted=True, misses=1)
    assert WORDS.misses in text_of(says(assistant, "xyzzy", state=state))
    assert WORDS.misses not in text_of(says(assistant, "xyzzy", state=state, waiting=True))


@pytest.mark.parametrize(
    "text",
    [
        "thôi khỏi", "Thôi khỏi cần", "không cần nữa", "ko cần cán bộ nữa", "không cần cán bộ nữa đâu ạ",
        "thôi không gặp cán bộ nữa", "hủy", "thoi khoi can can bo", "dạ thôi khỏi ạ",
        "tôi không chờ cán bộ nữa",
    ],
)  # fmt: skip
def test_the_resident_ends_it(assistant: Assistant, text: str) -> None:
    outcome = says(assistant, text, waiting=True)
    assert outcome.cancels_officer
    assert text_of(outcome) == WORDS.cancelled
    assert not says(assistant, text).cancels_officer  # nobody is called


@pytest.mark.parametrize(
    "text",
    [
        "không thấy cán bộ trả lời", "không gặp được cán bộ", "không có giấy khai sinh thì sao",
        "khi nào cán bộ trả lời",
        "không cần giấy khai sinh phải không", "cần gặp cán bộ", "hủy hồ sơ", "cán bộ không trả lời",
    ],
)  # fmt: skip
def test_what_ends_nothing(assistant: Assistant, text: str) -> None:
    assert not says(assistant, text, waiting=True).cancels_officer


def test_a_bare_no_answers_the_question_that_was_asked(assistant: Assistant) -> None:
    asked = DialogueState(greeted=True, memory={"asked": "erase"})
    assert not says(assistant, "thôi khỏi", waiting=True, state=asked).cancels_officer


def test_the_button_ends_it(assistant: Assistant) -> None:
    heard = Heard(payload="#cancel", waiting=True)
    assert assistant.turn(DialogueState(greeted=True), heard, OPEN).cancels_officer
    late = assistant.turn(DialogueState(greeted=True), replace(heard, waiting=False), OPEN)
    assert not late.cancels_officer


@pytest.mark.parametrize(
    ("text", "phone"),
    [
        ("0912345678", "0912345678"), ("sđt của tôi là 0912.345.678", "0912345678"),
        ("+84 912 345 678", "0912345678"), ("gọi 0251 3822 123 nhé", "02513822123"),
        ("cccd 079204001234", None), ("hồ sơ H19.29-260101-0001", None), ("phí 100000000", None),
        ("năm 2026", None), (None, None),
    ],
)  # fmt: skip
def test_phone_numbers(text: str | None, phone: str | None) -> None:
    assert phone_in(text) == phone


def test_a_phone_number_is_taken_and_confirmed(assistant: Assistant) -> None:
    alone = says(assistant, "sđt của tôi là 0912 345 678", waiting=True)
    assert (text_of(alone), alone.contact) == (WORDS.contact_noted, "0912345678")
    assert "0912" not in repr(alone)
    with_wish = says(assistant, "cho tôi gặp cán bộ, số 0912345678")
    assert with_wish.contact == "0912345678"
    assert text_of(with_wish).endswith(WORDS.contact_noted)
    assert says(assistant, "0912345678").contact is None  # nobody is called: not asked for


def test_an_emergency_gets_its_numbers_also_with_a_phone_number(assistant: Assistant) -> None:
    outcome = says(assistant, "cháy nhà, gọi 0912345678", waiting=True)
    assert outcome.replies[0].text.startswith(TEXTS.wording.emergency.numbers)
    assert outcome.contact == "0912345678"


def test_a_bad_rating_offers_the_one_in_charge(assistant: Assistant) -> None:
    good = assistant.turn(DialogueState(greeted=True), Heard(payload="#rate:5:12"), OPEN)
    assert (good.rated, text_of(good)) == (Rated(5, 12), WORDS.rated_good)
    bad = assistant.turn(DialogueState(greeted=True), Heard(payload="#rate:1:12"), OPEN)
    assert bad.rated == Rated(1, 12)
    offer = bad.replies[-1].buttons[0]
    assert offer.value == "#officer:rating"
    called = assistant.turn(bad.state, Heard(payload=offer.value, calendar=HOURS), OPEN)
    assert called.handoff is not None and called.handoff.reason == "rating"
    assert called.behaviour is Behaviour.HANDOFF


@pytest.mark.parametrize(
    "payload", ["#rate", "#rate:2:1", "#rate:5:0", "#rate:5:x", "#rate:5:1:1", "#cancel:x"]
)
def test_typed_nonsense_rates_nothing(assistant: Assistant, payload: str) -> None:
    outcome = assistant.turn(DialogueState(greeted=True), Heard(payload=payload, waiting=True), OPEN)
    assert outcome.rated is None and not outcome.cancels_officer


def test_a_complaint_goes_to_the_general_queue_whatever_was_spoken_of(assistant: Assistant) -> None:
    assert queue_for("complaint", "Hộ tịch") == "chung"
    assert queue_for("wish", "Hộ tịch") == "hộ tịch–chứng thực"


@pytest.mark.parametrize(
    ("said", "queue"),
    [
        ("cho toi gap can bo ho tich", "hộ tịch–chứng thực"),
        ("gap cong an xa", "công an xã"),
        ("toi muon gap anh dia chinh", "đất đai–xây dựng"),
        ("gap chi lam chinh sach", "chính sách xã hội"),
        ("gap can bo", "chung"),
        ("gap can bo ho tich hay dia chinh", "chung"),  # several: everybody's
    ],
)
def test_a_wish_names_its_officers(said: str, queue: str) -> None:
    assert queue_for("wish", None, said) == queue


def test_a_named_officer_comes_before_the_topic_but_never_before_a_complaint() -> None:
    assert queue_for("wish", "Hộ tịch", "gap can bo dia chinh") == "đất đai–xây dựng"
    assert queue_for("complaint", "Hộ tịch", "to cao can bo ho tich") == "chung"
