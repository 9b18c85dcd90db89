"""The fee of a captured record: only what can be told is kept as a sum, the rest carries its doubt."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from bot.knowledge.model import Channel, Fee, FeeHoliday, FeeRow, FeeStatus
from bot.knowledge.text import clean_line

_CELL = re.compile(r"^(?P<number>\d[\d.,]*)\s*(?P<currency>Việt Nam Đồng|VNĐ|VND|đồng|USD)$", re.IGNORECASE)
_SUM_IN_NOTE = re.compile(r"(\d[\d.,]*)\s*(?:đồng|đ\b|VNĐ|VND)", re.IGNORECASE)
_PER = re.compile(r"^/\s*([^\s.,;()][^.,;()]{0,30})$")
_NOT_SET = re.compile(r"^(không|không có|không quy định|chưa quy định)\.?$", re.IGNORECASE)
DOUBT = "số tiền trong bảng và trong ghi chú của Cổng không khớp nhau"


def number(text: str) -> int:
    """The whole number in "50,000" or "50.000"."""
    return int(re.sub(r"\D", "", text) or 0)


def _row(cell: str, note: str, channels: tuple[Channel, ...]) -> FeeRow | None:
    """One row, or None where an empty cell was printed as "Miễn phí" without a word of explanation."""
    cell, note = clean_line(cell), clean_line(note)
    match = _CELL.match(cell)
    if match is None:
        return FeeRow(note=note, channels=channels) if note else None
    amount = number(match["number"])
    currency = "USD" if match["currency"].upper() == "USD" else "VND"
    per = _PER.match(note)
    doubt = None
    if currency == "VND" and match["currency"].lower() != "đồng":  # "đồng": a person transcribed it
        sums = [number(found) for found in _SUM_IN_NOTE.findall(note)]
        if sums and amount not in sums:
            # "700 VNĐ – 700.000 đồng/cơ sở": the table lost the thousands, the note has the sum
            thousands = amount * 1000
            doubt = None if thousands in sums else DOUBT
            amount = thousands if thousands in sums else amount
        elif not sums and 0 < amount < 1000:
            doubt = DOUBT
    return FeeRow(
        amount=None if doubt else amount,
        currency="USD" if currency == "USD" else "VND",
        per=per[1].strip() if per else None,
        note=None if per or not note else note,
        channels=channels,
        doubt=doubt,
    )


def _cells(record: Mapping[str, Any]) -> list[tuple[str, str, tuple[Channel, ...]]]:
    cells: list[tuple[str, str, tuple[Channel, ...]]] = [
        (fee["amount"], fee["note"], (Channel(detail["channel"]),))
        for detail in record["channel_detail"]
        for fee in detail["fees"]
    ]
    if cells:
        return cells
    for line in record["fee"]:
        amount, _, note = line.partition(" – ")
        known = _CELL.match(clean_line(amount)) is not None
        cells.append((amount, note, ()) if known else ("", clean_line(line), ()))
    return cells


def _key(row: FeeRow) -> tuple[object, ...]:
    """Rows with the same key say the same: the portal writes one note in several ways."""
    note = re.sub(r"^lệ phí ?: [\d.,]+ ?đồng \(", "", row.note or "", flags=re.IGNORECASE)
    return (row.amount, row.currency, row.per, re.sub(r"[\W_]+", "", note).lower(), row.doubt)


def _merged(rows: list[FeeRow]) -> FeeRow:
    """Equal rows of several channels as one, with the shortest of their notes."""
    order = list(Channel)
    ways = {channel for row in rows for channel in row.channels}
    notes = [row.note for row in rows if row.note]
    return rows[0].model_copy(
        update={
            "note": min(notes, key=len) if notes else None,
            "channels": tuple(sorted(ways, key=order.index)),
        }
    )


def import_fee(record: Mapping[str, Any]) -> Fee:
    """The fee with equal rows of several channels merged; the label "Miễn phí" alone leaves no row."""
    groups: dict[tuple[object, ...], list[FeeRow]] = {}
    for cell, note, channels in _cells(record):
        if row := _row(cell, note, channels):
            groups.setdefault(_key(row), []).append(row)
    rows = [_merged(equal) for equal in groups.values()]
    if len(rows) == 1:  # the same for every channel: naming them says nothing
        rows = [rows[0].model_copy(update={"channels": ()})]
    return Fee(
        status=FeeStatus(record["fee_status"]),
        rows=tuple(rows),
        incomplete="fee:source_page_drops_rows" in record["flags"],
    )


def says_only_not_set(fee: Fee) -> bool:
    """Whether a stated "free" rests on nothing but the words "không quy định"."""
    return bool(fee.rows) and all(_NOT_SET.match(row.note or "") for row in fee.rows)


def import_holiday(raw: Mapping[str, str] | None) -> FeeHoliday | None:
    """The time of reduced fees for "digital citizens", with its two days."""
    if raw is None:
        return None
    first, last = raw["valid"].split("..")
    return FeeHoliday(
        amount=clean_line(raw["amount"]),
        condition=clean_line(raw["condition"]),
        first=date.fromisoformat(first),
        last=date.fromisoformat(last),
        legal=clean_line(raw["legal"]),
    )
