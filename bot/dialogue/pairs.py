"""Two questions of one message answered together: first the one, then the other, one row of buttons."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from bot.dialogue.choices import Kind, parse
from bot.dialogue.turn import Turn
from bot.dialogue.types import Behaviour, Outcome
from bot.knowledge.render import short_name
from bot.understanding.types import Skill
from connectors.channel import Button, Reply

_ANSWERED = (Behaviour.ANSWER, Behaviour.REFUSE)  # known to be missing is an answer too


def is_answer(outcome: Outcome) -> bool:
    """Whether an outcome answers on a procedure, which then is its first code."""
    return outcome.behaviour in _ANSWERED and outcome.skill is Skill.PROCEDURE and bool(outcome.codes)


def is_same(first: Outcome, second: Outcome) -> bool:
    """Whether two answers are on the same procedure, whatever else either may have meant."""
    return first.codes[0] == second.codes[0]


def joined(turn: Turn, first: Outcome, second: Outcome, *, more: bool) -> Outcome:
    """One outcome of two answers on different procedures; the second is the topic from now on.

    Its codes: the two that are answered, in order, then what else the one and the other may have meant.

    :param more: the message asked more than two questions: the resident is told so.
    """
    texts = [reply.text for outcome in (first, second) for reply in outcome.replies]
    if more:
        texts.append(turn.words.procedures.one_more)
    buttons = tuple(_buttons(turn, first, second))
    both = replace(turn, state=second.state)
    behaviour = (
        Behaviour.ANSWER if Behaviour.ANSWER in (first.behaviour, second.behaviour) else Behaviour.REFUSE
    )
    return both.finish(
        behaviour,
        Skill.PROCEDURE,
        [*(Reply(text) for text in texts[:-1]), Reply(texts[-1], buttons)],
        topic=second.codes[0],
        aspect=second.aspects[0] if second.aspects else None,
        codes=tuple(dict.fromkeys((first.codes[0], second.codes[0], *first.codes, *second.codes))),
        aspects=tuple(dict.fromkeys(first.aspects + second.aspects)),
        confidence=min(first.confidence, second.confidence),
        unanswered=first.unanswered or second.unanswered,
    )


def _buttons(turn: Turn, first: Outcome, second: Outcome) -> Iterator[Button]:
    """The next pages, everything else on either procedure, and a person where either offered one."""
    titles = turn.words.buttons
    for outcome, title in ((first, titles.more_first), (second, titles.more_second)):
        following = [o.value for o in outcome.state.offers if parse(o.value).page > 1]
        yield from (Button(title, value) for value in following[:1])
    names: set[str] = set()
    for outcome in (first, second):
        procedure = turn.knowledge.get(outcome.codes[0])
        if procedure is not None and procedure.served and short_name(procedure) not in names:
            names.add(short_name(procedure))
            yield Button(short_name(procedure), f"#more:{procedure.code}")
    offers = [offer for outcome in (first, second) for offer in outcome.state.offers]
    officers = [offer for offer in offers if parse(offer.value).kind is Kind.OFFICER]
    yield from (Button(offer.title, offer.value) for offer in officers[:1])
