"""A procedure's aspects as replies with the buttons that lead on."""

from __future__ import annotations

from collections.abc import Sequence

from bot.dialogue.choices import payload
from bot.dialogue.turn import Turn
from bot.knowledge.model import Procedure
from bot.knowledge.render import ASPECT_NAMES, Answer, available_aspects, render_aspect
from bot.understanding.types import Aspect
from connectors.channel import Button, Reply

MOST_ASPECTS = 3
"""Aspects that are answered in one turn; the rest stay behind buttons."""
MOST_BUTTONS = 5
"""Zalo shows five buttons under a message."""
ONE_SCREEN = 1200
"""Answers on several aspects share a message up to this many characters."""

COMPLAINTS = "Khiếu nại, tố cáo"
"""A field in which a person is always offered."""

_OFFERED_FIRST = (
    Aspect.DOCUMENTS, Aspect.FEE, Aspect.TIME, Aspect.PLACE, Aspect.ONLINE, Aspect.FORM, Aspect.STEPS,
    Aspect.CONDITIONS, Aspect.RESULT, Aspect.LAW,
)  # fmt: skip


def answer(turn: Turn, procedure: Procedure, aspects: Sequence[Aspect], page: int = 1) -> list[Reply]:
    """The replies on ``aspects`` of ``procedure``; ``page`` counts only where one aspect is asked."""
    asked = tuple(aspects)[:MOST_ASPECTS]
    answers = [
        render_aspect(procedure, aspect, turn.today, page if len(asked) == 1 else 1, turn.knowledge.commune)
        for aspect in asked
    ]
    buttons = [
        *_next_pages(turn, procedure, asked, answers, page if len(asked) == 1 else 1),
        *_other_aspects(turn, procedure, asked),
    ]
    open_question = procedure.field == COMPLAINTS or any(
        aspect not in available_aspects(procedure) for aspect in asked
    )
    keep = MOST_BUTTONS - 1 if open_question else MOST_BUTTONS
    if len(buttons) > keep:
        more = Button(turn.words.buttons.other_aspects, f"#more:{procedure.code}")
        buttons = [*buttons[: keep - 1], more]
    if open_question:
        buttons.append(turn.officer_button())
    texts = _messages(answers)
    return [*(Reply(text) for text in texts[:-1]), Reply(texts[-1], tuple(buttons))]


def same_answer(turn: Turn, one: Procedure, other: Procedure, aspects: Sequence[Aspect]) -> bool:
    """Whether the two say the same on ``aspects`` apart from their names: then there is nothing to ask."""

    def body(procedure: Procedure) -> list[str]:
        pages = [
            render_aspect(procedure, aspect, turn.today, 1, turn.knowledge.commune) for aspect in aspects
        ]
        return ["\n".join(page.text.split("\n")[1:]) for page in pages]

    return body(one) == body(other)


def _messages(answers: Sequence[Answer]) -> list[str]:
    """The answers' texts, joined where they fit one screen; a source that follows again is said once."""
    whole = [answer.text for answer in answers]
    bare = [
        text.removesuffix(answer.source).rstrip() if later.source == answer.source else text
        for text, answer, later in zip(whole, answers, answers[1:], strict=False)
    ]
    joined = "\n\n".join([*bare, whole[-1]])
    return [joined] if len(joined) <= ONE_SCREEN else whole


def _next_pages(
    turn: Turn, procedure: Procedure, asked: Sequence[Aspect], answers: Sequence[Answer], page: int
) -> list[Button]:
    titles = turn.words.buttons
    return [
        Button(
            titles.more if len(asked) == 1 else titles.more_of.format(aspect=ASPECT_NAMES[aspect].lower()),
            payload(procedure.code, (aspect,), page + 1),
        )
        for aspect, answer in zip(asked, answers, strict=True)
        if answer.has_more
    ]


def _other_aspects(turn: Turn, procedure: Procedure, asked: Sequence[Aspect]) -> list[Button]:
    there = available_aspects(procedure)
    return [
        Button(ASPECT_NAMES[aspect], payload(procedure.code, (aspect,)))
        for aspect in _OFFERED_FIRST
        if aspect in there and aspect not in asked
    ]


def all_aspects(procedure: Procedure) -> list[Button]:
    """A button for everything that the record says something about."""
    return [
        Button(ASPECT_NAMES[aspect], payload(procedure.code, (aspect,)))
        for aspect in _OFFERED_FIRST
        if aspect in available_aspects(procedure)
    ]
