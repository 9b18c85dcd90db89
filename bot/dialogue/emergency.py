"""Somebody is in danger: the numbers first, everything else after."""

from __future__ import annotations

import re

from bot.dialogue.turn import Introduction, Turn
from bot.dialogue.types import Behaviour, HandoffRequest, Outcome
from bot.understanding.types import Skill
from connectors.channel import Reply

_DESPAIR = re.compile(r"\b(?:tu tu|tu sat|muon chet|khong muon song|het muon song|nhay cau)\b")


def respond(turn: Turn) -> Outcome:
    """The emergency numbers, and a request that an officer look at once."""
    words = turn.words.emergency
    lines = [words.numbers]
    if _DESPAIR.search(turn.understood.folded):
        lines.append(words.despair)
    return turn.finish(
        Behaviour.HANDOFF,
        Skill.HANDOFF,
        Reply("\n".join([*lines, words.noted])),
        introduction=Introduction.LATER,
        handoff=HandoffRequest("emergency"),
    )
