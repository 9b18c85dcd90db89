"""Files as they come: encodings, spreadsheets, and what must not be opened."""

from __future__ import annotations

import unicodedata
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from bot.dossiers.dates import BadDate, read_day, read_moment
from bot.dossiers.encodings import encoding_of
from bot.dossiers.importing import Report, import_file
from bot.dossiers.refusals import FileRefused
from bot.dossiers.sources import TableSource
from bot.dossiers.staging import find_headings, open_rows
from bot.dossiers.xlsx_file import DiskStrings, check_zip
from bot.store.engine import make_engine
from bot.store.migrate import upgrade
from tests.dossiers.helpers import CODE, HASHER, HEAD, IDENTITY, NOW, PHONE, csv_bytes, row, xlsx

NOTE = "Bổ sung: giấy chứng nhận quyền sử dụng đất, bản sao – «đủ» 100 %"
# "Mã hồ sơ,Trạng thái,Số điện thoại" and two rows as a TCVN3 font has them
TCVN3 = (
    b"M\xb7 h\xe5 s\xac,Tr\xb9ng th\xb8i,S\xe8 \xae\xd2n tho\xb9i\r\n"
    b"H19-261102-0001,\xa7ang x\xf6 l\xfd,0900000021\r\n"
    b"H19-261102-0002,\xa7\xb7 tr\xb6 k\xd5t qu\xb6,0900000022\r\n"
)
VNI = "Maõ hoà sô,Traïng thaùi,Soá ñieän thoaïi\r\nH19-261102-0001,Ñang xöû lyù,0900000021\r\n".encode(
    "latin-1"
)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    url = f"sqlite:///{tmp_path_factory.mktemp('files') / 'a.db'}"
    upgrade(url)
    return make_engine(url)


@pytest.fixture
def put(engine: Engine, tmp_path: Path) -> Callable[[bytes], Report]:
    def take(data: bytes) -> Report:
        path = tmp_path / "a.csv"
        path.write_bytes(data)
        return import_file(engine, path, NOW, HASHER, "cli", NOW)

    return take


def windows_1258(text: str) -> bytes:
    """As Windows writes it: base letters, then one of five marks."""
    out = b""
    for character in unicodedata.normalize("NFC", text):
        try:
            out += character.encode("cp1258")
        except UnicodeEncodeError:
            base, mark = (
                unicodedata.normalize("NFD", character)[:-1],
                unicodedata.normalize("NFD", character)[-1],
            )
            if mark not in "\u0300\u0301\u0303\u0309\u0323":
                base, mark = base[0] + mark, base[1:]
            out += unicodedata.normalize("NFC", base).encode("cp1258") + mark.encode("cp1258")
    return out


@pytest.mark.parametrize(
    ("form", "encoded"),
    [
        ("CSV, UTF-8", lambda text: text.encode()),
        ("CSV, UTF-8 (BOM)", lambda text: text.encode("utf-8-sig")),
        ("CSV, UTF-8", lambda text: unicodedata.normalize("NFD", text).encode()),
        ("CSV, UTF-16", lambda text: text.encode("utf-16")),
        ("CSV, Windows-1258", windows_1258),
    ],
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_encodings_that_are_read(
    put: Callable[[bytes], Report],
    engine: Engine,
    form: str,
    encoded: Callable[[str], bytes],
    delimiter: str,
) -> None:
    report = put(encoded(csv_bytes([row(1, note=NOTE)], delimiter=delimiter).decode()))
    assert (report.done, report.form, report.problems) == (True, form, ())
    found = TableSource(engine).find(CODE)
    assert found is not None and found.dossier.note == NOTE


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (TCVN3, "TCVN3"),
        (VNI, "bảng mã"),
        (csv_bytes([row(1)]) + b"\xff\xfe", "có chỗ hỏng"),
        ("Số hồ sơ".encode("latin-1", "replace") + bytes(range(0xA0, 0x100)), "bảng mã"),
        (b"\xef\xbb\xbf" + csv_bytes([row(1)]) + b"\xff", "có chỗ hỏng"),
        (b"ma ho so\0,x", "không phải là văn bản"),
        (b"", "tệp trống"),
        (b"  \r\n ", "tệp trống"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, ".xls"),
        (b"\r\n<html><table><tr><td>x</td></tr></table>", "HTML"),
        (b"PK\x03\x04 broken", "XLSX hỏng"),
        (b"a,b,c\r\n1,2,3\r\n", "tiêu đề"),
        (b"M\xc3\xa3 h\xe1\xbb\x93 s\xc6\xa1,Ghi ch\xc3\xba\r\n1,2\r\n", "thiếu cột Trạng thái"),
    ],
)
def test_files_that_are_refused_with_advice(put: Callable[[bytes], Report], data: bytes, reason: str) -> None:
    report = put(data)
    assert not report.done and report.refused == 1
    assert reason in report.problems[0].reason


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_no_file_is_more_than_refused(scratch: Path, data: bytes) -> None:
    scratch.write_bytes(data)
    for begin in (b"", b"\xef\xbb\xbf", csv_bytes([])):
        scratch.write_bytes(begin + data)
        try:
            headed = find_headings(open_rows(scratch))
            list(headed.file.rows())
        except FileRefused as error:
            assert error.reason


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("scratch") / "any"


# --- workbooks


def test_a_workbook_with_dates_numbers_and_titles(engine: Engine, tmp_path: Path) -> None:
    rows = [
        (1, CODE, "Đăng ký khai sinh", "Người Thử", 900000021, 75000004321, datetime(2026, 11, 2, 8), 46360,
         "Đang xử lý", None),
        (2, "H19.29.5-261102-0002", "x", "y", PHONE, IDENTITY, date(2026, 11, 2), "2026-12-04", "9", "z"),
    ]  # fmt: skip
    path = xlsx(tmp_path / "a.xlsx", [HEAD, *rows], ["DANH SÁCH"])
    report = import_file(engine, path, NOW, HASHER, "cli", NOW)
    assert (report.form, report.problems) == ("XLSX", ())
    for code, day in ((CODE, date(2026, 12, 4)), ("H19.29.5-261102-0002", date(2026, 12, 4))):
        found = TableSource(engine).find(code)
        assert found is not None
        assert (found.dossier.received, found.dossier.due) == (date(2026, 11, 2), day)
        assert found.factors.phone == HASHER.factors(code, PHONE, "").phone
        assert found.factors.identity4 == HASHER.factors(code, "", IDENTITY).identity4


def test_a_formula_in_a_workbook_is_told_with_its_row(engine: Engine, tmp_path: Path) -> None:
    path = xlsx(tmp_path / "a.xlsx", [row(1), row(2, note='=HYPERLINK("http://a.vn","x")')])
    report = import_file(engine, path, NOW, HASHER, "cli", NOW)
    assert not report.done and report.problems[0].row == 3 and "công thức" in report.problems[0].reason


def test_the_sheet_with_the_headings_is_found(engine: Engine, tmp_path: Path) -> None:
    from openpyxl import load_workbook

    path = xlsx(tmp_path / "a.xlsx", [row(1)])
    book = load_workbook(path)
    book.create_sheet("Bìa", 0).append(["Báo cáo"])
    book.save(path)
    assert import_file(engine, path, NOW, HASHER, "cli", NOW).problems == ()


def repacked(path: Path, **parts: bytes) -> Path:
    """The workbook with parts replaced or added, by the last piece of their names."""
    with zipfile.ZipFile(path) as old:
        kept = {name: old.read(name) for name in old.namelist()}
    for name, data in parts.items():
        full = next((n for n in kept if n.endswith(f"{name}.xml")), f"xl/{name}.xml")
        kept[full] = data
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, data in kept.items():
            new.writestr(name, data)
    return path


_SHEET = b'<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ({"sheet1": b"<a>" + b" " * 300_000_000 + b"</a>"}, "nén bất thường"),
        ({"bomb": b"\0" * 30_000_000}, "nén bất thường"),
        ({"sheet1": b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'}, "DOCTYPE"),
        ({"sharedStrings": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'}, "DOCTYPE"),
        ({"sheet1": "<a/>".encode("utf-16")}, "không đọc được"),
        ({"sheet1": _SHEET + b'<row r="99999999999"/></sheetData></worksheet>'}, "số dòng"),
        ({"sheet1": _SHEET + b'<row r="5"/><row r="5"/></sheetData></worksheet>'}, "số dòng"),
        (
            {"sheet1": _SHEET + b"<row>" + b"<c><v>1</v></c>" * 16_385 + b"</row></sheetData></worksheet>"},
            "dài",
        ),
        (
            {"sheet1": _SHEET + b'<row><c t="s"><v>999999</v></c></row></sheetData></worksheet>'},
            "không mở được",
        ),
        ({"sheet1": b"no xml at all"}, "không mở được"),
        ({"workbook": b"<a/>"}, "trang tính"),
    ],
)
def test_a_workbook_that_would_fill_the_memory_or_is_broken(
    engine: Engine, tmp_path: Path, parts: dict[str, bytes], reason: str
) -> None:
    path = repacked(xlsx(tmp_path / "a.xlsx", [row(1)]), **parts)
    report = import_file(engine, path, NOW, HASHER, "cli", NOW)
    assert not report.done and reason in report.problems[0].reason


def test_too_many_parts(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(501):
            archive.writestr(f"{number}.txt", "")
    with pytest.raises(FileRefused, match="quá lớn"):
        check_zip(path)


def test_texts_on_the_disk() -> None:
    texts = DiskStrings()
    for text in ("một", "", "hai 𝟐"):
        texts.append(text)
    assert ([texts[i] for i in (2, 0, 1)], texts[0:2], len(texts)) == (["hai 𝟐", "một", ""], ["một", ""], 3)
    with pytest.raises(IndexError):
        texts[3]
    texts.close()


# --- dates


@pytest.mark.parametrize(
    "value",
    [
        "05/11/2026", "5/11/2026", "05-11-2026", "05.11.2026", "05/11/2026 08:15", "05/11/2026 08:15:30",
        "08:15 05/11/2026", "8h15, ngày 05/11/2026", "2026-11-05", "2026-11-05T08:15:00",
        "2026-11-05T08:15:00+07:00", "2026-11-05T01:15:00Z", "46331", "46331.34375",
        46331, 46331.34375, date(2026, 11, 5),
        datetime(2026, 11, 5, 23, 59),
    ],
)  # fmt: skip
def test_three_forms_of_a_day(value: str | float | date) -> None:
    assert read_day(value) == date(2026, 11, 5)


@pytest.mark.parametrize("value", ["", "  "])
def test_no_day(value: str) -> None:
    assert read_day(value) is None


@settings(deadline=None)
@given(st.text(max_size=30) | st.floats() | st.integers())
def test_any_cell_is_a_day_or_refused(value: str | float) -> None:
    try:
        moment = read_moment(value)
    except BadDate as error:
        assert str(error)
    else:
        assert moment is None or moment.tzinfo is not None


@settings(deadline=None)
@given(st.text(max_size=200))
def test_any_text_in_utf8_is_read_as_such(scratch: Path, text: str) -> None:
    scratch.write_bytes(text.replace("\0", "").encode(errors="replace"))
    assert encoding_of(scratch) in ("utf-8", "utf-8-sig")
