"""Short forms, alone and by their neighbours."""

from __future__ import annotations

import pytest

from bot.understanding.folding import fold, words
from bot.understanding.shortforms import AMBIGUOUS, PLAIN

IN_CONTEXT = [
    ("đk ks cho con", "dang ky khai sinh cho con"),
    ("cần đk gì", "can dieu kien gi"),
    ("có đủ đk không", "co du dieu kien khong"),
    ("dkkh khác tỉnh", "dang ky ket hon khac tinh"),
    ("đk kh cần j", "dang ky ket hon can gi"),
    ("làm dc kh ad", "lam duoc khong ad"),
    ("ck em muốn nhập hk", "chong em muon nhap ho khau"),
    ("ck lệ phí qua stk nào", "chuyen khoan le phi qua so tai khoan nao"),
    ("nộp online dc hk", "nop online duoc khong"),
    ("tách hk", "tach ho khau"),
    ("sổ hồng bị hư", "so hong bi hu"),
    ("làm dc hong", "lam duoc khong"),
    ("vk ck e ở trọ", "vo chong em o tro"),
    ("làm sđ lần đầu", "lam so do lan dau"),
    ("quyền sd đất", "quyen su dung dat"),
    ("mất gplx", "mat giay phep lai xe"),
    ("thẻ bhyt", "the bao hiem y te"),
    ("rút bhxh", "rut bao hiem xa hoi"),
    ("đk ttrú", "dang ky tam tru"),
    ("xác nhận tt hôn nhân", "xac nhan tinh trang hon nhan"),
    ("nhập tt", "nhap thuong tru"),
    ("đổi cccd", "doi can cuoc"),
    ("làm cc", "lam can cuoc"),
    ("lam cc cho con", "lam can cuoc cho con"),
    ("cc mấy ngày có", "can cuoc may ngay co"),
    ("làm ăn như cc", "lam an nhu cc"),
    ("vcl cc", "vcl cc"),
    ("uh", "u"),
    ("nộp ở mô", "nop o dau"),
    ("làm răng", "lam sao"),
    ("hông có giấy", "khong co giay"),
    ("mấy h làm việc", "may gio lam viec"),
    ("ra ubnd xã", "ra uy ban nhan dan xa"),
    ("bs khai sinh", "ban sao khai sinh"),
    ("gặp cb", "gap can bo"),
    ("bn tiền", "bao nhieu tien"),
    ("các bn ơi", "cac ban oi"),
    ("xnđt", "xac nhan doc than"),
    ("lm s bây h", "lam sao bay gio"),
]


@pytest.mark.parametrize(("typed", "meant"), IN_CONTEXT)
def test_written_out(typed: str, meant: str) -> None:
    assert " ".join(words(typed)) == meant
    assert " ".join(words(fold(typed))) == meant


def test_tables_are_folded_and_apart() -> None:
    for short, meant in PLAIN.items():
        assert short == fold(short), short
        assert all(part == fold(part) for part in meant), short
    assert not set(PLAIN) & set(AMBIGUOUS)


@pytest.mark.parametrize(
    "word", ["giai", "chuyen", "khoai", "thoai", "doanh", "truong", "nghieng", "zalo", "facebook", "vneid"]
)
def test_plain_words_stay(word: str) -> None:
    assert words(word) == [word]
