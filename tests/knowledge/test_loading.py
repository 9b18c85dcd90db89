"""The loader: the project's own data, and broken files that must be named with file and line."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest
import yaml

from bot.knowledge.checking import WARNING, check_faq
from bot.knowledge.importing import file_name, render_file
from bot.knowledge.loading import Knowledge, KnowledgeError, load_commune, load_knowledge
from bot.knowledge.model import ProcedureRecord
from tests.knowledge.conftest import FAQ_DIR

BIRTH = "procedures/ho-tich/1.001193-dang-ky-khai-sinh.yml"
MARRIAGE = "procedures/ho-tich/1.000894-dang-ky-ket-hon.yml"
COMMUNE = "communes/xuan-dinh/commune.yml"


@pytest.fixture
def faq_dir(tmp_path: Path) -> Path:
    """A small faq_data: two procedures, names, a fee, the commune."""
    target = tmp_path / "faq_data"
    for name in (BIRTH, MARRIAGE, COMMUNE):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(FAQ_DIR / name, target / name)
    (target / "aliases").mkdir()
    (target / "aliases" / "ho-tich.yml").write_text(
        "'1.001193':\n  aliases: [giấy khai sinh]\n  everyday: [làm giấy khai sinh]\n", encoding="utf-8"
    )
    return target


def problems(faq_dir: Path, commune: str = "xuan-dinh") -> tuple[str, ...]:
    with pytest.raises(KnowledgeError) as caught:
        load_knowledge(faq_dir, commune)
    return caught.value.problems


def test_all_350_procedures_are_loaded_fast() -> None:
    started = time.thread_time()  # of this thread: what else the machine does is no matter
    knowledge = load_knowledge(FAQ_DIR, "xuan-dinh")
    assert time.thread_time() - started < 2
    assert len(knowledge.procedures) == 350
    served = {procedure.code for procedure in knowledge.served()}
    assert len(served) == 350 - 19  # 17 identity-card codes and two of the district level
    assert {"1.116410", "1.116411"} <= served


def test_every_file_is_as_the_importer_writes_it() -> None:
    for path in sorted(FAQ_DIR.glob("procedures/*/*.yml")):
        text = path.read_text(encoding="utf-8")
        record = ProcedureRecord.model_validate(yaml.safe_load(text))
        assert render_file(record) == text, path.name
        assert f"{path.parent.name}/{path.name}" == file_name(record)
        assert len(text.encode()) < 200_000


def test_successors(knowledge: Knowledge) -> None:
    successor = knowledge.successor("1.014063")
    assert successor is not None and successor.code == "1.116410"
    assert knowledge.successor("1.014065") is None  # not known: an officer
    assert knowledge.successor("1.001193") is None
    assert knowledge.successor("9.999999") is None


def test_missing_procedures_have_a_name_only_where_it_is_known(knowledge: Knowledge) -> None:
    assert len(knowledge.missing) >= 27
    assert knowledge.missing["3.000283"].name == "Khóa tài khoản định danh điện tử"
    assert knowledge.missing["2.001428"].name is None
    assert not set(knowledge.missing) & set(knowledge.procedures)


def test_fault_9_the_communes_own_facts_are_not_invented(knowledge: Knowledge) -> None:
    commune = knowledge.commune
    assert commune.full_name == "Xã Xuân Định, thành phố Đồng Nai"
    assert {unit.name for unit in commune.merged_from} == {"Xã Xuân Bảo", "Xã Xuân Định", "Xã Bảo Hoà"}
    assert (commune.address, commune.hours, commune.phone, commune.website) == (None, None, None, None)
    assert commune.officers == ()
    assert all((o.address, o.hours, o.phone) == (None, None, None) for o in commune.offices)


def test_knowledge_cannot_be_changed(knowledge: Knowledge) -> None:
    with pytest.raises(TypeError):
        knowledge.procedures["1.001193"] = None  # type: ignore[index]
    with pytest.raises(ValueError, match="frozen"):
        knowledge.procedures["1.001193"].name = "x"  # type: ignore[misc]


def test_hand_written_names_join_the_record(faq_dir: Path) -> None:
    procedure = load_knowledge(faq_dir, "xuan-dinh").procedures["1.001193"]
    assert procedure.aliases == ("giấy khai sinh",)
    assert procedure.everyday == ("làm giấy khai sinh",)


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("field: Hộ tịch", "field: [Hộ tịch", None, "YAML sai cú pháp"),
        ("ministry: Bộ Tư pháp", "bộ: Bộ Tư pháp", 6, "khóa này không có trong mẫu"),
        ("ministry: Bộ Tư pháp\n", "", 1, "ministry: thiếu khóa này"),
        ("agency_level: Cấp xã", "agency_level: 3", 8, "phải là chữ"),
        ("as_of: 2026-07", "as_of: tháng 7", None, "as_of: không đúng dạng"),
        ("code: '1.001193'", "code: '1.001193'\ncode: '1.001193'", 4, "có hai lần"),
        ("code: '1.001193'", "code: '1.001194'", 3, "không khớp tên tệp"),
        ("code: '1.001193'", "code: 1.001193", 3, "code: phải là chữ"),
        ("field: Hộ tịch", "field: Đất đai", 5, "phải nằm trong thư mục dat-dai"),
        ("status: free_label_only", "status: free", None, "không phải giá trị cho phép"),
        (
            "applicants:\n  - Công dân Việt Nam",
            "applicants: Công dân\nx:\n  - Công dân Việt Nam",
            9,
            "danh sách",
        ),
    ],
    ids=lambda value: str(value)[:24],
)
def test_a_broken_procedure_is_named_with_its_line(
    faq_dir: Path, old: str, new: str, line: int | None, says: str
) -> None:
    path = faq_dir / BIRTH
    text = path.read_text(encoding="utf-8")
    assert old in text
    broken = text.replace(old, new, 1)
    path.write_text(broken, encoding="utf-8")
    found = [problem for problem in problems(faq_dir) if says in problem]
    assert found, problems(faq_dir)
    assert found[0].startswith(f"faq_data/{BIRTH}:")
    number = int(found[0].split(":")[1])
    assert number == line if line else 1 <= number <= broken.count("\n") + 1


def test_a_deep_problem_has_the_line_of_its_own_key(faq_dir: Path) -> None:
    path = faq_dir / BIRTH
    lines = path.read_text(encoding="utf-8").splitlines()
    place = next(number for number, line in enumerate(lines, 1) if line.strip() == "originals: 1")
    lines[place - 1] = lines[place - 1].replace("1", "một")
    path.write_text("\n".join(lines), encoding="utf-8")
    (problem,) = problems(faq_dir)
    assert problem.startswith(f"faq_data/{BIRTH}:{place}: documents.0.items.0.originals:")


def test_all_problems_are_told_at_once(faq_dir: Path) -> None:
    (faq_dir / BIRTH).write_text("code: [", encoding="utf-8")
    (faq_dir / MARRIAGE).write_text("just text", encoding="utf-8")
    (faq_dir / COMMUNE).write_text("name: Xã A\n", encoding="utf-8")
    found = "\n".join(problems(faq_dir))
    assert all(name in found for name in (BIRTH, MARRIAGE, COMMUNE))


def test_the_same_code_twice_is_refused(faq_dir: Path) -> None:
    shutil.copy(faq_dir / BIRTH, (faq_dir / BIRTH).with_name("1.001193-khai-sinh-cu.yml"))
    (problem,) = problems(faq_dir)
    assert "mã 1.001193 đã có trong" in problem and problem.split(":")[1] == "3"


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("aliases/x.yml", "'1.999999': {aliases: [a]}\n", "aliases/x.yml:1: không có thủ tục mã 1.999999"),
        ("aliases/x.yml", "'1.001193': {aliases: [a]}\n", "aliases/x.yml:1: mã 1.001193 đã có ở tệp khác"),
        ("aliases/x.yml", "\n'1.000894':\n  alias: [a]\n", "aliases/x.yml:3: alias: khóa này không có"),
        ("aliases/x.yml", "- a\n", "aliases/x.yml:1: phải là các mã thủ tục"),
        ("aliases/x.yml", f"'1.000894': {{button: {'x' * 41}}}\n", "aliases/x.yml:1: button: dài quá"),
        ("completed/fees.yml", "'1.001193':\n  lines: [a]\n", "completed/fees.yml:1: legal: thiếu khóa"),
        ("aliases/x.yml", "1.000894: {aliases: [a]}\n", "aliases/x.yml:1: đặt mã 1.000894 trong dấu nháy"),
        ("aliases/x.yml", "{[a]: b}\n", "aliases/x.yml:1: YAML sai cú pháp"),
        ("missing.yml", "- '1.001193'\n", "missing.yml:1: phải là các mã thủ tục"),
        ("missing.yml", "'1.001193': {}\n", "missing.yml:1: thủ tục 1.001193 nay đã có dữ liệu"),
        ("missing.yml", "'1.0011': {}\n", "missing.yml:1: code: không đúng dạng"),
    ],
)
def test_broken_hand_written_files(faq_dir: Path, name: str, content: str, says: str) -> None:
    (faq_dir / name).parent.mkdir(exist_ok=True)
    (faq_dir / name).write_text(content, encoding="utf-8")
    assert any(says in problem for problem in problems(faq_dir)), problems(faq_dir)


def test_an_unknown_commune_names_those_that_exist(faq_dir: Path) -> None:
    (problem,) = problems(faq_dir, "xuan-loc")
    assert "communes/xuan-loc/commune.yml:1" in problem and "xuan-dinh" in problem


def test_the_commune_alone(faq_dir: Path) -> None:
    shutil.rmtree(faq_dir / "procedures")
    assert load_commune(faq_dir, "xuan-dinh").name == "Xã Xuân Định"
    with pytest.raises(KnowledgeError, match="xuan-dinh"):
        load_commune(faq_dir, "xuan-loc")


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    assert any("không có tệp thủ tục nào" in problem for problem in problems(tmp_path))


def test_a_file_that_is_not_text_is_named(faq_dir: Path) -> None:
    (faq_dir / BIRTH).write_bytes(b"\xff\xfe\x00")
    assert problems(faq_dir)[0].startswith(f"faq_data/{BIRTH}:1: không đọc được")


def test_the_projects_data_has_no_problems() -> None:
    assert [line for line in check_faq(FAQ_DIR) if not line.startswith(WARNING)] == []


def test_check_tells_loader_problems(faq_dir: Path) -> None:
    (faq_dir / BIRTH).write_text("code: [", encoding="utf-8")
    assert any(BIRTH in line for line in check_faq(faq_dir))


def test_check_tells_a_name_that_leads_to_two_procedures(faq_dir: Path) -> None:
    names = faq_dir / "aliases" / "ho-tich.yml"
    names.write_text(
        "'1.001193': {aliases: [làm giấy]}\n'1.000894': {everyday: [Lam giay]}\n", encoding="utf-8"
    )
    (line,) = (line for line in check_faq(faq_dir) if not line.startswith(WARNING))
    assert "Lam giay" in line and "1.000894, 1.001193" in line

    names.write_text("'1.001193': {shared: [làm giấy]}\n'1.000894': {shared: [làm giấy]}\n", encoding="utf-8")
    assert [line for line in check_faq(faq_dir) if not line.startswith(WARNING)] == []


def test_check_tells_buttons_that_look_the_same(faq_dir: Path) -> None:
    names = faq_dir / "aliases" / "ho-tich.yml"
    names.write_text("'1.001193': {button: Giấy tờ}\n'1.000894': {button: giấy tờ}\n", encoding="utf-8")
    assert any("giống nhau" in line for line in check_faq(faq_dir))


def test_check_warns_of_thin_entries() -> None:
    warnings = [line for line in check_faq(FAQ_DIR) if line.startswith(WARNING)]
    assert any("1.001613" in line and "không có giấy tờ" in line for line in warnings)
    assert any("1.014853" in line and "cần xem lại" in line for line in warnings)


def test_check_of_an_empty_folder(tmp_path: Path) -> None:
    assert "chưa có xã nào" in check_faq(tmp_path)[0]
