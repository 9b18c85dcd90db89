"""The commune's own questions: the merger, who handles what, filing online, VNeID, OCOP …"""

from __future__ import annotations

from bot.dialogue import contact, guided
from bot.dialogue.choices import Choice
from bot.dialogue.guided import month
from bot.dialogue.turn import Turn
from bot.dialogue.types import Behaviour, Outcome
from bot.understanding.folding import fold
from bot.understanding.types import Skill
from connectors.channel import Button, Reply

MERGER_DAY = "1/7/2025"


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
        return _merger(turn, confidence)
    if topic == "staff":
        return _staff(turn, confidence)
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
    guides = {guide.id: guide.button for guide in turn.texts.guides.values()}
    buttons = tuple(Button(title, f"#commune:{topic}") for topic, title in {**own, **guides}.items())
    text = words.menu.format(commune=turn.commune)
    return turn.finish(Behaviour.ANSWER, Skill.COMMUNE, Reply(text, buttons), confidence=1.0)


def _merger(turn: Turn, confidence: float | None) -> Outcome:
    commune = turn.knowledge.commune
    if not commune.merged_from:
        return guided.tell(turn, Skill.COMMUNE, "merger", confidence)
    units = "\n".join(f"• {unit.name} ({_inside(unit.district)} cũ)" for unit in commune.merged_from)
    words = turn.words.commune
    text = words.merger.format(commune=commune.full_name, day=MERGER_DAY, units=units)
    source = words.source.format(source=commune.source, month=month(commune.as_of))
    if not _names_us(turn):
        text = f"{text}\n{words.merger_elsewhere}"
    reply = Reply(f"{text}\n{source}", (turn.menu_button, turn.officer_button()))
    return turn.finish(Behaviour.ANSWER, Skill.COMMUNE, reply, confidence=confidence)


def _staff(turn: Turn, confidence: float | None) -> Outcome:
    """Whom the commune names; nobody is guessed."""
    commune = turn.knowledge.commune
    words = turn.words.commune
    if commune.officers:
        lines = [
            f"• {officer.role}: {officer.name}" + (f", {officer.phone}" if officer.phone else "")
            for officer in commune.officers
        ]
        source = words.source.format(source=contact.commune_source(commune), month=month(commune.as_of))
        text = "\n".join([words.staff.format(commune=turn.commune), *lines, source])
    else:
        text = words.not_yet.format(what=words.staff_name, office=turn.commune)
    return turn.finish(
        Behaviour.ANSWER,
        Skill.COMMUNE,
        Reply(text, (turn.officer_button(), turn.menu_button)),
        confidence=confidence,
        unanswered=not commune.officers,
    )


def _names_us(turn: Turn) -> bool:
    """Whether the question names this commune or one that it came from, or is no free text at all."""
    commune = turn.knowledge.commune
    names = [commune.name, *(unit.name for unit in commune.merged_from)]
    said = turn.understood.folded
    return not said or any(fold(name).split(" ", 1)[-1] in said for name in names)


def _inside(name: str) -> str:
    """A unit's name inside a sentence: "huyện Cẩm Mỹ"."""
    return name[:1].lower() + name[1:]
