"""Two questions in one message: both answered, or the message taken as a whole."""

from __future__ import annotations

import pytest

from bot.dialogue.choices import Kind, chosen
from bot.dialogue.types import Behaviour, DialogueState, Heard
from bot.understanding.folding import normalise
from bot.understanding.types import Aspect, Band, Skill, Understanding
from tests.dialogue.conftest import Talk, means
from tests.dialogue.conftest import text_of as _text

BIRTH, RESIDENCE, MARRIAGE, MISSING = "1.001193", "1.004222", "1.000894", "1.001622"
FEE, TIME, DOCUMENTS, PLACE = Aspect.FEE, Aspect.TIME, Aspect.DOCUMENTS, Aspect.PLACE
A, C, R = Behaviour.ANSWER, Behaviour.CLARIFY, Behaviour.REFUSE

# No family's names: those are understood without the understander.
BOTH = "giấy của cháu ruột cần gì, với lại chuyện khẩu khiếc mất bao lâu"
FIRST, SECOND = "giấy của cháu ruột cần gì", "chuyện khẩu khiếc mất bao lâu"
BIRTH_ASKED = means(codes={BIRTH: 0.9}, aspects=(DOCUMENTS,))
RESIDENCE_ASKED = means(codes={RESIDENCE: 0.9}, aspects=(TIME,))


class Counted(Talk):
    """Counts the calls of the understander, and what each was told to be the topic."""

    def __init__(self, talk: Talk) -> None:
        super().__init__(talk.assistant, talk.understander)
        self.calls: list[tuple[str, str | None]] = []
        understand = talk.understander.understand

        def counted(text: str, topic: str | None = None) -> Understanding:
            self.calls.append((text, topic))
            return understand(text, topic)

        talk.understander.understand = counted  # type: ignore[method-assign]

    def means(self, **table: Understanding) -> None:
        """Meanings of FIRST, SECOND and BOTH."""
        texts = {"first": FIRST, "second": SECOND, "whole": BOTH}
        self.understander.table |= {normalise(texts[name]): meant for name, meant in table.items()}


@pytest.fixture
def counted(talk: Talk) -> Counted:
    return Counted(talk)


def test_both_are_answered_in_order(counted: Counted) -> None:
    counted.means(first=BIRTH_ASKED, second=RESIDENCE_ASKED)
    outcome = counted.say(BOTH)
    assert (outcome.behaviour, outcome.skill) == (A, Skill.PROCEDURE)
    assert outcome.codes == (BIRTH, RESIDENCE) and outcome.aspects == (DOCUMENTS, TIME)
    told = _text(outcome)
    assert told.index("Đăng ký khai sinh") < told.index("Đăng ký thường trú")
    assert told.count("Tôi là trợ lý tự động") == 1
    assert counted.calls == [(FIRST, None), (SECOND, BIRTH)]


def test_what_else_either_may_mean_stands_behind_both(counted: Counted) -> None:
    counted.means(
        first=means(codes={BIRTH: 0.9, MARRIAGE: 0.2}, aspects=(DOCUMENTS,)),
        second=means(codes={RESIDENCE: 0.9, "1.004194": 0.3, BIRTH: 0.1}, aspects=(TIME,)),
    )
    outcome = counted.say(BOTH)
    assert outcome.codes == (BIRTH, RESIDENCE, MARRIAGE, "1.004194")
    told = _text(outcome)
    assert told.index("Đăng ký khai sinh") < told.index("Đăng ký thường trú")
    assert counted.state.topic == RESIDENCE and "#more:1.001193" in [o.value for o in counted.state.offers]


def test_one_matter_with_other_rivals_is_one_matter(counted: Counted) -> None:
    counted.means(
        first=means(codes={BIRTH: 0.9, MARRIAGE: 0.2}, aspects=(DOCUMENTS,)),
        second=means(codes={BIRTH: 0.9, RESIDENCE: 0.2}, aspects=(TIME,)),
        whole=means(codes={MARRIAGE: 0.9}, aspects=(PLACE,)),
    )
    assert counted.say(BOTH).codes == (MARRIAGE,)


def test_the_second_is_the_topic_from_now_on(counted: Counted) -> None:
    counted.means(first=BIRTH_ASKED, second=RESIDENCE_ASKED)
    counted.say(BOTH)
    assert (counted.state.topic, counted.state.aspect) == (RESIDENCE, "time")
    outcome = counted.say("le phi", means(aspects=(FEE,), follow_up=True))
    assert outcome.codes == (RESIDENCE,)


def test_one_row_of_buttons_leads_on_for_both(counted: Counted) -> None:
    counted.means(first=BIRTH_ASKED, second=RESIDENCE_ASKED)
    outcome = counted.say(BOTH)
    assert [bool(reply.buttons) for reply in outcome.replies] == [False] * (len(outcome.replies) - 1) + [True]
    titles = [offer.title for offer in counted.state.offers]
    assert titles == ["Xem thêm câu 1", "Đăng ký khai sinh", "Đăng ký thường trú"]
    for offer in counted.state.offers:
        choice = chosen(DialogueState(), Heard(payload=offer.value))
        assert choice is not None and choice.kind is not Kind.STALE
    assert counted.say("1").codes == (BIRTH,)


def test_the_part_of_the_first_goes_on_to_the_second(counted: Counted) -> None:
    counted.understander.table |= {
        "khai sinh lệ phí bao nhiêu": means(codes={BIRTH: 0.9}, aspects=(FEE,)),
        "còn kết hôn thì sao": means(codes={MARRIAGE: 0.9}, aspects=(Aspect.STEPS,)),
    }
    outcome = counted.say("khai sinh lệ phí bao nhiêu, còn kết hôn thì sao")
    assert (outcome.codes, outcome.aspects) == ((BIRTH, MARRIAGE), (FEE,))


def test_what_is_known_to_be_missing_is_an_answer(counted: Counted) -> None:
    counted.means(first=BIRTH_ASKED, second=means(codes={MISSING: 0.9}))
    outcome = counted.say(BOTH)
    assert outcome.behaviour is A and outcome.codes == (BIRTH, MISSING) and outcome.unanswered
    assert "Gặp cán bộ" in [offer.title for offer in counted.state.offers]


@pytest.mark.parametrize(
    ("first", "second", "calls"),
    [
        (means(codes={BIRTH: 0.5}, band=Band.UNSURE), RESIDENCE_ASKED, 2),
        (means(Skill.NONE), RESIDENCE_ASKED, 2),
        (means(Skill.SCAM, "check"), RESIDENCE_ASKED, 2),
        (BIRTH_ASKED, means(codes={RESIDENCE: 0.5}, band=Band.UNSURE), 3),
        (BIRTH_ASKED, means(codes={BIRTH: 0.9}, aspects=(TIME,)), 3),
        (BIRTH_ASKED, means(aspects=(TIME,), follow_up=True), 3),
        (BIRTH_ASKED, means(Skill.HANDOFF, "wish"), 3),
    ],
)
def test_anything_less_is_taken_as_a_whole(
    counted: Counted, first: Understanding, second: Understanding, calls: int
) -> None:
    counted.means(first=first, second=second, whole=means(codes={MARRIAGE: 0.9}, aspects=(PLACE,)))
    outcome = counted.say(BOTH)
    assert (outcome.codes, outcome.aspects) == ((MARRIAGE,), (PLACE,))
    assert len(counted.calls) == calls and counted.calls[-1] == (BOTH, None)
    assert outcome.handoff is None


def test_an_ordinary_message_costs_one_call(counted: Counted) -> None:
    counted.say("khai sinh cần giấy tờ gì, lệ phí bao nhiêu, nộp ở đâu", BIRTH_ASKED)
    counted.say("1")
    assert len(counted.calls) == 1


def test_an_emergency_is_never_taken_apart(counted: Counted) -> None:
    text = "khai sinh cần gì? cứu với, nhà tôi đang cháy, gọi số nào ở đâu"
    outcome = counted.say(text, means(Skill.HANDOFF, "emergency"))
    assert outcome.handoff is not None and counted.calls == [(text, None)]


def test_of_three_two_are_answered_and_the_resident_is_told(counted: Counted) -> None:
    counted.understander.table |= {
        "khai sinh cần gì": BIRTH_ASKED,
        "kết hôn ở đâu": means(codes={MARRIAGE: 0.9}, aspects=(PLACE,)),
    }
    outcome = counted.say("khai sinh cần gì? kết hôn ở đâu? tạm trú mất bao lâu?")
    assert outcome.codes == (BIRTH, MARRIAGE)
    assert "Việc còn lại" in outcome.replies[-1].text and outcome.replies[-1].buttons
