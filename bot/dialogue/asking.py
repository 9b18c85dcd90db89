"""Questions back: which procedure, which case of it, or which paper at all; a button per reading."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bot.dialogue import answers
from bot.dialogue.choices import payload
from bot.dialogue.turn import Turn
from bot.dialogue.types import Behaviour, Outcome
from bot.knowledge.model import MissingProcedure
from bot.knowledge.render import short_name
from bot.knowledge.variants import Case, Family
from bot.understanding.types import Aspect, Candidate, Skill
from connectors.channel import Button, Reply

DEFAULT = (Aspect.DOCUMENTS,)
"""What is told of a procedure where no part of it was asked for."""
MOST_CANDIDATES = 3
LONGEST_NAME = 40
"""Characters of a procedure's name on a button."""


def offered(turn: Turn, candidates: Sequence[Candidate]) -> list[Candidate]:
    """Those to ask about: one that has no answer any more only where it is the best or alone."""
    answerable = [c for c in candidates[1:] if (p := turn.knowledge.get(c.code)) is None or p.served]
    return [candidates[0], *answerable][:MOST_CANDIDATES]


def ask_back(turn: Turn, candidates: Sequence[Candidate], aspects: Sequence[Aspect]) -> Outcome:
    """ "Có phải ông/bà hỏi …?" with a button per candidate, which carries the aspects asked for."""
    asked = tuple(aspects)[: answers.MOST_ASPECTS]
    names = _names(turn, candidates)
    buttons = [Button(name, payload(code, asked)) for code, name in names.items()]
    words = turn.words
    text = words.procedures.ask_back
    if len(names) == 1:
        text = words.procedures.ask_back_one.format(name=next(iter(names.values())))
    return turn.finish(
        Behaviour.CLARIFY,
        Skill.PROCEDURE,
        Reply(text, (*buttons, Button(words.buttons.none_of_these, "#skip"))),
        codes=tuple(names),
        aspects=asked or DEFAULT,
        misses=turn.state.misses,
        memory={"asked": "which", "aspects": [aspect.value for aspect in asked]},
    )


def ask_case(
    turn: Turn,
    family: Family,
    cases: Sequence[Case],
    aspects: Sequence[Aspect],
    confidence: float | None = None,
) -> Outcome:
    """The family's own question, with a button per case, which carries the aspects asked for."""
    asked = tuple(aspects)[: answers.MOST_ASPECTS]
    buttons = [Button(case.label, payload(case.code, asked, case=case.id or "")) for case in cases]
    if len(buttons) < answers.MOST_BUTTONS:
        buttons.append(Button(turn.words.buttons.none_of_these, "#skip"))
    return turn.finish(
        Behaviour.CLARIFY,
        Skill.PROCEDURE,
        Reply(family.question, tuple(buttons)),
        codes=tuple(sorted(dict.fromkeys(case.code for case in cases), key=_rank(turn))),
        aspects=asked or DEFAULT,
        confidence=confidence,
        misses=turn.state.misses,
        memory={"asked": "which", "family": family.slug, "aspects": [aspect.value for aspect in asked]},
    )


def _rank(turn: Turn) -> Callable[[str], int]:
    """The place of a code among what was understood; behind them all if it is not among them."""
    places = {candidate.code: i for i, candidate in enumerate(turn.understood.candidates)}
    return lambda code: places.get(code, len(places))


def _names(turn: Turn, candidates: Sequence[Candidate]) -> dict[str, str]:
    """A short name by code; where two are alike, the codes tell them apart."""
    short: dict[str, str] = {}
    for candidate in candidates:
        procedure = turn.knowledge.get(candidate.code)
        if procedure is not None:
            short[candidate.code] = short_name(procedure)
        else:
            short[candidate.code] = _cut(missing_name(turn.knowledge.missing[candidate.code]))
    alike = list(short.values())
    return {
        code: f"{name[: LONGEST_NAME - len(code) - 1]} {code}" if alike.count(name) > 1 else name
        for code, name in short.items()
    }


def _cut(name: str) -> str:
    """A name that was not written for a button, cut at a word."""
    if len(name) <= LONGEST_NAME:
        return name
    return name[: LONGEST_NAME - 1].rsplit(" ", 1)[0] + "…"


def ask_paper(turn: Turn, aspects: Sequence[Aspect] = (), suggested: Sequence[Candidate] = ()) -> Outcome:
    """A part was asked for, or some paper, of nothing that is known: which? With a few suggestions.

    Suggestions are a guess: "không phải" turns them down, and a mere "ừ" picks the only one.
    """
    asked = tuple(aspects)[: answers.MOST_ASPECTS]
    names = _names(turn, suggested[:MOST_CANDIDATES])
    buttons = [Button(name, payload(code, asked)) for code, name in names.items()]
    return turn.finish(
        Behaviour.CLARIFY,
        Skill.PROCEDURE,
        Reply(turn.words.procedures.ask_paper, (*buttons, turn.menu_button, turn.officer_button())),
        codes=tuple(names),
        aspects=tuple(aspects),
        memory={"asked": "which" if names else "paper", "aspects": [aspect.value for aspect in aspects]},
    )


def missing_name(missing: MissingProcedure) -> str:
    """What one that the data lacks is called: its name, else what people call it, else its code."""
    name = missing.name or (missing.aliases[0] if missing.aliases else f"thủ tục mã {missing.code}")
    return name[:1].upper() + name[1:]
