"""What becomes of comments, as a table: the real words, the real scam check, an understanding that is told."""

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
    ("Của em bao giờ có vậy?", U.DOSSIER, COMPLAINT),
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
