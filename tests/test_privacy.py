"""Masking of numbers that identify a person."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.privacy import mask


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        (None, None),
        ("", ""),
        ("đăng ký khai sinh cần gì", "đăng ký khai sinh cần gì"),
        ("số tôi 0912345678", "số tôi ••••••••78"),
        ("0912.345.678", "••••••••78"),
        ("0912-345-678 hoặc 0987 654 321", "••••••••78 hoặc ••••••••21"),
        ("+84912345678", "+•••••••••78"),
        ("cccd 079204001234.", "cccd ••••••••••34."),
        ("CMND 123456789", "CMND •••••••89"),
        ("stk 19036512345678 Techcombank", "stk ••••••••••••78 Techcombank"),
        ("sđt0912345678nhé", "sđt••••••••78nhé"),
        ("gọi v.0912345678", "gọi v.••••••••78"),
        ("thẻ 4111 1111 1111 1111 1111 11", "thẻ ••••••••••••••••••••11"),
        ("０９１２３４５６７８", "••••••••７８"),
        ("0912\u00a0345\u00a0678", "••••••••78"),
        # what must stay
        ("hết 1.500.000.000 đồng", "hết 1.500.000.000 đồng"),
        ("hết 123.500.000.000đ", "hết 123.500.000.000đ"),
        ("1500000000 VND", "1500000000 VND"),
        ("sinh ngày 26/07/1990, 8 giờ", "sinh ngày 26/07/1990, 8 giờ"),
        ("thủ tục 1.001193", "thủ tục 1.001193"),
        ("hồ sơ H19.29-260101-0001", "hồ sơ H19.29-260101-0001"),
        ("000.00.19.H19-260101-0001", "000.00.19.H19-260101-0001"),
        ("H19.29-260101-0001 của 0912345678", "H19.29-260101-0001 của ••••••••78"),
        # money does not begin with 0: a comrade is no currency
        ("0912345678 đồng chí Lan", "••••••••78 đồng chí Lan"),
        ("079204001234 đ", "••••••••••34 đ"),
    ],
)
def test_what_is_masked_and_what_stays(text: str | None, stored: str | None) -> None:
    assert mask(text) == stored


NUMBERISH = st.text(alphabet="0123456789 .-–\u00a0+abđ/,\n", max_size=60)


@given(st.lists(st.one_of(NUMBERISH, st.text(max_size=20)), max_size=5).map("".join))
def test_no_long_number_survives(text: str) -> None:
    masked = mask(text) or ""
    for run in re.finditer(r"\d{9,}", masked):
        is_money = re.match(
            r"[\s\d.\-–]*(đ|vnd|vnđ|đồng|dong|usd|triệu|tỷ)\b", masked[run.end() :], re.IGNORECASE
        )
        assert is_money, run.group()


@given(st.text(max_size=80))
def test_masking_twice_changes_nothing_and_words_stay(text: str) -> None:
    masked = mask(text) or ""
    assert mask(masked or None) == (masked or None)
    letters = [c for c in text if c.isalpha()]
    assert [c for c in masked if c.isalpha()] == letters


@given(st.from_regex(r"0[0-9]{8,11}", fullmatch=True), st.sampled_from("abcxyz.,: \n"), st.text(max_size=10))
def test_a_phone_or_identity_number_never_shows_whole(number: str, before: str, after: str) -> None:
    assert number not in (mask(f"{before}{number}{after}") or "")
