"""Families of near-twins: the project's own hold together, broken ones are refused with file and line."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bot.knowledge.loading import Knowledge, KnowledgeError, load_knowledge
from bot.understanding.folding import words
from tests.knowledge.conftest import FAQ_DIR

FILES = (
    "procedures/ho-tich/1.001193-dang-ky-khai-sinh.yml",
    "procedures/ho-tich/1.000894-dang-ky-ket-hon.yml",
    "procedures/dang-ky-quan-ly-cu-tru/1.004222-dang-ky-thuong-tru.yml",
    "communes/xuan-dinh/commune.yml",
)
FAMILY = """question: Ông/bà hỏi việc nào?
plain: '1.001193'
names: [khai sinh]
cases:
  - code: '1.001193'
    label: Khai sinh
  - code: '1.000894'
    label: Kết hôn
    says: [kết hôn]
  - code: '1.004222'
    id: own
    group: Đăng ký thường trú vào chỗ ở hợp pháp thuộc quyền sở hữu
    label: Nhà của mình
"""


@pytest.fixture
def faq_dir(tmp_path: Path) -> Path:
    """A small faq_data with one family."""
    target = tmp_path / "faq_data"
    for name in FILES:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(FAQ_DIR / name, target / name)
    (target / "variants").mkdir()
    (target / "variants" / "khai-sinh.yml").write_text(FAMILY, encoding="utf-8")
    (target / "missing.yml").write_text("'1.012786':\n  name: Cấp lại sổ\n'1.012590': {}\n", encoding="utf-8")
    return target


def test_a_family_is_loaded_under_its_files_name(faq_dir: Path) -> None:
    family = load_knowledge(faq_dir, "xuan-dinh").variants["khai-sinh"]
    assert family.codes == {"1.001193", "1.000894", "1.004222"}
    assert [case.label for case in family.cases if case.offered] == ["Khai sinh", "Kết hôn", "Nhà của mình"]
    own = family.case("1.004222", "own")
    assert own is not None and own.id == "own"
    assert family.case("1.004222", "rented") is None


def test_no_folder_is_no_family(faq_dir: Path) -> None:
    shutil.rmtree(faq_dir / "variants")
    assert not load_knowledge(faq_dir, "xuan-dinh").variants


def test_a_missing_procedure_with_a_name_may_be_a_case(faq_dir: Path) -> None:
    path = faq_dir / "variants" / "khai-sinh.yml"
    path.write_text(FAMILY.replace("'1.000894'", "'1.012786'"), encoding="utf-8")
    assert "1.012786" in load_knowledge(faq_dir, "xuan-dinh").variants["khai-sinh"].codes


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("'1.000894'", "'9.999999'", 7, "không có thủ tục mã 9.999999"),
        ("'1.000894'", "'1.012590'", 7, "không có thủ tục mã 1.012590"),
        ("code: '1.000894'", "code: 1.000894", 7, "phải là chữ"),
        ("'1.000894'", "'1.001193'", 7, "đã có ở trường hợp khác: gộp lại"),
        ("label: Kết hôn", "label: Khai sinh", 8, "nhãn 'Khai sinh' đã có"),
        ("label: Kết hôn", f"label: {'x' * 41}", 8, "dài quá mức"),
        ("says: [kết hôn]", "sayz: [kết hôn]", 9, "khóa này không có trong mẫu"),
        ("says: [kết hôn]", "says: kết hôn", 9, "danh sách"),
        ("plain: '1.001193'", "plain: '1.000656'", 2, "không có trong cases"),
        ("names: [khai sinh]\n", "", 1, "names: thiếu khóa này"),
        ("question: Ông", "slug: x\nquestion: Ông", 1, "lấy theo tên tệp"),
        ("    id: own\n", "", 11, "group và id phải đi cùng nhau"),
        ("thuộc quyền sở hữu", "của ai đó", 12, "không có đúng một nhóm"),
        (": Đăng ký thường trú vào chỗ ở hợp pháp thuộc quyền sở hữu", ": Đăng ký", 12, "đúng một nhóm"),
        ("    says: [kết hôn]", "    offered: false", None, None),
        ("cases:", "cases: [", None, "YAML sai cú pháp"),
    ],
)
def test_a_broken_family_is_named_with_its_line(
    faq_dir: Path, old: str, new: str, line: int | None, says: str | None
) -> None:
    assert old in FAMILY
    (faq_dir / "variants" / "khai-sinh.yml").write_text(FAMILY.replace(old, new, 1), encoding="utf-8")
    if says is None:
        assert load_knowledge(faq_dir, "xuan-dinh").variants
        return
    with pytest.raises(KnowledgeError) as raised:
        load_knowledge(faq_dir, "xuan-dinh")
    found = [problem for problem in raised.value.problems if says in problem]
    assert found, raised.value.problems
    assert found[0].startswith("faq_data/variants/khai-sinh.yml:")
    assert line is None or found[0].split(":")[1] == str(line)


def test_a_family_needs_two_buttons(faq_dir: Path) -> None:
    text = FAMILY.replace("    says: [kết hôn]", "    offered: false") + "    offered: false\n"
    (faq_dir / "variants" / "khai-sinh.yml").write_text(text, encoding="utf-8")
    with pytest.raises(KnowledgeError, match="ít nhất hai trường hợp có nút"):
        load_knowledge(faq_dir, "xuan-dinh")


def test_a_superseded_procedure_is_no_case(faq_dir: Path) -> None:
    name = next(FAQ_DIR.glob("procedures/*/1.014063-*.yml")).relative_to(FAQ_DIR)
    successor = next(FAQ_DIR.glob("procedures/*/1.116410-*.yml")).relative_to(FAQ_DIR)
    for path in (name, successor):
        (faq_dir / path).parent.mkdir(exist_ok=True)
        shutil.copy(FAQ_DIR / path, faq_dir / path)
    text = FAMILY.replace("'1.000894'", "'1.014063'")
    (faq_dir / "variants" / "khai-sinh.yml").write_text(text, encoding="utf-8")
    with pytest.raises(KnowledgeError, match=r"khai-sinh.yml:7: thủ tục 1.014063 đã bị thay thế"):
        load_knowledge(faq_dir, "xuan-dinh")


def test_the_families_that_residents_ask_for_are_there(knowledge: Knowledge) -> None:
    wanted = {
        "khai-sinh", "khai-tu", "ket-hon", "trich-luc", "cai-chinh-ho-tich", "chung-thuc", "vneid",
        "thuong-tru", "tam-tru", "so-do", "giay-phep-xay-dung", "ho-kinh-doanh", "dang-ky-xe",
        "tro-cap-xa-hoi", "mai-tang", "the-bhyt", "khieu-nai-to-cao", "nguoi-co-cong",
    }  # fmt: skip
    assert wanted <= set(knowledge.variants)


def test_questions_are_short_and_the_ordinary_case_has_a_button(knowledge: Knowledge) -> None:
    for family in knowledge.variants.values():
        assert len(family.question) <= 80 and family.question.endswith("?"), family.slug
        buttons = [case for case in family.cases if case.offered]
        assert len(buttons) <= 7, family.slug
        assert family.plain is None or family.plain in {case.code for case in buttons}, family.slug


def test_no_case_is_told_by_the_familys_bare_name(knowledge: Knowledge) -> None:
    """Then nobody who says only the name would be asked."""
    for family in knowledge.variants.values():
        if family.plain is None and family.slug != "trich-luc":  # "trích lục" alone means civil status
            told = {" ".join(words(phrase)) for case in family.cases for phrase in case.says}
            assert not told & {" ".join(words(name)) for name in family.names}, family.slug
