"""Answers told from a guide, within the days on which its rule holds."""

from __future__ import annotations

from datetime import date

from bot.dialogue.guides import Guide, InForce
from bot.dialogue.turn import Turn
from bot.dialogue.types import Behaviour, Outcome
from bot.knowledge.render import short_name
from bot.understanding.types import Skill
from connectors.channel import Button, Reply

MOST_RELATED = 3
"""Procedures that a guide offers as buttons."""


def tell(turn: Turn, skill: Skill, topic: str, confidence: float | None = None) -> Outcome:
    """The guide on ``topic``, or that there is none and an officer knows."""
    guide = turn.texts.guide(topic, turn.understood.folded)
    if guide is None:
        return turn.finish(
            Behaviour.REFUSE,
            skill,
            Reply(turn.words.commune.not_guided, (turn.officer_button(), turn.menu_button)),
            confidence=confidence,
            unanswered=True,
        )
    return turn.finish(
        Behaviour.ANSWER,
        skill,
        Reply(text_of(turn, guide), buttons_of(turn, guide)),
        confidence=confidence,
    )


def month(as_of: str) -> str:
    """ "2026-07" as people say it: "7/2026"."""
    year, number = as_of.split("-")
    return f"{int(number)}/{year}"


def text_of(turn: Turn, guide: Guide) -> str:
    """What the guide says today, with its source."""
    words = turn.words.commune
    told = guide.in_force(turn.today)
    body = guide.text
    if told is InForce.OVER and guide.last:
        body = words.over.format(title=guide.title, day=_day(guide.last))
    if told is InForce.NOT_YET and guide.first:
        body = words.not_begun.format(title=guide.title, day=_day(guide.first))
    source = words.source.format(source=guide.legal or guide.source, month=month(guide.as_of))
    return f"{body}\n{source}"


def _day(day: date) -> str:
    return f"{day.day}/{day.month}/{day.year}"


def buttons_of(turn: Turn, guide: Guide) -> tuple[Button, ...]:
    """The guide's procedures that are served, and an officer."""
    related = [
        Button(short_name(procedure), f"#p:{procedure.code}")
        for code in guide.related
        if (procedure := turn.knowledge.get(code)) is not None and procedure.served
    ]
    following = [
        Button(other.button, f"#commune:{other.id}")
        for topic in guide.next
        if (other := turn.texts.guides.get(topic)) is not None
    ]
    return (*related[:MOST_RELATED], *following, turn.officer_button())
