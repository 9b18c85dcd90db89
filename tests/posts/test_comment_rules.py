"""What becomes of comments, as a table: real words, the real scam check, a given understanding."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.posts.comment_words import tells_too_much
from bot.posts.comments import Decision, Part, Said, Understood, Verdict, Where, judge
from bot.scams.checking import Checker
from bot.scams.lists import load_lists
from bot.settings import ROOT

CHECKER = Checker(load_lists(ROOT / "faq_data"))
HOTLINE = "02513876543"
A, H, D = Part.ANSWER, Part.HIDDEN, Part.DOSSIER
U, V = Understood, Verdict


def told(meant: Understood | None) -> Callable[[], Understood]:
    def understand() -> Understood:
        assert meant is not None, "the assistant must not be asked"
        return meant

    return understand


def decide(text: str, meant: Understood | None = None, **about: object) -> Decision:
    return judge(Said(text, **about), told(meant), CHECKER.check, {HOTLINE})  # type: ignore[arg-type]


ANSWERED = Decision(V.QUESTION, private=(A,), public=True)
HIDDEN_AND_TOLD = Decision(V.PERSONAL, hide=True, private=(H,), waits=True)
INSULT = Decision(V.INSULT, hide=True, waits=True)
SCAM = Decision(V.SCAM, hide=True, waits=True)
DOSSIER = Decision(V.DOSSIER, private=(D,))
COMPLAINT = Decision(V.COMPLAINT, waits=True)
UNCERTAIN = Decision(V.UNCERTAIN, waits=True)

# (what was written, what the assistant would make of it: None if it must not be asked, what becomes of it)
TABLE: list[tuple[str, Understood | None, Decision]] = [
    # questions that are understood: one neutral public line and one private reply
    ("Làm khai sinh cho con cần giấy tờ gì ạ?", U.ANSWER, ANSWERED),
    ("cho hoi lam lai can cuoc o dau", U.ANSWER, ANSWERED),
    ("Lệ phí chứng thực bản sao bao nhiêu vậy ad", U.ANSWER, ANSWERED),
    ("Mấy giờ xã làm việc vậy?", U.ANSWER, ANSWERED),
    ("Xin hỏi thủ tục đăng ký kết hôn với người nước ngoài", U.ANSWER, ANSWERED),
    ("Muốn vay vốn hộ nghèo thì làm sao ạ", U.ANSWER, ANSWERED),
    ("Cảm ơn ad, cho hỏi thêm đăng ký tạm trú có mất phí không?", U.ANSWER, ANSWERED),
    ("Con tôi 6 tuổi có được cấp thẻ BHYT không", U.ANSWER, ANSWERED),
    # what is not surely understood waits for a person
    ("Cái này là sao ta?", U.UNCERTAIN, UNCERTAIN),
    ("Khi nào họp vậy mọi người?", U.UNCERTAIN, UNCERTAIN),
    ("Bơ nhà mình còn 2 tấn, ai mua không", U.UNCERTAIN, UNCERTAIN),
    ("Hôm nay tôi đã làm xong giấy khai sinh cho con, cán bộ nhiệt tình", None, UNCERTAIN),
    ("Năm ngoái cũng vậy rồi mà", None, UNCERTAIN),
    ("Sầu riêng giá 70.000 đồng một ký", None, UNCERTAIN),
    # personal data: hidden, told privately
    ("0912345678", None, HIDDEN_AND_TOLD),
    ("Số em 0912.345.678 nhé", None, HIDDEN_AND_TOLD),
    ("sđt 0 9 1 2 3 4 5 6 7 8", None, HIDDEN_AND_TOLD),
    ("+84 912 345 678", None, HIDDEN_AND_TOLD),
    ("Căn cước tôi 079204001234", None, HIDDEN_AND_TOLD),
    ("cmnd 271234567", None, HIDDEN_AND_TOLD),
    ("Liên hệ nhà anh Tám 0251 3 999 888", None, HIDDEN_AND_TOLD),
    ("Gọi cho mình số 0987654321 tư vấn giúp", U.UNCERTAIN, HIDDEN_AND_TOLD),
    (
        "Tôi 0912345678, làm khai sinh cần gì?",
        U.ANSWER,
        Decision(V.PERSONAL_QUESTION, hide=True, private=(H, A)),
    ),
    ("Cán bộ hách sách, gọi tôi 0912345678", None, HIDDEN_AND_TOLD),
    # numbers that are nobody's
    ("Gọi tổng đài 1800 1098 hỏi được không", U.ANSWER, ANSWERED),
    ("Gọi số 0251 3876 543 của xã được không?", U.ANSWER, ANSWERED),
    ("Mã truy xuất 8938505974193 là gì?", U.ANSWER, ANSWERED),
    ("Được hỗ trợ 500.000.000 đồng phải không", U.ANSWER, ANSWERED),
    # insults: hidden and shown
    ("Đồ ngu", None, INSULT),
    ("dm lam an vay ha", None, INSULT),
    ("Lũ ăn hại", None, INSULT),
    ("Mày là đồ mất dạy", None, INSULT),
    ("vcl luôn", None, INSULT),
    ("Óc chó à mà nói vậy", None, INSULT),
    # hard words about the commune are none: they stay to be read
    ("Cán bộ vô trách nhiệm", None, COMPLAINT),
    ("Xã làm ăn như hạch", None, COMPLAINT),
    ("Chậm vl", None, UNCERTAIN),
    ("Thất vọng về cách làm việc của xã", None, COMPLAINT),
    ("Con chó nhà hàng xóm có phải tiêm phòng không?", U.ANSWER, ANSWERED),
    ("Buồn ngủ quá", None, UNCERTAIN),
    # scams with a bait: hidden and shown
    ("Vay tiền nhanh không thế chấp, giải ngân trong ngày, ib zalo 0912345678", None, SCAM),
    ("Nhận quà tri ân miễn phí tại https://dichvucong-gov.top/nhanqua nhập mã OTP", None, SCAM),
    ("Tuyển CTV làm nhiệm vụ tại nhà thu nhập 500k/ngày kết bạn zalo 0988777666", None, SCAM),
    ("Chúc mừng bạn đã trúng thưởng xe SH, bấm vào bit.ly/nhanxe để nhận, phí hồ sơ 2 triệu", None, SCAM),
    # thanks, emoji, friends: left alone
    ("❤️❤️❤️", None, Decision(V.NO_WORDS)),
    (".", None, Decision(V.NO_WORDS)),
    ("", None, Decision(V.NO_WORDS)),
    ("Cảm ơn ad nhiều", None, Decision(V.KIND)),
    ("cam on xa da chia se thong tin bo ich a", None, Decision(V.KIND)),
    ("Tuyệt vời quá 👏", None, Decision(V.KIND)),
    ("Chúc mừng hội phụ nữ xã nhà", None, Decision(V.KIND)),
    ("Hay quá", None, Decision(V.KIND)),
    ("ok", None, Decision(V.KIND)),
    ("hóng", None, Decision(V.KIND)),
    ("Nguyễn Thị Lan", None, Decision(V.FRIEND)),
    ("Trần Văn Bảy vào xem nè", None, Decision(V.FRIEND)),
    ("Lan ơi vào xem này", None, Decision(V.FRIEND)),
    ("@Minh Tâm", None, Decision(V.FRIEND)),
    # … unless they say something else
    ("Hay quá ha, nói mà không làm", None, UNCERTAIN),
    ("Ad ơi xem giúp em", U.UNCERTAIN, UNCERTAIN),
    ("Nguyễn Thị Lan làm khai sinh cần gì?", U.ANSWER, ANSWERED),
    ("Nói thì hay lắm", None, UNCERTAIN),
    ("Nga Nguyễn", None, Decision(V.FRIEND)),
    ("https://www.youtube.com/watch?v=abc", None, UNCERTAIN),
    ("Có ai bị mất giấy tờ xe không, em lượm được", None, UNCERTAIN),
    # complaints wait for a person, whatever the assistant would make of them
    ("Đường ấp 3 hư mấy tháng rồi sao chưa sửa?", None, COMPLAINT),
    ("Làm khai sinh mà hành dân đi lại 3 lần, cần giấy tờ gì nói một lần đi", None, COMPLAINT),
    ("Đổ rác bừa bãi bốc mùi quá, đề nghị xã xử lý", None, COMPLAINT),
    ("Tố cáo cán bộ địa chính nhận tiền", None, COMPLAINT),
    ("Sao mất điện hoài vậy?", None, COMPLAINT),
    ("Xã có biết chuyện này không?", U.COMPLAINT, COMPLAINT),
    # a dossier: never a word in public
    ("Hồ sơ H19.29-260115-0007 của tôi tới đâu rồi?", None, DOSSIER),
    ("Tôi nộp hồ sơ sổ đỏ tháng trước, xong chưa ạ", None, DOSSIER),
    ("cho hoi ho so cua em co ket qua chua", None, DOSSIER),
    ("Tra cứu hồ sơ ở đâu vậy", None, DOSSIER),
    ("Bên Hội có nhận hồ sơ giúp bà con không?", U.ANSWER, ANSWERED),
    ("Giấy của em khi nào lấy được vậy?", U.DOSSIER, DOSSIER),
    (
        "Hồ sơ H19.29-260115-0007 của tôi, gọi 0912345678 nhé",
        None,
        Decision(V.DOSSIER, hide=True, private=(H, D)),
    ),
    # danger: told at once, and a person called
    ("Cháy nhà ở ấp 2, cứu với!", None, Decision(V.EMERGENCY, private=(A,), waits=True)),
]


@pytest.mark.parametrize(("text", "meant", "expected"), TABLE, ids=[row[0][:40] or "empty" for row in TABLE])
def test_what_becomes_of_it(text: str, meant: Understood | None, expected: Decision) -> None:
    assert decide(text, meant) == expected


QUESTION = "Làm khai sinh cần giấy tờ gì?"
CIRCUMSTANCES: list[tuple[str, dict[str, object], Decision]] = [
    (QUESTION, {"own": True}, Decision(V.OWN)),
    ("0912345678", {"own": True}, Decision(V.OWN)),
    (QUESTION, {"answered": True}, Decision(V.AGAIN, waits=True)),
    (QUESTION, {"named": False}, Decision(V.NAMELESS, waits=True)),
    (QUESTION, {"fresh": False}, Decision(V.LATE, waits=True)),
    (QUESTION, {"answers": False}, Decision(V.SWITCHED_OFF, waits=True)),
    (QUESTION, {"where": Where.PAGE}, ANSWERED),
    (QUESTION, {"where": Where.SELF}, ANSWERED),
    (QUESTION, {"where": Where.OTHERS}, Decision(V.BETWEEN, waits=True)),
    ("0912345678", {"where": Where.OTHERS}, HIDDEN_AND_TOLD),
    ("0912345678", {"answered": True}, Decision(V.PERSONAL, hide=True, waits=True)),
    ("0912345678", {"fresh": False}, Decision(V.PERSONAL, hide=True, waits=True)),
    ("0912345678", {"named": False}, Decision(V.PERSONAL, hide=True, waits=True)),
    ("0912345678", {"hides": False}, Decision(V.PERSONAL, waits=True)),
    ("Đồ ngu", {"hides": False}, Decision(V.INSULT, waits=True)),
    ("Đồ ngu", {"where": Where.OTHERS}, INSULT),
    ("Đồ ngu", {"answers": False}, INSULT),
    ("Hồ sơ của tôi tới đâu rồi?", {"fresh": False}, Decision(V.LATE, waits=True)),
    ("", {"picture": True}, Decision(V.PICTURE, waits=True)),
    ("Cảm ơn ad", {"where": Where.OTHERS}, Decision(V.KIND)),
    ("Cháy nhà ở ấp 2, cứu với!", {"answered": True}, Decision(V.EMERGENCY, waits=True)),
]


@pytest.mark.parametrize(("text", "about", "expected"), CIRCUMSTANCES)
def test_under_these_circumstances(text: str, about: dict[str, object], expected: Decision) -> None:
    assert decide(text, U.ANSWER, **about) == expected


def test_the_table_is_long_enough() -> None:
    assert len(TABLE) + len(CIRCUMSTANCES) >= 60


ANY = st.text() | st.lists(st.sampled_from([row[0] for row in TABLE]), min_size=1, max_size=3).map(" ".join)


@given(
    ANY, st.sampled_from(Understood), st.sampled_from(Where), st.booleans(), st.booleans(), st.booleans(),
    st.booleans(),
)  # fmt: skip
def test_what_always_holds(
    text: str, meant: Understood, where: Where, named: bool, fresh: bool, answered: bool, answers: bool
) -> None:
    said = Said(text, where=where, named=named, fresh=fresh, answered=answered, answers=answers)
    found = judge(said, lambda: meant, CHECKER.check)
    if found.speaks:
        assert named and fresh and answers and not answered
    if found.public:  # only what was answered in private, of somebody whose words stay to be seen
        assert found.private == (Part.ANSWER,) and not found.hide and found.verdict is Verdict.QUESTION
    if Part.DOSSIER in found.private or found.verdict is Verdict.DOSSIER:
        assert not found.public
    if Part.HIDDEN in found.private:
        assert found.hide
    silent = {Verdict.KIND, Verdict.FRIEND, Verdict.NO_WORDS}
    assert found.speaks or found.waits or found.verdict in silent  # nothing is lost


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mời ông bà đến UBND xã.", False),
        ("Gọi 0912345678 nhé", True),
        ("Hồ sơ H19.29-260115-0007 đã xong", True),
    ],
)
def test_what_an_editor_must_not_say_in_public(text: str, expected: bool) -> None:
    assert tells_too_much(text) is expected
