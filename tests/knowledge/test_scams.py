"""The kinds of scams: the project's own files, and broken ones that must be named with file and line."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from pathlib import Path

import pytest
import yaml

from bot.dialogue.guides import Texts
from bot.knowledge.checking import check_faq
from bot.knowledge.loading import Knowledge, KnowledgeError, load_knowledge
from bot.knowledge.scams import Scam, read_scams
from bot.texts import load_texts
from tests.knowledge.conftest import FAQ_DIR

LATER = {"vneid-gia", "dich-vu-cong-gia", "ghep-anh-tong-tien", "ve-may-bay", "dien-luc", "giao-hang"}
WEBSITE = re.compile(r"[\w-]+(?:\.[\w-]+)+")
CHANNELS = "scams/channels/channels.yml"
LINK = "scams/link-doc.yml"
SIM = "scams/khoa-sim.yml"


@pytest.fixture
def faq_dir(tmp_path: Path) -> Path:
    """Two kinds and the channels."""
    target = tmp_path / "faq_data"
    for name in (CHANNELS, LINK, SIM):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(FAQ_DIR / name, target / name)
    return target


@pytest.fixture(scope="module")
def texts() -> Texts:
    return load_texts(FAQ_DIR)


def problems(faq_dir: Path) -> list[str]:
    found: list[str] = []
    read_scams(faq_dir, found)
    return found


def test_all_24_official_forms_and_the_later_warnings(knowledge: Knowledge) -> None:
    scams = knowledge.scams
    assert sorted(s.number for s in scams.values() if s.number) == list(range(1, 25))
    assert set(scams) >= LATER
    assert all(slug == scam.slug for slug, scam in scams.items())
    assert all(scams[slug].number is None for slug in LATER)


def test_every_kind_says_where_it_is_from_and_where_to_report(knowledge: Knowledge) -> None:
    known = {entry["text"] for entry in yaml.safe_load((FAQ_DIR / CHANNELS).read_text()).values()}
    for scam in knowledge.scams.values():
        assert set(scam.report) <= known, scam.slug
        assert any(WEBSITE.search(source) for source in scam.sources), scam.slug
        assert "2023-06" <= scam.as_of <= "2026-12", scam.slug


def _shown(scam: Scam) -> str:
    return "\n".join([scam.name, *scam.signs, scam.example, *scam.what_to_do, *scam.report])


def test_no_old_number_and_no_word_that_declares_safety(knowledge: Knowledge) -> None:
    """The hot line of 2021 is not shown; nothing is called safe."""
    for scam in knowledge.scams.values():
        shown = _shown(scam)
        assert "069" not in shown, scam.slug
        assert "an toàn" not in shown.lower(), scam.slug


def test_examples_name_nobodys_site(knowledge: Knowledge) -> None:
    """Invented addresses end in .example, which nobody can own (RFC 2606); no account or phone in full."""
    for scam in knowledge.scams.values():
        hosts = re.findall(r"\b[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}\b", scam.example)
        assert all(host.endswith(".example") for host in hosts), scam.slug
        assert not re.search(r"\d{7}", re.sub(r"[ .]", "", scam.example)), scam.slug


def test_the_kinds_of_one_group_fit_on_the_buttons_of_messenger(knowledge: Knowledge, texts: Texts) -> None:
    """13 quick replies at most, one of them to go on."""
    groups = Counter(scam.group for scam in knowledge.scams.values())
    assert set(groups) == set(texts.wording.scams.groups)
    assert max(groups.values()) <= 12
    assert list(groups)[:2] == ["co-quan", "mao-danh"]  # in the order of the overview


def test_scams_cannot_be_changed(knowledge: Knowledge) -> None:
    with pytest.raises(TypeError):
        knowledge.scams["x"] = None  # type: ignore[index]


def test_the_channels_ids_become_their_lines(faq_dir: Path) -> None:
    found: list[str] = []
    scams = read_scams(faq_dir, found)
    assert not found and set(scams) == {"link-doc", "khoa-sim"}
    assert any("156" in line for line in scams["khoa-sim"].report)


def test_without_the_folder_there_are_no_kinds(tmp_path: Path) -> None:
    found: list[str] = []
    assert read_scams(tmp_path, found) == {} and not found


@pytest.mark.parametrize(
    ("old", "new", "key", "says"),
    [
        ("number: 3", "number: 25", "number", ""),
        ("number: 3", "number: 23", "number", "số 23 đã có ở"),
        ("number: 3", "number: 3\nslug: x", "slug", "lấy theo tên tệp"),
        ("number: 3", "number: 3\nextra: x", "extra", "khóa này không có trong mẫu"),
        ("button: Dọa khóa SIM", "button: Dọa khóa SIM của nhà mạng", "button", "dài quá mức"),
        ("button: Dọa khóa SIM", "button: link độc trên mạng", "button", "đã có ở khoa-sim.yml: đổi nút"),
        ("group: mao-danh", "group: khac", "group", "không phải giá trị cho phép"),
        ("  - khóa sim\n", "  - Link lạ\n", "Link lạ", "tên 'link lạ' đã có ở khoa-sim.yml"),
        ("  - call\n", "  - hotline\n", "hotline", "không có nơi báo 'hotline'"),
        ("as_of: 2023-07", "as_of: 7/2023", "as_of", "không đúng dạng"),
        ("as_of: 2023-07\n", "", "", "as_of: thiếu khóa này"),
    ],
)
def test_a_broken_kind_is_named_with_its_line(faq_dir: Path, old: str, new: str, key: str, says: str) -> None:
    """The line is that of ``key`` in the broken file; where two files clash, that of the second."""
    path = faq_dir / SIM
    text = path.read_text(encoding="utf-8")
    assert old in text
    broken = text.replace(old, new, 1)
    path.write_text(broken, encoding="utf-8")
    found = problems(faq_dir)
    assert len(found) == 1 and says in found[0], found
    file, line = found[0].split(":")[:2]
    other = (faq_dir / LINK).read_text(encoding="utf-8")
    where = broken if file.endswith("khoa-sim.yml") else other
    if file.endswith("khoa-sim.yml") and key:
        assert key in where.splitlines()[int(line) - 1]
    assert 1 <= int(line) <= where.count("\n") + 1


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        (SIM, "number: [", "YAML sai cú pháp"),
        (SIM, "just text", "phải là một nhóm khóa"),
        (SIM, "", "phải là một nhóm khóa"),
        (CHANNELS, "- a", "phải là các nơi báo"),
        (CHANNELS, "call: {text: x}", "source: thiếu khóa này"),
    ],
)
def test_a_file_that_is_none(faq_dir: Path, name: str, text: str, says: str) -> None:
    (faq_dir / name).write_text(text, encoding="utf-8")
    assert any(problem.startswith(f"faq_data/{name}:") and says in problem for problem in problems(faq_dir))


def test_without_the_channels_nobody_knows_where_to_report(faq_dir: Path) -> None:
    (faq_dir / CHANNELS).unlink()
    found = problems(faq_dir)
    assert found[0].startswith(f"faq_data/{CHANNELS}:1: không đọc được tệp")


def test_the_loader_and_bot_check_refuse_a_broken_kind(tmp_path: Path) -> None:
    target = tmp_path / "faq_data"
    shutil.copytree(FAQ_DIR, target)
    (target / SIM).write_text("number: 3\n", encoding="utf-8")
    with pytest.raises(KnowledgeError) as caught:
        load_knowledge(target, "xuan-dinh")
    told = [problem for problem in caught.value.problems if SIM in problem]
    assert any("name: thiếu khóa này" in problem for problem in told)
    assert told[0] in check_faq(target)
