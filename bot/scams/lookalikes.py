"""Whether a host bears or imitates the name of somebody whose site it isn't.

Three ways, each bounded by the length of a host name: the name itself inside a label; the same *skeleton*
(letters that look alike made one: 0=o, 1=l=i, rn=m, vv=w, Cyrillic а=a); a spelling one or two slips away
(optimal string alignment distance).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from confusable_homoglyphs import confusables  # type: ignore[import-untyped]
from rapidfuzz.distance import OSA

from bot.understanding.folding import fold

SHORT = 6
"""Names shorter than this are compared as whole parts of a label only."""

_PARTS = re.compile(r"[^a-z0-9]+")
_PAIRS = (("rn", "m"), ("vv", "w"), ("nn", "m"))
_SAME = str.maketrans("01ij|3458q", "olllleasbg")


@dataclass(frozen=True, slots=True)
class Likeness:
    """Whose name, and how it is borne: ``name`` (written so), ``drawn`` (looks so), ``slip`` (nearly so)."""

    name: str
    how: str


def latin(host: str) -> str:
    """``host`` with every letter that looks like a Latin one replaced by it, without diacritics."""
    folded = fold(host)
    return folded if folded.isascii() else "".join(_latin_letter(c) for c in folded)


@lru_cache(maxsize=4096)
def _latin_letter(char: str) -> str:
    if char.isascii():
        return char
    found = confusables.is_confusable(char, preferred_aliases=[], greedy=True)
    for entry in found or ():
        for twin in entry["homoglyphs"]:
            if len(twin["c"]) == 1 and twin["c"].isascii() and twin["c"].isalnum():
                return str(twin["c"]).lower()
    bare = unicodedata.normalize("NFKD", char).encode("ascii", "ignore").decode()
    return bare.lower() or char


def is_mixed(label: str) -> bool:
    """Whether one label mixes alphabets, as no honest name does."""
    return not label.isascii() and bool(confusables.is_mixed_script(label))


@lru_cache(maxsize=4096)
def skeleton(text: str) -> str:
    """The shape of ``text``: two that look alike have the same one."""
    for pair, one in _PAIRS:
        text = text.replace(pair, one)
    return text.translate(_SAME)


class Names:
    """The names that fakes imitate, prepared for comparing.

    :param owners: name without spaces and diacritics -> whose it is ("vietcombank" -> "Vietcombank").
    :param after_short: words that may follow a short name inside one part ("vcb" + "digibank").
    """

    def __init__(self, owners: Iterable[tuple[str, str]], after_short: Sequence[str]) -> None:
        pairs = list(owners)
        self._long = [(name, skeleton(name), owner) for name, owner in pairs if len(name) >= SHORT]
        self._short = [(name, skeleton(name), owner) for name, owner in pairs if len(name) < SHORT]
        self._after = tuple(after_short)

    def borne_by(self, labels: Sequence[str]) -> Likeness | None:
        """The name that one of ``labels`` (of a host, the public suffix left out) bears or imitates."""
        read = [latin(label) for label in labels]
        whole = [label.replace("-", "").replace("_", "") for label in read]
        parts = [part for label in read for part in _PARTS.split(label) if part]
        return self._written(whole, parts) or self._drawn(whole, parts) or self._slip(whole, parts)

    def _written(self, whole: Sequence[str], parts: Sequence[str]) -> Likeness | None:
        for name, _, owner in self._long:
            if any(name in label for label in whole):
                return Likeness(owner, "name")
        for name, _, owner in self._short:
            if any(self._begins(part, name) for part in parts):
                return Likeness(owner, "name")
        return None

    def _begins(self, part: str, name: str) -> bool:
        return part.startswith(name) and (part == name or self._may_follow(part[len(name) :]))

    def _may_follow(self, rest: str) -> bool:
        return rest.isdigit() or any(rest.startswith(word) for word in self._after)

    def _drawn(self, whole: Sequence[str], parts: Sequence[str]) -> Likeness | None:
        shapes = [skeleton(label) for label in whole]
        for _, shape, owner in self._long:
            if any(shape in label for label in shapes):
                return Likeness(owner, "drawn")
        for name, shape, owner in self._short:
            if len(name) > 3 and any(skeleton(part) == shape for part in parts):
                return Likeness(owner, "drawn")
        return None

    def _slip(self, whole: Sequence[str], parts: Sequence[str]) -> Likeness | None:
        tried = {text for text in (*whole, *parts) if 5 <= len(text) <= 63}
        for name, _, owner in self._long:
            if any(_is_slip(text, name) for text in tried):
                return Likeness(owner, "slip")
        return None


def _is_slip(text: str, name: str) -> bool:
    """Whether ``text`` is ``name`` mistyped, or (of a long name) begins with it mistyped."""
    if text[0] != name[0] and text[-1] != name[-1]:
        return False
    slips = 1 if len(name) < 9 else 2
    if abs(len(text) - len(name)) <= slips:
        return OSA.distance(text, name, score_cutoff=slips) <= slips
    beginning = text[: len(name)]
    return len(name) >= 8 and len(text) > len(name) and OSA.distance(beginning, name, score_cutoff=1) <= 1
