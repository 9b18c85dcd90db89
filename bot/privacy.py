"""Masking what identifies a person, before it is stored: identity, phone and account numbers."""

from __future__ import annotations

import re

# Digits, possibly grouped by one blank, dot or dash: "079 204 001 234", "0912.345.678".
_NUMBER = re.compile(
    r"(?<![\w.])\+?\d(?:[ .\-]?\d){8,18}(?![\w])(?!\s*(?:đ|vnd|vnđ|đồng|dong|usd|triệu|tỷ)\b)", re.IGNORECASE
)
# A dossier code keeps its meaning only whole, and is no secret by itself: H19.29-260101-0001.
_DOSSIER = re.compile(r"\b(?:[\dA-Z]{2,3}\.)*[GH]\d{2}(?:\.\d{1,4})*-\d{6}-\d{4,6}\b", re.IGNORECASE)
_KEEP = 2


def mask(text: str | None) -> str | None:
    """``text`` with every identity, phone or account number reduced to its last two digits.

    Numbers of 9 to 19 digits are masked; sums of money (followed by đồng …) and dossier codes are not.
    """
    if not text:
        return text
    pieces, at = [], 0
    for dossier in _DOSSIER.finditer(text):
        pieces += [_NUMBER.sub(_hide, text[at : dossier.start()]), dossier.group()]
        at = dossier.end()
    return "".join([*pieces, _NUMBER.sub(_hide, text[at:])])


def _hide(match: re.Match[str]) -> str:
    digits = re.sub(r"\D", "", match.group())
    return "•" * (len(digits) - _KEEP) + digits[-_KEEP:]
