"""The communes and wards of one province and the old units that each of them came from.

One file, ``faq_data/units/<province>.yml``, written by ``bot faq import-units``. Names are compared by
:func:`key`; reading a resident's message for names is :mod:`bot.understanding.places`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import Field, StringConstraints, model_validator

from bot.knowledge.model import FormerUnit, Frozen, Month, Text
from bot.knowledge.text import slugify
from bot.knowledge.yaml_reading import FileProblem, line_of, read, validated

T = TypeVar("T")
UnitCode = Annotated[str, StringConstraints(pattern=r"^\d{5}$")]

TYPES = ("xã", "phường", "thị trấn", "huyện", "thị xã", "thành phố", "tỉnh")
"""What a unit's name begins with."""


def key(name: str) -> str:
    """A name as it is compared: without its type, lower case, without diacritics ("bao hoa")."""
    return slugify(bare(name)).replace("-", " ")


def bare(name: str) -> str:
    """A name without its type: "Thị trấn Gia Ray" -> "Gia Ray"."""
    for kind in TYPES:
        if name.lower().startswith(f"{kind} "):
            return name[len(kind) + 1 :].strip()
    return name.strip()


def inside(name: str) -> str:
    """A name inside a sentence: "Huyện Cẩm Mỹ" -> "huyện Cẩm Mỹ"."""
    return name[:1].lower() + name[1:]


class OldUnit(FormerUnit):
    """A unit before 2025-07-01, with the code that it had then."""

    code: UnitCode


class Unit(Frozen):
    """A commune or ward of today. ``earlier``: its name between the two reforms, if that was another."""

    def __hash__(self) -> int:
        """By the code alone, as a procedure's."""
        return hash(self.code)

    code: UnitCode
    name: Text
    type: Literal["xã", "phường"]
    earlier: Text | None = None
    merged_from: tuple[OldUnit, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _named_by_its_type(self) -> Unit:
        if not self.name.lower().startswith(f"{self.type} "):
            raise ValueError(f"tên {self.name!r} phải bắt đầu bằng {self.type!r}")
        return self


class Province(Frozen):
    """The province, what it was called before, and when its units changed."""

    name: Text
    earlier: Text
    joined: tuple[Text, ...] = ()  # provinces that were merged into it
    merged_on: date  # the communes were merged and the districts ended
    city_on: date  # it became a city, and some communes wards


@dataclass(frozen=True, slots=True)
class Old:
    """An old unit together with every unit of today that took a part of it (nearly always one)."""

    unit: OldUnit
    now: tuple[Unit, ...]


@dataclass(frozen=True, slots=True)
class District:
    """A district that ended, with the units of today that lie in it wholly or partly.

    ``slug`` ("huyen-tan-phu") names it in payloads.
    """

    slug: str
    name: str
    province: str
    units: tuple[Unit, ...]


class Units(Frozen):
    """One file of ``faq_data/units/``."""

    def __hash__(self) -> int:
        """By the province alone: a hash over all units would cost more than what it is looked up for."""
        return hash(self.province.name)

    province: Province
    units: tuple[Unit, ...] = Field(min_length=1)
    legal: Text
    source: Text
    as_of: Month

    @model_validator(mode="after")
    def _each_unit_once(self) -> Units:
        for what, values in (("mã", [u.code for u in self.units]), ("tên", [u.name for u in self.units])):
            twice = sorted({value for value in values if values.count(value) > 1})
            if twice:
                raise ValueError(f"{what} có hai lần: {', '.join(twice)}")
        return self

    @cached_property
    def by_code(self) -> Mapping[str, Unit]:
        """The units of today."""
        return {unit.code: unit for unit in self.units}

    @cached_property
    def old(self) -> Mapping[str, Old]:
        """The old units, by their old codes."""
        units = {old.code: old for unit in self.units for old in unit.merged_from}
        return {
            code: Old(old, tuple(unit for unit in self.units if code in {o.code for o in unit.merged_from}))
            for code, old in units.items()
        }

    @cached_property
    def districts(self) -> Mapping[str, District]:
        """The districts that ended, by slug."""
        found: dict[tuple[str, str], list[Unit]] = defaultdict(list)
        for unit in self.units:
            for old in unit.merged_from:
                if unit not in found[old.district, old.province]:
                    found[old.district, old.province].append(unit)
        listed = (District(slugify(d), d, p, tuple(units)) for (d, p), units in found.items())
        return {district.slug: district for district in listed}

    @cached_property
    def old_by_key(self) -> Mapping[str, tuple[Old, ...]]:
        """The old units, by :func:`key`; several where their names are alike without diacritics."""
        return _grouped((key(old.unit.name), old) for old in self.old.values())

    @cached_property
    def new_by_key(self) -> Mapping[str, tuple[Unit, ...]]:
        """The units of today, by :func:`key`."""
        return _grouped((key(unit.name), unit) for unit in self.units)

    def same_name(self, old: Old) -> Unit | None:
        """Another unit of today that bears the old unit's name and is not what became of it."""
        found = self.new_by_key.get(key(old.unit.name), ())
        spelt = [unit for unit in found if bare(unit.name) == bare(old.unit.name)] or found
        others = [unit for unit in spelt if unit not in old.now]
        return others[0] if others and len(others) == len(spelt) else None

    def count(self, kind: str) -> int:
        """How many units of today are of that type ("xã", "phường")."""
        return sum(unit.type == kind for unit in self.units)


def _grouped(pairs: Iterable[tuple[str, T]]) -> dict[str, tuple[T, ...]]:
    found: dict[str, list[T]] = defaultdict(list)
    for name, value in pairs:
        found[name].append(value)
    return {name: tuple(values) for name, values in found.items()}


def read_units(path: Path, shown: str) -> Units:
    """The file as :class:`Units`.

    :param shown: the file's name in messages.
    :raises FileProblem: naming every problem with its line.
    """
    text, data = read(path, shown)
    units = validated(Units, data, text, shown)
    problems = list(_repeated(units, text, shown))
    if problems:
        raise FileProblem(problems)
    return units


def _repeated(units: Units, text: str, shown: str) -> Iterator[str]:
    """An old code that means two different old units."""
    seen: dict[str, OldUnit] = {}
    for i, unit in enumerate(units.units):
        for j, old in enumerate(unit.merged_from):
            if seen.setdefault(old.code, old) != old:
                line = line_of(text, ("units", i, "merged_from", j))
                yield f"{shown}:{line}: mã cũ {old.code} là của {seen[old.code].name}: sửa mã"
