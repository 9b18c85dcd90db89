"""Which units, old districts and provinces a message names.

Pure and on folded words. A name counts as heard exactly, run together ("baohoa") or mistyped. A
mistyped one is taken for granted only where the slip is no syllable of Vietnamese ("hao" for "hoa"
is one: elsewhere there may be such a place), else it is a guess that is to be asked back.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from rapidfuzz.distance import OSA

from bot.knowledge.units import District, Old, Province, Unit, Units, bare, key

COMMUNE, DISTRICT, PROVINCE = "commune", "district", "province"
_TYPES: Mapping[tuple[str, ...], str] = {
    ("thi", "tran"): COMMUNE, ("thu", "tuc"): COMMUNE,  # "tt" is written out as "thủ tục"
    ("xa",): COMMUNE, ("x",): COMMUNE, ("phuong",): COMMUNE, ("p",): COMMUNE,
    ("thi", "xa"): DISTRICT, ("tx",): DISTRICT, ("thanh", "pho"): DISTRICT, ("tp",): DISTRICT,
    ("huyen",): DISTRICT, ("quan",): DISTRICT, ("q",): DISTRICT, ("tinh",): PROVINCE,
}  # fmt: skip

# Provinces other than these two, before and after 2025-07-01: a place in them is not ours.
_ELSEWHERE_TEXT = (
    "an giang, ba ria, vung tau, bac giang, bac kan, bac lieu, bac ninh, ben tre, binh dinh, binh duong"
    ", binh thuan, ca mau, can tho, cao bang, da nang, dak lak, dak nong, dien bien, dong thap, gia lai"
    ", ha giang, ha nam, ha noi, ha tinh, hai duong, hai phong, hau giang, hoa binh, hue, hung yen"
    ", khanh hoa, kien giang, kon tum, lai chau, lam dong, lang son, lao cai, long an, nam dinh, nghe an"
    ", ninh binh, ninh thuan, phu tho, phu yen, quang binh, quang nam, quang ngai, quang ninh, quang tri"
    ", soc trang, son la, tay ninh, thai binh, thai nguyen, thanh hoa, thua thien, tien giang, tra vinh"
    ", tuyen quang, vinh long, vinh phuc, yen bai, ho chi minh, hcm, tphcm, sai gon, thu duc"
)
_ELSEWHERE = frozenset(name.strip() for name in _ELSEWHERE_TEXT.split(","))

# Folded names that are everyday words as well: they count only behind a type ("xã Đồng Tiến").
_EVERYDAY_TEXT = (
    "dong tien, dong tam, dong no, doan ket, an binh, binh an, binh minh, lam san, ta lai, la nga, trung dung"
    ", minh lap, minh tam, minh duc, minh thanh, duc hanh, quang minh, tam an, cay gao, an phu, hung thinh"
    ", tan lap, hoa an, nhan nghia, dai phuoc, phu an, thanh tam, thien hung, tho son, an hoa"
)
_EVERYDAY = frozenset(name.strip() for name in _EVERYDAY_TEXT.split(","))

# Behind a type, none of these begins a name that is not ours; unless they are syllables of names too
# ("bao nhiêu", "Bảo Hòa"), none of them begins a mistyped one.
_NO_NAME_TEXT = """
cu moi nay kia do day gio hien bay truoc sau hoi gi nao dau sao mo chi ai may bao nhieu thuoc la thanh
nhap sap sat hop gop doi ten goi gom con co khong chua roi ra vo vao ve voi thi ma nen hay hoac va o tai
den toi em anh chi ong ba minh ban nha nhe nhi vay the ha a ad oi cho hoi xin duoc bi da se dang cung
xa phuong huyen tinh tran pho ap khu thon quan tui cai noi cho mot hai nua luon nam thang ngay dia trung
truc tren duoi trong ngoai lai nhung cac hong hem khac cap tuc tuoi anh hang nao rang
bo bi tach muon can phai lam di tu theo nguoi cong dien huong cach
"""
_NO_NAME = frozenset(_NO_NAME_TEXT.split())

_ONSET = r"(?:ngh|ng|nh|gh|gi|kh|ch|th|tr|ph|qu|[bcdghklmnprstvx])?"
_RIME = (
    r"(?:a(?:c|ch|i|m|n|ng|nh|o|p|t|u|y)?|e(?:c|ch|m|n|ng|nh|o|p|t|u)?"
    r"|i(?:a|ch|ec|em|en|eng|ep|et|eu|m|n|nh|p|t|u)?"
    r"|o(?:a|ac|ach|ai|am|an|ang|anh|ao|at|ay|c|e|en|eo|et|i|m|n|ng|p|t)?"
    r"|u(?:a|an|ang|at|ay|c|e|ech|en|enh|i|m|n|ng|o|oc|oi|om|on|ong|op|ot|ou|p|t|u|y|ya|ych|yen|yet|ynh|yt|yu)?"
    r"|y(?:em|en|et|eu)?)"
)
_SYLLABLE = re.compile(_ONSET + _RIME)

_LONGEST_NAME = 3  # words: "Bàu Hàm 2"
_SHORTEST_MISTYPED = 5  # letters
_TWO_SLIPS = 8  # letters from which on two slips are forgiven
_MOST_GUESSES = 4

Place = Unit | Old | District | Province
_Span = tuple[str | None, int, int, int]  # where a name may stand: rank, the type's place, from, to


@dataclass(frozen=True, slots=True)
class Named:
    """Everything that bears one name (a :func:`bot.knowledge.units.key`)."""

    key: str
    news: tuple[Unit, ...] = ()
    olds: tuple[Old, ...] = ()
    district: District | None = None
    province: Province | None = None  # also where the name is that of a province merged into it

    @property
    def names(self) -> tuple[str, ...]:
        """The name in every way in which it is written, without types ("Bảo Hoà")."""
        every = [unit.name for unit in self.news] + [old.unit.name for old in self.olds]
        if self.district:
            every.append(self.district.name)
        if self.province:
            every += [self.province.name, *self.province.joined]
        every = [bare(name) for name in every]
        return tuple(dict.fromkeys(name for name in every if key(name) == self.key))


@dataclass(frozen=True, slots=True)
class Mention:
    """A name in a message: the words ``start`` to ``end``, type included, and the rank said, if any.

    ``name``: the words of the name alone, from and to.
    """

    start: int
    end: int
    named: Named
    rank: str | None = None
    name: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class Places:
    """What a message names. ``guesses``: names like one that was said; ``unknown``: a name not ours.

    ``hamlet``: only a hamlet is named, and there is no list of those.
    """

    mentions: tuple[Mention, ...] = ()
    guesses: tuple[Named, ...] = ()
    unknown: bool = False
    hamlet: bool = False


class Gazetteer:
    """Finds the names of :class:`Units` in messages. Immutable, hence thread-safe."""

    def __init__(self, units: Units) -> None:
        self.units = units
        self._named = _index(units)
        self._run_together = {name.replace(" ", ""): name for name in self._named}
        self._joined = frozenset(key(name) for name in units.province.joined)
        self._stops = _NO_NAME - {syllable for name in self._named for syllable in name.split()}

    def named(self, name: str) -> Named | None:
        """What bears the name ``name`` (a key), if anything."""
        return self._named.get(name)

    def read(self, said: Sequence[str]) -> Places:
        """The places that the folded words ``said`` name, a mistyped one only if there is no other."""
        mentions = self._narrowed(self.exact(said))
        if self._is_elsewhere(said, mentions):
            return Places(unknown=True)
        if doubtful := _in_another_district(mentions):
            return Places(guesses=doubtful)
        if mentions:
            return Places(mentions)
        return Places(hamlet=True) if self._names_a_hamlet(said) else self._mistyped(said)

    def exact(self, said: Sequence[str]) -> tuple[Mention, ...]:
        """The names as they are written, from left to right, the longest at each place."""
        found: list[Mention] = []
        start = 0
        while start < len(said):
            mention = self._at(said, start)
            if mention:
                found.append(mention)
            start = mention.end if mention else start + 1
        return tuple(found)

    def _at(self, said: Sequence[str], start: int) -> Mention | None:
        rank, name_at = _type_at(said, start)
        if rank and said[name_at : name_at + 1] in (["cu"], ["moi"]):  # "xã cũ Bảo Hòa"
            name_at += 1
        for end in range(min(len(said), name_at + _LONGEST_NAME), name_at, -1):
            name = self._run_together.get("".join(said[name_at:end]))
            if name and (rank or name not in _EVERYDAY):
                return Mention(start, end, self._named[name], rank, (name_at, end))
        return None

    def _narrowed(self, mentions: Sequence[Mention]) -> tuple[Mention, ...]:
        """Old units of one name told apart by a district or province that is named beside them."""
        kept: list[Mention] = []
        for mention in mentions:
            before = kept[-1] if kept else None
            if before and (both := self._told_apart(before, mention) or self._told_apart(mention, before)):
                kept[-1] = both
            else:
                kept.append(mention)
        return tuple(kept)

    def _told_apart(self, unit: Mention, by: Mention) -> Mention | None:
        if by.rank == COMMUNE or (unit.named == by.named and by.rank != DISTRICT):
            return None
        start, end = min(unit.start, by.start), max(unit.end, by.end)
        if by.named.province:
            olds = tuple(old for old in unit.named.olds if key(old.unit.province) == by.named.key)
            narrow = olds and by.named.key in self._joined and unit.rank == COMMUNE
            named = replace(unit.named, olds=olds) if narrow else unit.named
            return Mention(start, end, named, unit.rank, unit.name)
        if by.named.district and unit.rank in (COMMUNE, None) and by.rank != PROVINCE:
            olds = tuple(old for old in unit.named.olds if _lies_in(old, by.named.district))
            return Mention(start, end, Named(unit.named.key, olds=olds), COMMUNE, unit.name) if olds else None
        return None

    def _is_elsewhere(self, said: Sequence[str], mentions: Sequence[Mention]) -> bool:
        """Whether another province is named, other than as the name of a commune of ours."""
        ours = {i for m in mentions if m.rank in (COMMUNE, DISTRICT) for i in range(m.start, m.end)}
        for start in set(range(len(said))) - ours:
            for length in (1, 2, 3):
                if " ".join(said[start : start + length]) in _ELSEWHERE:
                    return True
        return False

    def _names_a_hamlet(self, said: Sequence[str]) -> bool:
        """Whether a hamlet is named ("ấp Bảo Thị", "khu phố 3") and no commune of a name that is not ours."""
        spans = self._behind_types(said)
        if any(said[start] not in _NO_NAME for _, _, start, _ in spans):
            return False
        return any(
            word in ("ap", "thon", "pho") and after not in self._stops for word, after in pairwise(said)
        )

    def _mistyped(self, said: Sequence[str]) -> Places:
        """A name behind a type with a slip or two, or one that is not ours; without types, anywhere."""
        spans = list(self._behind_types(said))
        unknown = any(said[start] not in _NO_NAME for _, _, start, _ in spans)
        found = _Best()
        for rank, begin, start, end in spans if unknown else [*spans, *self._anywhere(said)]:
            found.add(self._nearest("".join(said[start:end])), said[start:end], (rank, begin, end))
        if len(found.names) == 1 and found.broken:
            rank, begin, end = found.where
            return Places((Mention(begin, end, self._named[found.names[0]], rank),))
        guesses = tuple(self._named[name] for name in found.names[:_MOST_GUESSES])
        return Places(guesses=guesses, unknown=unknown and not guesses)

    def _behind_types(self, said: Sequence[str]) -> Iterator[_Span]:
        start = 0
        while start < len(said):
            rank, name_at = _type_at(said, start)
            for end in range(name_at + 1, self._end_of_name(said, name_at) + 1):
                if rank:
                    yield rank, start, name_at, end
            start = name_at if rank else start + 1

    def _anywhere(self, said: Sequence[str]) -> Iterator[_Span]:
        for start in range(len(said)):
            for end in range(start + 1, self._end_of_name(said, start) + 1):
                yield None, start, start, end

    def _end_of_name(self, said: Sequence[str], start: int) -> int:
        """Where a name that begins at ``start`` ends at the latest; ``start`` if none begins there."""
        begins = start < len(said) and said[start] not in self._stops
        return min(len(said), start + _LONGEST_NAME) if begins else start

    def _nearest(self, typed: str) -> tuple[int, list[str]]:
        """The names nearest to ``typed`` and how many slips lie between; none if that is too many."""
        most = 2 if len(typed) >= _TWO_SLIPS else 1
        if len(typed) < _SHORTEST_MISTYPED:
            return most, []
        found: dict[int, list[str]] = defaultdict(list)
        for joined, name in self._run_together.items():
            distance = OSA.distance(typed, joined, score_cutoff=most)
            if distance <= most:
                found[distance].append(name)
        slips = min(found, default=most)
        return slips, found.get(slips, [])


class _Best:
    """The names with the fewest slips so far."""

    def __init__(self) -> None:
        self._slips, self._length = 99, 0
        self.names: list[str] = []
        self.broken = False
        self.where: tuple[str | None, int, int] = (None, 0, 0)

    def add(
        self, nearest: tuple[int, list[str]], typed: Sequence[str], where: tuple[str | None, int, int]
    ) -> None:
        slips, names = nearest
        length = sum(map(len, typed))
        if names and (slips, -length) < (self._slips, -self._length):
            self._slips, self._length, self.names, self.where = slips, length, names, where
            self.broken = any(not _SYLLABLE.fullmatch(word) for word in typed)


def _index(units: Units) -> dict[str, Named]:
    districts = {key(district.name): district for district in units.districts.values()}
    provinces = {key(name) for name in (units.province.name, *units.province.joined)}
    return {
        name: Named(
            name,
            units.new_by_key.get(name, ()),
            units.old_by_key.get(name, ()),
            districts.get(name),
            units.province if name in provinces else None,
        )
        for name in sorted({*units.new_by_key, *units.old_by_key, *districts, *provinces})
    }


def _lies_in(old: Old, district: District) -> bool:
    return (old.unit.district, old.unit.province) == (district.name, district.province)


def _type_at(said: Sequence[str], start: int) -> tuple[str | None, int]:
    """The rank of the type that is said at ``start``, and where the name behind it begins."""
    for length in (2, 1):
        rank = _TYPES.get(tuple(said[start : start + length]))
        if rank:
            return rank, start + length
    return None, start


def _in_another_district(mentions: Sequence[Mention]) -> tuple[Named, ...]:
    """Names with a district behind them in which no unit of that name lay: perhaps another is meant."""
    return tuple(
        unit.named
        for unit, by in pairwise(mentions)
        if unit.rank == COMMUNE and unit.named.olds and by.rank == DISTRICT and by.start == unit.end
    )


def _marks(typed: str) -> Counter[str]:
    """The diacritics of a syllable, wherever they stand ("hoà", "hòa"); đ counts as one."""
    marks = unicodedata.normalize("NFD", typed.casefold())
    return Counter(mark for mark in marks if unicodedata.combining(mark) or mark == "đ")


def is_spelt(typed: str, named: Named) -> bool:
    """Whether ``typed`` can be one of the names: diacritics may be missing, but none may be another.

    "xuan thanh" and "Xuân thanh" can be Xuân Thành; "Xuân Thạnh" is another place.
    """
    said = typed.replace("-", " ").split()
    return any(
        len(said) != len(name.split())
        or all(_marks(a) <= _marks(b) for a, b in zip(said, name.split(), strict=True))
        for name in named.names
    )


def meant(mention: Mention, *, parts: bool = False) -> tuple[Place, ...]:
    """What a mention can mean; several where only the resident can tell.

    :param parts: whether the question is what a unit of today consists of.
    """
    named = mention.named
    if named.province and mention.rank != COMMUNE:
        return (named.province,)
    if mention.rank == DISTRICT and named.district:
        return (named.district,)
    if parts and named.news:
        return named.news
    others = tuple(unit for unit in named.news if not any(unit in old.now for old in named.olds))
    if len(named.olds) > 1:
        district = (named.district,) if named.district and not mention.rank else ()
        return (*named.olds, *others, *district)
    if named.district and not mention.rank:
        return (named.district,)
    return named.olds or named.news or ((named.district,) if named.district else ())
