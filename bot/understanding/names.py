"""What procedures are called: official names cut down to what people say, aliases, everyday names."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.knowledge.loading import Knowledge
from bot.knowledge.model import Procedure

INTENT_PREFIX = "tt_"

# Where the part of an official name begins that nobody says: competence, channel, legal reference.
_TAIL = re.compile(
    r"\s+(?:thuộc thẩm quyền|thực hiện (?:bằng|tại)|do Chủ tịch|do Ủy ban|theo quy định tại|quy định tại"
    r"|bằng dịch vụ công|trong trường hợp|trực tuyến toàn trình|phân cấp cho)\b.*$",
    re.IGNORECASE,
)
_BRACKETS = re.compile(r"\s*\([^()]*\)?")
_LEAD = re.compile(r"^thủ tục\s+", re.IGNORECASE)
_LONG = 18
"""From this many words on a name is also known by its beginning."""


class Kind(StrEnum):
    """Where a name comes from, the surest first."""

    NAME = "name"
    ALIAS = "alias"
    EVERYDAY = "everyday"
    FORMER = "former"  # the name of a procedure that this one replaced
    SHARED = "shared"  # belongs to several procedures on purpose


@dataclass(frozen=True, slots=True)
class Name:
    """One way of calling a procedure."""

    text: str
    kind: Kind


def intent_of(code: str) -> str:
    """``1.001193`` -> ``tt_1_001193``."""
    return INTENT_PREFIX + code.replace(".", "_")


def code_of(intent: str) -> str | None:
    """The inverse of :func:`intent_of`; None for an intent that is no procedure."""
    return intent[len(INTENT_PREFIX) :].replace("_", ".") if intent.startswith(INTENT_PREFIX) else None


def core(name: str) -> str:
    """An official name without "Thủ tục", brackets and the tail that nobody says."""
    bare = _BRACKETS.sub(" ", _LEAD.sub("", name.strip()))
    short = _TAIL.sub("", bare)
    chosen = short if len(short.split()) >= 2 else bare
    return " ".join(chosen.split()).strip(" ,;./")


def _official(name: str) -> list[str]:
    bare = " ".join(_LEAD.sub("", name.strip()).split())
    found = [core(name)]
    head = re.split(r"[;,:/]", found[0])[0].strip()
    if len(found[0].split()) >= _LONG and len(head.split()) >= 4:
        found.append(head)
    if bare not in found and len(bare.split()) < 2 * _LONG:
        found.append(bare)
    return found


def _of(procedure: Procedure, kind: Kind = Kind.NAME) -> list[Name]:
    names = [Name(text, kind) for text in _official(procedure.name)]
    names += [Name(text, Kind.ALIAS) for text in procedure.aliases]
    names += [Name(text, Kind.EVERYDAY) for text in procedure.everyday]
    return names + [Name(text, Kind.SHARED) for text in procedure.shared]


# Circumstances that an official name ties a procedure to, and the words of a message that speak of them.
_SPECIAL: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("khu vực biên giới", re.compile(r"(?<!\w)(?:bien gioi|lao|campuchia|trung quoc)(?!\w)")),
    (
        "yếu tố nước ngoài",
        _ABROAD := re.compile(
            r"(?<!\w)(?:nuoc ngoai|ngoai quoc|tay|viet kieu|kieu bao|quoc tich|dinh cu|con lai"
            r"|dai loan|han|nhat|my"
            r"|uc|phap|duc|canada|anh quoc|trung quoc|singapore|malaysia|thai lan|lao|campuchia|nga"
            r"|ben (?:do|kia|ay)"
            r"|chau au|hong kong|philippin|an do|xuat canh)(?!\w)"
        ),
    ),
    ("tại cơ quan có thẩm quyền của nước ngoài", _ABROAD),
    ("cho người nước ngoài", _ABROAD),
    ("của người gốc Việt Nam", re.compile(r"(?<!\w)(?:goc viet|quoc tich)(?!\w)")),
    ("giấy chứng nhận căn cước", re.compile(r"(?<!\w)(?:chung nhan can cuoc|goc viet|quoc tich)(?!\w)")),
    (
        "lưu động",
        re.compile(r"(?<!\w)(?:luu dong|tan nha|tai nha|den nha|toi nha|gia yeu|om|benh|liet)(?!\w)"),
    ),
)


def special_codes(knowledge: Knowledge) -> Mapping[str, re.Pattern[str]]:
    """The procedures that are for a special case only, each with what a message on that case says."""
    return {
        procedure.code: pattern
        for procedure in knowledge.procedures.values()
        for phrase, pattern in reversed(_SPECIAL)
        if phrase in procedure.name
    }


def names_by_code(knowledge: Knowledge) -> Mapping[str, tuple[Name, ...]]:
    """For every code that can be meant, its names without repetition, by code.

    That is: the served procedures, with the names of those that they replaced; the superseded ones
    whose successor is not known; and the missing ones that have a name.
    """
    found: dict[str, list[Name]] = defaultdict(list)
    for procedure in knowledge.procedures.values():
        if procedure.served:
            found[procedure.code] += _of(procedure)
    for procedure in knowledge.procedures.values():
        if not procedure.served:
            successor = knowledge.successor(procedure.code)
            kind, code = (Kind.FORMER, successor.code) if successor else (Kind.NAME, procedure.code)
            found[code] += _of(procedure, kind)
    for missing in knowledge.missing.values():
        if missing.name:
            found[missing.code] += [Name(text, Kind.NAME) for text in _official(missing.name)]
            found[missing.code] += [Name(text, Kind.ALIAS) for text in missing.aliases]
    return {code: _distinct(names) for code, names in sorted(found.items())}


def _distinct(names: list[Name]) -> tuple[Name, ...]:
    seen: dict[str, Name] = {}
    for name in names:
        seen.setdefault(name.text.casefold(), name)
    return tuple(seen.values())
