"""What goes into one turn of the dialogue and what comes out of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from bot.dialogue.dossier_types import DossierRequest
from bot.dialogue.scam_types import Checked
from bot.dossiers.records import Person
from bot.hours import Calendar
from bot.understanding.types import Aspect, Skill
from connectors.channel import Attachment, Reply


class Behaviour(StrEnum):
    """What the assistant did with a message; the values are part of the contract of ``bot ask``."""

    ANSWER = "answer"
    CLARIFY = "clarify"
    HANDOFF = "handoff"
    REFUSE = "refuse"
    SMALLTALK = "smalltalk"


@dataclass(frozen=True, slots=True)
class Seen:
    """What was read in one picture: its ``text`` and the contents of its QR ``codes``; both may be empty.

    ``problem``: why nothing could be read, else None: "size" (too large or not to be opened), "away" (it
    could not be downloaded), "text" (there are no means to read text here).
    """

    text: str = ""
    codes: tuple[str, ...] = ()
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """One thing that a resident did: ``opened`` for a first contact, else text, payload or attachments.

    ``waiting``: an officer is called and has not come yet; ``calendar``: when officers work; ``calendars``:
    when those of a queue do, where a unit of its own answers it; ``seen``: what
    the pictures among the attachments show, in order. ``person``: who that is, for what must be asked of the
    dossiers; ``shared_phone``: the resident's own number, as the platform vouches for it.
    """

    text: str | None = None
    payload: str | None = None
    attachments: tuple[Attachment, ...] = ()
    opened: bool = False
    waiting: bool = False
    calendar: Calendar | None = None
    calendars: Mapping[str, Calendar] = field(default_factory=dict)
    seen: tuple[Seen, ...] = ()
    person: Person | None = field(default=None, compare=False)
    shared_phone: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Offer:
    """A button of the last answer, kept so that a typed number can pick it."""

    title: str
    value: str


@dataclass(frozen=True, slots=True)
class DialogueState:
    """What the assistant remembers of a conversation between two messages.

    ``topic`` is the national code last spoken of and ``aspect`` the part of it; ``offers`` the
    question buttons of the last answer in order; ``misses`` how many messages in a row were not
    understood; ``greeted`` whether the assistant has said that it is a bot; ``memory`` small
    values of single skills; ``dossier`` the one that is spoken of (bot/dialogue/dossier_talk.py);
    ``checked`` what the last scam check found (bot/dialogue/scam_check.py); ``warned`` whether the resident
    wants the commune's warnings. Everything is JSON.
    """

    topic: str | None = None
    aspect: str | None = None
    offers: tuple[Offer, ...] = ()
    misses: int = 0
    greeted: bool = False
    memory: Mapping[str, Any] = field(default_factory=dict)
    dossier: Mapping[str, str] = field(default_factory=dict)
    checked: Mapping[str, Any] = field(default_factory=dict)
    warned: bool = False

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any] | None) -> DialogueState:
        """The inverse of :meth:`to_dict`; unknown keys of a newer or older version are dropped."""
        known = {k: v for k, v in (data or {}).items() if k in cls.__dataclass_fields__}
        known["offers"] = tuple(Offer(**o) for o in known.get("offers", ()))
        return cls(**known)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of a scam check."""

    level: str  # danger | suspicious | clear
    kind: str | None = None
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HandoffRequest:
    """A person is to take over.

    ``reason``: wish, misses, complaint, anger, emergency, scam, missing, dossier (something is wrong with
    one), rating (an officer's help was not enough). ``dossier``: the code of the one that it is about, shown
    to the resident before; ``procedure``: its procedure's code.
    """

    reason: str
    queue: str = "chung"
    dossier: str = ""
    procedure: str = ""


@dataclass(frozen=True, slots=True)
class Rated:
    """What a resident thinks of an officer's help: 1 (bad) or 5 (good). Anybody can type the id."""

    score: int
    handoff_id: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """Everything that one turn changes; the worker writes it in one transaction."""

    behaviour: Behaviour
    skill: Skill
    state: DialogueState
    replies: tuple[Reply, ...] = ()
    codes: tuple[str, ...] = ()
    aspects: tuple[Aspect, ...] = ()
    confidence: float = 0.0
    verdict: Verdict | None = None
    dossier: str | None = None
    handoff: HandoffRequest | None = None
    unanswered: bool = False  # goes to the list of questions that the data does not answer
    erase: bool = False  # the resident confirmed that their data be erased
    cancels_officer: bool = False  # nobody need come any more
    contact: str | None = field(default=None, repr=False)  # a phone number for the officer who is called
    rated: Rated | None = None
    request: DossierRequest | None = None  # to be carried out before there is an answer
    stored: str | None = None  # what is kept of the message instead of its text, without its secrets
    checked: Checked | None = field(default=None, repr=False)  # was checked for a scam
    reports: bool = False  # the resident reports what was checked last to the commune's police
    warns: bool | None = None  # the resident wants the commune's warnings from now on (True), or no more
