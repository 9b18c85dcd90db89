"""Near-twins: which one is meant, when the resident is asked, and what the answer to the question does."""

from __future__ import annotations

import pytest

from bot.assistant import Assistant
from bot.dialogue import variants
from bot.dialogue.guides import Texts
from bot.dialogue.types import Behaviour, DialogueState, Heard, Outcome
from bot.knowledge.loading import Knowledge
from bot.understanding.types import Aspect, Band, Candidate
from bot.understanding.understander import build_understander
from tests.dialogue.conftest import LOST, NOW, Talk, answered, means
from tests.dialogue.conftest import text_of as _text

BIRTH, AGAIN, ADULT, FOREIGN, FOREIGN_AGAIN = "1.001193", "1.004884", "1.004772", "2.000528", "2.000522"
LAND, RESIDENCE, MARRIAGE, DEATH = "1.013978", "1.004222", "1.000894", "1.000656"
BURIAL = ("1.014028", "1.001731", "2.000821", "2.002307")
FEE, TIME, LAW, DOCUMENTS = Aspect.FEE, Aspect.TIME, Aspect.LAW, Aspect.DOCUMENTS
A, C, R = Behaviour.ANSWER, Behaviour.CLARIFY, Behaviour.REFUSE


def _decided(
    knowledge: Knowledge, text: str, band: Band, *codes: tuple[str, float], differ: bool = True
) -> str | tuple[str, ...] | None:
    """The code that is taken, the codes that are asked about, or None."""
    decision = variants.decide(
        knowledge.variants,
        [Candidate(code, score) for code, score in codes],
        variants.joined_words(text),
        band,
        lambda cases: differ,
    )
    if isinstance(decision, variants.Ask):
        return tuple(case.code for case in decision.cases)
    return decision.code if decision else None


SURE, UNSURE = Band.SURE, Band.UNSURE
DECISIONS: list[tuple[str, Band, list[tuple[str, float]], str | tuple[str, ...] | None]] = [
    # The ordinary case at once, whatever twins are near.
    ("đăng ký khai sinh cần giấy tờ gì", SURE, [(BIRTH, 0.9), (AGAIN, 0.89)], BIRTH),
    ("khai sinh", UNSURE, [(BIRTH, 0.5), (AGAIN, 0.49)], BIRTH),
    ("khai sinh", UNSURE, [(AGAIN, 0.5), (BIRTH, 0.49)], BIRTH),
    # A special case is told: with diacritics and without, in whatever order.
    ("mất giấy khai sinh làm lại cần gì", SURE, [(BIRTH, 0.9), (AGAIN, 0.8)], AGAIN),
    ("giay khai sinh bi mat lam lai", SURE, [(BIRTH, 0.9)], AGAIN),
    ("làm lại khai sinh cho con có cha người nước ngoài", SURE, [(BIRTH, 0.9)], FOREIGN_AGAIN),
    ("khai sinh cho con có cha người Hàn", SURE, [(BIRTH, 0.9)], FOREIGN),
    ("khai sinh cho người già", UNSURE, [(BIRTH, 0.6), (ADULT, 0.58)], ADULT),
    # A winner with words of its own is not overruled.
    ("đăng ký lại khai sinh", SURE, [(AGAIN, 0.9), (BIRTH, 0.88)], AGAIN),
    ("khai sinh cho người lớn", SURE, [(ADULT, 0.9), (AGAIN, 0.4)], ADULT),
    # One that is sure without words that are known is not overruled either.
    ("khai sinh tận Cà Mau", SURE, [(ADULT, 0.9), (BIRTH, 0.4)], None),
    # Guesses stay questions: something else is said, or is near.
    ("giấy khai sinh bị rách có đổi được không", UNSURE, [(BIRTH, 0.6)], None),
    ("cần gì để con đi học", UNSURE, [(BIRTH, 0.6), (AGAIN, 0.58)], None),
    ("khai sinh rồi kết hôn luôn", SURE, [(BIRTH, 0.9), (MARRIAGE, 0.89)], None),
    # No ordinary case: asked for a bare name, never for one who tells.
    ("mai táng phí", UNSURE, [(code, 0.9) for code in BURIAL[:3]], BURIAL),
    ("tiền mai táng cho cựu chiến binh", SURE, [("2.002307", 0.9), (BURIAL[0], 0.7)], "2.002307"),
    ("sổ đỏ bị mất", SURE, [(LAND, 0.9)], None),
    ("làm sổ đỏ", SURE, [(LAND, 0.9)], LAND),
    # Nothing of a family.
    ("xác nhận độc thân", SURE, [("1.004873", 0.9)], None),
    ("gì đó", SURE, [], None),
]


@pytest.mark.parametrize(("text", "band", "codes", "expected"), DECISIONS, ids=lambda v: str(v)[:40])
def test_decision(
    knowledge: Knowledge,
    text: str,
    band: Band,
    codes: list[tuple[str, float]],
    expected: str | tuple[str, ...] | None,
) -> None:
    assert _decided(knowledge, text, band, *codes) == expected


def test_bare_land_is_asked_about_only_where_answers_differ(knowledge: Knowledge) -> None:
    asked = _decided(knowledge, "sổ đỏ", SURE, (LAND, 0.9))
    assert isinstance(asked, tuple) and len(asked) > 4
    assert _decided(knowledge, "sổ đỏ", SURE, (LAND, 0.9), differ=False) is None


def test_two_cases_told_alike_are_asked_about(knowledge: Knowledge) -> None:
    assert _decided(knowledge, "giấy phép xây dựng gia hạn cấp lại", SURE, ("1.013225", 0.9)) == (
        "1.013227",
        "1.013228",
    )


def test_rejected_cases_are_out(knowledge: Knowledge) -> None:
    decision = variants.decide(
        knowledge.variants, [Candidate(AGAIN, 0.5)], "khai sinh", UNSURE, lambda cases: True, {BIRTH}
    )
    assert isinstance(decision, variants.Ask)
    assert BIRTH not in {case.code for case in decision.cases}


def _titles(outcome: Outcome) -> list[str]:
    return [button.title for reply in outcome.replies for button in reply.buttons]


def test_the_ordinary_case_is_answered_with_one_button_to_the_others(talk: Talk) -> None:
    outcome = talk.say("lam khai sinh", means(codes={BIRTH: 0.9}, aspects=(DOCUMENTS,)))
    assert (outcome.behaviour, outcome.codes) == (A, (BIRTH,))
    assert _titles(outcome)[-1] == "Trường hợp khác" and len(_titles(outcome)) <= 5
    asked = talk.say("trường hợp khác")
    assert asked.behaviour is C and "trường hợp nào" in _text(asked)
    again = talk.say("2")
    assert (again.behaviour, again.codes, again.aspects) == (A, (AGAIN,), (DOCUMENTS,))


def test_the_button_stands_only_where_another_case_would_be_answered_otherwise(talk: Talk) -> None:
    outcome = talk.say("khieu nai", means(codes={RESIDENCE: 0.9}, aspects=(FEE,)))
    assert "Trường hợp khác" not in _titles(outcome)  # the cases differ in their papers alone
    outcome = talk.say("nhap ho khau", means(codes={RESIDENCE: 0.9}, aspects=(DOCUMENTS,)))
    assert "Trường hợp khác" in _titles(outcome)


def test_the_question_carries_what_was_asked_for(talk: Talk) -> None:
    meant = means(codes=dict.fromkeys(BURIAL[:3], 0.9), aspects=(TIME,), band=Band.UNSURE)
    outcome = talk.say("tien mai tang bao lau", meant)
    assert (outcome.behaviour, outcome.codes, outcome.aspects) == (C, BURIAL, (TIME,))
    assert "diện nào" in _text(outcome)
    assert talk.say("1").aspects == (TIME,)


def test_the_cases_asked_about_are_ranked(talk: Talk) -> None:
    """What was understood first, in its order, then the other cases."""
    outcome = talk.say("mai tang", means(codes={BURIAL[2]: 0.9, BURIAL[1]: 0.88}, band=Band.UNSURE))
    assert (outcome.behaviour, outcome.aspects) == (C, (DOCUMENTS,))
    assert outcome.codes == (BURIAL[2], BURIAL[1], BURIAL[0], BURIAL[3])


@pytest.mark.parametrize("typed", ["hưởng trợ cấp hưu trí xã hội", "nguoi huu tri xa hoi do", "1"])
def test_the_question_is_answered_in_words_or_by_number(talk: Talk, typed: str) -> None:
    talk.say("mai tang", means(codes=dict.fromkeys(BURIAL[:3], 0.9), band=Band.UNSURE))
    outcome = talk.say(typed, LOST)
    assert (outcome.behaviour, outcome.codes) == (A, ("1.014028",))


def test_an_answer_that_names_a_near_procedure_stays_an_answer(talk: Talk) -> None:
    talk.say("mai tang", means(codes=dict.fromkeys(BURIAL[:3], 0.9), band=Band.UNSURE))
    meant = means(codes={"1.014027": 0.9, "1.014028": 0.8})
    outcome = talk.say("ông tôi hưởng trợ cấp hưu trí xã hội", meant)
    assert (outcome.behaviour, outcome.codes) == (A, ("1.014028", "1.014027"))


def test_another_question_is_no_answer(talk: Talk) -> None:
    talk.say("mai tang", means(codes=dict.fromkeys(BURIAL[:3], 0.9), band=Band.UNSURE))
    outcome = talk.say("ket hon can gi voi nguoi huu tri xa hoi", means(codes={MARRIAGE: 0.9}))
    assert outcome.codes == (MARRIAGE,)


def test_a_case_in_words_after_the_answer(talk: Talk) -> None:
    talk.say("khai sinh", means(codes={BIRTH: 0.9}, aspects=(FEE,)))
    outcome = talk.say("còn đăng ký lại thì sao", means(codes={MARRIAGE: 0.5}, band=Band.UNSURE))
    assert (answered(outcome), outcome.aspects) == ((AGAIN,), (FEE,))


def test_a_bare_name_that_was_taken_for_a_follow_up(talk: Talk) -> None:
    talk.say("khai sinh", means(codes={BIRTH: 0.9}))
    outcome = talk.say("chứng thực lệ phí bao nhiêu", means(aspects=(FEE,), follow_up=True))
    assert outcome.behaviour is C and "2.000815" in outcome.codes and outcome.aspects == (FEE,)


def test_a_bare_name_that_was_not_understood(talk: Talk) -> None:
    outcome = talk.say("xin bản sao", LOST)
    assert outcome.behaviour is C and "bản sao loại nào" in _text(outcome)


def test_a_case_of_one_procedure_narrows_its_papers(talk: Talk) -> None:
    whole = talk.say("nhap khau", means(codes={RESIDENCE: 0.9}))
    rented = talk.say("nhap ho khau o nha thue", means(codes={RESIDENCE: 0.9}))
    assert rented.codes == whole.codes == (RESIDENCE,)
    assert "do thuê, mượn, ở nhờ" in _text(rented) and "quyền sở hữu của mình" not in _text(rented)
    assert "Trường hợp khác" in _titles(rented)
    talk.say("truong hop khac")
    own = talk.say("nhà của mình")
    assert "quyền sở hữu của mình" in _text(own) and "do thuê" not in _text(own)


def test_the_pages_of_a_case_stay_with_the_case(talk: Talk) -> None:
    first = talk.tap(f"#p:{RESIDENCE}/own:documents")
    assert talk.state.offers[0].value == f"#p:{RESIDENCE}/own:documents:2"
    pages = [_text(first), _text(talk.say("1"))]
    assert "do thuê" not in pages[1] and pages[0] != pages[1]


@pytest.mark.parametrize(
    ("payload", "behaviour"),
    [
        (f"#p:{RESIDENCE}/gone:documents", A),  # a case of another version: the whole procedure
        (f"#p:{BIRTH}/own", A),
        ("#family:khai-sinh", C),
        ("#family:khai-sinh:fee", C),
        ("#family:gone", C),
    ],
)
def test_buttons_of_other_versions(talk: Talk, payload: str, behaviour: Behaviour) -> None:
    outcome = talk.tap(payload)
    assert outcome.behaviour is behaviour
    assert ("đã cũ" in _text(outcome)) is (payload == "#family:gone")


def test_every_button_of_every_family_answers(talk: Talk, knowledge: Knowledge) -> None:
    for slug, family in knowledge.variants.items():
        for case in family.cases:
            talk.state = DialogueState()
            talk.tap(f"#family:{slug}:documents+fee")
            offers = {offer.title: offer.value for offer in talk.state.offers}
            assert (case.label in offers) is case.offered, (slug, case.label)
            if case.offered:
                outcome = talk.tap(offers[case.label])
                assert outcome.codes == (case.code,) and outcome.behaviour in (A, R), (slug, case.label)


def test_no_without_a_guess_in_it_leaves_the_question(talk: Talk) -> None:
    talk.tap("#family:so-do")
    assert talk.say("không phải", LOST).behaviour is C
    assert talk.state.topic is None


def test_a_typed_code_that_was_replaced_is_told_so(talk: Talk) -> None:
    outcome = talk.say("1.014063 cần giấy tờ gì", means(codes={"1.116410": 1.0}, aspects=(DOCUMENTS,)))
    assert outcome.codes == ("1.116410",)
    assert "Cấp đổi thẻ căn cước" in _text(outcome) and "đã được thay" in _text(outcome)
    assert "đã được thay" not in _text(talk.say("can cuoc", means(codes={"1.116410": 1.0})))


WITHOUT_RASA: list[tuple[str, Behaviour, tuple[str, ...] | None]] = [
    ("đăng ký khai sinh cần giấy tờ gì", A, (BIRTH,)),
    ("khai sinh", A, (BIRTH,)),
    ("dang ky ket hon can gi", A, (MARRIAGE,)),
    ("mất giấy khai sinh làm lại cần gì", A, (AGAIN,)),
    ("khai sinh cho người lớn", A, (ADULT,)),
    ("sổ đỏ", C, None),
    ("đăng ký xe", C, None),
    ("công chứng", C, None),
    ("mai táng phí", C, BURIAL),
    ("gia hạn tạm trú", A, ("1.002755",)),
    ("tạm trú", A, ("1.004194",)),
    ("giấy phép xây dựng hết hạn phải làm sao", A, ("1.013227",)),
    ("mất giấy phép kinh doanh", A, ("2.000575",)),
    ("sổ đỏ bị mất", R, ("1.012786",)),
    ("cấp lại căn cước", A, ("1.116410",)),  # one procedure for all cases: nothing to ask
    ("vneid cho công ty", A, ("3.000498",)),
    ("tranh chấp đất đai", C, ("1.012812", "1.013967")),
    ("trích lục khai sinh", A, ("2.000635",)),
    ("thẻ bảo hiểm y tế bị mất", A, ("1.002759",)),
    ("xin ra khỏi hộ nghèo", A, ("1.011608",)),
]


@pytest.fixture(scope="module")
def by_names(knowledge: Knowledge, texts: Texts) -> Assistant:
    """The assistant without Rasa."""
    return Assistant(knowledge, build_understander(None, knowledge), texts)


@pytest.mark.parametrize(("text", "behaviour", "codes"), WITHOUT_RASA)
def test_by_names_alone(
    by_names: Assistant, text: str, behaviour: Behaviour, codes: tuple[str, ...] | None
) -> None:
    outcome = by_names.turn(DialogueState(), Heard(text=text), NOW)
    assert outcome.behaviour is behaviour
    found = answered(outcome)
    assert codes is None or (set(found), len(found)) == (set(codes), len(codes))
    if behaviour is A:
        understood = by_names._understander.understand(text).candidates
        assert len(outcome.codes) == len(set(outcome.codes)) >= min(2, len(understood))
