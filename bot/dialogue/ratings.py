"""What a resident thinks of an officer's help; who is not content is offered the one in charge."""

from __future__ import annotations

from dataclasses import replace

from bot.dialogue.choices import Choice
from bot.dialogue.turn import Turn
from bot.dialogue.types import Behaviour, Outcome, Rated
from bot.understanding.types import Skill
from connectors.channel import Button, Reply

BAD = 1


def choose(turn: Turn, choice: Choice) -> Outcome:
    """A tapped button of the question that follows an officer's help."""
    score, handoff_id = (int(part) for part in choice.detail.split(":"))
    titles = turn.words.buttons
    if score == BAD:
        buttons = (Button(titles.supervisor, "#officer:rating"), Button(titles.none_of_these, "#skip"))
        reply = Reply(turn.words.handoff.rated_bad, buttons)
    else:
        reply = Reply(turn.words.handoff.rated_good, (turn.menu_button,))
    outcome = turn.finish(Behaviour.SMALLTALK, Skill.HANDOFF, reply, confidence=1.0)
    return replace(outcome, rated=Rated(score, handoff_id))
