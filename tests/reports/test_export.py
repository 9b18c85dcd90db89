"""Exports, read back."""

from __future__ import annotations

import csv
import io
from collections import Counter
from datetime import UTC, date, datetime

import pytest
from openpyxl import load_workbook

from bot.reports.export import HEAD, as_csv, as_xlsx, guarded, rows
from bot.reports.figures import Talk, Wish

AT = datetime(2026, 11, 24, 2, tzinfo=UTC)
TALK = Talk(
    7, "zalo", days={date(2026, 11, 24), date(2026, 11, 23)}, received=3, answered=2,
    codes=Counter({"1.001193": 2}), wishes=[Wish(AT, 12.34, False)], scores=[(5, True)],
)  # fmt: skip
LINES = list(rows([TALK], lambda code: "Đăng ký khai sinh"))


def test_csv_can_be_read_back() -> None:
    body = as_csv(HEAD, LINES)
    assert body.startswith(b"\xef\xbb\xbf")
    head, line = csv.reader(io.StringIO(body.decode("utf-8-sig"), newline=""))
    assert head == list(HEAD)
    assert line == [str(cell) for cell in LINES[0]]
    assert line[3:5] == ["23/11/2026", "24/11/2026"]
    assert "1.001193 Đăng ký khai sinh" in line


def test_xlsx_can_be_read_back() -> None:
    sheet = load_workbook(io.BytesIO(as_xlsx(HEAD, LINES))).worksheets[0]
    head, line = sheet.iter_rows(values_only=True)
    assert head == HEAD
    assert line == tuple(cell if cell != "" else None for cell in LINES[0])
    assert line[11] == 12.3


@pytest.mark.parametrize("text", ["=1+1", "+84", "-1", "@SUM(A1)", "\tx", "\rx"])
def test_no_cell_is_a_formula(text: str) -> None:
    assert guarded(text) == "'" + text
    assert b"'" in as_csv([text], [])
    sheet = load_workbook(io.BytesIO(as_xlsx([text], []))).worksheets[0]
    assert sheet["A1"].data_type == "s"


def test_numbers_stay_numbers() -> None:
    assert guarded(-3) == -3
