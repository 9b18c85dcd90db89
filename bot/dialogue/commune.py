"""The commune's own questions: the merger, who handles what, filing online, VNeID, OCOP …"""

from __future__ import annotations

from bot.dialogue import contact, guided, merger, staff
from bot.dialogue.choices import Choice
from bot.dialogue.turn import Turn
from bot.dialogue.types import Behaviour, Outcome
from bot.understanding.types import Skill
from connectors.channel import Button, Reply


def respond(turn: Turn) -> Outcome:
    """Free text about the commune."""
    return tell(turn, turn.understood.topic)


def choose(turn: Turn, choice: Choice) -> Outcome:
    """The commune's menu and its buttons."""
    return tell(turn, choice.detail, confidence=1.0) if choice.detail else menu(turn)


def tell(turn: Turn, topic: str, confidence: float | None = None) -> Outcome:
    """The answer on one topic."""
    if topic in contact.TOPICS:
        return contact.tell(turn, topic, confidence)
    if topic == "merger":
        return merger.respond(turn, confidence)
    if topic == "staff":
        return staff.tell(turn, confidence)
    return guided.tell(turn, Skill.COMMUNE, topic, confidence)


def menu(turn: Turn) -> Outcome:
    """Everything that can be asked about the commune."""
    words = turn.words.commune
    own = {
        "address": words.address_name,
        "hours": words.hours_name,
        "phone": words.phone_name,
        "staff": words.staff_name,
        "merger": words.merger_name,
    }
    guides = {guide.id: guide.button for guide in turn.texts.guides.values() if guide.listed}
    buttons = tuple(Button(title, f"#commune:{topic}") for topic, title in {**own, **guides}.items())
    text = words.menu.format(commune=turn.commune)
    return turn.finish(Behaviour.ANSWER, Skill.COMMUNE, Reply(text, buttons), confidence=1.0)
