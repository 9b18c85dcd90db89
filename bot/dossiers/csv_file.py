"""Rows of a CSV file, one after the other: never the whole file in memory."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from bot.dossiers import columns
from bot.dossiers.encodings import encoding_of, name_of
from bot.dossiers.refusals import FileRefused

_DELIMITERS = (",", ";", "\t", "|")
_LOOKED_AT = 30
"""Rows among which the headings are: titles and blank lines stand above them."""


class CsvFile:
    """A CSV file; encoding and delimiter are found out."""

    def __init__(self, path: Path) -> None:
        """:raises FileRefused: if its encoding can't be trusted."""
        self._path = path
        self._encoding = encoding_of(path)
        self._delimiter = self._find_delimiter()
        self.form = f"CSV, {name_of(self._encoding)}"

    def rows(self, width: int | None = None) -> Iterator[list[str]]:
        """Every row in order, blank ones too, so that the n-th is the spreadsheet's n-th.

        :raises FileRefused: with the row at which the file is broken.
        """
        with self._open() as file:
            yield from _read(file, self._delimiter)

    def close(self) -> None:
        """Nothing stays open."""

    def _open(self) -> io.TextIOWrapper:
        return self._path.open(encoding=self._encoding, newline="")

    def _find_delimiter(self) -> str:
        """The one under which the headings tell most columns."""
        best, most = _DELIMITERS[0], -1
        for delimiter in _DELIMITERS:
            with self._open() as file:
                first = islice(_read(file, delimiter, strict=False), _LOOKED_AT)
                told = max((len(columns.guess(row)) for row in first), default=0)
            if told > most:
                best, most = delimiter, told
        return best


def _read(file: io.TextIOWrapper, delimiter: str, strict: bool = True) -> Iterator[list[str]]:
    reader = csv.reader(file, delimiter=delimiter, strict=strict)
    number = 0
    try:
        for row in reader:
            number += 1
            yield row
    except csv.Error as error:
        if strict:
            raise FileRefused(_reason(str(error)), number + 1) from error


def _reason(error: str) -> str:
    if "field larger" in error:
        return "một ô quá dài, có lẽ thiếu dấu ngoặc kép đóng"
    return "dấu ngoặc kép không đúng chỗ hoặc chưa đóng"
