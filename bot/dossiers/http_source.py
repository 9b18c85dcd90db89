"""A live one-stop system over HTTP and JSON, with its field names in the settings.

``GET <url with the code>`` answers with one JSON object, or 404 for a code that it does not know. Whatever
else happens (time-out, 5xx, no JSON) the source counts as away; after several failures in a row it is not
asked for a while, so that a dead system does not hold residents up.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import quote

import requests
import structlog

from bot.clock import Clock
from bot.dossiers.codes import normal_form
from bot.dossiers.dates import BadDate, read_day, read_moment
from bot.dossiers.factors import Hasher
from bot.dossiers.records import Dossier, Record, SourceAway
from bot.dossiers.statuses import read_status
from bot.privacy import mask

log = structlog.get_logger(__name__)

MOST_BYTES = 1_000_000
CONNECT_S = 2.0


@dataclass
class Breaker:
    """Opens after ``failures`` in a row; after ``rest_s`` one call tries again. Thread-safe."""

    failures: int = 5
    rest_s: float = 30.0
    now: Callable[[], float] = time.monotonic

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._failed, self._open_until = 0, 0.0

    def allows(self) -> bool:
        """Whether a call may be made; the one that tries again keeps the others out for another rest."""
        with self._lock:
            if self._failed < self.failures:
                return True
            if self.now() < self._open_until:
                return False
            self._open_until = self.now() + self.rest_s
            return True

    def told(self, worked: bool) -> None:
        """How a call went."""
        with self._lock:
            self._failed = 0 if worked else self._failed + 1
            if self._failed >= self.failures:
                self._open_until = self.now() + self.rest_s


class HttpSource:
    """See the module. Thread-safe."""

    name = "http"
    pace = 1.0
    """A remote system may answer faster for a code that it does not know; below this it does not show."""

    def __init__(
        self,
        url: str,
        token: str,
        fields: Mapping[str, tuple[str, ...]],
        timeout_s: float,
        hasher: Hasher,
        clock: Clock,
        breaker: Breaker | None = None,
    ) -> None:
        """``url`` has ``{code}`` where the code goes."""
        self._url, self._fields, self._timeout_s = url, fields, timeout_s
        self._hasher, self._clock, self._breaker = hasher, clock, breaker or Breaker()
        self._headers = {"Accept": "application/json"} | (
            {"Authorization": f"Bearer {token}"} if token else {}
        )

    def ready(self) -> bool:
        return True

    def find(self, code: str) -> Record | None:
        """:raises SourceAway: see the module."""
        if not self._breaker.allows():
            raise SourceAway("resting after failures")
        try:
            answer = self._ask(code)
            record = self._record(code, answer) if answer else None
        except (requests.RequestException, _Unusable) as error:
            self._breaker.told(worked=False)
            log.warning("dossiers.source_away", error=type(error).__name__)
            raise SourceAway(type(error).__name__) from error
        self._breaker.told(worked=True)
        return record

    def _ask(self, code: str) -> Any:
        """The JSON, None for a code that is not known there."""
        url = self._url.replace("{code}", quote(code, safe=""))
        deadline = time.monotonic() + self._timeout_s
        limits = (min(CONNECT_S, self._timeout_s), self._timeout_s)
        with requests.get(
            url, headers=self._headers, timeout=limits, stream=True, allow_redirects=False
        ) as got:
            if got.status_code == 404:
                return None
            if got.status_code != 200:
                raise _Unusable(f"status {got.status_code}")
            body = b""
            for chunk in got.iter_content(65_536):
                body += chunk
                if len(body) > MOST_BYTES or time.monotonic() > deadline:
                    raise _Unusable("too long")
        try:
            return json.loads(body)
        except (ValueError, RecursionError) as error:
            raise _Unusable("no JSON") from error

    def _record(self, code: str, answer: Any) -> Record | None:
        """The answer as a record; a dossier of another code is none: some systems search loosely."""
        get = {field: _at(answer, path) for field, path in self._fields.items()}
        if normal_form(get["code"]) != code:
            return None
        reading = read_status(get["status"])
        dossier = Dossier(
            code=code,
            status=reading.status,
            shade=reading.shade,
            status_text=get["status"][:200],
            as_of=self._moment(get.get("as_of", "")),
            procedure=get.get("procedure", "")[:500],
            procedure_code=get.get("procedure_code", "")[:40],
            office=get.get("office", "")[:200],
            received=_day(get.get("received", "")),
            due=_day(get.get("due", "")),
            finished=_day(get.get("finished", "")),
            note=(mask(get.get("note", "")) or "")[:2000],
        )
        factors = self._hasher.factors(code, get.get("phone", ""), get.get("identity", ""))
        return Record(dossier, factors)

    def _moment(self, text: str) -> datetime:
        """When the system says that it was so; without a word of it, now."""
        try:
            return read_moment(text) or self._clock()
        except BadDate:
            return self._clock()


class _Unusable(Exception):
    """An answer that says nothing."""


def _at(answer: Any, path: tuple[str, ...]) -> str:
    """The text at ``path`` (a number indexes a list); "" where there is none."""
    for step in path:
        if isinstance(answer, dict):
            answer = answer.get(step)
        elif isinstance(answer, list) and step.isdigit() and int(step) < len(answer):
            answer = answer[int(step)]
        else:
            return ""
    return str(answer).strip() if isinstance(answer, str | int | float) else ""


def _day(text: str) -> date | None:
    """A day that can't be read is not told, rather than the whole dossier refused."""
    try:
        return read_day(text)
    except BadDate:
        return None
