"""What a tapped button or a typed number means.

Payloads are words that start with '#': they can be typed by anybody, so nothing in them is trusted
beyond what the same person could ask for in words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from bot.dialogue.types import DialogueState, Heard
from bot.understanding.folding import fold, normalise
from bot.understanding.types import Aspect

MAX_PAYLOAD = 200


class Kind(StrEnum):
    """What was chosen; the values are the first part of the payload."""

    PROCEDURE = "p"  # #p:<code>[/<case>][:<aspect>[+<aspect>…][:<page>]]
    FAMILY = "family"  # #family:<slug>[:<aspect>[+<aspect>…]]: which of the near-twins is meant?
    MORE = "more"  # #more:<code>: which other aspects there are
    MENU = "menu"
    START = "start"
    PROCEDURES = "procedures"  # how to ask for a procedure
    OFFICER = "officer"  # #officer[:<reason>]
    SKIP = "skip"  # none of these
    SCAM = "scam"  # #scam[:victim|:report|:signs|:send|:kinds|:group:<id>|:kind:<slug>|:example:<slug>]
    WARN = "warn"  # #warn:on or #warn:off: the commune's warnings
    DOSSIER = "dossier"  # #dossier[:code:<code>|:follow|:stop|:late|:missing|:refused]
    COMMUNE = "commune"  # #commune[:<topic>]
    UNIT = "unit"  # #unit:now:<code>, #unit:old:<code> or #unit:<name>: what became of a place
    ERASE = "erase"  # #erase[:yes]
    CANCEL = "cancel"  # the officer who was called need not come
    RATE = "rate"  # #rate:<1 or 5>:<handoff>: how an officer's help was
    STALE = "stale"  # no payload: a button or number that means nothing any more


@dataclass(frozen=True, slots=True)
class Choice:
    """A button's meaning; ``detail`` is what follows the kind, or for STALE the number that was typed.

    ``case`` narrows the answer on ``code`` to one case of it. For FAMILY ``detail`` is the family's slug.
    """

    kind: Kind
    code: str = ""
    aspects: tuple[Aspect, ...] = ()
    page: int = 1
    detail: str = ""
    case: str = ""


STALE = Choice(Kind.STALE)
OFFICER_REASONS = frozenset({"", "missing", "scam", "dossier", "misses", "rating"})
SCAM_DETAILS = frozenset({"", "victim", "report", "signs", "send", "kinds"})

_CODE = re.compile(r"\d\.\d{6}", re.ASCII)
_SLUG = re.compile(r"[a-z][a-z0-9-]{0,23}", re.ASCII)
_UNIT = re.compile(r"(?:now|old):\d{5}|[a-z0-9-]{2,60}", re.ASCII)
_SCAM = re.compile(r"(?:group|kind|example):[a-z][a-z0-9-]{1,30}", re.ASCII)
_TOPIC = re.compile(r"[a-z][a-z_]{1,30}")
_DOSSIER = re.compile(r"(?:follow|stop|late|missing|refused|code:[0-9A-Z./-]{5,40})?", re.ASCII)
_RATE = re.compile(r"[15]:[1-9][0-9]{0,17}", re.ASCII)
_PAGE = re.compile(r"[1-9][0-9]?")
_NUMBER = re.compile(r"(?:(?:so|chon|cau|muc|nut|y) +)*\(?([0-9]{1,2})\)?")


def parse(payload: str) -> Choice:
    """The meaning of a payload; :data:`STALE` if it has none."""
    if not payload.startswith("#") or len(payload) > MAX_PAYLOAD:
        return STALE
    name, _, rest = payload[1:].partition(":")
    try:
        kind = Kind(name)
    except ValueError:
        return STALE
    if kind is Kind.PROCEDURE:
        return _procedure(rest)
    if kind is Kind.FAMILY:
        return _family(rest)
    if kind is Kind.MORE:
        return Choice(kind, code=rest) if _CODE.fullmatch(rest) else STALE
    return Choice(kind, detail=rest) if _is_detail(kind, rest) else STALE


def _is_detail(kind: Kind, rest: str) -> bool:
    if kind is Kind.OFFICER:
        return rest in OFFICER_REASONS
    if kind is Kind.SCAM:
        return rest in SCAM_DETAILS or bool(_SCAM.fullmatch(rest))
    if kind is Kind.WARN:
        return rest in ("on", "off")
    if kind is Kind.COMMUNE:
        return rest == "" or bool(_TOPIC.fullmatch(rest))
    if kind is Kind.UNIT:
        return bool(_UNIT.fullmatch(rest))
    if kind is Kind.RATE:
        return bool(_RATE.fullmatch(rest))
    if kind is Kind.DOSSIER:
        return bool(_DOSSIER.fullmatch(rest))
    if kind is Kind.ERASE:
        return rest in ("", "yes")
    return rest == "" and kind is not Kind.STALE


def _procedure(rest: str) -> Choice:
    member, *more = rest.split(":")
    code, slash, case = member.partition("/")
    if not _CODE.fullmatch(code) or len(more) > 2 or (slash and not _SLUG.fullmatch(case)):
        return STALE
    aspects = _aspects(more[0]) if more else ()
    page = more[1] if len(more) == 2 else "1"
    if aspects is None or not _PAGE.fullmatch(page):
        return STALE
    return Choice(Kind.PROCEDURE, code, aspects, int(page), case=case)


def _family(rest: str) -> Choice:
    slug, colon, names = rest.partition(":")
    aspects = _aspects(names) if colon else ()
    if aspects is None or not _SLUG.fullmatch(slug):
        return STALE
    return Choice(Kind.FAMILY, aspects=aspects, detail=slug)


def _aspects(names: str) -> tuple[Aspect, ...] | None:
    """Aspects joined by "+", each once; None if one of them is none."""
    try:
        return tuple(dict.fromkeys(Aspect(name) for name in names.split("+")))
    except ValueError:
        return None


def family_payload(slug: str, aspects: tuple[Aspect, ...] = ()) -> str:
    """The payload of the question which of a family's cases is meant; read by :func:`parse`."""
    return ":".join(["#family", slug, *(["+".join(aspects)] if aspects else [])])


def payload(code: str, aspects: tuple[Aspect, ...] = (), page: int = 1, case: str = "") -> str:
    """The payload of a question on a procedure, or on one ``case`` of it; the inverse of :func:`parse`."""
    parts = ["#p", f"{code}/{case}" if case else code]
    if aspects:
        parts.append("+".join(aspects))
        if page > 1:
            parts.append(str(page))
    return ":".join(parts)


def chosen(state: DialogueState, heard: Heard) -> Choice | None:
    """What was tapped, typed as a number, or typed in a button's own words; None for free text."""
    if heard.opened:
        return Choice(Kind.START)
    if heard.payload:
        return parse(heard.payload)
    text = normalise(heard.text or "")
    if text.startswith("#") and " " not in text:
        return parse(text)
    folded = fold(text).strip(" .!?)")
    number = _NUMBER.fullmatch(folded)
    if number:
        index = int(number[1])
        if 1 <= index <= len(state.offers):
            return parse(state.offers[index - 1].value)
        return Choice(Kind.STALE, detail=number[1])
    exact = {offer.value for offer in state.offers if text.casefold() == offer.title.casefold()}
    alike = {offer.value for offer in state.offers if folded == fold(offer.title)}
    for values in (exact, alike):  # "Xã Lộc Thạnh" and "Xã Lộc Thành" are alike without diacritics
        if len(values) == 1:
            return parse(values.pop())
    return None
