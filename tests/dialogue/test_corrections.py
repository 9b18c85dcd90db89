"""'không phải, ý tôi là …': what is turned down, what is meant, and what is no correction at all."""

from __future__ import annotations

import pytest

from bot.dialogue.corrections import Correction, called, names_something, read, rejected_codes
from bot.dialogue.types import Behaviour, DialogueState, Offer
from bot.knowledge.loading import Knowledge
from bot.understanding.types import Aspect, Band, Skill
from tests.dialogue.conftest import LOST, Talk, answered, means
from tests.dialogue.conftest import text_of as _text

BIRTH, AGAIN, DEATH, MARRIAGE, BUILDING = "1.001193", "1.004884", "1.000656", "1.000894", "1.013225"
FEE, DOCUMENTS = Aspect.FEE, Aspect.DOCUMENTS
A, C = Behaviour.ANSWER, Behaviour.CLARIFY


@pytest.mark.parametrize(
    ("text", "rest", "rejected"),
    [
        ("không phải, ý tôi là đăng ký lại khai sinh", "đăng ký lại khai sinh", ""),
        ("khong phai y toi la khai tu", "khai tu", ""),
        ("không, hỏi khai tử cơ", "khai tử cơ", ""),
        ("ko phải cái này, gia hạn tạm trú mà", "gia hạn tạm trú mà", ""),
        ("dạ không phải ạ. em muốn hỏi giấy độc thân", "giấy độc thân", ""),
        ("nhầm rồi tôi hỏi hộ khẩu", "hộ khẩu", ""),
        ("sai rồi, tôi hỏi căn cước", "căn cước", ""),
        ("lộn, khai tử", "khai tử", ""),
        ("ý em là tạm trú", "tạm trú", ""),
        ("không, ý tôi là lệ phí", "lệ phí", ""),
        ("nhầm, đất đai chứ không phải xây dựng", "đất đai", "xay dung"),
        ("tạm trú chứ không phải thường trú", "tạm trú", "thuong tru"),
        ("khai sinh lần đầu chứ ko phải làm lại", "khai sinh lần đầu", "lam lai"),
        ("không phải khai sinh mà là khai tử", "khai tử", "khai sinh"),
    ],
)
def test_corrections(text: str, rest: str, rejected: str) -> None:
    assert read(text) == Correction(rest, rejected)


@pytest.mark.parametrize(
    "text",
    [
        "không phải",
        "không",
        "không có sổ đỏ thì làm sao",
        "không đăng ký kết hôn có khai sinh được không",
        "không phải là hộ nghèo thì có được miễn phí không",
        "không cần nữa",
        "không hiểu",
        "sai tên trong khai sinh",
        "nhầm tên trong giấy khai sinh thì sao",
        "khai sinh cần gì",
        "người không phải là cha có nhận con được không",
        "",
    ],
)
def test_no_corrections(text: str) -> None:
    assert read(text) is None


def test_only_a_matter_of_its_own_turns_the_topic_down() -> None:
    assert names_something(Correction("khai tử"))
    assert not names_something(Correction("lệ phí bao nhiêu"))


def test_what_no_turns_down() -> None:
    assert rejected_codes(DialogueState()) == frozenset()
    assert rejected_codes(DialogueState(topic=BIRTH)) == {BIRTH}
    offers = (Offer("a", f"#p:{DEATH}:fee"), Offer("b", "#skip"))
    asked = DialogueState(topic=BIRTH, offers=offers, memory={"asked": "which"})
    assert rejected_codes(asked) == {DEATH}


def test_what_a_phrase_calls(knowledge: Knowledge) -> None:
    procedures = [knowledge.procedures[code] for code in (BUILDING, BIRTH)]
    assert called(procedures, "xay dung") == {BUILDING}
    assert called(procedures, "le phi") == frozenset()


def test_the_rejected_is_dropped_and_the_part_goes_on(talk: Talk) -> None:
    talk.say("khai sinh", means(codes={BIRTH: 0.9}, aspects=(FEE,)))
    talk.understander.table["khai tử cơ"] = means(codes={DEATH: 0.9, BIRTH: 0.89})
    outcome = talk.say("không, hỏi khai tử cơ")
    assert (outcome.behaviour, outcome.codes, outcome.aspects) == (A, (DEATH,), (FEE,))
    assert talk.state.topic == DEATH


def test_the_rejected_is_not_offered_again(talk: Talk) -> None:
    talk.say("khai sinh", means(codes={BIRTH: 0.9}))
    guess = means(codes={BIRTH: 0.5, MARRIAGE: 0.48, DEATH: 0.47}, band=Band.UNSURE)
    talk.understander.table["giấy tờ gia đình"] = guess
    outcome = talk.say("không phải, giấy tờ gia đình")
    assert outcome.behaviour is C and set(outcome.codes) == {MARRIAGE, DEATH}


def test_the_rejected_best_leaves_a_guess(talk: Talk) -> None:
    talk.say("khai sinh", means(codes={BIRTH: 0.9}))
    talk.understander.table["giấy cho cháu"] = means(codes={BIRTH: 0.9, DEATH: 0.4})
    outcome = talk.say("không phải, giấy cho cháu")
    assert (outcome.behaviour, outcome.codes) == (C, (DEATH,))


def test_nothing_left_asks_which_paper(talk: Talk) -> None:
    talk.say("khai sinh", means(codes={BIRTH: 0.9}))
    outcome = talk.say("nhầm, xyz abc")
    assert outcome.behaviour is C and "muốn hỏi giấy tờ nào" in _text(outcome)
    assert talk.state.topic is None


def test_a_case_of_the_rejected_topic(talk: Talk) -> None:
    talk.say("khai sinh", means(codes={BIRTH: 0.9}))
    shared = means(codes={"1.004746": 0.9, AGAIN: 0.9, "1.005461": 0.9}, band=Band.UNSURE)
    talk.understander.table["đăng ký lại cơ"] = shared
    assert answered(talk.say("không phải, đăng ký lại cơ")) == (AGAIN,)


def test_the_phrase_that_is_turned_down_is_not_offered(talk: Talk) -> None:
    talk.say("nhà", means(codes={BIRTH: 0.9}))
    talk.understander.table["đất đai"] = means(codes={"1.013978": 0.5, BUILDING: 0.49}, band=Band.UNSURE)
    outcome = talk.say("nhầm, đất đai chứ không phải xây dựng")
    assert outcome.behaviour is C and BUILDING not in outcome.codes


def test_the_part_may_stand_behind_what_is_turned_down(talk: Talk) -> None:
    talk.say("khai sinh", means(codes={BIRTH: 0.9}))
    talk.understander.table["khai tử"] = means(codes={DEATH: 0.9})
    assert talk.say("khai tử chứ không phải khai sinh, lệ phí bao nhiêu").aspects == (FEE,)


def test_another_part_keeps_the_topic(talk: Talk) -> None:
    talk.say("khai sinh", means(codes={BIRTH: 0.9}, aspects=(DOCUMENTS,)))
    talk.understander.table["lệ phí"] = means(aspects=(FEE,), follow_up=True)
    outcome = talk.say("không, tôi hỏi lệ phí")
    assert (outcome.codes, outcome.aspects) == ((BIRTH,), (FEE,))


def test_the_same_matter_with_another_part_is_meant(talk: Talk) -> None:
    talk.say("khai sinh", means(codes={BIRTH: 0.9}, aspects=(DOCUMENTS,)))
    talk.understander.table["khai sinh lệ phí"] = means(codes={BIRTH: 0.9}, aspects=(FEE,))
    outcome = talk.say("không, ý tôi là khai sinh lệ phí")
    assert (outcome.behaviour, outcome.codes, outcome.aspects) == (A, (BIRTH,), (FEE,))


def test_a_person_is_wanted_instead(talk: Talk) -> None:
    talk.say("khai sinh", means(codes={BIRTH: 0.9}))
    talk.understander.table["tôi muốn gặp cán bộ"] = means(Skill.HANDOFF, "wish")
    outcome = talk.say("không, tôi muốn gặp cán bộ")
    assert outcome.handoff is not None and outcome.handoff.queue == "hộ tịch–chứng thực"


def test_out_of_the_blue_nothing_is_corrected(talk: Talk) -> None:
    outcome = talk.say("không, khai tử", means(codes={DEATH: 0.9}))
    assert (outcome.behaviour, outcome.codes) == (A, (DEATH,))


def test_an_emergency_in_a_correction_is_one(talk: Talk) -> None:
    talk.say("khai sinh", means(codes={BIRTH: 0.9}))
    assert talk.say("không phải, cứu tôi với cháy nhà", means(Skill.HANDOFF, "emergency")).handoff
    assert talk.say("không phải", LOST).behaviour is C
