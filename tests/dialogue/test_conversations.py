"""Whole conversations: what is done, about what, and what the resident reads."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest

from bot.assistant import Assistant
from bot.dialogue.guides import Texts
from bot.dialogue.types import Behaviour, DialogueState, Heard, Outcome
from bot.knowledge.loading import Knowledge
from bot.understanding.types import Aspect, Band, Skill, Understanding
from connectors.channel import Attachment
from tests.dialogue.conftest import LOST, FakeUnderstander, Talk, means

BIRTH, DEATH, MARRIAGE, RESIDENCE = "1.001193", "1.000656", "1.000894", "1.004222"
LAND = "1.012753"
NO_SUCCESSOR, WITH_SUCCESSOR, SUCCESSOR, MISSING = "1.014068", "1.014061", "1.116410", "1.001622"
FEE, TIME, PLACE, DOCUMENTS = Aspect.FEE, Aspect.TIME, Aspect.PLACE, Aspect.DOCUMENTS

BIRTH_ASKED = means(codes={BIRTH: 0.95})
OPEN = (Aspect.CONDITIONS, Aspect.STEPS)  # what the model makes of "thì sao"
LEANS_FEE = means(aspects=(FEE,), follow_up=True)
DENY = means(Skill.SMALLTALK, "deny")
AFFIRM = means(Skill.SMALLTALK, "affirm")
OUT = means(Skill.NONE, "out_of_scope")
WISH = means(Skill.HANDOFF, "wish")
HELLO = means(Skill.SMALLTALK, "greeting")


@dataclass(frozen=True)
class Step:
    """One message and what must come of it. ``says`` and ``never`` are pieces of the text."""

    text: str
    meaning: Understanding | None
    behaviour: Behaviour
    skill: Skill
    codes: tuple[str, ...] | None = None
    aspects: tuple[Aspect, ...] | None = None
    says: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    queue: str | None = None


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
    "emoji and mere punctuation are no misses": [
        Step("👍", LOST, S, Skill.SMALLTALK),
        Step("???", LOST, C, N, says=("không thấy chữ nào",)),
        Step("❤️", LOST, S, Skill.SMALLTALK),
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
    "two misses in a row call an officer, one does not": [
        Step("qwe", LOST, R, N, says=("chưa hiểu",)),
        Step("khai sinh", BIRTH_ASKED, A, P, (BIRTH,)),
        Step("asd", LOST, R, N),
        Step("zxc", LOST, H, Skill.HANDOFF, says=("đã ghi nhận", "chưa cập nhật"),
             queue="hộ tịch–chứng thực"),
        Step("qwe", LOST, R, N),
    ],
    "out of scope, said with certainty, never calls an officer": [
        Step("bong da", OUT, R, N, says=("ngoài phần", "xã Xuân Định")),
        Step("gia vang", OUT, R, N),
        Step("thoi tiet", OUT, R, N),
    ],
    "out of scope, guessed, counts as a miss": [
        Step("bong da", replace(OUT, band=Band.UNSURE), R, N),
        Step("gia vang", replace(OUT, band=Band.LOST), H, Skill.HANDOFF),
    ],
    "an emergency: the numbers first": [
        Step("chay nha", means(Skill.HANDOFF, "emergency"), H, Skill.HANDOFF, (), says=("113", "114", "115"),
             never=("trợ lý tự động của", "đừng ở một mình"), queue="công an xã"),
        Step("khai sinh", BIRTH_ASKED, A, P, says=("trợ lý tự động",)),
    ],
    "despair": [
        Step("toi muon chet", means(Skill.HANDOFF, "emergency"), H, Skill.HANDOFF, says=("115", "một mình")),
    ],
    "a person is wanted": [
        Step("gap can bo", WISH, H, Skill.HANDOFF, says=("đã ghi nhận", "chưa cập nhật"), queue="chung"),
        Step("khai sinh", BIRTH_ASKED, A, P, (BIRTH,)),
    ],
    "a person is perhaps wanted": [
        Step("can bo", replace(WISH, band=Band.UNSURE), C, Skill.HANDOFF, says=("muốn gặp cán bộ",)),
        Step("1", None, H, Skill.HANDOFF),
    ],
    "a complaint about land goes to no field's officers": [
        Step("dat", means(codes={LAND: 0.9}), A, P),
        Step("can bo doi tien", means(Skill.HANDOFF, "complaint"), H, Skill.HANDOFF, queue="chung"),
    ],
    "anger": [
        Step("buc minh", means(Skill.HANDOFF, "anger"), H, Skill.HANDOFF, says=("xin lỗi",)),
    ],
    "abuse is answered calmly": [
        Step("do ngu", means(Skill.SMALLTALK, "abuse"), S, Skill.SMALLTALK, says=("xin lỗi", "Gặp cán bộ")),
    ],
    "greeting says who speaks, once": [
        Step("chao", HELLO, S, Skill.SMALLTALK, says=("trợ lý tự động (máy trả lời) của xã Xuân Định",)),
        Step("chao", HELLO, S, Skill.SMALLTALK, never=("trợ lý tự động",)),
        Step("cam on", means(Skill.SMALLTALK, "thanks"), S, Skill.SMALLTALK, never=("trợ lý tự động",)),
    ],
    "who are you": [
        Step("ban la ai", means(Skill.SMALLTALK, "bot"), S, Skill.SMALLTALK,
             says=("máy chứ không phải người",)),
    ],
    "yes and no out of the blue": [
        Step("u", AFFIRM, S, Skill.SMALLTALK),
        Step("khong", DENY, S, Skill.SMALLTALK),
    ],
    "erasure: asked, confirmed in a word": [
        Step("xoá dữ liệu của tôi", LOST, C, N, says=("không lấy lại được",)),
        Step("đồng ý", LOST, A, N, says=("được xóa",)),
    ],
    "erasure: thought better of it": [
        Step("xoa het tin nhan", LOST, C, N),
        Step("thoi khong", DENY, A, N, says=("không xóa gì",)),
        Step("xoa het tin nhan", LOST, C, N),
        Step("thoi", means(Skill.SMALLTALK, "bye"), A, N, says=("không xóa gì",)),
    ],
    "erasing an official record is no erasure of ours": [
        Step("xoa thong tin trong so ho khau cua toi", means(codes={RESIDENCE: 0.9}), A, P, (RESIDENCE,)),
    ],
    "scam: rules of thumb, nothing judged": [
        Step("tin nhan nay co lua dao khong", means(Skill.SCAM, "check"), A, Skill.SCAM,
             says=("chưa tự động kiểm tra", "OTP", ".gov.vn"), never=("an toàn",)),
        Step("1", None, A, Skill.SCAM, says=("Gọi ngân hàng", "lấy lại tiền")),
        Step("1", None, H, Skill.HANDOFF, says=("công an xã",), queue="công an xã"),
    ],
    "scam: where to report it": [
        Step("bao lua dao cho ai", means(Skill.SCAM, "check"), A, Skill.SCAM, says=("113", "156")),
        Step("ho goi bao den cho nao do dong tien", means(Skill.SCAM, "check"), A, Skill.SCAM, says=("OTP",)),
    ],
    "scam victim: first aid at once": [
        Step("lo chuyen tien roi", means(Skill.SCAM, "victim"), A, Skill.SCAM, says=("Gọi ngân hàng", "113")),
        Step("Báo ở đâu", None, A, Skill.SCAM, says=("156",), never=("069.234",)),
    ],
    "dossier": [
        Step("H19.29-260115-0007 toi dau", means(Skill.DOSSIER, dossier="H19.29-260115-0007"), A,
             Skill.DOSSIER, says=("H19.29-260115-0007", "chưa nối", "Cổng hành chính công tỉnh Đồng Nai")),
    ],
    "the commune's address is not known": [
        Step("uy ban o dau", means(Skill.CONTACT, "address"), A, Skill.CONTACT,
             says=("UBND xã Xuân Định: chưa cập nhật",)),
        Step("so dt cong an xa", means(Skill.CONTACT, "phone"), A, Skill.CONTACT,
             says=("Công an xã Xuân Định: chưa cập nhật",)),
        Step("ai lo dat dai", means(Skill.COMMUNE, "staff"), A, Skill.COMMUNE, says=("chưa cập nhật",)),
    ],
    "the merger": [
        Step("bao hoa gio thuoc dau", means(Skill.COMMUNE, "merger"), A, Skill.COMMUNE,
             says=("Xã Bảo Hoà cũ (huyện Xuân Lộc) nay thuộc Xã Xuân Định", "1/7/2025", "NQ 1662")),
    ],
    "the merger of others": [
        Step("xuan loc gio thuoc dau", means(Skill.COMMUNE, "merger"), A, Skill.COMMUNE,
             says=("Huyện Xuân Lộc không còn", "Phường Xuân Lộc", "NQ 1662")),
        Step("#commune:merger", None, A, Skill.COMMUNE, says=("Xã Bảo Hoà (huyện Xuân Lộc cũ)",)),
    ],
    "a bare link is one to be looked at": [
        Step("https://vneid-capnhat.top/a?b=1", means(Skill.COMMUNE, "vneid"), A, Skill.SCAM, says=("OTP",)),
        Step("vneid-capnhat.top", LOST, A, Skill.SCAM),
        Step("khai.sinh", BIRTH_ASKED, A, P),
    ],
    "guides": [
        Step("nop mang", means(Skill.COMMUNE, "online"), A, Skill.COMMUNE,
             says=("dichvucong.gov.vn", "Nguồn:")),
        Step("vneid", means(Skill.COMMUNE, "vneid"), A, Skill.COMMUNE, says=("công an xã",)),
        Step("ocop", means(Skill.COMMUNE, "ocop"), A, Skill.COMMUNE, says=("QĐ 1489",)),
        Step("tem truy xuat nguon goc", means(Skill.COMMUNE, "ocop"), A, Skill.COMMUNE, says=("NĐ 37/2026",)),
        Step("chuyen la", means(Skill.COMMUNE, "no_such_guide"), R, Skill.COMMUNE, says=("Gặp cán bộ",)),
    ],
    "a skill that is only guessed wildly is a miss": [
        Step("ccc", means(Skill.COMMUNE, "ocop", band=Band.LOST), R, N),
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
    for number, step in enumerate(steps, 1):
        outcome = talk.say(step.text, step.meaning)
        told = "\n".join(reply.text for reply in outcome.replies)
        seen = (number, step.text, told)
        assert (outcome.behaviour, outcome.skill) == (step.behaviour, step.skill), seen
        assert step.codes is None or outcome.codes == step.codes, seen
        assert step.aspects is None or outcome.aspects == step.aspects, seen
        assert [piece for piece in step.says if piece not in told] == [], seen
        assert [piece for piece in step.never if piece in told] == [], seen
        assert (outcome.handoff is not None) == (step.behaviour is H), seen
        assert step.queue is None or (outcome.handoff and outcome.handoff.queue == step.queue), seen
        assert outcome.verdict is None


def _text(outcome: Outcome) -> str:
    return "\n".join(reply.text for reply in outcome.replies)


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
    assert (second.codes, second.aspects) == ((BIRTH,), (DOCUMENTS,))
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
