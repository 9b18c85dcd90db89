"""Conversations on procedures: what is answered or asked, about what, and what the resident reads."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.dialogue.types import Behaviour
from bot.knowledge.render import available_aspects
from bot.understanding.types import UNNAMED, Aspect, Band, Candidate, Skill
from tests.dialogue.conftest import LOST, Talk, means, text_of
from tests.dialogue.steps import Step, held

BIRTH, DEATH, MARRIAGE, RESIDENCE = "1.001193", "1.000656", "1.000894", "1.004222"
NO_SUCCESSOR, WITH_SUCCESSOR, SUCCESSOR, MISSING = "1.014068", "1.014061", "1.116410", "1.001622"
FEE, TIME, DOCUMENTS = Aspect.FEE, Aspect.TIME, Aspect.DOCUMENTS

BIRTH_ASKED = means(codes={BIRTH: 0.95})
OPEN = (Aspect.CONDITIONS, Aspect.STEPS)  # what the model makes of "thì sao"
UNNAMED_ASKED = means(topic=UNNAMED, aspects=(DOCUMENTS,), band=Band.UNSURE)
SUGGESTED = means(  # one more than are offered; the unknown one is not offered
    topic=UNNAMED, aspects=(FEE,), band=Band.UNSURE,
    codes={BIRTH: 0.2, "9.999999": 0.15, MARRIAGE: 0.1, DEATH: 0.08, RESIDENCE: 0.07},
)  # fmt: skip
LEANS_FEE = means(aspects=(FEE,), follow_up=True)
DENY = means(Skill.SMALLTALK, "deny")
AFFIRM = means(Skill.SMALLTALK, "affirm")
WISH = means(Skill.HANDOFF, "wish")

A, C, H, R, S = Behaviour.ANSWER, Behaviour.CLARIFY, Behaviour.HANDOFF, Behaviour.REFUSE, Behaviour.SMALLTALK
P, N = Skill.PROCEDURE, Skill.NONE

CONVERSATIONS: dict[str, list[Step]] = {
    "documents, then the fee that is not known": [
        Step("lam giay ks cho be can j", BIRTH_ASKED, A, P, (BIRTH,), (DOCUMENTS,),
             ("trợ lý tự động", "chứng sinh", "Nguồn: Cổng Dịch vụ công quốc gia")),
        Step("còn tiền bạc sao", LEANS_FEE, A, P, (BIRTH,), (FEE,), ("tại quầy",),
             ("trợ lý tự động", "miễn phí")),
    ],
    "two parts in one message": [
        Step("ks can gi, bao lau", replace(BIRTH_ASKED, aspects=(DOCUMENTS, TIME)), A, P, (BIRTH,),
             (DOCUMENTS, TIME), ("chứng sinh", "thời gian giải quyết")),
    ],
    "a part of nothing: which paper, and the part is kept": [
        Step("le phi bao nhieu", LEANS_FEE, C, P, (), (FEE,), ("giấy tờ nào",)),
        Step("ket hon", means(codes={MARRIAGE: 0.95}), A, P, (MARRIAGE,), (FEE,)),
        Step("the khai tu thi sao", means(codes={DEATH: 0.95}, aspects=(Aspect.STEPS,)), A, P, (DEATH,),
             (FEE,)),
        Step("con khai tu?", means(codes={DEATH: 0.95}), A, P, (DEATH,), (FEE,)),
        Step("con ket hon thi sao", means(codes={MARRIAGE: 0.9}, aspects=OPEN), A, P, (MARRIAGE,), (FEE,)),
        Step("con khai tu dieu kien the nao", means(codes={DEATH: 0.9}, aspects=OPEN), A, P, (DEATH,), OPEN),
        Step("dang ky khai tu", means(codes={DEATH: 0.95}), A, P, (DEATH,), (DOCUMENTS,)),
    ],
    "unsure: asked back, a number picks, the part travels along": [
        Step("lam giay cho con phi sao",
             means(codes={BIRTH: 0.5, RESIDENCE: 0.4}, aspects=(FEE,), band=Band.UNSURE),
             C, P, (BIRTH, RESIDENCE), (FEE,), ("muốn hỏi việc nào",)),
        Step("so 2", None, A, P, (RESIDENCE,), (FEE,)),
    ],
    "asked back without a part: its papers are what would be told": [
        Step("giay cho con", means(codes={BIRTH: 0.5, RESIDENCE: 0.4}, band=Band.UNSURE), C, P,
             (BIRTH, RESIDENCE), (DOCUMENTS,)),
        Step("1", None, A, P, (BIRTH,), (DOCUMENTS,)),
    ],
    "some paper, and nothing says which": [
        Step("can giay to gi a", UNNAMED_ASKED, C, P, (), (DOCUMENTS,), ("giấy tờ nào",)),
        Step("ket hon", means(codes={MARRIAGE: 0.95}), A, P, (MARRIAGE,), (DOCUMENTS,)),
    ],
    "some paper, with suggestions that carry the part": [
        Step("lam giay to het bao nhieu", SUGGESTED, C, P, (BIRTH, MARRIAGE, DEATH), (FEE,),
             ("giấy tờ nào",)),
        Step("2", None, A, P, (MARRIAGE,), (FEE,)),
    ],
    "some paper, then yes: which one": [
        Step("lam giay to het bao nhieu", SUGGESTED, C, P, (BIRTH, MARRIAGE, DEATH)),
        Step("dung roi", AFFIRM, C, P, says=("chọn giúp một việc",)),
        Step("3", None, A, P, (DEATH,), (FEE,)),
    ],
    "some paper, none of those suggested": [
        Step("lam giay to het bao nhieu", SUGGESTED, C, P, (BIRTH, MARRIAGE, DEATH)),
        Step("khong phai", LOST, C, P, (), says=("vậy ông/bà muốn hỏi",)),
        Step("ho khau", means(codes={RESIDENCE: 0.9}), A, P, (RESIDENCE,), (FEE,)),
    ],
    "some paper, while one is spoken of": [
        Step("khai sinh", BIRTH_ASKED, A, P, (BIRTH,)),
        Step("toi can lam giay", replace(UNNAMED_ASKED, aspects=()), C, P, (), (), ("giấy tờ nào",)),
    ],
    "one candidate, then yes": [
        Step("giay be", means(codes={BIRTH: 0.5}, band=Band.UNSURE), C, P, (BIRTH,),
             says=("Có phải ông/bà hỏi",)),
        Step("dung roi", AFFIRM, A, P, (BIRTH,), (DOCUMENTS,)),
    ],
    "yes, no and enough need no engine": [
        Step("giay be", means(codes={BIRTH: 0.5}, band=Band.UNSURE), C, P, (BIRTH,)),
        Step("ừ đúng rồi", LOST, A, P, (BIRTH,), (DOCUMENTS,)),
        Step("ko cần nữa", LOST, S, Skill.SMALLTALK, says=("Dạ được",)),
        Step("le phi", LEANS_FEE, A, P, (BIRTH,), (FEE,)),
        Step("sai rồi", LOST, C, P, (), says=("vậy ông/bà muốn hỏi",)),
    ],
    "several candidates, then yes: which one": [
        Step("giay be", means(codes={BIRTH: 0.5, DEATH: 0.4}, band=Band.UNSURE), C, P, (BIRTH, DEATH)),
        Step("dung roi", AFFIRM, C, P, says=("chọn giúp một việc",)),
        Step("1", None, A, P, (BIRTH,)),
    ],
    "none of these drops the topic": [
        Step("khai sinh", BIRTH_ASKED, A, P, (BIRTH,)),
        Step("khong phai", DENY, C, P, (), says=("vậy ông/bà muốn hỏi",)),
        Step("le phi", LEANS_FEE, C, P, (), says=("giấy tờ nào",)),
    ],
    "two wrong guesses in a row call an officer": [
        Step("giay be", means(codes={BIRTH: 0.5}, band=Band.UNSURE), C, P),
        Step("khong phai", DENY, C, P, ()),
        Step("giay nha", means(codes={RESIDENCE: 0.5}, band=Band.UNSURE), C, P),
        Step("2", None, H, Skill.HANDOFF),
    ],
    "a wrong guess, a right answer, a wrong guess": [
        Step("giay be", means(codes={BIRTH: 0.5}, band=Band.UNSURE), C, P),
        Step("khong phai", DENY, C, P, ()),
        Step("khai tu", means(codes={DEATH: 0.9}), A, P),
        Step("khong phai", DENY, C, P, ()),
    ],
    "complaints always offer a person": [
        Step("khieu nai", means(codes={"1.004335": 0.9}), A, P),
        Step("gap can bo", None, H, Skill.HANDOFF, queue="chung"),
    ],
    "near twins are asked about where answers differ": [
        Step("khai", means(codes={BIRTH: 0.80, DEATH: 0.79}), C, P, (BIRTH, DEATH)),
    ],
    "a clear lead is answered": [
        Step("khai", means(codes={BIRTH: 0.80, DEATH: 0.70}), A, P, (BIRTH,)),
    ],
    "superseded leads to what replaced it": [
        Step("cap the can cuoc tu 14 tuoi", means(codes={WITH_SUCCESSOR: 0.9}), A, P, (SUCCESSOR,),
             (DOCUMENTS,)),
    ],
    "superseded without a successor is not answered": [
        Step("cap lai giay chung nhan can cuoc", means(codes={NO_SUCCESSOR: 0.9}), R, P, (NO_SUCCESSOR,),
             says=("đã được thay thế từ ngày 21/8/2026", "dichvucong.gov.vn"), never=("chuẩn bị",)),
        Step("gap can bo", WISH, H, Skill.HANDOFF, queue="công an xã"),
    ],
    "missing is said to be missing": [
        Step("tien an trua mau giao", means(codes={MISSING: 0.9}), R, P, (MISSING,),
             says=("chưa có dữ liệu", "https://dichvucong.gov.vn", "Gặp cán bộ")),
    ],
    "numbers without buttons, and beyond them": [
        Step("7", None, C, N, says=("Hiện không có lựa chọn số 7",)),
        Step("khai sinh", BIRTH_ASKED, A, P, (BIRTH,)),
        Step("44", None, C, N, says=("Không có lựa chọn số 44",)),
        Step("2", None, A, P, (BIRTH,)),
    ],
    "a button's own words": [
        Step("khai sinh", BIRTH_ASKED, A, P, (BIRTH,)),
        Step("bao lau co", None, A, P, (BIRTH,), (TIME,)),
    ],
    "a part of it, that the understanding left open": [
        Step("khai sinh", BIRTH_ASKED, A, P, (BIRTH,)),
        Step("cái đó mất bao lâu", means(aspects=(TIME,), band=Band.UNSURE), A, P, (BIRTH,), (TIME,)),
        Step("giấy chủ quyền bao lâu", means(aspects=(TIME,)), C, P, (), (TIME,)),
    ],
    "nothing but a nod to the topic": [
        Step("khai sinh", BIRTH_ASKED, A, P, (BIRTH,)),
        Step("con gi nua", means(follow_up=True), C, P, (BIRTH,), says=("phần nào",)),
    ],
}  # fmt: skip


@pytest.mark.parametrize("steps", CONVERSATIONS.values(), ids=CONVERSATIONS.keys())
def test_conversation(steps: list[Step], talk: Talk) -> None:
    held(talk, steps)


def test_an_answer_names_what_else_may_be_meant(talk: Talk) -> None:
    """Ranked, known, each once; what was replaced under the code that replaced it."""
    meant = means(codes={WITH_SUCCESSOR: 0.9, "9.999999": 0.5, SUCCESSOR: 0.4, BIRTH: 0.3, MISSING: 0.2})
    outcome = talk.say("the can cuoc", meant)
    assert (outcome.behaviour, outcome.codes) == (A, (SUCCESSOR, BIRTH, MISSING))


def test_a_tap_or_a_follow_up_leaves_nothing_else_to_be_meant(talk: Talk) -> None:
    assert talk.tap(f"#p:{BIRTH}:fee").codes == (BIRTH,)
    assert talk.say("còn tiền bạc sao", LEANS_FEE).codes == (BIRTH,)


def test_what_was_turned_down_is_not_among_the_others(talk: Talk) -> None:
    talk.say("khai sinh", BIRTH_ASKED)
    meant = means(codes={DEATH: 0.9, BIRTH: 0.4, MARRIAGE: 0.3})
    talk.understander.table["khai tử cơ"] = meant
    assert talk.say("không, hỏi khai tử cơ").codes == (DEATH, MARRIAGE)


def test_suggestions_have_buttons_beside_menu_and_officer(talk: Talk) -> None:
    outcome = talk.say("lam giay to het bao nhieu", SUGGESTED)
    values = [button.value for button in outcome.replies[-1].buttons]
    assert values == [f"#p:{BIRTH}:fee", f"#p:{MARRIAGE}:fee", f"#p:{DEATH}:fee", "#menu", "#officer"]


def test_the_only_suggestion_is_meant_by_yes(talk: Talk) -> None:
    talk.say("can giay to gi a", replace(UNNAMED_ASKED, candidates=(Candidate(BIRTH, 0.3),)))
    outcome = talk.say("ừ đúng rồi", LOST)
    assert (outcome.behaviour, outcome.codes, outcome.aspects) == (A, (BIRTH,), (DOCUMENTS,))


def test_papers_are_told_where_the_data_has_no_conditions(talk: Talk) -> None:
    asked = (Aspect.CONDITIONS,)
    outcome = talk.say("khai tu co duoc khong", means(codes={DEATH: 0.9}, aspects=asked))
    assert outcome.aspects == asked
    assert "chuẩn bị" in text_of(outcome)
    knowledge = talk.assistant._knowledge
    told = next(p for p in knowledge.served() if Aspect.CONDITIONS in available_aspects(p))
    assert talk.tap(f"#p:{told.code}:conditions").aspects == asked
