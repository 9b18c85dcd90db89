"""What a check finds: the level, its reasons, and the parts of the message that were looked at."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """The verdict; the values are part of the contract of ``bot ask``. There is no "safe"."""

    DANGER = "danger"
    SUSPICIOUS = "suspicious"
    CLEAR = "clear"


@dataclass(frozen=True, slots=True)
class Reason:
    """One sign: ``code`` for the desk and reports, ``text`` the plain Vietnamese line for the resident.

    ``weight`` in points: positive speaks for a scam, negative against it. Only positive ones are shown.
    """

    code: str
    text: str
    weight: float


@dataclass(frozen=True, slots=True)
class Link:
    """A link of the message, never opened.

    ``host`` is lower case and decoded, ``registered`` the part that somebody bought (by the public-suffix
    list), "" for an IP address. ``official`` says that it belongs to the list of official sites.
    """

    shown: str
    host: str
    registered: str
    official: bool = False
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Phone:
    """A phone number: as it was written, and normalised (E.164, or the digits of a short number)."""

    shown: str
    number: str
    official: str = ""  # whose it is, if it is listed ("Công an")
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Account:
    """A bank account number, digits only, with the bank's name if one stands beside it."""

    number: str
    bank: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """The commune's own confirmed list: hosts in lower case without "www.", phones as ``Phone.number``."""

    hosts: frozenset[str] = frozenset()
    phones: frozenset[str] = frozenset()


NOTHING_KNOWN = Known()


@dataclass(frozen=True, slots=True)
class Analysis:
    """The result of one check; ``reasons`` are ordered, the heaviest first, and all positive.

    ``kind`` is the slug of a file of ``faq_data/scams/``, or None where nothing says which. ``score`` is
    the sum of the points that the level was made from. ``cut`` says that the message was too long to be
    read whole.
    """

    level: Level
    kind: str | None = None
    reasons: tuple[Reason, ...] = ()
    links: tuple[Link, ...] = ()
    phones: tuple[Phone, ...] = ()
    accounts: tuple[Account, ...] = ()
    score: float = 0.0
    cut: bool = False
