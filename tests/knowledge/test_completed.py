"""What the portal leaves open, completed from the law: the sixty most asked procedures and every entry."""

from __future__ import annotations

import re
import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest

from bot.knowledge.loading import Knowledge, KnowledgeError, load_knowledge
from bot.knowledge.model import Completed, FeeStatus, Procedure, TimeStatus
from bot.knowledge.render import Aspect, available_aspects, render_pages
from tests.knowledge.conftest import FAQ_DIR
from tests.knowledge.test_rendering import TODAY, body, numbers

ASKED = Path(__file__).parent / "data" / "most_asked.txt"


def _most_asked() -> dict[str, tuple[str, str]]:
    """Of each of the sixty, by code: what is expected of its fee and of its time."""
    lines = [line for line in ASKED.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return {code: (fee, time) for code, fee, time, _ in (line.split(maxsplit=3) for line in lines)}


MOST_ASKED = _most_asked()


def _entries(knowledge: Knowledge) -> list[tuple[Procedure, Aspect, Completed]]:
    found: list[tuple[Procedure, Aspect, Completed]] = []
    for procedure in knowledge.procedures.values():
        if procedure.completed_fee:
            found.append((procedure, Aspect.FEE, procedure.completed_fee))
        if procedure.completed_time:
            found.append((procedure, Aspect.TIME, procedure.completed_time))
    return found


def _fee(procedure: Procedure) -> str:
    done = procedure.completed_fee
    if done and done.lines:
        return "part" if done.council or done.unconfirmed else "told"
    if done and done.council:
        return "council"
    if not (done and done.unconfirmed) and procedure.fee.status in (FeeStatus.AMOUNT, FeeStatus.FREE_STATED):
        return "told"
    return "council" if procedure.fee.status is FeeStatus.PROVINCIAL_COUNCIL else "open"


def _time(procedure: Procedure) -> str:
    done = procedure.completed_time
    told = (done and done.lines) or procedure.times.status is not TimeStatus.UNKNOWN
    return "told" if told else "open"


def test_sixty_procedures_are_told_or_open_as_listed(knowledge: Knowledge) -> None:
    assert len(MOST_ASKED) == 60
    found = {code: knowledge.procedures[code] for code in MOST_ASKED}
    assert all(procedure.served for procedure in found.values())
    assert {code: (_fee(procedure), _time(procedure)) for code, procedure in found.items()} == MOST_ASKED


@pytest.mark.parametrize("code", MOST_ASKED)
def test_the_portals_bare_label_and_bare_number_are_never_told(knowledge: Knowledge, code: str) -> None:
    procedure = knowledge.procedures[code]
    lines = [
        line for page in render_pages(procedure, Aspect.FEE, date(2027, 6, 1)) for line in page.split("\n")
    ]
    if procedure.fee.status is not FeeStatus.FREE_STATED:
        assert not any(re.match(r"[•\s]*miễn phí", line, re.IGNORECASE) for line in lines)
    times = [line for page in render_pages(procedure, Aspect.TIME, TODAY) for line in page.split("\n")]
    assert not any(re.match(r"[•\s]*\d+[.;\s]*$", line) for line in times)


def test_every_completed_number_is_in_the_answer_with_its_own_source(knowledge: Knowledge) -> None:
    entries = _entries(knowledge)
    assert len(entries) > 60
    for procedure, aspect, done in entries:
        text = body(list(render_pages(procedure, aspect, TODAY)))
        fee = procedure.completed_fee if aspect is Aspect.FEE else None
        said = [*done.lines, *done.unconfirmed, *(fee.exempt if fee else ())]
        assert numbers(" ".join(said)) <= numbers(text), procedure.code
        assert all(" ".join(line.split()) in text for line in said), procedure.code
        assert f"Căn cứ: {done.legal} (tra tháng 11/2026)." in text, procedure.code
        assert "Theo luật:" in text and aspect in available_aspects(procedure)


def test_the_laws_source_is_apart_from_the_portals(knowledge: Knowledge) -> None:
    lines = render_pages(knowledge.procedures["1.001193"], Aspect.TIME, TODAY)[0].split("\n")
    by_law = lines.index("Theo luật:")
    assert lines[1].startswith("Thường có trong ngày.") and by_law == 2
    assert lines[-2].startswith("Căn cứ: Luật Hộ tịch 2014 Điều 15")
    assert lines[-1] == "Nguồn: Cổng Dịch vụ công quốc gia, dữ liệu tháng 7/2026."


def test_who_is_exempt_is_told_with_the_fee(knowledge: Knowledge) -> None:
    birth = body(list(render_pages(knowledge.procedures["1.004884"], Aspect.FEE, TODAY)))
    assert "HĐND thành phố Đồng Nai quy định" in birth
    assert "Không phải nộp: người thuộc gia đình có công với cách mạng; người thuộc hộ nghèo" in birth
    assert "Căn cứ: Luật Hộ tịch 2014 Điều 11 khoản 1 điểm a" in birth


def test_a_time_of_an_older_law_is_not_told(knowledge: Knowledge) -> None:
    permit = body(list(render_pages(knowledge.procedures["1.013225"], Aspect.TIME, TODAY)))
    assert "Nhà ở riêng lẻ: 07 ngày làm việc" in permit and "còn theo quy định cũ" in permit
    assert not re.search(r"\b(?:15|20) ngày", permit)
    denunciation = body(list(render_pages(knowledge.procedures["1.004327"], Aspect.TIME, TODAY)))
    assert "60 ngày" not in denunciation and "không quá 30 ngày" in denunciation.lower()


def test_nothing_is_told_after_the_law_has_ended(knowledge: Knowledge) -> None:
    ending = [(p, aspect, done) for p, aspect, done in _entries(knowledge) if done.until]
    assert len(ending) > 20
    for procedure, aspect, done in ending:
        assert done.until
        last = body(list(render_pages(procedure, aspect, done.until)))
        after = body(list(render_pages(procedure, aspect, done.until + timedelta(days=1))))
        assert "Theo luật:" in last and "Theo luật:" not in after, procedure.code
        assert "chỉ áp dụng đến hết 28/2/2027. Ông/bà hỏi quy định mới tại quầy." in after
        assert not any(line in after for line in done.lines), procedure.code


GOOD = "  legal: Luật Hộ tịch 2014 Điều 11\n  as_of: 2026-11\n"


@pytest.mark.parametrize(
    ("name", "entry", "line", "says"),
    [
        ("fees", "  lines: [a]\n  as_of: 2026-11\n", 1, "legal: thiếu khóa này"),
        (
            "fees",
            "  lines: [a]\n  legal: Luật Hộ tịch 2014\n  as_of: 2026-11\n",
            3,
            "cần tên văn bản và điều",
        ),
        ("fees", "  lines: [a]\n  legal: Điều 11\n  as_of: 2026-11\n", 3, "cần tên văn bản và điều"),
        ("fees", "  lines: [a]\n  legal: Luật Hộ tịch 2014 Điều 11\n", 1, "as_of: thiếu khóa này"),
        ("fees", "  lines: [a]\n  legal: Luật X Điều 1\n  as_of: tháng 7\n", 4, "as_of: không đúng dạng"),
        ("fees", GOOD, 1, "mục này trống"),
        ("fees", f"  exempt: [hộ nghèo]\n{GOOD}", 1, "exempt và exempt_legal phải đi cùng nhau"),
        ("fees", f"  exempt: [x]\n  exempt_legal: Luật X\n{GOOD}", 3, "cần tên văn bản và điều"),
        ("times", GOOD, 1, "mục này trống"),
        ("times", f"  lines: [a]\n  until: tháng 2\n{GOOD}", 3, "until"),
        ("times", f"  unconfirmed: [a]\n  replaces: true\n{GOOD}", 1, "replaces cần lines"),
        ("times", "  lines: [a]\n  legal: Nghị định 23/2015/NĐ-CP\n  as_of: 2026-11\n", 3, "cần tên văn bản"),
    ],
)
def test_an_entry_without_article_or_month_is_refused_with_its_line(
    tmp_path: Path, name: str, entry: str, line: int, says: str
) -> None:
    folder = "procedures/ho-tich/1.001193-dang-ky-khai-sinh.yml"
    for part in (folder, "communes/xuan-dinh/commune.yml"):
        (tmp_path / "faq_data" / part).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(FAQ_DIR / part, tmp_path / "faq_data" / part)
    (tmp_path / "faq_data/completed").mkdir()
    (tmp_path / f"faq_data/completed/{name}.yml").write_text(f"'1.001193':\n{entry}", encoding="utf-8")
    with pytest.raises(KnowledgeError) as refused:
        load_knowledge(tmp_path / "faq_data", "xuan-dinh")
    (problem,) = refused.value.problems
    assert problem.startswith(f"faq_data/completed/{name}.yml:{line}: ") and says in problem
