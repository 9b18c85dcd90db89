"""What is wrong with a dossier, explained from its record alone; the rest is an officer's."""

from __future__ import annotations

from dataclasses import dataclass

from bot.dialogue.dossier_words import Trouble
from bot.dialogue.turn import Turn
from bot.dossiers.appointments import Due, appointment
from bot.dossiers.records import Dossier
from bot.dossiers.statuses import Status


@dataclass(frozen=True, slots=True)
class Explained:
    """``hand_over``: an officer is to look at it, whatever the resident says next."""

    text: str
    hand_over: bool


def explain(turn: Turn, dossier: Dossier, trouble: str, *, with_note: bool) -> Explained:
    """Why it is late, what is missing, or why it was refused.

    :param with_note: whether the office's own words are told here; else they stand above already.
    """
    if trouble == Trouble.REFUSED:
        found = _refused(turn, dossier)
    elif trouble == Trouble.MISSING:
        found = _missing(turn, dossier)
    else:
        return _late(turn, dossier)
    if not (with_note and dossier.note and found.hand_over):
        return found
    note = turn.words.dossier_statuses.note.format(note=dossier.note)
    return Explained(f"{found.text}\n{note}", found.hand_over)


def is_overdue(turn: Turn, dossier: Dossier) -> bool:
    """Whether the office is past its own appointment."""
    return appointment(dossier, turn.today, turn.heard.calendar).due is Due.OVERDUE


def _late(turn: Turn, dossier: Dossier) -> Explained:
    words = turn.words.dossiers
    found = appointment(dossier, turn.today, turn.heard.calendar)
    due = f"{found.day:%d/%m/%Y}" if found.day else ""
    match found.due:
        case Due.OVERDUE:
            return Explained(words.late_overdue.format(due=due), hand_over=True)
        case Due.AHEAD | Due.TODAY:
            return Explained(words.late_not_due.format(due=due), hand_over=False)
        case Due.PAUSED:
            return Explained(words.late_on_resident, hand_over=True)
        case Due.ENDED:
            return Explained(words.late_ended, hand_over=False)
    return Explained(words.late_no_date, hand_over=True)


def _missing(turn: Turn, dossier: Dossier) -> Explained:
    words = turn.words.dossiers
    if dossier.status is not Status.SUPPLEMENT:
        return Explained(words.missing_nothing, hand_over=False)
    return Explained(words.missing_known if dossier.note else words.missing_unknown, hand_over=True)


def _refused(turn: Turn, dossier: Dossier) -> Explained:
    words = turn.words.dossiers
    if dossier.status not in (Status.REFUSED, Status.STOPPED):
        return Explained(words.refused_not, hand_over=False)
    return Explained(words.refused_known if dossier.note else words.refused_unknown, hand_over=True)
