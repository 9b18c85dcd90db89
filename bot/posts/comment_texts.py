"""What is said about a comment: the one private reply; what the assistant makes of it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from bot.dialogue.types import Behaviour, Outcome
from bot.dialogue.wording import Posts
from bot.posts.comments import Part, Understood
from bot.understanding.types import Skill
from connectors.buttons import as_line
from connectors.channel import Button, ButtonKind, Reply, Wire
from connectors.text import split_text

LONGEST = 1500
"""Of the answer's text: Messenger takes 2000 characters in one message, and there is only one."""
_ANSWERS = frozenset({Skill.PROCEDURE, Skill.CONTACT, Skill.COMMUNE})
_COMPLAINTS = frozenset({"complaint", "anger"})

Render = Callable[[Reply], Sequence[Wire]]


def understood(outcome: Outcome) -> Understood:
    """What the rules want to know of an answer; one that the data does not have is none."""
    reason = outcome.handoff.reason if outcome.handoff else ""
    if reason == "emergency":
        return Understood.EMERGENCY
    if outcome.skill is Skill.DOSSIER or outcome.request is not None:
        return Understood.DOSSIER
    if reason in _COMPLAINTS:
        return Understood.COMPLAINT
    sure = outcome.behaviour is Behaviour.ANSWER and outcome.skill in _ANSWERS
    return Understood.ANSWER if sure and outcome.replies and not outcome.unanswered else Understood.UNCERTAIN


def private_reply(
    words: Posts, commune: str, parts: Sequence[Part], outcome: Outcome | None, render: Render
) -> tuple[str, Wire]:
    """The private reply as text and as exactly one message."""
    head = [words.intro.format(commune=commune)]
    head += [words.hidden] if Part.HIDDEN in parts else []
    head += [words.dossier] if Part.DOSSIER in parts else []
    answer = ""
    questions: tuple[Button, ...] = ()
    if Part.ANSWER in parts and outcome is not None:
        answer, questions = _answer(outcome)
    pieces = split_text(answer, LONGEST) if answer else []
    body = [*pieces[:1], *([words.more] if len(pieces) > 1 else [])]
    reply = Reply("\n\n".join([*head, *body]), questions)
    wires = render(reply)
    if len(wires) != 1:  # buttons that had to become lines
        wires = render(replace(reply, buttons=()))
    return reply.text, wires[0]


def officers_reply(text: str, render: Render) -> Wire | None:
    """An editor's words as one message; None if they are too long for one."""
    wires = render(Reply(text))
    return wires[0] if len(wires) == 1 else None


def _answer(outcome: Outcome) -> tuple[str, tuple[Button, ...]]:
    """The text with its links and numbers as lines, and the questions that may be tapped."""
    buttons = [button for reply in outcome.replies for button in reply.buttons]
    lines = [as_line(button) for button in buttons if button.kind is not ButtonKind.QUESTION]
    texts = [reply.text for reply in outcome.replies if reply.text]
    questions = tuple(button for button in buttons if button.kind is ButtonKind.QUESTION)
    return "\n\n".join([*texts, *(["\n".join(lines)] if lines else [])]), questions
