"""The guard's books in memory, and a source of a dict: quick enough for a million guesses."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from bot.dossiers.guard import Alert, Books, Entry, Kind
from bot.dossiers.limits import Failures
from bot.dossiers.records import Found, Record

T = TypeVar("T")


class MemoryBooks:
    """See :class:`bot.dossiers.guard.Books`; also its own ledger."""

    def __init__(self) -> None:
        self.entries: dict[tuple[int, str], Entry] = {}
        self.alerts: list[Alert] = []
        self._counting: dict[tuple[Kind, str], list[datetime]] = defaultdict(list)
        self._proven: dict[tuple[str, str], datetime] = {}
        self._told: dict[tuple[Kind, str], datetime] = {}
        self._id = 0

    def run(self, work: Callable[[Books], T]) -> T:
        return work(self)

    def find(self, account_id: int, event_id: str) -> Entry | None:
        return self.entries.get((account_id, event_id))

    def failures(self, kind: Kind, subject: str, since: datetime) -> Failures:
        times = self._counting[kind, subject]
        return Failures(len(times) - bisect_right(times, since), times[-1] if times else None)

    def has_proven(self, person: str, code: str, since: datetime) -> bool:
        proven = self._proven.get((person, code))
        return proven is not None and proven > since

    def add(self, entry: Entry) -> Entry:
        self._id += 1
        kept = replace(entry, id=self._id)
        if entry.found is None:  # of those that wait a million would be kept for nothing
            self.entries[entry.who.account_id, entry.who.event_id] = kept
            self._count(kept)
        return kept

    def alert(self, alert: Alert) -> None:
        told = self._told.get((alert.kind, alert.subject))
        if told is None or told <= alert.entry.at - timedelta(days=1):
            self._told[alert.kind, alert.subject] = alert.entry.at
            self.alerts.append(alert)

    def settle(self, entry: Entry, found: Found, now: datetime) -> None:
        if entry.found is found:
            return
        was = entry.found in (None, Found.MISS)
        if found is Found.MISS and not was:
            self._count(entry)
        if found is not Found.MISS and was:
            for key in self._keys(entry):
                self._counting[key].remove(entry.at)
        if found is Found.HIT:
            self._proven[entry.person, entry.code] = entry.at
        self.entries[entry.who.account_id, entry.who.event_id] = replace(entry, found=found)

    def _count(self, entry: Entry) -> None:
        for key in self._keys(entry):
            insort(self._counting[key], entry.at)

    def _keys(self, entry: Entry) -> list[tuple[Kind, str]]:
        own = (Kind.PERSON, entry.person)
        if entry.by == "phone":
            return [own]
        return [own, (Kind.CODE, entry.code), (Kind.ACCOUNT, str(entry.who.account_id))]


class DictSource:
    """See :class:`bot.dossiers.records.Source`."""

    name = "dict"
    pace = 0.0

    def __init__(self, records: Mapping[str, Record]) -> None:
        self.records, self.asked = dict(records), 0

    def ready(self) -> bool:
        return True

    def find(self, code: str) -> Record | None:
        self.asked += 1
        return self.records.get(code)
