"""What residents say about a dossier, read by words: the last four digits, trouble, following. Pure."""

from __future__ import annotations

import re
from enum import StrEnum

from bot.understanding.folding import fold, words

FACTOR = 4
"""Digits of the second factor: the last ones of the phone or identity number on the dossier."""
_LONGEST_NUMBER = 12
_MOST_BESIDE = 16
"""So many letters beside the digits and words about them make a message about something else."""
_FULL_NUMBER = 9
"""From so many digits on a number is a phone or identity number, typed whole."""

_DIGITS = re.compile(r"\d(?:[ .\-]?\d)*")
_ABOUT_DIGITS = re.compile(
    r"\b(?:da|vang|a|ah|ok|la|so|bon|4|cuoi|duoi|cua|toi|minh|em|con|chau|day|nay|nhe|nha|ne|sdt|dt|"
    r"dien thoai|can cuoc|cccd|cmnd|cmt|chung minh|dinh danh|ma|ho so|bien nhan|giay hen|va|voi|thi|roi|do|"
    r"xin|gui|xem|giup|ho|cho|tra cuu|tra)\b"
)
_NAMES_DIGITS = re.compile(
    r"\b(?:so cuoi|so duoi|duoi|cccd|can cuoc|cmnd|dien thoai|sdt|so dt|4 so|bon so)\b"
)
_COUNT_OF_DIGITS = re.compile(r"\b4\s*(?=(?:so|chu so|s[oố])\b)", re.IGNORECASE)


class Trouble(StrEnum):
    """What is wrong with a dossier, in the resident's words."""

    LATE = "late"
    MISSING = "missing"
    REFUSED = "refused"


_WHY = r"(?:sao|ly do|li do|the nao|co phai)"
_TROUBLES: tuple[tuple[Trouble, re.Pattern[str]], ...] = (
    (
        Trouble.REFUSED,
        re.compile(
            rf"\b{_WHY}\b.*\b(?:tu choi|khong (?:nhan|duoc nhan|tiep nhan|duoc tiep nhan|giai quyet|duyet)|"
            r"bi tra|tra lai|tra ve|dung xu ly|bi huy)\b|\bbi (?:tu choi|tra ve|tra lai|dung xu ly|huy)\b"
            r"|\btu choi\b.*\b(?:sao|ly do|li do|gi)\b"
        ),
    ),
    (
        Trouble.MISSING,
        re.compile(
            r"\bthieu\b.*\b(?:gi|nao|khong|ko)\b|\b(?:bo sung|nop them)\b.*\b(?:gi|nao)\b"
            rf"|\b{_WHY}\b.*\bbo sung\b"
        ),
    ),
    (
        Trouble.LATE,
        re.compile(
            rf"\b{_WHY}\b.*\b(?:lau|tre|cham|chua (?:xong|co|duoc|tra|thay)|qua (?:han|hen))\b"
            r"|\b(?:tre|qua|cham) (?:han|hen)\b|\b(?:lau|tre|cham) (?:qua|the|vay|du)\b|\bchua xong\b"
        ),
    ),
)
_DOSSIER = re.compile(r"\b(?:ho so|bien nhan|giay hen|don (?:cua )?(?:toi|minh|em)|ket qua)\b")
_OWN = re.compile(r"\b(?:ho so|bien nhan|giay hen)(?: \w+){0,3}? (?:cua )?(?:toi|minh|em|con|chau|nha toi)\b")
_MOST_WORDS = 16
_PLAINLY_LATE = re.compile(
    r"(?:sao |ad |a |alo )*(?:ho so|giay hen)(?: \w+){0,2}? (?:lau|tre|cham)(?: \w+){0,2}"
)
"""Who says no more than that ("sao hồ sơ lâu vậy ad") means the own one."""

_STOP = re.compile(
    r"\b(?:dung|ngung|thoi|huy|bo|tat|khong|ko|khoi)(?: (?:can|muon|viec|dang ky))* theo doi\b"
    r"|\b(?:dung|ngung|thoi|khoi)(?: (?:gui|nhan))? bao (?:tin )?(?:ve )?ho so\b"
)
_FOLLOW = re.compile(
    r"\btheo doi\b|\b(?:co|xong|ra) ket qua (?:thi )?(?:bao|nhan|nhac)\b"
    r"|\b(?:bao|nhan|nhac)(?: tin)?(?: cho)? (?:toi|minh|em|con|chau)?\s?(?:khi|neu|luc)\b"
    r"|\b(?:khi nao|bao gio|luc nao) (?:xong|co|doi|thay doi)\b.*\b(?:bao|nhan|nhac)\b"
)


def without(text: str, raw_code: str) -> str:
    """``text`` without the dossier code that stands in it as ``raw_code``."""
    return text.replace(raw_code, " ") if raw_code else text


def factor_alone(text: str) -> str | None:
    """The factor in a message that answers our question for it; None if the message is about something else.

    A phone or identity number typed whole counts by its last digits.
    """
    numbers = _numbers(text)
    if len(numbers) != 1 or _letters_beside(text) > _MOST_BESIDE:
        return None
    return _factor_of(numbers[0])


def factor_beside(rest: str) -> str | None:
    """The factor in what a message with a code holds beside the code.

    Only where it is called so, or nothing else is said: a year is none.
    """
    numbers = [factor for number in _numbers(rest) if (factor := _factor_of(number))]
    named = bool(_NAMES_DIGITS.search(fold(rest)))
    if len(numbers) != 1 or not (named or _letters_beside(rest) == 0):
        return None
    return numbers[0]


def hidden(text: str, kept: str = "") -> str:
    """``text`` with every digit hidden but those of ``kept``, a code as it was typed."""
    before, found, after = text.partition(kept) if kept else (text, "", "")
    return re.sub(r"\d", "•", before) + found + re.sub(r"\d", "•", after)


def trouble_in(text: str, in_talk: bool) -> Trouble | None:
    """What the resident finds wrong with a dossier.

    :param in_talk: whether the message before was about one; else the message must say that it is.
    """
    said = words(text)
    folded = " ".join(said)
    if len(said) > _MOST_WORDS or not (in_talk or _DOSSIER.search(folded)):
        return None
    return next((trouble for trouble, pattern in _TROUBLES if pattern.search(folded)), None)


def complaint_in(text: str) -> Trouble | None:
    """What is wrong with the resident's own dossier, said out of the blue: that it is late or was refused.

    What may be missing is asked about dossiers that are yet to be handed in as well.
    """
    trouble = trouble_in(text, in_talk=False)
    said = " ".join(words(text))
    own = _OWN.search(said) or (trouble is Trouble.LATE and _PLAINLY_LATE.fullmatch(said))
    return trouble if own and trouble is not Trouble.MISSING else None


def wants_stop(text: str) -> bool:
    """Whether no more notices are wanted."""
    said = words(text)
    return len(said) <= _MOST_WORDS and bool(_STOP.search(" ".join(said)))


def wants_follow(text: str) -> bool:
    """Whether to be told of changes is wanted; asked only while a dossier is spoken of."""
    said = words(text)
    return len(said) <= _MOST_WORDS and bool(_FOLLOW.search(" ".join(said))) and not wants_stop(text)


def is_try_at_code(text: str) -> bool:
    """Whether a message that answers "which code?" tries to be one, though no form is known like it."""
    return sum(character.isdigit() for character in text) >= 4 and len(text.split()) <= 8


def _numbers(text: str) -> list[str]:
    """Every run of digits, without what groups them; "4 số cuối" counts as words."""
    plain = _COUNT_OF_DIGITS.sub("", text)
    return [re.sub(r"\D", "", found.group()) for found in _DIGITS.finditer(plain)]


def _factor_of(number: str) -> str | None:
    whole = _FULL_NUMBER <= len(number) <= _LONGEST_NUMBER
    return number[-FACTOR:] if whole or len(number) == FACTOR else None


def _letters_beside(text: str) -> int:
    folded = " ".join(words(_DIGITS.sub(" ", text)))
    return len(re.sub(r"[^a-z]", "", _ABOUT_DIGITS.sub("", folded)))
