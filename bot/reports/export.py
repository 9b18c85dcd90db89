"""One row per conversation, as CSV and XLSX. No resident's words, no platform's ids: our own number."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator

from openpyxl import Workbook  # type: ignore[import-untyped]

from bot.reports.figures import Result, Talk

Cell = str | int | float
RESULT_NAMES = {
    Result.ALONE: "Trợ lý tự trả lời",
    Result.HANDED: "Chuyển cán bộ",
    Result.OTHER: "Khác",
}
CHANNEL_NAMES = {"zalo": "Zalo", "facebook": "Facebook", "webchat": "Trang web"}
HEAD = (
    "Số hội thoại", "Kênh", "Hàng đợi", "Ngày đầu", "Ngày cuối", "Tin của người dân", "Câu trợ lý trả lời",
    "Tin của cán bộ", "Kết quả", "Số lần cần cán bộ", "Trong đó ngoài giờ", "Chờ lâu nhất (phút)",
    "Thủ tục hỏi nhiều nhất", "Câu chưa trả lời được", "Đánh giá tốt", "Đánh giá chưa tốt",
    "Số lần báo phụ trách",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def rows(talks: Iterable[Talk], name_of: Callable[[str], str]) -> Iterator[list[Cell]]:
    """The cells of each conversation, in the order of :data:`HEAD`.

    :param name_of: a procedure's name by its code.
    """
    for talk in talks:
        days = sorted(talk.days)
        wait = talk.longest_wait
        asked = talk.codes.most_common(1)
        yield [
            talk.id,
            CHANNEL_NAMES.get(talk.channel, talk.channel),
            talk.queue,
            f"{days[0]:%d/%m/%Y}" if days else "",
            f"{days[-1]:%d/%m/%Y}" if days else "",
            talk.received,
            talk.answered,
            talk.by_officer,
            RESULT_NAMES[talk.result],
            len(talk.wishes),
            talk.outside_hours,
            "" if wait is None else round(wait, 1),
            f"{asked[0][0]} {name_of(asked[0][0])}".strip() if asked else "",
            talk.missed,
            sum(score == 5 for score, _ in talk.scores),
            sum(score == 1 for score, _ in talk.scores),
            talk.escalated,
        ]


def guarded(cell: Cell) -> Cell:
    """A text that a spreadsheet would take for a formula, made a plain text."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


def as_csv(head: Iterable[Cell], lines: Iterable[Iterable[Cell]]) -> bytes:
    """CSV for Excel: UTF-8 with a byte order mark."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    for line in (head, *lines):
        writer.writerow([guarded(cell) for cell in line])
    return out.getvalue().encode("utf-8-sig")


def as_xlsx(head: Iterable[Cell], lines: Iterable[Iterable[Cell]], title: str = "Hội thoại") -> bytes:
    """A workbook with one sheet."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "A2"
    for line in (head, *lines):
        sheet.append([guarded(cell) for cell in line])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
