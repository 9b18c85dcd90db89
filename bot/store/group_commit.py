"""Single statements of many threads in one transaction of SQLite.

SQLite has one writer at a time, and a commit waits for the disk. Under load the threads that send and
those that note receipts queue for it; what has gathered while one transaction ran goes into the next
one together. Each caller still returns only when its own change is on the disk.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from sqlalchemy import Connection, Engine


class _Change:
    """One caller's change; ``done`` is let go when it is on the disk or has failed."""

    def __init__(self, work: Callable[[Connection], Any]) -> None:
        self.work, self.value = work, None
        self.error: BaseException | None = None
        self.done = threading.Lock()
        self.done.acquire()


class GroupCommit:
    """Runs changes through ``engine``, as the writer that ``turn`` admits."""

    def __init__(self, engine: Engine, turn: AbstractContextManager[None]) -> None:
        self._engine, self._turn = engine, turn
        self._mutex = threading.Lock()
        self._gathered: list[_Change] = []

    def run(self, work: Callable[[Connection], Any]) -> Any:
        """Carry out ``work`` and return what it returned, or raise what it raised.

        ``work`` runs on any thread, and a second time, alone, if another one's failed beside it.
        """
        change = _Change(work)
        with self._mutex:
            self._gathered.append(change)
            leads = len(self._gathered) == 1
        if leads:
            with self._turn:
                with self._mutex:
                    group, self._gathered = self._gathered, []
                self._commit(group)
        change.done.acquire()
        if change.error is not None:
            raise change.error
        return change.value

    def _commit(self, group: list[_Change]) -> None:
        try:
            with self._engine.begin() as connection:
                values = [change.work(connection) for change in group]
        except BaseException as error:  # noqa: BLE001 (each is raised where its change came from)
            if len(group) > 1:  # all was rolled back; only whose change failed shall hear of it
                for change in group:
                    self._commit([change])
                return
            group[0].error = error
        else:
            for change, value in zip(group, values, strict=True):
                change.value = value
        for change in group:
            change.done.release()
