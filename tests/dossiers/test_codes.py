"""Codes mistyped and nearly right; numbers that are none (the plain forms: tests/understanding)."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.dossiers.codes import Found, Nearly, find, normal_form

TT01 = "000.00.32.H19-210708-0012"
QD20 = "H19.29.5-260115-0007"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("000.00.32.h19 - 210708 - 0012", TT01),
        ("ma hs 0000032H19-210708-0012 toi dau roi", TT01),
        ("00000 32 H19-210708-0012", TT01),
        ("OOO.OO.32.H19-21O7O8-OO12", TT01),
        ("000,00,32,H19-210708-0012", TT01),
        ("000.00.32.H19.210708.0012", TT01),
        ("000.00.32.H19 210708 0012", TT01),
        ("000.00.32.H19_210708_0012", TT01),
        ("000.00.32.H19–210708—0012", TT01),
        ("https://dichvucong.dongnai.gov.vn/tra-cuu?ma=000.00.32.H19-210708-0012&x=1", TT01),
        ("H19 29 5-260115-0007", QD20),
        ("h19.29.5 260115 0007", QD20),
        ("H19.29.5-26O115-OOO7", QD20),
        ("H19.29.5 -260115- 0007 cảm ơn", QD20),
        ("hồ sơ 006 7381 0079", "00673810079"),
        ("HCC DN 00673810079", "00673810079"),
        ("căn cước 075123456789 hồ sơ 00673810079", "00673810079"),
        ("mã hồ sơ 00673810079, sđt 0912345678", "00673810079"),
        ("00673810079 là mã hồ sơ của tôi", "00673810079"),
    ],
)
def test_mistyped_codes_are_found(text: str, code: str) -> None:
    found = find(text)
    assert isinstance(found, Found) and found.code == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("H19295-260115-0007", QD20),
        ("H19.29.5-260115-7", QD20),
        ("H19.29.5-20260115-0007", QD20),
        ("N19.29.5-260115-0007", QD20),
        ("19.29.5-260115-0007", QD20),
        ("H19.29.5-260l15-0007", QD20),
        ("000 00 32 H19 210708 0012", TT01),
        ("000.00.32.19-210708-0012", TT01),
        ("000.AO.01.H26-210212-9090", "000.A0.01.H26-210212-9090"),
        ("bhxh 03706 2026 07906", "03706/2026/07906"),
        ("hồ sơ 03706-2026-07906", "03706/2026/07906"),
    ],
)
def test_nearly_right_codes_are_asked_back(text: str, code: str) -> None:
    assert find(text) == Nearly(code)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("00673810079", Found("00673810079")),
        ("XYZ-12345-99", Nearly("XYZ-12345-99")),
        ("mã là AB.123456", Nearly("AB.123456")),
        ("0912345678", None),
        ("84912345678", None),
        ("075123456789", None),
        ("3600123456", None),
        ("1.001193", None),
        ("không có mã", None),
    ],
)
def test_a_code_that_was_asked_for(text: str, found: Found | Nearly | None) -> None:
    assert find(text, asked=True) == found
    if not (isinstance(found, Found)):
        assert find(text) is None


_DIGITS = st.text("0123456789", min_size=15, max_size=15)
_WORDS = st.sampled_from(["", "hồ sơ của tôi tới đâu rồi, ", "nộp hồ sơ xong rồi ", "cho hỏi "])
_NUMBERS = st.one_of(
    st.builds(
        lambda d, lead: f"{lead}{d[:8]}",
        _DIGITS,
        st.sampled_from(["số điện thoại 09", "sđt 03", "gọi tôi 07"]),
    ),
    st.builds(lambda d: f"số điện thoại +849{d[:8]}", _DIGITS),
    st.builds(lambda d: f"sđt 849{d[:8]}", _DIGITS),
    st.builds(lambda d: f"sđt 09{d[:2]}.{d[2:5]}.{d[5:8]}", _DIGITS),
    st.builds(lambda d: f"căn cước 0{d[:11]}", _DIGITS),
    st.builds(lambda d: f"CCCD 0{d[:2]} {d[2:5]} {d[5:8]} {d[8:11]}", _DIGITS),
    st.builds(lambda d: f"cmnd {d[:9]}", _DIGITS),
    st.builds(lambda d: f"mã số thuế {d[:10]}", _DIGITS),
    st.builds(lambda d: f"MST {d[:10]}-{d[10:13]}", _DIGITS),
    st.builds(lambda d: f"mã số thuế {d[:13]}", _DIGITS),
    st.builds(lambda d: f"mã giao dịch {d}", _DIGITS),
    st.builds(lambda d: f"mã giao dịch FT{d[:14]}", _DIGITS),
    st.builds(lambda d: f"chuyển khoản vào số tài khoản {d[:11]}", _DIGITS),
    st.builds(lambda d: f"MoMo {d[:11]}", _DIGITS),
    st.builds(lambda d: f"thủ tục {d[0]}.{d[1:7]}", _DIGITS),
    st.builds(lambda d: f"thủ tục {d[0]}.{d[1:7]}.000.00.00.H49", _DIGITS),
    st.builds(lambda d: f"mã thủ tục {d[0]}.{d[1:7]}.000.00.{d[7:9]}.H19", _DIGITS),
)


@settings(deadline=None)
@given(_WORDS, _NUMBERS)
def test_other_numbers_are_no_codes(said: str, number: str) -> None:
    assert find(said + number) is None


@settings(deadline=None)
@given(
    st.one_of(
        _DIGITS.map(lambda d: "0" + d[:9]), _DIGITS.map(lambda d: "0" + d[:11]), _DIGITS.map(lambda d: d[:10])
    )
)
def test_bare_numbers_are_no_codes(number: str) -> None:
    assert find(number) is None and find(number, asked=True) is None


_END = r"-2[0-6](0[1-9]|1[0-2])(0[1-9]|1[0-9]|2[0-8])-[0-9]{4}"
_CODES = st.one_of(
    st.from_regex(r"[0-9]{3}\.[0-9]{2}\.[0-9]{2}\.[GH][0-9]{2}" + _END, fullmatch=True),
    st.from_regex(r"[GH][0-9]{2}(\.[0-9]{1,3}){0,2}" + _END, fullmatch=True),
)


@settings(deadline=None)
@given(
    _CODES,
    st.sampled_from(["", "mã ", "Hồ sơ số ", "cho em hỏi hồ sơ "]),
    st.sampled_from(["", " ạ", ".", "?"]),
)
def test_codes_are_found_in_a_sentence_and_keep_their_form(code: str, before: str, after: str) -> None:
    assert find(before + code + after) == Found(code)
    assert find(before + code.lower() + after) == Found(code)
    assert normal_form(code) == normal_form(code.lower()) == normal_form(f" {code} ") == code
    spaced = re.sub("-", " - ", code)
    assert find(before + spaced + after) in (Found(code), Found(code, 0.9))


@settings(deadline=None)
@given(st.text(max_size=120), st.booleans())
def test_any_text_is_read(text: str, asked: bool) -> None:
    found = find(text, asked)
    if found:
        assert found.code == found.code.strip().upper() and len(found.code) <= 60
    normal = normal_form(text)
    assert normal is None or normal_form(normal) == normal
