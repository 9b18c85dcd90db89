"""Dossiers of nobody, and files of them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from openpyxl import Workbook

from bot.dossiers.factors import Hasher
from bot.dossiers.records import Dossier, Record
from bot.dossiers.statuses import Status

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
HASHER = Hasher("a secret of the tests")
CODE = "H19.29.5-261102-0001"
PHONE, IDENTITY = "0900000021", "075000004321"
HEAD = (
    "STT", "Mã hồ sơ", "Tên thủ tục", "Chủ hồ sơ", "Số điện thoại", "Số CCCD", "Ngày tiếp nhận",
    "Ngày hẹn trả", "Trạng thái", "Ghi chú",
)  # fmt: skip


def record_of(code: str = CODE, phone: str = PHONE, identity: str = IDENTITY) -> Record:
    """A dossier that is being worked on."""
    dossier = Dossier(code, Status.RECEIVED, NOW, due=date(2026, 12, 4))
    return Record(dossier, HASHER.factors(code, phone, identity))


def row(number: int = 1, **changes: str) -> list[str]:
    """One row of an export below :data:`HEAD`; ``changes`` by field."""
    cells = {
        "number": str(number),
        "code": f"H19.29.5-261102-{number:04d}",
        "procedure": "Đăng ký khai sinh",
        "owner": "Người Thử Một",
        "phone": PHONE,
        "identity": IDENTITY,
        "received": "02/11/2026",
        "due": "04/12/2026",
        "status": "Đang xử lý",
        "note": "",
    } | changes
    return list(cells.values())


def csv_bytes(rows: Iterable[Sequence[str]], encoding: str = "utf-8", delimiter: str = ",") -> bytes:
    """A CSV file with :data:`HEAD`."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerows([HEAD, *rows])
    return out.getvalue().encode(encoding)


def xlsx(path: Path, rows: Iterable[Sequence[object]], head: Sequence[str] = HEAD) -> Path:
    """A workbook with shared texts, as Excel writes them."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for cells in (head, *rows):
        sheet.append(list(cells))
    book.save(path)
    return path
