"""Kinds of scams, told from ``faq_data/scams``: the overview, a group, one kind with its signs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from bot.dialogue.guided import month
from bot.dialogue.turn import Turn
from bot.dialogue.types import Behaviour, Outcome
from bot.knowledge.scams import Scam
from bot.understanding.folding import words as folded_words
from bot.understanding.types import Skill
from connectors.channel import Button, Reply

_OVERVIEW = re.compile(
    r"\b(?:kieu|hinh thuc|loai|chieu|chieu tro|chieu thuc|thu doan|mo hinh|cach) (?:thuc )?(?:hay )?"
    r"(?:lua dao|lua|lua gat|lua tien)\b(?! (?:qua|bang|tren|ten|gia) )"
)
_ABOUT = re.compile(
    r"\b(?:thi sao|la gi|la sao|the nao|ra sao|nhan biet|phai lam gi|lam sao|lua dao|cach phong|de phong"
    r"|canh giac)\b"
)
_SCAM = re.compile(r"\b(?:lua|lua dao|gia|gia danh|gia mao|mao danh|tu xung|scam|hack|chiem)\b")
_PERSONAL = re.compile(
    r"\b(?:toi|minh|em|con|chau|co nguoi|co ai|ho|no|vua|moi|hom qua|hom nay|sang nay|ba|me|bo|may) "
    r"(?:bi|duoc|co|da|dang|goi|nhan|bao|moi|vua|nhan duoc|noi|thay)\b"
)
_LONGEST_QUESTION = 12
"""Words; a longer message about a kind tells a story, which is checked."""


def asked_for(turn: Turn, text: str, *, smells: bool = False) -> Outcome | None:
    """The overview or one kind, if that and no more is asked; None for stories and all else.

    :param smells: whether the message is known to be about a scam; else a word of it must say so.
    """
    said = " ".join(folded_words(text))
    count = said.count(" ") + 1
    if count > _LONGEST_QUESTION or re.search(r"\d{4}|://|\w\.\w", text) or _PERSONAL.search(said):
        return None
    kind = _named(said, turn.knowledge.scams.values())
    if kind is not None and (smells or _SCAM.search(said)) and _ABOUT.search(said):
        return tell(turn, kind.slug)
    return overview(turn) if _OVERVIEW.search(said) and turn.knowledge.scams else None


def overview(turn: Turn) -> Outcome:
    """Every kind by its group; the groups are buttons."""
    words = turn.words.scams
    lines = [words.kinds]
    buttons = []
    for group, kinds in _groups(turn.knowledge.scams.values()).items():
        title = words.groups[group]
        lines.append(words.group_line.format(group=title, kinds="; ".join(kind.button for kind in kinds)))
        buttons.append(Button(title, f"#scam:group:{group}"))
    return _say(turn, "\n".join(lines), tuple(buttons))


def tell_group(turn: Turn, group: str) -> Outcome:
    """The kinds of one group as buttons; the overview for a group that is none."""
    kinds = _groups(turn.knowledge.scams.values()).get(group)
    if not kinds:
        return overview(turn)
    buttons = tuple(Button(kind.button, f"#scam:kind:{kind.slug}") for kind in kinds)
    return _say(turn, turn.words.scams.kinds_of.format(group=turn.words.scams.groups[group]), buttons)


def tell(turn: Turn, slug: str) -> Outcome:
    """One kind: its signs, what to do, where to report, with source and date; the overview if unknown."""
    kind = turn.knowledge.scams.get(slug)
    if kind is None:
        return overview(turn)
    words, titles = turn.words.scams, turn.words.buttons
    lines = [kind.name, words.kind_signs, *_points(kind.signs), words.kind_do, *_points(kind.what_to_do)]
    lines += [words.kind_report, *_points(kind.report)]
    lines += [kind.disagreement] if kind.disagreement else []
    buttons = (
        Button(titles.example, f"#scam:example:{kind.slug}"),
        Button(titles.victim, "#scam:victim"),
        Button(titles.all_kinds, "#scam:kinds"),
    )
    return _say(turn, "\n".join([*lines, _source(turn, kind)]), buttons)


def tell_example(turn: Turn, slug: str) -> Outcome:
    """How such a swindler talks."""
    kind = turn.knowledge.scams.get(slug)
    if kind is None:
        return overview(turn)
    titles = turn.words.buttons
    buttons = (Button(titles.recognise, f"#scam:kind:{kind.slug}"), Button(titles.all_kinds, "#scam:kinds"))
    return _say(turn, f"{turn.words.scams.kind_example}\n“{kind.example}”", buttons)


def kind_in_words(turn: Turn, text: str) -> str | None:
    """The slug of the kind that a message names in words, for a check that knows no better."""
    kind = _named(" ".join(folded_words(text)), turn.knowledge.scams.values())
    return kind.slug if kind else None


def _source(turn: Turn, kind: Scam) -> str:
    return turn.words.scams.kind_source.format(sources="; ".join(kind.sources), month=month(kind.as_of))


def _points(lines: Iterable[str]) -> list[str]:
    return [f"• {line}" for line in lines]


def _groups(kinds: Iterable[Scam]) -> Mapping[str, list[Scam]]:
    found: dict[str, list[Scam]] = {}
    for kind in kinds:
        found.setdefault(kind.group, []).append(kind)
    return found


def _named(said: str, kinds: Iterable[Scam]) -> Scam | None:
    """The kind whose longest alias stands in ``said``."""
    fitting = [(len(alias), kind) for alias, kind in _aliases(tuple(kinds)) if f" {alias} " in f" {said} "]
    return max(fitting, key=lambda pair: pair[0])[1] if fitting else None


@lru_cache(maxsize=4)
def _aliases(kinds: tuple[Scam, ...]) -> tuple[tuple[str, Scam], ...]:
    """Every alias, folded."""
    return tuple((" ".join(folded_words(alias)), kind) for kind in kinds for alias in kind.aliases)


def _say(turn: Turn, text: str, buttons: tuple[Button, ...]) -> Outcome:
    return turn.finish(Behaviour.ANSWER, Skill.SCAM, Reply(text, buttons), confidence=1.0)
