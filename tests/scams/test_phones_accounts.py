"""Phone numbers and bank accounts in a message."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.scams.checking import Checker
from bot.scams.lists import load_lists
from bot.scams.phones import normalised

CHECKER = Checker(load_lists(Path(__file__).resolve().parents[2] / "faq_data"))


@pytest.mark.parametrize(
    ("text", "number", "sign"),
    [
        ("gọi 0912 345 678", "+84912345678", ""),
        ("gọi 0912.345.678 nhé", "+84912345678", ""),
        ("+84 912 345 678", "+84912345678", ""),
        ("84912345678", "+84912345678", ""),
        ("0251 3823 456", "+842513823456", ""),
        ("+1 202 555 0143", "+12025550143", "phone_foreign"),
        ("0044 20 7946 0958", "+442079460958", "phone_foreign"),
        ("+882 16 123 4567", "+882161234567", "phone_virtual"),
        ("+84113", "84113", "phone_spoofed"),
        ("+113", "113", "phone_spoofed"),
        ("1900 1234", "19001234", "phone_premium"),
    ],
)
def test_numbers(text: str, number: str, sign: str) -> None:
    (phone,) = CHECKER.check(text).phones
    assert phone.number == number
    assert [reason.code for reason in phone.reasons] == ([sign] if sign else [])


@pytest.mark.parametrize("text", ["gọi 113", "tổng đài 1900545413", "báo 156"])
def test_official_numbers_are_known(text: str) -> None:
    (phone,) = CHECKER.check(text).phones
    assert phone.official and all(reason.weight < 0 for reason in phone.reasons)


@pytest.mark.parametrize(
    "text", ["nộp 1.500.000đ", "ngày 20/11/2026", "căn cước 075123456789", "stk 0912345678", "mã 123456"]
)
def test_other_digits_are_no_phones(text: str) -> None:
    assert CHECKER.check(text).phones == ()


def test_accounts() -> None:
    (account,) = CHECKER.check("chuyển vào stk 0123 456 789 vietcombank Nguyen Van A").accounts
    assert (account.number, account.bank) == ("0123456789", "vietcombank")
    assert CHECKER.check("nộp 500.000đ tại kho bạc").accounts == ()


@pytest.mark.parametrize(
    ("shown", "number"),
    [
        ("0912 345 678", "+84912345678"),
        ("113", "113"),
        ("1800 1091", "18001091"),
        ("12", None),
        ("abc", None),
    ],
)
def test_normalised(shown: str, number: str | None) -> None:
    assert normalised(shown) == number
