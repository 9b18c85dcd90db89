"""Splitting and shortening Vietnamese: nothing lost, nothing too long, nothing broken in two."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.text import clean, cut, numbered, shorten, split_text

# Each is one grapheme to a reader: decomposed letters, flags, families, skin tones, keycaps.
GRAPHEMES = [
    "a",
    "đ",
    "ế",
    "ê\u0323\u0301",
    "e\u0302\u0301",
    "ữ",
    "u\u031b\u0303",
    "k\u0323\u0301",
    "\U0001f1fb\U0001f1f3",
]
GRAPHEMES += [
    "👨\u200d👩\u200d👧\u200d👦",
    "👍🏽",
    "1\ufe0f\u20e3",
    "❤\ufe0f",
    "🏴\U000e0067\U000e0062\U000e007f",
]
SEPARATORS = [" ", " ", "\n", "\n\n", ". ", "! ", ".\n", ", "]
texts = st.lists(st.sampled_from(GRAPHEMES + SEPARATORS), max_size=80)


@given(st.text(max_size=300), st.integers(1, 40))
def test_pieces_give_the_text_back(text: str, limit: int) -> None:
    pieces = cut(text, limit)
    assert "".join(pieces) == unicodedata.normalize("NFC", text)
    assert all(0 < len(piece) <= limit for piece in pieces)


@given(texts, st.integers(8, 40))
def test_no_grapheme_is_broken(parts: list[str], limit: int) -> None:
    text = "".join(parts)
    starts, at = {0}, 0
    for part in parts:
        length = len(unicodedata.normalize("NFC", part))
        starts |= set(range(at, at + length)) if part in SEPARATORS else {at}
        at += length
    at = 0
    for piece in cut(text, limit):
        assert at in starts
        at += len(piece)


@given(st.text(max_size=300), st.integers(1, 40))
def test_messages_lose_only_white_space(text: str, limit: int) -> None:
    pieces = split_text(text, limit)
    assert all(piece.strip() == piece and 0 < len(piece) <= limit for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(clean(text).split())


@given(texts, st.integers(8, 40))
def test_clean_and_split_are_stable(parts: list[str], limit: int) -> None:
    text = clean("".join(parts))
    assert clean(text) == text
    assert split_text(text, 10_000) == ([text] if text else [])
    for piece in split_text(text, limit):
        assert split_text(piece, limit) == [piece]


@pytest.mark.parametrize(
    ("text", "limit", "pieces"),
    [
        ("", 10, []),
        (" \n ", 10, []),
        ("vừa khít nhé", 12, ["vừa khít nhé"]),
        ("Câu một. Câu hai. Câu ba.", 18, ["Câu một. Câu hai.", "Câu ba."]),
        ("Đoạn một.\n\nĐoạn hai, dài hơn.", 22, ["Đoạn một.", "Đoạn hai, dài hơn."]),
        ("1. Tờ khai\n2. Giấy chứng sinh", 20, ["1. Tờ khai", "2. Giấy chứng sinh"]),
        ("Ngắn. " + "mộttừrấtdài" * 3, 20, ["Ngắn. mộttừrấtdàimột", "từrấtdàimộttừrấtdài"]),
        ("một hai ba bốn", 9, ["một hai", "ba bốn"]),
        ("e\u0302\u0301" * 6, 6, ["ế" * 6]),
        ("\U0001f1fb\U0001f1f3" * 5, 7, ["\U0001f1fb\U0001f1f3" * 3, "\U0001f1fb\U0001f1f3" * 2]),
        ("👍🏽" * 3, 3, ["👍🏽"] * 3),
        ("x" + "\u0301" * 9, 4, ["x" + "\u0301" * 3, "\u0301" * 4, "\u0301" * 2]),
    ],
)
def test_split_where_one_would_pause(text: str, limit: int, pieces: list[str]) -> None:
    assert split_text(text, limit) == pieces


def test_text_of_2000_decomposed_letters_is_one_message() -> None:
    text = unicodedata.normalize("NFD", "ế" * 2000)
    assert len(text) == 6000
    assert split_text(text, 2000) == ["ế" * 2000]


@pytest.mark.parametrize(
    ("title", "limit", "short"),
    [
        ("Lệ phí", 20, "Lệ phí"),
        ("Đăng ký khai sinh có yếu tố nước ngoài", 20, "Đăng ký khai sinh…"),
        ("Giấy xác nhận tình trạng hôn nhân", 20, "Giấy xác nhận tình…"),
        ("Đúng hai mươi chữ đó", 20, "Đúng hai mươi chữ đó"),
        ("Hồ sơ (bản giấy) gửi", 15, "Hồ sơ (bản…"),
        ("a" * 30, 20, "a" * 19 + "…"),
        ("hai\n dòng ", 20, "hai dòng"),
        ("", 20, ""),
    ],
)
def test_shorten(title: str, limit: int, short: str) -> None:
    assert shorten(title, limit) == short


@given(st.text(max_size=60), st.integers(2, 30))
def test_shortened_titles_fit_on_one_line(title: str, limit: int) -> None:
    short = shorten(title, limit)
    assert len(short) <= limit
    assert len(short.splitlines()) <= 1


def test_clean() -> None:
    assert clean(" a\r\nb\x00\x1b\ud800\tc \u0061\u0300") == "a\nb\ufffd\tc à"


def test_numbered() -> None:
    assert numbered(["Lệ phí", "Nộp\nở đâu"]) == "Ông/bà nhắn số để chọn:\n1. Lệ phí\n2. Nộp ở đâu"


def test_limit_must_be_positive() -> None:
    with pytest.raises(ValueError, match="limit"):
        cut("a", 0)
