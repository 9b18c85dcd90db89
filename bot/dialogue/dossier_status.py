"""What a status means, until bot/dossiers/telling.py has it."""

from __future__ import annotations

from datetime import datetime

from bot.dialogue.wording import Dossiers
from bot.dossiers.records import Dossier
from bot.dossiers.statuses import NAMES
from bot.hours import Calendar


def lines(dossier: Dossier, words: Dossiers, now: datetime, calendar: Calendar | None) -> list[str]:
    told = [NAMES[dossier.status] if dossier.status else dossier.status_text]
    if dossier.due:
        told.append(f"Hẹn trả: {dossier.due:%d/%m/%Y}.")
    if dossier.note:
        told.append(words.note.format(note=dossier.note))
    return told
