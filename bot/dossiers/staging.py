"""An export read, checked and laid aside on the disk before anything is changed: memory stays flat."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

from bot.dossiers import columns as naming
from bot.dossiers.columns import FIELD_NAMES, Columns
from bot.dossiers.csv_file import CsvFile
from bot.dossiers.encodings import ADVICE_TCVN3, looks_like_tcvn3
from bot.dossiers.factors import Hasher
from bot.dossiers.refusals import FileRefused, Problem
from bot.dossiers.rows import Draft, RowRefused, draft, is_blank, text_of
from bot.dossiers.xlsx_file import XlsxFile

BATCH = 1000
MOST_PROBLEMS = 200
"""Refused rows that are kept; all of them are counted."""
_HEADINGS_WITHIN = 30
_OLE, _ZIP = b"\xd0\xcf\x11\xe0", b"PK\x03\x04"
_DAYS = ("received", "due", "finished")


class RowFile(Protocol):
    """A file with rows."""

    form: str

    def rows(self, width: int | None = None) -> Iterator[list[Any]]:
        """Every row in order. :raises FileRefused: where it is broken."""

    def close(self) -> None:
        """It is not read any more."""


@dataclass(frozen=True, slots=True)
class Headed:
    """A file whose headings were found; ``at`` is their row, from 1."""

    file: RowFile
    at: int
    headings: tuple[str, ...]


@dataclass(slots=True)
class Tally:
    """What was read: ``rows`` with a code, ``refused`` among them, ``problems`` the first of these."""

    rows: int = 0
    refused: int = 0
    repeated: int = 0  # rows that say once more what another one said
    without_factor: int = 0  # nobody can look these up
    problems: list[Problem] = field(default_factory=list)
    unknown_statuses: dict[str, int] = field(default_factory=dict)

    def refuse(self, row: int, reason: str) -> None:
        self.refused += 1
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(Problem(row, reason))


def open_rows(path: Path) -> RowFile:
    """The file as its content says, whatever its name says.

    :raises FileRefused: if it is neither CSV nor XLSX, with advice.
    """
    with path.open("rb") as file:
        head = file.read(512)
    if not head.strip():
        raise FileRefused("tệp trống")
    if head.startswith(_OLE):
        raise FileRefused("tệp Excel kiểu cũ (.xls) hoặc có mật khẩu; mở ra và lưu lại dạng XLSX")
    if head.startswith(_ZIP):
        return XlsxFile(path)
    if head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<"):
        raise FileRefused("tệp là trang web (HTML) đặt tên như bảng tính; mở bằng Excel và lưu lại dạng XLSX")
    return CsvFile(path)


def find_headings(file: RowFile) -> Headed:
    """The row among the first that tells most columns.

    :raises FileRefused: if none tells any.
    """
    best: tuple[int, int, tuple[str, ...]] = (0, 0, ())
    for number, row in enumerate(islice(file.rows(), _HEADINGS_WITHIN), start=1):
        headings = tuple(text_of(cell) for cell in row)
        if looks_like_tcvn3(" ".join(headings)):
            raise FileRefused(ADVICE_TCVN3, number)
        told = len(naming.guess(headings))
        if told > best[0]:
            best = (told, number, headings)
    if not best[0]:
        raise FileRefused("không thấy dòng tiêu đề cột (cần ít nhất Mã hồ sơ và Trạng thái)")
    last = max((i for i, heading in enumerate(best[2]) if heading), default=0)
    return Headed(file, best[1], best[2][: last + 1])


class Staging:
    """Drafts in a temporary database of their own; SQLite keeps what does not fit its cache on the disk."""

    def __init__(self) -> None:
        self._db = sqlite3.connect("")  # a temporary file, gone when it is closed
        self._db.executescript(
            "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-8000;"
            "CREATE TABLE drafts (code TEXT PRIMARY KEY, row INT, digest TEXT, as_of TEXT, vals TEXT)"
            "WITHOUT ROWID"
        )

    def __enter__(self) -> Staging:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._db.close()

    def fill(self, headed: Headed, columns: Columns, as_of: datetime, hasher: Hasher) -> Tally:
        """Read every row below the headings; a broken file ends it with its problem told."""
        tally, batch = Tally(), []
        width = max(columns.values()) + 1
        try:
            for number, row in enumerate(headed.file.rows(width), start=1):
                if number <= headed.at or is_blank(row, columns):
                    continue
                tally.rows += 1
                try:
                    made = draft(row, columns, as_of, hasher)
                except RowRefused as error:
                    tally.refuse(number, str(error))
                    continue
                _note(tally, made)
                batch.append((number, made))
                if len(batch) >= BATCH:
                    self._add(batch, tally)
                    batch.clear()
        except FileRefused as error:
            tally.refuse(error.row or 0, error.reason)
        self._add(batch, tally)
        if not tally.rows and not tally.refused:
            tally.refuse(0, "không có dòng hồ sơ nào dưới dòng tiêu đề")
        return tally

    def batches(self, size: int = BATCH) -> Iterator[list[Draft]]:
        """Every draft, in the order of the codes."""
        cursor = self._db.execute("SELECT code, digest, as_of, vals FROM drafts ORDER BY code")
        while rows := cursor.fetchmany(size):
            yield [Draft(c, _unpacked(v), d, datetime.fromisoformat(a)) for c, d, a, v in rows]

    def _add(self, batch: list[tuple[int, Draft]], tally: Tally) -> None:
        """Lay drafts aside; a code that is there already must say the same."""
        packed = [(d.code, n, d.digest, d.as_of.isoformat(), _packed(d.values)) for n, d in batch]
        done = self._db.executemany("INSERT OR IGNORE INTO drafts VALUES (?, ?, ?, ?, ?)", packed)
        if done.rowcount == len(packed):
            return
        for number, made in batch:
            query = "SELECT row, digest FROM drafts WHERE code = ?"
            row, digest = self._db.execute(query, (made.code,)).fetchone()
            if row == number:
                continue
            if digest == made.digest:
                tally.repeated += 1
            else:
                tally.refuse(
                    number, f"{FIELD_NAMES['code']} {made.code} đã có ở dòng {row} với nội dung khác"
                )


def _note(tally: Tally, made: Draft) -> None:
    if not (made.values["phone4"] or made.values["identity4"]):
        tally.without_factor += 1
    if not made.values["status"]:
        text = made.values["status_text"]
        if text in tally.unknown_statuses or len(tally.unknown_statuses) < MOST_PROBLEMS:
            tally.unknown_statuses[text] = tally.unknown_statuses.get(text, 0) + 1


def _packed(values: Mapping[str, Any]) -> str:
    return json.dumps({k: v.isoformat() if isinstance(v, date) else v for k, v in values.items()})


def _unpacked(text: str) -> dict[str, Any]:
    values: dict[str, Any] = json.loads(text)
    for name in _DAYS:
        values[name] = date.fromisoformat(values[name]) if values[name] else None
    return values
