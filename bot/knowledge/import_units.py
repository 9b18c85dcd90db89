"""The repeatable import of a province's units into ``faq_data/units/``.

The source's list of ambiguous names is no knowledge of its own, it follows from the units: it is
compared with them, and the import is refused where they differ.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from bot.knowledge.importing import ImportRefused
from bot.knowledge.text import clean_line
from bot.knowledge.units import OldUnit, Province, Unit, Units, key
from bot.knowledge.yaml_files import dump

HEADING = """Do lệnh `bot faq import-units` viết ra: đừng sửa tay, lần nhập sau sẽ ghi đè.
Mỗi xã, phường hiện nay và các đơn vị cũ (trước 1/7/2025) nhập thành nó.
earlier: tên từ 1/7/2025 đến 29/4/2026, nếu khác tên hiện nay."""

MERGED_ON = date(2025, 7, 1)
CITY_ON = date(2026, 4, 30)
_LAW = re.compile(r"NQ \d+/[\w/-]*\w")


def convert_units(source: Mapping[str, Any], as_of: str) -> Units:
    """The captured units as typed ones. Pure.

    :param as_of: the month of the data, "2026-07".
    :raises KeyError, ValueError: if the source is not of the known form.
    """
    province = source["province"]
    units = tuple(_unit(record) for record in source["units"])
    earlier = clean_line(province["name_2025_07_01"])
    provinces = {old.province for unit in units for old in unit.merged_from}
    return Units(
        province=Province(
            name=clean_line(province["name_now"]),
            earlier=earlier,
            joined=tuple(sorted(provinces - {earlier})),
            merged_on=MERGED_ON,
            city_on=CITY_ON,
        ),
        units=units,
        legal=", ".join(law for text in province["legal"] for law in _LAW.findall(clean_line(text))),
        source="; ".join(clean_line(text) for text in source["sources"].values()),
        as_of=as_of,
    )


def _unit(record: Mapping[str, Any]) -> Unit:
    name, earlier = clean_line(record["name_now"]), clean_line(record["name_2025_07_01"])
    olds = record["legacy_before_2025_07_01"]
    return Unit(
        code=record["code"],
        name=name,
        type=record["type_now"],
        earlier=earlier if record["changed_2026_04_30"] else None,  # not where only "oà" became "òa"
        merged_from=tuple(OldUnit(**{k: clean_line(old[k]) for k in OldUnit.model_fields}) for old in olds),
    )


def disagreements(units: Units, ambiguous: Mapping[str, Any]) -> list[str]:
    """Where the source's own list of ambiguous names and false friends differs from the units."""
    listed = {
        name: {(row["old"], row["district"], row["code"]) for row in rows}
        for name, rows in ambiguous["ambiguous_old_names"].items()
    }
    found = {
        name: {(old.unit.name, old.unit.district, unit.code) for old in olds for unit in old.now}
        for name, olds in units.old_by_key.items()
    }
    found = {name: rows for name, rows in found.items() if len({code for *_, code in rows}) > 1}
    problems = [
        f"tên {name!r}: danh sách và dữ liệu khác nhau"
        for name in sorted(listed.keys() | found.keys())
        if listed.get(name) != found.get(name)
    ]
    friends = [row for row in ambiguous["false_friends"] if not _is_friend(units, row)]
    return problems + [f"{row['old']} ({row['district']}): không trùng tên đơn vị mới" for row in friends]


def _is_friend(units: Units, row: Mapping[str, Any]) -> bool:
    """Whether the units too say that an old name is that of another unit of today."""
    others = units.new_by_key.get(key(row["old"]), ())
    return any(unit.name == row["also_new_unit"] and unit.code != row["code"] for unit in others)


def render_units(units: Units) -> str:
    """The file's text."""
    return dump(units.model_dump(mode="json", exclude_defaults=True), HEADING)


def import_units(source: Path, ambiguous: Path, target: Path, as_of: str) -> Units:
    """Write ``target`` from the captured units, after comparing them with the list of ambiguous names.

    :raises ImportRefused: if they differ, or a file is not of the known form.
    """
    try:
        units = convert_units(_object(source), as_of)
        problems: Sequence[str] = disagreements(units, _object(ambiguous))
    except (KeyError, TypeError, ValueError) as error:
        raise ImportRefused(f"không đúng dạng đã biết: {error}") from error
    if problems:
        raise ImportRefused("; ".join(problems))
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(render_units(units), encoding="utf-8")
    return units


def _object(path: Path) -> Mapping[str, Any]:
    data = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(data, dict):
        raise ValueError(f"{path.name} phải là một đối tượng JSON")
    return data
