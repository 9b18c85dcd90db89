"""One row of an export, understood or refused with its reason. Pure but for the hashes of the factors."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from bot.dossiers.codes import normal_form
from bot.dossiers.columns import FIELD_NAMES, Columns
from bot.dossiers.dates import BadDate, read_day, read_moment
from bot.dossiers.encodings import ADVICE_TCVN3, looks_like_tcvn3
from bot.dossiers.factors import Hasher
from bot.dossiers.statuses import read_status
from bot.privacy import mask

LONGEST: Mapping[str, int] = {
    "status": 200, "procedure": 500, "procedure_code": 40, "office": 200, "note": 2000,
    "phone": 100, "identity": 100,
}  # fmt: skip
"""Characters that a field may have."""
_EXACT_TEXT = re.compile(r'="([^"]*)"')  # how spreadsheets keep the zeros of a number in a CSV
_CALLS = re.compile(r"^[=@]|^[+-].*[|(!]|^[\t\r]")
_ROUNDED = re.compile(r"\d(?:[.,]\d+)?E\+\d+", re.IGNORECASE)
_ERROR = re.compile(r"#(?:N/A|REF!|VALUE!|NAME\?|DIV/0!|NULL!|NUM!|SPILL!)", re.IGNORECASE)


class RowRefused(ValueError):
    """The row can't be taken in; the message says why, for the officer."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A row as the table will hold it. ``told`` are the columns that make up its history."""

    code: str
    values: Mapping[str, Any]
    digest: str
    as_of: datetime


def is_blank(row: Sequence[Any], columns: Columns) -> bool:
    """A row without code and status: blank, or a sum below the list."""
    return not any(_text(row, columns, field) for field in ("code", "status"))


def draft(row: Sequence[Any], columns: Columns, as_of: datetime, hasher: Hasher) -> Draft:
    """The row understood.

    :param as_of: the moment of the export, where the row has none of its own or one that lies after it.
    :raises RowRefused: with the column and what is wrong with it.
    """
    code = _code(row, columns)
    texts = {field: _field(row, columns, field) for field in LONGEST}
    if not texts["status"]:
        raise RowRefused(f"thiếu {FIELD_NAMES['status']}")
    for field in ("phone", "identity"):
        if _ROUNDED.fullmatch(texts[field]):
            raise RowRefused(
                f"{FIELD_NAMES[field]} bị Excel làm tròn ({texts[field]}); xuất lại cột dạng chữ"
            )
    reading = read_status(texts["status"])
    factors = hasher.factors(code, texts["phone"], texts["identity"])
    values: dict[str, Any] = {
        "procedure": texts["procedure"],
        "procedure_code": texts["procedure_code"],
        "status": reading.status.value if reading.status else "",
        "shade": reading.shade.value,
        "status_text": texts["status"],
        "office": texts["office"],
        **{field: _day(row, columns, field) for field in ("received", "due", "finished")},
        "note": mask(texts["note"]) or "",
        "phone4": factors.phone4,
        "identity4": factors.identity4,
        "phone": factors.phone,
    }
    return Draft(code, values, _digest(values), min(_moment(row, columns) or as_of, as_of))


def text_of(cell: Any) -> str:
    """A cell as one line of text: whole numbers without decimals, no control characters."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "1" if cell else "0"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if not isinstance(cell, str):
        return str(cell)
    text = cell if cell.isascii() else unicodedata.normalize("NFC", cell)
    if not text.isprintable():
        text = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in text)
    return " ".join(text.split())


def _text(row: Sequence[Any], columns: Columns, field: str) -> str:
    position = columns.get(field)
    cell = row[position] if position is not None and position < len(row) else None
    if isinstance(cell, str) and cell[:1] in "=" and (exact := _EXACT_TEXT.fullmatch(cell)):
        cell = exact[1]
    return text_of(cell)


def _field(row: Sequence[Any], columns: Columns, field: str) -> str:
    """The field's text, checked.

    :raises RowRefused: for a formula, an error, a text that is too long or written for another font.
    """
    text = _text(row, columns, field)
    if not text:
        return ""
    if _CALLS.match(text):
        raise RowRefused(f"{FIELD_NAMES[field]} chứa công thức, không nhận")
    if _ERROR.fullmatch(text):
        raise RowRefused(f"{FIELD_NAMES[field]} là ô lỗi công thức ({text})")
    if len(text) > LONGEST[field]:
        raise RowRefused(f"{FIELD_NAMES[field]} dài quá {LONGEST[field]} ký tự")
    if not text.isascii() and looks_like_tcvn3(text):
        raise RowRefused(f"{FIELD_NAMES[field]}: {ADVICE_TCVN3}")
    return text if field == "phone" else text.lstrip("+-•* ")


def _code(row: Sequence[Any], columns: Columns) -> str:
    text = _text(row, columns, "code")
    if not text:
        raise RowRefused(f"thiếu {FIELD_NAMES['code']}")
    if _CALLS.match(text):
        raise RowRefused(f"{FIELD_NAMES['code']} chứa công thức, không nhận")
    if _ROUNDED.fullmatch(text):
        raise RowRefused(f"{FIELD_NAMES['code']} bị Excel làm tròn ({text}); xuất lại cột dạng chữ")
    code = normal_form(text)
    if code is None:
        raise RowRefused(f"{FIELD_NAMES['code']} «{text[:40]}» không giống mã hồ sơ")
    return code


def _day(row: Sequence[Any], columns: Columns, field: str) -> date | None:
    position = columns.get(field)
    cell = row[position] if position is not None and position < len(row) else None
    if cell is None:
        return None
    try:
        return read_day(cell if isinstance(cell, int | float | date) else text_of(cell))
    except BadDate as error:
        raise RowRefused(f"{FIELD_NAMES[field]}: {error}") from error


def _moment(row: Sequence[Any], columns: Columns) -> datetime | None:
    position = columns.get("as_of")
    cell = row[position] if position is not None and position < len(row) else None
    if cell is None:
        return None
    try:
        return read_moment(cell if isinstance(cell, int | float | date) else text_of(cell))
    except BadDate as error:
        raise RowRefused(f"{FIELD_NAMES['as_of']}: {error}") from error


def _digest(values: Mapping[str, Any]) -> str:
    """Over the hashed factors, so that it tells nothing about them either."""
    joined = "\0".join(str(values[field]) for field in sorted(values))
    return hashlib.sha256(joined.encode(errors="replace")).hexdigest()
