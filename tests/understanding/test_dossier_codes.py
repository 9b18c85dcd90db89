"""Dossier codes in every known form, and the numbers that are none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.understanding.dossier_codes import find_dossier_code

CODES = [
    ("000.00.32.H19-210708-0012 của tôi sao rồi", "000.00.32.H19-210708-0012"),
    ("000.A0.01.H26-210212-9090", "000.A0.01.H26-210212-9090"),
    ("h19.29.5-260115-0007", "H19.29.5-260115-0007"),
    ("H19-260115-0007.", "H19-260115-0007"),
    ("mã H19.123-260115-0001 ạ", "H19.123-260115-0001"),
    ("G01.12-260115-000123", "G01.12-260115-000123"),
    ("G01.899.106-260115-000123", "G01.899.106-260115-000123"),
    ("000.00.AB.H19-260115-0007", "000.00.AB.H19-260115-0007"),
    ("32.12.H19-260115-0001", "32.12.H19-260115-0001"),
    ("000.00.32.H19 – 210708 – 0012", "000.00.32.H19-210708-0012"),
    ("000.00.32.H19-210708-00121234567", "000.00.32.H19-210708-0012"),
    ("03706/2026/07906", "03706/2026/07906"),
    ("123456.GD/2026/12345", "123456.GD/2026/12345"),
    ("tra hồ sơ 00673810079", "00673810079"),
    ("số biên nhận 00673810079", "00673810079"),
    ("hồ sơ ABCDE12345XY tới đâu", "ABCDE12345XY"),
]
NONE = [
    "1.001193",
    "thủ tục 1.001193.000.00.00.H49",
    "căn cước 075123456789",
    "gọi tôi 0912345678",
    "mã giao dịch 123456789012345 chuyển khoản",
    "mã số thuế 3600123456",
    "mã số thuế hồ sơ 3600123456001",
    "H19-269915-0001",
    "điện thoại 01234567890 hồ sơ của tôi",
    "ngày 30/4/2026",
    "12/2026/QH15",
    "lệ phí 50.000 đồng",
    "",
]


@pytest.mark.parametrize(("text", "code"), CODES)
def test_found_in_normal_form(text: str, code: str) -> None:
    assert find_dossier_code(text) == code
    assert find_dossier_code(text.lower()) == code


@pytest.mark.parametrize("text", NONE)
def test_not_a_dossier(text: str) -> None:
    assert find_dossier_code(text) is None


@given(st.text(max_size=200))
def test_never_raises(text: str) -> None:
    find_dossier_code(text)
