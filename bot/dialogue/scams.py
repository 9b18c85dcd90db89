"""Suspicious messages: rules of thumb and first aid. Nothing is judged yet, and the text says so."""

from __future__ import annotations

import re

from bot.dialogue import guided
from bot.dialogue.choices import Choice
from bot.dialogue.turn import Turn
from bot.dialogue.types import Behaviour, Outcome
from bot.understanding.types import Skill, Understanding
from connectors.channel import Button, Reply

_ENDINGS = "com|net|org|info|vn|top|xyz|online|site|shop|store|club|vip|cc|me|io|app|link|live|icu|life|fun"
_BARE_LINK = re.compile(rf"(?:https?://|www\.)\S+|(?:[\w-]+\.)+(?:{_ENDINGS})(?:/\S*)?", re.IGNORECASE)
_WHERE_TO_REPORT = re.compile(
    r"\b(?:bao|to cao|to giac|trinh bao|phan anh)(?: (?:tin|so|vu|cong an|lua dao|bi lua))*"
    r" (?:o dau|o cho nao|cho nao|cho ai|voi ai|so nao|dau)\b"
)

REPORTING = "scam_report"
"""The guide that names where to report."""


def is_bare_link(understood: Understanding) -> bool:
    """Whether the message is a link and nothing else: what people forward to have it looked at."""
    return bool(_BARE_LINK.fullmatch(understood.text))


def respond(turn: Turn) -> Outcome:
    """Free text about a scam; who has already lost something gets first aid before anything else."""
    if turn.understood.topic == "victim":
        return victim(turn)
    if _WHERE_TO_REPORT.search(turn.understood.folded):
        return guided.tell(turn, Skill.SCAM, REPORTING, confidence=turn.understood.confidence)
    return _check(turn)


def choose(turn: Turn, choice: Choice) -> Outcome:
    """The buttons under the advice."""
    if choice.detail == "victim":
        return victim(turn)
    if choice.detail == "report":
        return guided.tell(turn, Skill.SCAM, REPORTING, confidence=1.0)
    if choice.detail == "signs":
        titles = turn.words.buttons
        buttons = (Button(titles.victim, "#scam:victim"), Button(titles.report, "#scam:report"))
        return _advise(turn, turn.words.scams.signs, buttons)
    return _check(turn)


def victim(turn: Turn) -> Outcome:
    """First aid, then the offer of the commune's police."""
    titles = turn.words.buttons
    buttons = (Button(titles.police, "#officer:scam"), Button(titles.report, "#scam:report"))
    return _advise(turn, turn.words.scams.victim, buttons)


def _check(turn: Turn) -> Outcome:
    titles = turn.words.buttons
    buttons = (
        Button(titles.victim, "#scam:victim"),
        Button(titles.recognise, "#scam:signs"),
        Button(titles.report, "#scam:report"),
        Button(titles.police, "#officer:scam"),
    )
    return _advise(turn, turn.words.scams.check, buttons)


def _advise(turn: Turn, text: str, buttons: tuple[Button, ...]) -> Outcome:
    return turn.finish(
        Behaviour.ANSWER, Skill.SCAM, Reply(text, buttons), confidence=turn.understood.confidence or 1.0
    )
