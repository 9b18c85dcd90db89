"""What a source tells of a dossier, and who asks. Data alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from bot.dossiers.statuses import Shade, Status


@dataclass(frozen=True, slots=True)
class Dossier:
    """One dossier as its owner may see it: no name, no number of a person.

    ``status`` is None if the source's own word ``status_text`` is not known. ``office``: who works on it, may
    be empty. ``note``: what the office wrote for the applicant (what is missing, why refused), masked.
    ``as_of``: the moment that the source's statement is from.
    """

    code: str
    status: Status | None
    as_of: datetime
    shade: Shade = Shade.NONE
    status_text: str = ""
    procedure: str = ""
    procedure_code: str = ""
    office: str = ""
    received: date | None = None
    due: date | None = None
    finished: date | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Factors:
    """Keyed hashes of what a dossier's owner knows; "" where the source has none.

    ``phone4`` and ``identity4``: the last four digits of the phone and the identity number; ``phone``: the
    whole phone number in E.164. See bot/dossiers/factors.py.
    """

    phone4: str = field(default="", repr=False)
    identity4: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Record:
    """A dossier with what proves that somebody may see it. Never leaves bot/dossiers."""

    dossier: Dossier
    factors: Factors


class SourceAway(Exception):
    """The source could not be asked: nothing is known about the dossier, not even that there is none."""


class Source(Protocol):
    """Where dossiers are kept."""

    name: str
    """table, http or none."""
    pace: float
    """Seconds: an answer that depends on this source is given at a multiple of them, see the guard."""

    def ready(self) -> bool:
        """Whether there is anything to ask; if not, the resident is told of the public look-ups."""

    def find(self, code: str) -> Record | None:
        """The dossier with ``code`` (normal form), None if there is none.

        :raises SourceAway: if that can't be told.
        """


@dataclass(frozen=True, slots=True)
class Person:
    """Who asks, on which of our accounts; ``event_id`` is the platform's id of the message that asks."""

    account_id: int
    user_ref: str
    event_id: str


@dataclass(frozen=True, slots=True)
class Digits:
    """The second factor as it was typed: the last four digits of the phone or identity number."""

    digits: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SharedPhone:
    """The second factor as the platform vouches for it: the resident's own number, shared with a tap."""

    number: str = field(repr=False)


Factor = Digits | SharedPhone


class Found(StrEnum):
    """What came of a look-up."""

    HIT = "hit"
    MISS = "miss"  # wrong code or wrong factor: nobody is told which
    WAIT = "wait"  # too many attempts: not looked up
    AWAY = "away"  # the source could not be asked; not held against anybody


@dataclass(frozen=True, slots=True)
class Answer:
    """What the guard lets out. ``dossier`` only with HIT, ``wait_until`` only with WAIT (aware)."""

    found: Found
    dossier: Dossier | None = None
    wait_until: datetime | None = None


class LooksUp(Protocol):
    """The guard as the dialogue's port knows it; see :class:`bot.dossiers.guard.LookUp`."""

    def ask(self, who: Person, code: str, factor: Factor, now: datetime) -> Answer:
        """Look ``code`` up for ``who``; the same event asked twice is one attempt with the same answer."""
