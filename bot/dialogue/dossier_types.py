"""What the dialogue asks of the dossiers, and what it hears: the port between pure words and I/O."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bot.dossiers.records import Dossier, Factor, Person


class Act(StrEnum):
    """What is asked."""

    OPEN = "open"  # a code: it is shown if this conversation may see it already, else a factor is due
    LOOK = "look"  # a code and a factor
    MINE = "mine"  # "my dossier": what this conversation follows
    AGAIN = "again"  # a dossier that this conversation was shown a moment ago
    FOLLOW = "follow"
    STOP = "stop"  # without a code: of all


@dataclass(frozen=True, slots=True)
class DossierRequest:
    """Carried out between the turn's thoughts and its answer, outside any transaction.

    ``trouble``: what the resident finds wrong, one of :class:`bot.dialogue.dossier_words.Trouble`, or empty.
    ``shown``: the dossier was shown in this conversation a moment ago, so no factor is due.
    """

    act: Act
    code: str = ""
    factor: Factor | None = field(default=None, repr=False)
    trouble: str = ""
    shown: bool = False
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class DossierReply:
    """What came of a request.

    ``ready``: there is a source to ask; else the public look-ups are all that can be told. ``codes``: those
    that are followed, or were until now. ``missed``: no dossier with this code and factor.
    """

    ready: bool
    shown: tuple[Dossier, ...] = ()
    codes: tuple[str, ...] = ()
    missed: bool = False
    away: bool = False
    wait_until: datetime | None = None


NOT_READY = DossierReply(ready=False)


class Dossiers(Protocol):
    """See :class:`bot.dossiers.desk.DossierPort`; whoever has none answers like :data:`NOT_READY`."""

    def carry_out(self, request: DossierRequest, who: Person, now: datetime) -> DossierReply:
        """Ask the source, or note who follows; working an event twice changes nothing more."""
