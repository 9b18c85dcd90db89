""" "không phải, ý tôi là …": what was taken for meant is not, and what follows is. Pure.

Only after an answer or a question of ours can there be a correction: "không có sổ đỏ thì sao" at the
beginning of a conversation, or anywhere without a pause behind "không", corrects nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from bot.dialogue.choices import Kind, parse
from bot.dialogue.types import DialogueState
from bot.knowledge.model import MissingProcedure, Procedure
from bot.understanding.folding import words
from bot.understanding.splitting import Flat, has_content

_ME = r"(?:cua )?(?:toi|em|minh|tui|con|chau|anh|chi|bac|co|chu|ba|ong)"
_NOT = (
    r"(?:(?:da|ua|o|a|oi|thoi) )*(?:khong phai|khong dung|(?:tra loi|hieu) (?:sai|nham|lon)"
    r"|khong|sai|nham|lon)"
)
_FILL = (
    r"(?: (?:roi|vay|the|dau|a|ma|cai (?:do|nay|kia)|viec (?:do|nay|kia)|ban|ad|nha"
    r"|y (?:toi|em|minh|tui)(?! (?:la|muon|noi|hoi))))*"
)
_MEANT = (
    rf"(?:y {_ME} (?:la|muon hoi|muon noi|noi|hoi|muon)(?: (?:hoi|noi|la|ve))*"
    rf"|(?:{_ME} )?(?:dang |muon |can )*hoi(?: (?:la|ve|cai|viec))*|{_ME} noi(?: la| ve)?|ma la|phai la)"
)
_LEAD = re.compile(rf"{_NOT}{_FILL}(?!\w)")
_THEN = re.compile(rf" {_MEANT}(?!\w) ?")
_MEANT_ALONE = re.compile(rf"y {_ME} (?:la|muon hoi|muon noi)(?: (?:hoi|noi|la|ve))*(?!\w) ?")
_RATHER = re.compile(r" (?:chu |cho |ma )?(?:khong phai|khong hoi)(?: la)?(?!\w) ?")  # X chứ không phải Y
_BUT = re.compile(r"^khong phai(?: la)? (?P<not>\w+(?: \w+){0,6}?) (?:ma la|ma|thi la) ")
_PAUSE = re.compile(r"[,.;:!\-–…]")


@dataclass(frozen=True, slots=True)
class Correction:
    """``rest``: what is meant, as it was typed; ``rejected``: the folded words of what is not, if said."""

    rest: str
    rejected: str = ""


def read(text: str) -> Correction | None:
    """The correction that a message begins with or is; None for any other message."""
    flat = Flat(text)
    but = _BUT.match(flat.joined)
    if but:
        return _made(flat.after(flat.token_at(but.end())), but["not"])
    rest = _after_lead(flat)
    if rest is None:
        rather = _rather(flat)
        return rather if rather and rather.rejected else None
    return _rather(Flat(rest)) or _made(rest, "")


def _after_lead(flat: Flat) -> str | None:
    """What follows "không phải", if a pause or "ý tôi là" stands between."""
    alone = _MEANT_ALONE.match(flat.joined)
    if alone:
        return flat.after(flat.token_at(alone.end()))
    lead = _LEAD.match(flat.joined)
    if not lead or lead.end() >= len(flat.joined):
        return None
    then = _THEN.match(flat.joined, lead.end())
    if then:
        return flat.after(flat.token_at(then.end()))
    following = flat.token_at(lead.end() + 1)
    return flat.after(following) if _PAUSE.search(flat.gap_before(following)) else None


def _rather(flat: Flat) -> Correction | None:
    """ "X chứ không phải Y": X is meant."""
    rather = _RATHER.search(flat.joined)
    if not rather or not rather.start() or rather.end() >= len(flat.joined):
        return None
    if not flat.joined[rather.start() :].startswith((" chu ", " cho ", " ma ")):
        return None
    meant = flat.before(flat.token_at(rather.start() + 1)).rstrip(" ,.;:-")
    return _made(meant, flat.joined[rather.end() :])


def _made(rest: str, rejected: str) -> Correction | None:
    rest = rest.strip(" ,.;:-")
    return Correction(rest, rejected.strip()) if rest else None


def names_something(correction: Correction) -> bool:
    """Whether what is meant is a matter of its own, not only another part of the one at hand."""
    return has_content(" ".join(words(correction.rest)))


def rejected_codes(state: DialogueState) -> frozenset[str]:
    """What "không phải" turns down: the procedures just offered, else the one just answered."""
    if state.memory.get("asked") == "which":
        choices = [parse(offer.value) for offer in state.offers]
        return frozenset(choice.code for choice in choices if choice.kind is Kind.PROCEDURE)
    return frozenset({state.topic} if state.topic else ())


def called(procedures: Iterable[Procedure | MissingProcedure], phrase: str) -> frozenset[str]:
    """The codes of those ``procedures`` whose names hold every word of ``phrase`` (folded)."""
    wanted = {word for word in phrase.split() if has_content(word)}
    found = set()
    for procedure in procedures:
        names = [procedure.name or "", *procedure.aliases]
        if isinstance(procedure, Procedure):
            names += [*procedure.everyday, procedure.button or "", procedure.field]
        if wanted and any(wanted <= set(words(name)) for name in names):
            found.add(procedure.code)
    return frozenset(found)
