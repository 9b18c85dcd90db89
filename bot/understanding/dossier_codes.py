"""Dossier codes in free text, told apart from the numbers that look like them. Pure.

Forms: TT 01/2018/TT-VPCP (000.00.32.H19-210708-0012), QĐ 20/2020 (H19.29.5-260115-0007), ministries
(G01.12-260115-000123), social insurance (03706/2026/07906), a ministry's own letters and digits,
and Đồng Nai's old receipts (11 or 15 digits; accepted only beside a word that says so, since phones,
tax codes, identity cards and bank transactions are bare digits too).

What only its punctuation, a blank, lower case or O for 0 tells from a code is one; what needs a guess (an
I for 1, a number without its zeros, a unit without its dots) is asked back as :class:`Nearly`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from bot.understanding.folding import fold, normalise

EXACT, RESPELT, CUT = 1.0, 0.9, 0.8
LONGEST = 60


@dataclass(frozen=True, slots=True)
class Found:
    """A code in its normal form (capitals, plain hyphens).

    ``how_sure``: :data:`EXACT` as it was typed, :data:`RESPELT` with punctuation or an O mended, :data:`CUT`
    if further digits were glued to it.
    """

    code: str
    how_sure: float = EXACT


@dataclass(frozen=True, slots=True)
class Nearly:
    """What was perhaps meant: to be asked back."""

    code: str


_LEFT = r"(?<![A-Z0-9.])"
_UNIT = r"(?:\d{2,3}\.){1,2}(?:[A-Z]{1,2}\d?\d?|\d{2})\.(?:\d{2}\.)?[GH]\d{2}"
_SHORT_UNIT = r"(?:\d{2}\.){1,3}[GH]\d{2}"
_AGENCY = r"[GH]\d{2}(?:\.\d{1,4}){0,3}"
_DASHED = re.compile(
    rf"{_LEFT}(?P<unit>{_UNIT}|{_SHORT_UNIT}|{_AGENCY})-(?P<date>\d{{6}})-(?P<number>\d{{4,}})"
)

_D = r"[\dO]"
_S = r"\s?[.,]?\s?"  # a dot, however it came out
_DASH = r"(?:\s?[-_.,/]\s?|\s)"
_TAIL = rf"(?P<date>{_D}{{6}}){_DASH}(?P<number>{_D}{{4,6}})(?![A-Z0-9])"
_GLUED_TAIL = rf"(?P<date>{_D}{{6}}){_DASH}?(?P<number>{_D}{{4,5}})(?![A-Z0-9])"
_LOOSE_UNIT = re.compile(
    rf"{_LEFT}(?P<a>{_D}{{3}}){_S}(?P<b>{_D}{{2}}|[A-Z]{_D}|[A-Z]{{2}}){_S}(?P<c>{_D}{{2}}|[A-Z]{{2}}){_S}"
    rf"(?P<d>[GH]\s?{_D}{{2}}){_DASH}?{_GLUED_TAIL}"
)
_LOOSE_SHORT = re.compile(
    rf"{_LEFT}(?P<a>{_D}{{2}}){_S}(?P<b>{_D}{{2}}){_S}(?P<d>[GH]\s?{_D}{{2}}){_DASH}?{_GLUED_TAIL}"
)
_LOOSE_AGENCY = re.compile(
    rf"{_LEFT}(?P<d>[GH]\s?{_D}{{2}})(?P<parts>(?:(?:\s?[.,]\s?|\s){_D}{{1,4}}){{0,3}}){_DASH}{_TAIL}"
)
_INSURANCE = re.compile(r"(?<![\w/.-])(\d{4,6}(?:\.GD)?)\s?/\s?(20\d{2})\s?/\s?(\d{4,6})(?![\w/])")

# --- what is asked back
_UNDOTTED = re.compile(rf"{_LEFT}(?P<d>[GH]{_D}{{2}})(?P<parts>{_D}{{1,4}}){_DASH}{_TAIL}")
_SHORT_NUMBER = re.compile(
    rf"{_LEFT}(?P<unit>{_UNIT}|{_SHORT_UNIT}|{_AGENCY})\s?-\s?(?P<date>\d{{6}})\s?-\s?(?P<number>\d{{1,3}})(?!\w)"
)
_LONG_DATE = re.compile(
    rf"{_LEFT}(?P<unit>{_UNIT}|{_SHORT_UNIT}|{_AGENCY})\s?-\s?20(?P<date>\d{{6}})\s?-\s?(?P<number>\d{{4,6}})(?!\w)"
)
_OTHER_LETTER = re.compile(
    r"(?<![\w.])(?P<unit>[A-Z\d]{2,3}(?:\.[A-Z\d]{1,4}){0,3})-(?P<date>\d{6})-(?P<number>\d{4,5})(?!\w)"
)
_PROVINCE_LIKE = re.compile(r"[A-FI-Z](\d{2})")
_LETTER_O = re.compile(r"(?<=\.[A-Z])O(?=\.)")
_INSURANCE_LIKE = re.compile(
    r"(?<![\w/.-])(\d{4,6}(?:\.GD)?)\s?[-.\s]\s?(20\d{2})\s?[-.\s]\s?(\d{4,6})(?![\w/.-])"
)
_INSURANCE_WORDS = re.compile(r"\b(bhxh|bao hiem|ho so)\b")
_LOOKALIKES = str.maketrans("ILSBZQ", "115820")
_BESIDE_DIGIT = re.compile(r"(?<=[\dO.\-])[ILSBZQ](?=[\dO.\-]|\b)|[ILSBZQ](?=[\dO]{2})")
_MOST_PARTS = {1: "{0}", 2: "{0}{1}", 3: "{0}{1}.{2}", 4: "{0}{1}.{2}{3}"}

# --- bare digits and letters: only where a word says what they are
_LETTERED = re.compile(r"(?<![a-z0-9])([a-z]{4,6}\d{5,14}[a-z]{0,3})(?![a-z0-9])")
_RECEIPT = re.compile(r"(?<![\w.,\-+])([\do](?:[ .]?[\do]){10,14})(?![\w-]|[.,]\d)")
_LENGTHS = (11, 15)
_LABELS = re.compile(
    r"\b(?P<yes>ho so|bien nhan|giay hen|ma tra cuu|so tra cuu|hcc|phieu hen|phieu tiep nhan)\b"
    r"|\b(?P<no>giao dich|ma gd|so gd|chuyen khoan|ck|tai khoan|so tk|stk|ngan hang|momo|zalopay|vnpay"
    r"|vi dien tu|otp|can cuoc|cccd|cmnd|cmt|chung minh|dinh danh|dien thoai|dt|sdt|so dt|goi|lien he"
    r"|zalo|thue|mst|thu tuc|ma tt|hoa don|the bao hiem|so the)\b"
)
_NEAR = 40


def find(text: str, asked: bool = False) -> Found | Nearly | None:
    """The first dossier code in ``text``, or what is nearly one; None if it holds none.

    :param asked: whether a code was just asked for: then bare digits need no word beside them, and a lone
        code of an unknown form is asked back.
    """
    plain = normalise(text)
    upper = _dashes(plain.upper())
    return _whole(upper) or _nearly(upper, fold(plain)) or _by_words(plain, asked)


def _whole(upper: str) -> Found | Nearly | None:
    """A code that is all there, exact or respelt; of two that overlap the one with more of its unit."""
    exact, respelt = _exact(upper), _respelt(upper)
    if exact and respelt and respelt.code.endswith(f".{exact.code}"):
        return respelt
    return exact or respelt


def find_dossier_code(text: str) -> str | None:
    """The first code in ``text`` that needs no asking back, or None."""
    found = find(text)
    return found.code if isinstance(found, Found) else None


def normal_form(cell: str) -> str | None:
    """The normal form of a code that stands alone (a cell, a QR code); None if it can't be one.

    An unknown form is taken as it is written, in capitals and without blanks.
    """
    usual = _DASHED.fullmatch(cell)
    if usual and len(usual["number"]) <= 5 and is_day(usual["date"]) and not _LETTER_O.search(usual["unit"]):
        return cell  # most cells by far
    plain = _dashes(normalise(cell).upper()).strip(" .")
    found = _whole(plain)
    if isinstance(found, Found) and found.how_sure >= RESPELT:
        return found.code
    compact = re.sub(r"\s", "", plain)
    whole = re.fullmatch(r"[A-Z0-9][A-Z0-9./_-]*[A-Z0-9]", compact)
    digits = sum(character.isdigit() for character in compact)
    return compact if whole and digits >= 4 and 5 <= len(compact) <= LONGEST else None


def _dashes(text: str) -> str:
    """Every dash a hyphen, without blanks around those between letters and digits of a code."""
    plain = re.sub(r"[‐‑‒–—−]", "-", text)
    return re.sub(r"(?<=\d)\s?-\s?(?=\d)", "-", plain)


def _exact(upper: str) -> Found | Nearly | None:
    for found in _DASHED.finditer(upper):
        if is_day(found["date"]):
            number = _number(found["unit"], found["number"])
            if _LETTER_O.search(found["unit"]):
                return Nearly(f"{_LETTER_O.sub('0', found['unit'])}-{found['date']}-{number}")
            sure = EXACT if number == found["number"] else CUT
            return Found(f"{found['unit']}-{found['date']}-{number}", sure)
    insurance = _INSURANCE.search(upper)
    return Found("/".join(insurance.groups())) if insurance else None


def _respelt(upper: str) -> Found | Nearly | None:
    """Codes that only punctuation, blanks or an O for 0 tell from the normal form; blanks alone: nearly."""
    makers: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
        (_LOOSE_UNIT, lambda m: ".".join((_zeros(m["a"]), _part(m["b"]), _part(m["c"]), _zeros(m["d"])))),
        (_LOOSE_SHORT, lambda m: ".".join((_zeros(m["a"]), _zeros(m["b"]), _zeros(m["d"])))),
        (_LOOSE_AGENCY, lambda m: ".".join((_zeros(m["d"]), *_zeros_each(m["parts"])))),
    )
    for pattern, unit_of in makers:
        for found in pattern.finditer(upper):
            day = _zeros(found["date"])
            if is_day(day):
                code = f"{unit_of(found)}-{day}-{_zeros(found['number'])}"
                punctuated = re.search(r"[.\-_/,]", found.group())
                return Found(code, RESPELT) if punctuated else Nearly(code)
    return None


def _nearly(upper: str, folded: str) -> Nearly | None:
    """What one slip more tells from a code."""
    undotted = _UNDOTTED.search(upper)
    if undotted and is_day(day := _zeros(undotted["date"])):
        digits = _zeros(undotted["parts"])
        parts = _MOST_PARTS[len(digits)].format(*digits)
        return Nearly(f"{_zeros(undotted['d'])}.{parts}-{day}-{_zeros(undotted['number'])}")
    for pattern in (_SHORT_NUMBER, _LONG_DATE):
        found = pattern.search(upper)
        if found and is_day(found["date"]):
            return Nearly(f"{found['unit']}-{found['date']}-{found['number'].zfill(4)}")
    other = _OTHER_LETTER.search(upper)
    if other and is_day(other["date"]) and (unit := _with_province(other["unit"].split("."))):
        return Nearly(f"{unit}-{other['date']}-{other['number']}")
    loose = _INSURANCE_LIKE.search(upper)
    if loose and _INSURANCE_WORDS.search(folded):
        return Nearly("/".join(loose.groups()))
    mended = _BESIDE_DIGIT.sub(lambda letter: letter[0].translate(_LOOKALIKES), upper)
    again = _whole(mended) if mended != upper else None
    return Nearly(again.code) if again else None


def _by_words(plain: str, asked: bool) -> Found | Nearly | None:
    """Forms that are a code only where a word says so, or one was asked for."""
    folded = fold(plain)
    for pattern in (_LETTERED, _RECEIPT):
        for match in pattern.finditer(folded):
            if not _is_called_code(folded, match.start(1), match.end(1), asked):
                continue
            if pattern is _LETTERED:
                return Found(match[1].upper())
            digits = re.sub(r"[ .]", "", match[1]).replace("o", "0")
            if len(digits) in _LENGTHS and not is_phone_like(digits):
                return Found(digits, EXACT if digits == match[1] else RESPELT)
    return _alone(plain) if asked else None


def _is_called_code(folded: str, start: int, end: int, asked: bool) -> bool:
    """Whether the nearest word before (else after, else anywhere) calls what stands there a code."""
    before = [m for m in _LABELS.finditer(folded, 0, start) if start - m.end() <= _NEAR]
    if before:
        return before[-1]["yes"] is not None
    after = _LABELS.search(folded, end, end + _NEAR)
    if after:
        return after["yes"] is not None
    called = {match["yes"] is not None for match in _LABELS.finditer(folded)}
    return False not in called and (asked or True in called)


def _alone(plain: str) -> Nearly | None:
    """A lone token of an unknown form; numbers that are something else by their length are none."""
    words = [word for word in plain.split() if sum(c.isdigit() for c in word) >= 4]
    if len(words) != 1 or len(plain.split()) > 6:
        return None
    bare = re.sub(r"\D", "", words[0])
    is_number = bare == re.sub(r"[.\-+]", "", words[0])
    code = None if is_number and len(bare) not in (7, 8, 11, 14, 15) else normal_form(words[0])
    if code is None or is_phone_like(bare) or re.match(r"^\d\.\d{6}", code):
        return None
    return Nearly(code)


def _with_province(parts: list[str]) -> str | None:
    """The unit whose province lost its H or got another letter; None if it is not told which part it was."""
    at = next((i for i, part in enumerate(parts) if _PROVINCE_LIKE.fullmatch(part)), None)
    if at is None and all(part.isdigit() for part in parts):
        at = len(parts) - 1 if len(parts) == 4 and len(parts[0]) == 3 else 0
    if at is None or len(parts[at]) not in (2, 3) or (parts[at].isdigit() and len(parts[at]) != 2):
        return None
    return ".".join((*parts[:at], f"H{parts[at][-2:]}", *parts[at + 1 :]))


def is_day(digits: str) -> bool:
    """``YYMMDD`` that can be a day since 2015; the forms are of 2018 and later."""
    year, month, day = int(digits[:2]), int(digits[2:4]), int(digits[4:6])
    return 15 <= year <= 60 and 1 <= month <= 12 and 1 <= day <= 31


def is_phone_like(digits: str) -> bool:
    """01xx and 84xx numbers of eleven digits are phones of old or written with the country code."""
    return len(digits) == 11 and digits.startswith(("01", "84"))


def _number(unit: str, digits: str) -> str:
    """A ministry numbers with up to six digits, a province with four or five; more is glued on."""
    ministry = unit.rsplit(".", 1)[-1].startswith("G") or unit.startswith("G")
    most = 6 if ministry else 5
    return digits if len(digits) <= most else digits[: most if ministry else 4]


def _zeros(text: str) -> str:
    return re.sub(r"\s", "", text).replace("O", "0")


def _part(text: str) -> str:
    """A part that may hold letters: an O beside a digit or another O is a zero, two letters stay."""
    return text if text.isalpha() and text != "OO" else _zeros(text)


def _zeros_each(parts: str) -> list[str]:
    return [part.replace("O", "0") for part in re.split(r"[\s.,]+", parts) if part]
