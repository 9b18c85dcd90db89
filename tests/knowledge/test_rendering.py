"""Answers: every procedure in every aspect, and what must and must not be told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from bot.knowledge.answer_documents import document_text
from bot.knowledge.answer_place_time import SAME_DAY
from bot.knowledge.import_documents import _DEBRIS
from bot.knowledge.loading import Knowledge
from bot.knowledge.model import Commune, FeeStatus, Office, Procedure, TimeStatus
from bot.knowledge.pages import HARD
from bot.knowledge.render import (
    ASPECT_NAMES,
    available_aspects,
    render_aspect,
    render_pages,
    short_name,
    source_line,
)
from bot.understanding.types import Aspect

TODAY = date(2026, 11, 24)
ASPECTS = list(Aspect)
# Said of every procedure: the end of the districts and of the paper household book (Luật Cư trú 2020,
# Điều 38), the 15 o'clock rule
STANDING_NUMBERS = {1, 7, 2025, 2023, 15, 2020, 38}


def body(pages: list[str]) -> str:
    """The pages without headings, source lines and list numbers, on one line."""
    lines = [line for page in pages for line in page.split("\n")[1:-1]]
    return " ".join(" ".join(re.sub(r"^\d+\. ", "", line) for line in lines).split())


def numbers(text: str) -> set[int]:
    """Every number in a text, "20.000" and "20,000" as 20000."""
    return {int(re.sub(r"[.,]", "", found)) for found in re.findall(r"\d+(?:[.,]\d{3})*", text)}


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for item in value.values():
            yield from strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)
    elif value is not None:
        yield str(value)


def known_numbers(procedure: Procedure) -> set[int]:
    told = " ".join(strings(procedure.model_dump(mode="json"))).replace("-", " ")
    return numbers(told) | STANDING_NUMBERS


@pytest.mark.parametrize("aspect", ASPECTS)
def test_every_answer_fits_the_screen_and_has_its_source(knowledge: Knowledge, aspect: Aspect) -> None:
    for procedure in knowledge.procedures.values():
        pages = render_pages(procedure, aspect, TODAY, knowledge.commune)
        assert pages
        for page in pages:
            assert len(page) <= HARD, (procedure.code, len(page))
            assert page.endswith(source_line(procedure))
            assert "\n\n" not in page and "None" not in page
            assert len(page.split("\n")) >= 3, (procedure.code, page)


@pytest.mark.parametrize("aspect", ASPECTS)
def test_no_number_is_invented(knowledge: Knowledge, aspect: Aspect) -> None:
    for procedure in knowledge.procedures.values():
        told = numbers(body(render_pages(procedure, aspect, TODAY, knowledge.commune)))
        assert told <= known_numbers(procedure), (procedure.code, told - known_numbers(procedure))


def test_every_document_is_told_once(knowledge: Knowledge) -> None:
    for procedure in knowledge.procedures.values():
        if procedure.needs_review:
            continue
        pages = render_pages(procedure, Aspect.DOCUMENTS, TODAY, knowledge.commune)
        count = sum(item.kind == "document" for group in procedure.documents for item in group.items)
        listed = [line for page in pages for line in page.split("\n") if re.match(r"^\d+\. ", line)]
        starts = [int(line.split(".")[0]) for line in listed]
        assert [n for n in dict.fromkeys(starts) if n <= count][:count] == list(range(1, count + 1))
        told = body(pages)
        for group in procedure.documents:
            for item in group.items:
                if item.kind == "document":
                    text = " ".join(document_text(item).split())
                    assert text in told, (procedure.code, text)


def test_has_more_leads_through_all_pages(knowledge: Knowledge) -> None:
    procedure = knowledge.procedures["1.004222"]
    pages = render_pages(procedure, Aspect.DOCUMENTS, TODAY)
    assert len(pages) > 3
    for number, page in enumerate(pages, 1):
        answer = render_aspect(procedure, Aspect.DOCUMENTS, TODAY, number)
        assert (answer.text, answer.has_more) == (page, number < len(pages))
    beyond = render_aspect(procedure, Aspect.DOCUMENTS, TODAY, 99)
    assert (beyond.text, beyond.has_more) == (pages[-1], False)
    assert render_aspect(procedure, Aspect.DOCUMENTS, TODAY, 0).text == pages[0]


def test_documents_of_a_birth(knowledge: Knowledge) -> None:
    lines = render_aspect(knowledge.procedures["1.001193"], Aspect.DOCUMENTS, TODAY).text.split("\n")
    assert lines[0] == "Đăng ký khai sinh (1.001193) – ông/bà chuẩn bị:"
    assert lines[1] == "Phải nộp:"
    assert lines[2].startswith("1. Giấy chứng sinh; trường hợp không có Giấy chứng sinh thì nộp văn bản")
    assert any(line.startswith("4. Giấy tờ tùy thân có ảnh") for line in lines)
    assert lines[-1] == "Nguồn: Cổng Dịch vụ công quốc gia, dữ liệu tháng 7/2026."


@pytest.mark.parametrize(
    ("code", "heading", "first"),
    [
        (
            "1.004222",
            "Chọn đúng trường hợp của ông/bà:",
            "▸ Đăng ký thường trú vào chỗ ở hợp pháp thuộc quyền",
        ),
        ("2.001263", "Hồ sơ gồm các phần:", "▸ Hồ sơ của người nhận con nuôi:"),
        ("1.013225", "Chọn đúng trường hợp của ông/bà:", "▸ Đối với công trình nhà ở riêng lẻ:"),
        ("1.116410", "1. Phiếu thu nhận thông tin căn cước", "2. Phiếu đề nghị"),
    ],
)
def test_cases_and_parts_are_told_apart(knowledge: Knowledge, code: str, heading: str, first: str) -> None:
    lines = render_aspect(knowledge.procedures[code], Aspect.DOCUMENTS, TODAY).text.split("\n")
    assert lines[1].startswith(heading)
    assert lines[2].startswith(first)


def test_the_paper_household_book_carries_a_note(knowledge: Knowledge) -> None:
    text = render_aspect(knowledge.procedures["2.000986"], Aspect.DOCUMENTS, TODAY).text
    assert "không còn dùng từ 1/1/2023" in text


def test_forms_are_named_once(knowledge: Knowledge) -> None:
    text = body(render_pages(knowledge.procedures["1.004194"], Aspect.FORM, TODAY))
    assert "CT01" in text and "tìm mã 1.004194" in text


def test_a_fee_is_told_only_where_the_record_or_the_law_says_so(knowledge: Knowledge) -> None:
    sure = {FeeStatus.AMOUNT, FeeStatus.FREE_STATED}
    for procedure in knowledge.served():
        text = body(render_pages(procedure, Aspect.FEE, date(2027, 6, 1)))
        if procedure.completed_fee is None and procedure.fee.status not in sure:
            assert not re.search(r"miễn phí|\d ?(?:đồng|đ)\b|không thu", text, re.IGNORECASE), procedure.code
            assert "tại quầy" in text


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("1.002693", "không dám nói chắc"),  # unknown
        ("1.011607", "không dám nói chắc"),  # free_label_only
        ("1.001193", "không phải nộp lệ phí. • Đăng ký quá hạn: mức thu do HĐND"),  # label only, then the law
        ("1.004979", "HĐND thành phố Đồng Nai quy định"),  # provincial_council
        ("1.012796", "Ghi chú của Cổng: Theo quy định của Luật phí và lệ phí"),  # see_note
        ("2.000635", "8.000 đồng"),
        ("2.001827", "700.000 đồng"),
        ("2.002637", "Miễn phí"),  # free_stated, by law
        ("1.001662", "Dữ liệu ghi miễn phí, kèm ghi chú “Không quy định”"),  # free_stated, but see
        ("1.003133", "không khớp nhau"),
        ("1.004222", "Nộp trực tiếp: 20.000 đồng/lần."),
        ("1.004194", "nộp trực tiếp: 15.000 đồng/lần."),  # a row that the portal dropped
        ("1.013067", "Mức thu của xe máy, xe tải và các loại xe khác: chưa kiểm được"),
    ],
)
def test_fees(knowledge: Knowledge, code: str, says: str) -> None:
    assert says in body(render_pages(knowledge.procedures[code], Aspect.FEE, TODAY))


def test_an_unverified_sum_is_not_told(knowledge: Knowledge) -> None:
    assert "4.000" not in body(render_pages(knowledge.procedures["1.003133"], Aspect.FEE, TODAY))


@pytest.mark.parametrize(
    ("today", "told"),
    [
        (date(2026, 8, 14), False),
        (date(2026, 8, 15), True),
        (date(2027, 2, 28), True),
        (date(2027, 3, 1), False),
    ],
)
def test_the_fee_holiday_is_told_while_it_lasts(knowledge: Knowledge, today: date, told: bool) -> None:
    holders = [p for p in knowledge.procedures.values() if p.fee_holiday]
    assert len(holders) == 12
    for procedure in holders:
        text = body(render_pages(procedure, Aspect.FEE, today))
        assert ("VNeID mức độ 2, đã tích hợp 05 loại giấy tờ cơ bản, nộp trực tuyến" in text) is told
        assert ("từ 15/8/2026 đến 28/2/2027" in text.lower()) is told


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("1.001193", "Thường có trong ngày. Hồ sơ nhận sau 15 giờ thì trả vào ngày làm việc tiếp theo."),
        ("1.001570", "Trong thời hạn 01 ngày làm việc kể từ ngày nhận được hồ sơ hợp lệ"),
        ("1.001612", "03 ngày làm việc"),
        ("1.004873", "• 03 ngày làm việc. • Phải xác minh: không quá 23 ngày."),  # by law
        ("1.004884", "không ghi rõ thời hạn"),
        ("1.004222", "7 ngày làm việc, tính từ khi hồ sơ hợp lệ."),
        ("1.013133", "• Nộp trực tiếp: 1 ngày làm việc. • Nộp qua mạng: 2 giờ."),
        ("1.013144", "không quy định thời hạn"),
    ],
)
def test_times(knowledge: Knowledge, code: str, says: str) -> None:
    assert says in body(render_pages(knowledge.procedures[code], Aspect.TIME, TODAY))


def test_a_time_without_unit_is_never_a_bare_number(knowledge: Knowledge) -> None:
    without = [p for p in knowledge.procedures.values() if "time:unit_missing" in p.flags]
    assert len(without) == 48
    for procedure in without:
        assert procedure.times.status in (TimeStatus.SAME_DAY, TimeStatus.STEPS, TimeStatus.UNKNOWN)
        assert procedure.times.limits == ()
        (first, *rest) = render_aspect(procedure, Aspect.TIME, TODAY).text.split("\n")[1:-1]
        assert not re.search(r"\d", first) or first == SAME_DAY
        told = [line for line in rest if re.search(r"\d", line) and not line.startswith("Căn cứ:")]
        assert all(re.search(r"\d+ (ngày|giờ|tháng)", line) for line in told), procedure.code


def test_places_name_the_communes_office_and_nothing_unknown(knowledge: Knowledge) -> None:
    birth = render_aspect(
        knowledge.procedures["1.001193"], Aspect.PLACE, TODAY, commune=knowledge.commune
    ).text
    assert "Nộp tại: Trung tâm Phục vụ hành chính công xã Xuân Định." in birth
    assert "Địa chỉ, giờ làm việc, điện thoại: chưa cập nhật." in birth
    residence = render_aspect(
        knowledge.procedures["1.004222"], Aspect.PLACE, TODAY, commune=knowledge.commune
    )
    assert "Nộp tại: Công an xã Xuân Định." in residence.text
    assert "Nộp tại: Công an xã." in render_aspect(knowledge.procedures["1.004222"], Aspect.PLACE, TODAY).text


def test_places_tell_what_the_commune_filled_in(knowledge: Knowledge) -> None:
    office = Office(name="Công an xã Xuân Định", role="police", address="Ấp 1", hours=None, phone="0251 1")
    commune: Commune = knowledge.commune.model_copy(update={"offices": (office,)})
    text = render_aspect(knowledge.procedures["1.004222"], Aspect.PLACE, TODAY, commune=commune).text
    assert "Địa chỉ: Ấp 1. Giờ làm việc: chưa cập nhật. Điện thoại: 0251 1." in text


def test_social_insurance_is_not_sent_to_the_communes_counter(knowledge: Knowledge) -> None:
    text = render_aspect(
        knowledge.procedures["1.001613"], Aspect.PLACE, TODAY, commune=knowledge.commune
    ).text
    assert "Nơi giải quyết: Bảo hiểm xã hội cấp Tỉnh." in text
    assert "Nộp tại" not in text


def test_fault_8_the_district_level_carries_a_note(knowledge: Knowledge) -> None:
    flagged = [p for p in knowledge.served() if p.mentions_district]
    assert {"3.000421", "3.000422", "3.000423", "1.013181"} <= {p.code for p in flagged}
    for procedure in flagged:
        for aspect in (Aspect.PLACE, Aspect.STEPS):
            assert "cấp này không còn từ 1/7/2025" in render_aspect(procedure, aspect, TODAY).text
    waiting = body(render_pages(knowledge.procedures["1.013181"], Aspect.TIME, TODAY))
    assert "cấp huyện nhận đủ giấy tờ" in waiting and "cấp này không còn" in waiting
    assert "cấp huyện" not in body(render_pages(knowledge.procedures["1.001193"], Aspect.PLACE, TODAY))


def test_no_office_of_the_district_is_named_as_the_place(knowledge: Knowledge) -> None:
    for procedure in knowledge.served():
        text = body(render_pages(procedure, Aspect.PLACE, TODAY, knowledge.commune))
        assert not re.search(r"huyện", text.replace("dữ liệu còn nhắc cấp huyện", "")), procedure.code


def test_fault_10_content_under_review_points_to_the_counter(knowledge: Knowledge) -> None:
    for code in ("1.014853", "1.014863"):
        procedure = knowledge.procedures[code]
        for aspect in (Aspect.DOCUMENTS, Aspect.STEPS, Aspect.PLACE, Aspect.FORM):
            text = render_aspect(procedure, aspect, TODAY).text
            assert "phải kiểm lại" in text and "quầy" in text
        assert Aspect.DOCUMENTS not in available_aspects(procedure)


def test_fault_3_no_file_name_is_left_in_an_answer(knowledge: Knowledge) -> None:
    for procedure in knowledge.procedures.values():
        for group in procedure.documents:
            for item in group.items:
                assert not any(pattern.search(item.text) for pattern in _DEBRIS)
                assert not re.search(r"\.(docx?|pdf|xlsx?)\b|Mu[A-Z]?\w*\d\w{6}", item.text), procedure.code


def test_online_and_the_portal(knowledge: Knowledge) -> None:
    yes = render_aspect(knowledge.procedures["1.001193"], Aspect.ONLINE, TODAY).text
    no = render_aspect(knowledge.procedures["2.000815"], Aspect.ONLINE, TODAY).text
    assert "https://dichvucong.gov.vn" in yes and "VNeID" in yes
    assert "không ghi cách nộp qua mạng" in no


@pytest.mark.parametrize(
    ("aspect", "code"),
    [
        (Aspect.CONDITIONS, "1.001193"),
        (Aspect.STEPS, "1.014027"),
        (Aspect.LAW, "1.014371"),
        (Aspect.DOCUMENTS, "1.001613"),
        (Aspect.FORM, "1.001613"),
    ],
)
def test_an_aspect_without_data_says_so(knowledge: Knowledge, aspect: Aspect, code: str) -> None:
    procedure = knowledge.procedures[code]
    text = render_aspect(procedure, aspect, TODAY).text
    assert "Dữ liệu không" in text and "quầy" in text
    assert aspect not in available_aspects(procedure)


def test_the_month_of_each_record_is_told(knowledge: Knowledge) -> None:
    months = {source_line(procedure) for procedure in knowledge.procedures.values()}
    assert months == {
        f"Nguồn: Cổng Dịch vụ công quốc gia, dữ liệu tháng {month}/2026." for month in (1, 7, 9)
    }


def test_buttons_are_short_and_tell_procedures_apart(knowledge: Knowledge) -> None:
    names = {procedure.code: short_name(procedure) for procedure in knowledge.served()}
    assert max(len(name) for name in names.values()) <= 40
    assert len({name.lower() for name in names.values()}) == len(names)
    assert names["1.001193"] == "Đăng ký khai sinh"
    assert set(ASPECT_NAMES) == set(Aspect)
    assert max(len(name) for name in ASPECT_NAMES.values()) <= 20
