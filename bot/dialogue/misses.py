"""What the assistant can't answer: it says so, and after two in a row a person is called."""

from __future__ import annotations

from bot.dialogue import handoff
from bot.dialogue.choices import Choice
from bot.dialogue.turn import Turn
from bot.dialogue.types import Behaviour, Outcome
from bot.understanding.types import Band, Skill
from connectors.channel import Button, Reply

MOST_MISSES = 2
"""So many messages in a row that were not understood go to an officer."""


def lost(turn: Turn) -> Outcome:
    """Not understood."""
    return _missed(turn, turn.words.misses.lost)


def out_of_scope(turn: Turn) -> Outcome:
    """Understood, and nothing that a commune does. Said with certainty it is no miss."""
    text = turn.words.misses.out_of_scope.format(commune=turn.commune)
    if turn.understood.band is Band.SURE:
        return _refused(turn, text, turn.state.misses)
    return _missed(turn, text)


def elsewhere(turn: Turn) -> Outcome:
    """Official business, though not a commune's: said, and no miss."""
    return _refused(turn, turn.words.misses.elsewhere, turn.state.misses)


def _missed(turn: Turn, text: str) -> Outcome:
    count = turn.state.misses + 1
    return handoff.after_misses(turn) if count >= MOST_MISSES else _refused(turn, text, count)


def _refused(turn: Turn, text: str, count: int) -> Outcome:
    return turn.finish(
        Behaviour.REFUSE,
        Skill.NONE,
        Reply(text, (turn.menu_button, turn.officer_button("misses"))),
        misses=count,
        unanswered=True,
    )


def stale(turn: Turn, choice: Choice) -> Outcome:
    """A button of long ago, or a number that no button has: the last offers stay."""
    words = turn.words.misses
    text = words.stale_button
    buttons: tuple[Button, ...] = (turn.menu_button, turn.officer_button())
    if choice.detail and turn.state.offers:
        text, buttons = words.wrong_number.format(number=choice.detail), _again(turn)
    elif choice.detail:
        text = words.stale_number.format(number=choice.detail)
    return turn.finish(
        Behaviour.CLARIFY,
        Skill.NONE,
        Reply(text, buttons),
        misses=turn.state.misses,
        memory=turn.state.memory,
        confidence=1.0,
    )


def _again(turn: Turn) -> tuple[Button, ...]:
    return tuple(Button(offer.title, offer.value) for offer in turn.state.offers)
