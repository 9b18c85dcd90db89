"""The importer on captured records: every known fault of the source, one test each."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from bot.knowledge.commands import faq
from bot.knowledge.import_documents import without_debris
from bot.knowledge.import_fees import import_fee
from bot.knowledge.importing import ImportRefused, convert, file_name, import_procedures, render_file
from bot.knowledge.model import FeeStatus, GroupRole, TimeStatus
from tests.knowledge.conftest import RECORDS

Records = dict[str, dict[str, Any]]


def tree(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*.yml"))}


def save(records: list[dict[str, Any]], path: Path) -> Path:
    path.write_text(json.dumps(records, ensure_ascii=False), encoding="utf-8")
    return path


def test_same_source_gives_same_bytes(tmp_path: Path) -> None:
    first = import_procedures(RECORDS, tmp_path / "a")
    import_procedures(RECORDS, tmp_path / "b")
    assert tree(tmp_path / "a") == tree(tmp_path / "b")
    assert first.written == len(tree(tmp_path / "a")) == 24

    again = import_procedures(RECORDS, tmp_path / "a")
    assert (again.written, again.unchanged) == (0, 24)


def test_order_of_the_source_does_not_matter(tmp_path: Path, records: Records) -> None:
    import_procedures(RECORDS, tmp_path / "a")
    import_procedures(save(list(records.values())[::-1], tmp_path / "r.json"), tmp_path / "b")
    assert tree(tmp_path / "a") == tree(tmp_path / "b")


def test_what_left_the_source_is_removed_and_hand_written_files_stay(
    tmp_path: Path, records: Records
) -> None:
    target = tmp_path / "faq_data" / "procedures"
    by_hand = tmp_path / "faq_data" / "aliases" / "ho-tich.yml"
    import_procedures(RECORDS, target)
    by_hand.parent.mkdir()
    by_hand.write_text("'1.001193': {everyday: [làm giấy khai sinh]}\n", encoding="utf-8")
    before = by_hand.read_bytes()
    del records["1.000894"]
    report = import_procedures(save(list(records.values()), tmp_path / "r.json"), target)
    assert report.removed == ("ho-tich/1.000894-dang-ky-ket-hon.yml",)
    assert by_hand.read_bytes() == before


def test_file_names_are_short_and_readable(records: Records) -> None:
    assert file_name(convert(records["1.001193"])) == "ho-tich/1.001193-dang-ky-khai-sinh.yml"
    for record in records.values():
        slug = Path(file_name(convert(record))).stem.split("-", 1)[1]
        assert 0 < len(slug) <= 60


def test_fault_1_a_printed_free_label_is_not_a_fee(records: Records) -> None:
    fee = convert(records["1.001193"]).fee
    assert (fee.status, fee.rows) == (FeeStatus.FREE_LABEL_ONLY, ())


@pytest.mark.parametrize(
    ("code", "status", "quote"),
    [
        ("1.001193", TimeStatus.SAME_DAY, None),  # "sau 15 giờ … ngày làm việc tiếp theo"
        ("1.001570", TimeStatus.STEPS, "01 ngày làm việc"),
        ("1.004873", TimeStatus.UNKNOWN, None),
        ("1.000894", TimeStatus.UNKNOWN, None),
    ],
)
def test_fault_2_a_time_without_unit(
    records: Records, code: str, status: TimeStatus, quote: str | None
) -> None:
    record = convert(records[code])
    assert record.times.status is status
    assert record.times.limits == ()
    assert all(way.time is None for way in record.ways)
    if quote:
        assert quote in record.times.quotes[0]


def test_fault_3_documents_that_were_not_split_go_back_to_the_steps(records: Records) -> None:
    record = convert(records["1.001613"])
    assert record.documents == ()
    assert record.steps is not None
    assert record.steps.startswith(
        "Bước 1. Lập, nộp hồ sơ NLĐ lập hồ sơ theo quy định tại mục 9.3 (Thành phần hồ sơ) và nộp cho"
    )
    assert "\nBước 3. Nhận kết quả" in record.steps


@pytest.mark.parametrize(
    ("glued", "clean"),
    [
        ("(Mẫu CT01 …TT-BCA).1.MuCT01banhnhkmtheo", "(Mẫu CT01 …TT-BCA)."),
        ("đồng ý bằng văn bản.1.MuCT01banhnhkmtheo", "đồng ý bằng văn bản."),
        ("Đơn xin nhận con nuôi;1.nxinnhnconnui.doc", "Đơn xin nhận con nuôi"),
        ("kèm theo Nghị định số 58/2024/NĐ-CPMus132.docx", "kèm theo Nghị định số 58/2024/NĐ-CP"),
        ("kèm theo Nghị định số 42/2026/NĐ-CPMẫu số 01.docx", "kèm theo Nghị định số 42/2026/NĐ-CP"),
        ("số 40/2024/NĐ-CP).Mus02-nnghtrcptainntutN40.2024suatheo", "số 40/2024/NĐ-CP)"),
        ("khai thác khoáng sảnMau07-PhulucII_38.2025.", "khai thác khoáng sản"),
        ("(theo mẫu ĐKX11/79 …TT-BCA).Mau", "(theo mẫu ĐKX11/79 …TT-BCA)."),
        ("bác ruột nhận cháu làm con nuôi);2.", "bác ruột nhận cháu làm con nuôi)"),
        ("Tờ khai theo Mẫu số 01", "Tờ khai theo Mẫu số 01"),
        ("Phiếu (Mẫu DC02, Thông tư số 17/2024/TT-BCA)", "Phiếu (Mẫu DC02, Thông tư số 17/2024/TT-BCA)"),
    ],
)
def test_fault_3_file_names_glued_to_a_text(glued: str, clean: str) -> None:
    assert without_debris(glued) == clean


def test_fault_4_lost_fee_rows_are_remembered(records: Records) -> None:
    assert convert(records["1.004194"]).fee.incomplete
    assert not convert(records["1.001193"]).fee.incomplete


def test_fault_5_superseded_codes_keep_their_successor(records: Records) -> None:
    renewed = convert(records["1.014063"]).superseded
    alone = convert(records["1.014065"]).superseded
    assert renewed is not None and (renewed.by, renewed.on.isoformat()) == ("1.116410", "2026-08-21")
    assert alone is not None and alone.by is None


def test_fault_6_the_month_is_kept(records: Records) -> None:
    assert convert(records["1.004194"]).as_of == "2026-07"
    assert convert(records["3.000422"]).as_of == "2026-01"


def test_fault_8_the_district_level_is_flagged(records: Records) -> None:
    assert convert(records["3.000422"]).mentions_district
    assert not convert(records["1.001193"]).mentions_district


def test_fault_8_a_procedure_of_the_district_leads_to_its_twin(records: Records) -> None:
    twins = {record["name"]: code for code, record in records.items()}
    superseded = convert(records["1.010385"], twins=twins).superseded
    assert superseded is not None and superseded.by == "1.010386"
    assert convert(records["1.010386"], twins=twins).superseded is None


def test_fault_10_the_same_steps_and_documents_need_review(tmp_path: Path) -> None:
    report = import_procedures(RECORDS, tmp_path)
    assert set(report.needs_review) == {"1.014853", "1.014863"}
    assert "1.014863" in report.needs_review["1.014853"]


@pytest.mark.parametrize(("key", "says"), [("source", "cùng một trang nguồn"), ("code", "có 2 bản ghi")])
def test_fault_10_two_records_of_one_page_or_code_are_refused(
    tmp_path: Path, records: Records, key: str, says: str
) -> None:
    records["1.000894"][key] = records["1.001193"][key]
    with pytest.raises(ImportRefused, match=says):
        import_procedures(save(list(records.values()), tmp_path / "r.json"), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_record_of_another_form_is_refused_by_code(tmp_path: Path, records: Records) -> None:
    records["1.000894"]["as_of"] = "tháng 7"
    with pytest.raises(ImportRefused, match=r"1\.000894"):
        import_procedures(save(list(records.values()), tmp_path / "r.json"), tmp_path / "out")


@pytest.mark.parametrize(
    ("cell", "note", "amount", "doubtful"),
    [
        ("8,000 VNĐ", "", 8000, False),
        ("700 VNĐ", "Phí thẩm định: 700.000 đồng/cơ sở.", 700_000, False),  # the cell lost the thousands
        ("40 Việt Nam Đồng", "4.000 đ/giấy thông hành", None, True),
        ("25 VNĐ", "25.000.000đ/giấy thông hành", None, True),
        ("5,000 Việt Nam Đồng", "trực tuyến thu 7.000 đồng/lần đăng ký.", None, True),
        ("5,000 Việt Nam Đồng", "thu 5000 đồng/lần đăng ký", 5000, False),
        ("2,000 Việt Nam Đồng", "/trang", 2000, False),
    ],
)
def test_sums_that_contradict_their_note_are_not_kept(
    records: Records, cell: str, note: str, amount: int | None, doubtful: bool
) -> None:
    record = records["2.000635"]
    record["channel_detail"] = [
        {"channel": "Trực tiếp", "time": "", "desc": "", "fees": [{"amount": cell, "note": note}]}
    ]
    (row,) = import_fee(record).rows
    assert (row.amount, row.doubt is not None) == (amount, doubtful)


def test_main_documents_come_before_special_cases_and_authorisations(records: Records) -> None:
    groups = convert(records["1.001193"]).documents
    texts = [item.text for item in groups[0].items if item.kind == "document"]
    assert texts[0].startswith("Giấy chứng sinh")
    assert texts[-1].startswith("Văn bản ủy quyền")
    assert [group.role for group in groups] == [GroupRole.SUBMIT, GroupRole.SHOW, GroupRole.NOTES]
    assert groups[1].items[0].text.startswith("Hộ chiếu/Thẻ căn cước")


def test_repeated_rows_are_kept_once(records: Records) -> None:
    record = records["1.001193"]
    record["documents"] = record["documents"] * 2
    assert convert(record) == convert(
        {**record, "documents": record["documents"][: len(record["documents"]) // 2]}
    )


@pytest.mark.parametrize(
    "field", ["Cấp, quản lý căn cước\u00a0", "Cấp, quản lý căn cước", " Cấp,\u00a0quản lý căn cước"]
)
def test_variants_of_a_field_are_one_folder(records: Records, field: str) -> None:
    record = convert({**records["1.116410"], "field": field})
    assert file_name(record).startswith("cap-quan-ly-can-cuoc/")


def test_texts_are_composed_and_have_no_invisible_characters(records: Records) -> None:
    record = records["1.001193"]
    record["name"] = unicodedata.normalize("NFD", "Thủ tục\u00a0đăng k\u200eý khai sinh")
    text = render_file(convert(record))
    assert "name: Thủ tục đăng ký khai sinh" in text
    assert unicodedata.normalize("NFC", text) == text
    assert not {"\u200e", "\u00a0"} & set(text)


def test_another_provinces_office_is_left_out(records: Records) -> None:
    record = records["2.000635"]
    record["agency"] = "Cơ quan quản lý hộ tịch, Sở Tư pháp Thành phố Hà Nội"
    assert convert(record).agency == "Cơ quan quản lý hộ tịch"
    record["agency"] = "UBND cấp xã - tỉnh Quảng Trị"
    assert convert(record).agency is None


def test_the_words_that_jumped_in_one_record_are_back(records: Records) -> None:
    steps = convert(records["1.001193"]).steps or ""
    assert "đăng ký khai sinh tại Trung tâm Phục vụ hành chính công" in steps
    assert "khai tâm" not in steps


def test_the_command_reports(tmp_path: Path) -> None:
    result = CliRunner().invoke(faq, ["import-procedures", str(RECORDS), "--target", str(tmp_path)])
    assert result.exit_code == 0, result.output
    assert "24 thủ tục: 24 tệp viết mới, 0 giữ nguyên." in result.output
    assert "Cần xem lại 1.014853" in result.output


@pytest.mark.parametrize("content", ["{", "[1]", '[{"code": "1.000001"}]'])
def test_the_command_names_a_broken_source(tmp_path: Path, content: str) -> None:
    source = tmp_path / "procedures.json"
    source.write_text(content, encoding="utf-8")
    result = CliRunner().invoke(faq, ["import-procedures", str(source), "--target", str(tmp_path / "out")])
    assert result.exit_code == 1
    assert "procedures.json" in result.output
    assert "Traceback" not in result.output
