"""What the assistant understood of one message."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Skill(StrEnum):
    """What a message is about; the values are part of the contract of ``bot ask``."""

    PROCEDURE = "procedure"
    SCAM = "scam"
    DOSSIER = "dossier"
    HANDOFF = "handoff"
    CONTACT = "contact"
    COMMUNE = "commune"
    SMALLTALK = "smalltalk"
    NONE = "none"


class Aspect(StrEnum):
    """The part of a procedure that is asked for; the values are part of the contract."""

    DOCUMENTS = "documents"
    FEE = "fee"
    TIME = "time"
    PLACE = "place"
    ONLINE = "online"
    CONDITIONS = "conditions"
    STEPS = "steps"
    FORM = "form"
    LAW = "law"
    RESULT = "result"


UNNAMED = "procedure_unnamed"
"""Some paper or procedure is wanted, and nothing says which."""


class Band(StrEnum):
    """How sure the assistant is: answer, ask back, or say so."""

    SURE = "sure"
    UNSURE = "unsure"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A procedure that may be meant; ``score`` in 0..1, comparable within one message."""

    code: str
    score: float


@dataclass(frozen=True, slots=True)
class Understanding:
    """The reading of one message.

    ``topic`` refines the skill: for SMALLTALK one of greeting, thanks, bye, bot, menu, abuse,
    affirm, deny; for HANDOFF one of wish, emergency, complaint, anger; for PROCEDURE
    procedure_unnamed where some paper is wanted and nothing says which; for others free.
    ``follow_up`` says that the message names no procedure of its own and leans on the topic of
    the conversation ("còn lệ phí?"). ``degraded`` says that Rasa was away.
    """

    text: str
    folded: str
    skill: Skill
    topic: str = ""
    candidates: tuple[Candidate, ...] = ()
    aspects: tuple[Aspect, ...] = ()
    confidence: float = 0.0
    band: Band = Band.LOST
    follow_up: bool = False
    dossier: str | None = None
    degraded: bool = False
