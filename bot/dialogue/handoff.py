"""A person is asked for, or is needed. The request is recorded; the assistant goes on answering."""

from __future__ import annotations

from bot.dialogue.turn import Turn
from bot.dialogue.types import Behaviour, HandoffRequest, Outcome
from bot.understanding.types import Band, Skill
from connectors.channel import Button, Reply


def respond(turn: Turn) -> Outcome:
    """A wish, a complaint or anger in free text (emergencies have their own module)."""
    if turn.understood.band is Band.UNSURE:
        return _offer(turn)
    return call_officer(turn, turn.understood.topic or "wish")


def call_officer(turn: Turn, reason: str, confidence: float | None = None) -> Outcome:
    """Record that a person is needed, and say so."""
    words = turn.words.handoff
    first = {"complaint": words.complaint, "anger": words.anger, "scam": words.police}
    text = "\n".join([first.get(reason, words.wish), when(turn), words.meanwhile])
    return turn.finish(
        Behaviour.HANDOFF,
        Skill.HANDOFF,
        Reply(text, (turn.menu_button,)),
        confidence=confidence,
        handoff=HandoffRequest(reason),
    )


def after_misses(turn: Turn, *, forget_topic: bool = False) -> Outcome:
    """The second message in a row that was not understood."""
    words = turn.words.handoff
    return turn.finish(
        Behaviour.HANDOFF,
        Skill.HANDOFF,
        Reply("\n".join([words.misses, when(turn)]), (turn.menu_button,)),
        handoff=HandoffRequest("misses"),
        forget_topic=forget_topic,
        unanswered=True,
    )


def when(turn: Turn) -> str:
    """When officers work, as far as the commune has told."""
    hours = turn.knowledge.commune.hours
    words = turn.words.handoff
    return words.hours_known.format(hours=hours) if hours else words.hours_unknown


def _offer(turn: Turn) -> Outcome:
    """Perhaps a person is wanted: ask."""
    buttons = (turn.officer_button(), Button(turn.words.buttons.none_of_these, "#skip"))
    return turn.finish(Behaviour.CLARIFY, Skill.HANDOFF, Reply(turn.words.handoff.offer, buttons))
