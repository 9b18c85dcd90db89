"""Address, hours and phone of the commune: told only where the commune has filled them in."""

from __future__ import annotations

from bot.dialogue.guided import month
from bot.dialogue.turn import Turn
from bot.dialogue.types import Behaviour, Outcome
from bot.knowledge.model import Commune, Office
from bot.understanding.types import Skill
from connectors.channel import Reply

TOPICS = ("address", "hours", "phone")

_OFFICE_WORDS = {
    "police": ("cong an",),
    "military": ("quan su", "xa doi"),
    "one_stop": ("mot cua", "hanh chinh cong"),
}


def respond(turn: Turn) -> Outcome:
    """Free text that asks for one of them."""
    topic = turn.understood.topic
    return tell(turn, topic if topic in TOPICS else "address")


def tell(turn: Turn, topic: str, confidence: float | None = None) -> Outcome:
    """One fact of the commune or of the office that the question names."""
    office = _office(turn)
    commune = turn.knowledge.commune
    value = getattr(office or commune, topic)
    words = turn.words.commune
    name = office.name if office else f"UBND {turn.commune}"
    if value is None:
        what = {"address": words.address_name, "hours": words.hours_name, "phone": words.phone_name}[topic]
        text = words.not_yet.format(what=what, office=name)
    else:
        line = {"address": words.address, "hours": words.hours, "phone": words.phone}[topic]
        source = words.source.format(source=commune_source(commune), month=month(commune.as_of))
        text = f"{line.format(office=name, value=value)}\n{source}"
    return turn.finish(
        Behaviour.ANSWER,
        Skill.CONTACT,
        Reply(text, (turn.officer_button(), turn.menu_button)),
        confidence=confidence,
        unanswered=value is None,
    )


def commune_source(commune: Commune) -> str:
    """Who vouches for the commune's own facts."""
    return f"UBND {commune.name[:1].lower()}{commune.name[1:]}"


def _office(turn: Turn) -> Office | None:
    """The office that the question names, if any."""
    said = turn.understood.folded
    for office in turn.knowledge.commune.offices:
        if any(word in said for word in _OFFICE_WORDS.get(office.role, ())):
            return office
    return None
