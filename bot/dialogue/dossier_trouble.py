"""What is wrong with a dossier, explained from its record alone; the rest is an officer's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from bot.dialogue.dossier_words import Trouble
from bot.dialogue.turn import Turn
from bot.dossiers.records import Dossier
from bot.dossiers.statuses import ENDED, ON_RESIDENT, Status


@dataclass(frozen=True, slots=True)
class Explained:
    """``hand_over``: an officer is to look at it, whatever the resident says next."""

    text: str
    hand_over: bool


def explain(turn: Turn, dossier: Dossier, trouble: str) -> Explained:
    """Why it is late, what is missing, or why it was refused."""
    if trouble == Trouble.REFUSED:
        return _refused(turn, dossier)
    if trouble == Trouble.MISSING:
        return _missing(turn, dossier)
    return _late(turn, dossier)


def is_overdue(dossier: Dossier, today: date) -> bool:
    """Whether the office is past its own appointment."""
    return dossier.due is not None and dossier.due < today and dossier.finished is None and _open(dossier)


def _open(dossier: Dossier) -> bool:
    return dossier.status not in ENDED


def _late(turn: Turn, dossier: Dossier) -> Explained:
    words = turn.words.dossiers
    if not _open(dossier):
        return Explained(words.late_ended, hand_over=False)
    if dossier.status in ON_RESIDENT:
        return Explained(_with_note(turn, words.late_on_resident, dossier), hand_over=True)
    if dossier.due is None:
        return Explained(words.late_no_date, hand_over=True)
    due = f"{dossier.due:%d/%m/%Y}"
    if is_overdue(dossier, turn.today):
        return Explained(words.late_overdue.format(due=due), hand_over=True)
    return Explained(words.late_not_due.format(due=due), hand_over=False)


def _missing(turn: Turn, dossier: Dossier) -> Explained:
    words = turn.words.dossiers
    if dossier.status is not Status.SUPPLEMENT:
        return Explained(words.missing_nothing, hand_over=False)
    text = words.missing_known if dossier.note else words.missing_unknown
    return Explained(_with_note(turn, text, dossier), hand_over=True)


def _refused(turn: Turn, dossier: Dossier) -> Explained:
    words = turn.words.dossiers
    if dossier.status not in (Status.REFUSED, Status.STOPPED):
        return Explained(words.refused_not, hand_over=False)
    text = words.refused_known if dossier.note else words.refused_unknown
    return Explained(_with_note(turn, text, dossier), hand_over=True)


def _with_note(turn: Turn, text: str, dossier: Dossier) -> str:
    return f"{text}\n{turn.words.dossiers.note.format(note=dossier.note)}" if dossier.note else text
