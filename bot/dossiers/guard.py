"""The only way to a dossier for a resident: limits first, then code and factor, the same whatever is wrong.

Wrong code and wrong factor give one answer after the same work, and answers are given at multiples of the
source's pace, so that what is left of a difference does not show. Every look-up is written down before it is
made (a crash counts as a failure) and audited with its outcome. Reasons, figures:
docs/decisions/0009-dossier-guard.md.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol, TypeVar

from bot.dossiers.factors import Hasher
from bot.dossiers.limits import LIMITS, Failures, Ladder, Limits
from bot.dossiers.records import (
    Answer,
    Digits,
    Dossier,
    Factor,
    Found,
    Person,
    Record,
    Source,
    SourceAway,
)

T = TypeVar("T")


class Kind(StrEnum):
    """Whose failures are counted."""

    PERSON = "person"
    CODE = "code"
    ACCOUNT = "account"


@dataclass(frozen=True, slots=True)
class Entry:
    """One attempt as the books hold it; ``found`` None: begun, its outcome not yet known."""

    id: int
    who: Person
    person: str
    code: str
    by: str  # digits, phone
    at: datetime
    found: Found | None = None
    wait_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Alert:
    """Guessing that the desk should know of."""

    kind: Kind
    subject: str
    entry: Entry
    failures: int
    until: datetime


class Books(Protocol):
    """What was attempted before, within one transaction that no other attempt runs beside."""

    def find(self, account_id: int, event_id: str) -> Entry | None:
        """The attempt of this event."""

    def failures(self, kind: Kind, subject: str, since: datetime) -> Failures:
        """Attempts that count and were made after ``since``; of code and account those by digits alone."""

    def has_proven(self, person: str, code: str, since: datetime) -> bool:
        """Whether this person had a hit on this code after ``since``."""

    def add(self, entry: Entry) -> Entry:
        """Write a new attempt down; returns it with its id. It counts unless it is to wait."""

    def alert(self, alert: Alert) -> None:
        """Tell the desk, unless it was told of the same within the last day."""

    def settle(self, entry: Entry, found: Found, now: datetime) -> None:
        """Write the outcome down and audit it: a miss goes on counting, everything else does not."""


class Ledger(Protocol):
    """Where the books lie."""

    def run(self, work: Callable[[Books], T]) -> T:
        """Do ``work`` in one transaction; it may be done twice, the first time rolled back."""


@dataclass(frozen=True, slots=True)
class Pacing:
    """The clock that answers are paced by; seconds."""

    now: Callable[[], float] = time.perf_counter
    sleep: Callable[[float], None] = time.sleep

    def hold(self, since: float, pace: float) -> None:
        """Wait for the next multiple of ``pace`` after ``since``."""
        if pace > 0:
            elapsed = self.now() - since
            self.sleep(max(0.0, since + pace * math.ceil(elapsed / pace) - self.now()))


class LookUp:
    """Looks dossiers up for residents. Thread-safe."""

    def __init__(
        self,
        source: Source,
        hasher: Hasher,
        ledger: Ledger,
        limits: Limits = LIMITS,
        pacing: Pacing | None = None,
    ) -> None:
        self._source, self._hasher, self._ledger = source, hasher, ledger
        self._limits, self._pacing = limits, pacing or Pacing()

    def ask(self, who: Person, code: str, factor: Factor, now: datetime) -> Answer:
        """Look ``code`` (normal form) up for ``who``; the same event asked twice is one attempt.

        :param now: aware.
        :raises sqlalchemy.exc.OperationalError: if the attempt can't be written down; nothing is looked up.
        """
        since = self._pacing.now()
        by = "digits" if isinstance(factor, Digits) else "phone"
        fresh = Entry(0, who, self._hasher.person(who.account_id, who.user_ref), code, by, now)
        entry = self._ledger.run(lambda books: self._admit(books, fresh))
        if entry.found is Found.WAIT:
            return Answer(Found.WAIT, wait_until=entry.wait_until)
        answer = self._judge(entry, code, factor, now)
        self._pacing.hold(since, self._source.pace)
        return answer

    def _admit(self, books: Books, fresh: Entry) -> Entry:
        """The attempt written down: to be judged, or to wait."""
        known = books.find(fresh.who.account_id, fresh.who.event_id)
        if known is not None:
            return known
        since = fresh.at - self._limits.proven
        bound = self._binding(fresh, books.has_proven(fresh.person, fresh.code, since))
        untils = []
        for kind, subject, ladder in bound:
            failures = books.failures(kind, subject, fresh.at - ladder.window)
            until = ladder.wait_until(failures, fresh.at)
            if until:
                untils.append(until)
            if failures.count >= ladder.alert_from:
                books.alert(Alert(kind, subject, fresh, failures.count, until or fresh.at))
        if not untils:
            return books.add(fresh)
        return books.add(_waiting(fresh, max(untils)))

    def _binding(self, fresh: Entry, proven: bool) -> list[tuple[Kind, str, Ladder]]:
        """The ladders that bind this attempt.

        Strangers' guesses must not lock out whom they can't be: a person who has opened this dossier before,
        or whose phone number the platform vouches for, is bound by the own failures alone.
        """
        own = (Kind.PERSON, fresh.person, self._limits.person)
        if proven or fresh.by == "phone":
            return [own]
        account = (Kind.ACCOUNT, str(fresh.who.account_id), self._limits.account)
        return [own, (Kind.CODE, fresh.code, self._limits.code), account]

    def _judge(self, entry: Entry, code: str, factor: Factor, now: datetime) -> Answer:
        """Code and factor compared, in the same steps whatever is wrong."""
        record: Record | None = None
        try:
            record = self._source.find(code)
        except SourceAway:
            found = Found.AWAY
        else:
            right = self._hasher.matches(record.factors if record else None, code, factor)
            # An event that missed stays a miss, and one that asked for another code is no way around it.
            same = entry.found is not Found.MISS and entry.code == code
            found = Found.HIT if right & same else Found.MISS
        self._ledger.run(lambda books: books.settle(entry, found, now))
        return Answer(found, _shown(record) if found is Found.HIT else None)


def _shown(record: Record | None) -> Dossier | None:
    return record.dossier if record else None


def _waiting(fresh: Entry, until: datetime) -> Entry:
    return Entry(0, fresh.who, fresh.person, fresh.code, fresh.by, fresh.at, Found.WAIT, until)
