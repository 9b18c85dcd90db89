"""Two questions in one message: where it is taken apart, and where it is left whole."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.understanding.folding import words
from bot.understanding.splitting import Parts, has_content, split

TWO: dict[str, tuple[str, str]] = {
    "làm khai sinh cần gì, với lại nhập hộ khẩu cho bé luôn thì mất bao lâu": (
        "làm khai sinh cần gì", "nhập hộ khẩu cho bé luôn thì mất bao lâu",
    ),
    "lam khai sinh can gi, voi lai nhap ho khau mat bao lau": (
        "lam khai sinh can gi", "nhap ho khau mat bao lau",
    ),
    "cho hỏi phí chứng thực chữ ký và giấy xác nhận độc thân nộp ở đâu": (
        "cho hỏi phí chứng thực chữ ký", "và giấy xác nhận độc thân nộp ở đâu",
    ),
    "khai sinh cần gì? kết hôn ở đâu?": ("khai sinh cần gì", "kết hôn ở đâu"),
    "khai sinh cần gì?kết hôn ở đâu": ("khai sinh cần gì", "kết hôn ở đâu"),
    "khai sinh cần gì\nkết hôn ở đâu": ("khai sinh cần gì", "kết hôn ở đâu"),
    "1. khai sinh cần gì 2. kết hôn lệ phí bao nhiêu": (
        "khai sinh cần gì", "kết hôn lệ phí bao nhiêu",
    ),
    "1) khai sinh\n2) kết hôn": ("khai sinh", "kết hôn"),
    "làm sổ đỏ cần gì ngoài ra tách thửa mất bao lâu": ("làm sổ đỏ cần gì", "tách thửa mất bao lâu"),
    "khai tử ở đâu? cho hỏi thêm mai táng phí được bao nhiêu tiền": (
        "khai tử ở đâu", "mai táng phí được bao nhiêu tiền",
    ),
    "tạm trú online được không, còn gia hạn thì sao": (
        "tạm trú online được không", "còn gia hạn thì sao",
    ),
    "lam khai sinh can gi con ket hon thi sao": ("lam khai sinh can gi", "con ket hon thi sao"),
    "làm căn cước mất bao lâu vậy ạ còn hộ chiếu thì nộp ở đâu": (
        "làm căn cước mất bao lâu vậy ạ", "còn hộ chiếu thì nộp ở đâu",
    ),
    "làm khai sinh cần gì, nhập hộ khẩu mất bao lâu": ("làm khai sinh cần gì", "nhập hộ khẩu mất bao lâu"),
    # A part alone stays with its matter, whoever asks for it first.
    "khai sinh cần gì? lệ phí bao nhiêu? kết hôn ở đâu?": (
        "khai sinh cần gì, lệ phí bao nhiêu", "kết hôn ở đâu",
    ),
    "chào ad. vợ em mới sinh\nlàm khai sinh cần gì?\nnhập hộ khẩu bao lâu?": (
        "chào ad. vợ em mới sinh làm khai sinh cần gì", "nhập hộ khẩu bao lâu",
    ),
}  # fmt: skip

ONE = (
    "khai sinh cần giấy tờ gì",
    "khai sinh cần giấy tờ gì? mất bao lâu?",
    "Chào ad\nem muốn làm khai sinh cho con\ncần giấy tờ gì ạ",
    "giấy tờ và lệ phí khai sinh",
    "đăng ký kết hôn cần giấy tờ gì và lệ phí bao nhiêu",
    "khai sinh và nhận con cần giấy tờ gì",
    "khai sinh với nhập khẩu cho con cần giấy gì, phí bao nhiêu",
    "Làm khai sinh cho con, cần giấy tờ gì, nộp ở đâu",
    "lam khai sinh can gi con toi moi sinh",
    "mẹ tôi còn sống, khai sinh cần gì",
    "tôi không còn giấy tờ gì thì làm lại khai sinh sao",
    "bản gốc còn hạn thì sao y được không",
    "còn lệ phí?",
    "đồng thời cho hỏi khai sinh",
    "tôi muốn hỏi thêm về khai sinh",
    "1.001193 cần gì",
    "ngày 30/4 có làm việc không",
    "https://dichvucong.gov.vn/a?b=1 khai sinh cần gì",
    "?",
    "",
    "khai sinh cần gì? " + "x" * 1000,
)


@pytest.mark.parametrize(("text", "parts"), TWO.items(), ids=list(TWO))
def test_two_questions_are_taken_apart(text: str, parts: tuple[str, str]) -> None:
    assert split(text) == Parts(*parts)


@pytest.mark.parametrize("text", ONE)
def test_one_question_stays_whole(text: str) -> None:
    assert split(text) is None


def test_of_three_the_first_two_are_taken_and_it_is_known() -> None:
    found = split("khai sinh cần gì? kết hôn ở đâu? tạm trú mất bao lâu?")
    assert found == Parts("khai sinh cần gì", "kết hôn ở đâu", more=True)


@pytest.mark.parametrize(
    ("joined", "names"),
    [
        ("le phi bao nhieu vay a", False),
        ("nop o dau", False),
        ("so do", True),
        ("khai tu", True),
        ("can cuoc", True),
    ],
)
def test_content(joined: str, names: bool) -> None:
    assert has_content(joined) is names


@given(st.text(max_size=120))
def test_any_text_is_one_or_two(text: str) -> None:
    found = split(text)
    assert found is None or (found.first.strip() and found.second.strip())


PIECES = [
    "khai sinh",
    "kết",
    "hôn",
    "còn",
    "con",
    "và",
    "với",
    "lại",
    "cần gì",
    "ở đâu",
    "?",
    "\n",
    ",",
    "1.",
]


@given(st.lists(st.sampled_from(PIECES), max_size=20))
def test_each_of_two_names_something(pieces: list[str]) -> None:
    found = split(" ".join(pieces))
    if found is not None:
        assert all(has_content(" ".join(words(part))) for part in (found.first, found.second))
