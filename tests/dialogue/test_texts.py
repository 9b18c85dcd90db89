"""faq_data/messages and faq_data/guides: what is there is sound, what is broken is refused with its place."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from bot.dialogue.guides import Texts
from bot.knowledge.loading import Knowledge, KnowledgeError
from bot.queues import FIELDS, Queue, queue_for
from bot.texts import load_texts
from bot.understanding.folding import fold
from bot.understanding.types import Skill
from bot.understanding.understander import INTENT_SKILLS
from tests.dialogue.conftest import FAQ_DIR


@pytest.fixture
def faq_dir(tmp_path: Path) -> Path:
    """A copy that a test may break."""
    copy = tmp_path / "faq_data"
    for folder in ("messages", "guides"):
        shutil.copytree(FAQ_DIR / folder, copy / folder)
    return copy


@pytest.mark.parametrize(
    ("path", "old", "new", "problem"),
    [
        ("messages/misses.yml", "{commune}", "{comune}",
         r"misses.yml:1: out_of_scope: .*comune.*cho phép: commune"),
        ("messages/misses.yml", "{commune}", "{commune", r"misses.yml:1: out_of_scope: .*ngoặc nhọn"),
        ("messages/misses.yml", "lost:", "loss:", r"misses.yml:\d+: loss: khóa này không có trong mẫu"),
        ("messages/buttons.yml", "menu: Xem trợ giúp", "menu: Xem trợ giúp của xã tôi",
         r"buttons.yml:3: menu: dài quá mức"),
        ("messages/buttons.yml", "menu: Xem trợ giúp", "menu: ''",
         r"buttons.yml:3: menu: không được để trống"),
        ("messages/erasure.yml", "kept:", "kept: [", r"erasure.yml:\d+: YAML sai cú pháp"),
        ("guides/ocop.yml", "as_of: 2025-07", "as_of: tháng 7",
         r"guides/ocop.yml:\d+: as_of: không đúng dạng"),
        ("guides/ocop.yml", "title: Sản phẩm OCOP", "id: x\ntitle: a",
         r"guides/ocop.yml:1: id: lấy theo tên tệp"),
        ("guides/traceability.yml", "topic: ocop", "topic: ocob",
         r"guides/traceability.yml:3: topic: không có bài"),
        ("guides/fee_holiday.yml", "last: 2027-02-28", "last: 2025-02-28",
         r"fee_holiday.yml:\d+: .*last phải sau first"),
    ],
)  # fmt: skip
def test_a_broken_file_is_named_with_its_line(
    faq_dir: Path, path: str, old: str, new: str, problem: str
) -> None:
    file = faq_dir / path
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(KnowledgeError) as raised:
        load_texts(faq_dir)
    assert re.search(problem, str(raised.value))


def test_all_problems_are_told_at_once(faq_dir: Path) -> None:
    (faq_dir / "messages" / "scams.yml").unlink()
    (faq_dir / "messages" / "other.yml").write_text("a: b\n", encoding="utf-8")
    (faq_dir / "guides" / "payment.yml").write_text("- x\n", encoding="utf-8")
    with pytest.raises(KnowledgeError) as raised:
        load_texts(faq_dir)
    named = [problem.split(":")[0] for problem in raised.value.problems]
    assert named == [
        "faq_data/messages/scams.yml",
        "faq_data/messages/other.yml",
        "faq_data/guides/payment.yml",
    ]


def test_every_topic_of_the_commune_has_an_answer(texts: Texts) -> None:
    told_from_the_record = {"merger", "staff"}
    topics = {topic for skill, topic in INTENT_SKILLS.values() if skill is Skill.COMMUNE}
    assert topics - told_from_the_record <= set(texts.guides)


def test_guides_point_to_procedures_that_are_served(texts: Texts, knowledge: Knowledge) -> None:
    for guide in texts.guides.values():
        for code in guide.related:
            procedure = knowledge.get(code)
            assert procedure is not None and procedure.served, (guide.id, code)
        assert all(word == fold(word) for word in guide.words), guide.id


def test_a_special_guide_answers_where_its_words_stand(texts: Texts) -> None:
    general, special = texts.guide("ocop", "ocop la gi"), texts.guide("ocop", "tem qr truy xuat")
    assert general is not None and general.id == "ocop"
    assert special is not None and special.id == "traceability"
    assert texts.guide("nothing") is None


@pytest.mark.parametrize(
    ("reason", "field", "queue"),
    [
        ("wish", "Hộ tịch", Queue.CIVIL),
        ("missing", "Chứng thực", Queue.CIVIL),
        ("misses", "Đất đai", Queue.LAND),
        ("wish", "Thành lập và hoạt động doanh nghiệp (hộ kinh doanh)", Queue.ECONOMY),
        ("wish", "Người có công", Queue.SOCIAL),
        ("wish", "Đăng ký, quản lý cư trú", Queue.POLICE),
        ("wish", "Khiếu nại, tố cáo", Queue.GENERAL),
        ("wish", "Lĩnh vực mới", Queue.GENERAL),
        ("wish", None, Queue.GENERAL),
        ("emergency", "Hộ tịch", Queue.POLICE),
        ("scam", None, Queue.POLICE),
        ("complaint", "Đất đai", Queue.GENERAL),
    ],
)
def test_queue(reason: str, field: str | None, queue: Queue) -> None:
    assert queue_for(reason, field) is queue


def test_queues_know_the_fields_of_the_data(knowledge: Knowledge) -> None:
    fields = {procedure.field for procedure in knowledge.procedures.values()}
    named = [field for fields in FIELDS.values() for field in fields]
    assert len(named) == len(set(named))
    assert set(named) <= fields, "a field that no procedure has: misspelt?"
    general = {"Khiếu nại, tố cáo", "Nghĩa vụ quân sự", "Tuyển sinh quân sự", "Tổ chức, cán bộ"}
    assert fields - set(named) == general
