"""Where a dossier stands. No source of dossiers is connected yet, so nothing is ever revealed here."""

from __future__ import annotations

from bot.dialogue.turn import Turn
from bot.dialogue.types import Behaviour, Outcome
from bot.understanding.types import Skill
from connectors.channel import Reply


def respond(turn: Turn) -> Outcome:
    """Where the resident can look it up, and the offer of an officer."""
    code = turn.understood.dossier
    words = turn.words.dossiers
    text = words.with_code.format(code=code) if code else words.without_code
    return turn.finish(
        Behaviour.ANSWER,
        Skill.DOSSIER,
        Reply(text, (turn.officer_button("dossier"), turn.menu_button)),
        dossier=code,
        confidence=turn.understood.confidence or 1.0,
    )
