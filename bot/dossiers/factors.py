"""The second factor, kept as keyed hashes only.

Four digits are 10,000 guesses: a plain hash of them would be none. Each hash is HMAC-SHA256 under a key
derived from SECRET_KEY and bound to its dossier's code, so that whoever has the database without the key can
neither test guesses nor see which dossiers belong to one phone.
"""

from __future__ import annotations

import hashlib
import hmac
import re

import phonenumbers

from bot.dossiers.records import Digits, Factor, Factors

DIGITS = 4
_SHORTEST = 9
"""Digits that a phone or identity number has at least; fewer are no number to take the last four of."""
_USUAL = re.compile(r"0[35789][0-9]{8}")
_NOBODY = Factors("0" * 64, "1" * 64, "2" * 64)
"""Compared with where there is no dossier; no HMAC comes out like this but by a chance of 2^-256."""


class Hasher:
    """Makes and compares the hashes. Thread-safe."""

    def __init__(self, secret: str) -> None:
        self._key = hmac.digest(secret.encode(), b"troly dossier factors", "sha256")

    def factors(self, code: str, phone: str, identity: str) -> Factors:
        """The hashes of what a source knows about the owner of ``code``; numbers in any spelling.

        A number of less than nine digits proves nothing and gives no hash.
        """
        whole = plain_phone(phone)
        return Factors(
            phone4=self._hash("phone4", code, whole[-DIGITS:]) if whole else "",
            identity4=self._hash("identity4", code, last) if (last := _last_digits(identity)) else "",
            phone=self._hash("phone", code, whole) if whole else "",
        )

    def matches(self, factors: Factors | None, code: str, factor: Factor) -> bool:
        """Whether ``factor`` is one of ``factors``; None (no such dossier) never is, after the same work."""
        known = _NOBODY if factors is None else factors
        typed = factor.digits if isinstance(factor, Digits) else ""
        shared = "" if isinstance(factor, Digits) else plain_phone(factor.number)
        pairs = (
            (known.phone4, self._hash("phone4", code, typed), _is_factor(typed)),
            (known.identity4, self._hash("identity4", code, typed), _is_factor(typed)),
            (known.phone, self._hash("phone", code, shared), bool(shared)),
        )
        right = 0
        for kept, given, usable in pairs:  # every pair, whatever the first says
            right |= hmac.compare_digest(kept.encode(), given.encode()) & usable
        return bool(right) and factors is not None

    def person(self, account_id: int, user_ref: str) -> str:
        """Who asked, for limits that outlast an erasure of the resident's data."""
        return self._hash("person", str(account_id), user_ref)

    def _hash(self, kind: str, subject: str, value: str) -> str:
        message = "\0".join((kind, subject, value)).encode(errors="surrogatepass")
        return hmac.new(self._key, message, hashlib.sha256).hexdigest()


def plain_phone(text: str) -> str:
    """A phone number in E.164 whatever way it is written (Vietnamese if without a country); "" if it is none.

    What the library does not know, but has nine digits and more, stays as its digits: an old landline on a
    dossier is a factor as well.
    """
    if _USUAL.fullmatch(text):
        return f"+84{text[1:]}"
    digits = re.sub(r"\D", "", text)
    if not _SHORTEST <= len(digits) <= 15:
        return ""
    try:
        number = phonenumbers.parse(_international(text, digits), "VN")
    except phonenumbers.NumberParseException:
        return digits
    if not phonenumbers.is_possible_number(number):
        return digits
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _international(text: str, digits: str) -> str:
    """Zalo writes 84912345678 without a plus; a spreadsheet drops the first 0 of 0912345678."""
    if text.strip().startswith("+") or (digits.startswith("84") and len(digits) in (11, 12)):
        return f"+{digits}"
    return digits


def _last_digits(text: str) -> str:
    digits = re.sub(r"\D", "", text)
    return digits[-DIGITS:] if len(digits) >= _SHORTEST else ""


def _is_factor(text: str) -> bool:
    return len(text) == DIGITS and text.isascii() and text.isdigit()
