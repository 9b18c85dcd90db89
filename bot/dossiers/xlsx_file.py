"""Rows of an XLSX workbook, one after the other, and what must hold before it is opened.

A workbook is a zip of XML: either can be made to fill the memory. So sizes are looked at before anything is
unpacked (zipfile unpacks no more than the directory says), parts that declare entities are refused, and the
table of shared texts, which openpyxl would hold in memory, lies in a temporary file.
"""

from __future__ import annotations

import tempfile
import zipfile
from array import array
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import IO, Any, overload
from xml.etree import ElementTree

from openpyxl.reader.excel import ExcelReader  # type: ignore[import-untyped]
from openpyxl.utils.cell import coordinate_to_tuple  # type: ignore[import-untyped]
from openpyxl.utils.exceptions import InvalidFileException  # type: ignore[import-untyped]
from openpyxl.worksheet._read_only import ReadOnlyWorksheet  # type: ignore[import-untyped]
from openpyxl.worksheet._reader import WorkSheetParser  # type: ignore[import-untyped]

from bot.dossiers import columns
from bot.dossiers.refusals import FileRefused

MOST_PARTS = 500
MOST_UNPACKED = 400 * 1024 * 1024
MOST_RATIO = 200
"""Times that a part may grow; sheets of real exports grow 6 to 30 times, a bomb a thousand times."""
_SMALL = 1024 * 1024
MOST_ROWS = 1_048_576
MOST_COLUMNS = 200
_PROLOGUE = 8192
_LOOKED_AT = 30
MOST_CELLS = 16_384
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_SI, _SHEET_DATA, _ROW, _CELL = (f"{_MAIN}{tag}" for tag in ("si", "sheetData", "row", "c"))
_T, _FORMULA = f"{_MAIN}t", f"{_MAIN}f"


class XlsxFile:
    """The first sheet of a workbook that has headings."""

    form = "XLSX"

    def __init__(self, path: Path) -> None:
        """:raises FileRefused: if it is no workbook, or one that must not be opened."""
        check_zip(path)
        try:
            self._reader = _Reader(path, read_only=True, data_only=False, keep_links=False)
            self._reader.read()
            self._sheet = self._find_sheet()
        except _BROKEN as error:
            raise FileRefused("không mở được tệp XLSX (hỏng hoặc không phải bảng tính)") from error

    def close(self) -> None:
        self._reader.archive.close()
        self._reader.shared_strings.close()

    def rows(self, width: int | None = None) -> Iterator[list[Any]]:
        """Every row in order, blank ones too; ``width`` columns of it at most.

        :raises FileRefused: with the row at which the sheet is broken.
        """
        number = 0
        try:
            for at, row in _rows(self._sheet, min(width or MOST_COLUMNS, MOST_COLUMNS)):
                number = at
                yield row
        except _BROKEN as error:
            raise FileRefused("tệp XLSX hỏng từ chỗ này; hãy xuất lại", number + 1) from error

    def _find_sheet(self) -> Any:
        """The sheet whose first rows tell most columns.

        :raises FileRefused: if there is no sheet.
        """
        best, most = None, -1
        for sheet in self._reader.wb.worksheets:
            first = islice(_rows(sheet, MOST_COLUMNS), _LOOKED_AT)
            told = max((len(columns.guess(_texts(row))) for _, row in first), default=0)
            if told > most:
                best, most = sheet, told
        if best is None:
            raise FileRefused("tệp XLSX không có trang tính nào")
        return best


_BROKEN = (
    zipfile.BadZipFile, KeyError, ValueError, TypeError, IndexError, AttributeError, EOFError, OSError,
    OverflowError, InvalidFileException, ElementTree.ParseError,
)  # fmt: skip
"""What openpyxl raises on workbooks that are not as they should be; there is no one error of its own."""


def check_zip(path: Path) -> None:
    """:raises FileRefused: if unpacking ``path`` could fill the memory or the disk, or is impossible."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            _check_sizes(parts)
            for part in parts:
                if part.filename.endswith((".xml", ".rels", ".vml")):
                    _check_prologue(archive, part)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise FileRefused("tệp XLSX hỏng hoặc có mật khẩu; hãy xuất lại") from error


def _check_sizes(parts: list[zipfile.ZipInfo]) -> None:
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
        raise FileRefused("tệp XLSX giải nén ra quá lớn; hãy chia nhỏ hoặc xuất dạng CSV")
    for part in parts:
        if part.file_size > _SMALL and part.file_size > MOST_RATIO * max(1, part.compress_size):
            raise FileRefused("tệp XLSX nén bất thường (giải nén ra gấp hàng trăm lần), không mở")


def _check_prologue(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    """No document type: entities could unfold without end. Office writes none, and UTF-8 throughout."""
    with archive.open(part) as file:
        start = file.read(_PROLOGUE)
    if start[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in start[:64]:
        raise FileRefused("tệp XLSX có phần không đọc được; hãy xuất lại")
    if b"<!DOCTYPE" in start.upper() or b"<!ENTITY" in start.upper():
        raise FileRefused("tệp XLSX có khai báo DOCTYPE, không an toàn để mở")


class DiskStrings:
    """A sequence of texts in a temporary file; the positions are eight bytes each."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the workbook
        self._starts = array("Q", [0])

    def append(self, text: str) -> None:
        data = text.encode(errors="replace")
        self._file.write(data)
        self._starts.append(self._starts[-1] + len(data))

    def close(self) -> None:
        self._file.close()

    def __len__(self) -> int:
        return len(self._starts) - 1

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        if not 0 <= index < len(self):
            raise IndexError(index)
        self._file.seek(self._starts[index])
        return self._file.read(self._starts[index + 1] - self._starts[index]).decode()


class _Reader(ExcelReader):  # type: ignore[misc]
    """openpyxl's reader with its shared texts on the disk."""

    def read_strings(self) -> None:
        self.shared_strings = DiskStrings()
        part = next((p for p in self.valid_files if p.endswith("sharedStrings.xml")), None)
        if part is not None:
            with self.archive.open(part) as source:
                _fill(self.shared_strings, source)

    def read_worksheets(self) -> None:
        """openpyxl's own would read a sheet that does not tell its size to its end."""
        for sheet, relation in self.parser.find_sheets():
            if relation.target in self.valid_files and relation.Type.endswith("/worksheet"):
                self.wb._sheets.append(_Sheet(self.wb, sheet.name, relation.target, self.shared_strings))


class _Sheet(ReadOnlyWorksheet):  # type: ignore[misc]
    """A sheet whose size is not looked for: what a file says of it is not believed anyway."""

    def _get_size(self) -> None: ...


class _CellParser(WorkSheetParser):  # type: ignore[misc]
    """openpyxl's parser, quicker on texts that stand in the cell itself."""

    def parse_cell(self, element: Any) -> dict[str, Any]:
        if element.get("t") != "inlineStr" or element.find(_FORMULA) is not None:
            cell: dict[str, Any] = super().parse_cell(element)
            return cell
        coordinate = element.get("r")
        column: int = coordinate_to_tuple(coordinate)[1] if coordinate else self.col_counter + 1
        self.col_counter: int = column
        return {"column": column, "value": _joined(element)}


def _joined(element: Any) -> str:
    """The text of its runs."""
    return "".join(part.text or "" for part in element.iter(_T))


def _fill(strings: DiskStrings, source: IO[bytes]) -> None:
    events = ElementTree.iterparse(source, events=("start", "end"))
    _, root = next(events)
    for event, element in events:
        if event == "end" and element.tag == _SI:
            strings.append(_joined(element))
            root.clear()


def _rows(sheet: Any, width: int) -> Iterator[tuple[int, list[Any]]]:
    """(number, cells) of every row, those that the file leaves out as well.

    openpyxl reads the cells; its own loop keeps an element and the height of each row, which adds up.
    """
    book, number = sheet.parent, 0
    with sheet._get_source() as source:
        parser = _CellParser(
            source,
            sheet._shared_strings,
            epoch=book.epoch,
            date_formats=book._date_formats,
            timedelta_formats=book._timedelta_formats,
        )
        for element in _row_elements(source):
            at, cells = parser.parse_row(element)
            parser.row_dimensions.clear()
            if at > MOST_ROWS or at <= number:
                raise FileRefused("trang tính có số dòng không hợp lệ", number + 1)
            while number < at - 1:
                number += 1
                yield number, []
            number = at
            yield number, _placed(cells, width)


def _row_elements(source: IO[bytes]) -> Iterator[Any]:
    """The ``row`` elements, each forgotten when the next one is asked for."""
    data, cells = None, 0
    for event, element in ElementTree.iterparse(source, events=("start", "end")):
        if event == "start":
            data = element if element.tag == _SHEET_DATA else data
        elif element.tag == _CELL:
            cells += 1
            if cells > MOST_CELLS:
                raise FileRefused("trang tính có dòng quá dài")
        elif element.tag == _ROW and data is not None:
            yield element
            data.clear()
            cells = 0
        elif element.tag == _SHEET_DATA:
            return


def _placed(cells: list[dict[str, Any]], width: int) -> list[Any]:
    row: list[Any] = [None] * width
    for cell in cells:
        if 1 <= cell["column"] <= width:
            row[cell["column"] - 1] = cell["value"]
    return row


def _texts(row: list[Any]) -> list[str]:
    return [cell if isinstance(cell, str) else "" for cell in row]
