"""Dossier codes in free text, told apart from the numbers that look like them.

Forms: TT 01/2018/TT-VPCP (000.00.32.H19-210708-0012), QĐ 20/2020 (H19.29.5-260115-0007), ministries
(G01.12-260115-000123), social insurance (03706/2026/07906), a ministry's own letters and digits,
and Đồng Nai's old receipts (11 digits; accepted only beside a word that says so, since phones,
tax codes, identity cards and bank transactions are bare digits too). Every pattern is a starting
point: an unknown form is asked back by the dialogue, not refused.
"""

from __future__ import annotations

import re

from bot.understanding.folding import fold

_UNIT = r"(?:\d{2,3}\.){1,2}(?:[A-Z]{1,2}\d?\d?|\d{2})\.(?:\d{2}\.)?[GH]\d{2}"
_SHORT_UNIT = r"(?:\d{2}\.){1,3}[GH]\d{2}"
_AGENCY = r"[GH]\d{2}(?:\.\d{1,4}){0,3}"
_DASHED = re.compile(
    rf"(?<![A-Z0-9.])(?P<unit>{_UNIT}|{_SHORT_UNIT}|{_AGENCY})"
    r"\s?[-–—]\s?(?P<date>\d{6})\s?[-–—]\s?(?P<number>\d{4,})"
)
_INSURANCE = re.compile(r"(?<![\w/.])(\d{4,6}(?:\.GD)?)\s?/\s?(20\d{2})\s?/\s?(\d{4,6})(?![\w/])")
_LETTERED = re.compile(r"(?<![A-Z0-9])([A-Z]{4,6}\d{5,14}[A-Z]{0,3})(?![A-Z0-9])")
_RECEIPT = re.compile(r"(?<![\w.,-])(\d{11}|\d{15})(?![\w-]|[.,]\d)")
_RECEIPT_WORDS = re.compile(r"\b(ho so|bien nhan|giay hen|ma tra cuu|hcc)\b")
_BANK_WORDS = re.compile(
    r"\b(giao dich|chuyen khoan|tai khoan|momo|vi dien tu|otp|can cuoc|dien thoai|thue)\b"
)


def find_dossier_code(text: str) -> str | None:
    """The first dossier code in ``text`` in its normal form (capitals, plain hyphens), or None.

    A run of further digits glued to a dashed code is cut off after the number's usual length.
    """
    upper = text.upper()
    dashed = _DASHED.search(upper)
    if dashed and _is_date(dashed["date"]):
        return f"{dashed['unit']}-{dashed['date']}-{_number(dashed['unit'], dashed['number'])}"
    insurance = _INSURANCE.search(upper)
    if insurance:
        return "/".join(insurance.groups())
    folded = fold(text)
    if _RECEIPT_WORDS.search(folded):
        lettered = _LETTERED.search(upper)
        if lettered:
            return lettered[1]
        receipt = _RECEIPT.search(upper)
        if receipt and not _BANK_WORDS.search(folded) and not _is_old_mobile(receipt[1]):
            return receipt[1]
    return None


def _is_date(digits: str) -> bool:
    """``YYMMDD`` that can be a day."""
    return 1 <= int(digits[2:4]) <= 12 and 1 <= int(digits[4:6]) <= 31


def _number(unit: str, digits: str) -> str:
    """A ministry numbers with up to six digits, a province with four or five; more is glued on."""
    ministry = unit.rsplit(".", 1)[-1].startswith("G") or unit.startswith("G")
    most = 6 if ministry else 5
    return digits if len(digits) <= most else digits[: most if ministry else 4]


def _is_old_mobile(digits: str) -> bool:
    """01xx and 84xx numbers of eleven digits are phones of old or written with the country code."""
    return len(digits) == 11 and digits.startswith(("01", "84"))
