"""The matcher: which procedures' names does a message hold, with and without typing errors?

Works on folded, written-out words. Official names share most of their words, so a word counts by
its rarity among all names (IDF); the words with which people wrap a question count nothing. An
inverted index picks the few names worth a closer look; how near to one another the name's words stand
in the message, and rapidfuzz, take that look.

Which name fits best and whether any is meant at all are two questions with two scores: for the first
it counts how much of the message a name explains, for the second how much of a name is there.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from rapidfuzz import fuzz, process

from bot.understanding.folding import words
from bot.understanding.names import Kind, Name

CLOSER_LOOKS = 48
"""Names that get the exact score."""
_OUTDONE = 0.85
"""The most that a name gets which stands inside a longer one that is said too."""
_REACH = 4
"""Two words of a name belong together in a message up to this distance."""
_TURNED = 0.5
"""What two words that stand near but in the other order count."""
_STRAY = 0.15
"""What a name loses of which only two words are there, far from one another."""
_TORN = 0.3
"""What a name of two words loses that do not stand side by side ("dời nhà" in "đội bóng về nhà")."""
_MISTYPED = 84.0
"""Similarity (0..100) from which an unknown word is taken for a known one mistyped."""

_FILLER_TEXT = """
a ad admin anh chi em toi minh ban oi cho hoi xin nho giup gium dum dung tu van voi nha nhe nhi day
do vay the thi la co khong duoc can muon phai lam sao nao gi nhung cac cai nay kia roi ma va hay
hoac o di den len ra vao tai ve de khi neu vi nen cung con chua da dang se bi nhu trong ngoai hien
gio ai dau bao nhieu lau may ngay nua thu tuc giay to ho so gom thanh phan chuan mang theo nop le
phi tien ton het mat thoi han bua chung ket qua online truc tuyen dieu kien mau don khai quy trinh
buoc huong dan cach luat nghi dinh thong cu quan xa phuong uy nhan biet u vang thua kinh gui nguoi
tinh tot y mot hai viec chuyen that
"""
_FILLERS = frozenset([*_FILLER_TEXT.split(), "giay_to", "to_khai", "mau_don", "mat_phi", "mat_bao"])
# Fillers that also carry meaning inside a name ("giấy", "khai", "mất", "chuyển"): half a vote, not none.
_WEAK_TEXT = "giay khai mat chuyen nguoi nha con ngoai thu ho hai viec"
_WEAK = frozenset(_WEAK_TEXT.split())

# Words that are fillers when folded and alone (căn: cần, đỏ: do) but mean something together, or the
# other way round (giấy tờ).
_PAIRS_TEXT = """
can cuoc, so do, so hong, ho khau, ho ngheo, ho chieu, ho tich, do thi, bao hiem, dat dai, thong bao
thua ke, thua dat, xa hoi, dau tu, thu hoi, khai bao, nha o, di chuc, di san, to cao, con nuoi, khai tu
chung tu, bao tu, cu tru, hoi dong, to hop, nha tro, quan an, trich luc, thu nhap, hien dat, mat nuoc
giay to, to khai, mau don, mat phi, mat bao, sao y, quan nhan, bien gioi, dien thoai, ket hon
"""
_PAIRS = frozenset(tuple(pair.split()) for pair in re.split("[,\n]", _PAIRS_TEXT) if pair.strip())


def _joined(said: Sequence[str]) -> list[str]:
    """``can cuoc`` -> ``can_cuoc``: pairs that mean something together become one word."""
    joined: list[str] = []
    for word in said:
        if joined and (joined[-1], word) in _PAIRS:
            joined[-1] = f"{joined[-1]}_{word}"
        else:
            joined.append(word)
    return joined


@dataclass(frozen=True, slots=True)
class Match:
    """The best name of one code in a message.

    ``score`` 0..1; ``exact``: the message is that name and nothing else of weight; ``answered``: the
    share of the message's weight that the name explains, 0..1. ``length``: the name's words.
    """

    code: str
    score: float
    exact: bool
    kind: Kind
    answered: float = 1.0
    length: int = 0


@dataclass(frozen=True, slots=True)
class _Entry:
    code: str
    kind: Kind
    text: str
    order: tuple[str, ...]
    words: frozenset[str]
    weight: float


@dataclass(frozen=True, slots=True)
class _Message:
    """Its words joined, as a set, and where each stands; ``asked``: what they weigh together."""

    text: str
    present: frozenset[str]
    places: Mapping[str, Sequence[int]]
    asked: float


class Matcher:
    """Immutable after construction, hence thread-safe."""

    def __init__(self, names: Mapping[str, Sequence[Name]]) -> None:
        listed = [(code, name, _joined(words(name.text))) for code, many in names.items() for name in many]
        counts = Counter(word for _, _, said in listed for word in set(said))
        self._idf = {word: self._worth(word, n, len(listed)) for word, n in counts.items()}
        self._unknown = self._worth("", 0, len(listed)) * 0.6
        self._entries = [
            _Entry(code, name.kind, " ".join(said), tuple(said), frozenset(said), self._sum(said))
            for code, name, said in listed
            if said
        ]
        self._by_word: dict[str, list[int]] = defaultdict(list)
        self._by_text: dict[str, list[int]] = defaultdict(list)
        for i, entry in enumerate(self._entries):
            self._by_text[entry.text].append(i)
            for word in entry.words:
                self._by_word[word].append(i)
        self._parts = frozenset(part for word in self._idf for part in word.split("_"))
        self._known = sorted(word for word in self._parts if len(word) >= 4)

    @staticmethod
    def _worth(word: str, n: int, total: int) -> float:
        worth = math.log(1 + total / (n + 1))
        return worth * (0.5 if word in _WEAK else 0.25) if word in _FILLERS else worth

    def _sum(self, said: Sequence[str] | frozenset[str]) -> float:
        return sum(self._idf.get(word, self._unknown) for word in set(said))

    def match(self, said: Sequence[str], limit: int = 8) -> tuple[Match, ...]:
        """The codes whose names ``said`` (from :func:`words`) holds, best first, one match per code."""
        mended = _joined(self._mend(said))
        present = frozenset(mended)
        asked = sum(self._query_worth(word) for word in present)
        if not asked:
            return ()
        message = _Message(" ".join(mended), present, _places(mended), asked)
        best: dict[str, Match] = {}
        meant = 0.0
        for i in self._worth_a_look(present):
            found = self._score(self._entries[i], message)
            if found:
                match, sure = found
                meant = max(meant, sure)
                if match.code not in best or _rank(match) > _rank(best[match.code]):
                    best[match.code] = match
        scaled = _scaled(best.values(), meant)
        ranked = sorted(_longest_wins(scaled), key=lambda m: (-m.score, m.code))
        return tuple(ranked[:limit])

    def weighty(self, said: Sequence[str]) -> int:
        """How many different words of ``said`` say something about which procedure is meant."""
        return sum(self._query_worth(word) > 0.0 for word in set(_joined(said)))

    def holders(self, said: Sequence[str]) -> int:
        """How many codes have a name with every word of ``said`` that says anything."""
        held = [
            {self._entries[i].code for i in self._by_word.get(word, ())}
            for word in set(_joined(self._mend(said)))
            if self._query_worth(word) > 0.0
        ]
        return len(set.intersection(*held)) if held else 0

    def _query_worth(self, word: str) -> float:
        """A filler that stands in the message says nothing about which procedure is meant."""
        if word in _FILLERS and word not in _WEAK:
            return 0.0
        return self._idf.get(word, self._unknown)

    def _mend(self, said: Sequence[str]) -> list[str]:
        """Mistyped words replaced by the known word that they are most like."""
        return [self._mended(word) for word in said]

    def _mended(self, word: str) -> str:
        if len(word) < 5 or word in self._parts or word in _FILLERS or not word.isalpha():
            return word
        found = process.extractOne(word, self._known, scorer=fuzz.ratio, score_cutoff=_MISTYPED)
        return found[0] if found else word

    def _worth_a_look(self, present: frozenset[str]) -> list[int]:
        overlap: dict[int, float] = defaultdict(float)
        for word in present:
            worth = self._idf.get(word, 0.0)
            for i in self._by_word.get(word, ()):
                overlap[i] += worth
        share = {i: got * got / self._entries[i].weight for i, got in overlap.items()}
        return sorted(share, key=share.__getitem__, reverse=True)[:CLOSER_LOOKS]

    def _score(self, entry: _Entry, message: _Message) -> tuple[Match, float] | None:
        """How well a name fits, and how sure it makes that a name is meant (0 for a whole name)."""
        text = message.text
        if text == entry.text:
            return Match(entry.code, 1.0, True, entry.kind, length=len(entry.order)), 0.0
        shared = entry.words & message.present
        content = [word for word in shared if word not in _FILLERS or word in _WEAK]
        if len(content) < min(2, len(entry.words)):
            return None
        held = self._sum(shared) / entry.weight
        answered = min(1.0, sum(self._query_worth(word) for word in shared) / message.asked)
        if answered >= 0.999 and f" {entry.text} " in f" {text} ":
            return Match(entry.code, 0.995, True, entry.kind, answered, len(entry.order)), 0.0
        order = (
            fuzz.partial_ratio(entry.text, text) / 100
            if len(entry.text) <= len(text)
            else (fuzz.ratio(entry.text, text) / 100)
        )
        near = _nearness(entry.order, message.places)
        stray = _STRAY * (1 - near) if len(content) <= 2 else 0.0
        if len(entry.order) == 2 and f" {entry.text} " not in f" {text} ":
            stray = _TORN
        both = math.sqrt(held * answered)
        fit = (0.15 * held + 0.36 * answered + 0.31 * both + 0.12 * order + 0.06 * near) * (1 - stray)
        sure = (0.42 * held + 0.38 * answered + 0.2 * order) * (1 - stray)
        return Match(entry.code, fit, False, entry.kind, answered, len(entry.order)), min(0.99, sure)


def _places(said: Sequence[str]) -> Mapping[str, Sequence[int]]:
    """Where every word stands."""
    found: dict[str, list[int]] = defaultdict(list)
    for i, word in enumerate(said):
        found[word].append(i)
    return found


def _nearness(order: Sequence[str], places: Mapping[str, Sequence[int]]) -> float:
    """How much the words of a name stand together in a message as they do in the name, 0..1."""
    found = [places[word] for word in order if word in places]
    if len(found) < 2:
        return 1.0
    return sum(_together(first, second) for first, second in pairwise(found)) / (len(found) - 1)


def _together(first: Sequence[int], second: Sequence[int]) -> float:
    """1 if a word follows another closely, :data:`_TURNED` if it closely precedes it, else 0."""
    turned = 0.0
    for a in first:
        for b in second:
            if 0 < b - a <= _REACH:
                return 1.0
            if 0 < a - b <= _REACH:
                turned = _TURNED
    return turned


def _scaled(matches: Iterable[Match], meant: float) -> list[Match]:
    """The matches with scores that say also whether a name is meant: the best fit gets ``meant``."""
    found = list(matches)
    top = max((m.score for m in found if not m.exact), default=0.0)
    return [m if m.exact or not top else replace(m, score=m.score / top * meant) for m in found]


def _rank(match: Match) -> tuple[float, int]:
    return match.score, match.length


def _longest_wins(matches: Iterable[Match]) -> list[Match]:
    """Of names that a message is wholly the longest is meant: "bằng lái hết hạn" holds "bằng lái" too."""
    found = list(matches)
    longest = max((m.length for m in found if m.exact), default=0)
    return [
        replace(m, exact=False, score=min(m.score, _OUTDONE)) if m.exact and m.length < longest else m
        for m in found
    ]
