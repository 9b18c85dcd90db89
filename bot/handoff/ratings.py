"""The question how an officer's help was. Pure."""

from __future__ import annotations

from dataclasses import replace

from bot.dialogue.types import DialogueState, Offer
from bot.dialogue.wording import Wording
from connectors.channel import Button, Reply

GOOD, BAD = 5, 1


def rating_reply(words: Wording, handoff_id: int | None) -> Reply:
    """Who answers from now on, and the question with its two buttons; none without a handoff to rate."""
    if handoff_id is None:
        return Reply(words.handoff.released)
    buttons = (
        Button(words.buttons.satisfied, f"#rate:{GOOD}:{handoff_id}"),
        Button(words.buttons.unsatisfied, f"#rate:{BAD}:{handoff_id}"),
    )
    return Reply(f"{words.handoff.released}\n\n{words.handoff.rate}", buttons)


def with_offers(state: DialogueState, reply: Reply) -> DialogueState:
    """The state after ``reply``: its buttons can be picked by number, older ones no longer."""
    offers = tuple(Offer(button.title, button.value) for button in reply.buttons)
    return replace(state, offers=offers, memory={}, misses=0)
