"""Why a file, or a row of it, is not taken in."""

from __future__ import annotations

from dataclasses import dataclass


class FileRefused(Exception):
    """The file can't be read at all, or no further than ``row``; the message is for the officer."""

    def __init__(self, reason: str, row: int | None = None) -> None:
        super().__init__(reason)
        self.reason, self.row = reason, row


@dataclass(frozen=True, slots=True)
class Problem:
    """A row (as the spreadsheet numbers them, from 1; 0: the whole file) and what is wrong with it."""

    row: int
    reason: str
