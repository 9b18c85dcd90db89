"""Phone numbers in a message, by Google's numbering plans (phonenumbers), offline."""

from __future__ import annotations

import re
from collections.abc import Iterator

import phonenumbers
from phonenumbers import PhoneNumberType

from bot.scams.lists import Lists
from bot.scams.text import Text
from bot.scams.types import Known, Phone, Reason

AT_MOST = 20
_WRITTEN = re.compile(r"(?<![\w.,/@#*-])(?:\(?\+|00)?\(?\d(?:[ .()-]{0,2}\d){2,17}(?![\w@%])(?!\.\w)(?!-\w)")
_MONEY_AFTER = re.compile(
    r"\s?(?:đ|d|vnd|vnđ|k|tr|triệu|trieu|nghìn|đồng|dong|usd|%|kwh|m2|m3)(?!\w)", re.IGNORECASE
)
_GROUPED = re.compile(r"\d{1,3}(?:[.,]\d{3})+")
_DATE = re.compile(r"\d{1,2}[./-]\d{1,2}[./-]\d{2,4}")
_ACCOUNT_BEFORE = re.compile(
    r"(?:stk|tk|tài khoản|tai khoan|account|số thẻ|so the|mã|ma|code|otp|id|hđ|cccd|cmnd|căn cước"
    r"|can cuoc)\W{0,3}$",
    re.IGNORECASE,
)
_SHORT_OFFICIAL = frozenset(("111", "112", "113", "114", "115", "156", "5656", "1022"))
_COUNTRIES = {
    1: "Mỹ, Canada",
    7: "Nga",
    44: "Anh",
    60: "Malaysia",
    62: "Indonesia",
    63: "Philippines",
    66: "Thái Lan",
    81: "Nhật Bản",
    82: "Hàn Quốc",
    86: "Trung Quốc",
    95: "Myanmar",
    234: "Nigeria",
    852: "Hồng Kông",
    855: "Campuchia",
    856: "Lào",
    886: "Đài Loan",
    971: "Ả Rập",
}


class Reader:
    """Finds and judges numbers."""

    def __init__(self, lists: Lists) -> None:
        self._lists = lists
        self._official = {n.number: n.name for group in lists.numbers.groups for n in group.numbers}

    def read(self, text: Text, known: Known) -> tuple[Phone, ...]:
        """The numbers of ``text``, each once, in their order."""
        found: dict[str, Phone] = {}
        for match in _WRITTEN.finditer(text.plain):
            shown = match[0].strip()
            if _is_other(text.plain, match):
                continue
            phone = self._judge(shown, known)
            if phone is not None:
                found.setdefault(phone.number, phone)
            if len(found) >= AT_MOST:
                break
        return tuple(found.values())

    def _judge(self, shown: str, known: Known) -> Phone | None:
        digits = re.sub(r"\D", "", shown)
        abroad = shown.lstrip("(").startswith(("+", "00"))
        if abroad and _is_dressed_short(digits):
            return Phone(shown, digits, "", (self._reason("phone_spoofed", shown),))
        if not abroad and digits in self._official:
            return Phone(shown, digits, self._official[digits], (self._reason("phone_official", shown),))
        number = digits if _is_service(digits) else _e164(shown, digits, abroad)
        if number is None:
            return None
        reasons = tuple(self._reasons(number, shown, known))
        return Phone(shown, number, "", reasons)

    def _reasons(self, number: str, shown: str, known: Known) -> Iterator[Reason]:
        if number in known.phones:
            yield self._reason("phone_known", shown)
        if not number.startswith("+"):
            if number.startswith("1900"):
                yield self._reason("phone_premium", shown)
            return
        if number[1:4] in self._lists.numbers.virtual_codes:
            yield self._reason("phone_virtual", shown)
            return
        parsed = phonenumbers.parse(number)
        if parsed.country_code != 84:
            country = _COUNTRIES.get(parsed.country_code or 0, f"mã nước +{parsed.country_code}")
            yield self._reason("phone_foreign", shown, country)
        elif phonenumbers.number_type(parsed) == PhoneNumberType.VOIP:
            yield self._reason("phone_virtual", shown)

    def _reason(self, code: str, number: str, name: str = "") -> Reason:
        return self._lists.reason(code, number=number, name=name)


def normalised(shown: str) -> str | None:
    """A number as :class:`Known` holds it: E.164, or the digits of a service number; None if it is none."""
    digits = re.sub(r"\D", "", shown)
    if _is_service(digits) or (3 <= len(digits) <= 5 and digits[0] in "1589"):
        return digits
    return _e164(shown, digits, shown.strip().lstrip("(").startswith(("+", "00")))


def _is_service(digits: str) -> bool:
    return len(digits) in (8, 10) and digits.startswith(("1800", "1900"))


def _e164(shown: str, digits: str, abroad: bool) -> str | None:
    """The number in international form, if some country has such numbers."""
    if abroad and digits.removeprefix("00")[:3] in ("870", "878", "881", "882", "883", "888", "979"):
        return "+" + digits.removeprefix("00")
    if not abroad and not (digits.startswith("0") and 9 < len(digits) < 12) and not _is_national_84(digits):
        return None
    try:
        text = "+" + (digits.removeprefix("00")) if abroad else "+" + digits if digits[0] != "0" else digits
        parsed = phonenumbers.parse(text, "VN")
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(parsed):
        return None
    if not abroad and not phonenumbers.is_valid_number(parsed):
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def _is_national_84(digits: str) -> bool:
    return digits.startswith("84") and len(digits) in (11, 12)


def _is_dressed_short(digits: str) -> bool:
    """+84113, +113, 00 84 115: a short number never has a country's code before it."""
    bare = digits.removeprefix("00")
    return any(bare in (short, "84" + short, "840" + short, "8424" + short) for short in _SHORT_OFFICIAL)


def _is_other(text: str, match: re.Match[str]) -> bool:
    """Whether the digits are a sum of money, a date or an account number."""
    shown = match[0]
    if _GROUPED.fullmatch(shown) or _DATE.fullmatch(shown):
        return True
    if _MONEY_AFTER.match(text, match.end()):
        return True
    return bool(_ACCOUNT_BEFORE.search(text[max(0, match.start() - 14) : match.start()]))
