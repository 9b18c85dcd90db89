"""Masking what identifies a person, before it is stored: identity, phone and account numbers."""

from __future__ import annotations

import re

# A whole run of digits, possibly grouped by one blank, dot or dash: "079 204 001 234", "0912.345.678".
_RUN = re.compile(r"\d(?:[ \u00a0.\-–]?\d)*")
# What makes a run a sum of money, which never begins with 0, as phone and identity numbers do.
_MONEY = re.compile(r"\s*(?:đ|vnd|vnđ|đồng|dong|usd|triệu|tỷ)\b", re.IGNORECASE)
# A dossier code keeps its meaning only whole, and is no secret by itself: H19.29-260101-0001.
_DOSSIER = re.compile(r"\b(?:[\dA-Z]{2,3}\.)*[GH]\d{2}(?:\.\d{1,4})*-\d{6}-\d{4,6}\b", re.IGNORECASE)
# "Mã OTP của quý khách là 482 913", "482913 là mã xác thực": what a swindler wants, and what expires.
_SECRET = r"(?:otp|mã|ma|mật khẩu|mat khau|pin|code|password)"
_CODE_AFTER = re.compile(rf"\b{_SECRET}\b[^\d\n]{{0,40}}\d(?:[ -]?\d){{3,7}}(?!\d)", re.IGNORECASE)
_CODE_BEFORE = re.compile(rf"(?<!\d)\d(?:[ -]?\d){{3,7}}(?=[^\d\n]{{0,12}}\b{_SECRET}\b)", re.IGNORECASE)
_LINK_TAIL = re.compile(r"(?<=[\w/])\?[^\s?]+=\S*")
_SHORTEST = 9
_KEEP = 2


def mask(text: str | None) -> str | None:
    """``text`` with every identity, phone or account number reduced to its last two digits.

    Runs of 9 digits and more are masked, also inside a word ("sđt0912345678"); sums of money
    (followed by đồng …) and dossier codes are not.
    """
    if not text:
        return text
    pieces, at = [], 0
    for dossier in _DOSSIER.finditer(text):
        pieces += [_mask_runs(text[at : dossier.start()]), dossier.group()]
        at = dossier.end()
    return "".join([*pieces, _mask_runs(text[at:])])


def mask_forwarded(text: str) -> str:
    """A message that is passed on to be checked, masked: as :func:`mask`, one-time codes, links' queries."""
    without = _LINK_TAIL.sub("?…", text)
    for pattern in (_CODE_AFTER, _CODE_BEFORE):
        without = pattern.sub(lambda found: _hide_digits(found.group()), without)
    return mask(without) or ""


def mask_link(link: str) -> str:
    """A link without what may name a person: its query, its fragment, long runs of digits."""
    return mask(link.split("?", 1)[0].split("#", 1)[0]) or ""


def _hide_digits(text: str) -> str:
    return "".join("•" if character.isdigit() else character for character in text)


def _mask_runs(text: str) -> str:
    return _RUN.sub(lambda run: _hide(run.group(), _MONEY.match(text, run.end()) is not None), text)


def _hide(run: str, before_a_currency: bool) -> str:
    digits = [character for character in run if character.isdigit()]
    is_money = before_a_currency and digits[0] != "0"
    if len(digits) < _SHORTEST or is_money:
        return run
    return "•" * (len(digits) - _KEEP) + "".join(digits[-_KEEP:])
