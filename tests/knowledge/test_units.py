"""The province's units: the file, its loader and its importer."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from bot.knowledge.commands import faq
from bot.knowledge.import_units import disagreements, import_units, render_units
from bot.knowledge.importing import ImportRefused
from bot.knowledge.loading import Knowledge, KnowledgeError, load_knowledge
from bot.knowledge.units import Units, bare, key, read_units
from bot.knowledge.yaml_reading import FileProblem
from tests.knowledge.conftest import FAQ_DIR

FILE = FAQ_DIR / "units" / "dong-nai.yml"
Source = dict[str, Any]


@pytest.fixture(scope="module")
def units() -> Units:
    return read_units(FILE, "units/dong-nai.yml")


@pytest.fixture
def source(units: Units) -> Source:
    """The captured form of the units, as the importer reads it."""
    return {
        "province": {
            "name_now": units.province.name,
            "name_2025_07_01": units.province.earlier,
            "legal": ["NQ 202/2025/QH15 (hợp nhất)", "NQ 1662/NQ-UBTVQH15 ngày 16/6/2025",
                      "NQ 30/2026/QH16 (lên thành phố) và NQ 237/NQ-UBTVQH16 ngày 14/4/2026"],
        },
        "sources": {"names": units.source},
        "units": [
            {
                "code": unit.code, "name_now": unit.name, "type_now": unit.type,
                "name_2025_07_01": unit.earlier or unit.name.replace("Hoà", "Hòa"),
                "changed_2026_04_30": unit.earlier is not None,
                "legacy_before_2025_07_01": [old.model_dump() for old in unit.merged_from],
            }
            for unit in units.units
        ],
    }  # fmt: skip


@pytest.fixture
def ambiguous(units: Units) -> Source:
    """The captured form of the names that fit several."""
    rows = {
        name: [
            {"old": o.unit.name, "district": o.unit.district, "now": unit.name, "code": unit.code}
            for o in olds
            for unit in o.now
        ]
        for name, olds in units.old_by_key.items()
    }
    friends = [
        {"old": o.unit.name, "district": o.unit.district, "code": o.now[0].code, "also_new_unit": other.name}
        for o in units.old.values()
        if (other := units.same_name(o))
    ]
    several = {name: found for name, found in rows.items() if len({row["code"] for row in found}) > 1}
    return {"ambiguous_old_names": several, "false_friends": friends}


def save(data: Any, path: Path) -> Path:
    path.write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
    return path


def test_the_province_as_the_law_has_it(units: Units) -> None:
    assert (len(units.units), units.count("xã"), units.count("phường")) == (95, 62, 33)
    assert (len(units.old), len(units.districts)) == (270, 22)
    became_wards = {unit.name for unit in units.units if unit.earlier}
    assert became_wards == {
        f"Phường {name}"
        for name in ("Lộc Ninh", "Tân Khai", "Đồng Phú", "Tân Phú", "Trị An", "Trảng Bom", "Dầu Giây",
                     "Long Thành", "Xuân Lộc", "Nhơn Trạch")
    }  # fmt: skip


def test_31_old_names_lead_to_several_units_and_19_to_another_of_that_name(units: Units) -> None:
    several = {
        name
        for name, olds in units.old_by_key.items()
        if len({unit.code for old in olds for unit in old.now}) > 1
    }
    assert len(several) == 31 and {"tan thanh", "xuan tam", "loc thanh"} <= several
    friends = {old.unit.name: other.name for old in units.old.values() if (other := units.same_name(old))}
    assert friends["Phường Hố Nai"] == "Phường Hố Nai" and friends["Phường An Lộc"] == "Phường An Lộc"
    assert sum(units.same_name(old) is not None for old in units.old.values()) == 19


def test_the_only_old_unit_that_was_divided(units: Units) -> None:
    divided = [old for old in units.old.values() if len(old.now) > 1]
    assert [old.unit.name for old in divided] == ["Xã Xuân Tâm"]
    assert {unit.name for unit in divided[0].now} == {"Xã Xuân Đông", "Xã Xuân Hoà"}


def test_the_commune_is_one_of_them_and_agrees(knowledge: Knowledge) -> None:
    commune, units = knowledge.commune, knowledge.units
    assert units is not None
    unit = units.by_code[commune.code]
    assert unit.name == commune.name and unit.type == commune.type
    assert {(o.name, o.district) for o in unit.merged_from} == {
        (o.name, o.district) for o in commune.merged_from
    }


@pytest.mark.parametrize(
    ("name", "short", "folded"),
    [
        ("Xã Đak Ơ", "Đak Ơ", "dak o"),
        ("Thị trấn Gia Ray", "Gia Ray", "gia ray"),
        ("Thị xã Bình Long", "Bình Long", "binh long"),
        ("Xã Bàu Hàm 2", "Bàu Hàm 2", "bau ham 2"),
        ("xã Bảo Hoà", "Bảo Hoà", "bao hoa"),
        ("Xuân Định", "Xuân Định", "xuan dinh"),
    ],
)
def test_names_as_they_are_compared(name: str, short: str, folded: str) -> None:
    assert (bare(name), key(name)) == (short, folded)


def test_the_file_is_as_the_importer_writes_it(units: Units) -> None:
    assert render_units(units) == FILE.read_text(encoding="utf-8")


def test_an_import_gives_the_same_bytes_every_time(tmp_path: Path, source: Source, ambiguous: Source) -> None:
    files = save(source, tmp_path / "s.json"), save(ambiguous, tmp_path / "a.json")
    target = tmp_path / "units" / "dong-nai.yml"
    arguments = ["import-units", *map(str, files), "--as-of", "2026-07", "--target", str(target)]
    for _ in range(2):
        done = CliRunner().invoke(faq, arguments)
        assert done.exit_code == 0, done.output
        assert "95 xã, phường; 270 đơn vị cũ; 22 huyện cũ" in done.output
        assert target.read_bytes() == FILE.read_bytes()


def test_an_import_is_refused_where_the_lists_differ(
    tmp_path: Path, source: Source, ambiguous: Source, units: Units
) -> None:
    assert disagreements(units, ambiguous) == []
    del ambiguous["ambiguous_old_names"]["tan thanh"]
    ambiguous["false_friends"].append(
        {"old": "Xã Bảo Hoà", "district": "Huyện Xuân Lộc", "code": "26461", "also_new_unit": "Xã Bảo Hoà"}
    )
    target = tmp_path / "dong-nai.yml"
    files = save(source, tmp_path / "s.json"), save(ambiguous, tmp_path / "a.json")
    with pytest.raises(ImportRefused, match=r"'tan thanh'.*; Xã Bảo Hoà \(Huyện Xuân Lộc\)"):
        import_units(*files, target, "2026-07")
    assert not target.exists()
    source["units"][0].pop("name_now")
    save(source, files[0])
    done = CliRunner().invoke(faq, ["import-units", *map(str, files), "--as-of", "2026-07"])
    assert done.exit_code == 1 and "name_now" in done.output


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("type: phường", "type: quận", r"units/dong-nai.yml:\d+: units.0.type: không phải giá trị cho phép"),
        ("code: '25195'", "code: 25195", r":12: units.0.code: phải là chữ"),
        ("name: Phường Bình Phước", "name: Xã Bình Phước", r":12: units.0: .*phải bắt đầu bằng 'phường'"),
        ("merged_on: '2025-07-01'", "merged_on: 1/7", r":9: province.merged_on: "),
        ("as_of: 2026-07", "as_of: tháng 7", r": as_of: không đúng dạng"),
        ("code: '25198'", "code: '25195'", r":\d+: mã cũ 25195 là của Phường Tân Phú"),
        ("  - code: '25210'", "  - code: '25195'", r"mã có hai lần: 25195"),
        ("earlier: Tỉnh Đồng Nai", "earlier: Tỉnh Đồng Nai\n  note: x", r":7: province.note: khóa này"),
    ],
)  # fmt: skip
def test_a_broken_file_is_named_with_its_line(tmp_path: Path, old: str, new: str, problem: str) -> None:
    text = FILE.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "dong-nai.yml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(FileProblem, match=problem):
        read_units(path, "units/dong-nai.yml")


def test_the_loader_tells_of_broken_units_and_lives_without(tmp_path: Path) -> None:
    faq_dir = tmp_path / "faq_data"
    for name in ("communes/xuan-dinh/commune.yml", "procedures/ho-tich/1.001193-dang-ky-khai-sinh.yml"):
        (faq_dir / name).parent.mkdir(parents=True)
        shutil.copy(FAQ_DIR / name, faq_dir / name)
    assert load_knowledge(faq_dir, "xuan-dinh").units is None
    data = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    data["units"] = []
    (faq_dir / "units").mkdir()
    (faq_dir / "units" / "dong-nai.yml").write_text(
        yaml.safe_dump(data, allow_unicode=True), encoding="utf-8"
    )
    with pytest.raises(KnowledgeError, match=r"faq_data/units/dong-nai.yml:\d+: units: "):
        load_knowledge(faq_dir, "xuan-dinh")
