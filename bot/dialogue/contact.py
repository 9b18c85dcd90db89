"""Address, hours, phone and web page of the commune: told only where the commune has filled them in."""

from __future__ import annotations

from bot.dialogue import staff
from bot.dialogue.guided import month
from bot.dialogue.turn import Turn
from bot.dialogue.types import Behaviour, Outcome
from bot.knowledge.model import Office
from bot.knowledge.units import inside
from bot.understanding.types import Skill
from connectors.channel import Reply

TOPICS = ("address", "hours", "phone")

_OFFICE_WORDS = {
    "police": ("cong an", "cax", "ca xa"),
    "military": ("quan su", "xa doi"),
    "health": ("tram y te", "tram xa"),
    "one_stop": ("mot cua", "hanh chinh cong", "hcc", "tiep nhan ho so", "tra ket qua"),
}
_WEBSITE = ("website", "trang web", "web", "cong thong tin", "trang thong tin", "trang dien tu")
_CHANNELS = ("zalo", "fanpage", "facebook", "page", "email", "mail", "gmail")


def respond(turn: Turn) -> Outcome:
    """Free text that asks for one of them."""
    topic = turn.understood.topic
    return tell(turn, topic if topic in TOPICS else "address")


def tell(turn: Turn, topic: str, confidence: float | None = None) -> Outcome:
    """One fact of the commune, or of the office or officer that the question names."""
    office = _office(turn)
    if topic == "phone" and office is None:
        if _says(turn, _WEBSITE):
            return _website(turn, confidence)
        if _says(turn, _CHANNELS):
            return _unknown(turn, turn.words.commune.channels_name, _ours(turn), confidence)
        if matter := staff.named_matter(turn):
            officers = tuple(officer for officer in staff.of_matter(turn, matter) if officer.phone)
            if officers:
                return _known(turn, staff.listed(turn, officers, matter), confidence)
            return _unknown(turn, turn.words.commune.phone_name, inside(matter.title), confidence)
    return _fact(turn, topic, office, confidence)


def _fact(turn: Turn, topic: str, office: Office | None, confidence: float | None) -> Outcome:
    value = getattr(office or turn.knowledge.commune, topic)
    words = turn.words.commune
    name = office.name if office else _ours(turn)
    if value is None:
        what = {"address": words.address_name, "hours": words.hours_name, "phone": words.phone_name}[topic]
        return _unknown(turn, what, name, confidence)
    line = {"address": words.address, "hours": words.hours, "phone": words.phone}[topic]
    return _known(turn, f"{line.format(office=name, value=value)}\n{_source(turn)}", confidence)


def _website(turn: Turn, confidence: float | None) -> Outcome:
    words, value = turn.words.commune, turn.knowledge.commune.website
    if value is None:
        return _unknown(turn, words.website_name, _ours(turn), confidence, words.website_hint)
    text = f"{words.website.format(office=_ours(turn), value=value)}\n{_source(turn)}"
    return _known(turn, text, confidence)


def _known(turn: Turn, text: str, confidence: float | None) -> Outcome:
    reply = Reply(text, (turn.officer_button(), turn.menu_button))
    return turn.finish(Behaviour.ANSWER, Skill.CONTACT, reply, confidence=confidence)


def _unknown(turn: Turn, what: str, name: str, confidence: float | None, hint: str = "") -> Outcome:
    """What the commune has not filled in is never guessed; an officer knows."""
    text = turn.words.commune.not_yet.format(what=what, office=name)
    reply = Reply(f"{text}\n{hint}".strip(), (turn.officer_button(), turn.menu_button))
    return turn.finish(Behaviour.ANSWER, Skill.CONTACT, reply, confidence=confidence, unanswered=True)


def _source(turn: Turn) -> str:
    as_of = month(turn.knowledge.commune.as_of)
    return turn.words.commune.source.format(source=staff.commune_source(turn), month=as_of)


def _ours(turn: Turn) -> str:
    return f"UBND {turn.commune}"


def _says(turn: Turn, phrases: tuple[str, ...]) -> bool:
    said = f" {turn.understood.folded} "
    return any(f" {phrase} " in said for phrase in phrases)


def _office(turn: Turn) -> Office | None:
    """The office that the question names, if any."""
    for office in turn.knowledge.commune.offices:
        if _says(turn, _OFFICE_WORDS.get(office.role, ())):
            return office
    return None
