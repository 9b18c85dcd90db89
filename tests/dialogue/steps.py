"""A conversation as a table: what is heard, what it is taken for, and what must come of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.dialogue.types import Behaviour
from bot.understanding.types import Aspect, Skill, Understanding
from tests.dialogue.conftest import Talk, answered, text_of


@dataclass(frozen=True)
class Step:
    """One message and what must come of it.

    ``codes``: of an answer the one that it is on, of anything else all. ``says`` and ``never`` are pieces of
    the text.
    """

    text: str
    meaning: Understanding | None
    behaviour: Behaviour
    skill: Skill
    codes: tuple[str, ...] | None = None
    aspects: tuple[Aspect, ...] | None = None
    says: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    queue: str | None = None


def held(talk: Talk, steps: Sequence[Step]) -> None:
    """The conversation, every turn of it as the table says."""
    for number, step in enumerate(steps, 1):
        outcome = talk.say(step.text, step.meaning)
        told = text_of(outcome)
        seen = (number, step.text, told)
        assert (outcome.behaviour, outcome.skill) == (step.behaviour, step.skill), seen
        assert step.codes is None or answered(outcome) == step.codes, seen
        assert step.aspects is None or outcome.aspects == step.aspects, seen
        assert [piece for piece in step.says if piece not in told] == [], seen
        assert [piece for piece in step.never if piece in told] == [], seen
        assert (outcome.handoff is not None) == (step.behaviour is Behaviour.HANDOFF), seen
        assert step.queue is None or (outcome.handoff and outcome.handoff.queue == step.queue), seen
        assert step.skill is Skill.SCAM or outcome.verdict is None
