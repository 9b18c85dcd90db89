"""Which of several near-twins is meant. Pure: words and candidates in, a decision out.

The understanding ranks procedures; near-twins share nearly all of their words, so the ranking between them is
weak. Here the words that tell one case from another decide, and where none stands in the message the
ordinary case is taken or the resident is asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache

from bot.knowledge.variants import Case, Family
from bot.understanding.folding import words
from bot.understanding.splitting import FILLERS
from bot.understanding.types import Band, Candidate

NEAR = 0.85
"""A candidate with this share of the best score is a rival."""
POSSIBLE = 0.5
"""A candidate with this share of the best score may be meant, if the message says its case."""
_OUTSPOKEN = 2
"""So many words more overrule a candidate that has words of its own: "làm lại" and "nước ngoài"."""
_BOTH = 6
"""Words that two circumstances at once are worth: "làm lại" and "nước ngoài" outweigh either alone."""
PLAINLY = 3
"""So many words tell a case even where the ranking is a guess."""
_COUNTRIES = r"my|uc|phap|duc|nhat|han|dai|thai|lao|nga|tay|trung quoc|canada|campuchia|singapore"
_MACROS = {
    "<nước ngoài>": "nuoc ngoai|ngoai quoc|viet kieu|kieu bao|quoc tich|han quoc|dai loan|nhat ban|con lai"
    rf"|(?:nguoi|o|ben|chong|vo|cha|ba|bo|me|kieu|tich|cu|lay|trai) (?:goc )?(?:{_COUNTRIES})",
    "<qua mạng>": "qua mang|tren mang|online|truc tuyen|vneid|dich vu cong|dien tu|toan trinh",
}
"""Words of one meaning that a phrase may name in angle brackets, as patterns of folded words."""
_GAP = r"(?: \w+){0,3}"


@dataclass(frozen=True, slots=True)
class Take:
    """``case`` of ``family`` is meant, or where it is None the procedure ``code`` as a whole.

    ``ordinary``: nothing was said, and this is the ordinary case.
    """

    family: Family
    code: str
    case: Case | None = None
    ordinary: bool = False


@dataclass(frozen=True, slots=True)
class Ask:
    """Only the resident can tell between ``cases``."""

    family: Family
    cases: tuple[Case, ...]


Decision = Take | Ask
Differ = Callable[[Sequence[Case]], bool]
"""Whether the answers on what is asked for differ between cases."""


@dataclass(frozen=True, slots=True)
class _Phrase:
    parts: tuple[re.Pattern[str], ...]
    words: tuple[str, ...]  # without gaps

    def stands_in(self, joined: str) -> bool:
        return all(part.search(joined) for part in self.parts)


@lru_cache(maxsize=4096)
def _phrase(text: str) -> _Phrase:
    """A phrase of ``says`` or ``names``, folded as the messages are."""
    parts, found = [], []
    for part in (part.strip() for part in text.split("+")):
        if part in _MACROS:
            parts.append(re.compile(rf"(?<!\w)(?:{_MACROS[part]})(?!\w)"))
            found += part.strip("<>").split()
            continue
        pieces = [words(piece) for piece in part.split("…")]
        found += [word for piece in pieces for word in piece]
        parts.append(re.compile(rf"(?<!\w){f'{_GAP} '.join(' '.join(piece) for piece in pieces)}(?!\w)"))
    return _Phrase(tuple(parts), tuple(found))


def joined_words(text: str) -> str:
    """The folded words of a message as every function here takes them."""
    return " ".join(words(text))


def said(family: Family, joined: str) -> dict[Case, int]:
    """The cases that the message tells, each with its weight: how many words tell it."""
    found: dict[Case, int] = {}
    for case in family.cases:
        standing = [p for p in map(_phrase, case.says) if p.stands_in(joined)]
        if standing:
            both = any(len(p.parts) > 1 for p in standing)
            telling = {word for p in standing for word in p.words}
            found[case] = len(telling) + (_BOTH if both else 0)
    return found


def strongest(told: Mapping[Case, int], plain: str | None) -> tuple[Case, ...]:
    """The cases told by the most words; of equally told ones the special before the ordinary."""
    top = max(told.values(), default=0)
    best = tuple(case for case, weight in told.items() if weight == top)
    special = tuple(case for case in best if case.code != plain or case.id)
    return special or best


def named(family: Family, joined: str) -> bool:
    """Whether the message calls the family by a name."""
    return any(_phrase(name).stands_in(joined) for name in family.names)


def says_only(phrases: Iterable[str], joined: str) -> bool:
    """Whether the message is one or more of ``phrases`` and nothing else of weight."""
    rest, taken = joined, False
    for phrase in sorted(map(_phrase, phrases), key=lambda p: -len(p.words)):
        if phrase.stands_in(rest):
            taken = True
            for part in phrase.parts:
                rest = part.sub(" ", rest)
    return taken and all(word in FILLERS or word.isdigit() for word in rest.split())


def is_bare(family: Family, joined: str) -> bool:
    """Whether the message is the family's name, with nothing but a question around it."""
    return says_only(family.names, joined)


def is_bare_case(family: Family, case: Case, joined: str) -> bool:
    """Whether the message is what tells one case, perhaps with the family's name."""
    return says_only(case.says, joined) or (
        bool(said(family, joined).get(case)) and says_only((*case.says, *family.names), joined)
    )


def offered(family: Family) -> tuple[Case, ...]:
    """The cases that get a button."""
    return tuple(case for case in family.cases if case.offered)


def without(family: Family, rejected: Set[str]) -> Family:
    """The family less the procedures that the resident does not mean."""
    kept = tuple(case for case in family.cases if case.code not in rejected)
    plain = None if family.plain in rejected else family.plain
    return family.model_copy(update={"cases": kept, "plain": plain})


def families_of(families: Mapping[str, Family], code: str, joined: str) -> list[Family]:
    """The families that the procedure ``code`` is in, those first that the message names."""
    found = [family for family in families.values() if code in family.codes]
    return sorted(found, key=lambda family: not named(family, joined))


def decide(
    families: Mapping[str, Family],
    candidates: Sequence[Candidate],
    joined: str,
    band: Band,
    differ: Differ,
    rejected: Set[str] = frozenset(),
) -> Decision | None:
    """What the near-twins of the best candidate make of it; None: nothing, it stands as it is.

    :param candidates: known ones, the best first.
    :param joined: the message, from :func:`joined_words`.
    """
    if not candidates:
        return None
    for family in families_of(families, candidates[0].code, joined):
        if rejected:
            family = without(family, rejected)
        told = said(family, joined)
        if told:
            decision = _told(family, told, candidates, joined, band, differ)
        else:
            decision = _untold(family, candidates, joined, band, differ)
        if decision:
            return decision
    return None


def by_name(family: Family, joined: str, differ: Differ) -> Decision | None:
    """What a message calls for that is the family's name and that nothing else was made of."""
    top = strongest(said(family, joined), family.plain)
    if len(top) == 1:
        return Take(family, top[0].code, top[0])
    if family.plain is not None:
        return Take(family, family.plain, ordinary=True)
    cases = offered(family)
    return Ask(family, cases) if differ(cases) else None


def _told(
    family: Family,
    told: Mapping[Case, int],
    candidates: Sequence[Candidate],
    joined: str,
    band: Band,
    differ: Differ,
) -> Decision | None:
    """The message says a case."""
    best = candidates[0].code
    ordinary = best == family.plain
    top = strongest(told, family.plain)
    plainly = told[top[0]] > PLAINLY
    twins = all(c.code in family.codes for c in _near(candidates))
    settled = band is Band.SURE or plainly or (twins and named(family, joined))
    own = max((weight for case, weight in told.items() if case.code == best), default=0)
    if own and not ordinary:  # it has words of its own in the message
        if any(case.code == best for case in top):
            return Take(family, best) if settled else None
        if told[top[0]] < own + _OUTSPOKEN:
            return None
    if len(top) > 1:
        unsettled = ordinary or band is not Band.SURE
        return Ask(family, top) if unsettled and differ(top) else None
    case = top[0]
    if case.code == best:
        return Take(family, best, case) if settled else None
    likely = share(candidates, case.code) >= NEAR or plainly
    clear = ordinary or bool(own) if band is Band.SURE else likely
    return Take(family, case.code, case) if clear and named(family, joined) else None


def _untold(
    family: Family, candidates: Sequence[Candidate], joined: str, band: Band, differ: Differ
) -> Decision | None:
    """The message says no case."""
    best = candidates[0].code
    bare = is_bare(family, joined)
    among_twins = _among_twins(family, candidates) and named(family, joined)
    if family.plain is None:
        cases = offered(family)
        return Ask(family, cases) if (bare or among_twins) and differ(cases) else None
    if bare and (best == family.plain or band is not Band.SURE):
        return Take(family, family.plain, ordinary=True)
    outsider = any(c.code not in family.codes for c in _near(candidates, 0.97))
    if best == family.plain and band is Band.SURE and not outsider:
        return Take(family, best, ordinary=True)
    return None


def _near(candidates: Sequence[Candidate], share: float = NEAR) -> list[Candidate]:
    return [c for c in candidates if c.score >= share * candidates[0].score]


def _among_twins(family: Family, candidates: Sequence[Candidate]) -> bool:
    """Whether several may be meant, and all of them are of this family."""
    near = _near(candidates)
    return len(near) > 1 and all(c.code in family.codes for c in near)


def share(candidates: Sequence[Candidate], code: str) -> float:
    """The score of ``code`` as a share of the best one; 0 where it is no candidate."""
    best = candidates[0].score or 1.0
    return max((c.score / best for c in candidates if c.code == code), default=0.0)
