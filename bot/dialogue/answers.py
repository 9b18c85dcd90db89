"""A procedure's aspects as replies with the buttons that lead on."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from bot.dialogue.choices import family_payload, payload
from bot.dialogue.turn import Turn
from bot.knowledge.model import GroupRole, Procedure
from bot.knowledge.render import ASPECT_NAMES, Answer, available_aspects, render_aspect
from bot.knowledge.variants import Case, Family
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


def answer(
    turn: Turn,
    procedure: Procedure,
    aspects: Sequence[Aspect],
    page: int = 1,
    case: Case | None = None,
    family: Family | None = None,
) -> list[Reply]:
    """The replies on ``aspects`` of ``procedure``; ``page`` counts only where one aspect is asked.

    :param case: the one case of the procedure that is told, where it has several.
    :param family: whose other cases get a button.
    """
    asked = tuple(aspects)[:MOST_ASPECTS]
    if case is not None and case.group is not None:
        procedure = narrowed(procedure, case.group)
    answers = [
        render_aspect(procedure, aspect, turn.today, page if len(asked) == 1 else 1, turn.knowledge.commune)
        for aspect in asked
    ]
    buttons = [
        *_next_pages(turn, procedure, asked, answers, page if len(asked) == 1 else 1, case),
        *_other_aspects(turn, procedure, asked),
    ]
    open_question = procedure.field == COMPLAINTS or any(
        aspect not in available_aspects(procedure) for aspect in asked
    )
    keep = MOST_BUTTONS - open_question - (family is not None)
    if len(buttons) > keep:
        more = Button(turn.words.buttons.other_aspects, f"#more:{procedure.code}")
        buttons = [*buttons[: keep - 1], more]
    if family is not None:
        buttons.append(Button(turn.words.buttons.other_case, family_payload(family.slug, asked)))
    if open_question:
        buttons.append(turn.officer_button())
    texts = _messages(answers)
    return [*(Reply(text) for text in texts[:-1]), Reply(texts[-1], tuple(buttons))]


def with_papers(procedure: Procedure, aspects: tuple[Aspect, ...]) -> tuple[Aspect, ...]:
    """``aspects``, and the papers where only conditions are asked for and the data has none to tell."""
    untold = Aspect.CONDITIONS not in available_aspects(procedure)
    return (*aspects, Aspect.DOCUMENTS) if aspects == (Aspect.CONDITIONS,) and untold else aspects


def same_answer(turn: Turn, one: Procedure, other: Procedure, aspects: Sequence[Aspect]) -> bool:
    """Whether the two say the same on ``aspects`` apart from their names: then there is nothing to ask."""

    return _body(turn, one, aspects) == _body(turn, other, aspects)


def differ(turn: Turn, cases: Sequence[Case], aspects: Sequence[Aspect]) -> bool:
    """Whether the answers on ``aspects`` are not the same in all ``cases``."""
    told = set()
    for case in cases:
        procedure = turn.knowledge.get(case.code)
        if procedure is not None and case.group is not None:
            procedure = narrowed(procedure, case.group)
        told.add(_body(turn, procedure, aspects) if procedure else (case.code,))
    return len(told) > 1


def _body(turn: Turn, procedure: Procedure, aspects: Sequence[Aspect]) -> tuple[str, ...]:
    """What is said on ``aspects`` without the line that names the procedure."""
    pages = [render_aspect(procedure, aspect, turn.today, 1, turn.knowledge.commune) for aspect in aspects]
    return tuple("\n".join(page.text.split("\n")[1:]) for page in pages)


@lru_cache(maxsize=256)
def narrowed(procedure: Procedure, group: str) -> Procedure:
    """The procedure with the papers of one case alone: the one whose heading begins with ``group``."""
    kept = [
        papers
        for papers in procedure.documents
        if papers.role is not GroupRole.CASE or (papers.name or "").startswith(group)
    ]
    return procedure.model_copy(update={"documents": tuple(kept)})


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
    turn: Turn,
    procedure: Procedure,
    asked: Sequence[Aspect],
    answers: Sequence[Answer],
    page: int,
    case: Case | None,
) -> list[Button]:
    titles = turn.words.buttons
    case_id = (case.id if case else None) or ""
    return [
        Button(
            titles.more if len(asked) == 1 else titles.more_of.format(aspect=ASPECT_NAMES[aspect].lower()),
            payload(procedure.code, (aspect,), page + 1, case_id),
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
