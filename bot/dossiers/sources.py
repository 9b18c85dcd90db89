"""The sources of dossiers: the commune's own table, and none. The live one: bot/dossiers/http_source.py."""

from __future__ import annotations

import threading
import time

from sqlalchemy import Engine, exists, select

from bot.dossiers.records import Dossier, Factors, Record, SourceAway
from bot.dossiers.statuses import Shade, Status
from bot.store.engine import reading
from bot.store.models_dossiers import DossierRow

_KEPT_S = 60.0
"""How long it is taken for granted that the table is empty."""
_DECOY = DossierRow(code="", status="", shade="")


class NoSource:
    """No dossiers are known here: residents are told of the public look-ups."""

    name = "none"
    pace = 0.0

    def ready(self) -> bool:
        return False

    def find(self, code: str) -> Record | None:
        """:raises SourceAway: always."""
        raise SourceAway("no source of dossiers is set up")


class TableSource:
    """The commune's table, filled by imports. Not ready before the first of them. Thread-safe."""

    name = "table"
    pace = 0.15
    """Above what a look-up takes with a slow disk under it (measured: tens of milliseconds)."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._filled, self._looked_at = False, float("-inf")

    def ready(self) -> bool:
        """Whether anything was imported; a yes is for good, a no is asked again after a minute."""
        with self._lock:
            if self._filled or time.monotonic() - self._looked_at < _KEPT_S:
                return self._filled
        with reading(self._engine) as session:
            filled = bool(session.scalar(select(exists().where(DossierRow.id.is_not(None)))))
        with self._lock:
            self._filled, self._looked_at = filled, time.monotonic()
        return filled

    def find(self, code: str) -> Record | None:
        """:raises sqlalchemy.exc.OperationalError: if the database is away."""
        with reading(self._engine) as session:
            row = session.scalar(select(DossierRow).where(DossierRow.code == code))
        known = _record(row or _DECOY)  # the same work for a code that is not there
        return known if row else None


def dossier_of(row: DossierRow) -> Dossier:
    """What a row of the table tells."""
    return Dossier(
        code=row.code,
        status=Status(row.status) if row.status else None,
        as_of=row.as_of,
        shade=Shade(row.shade),
        status_text=row.status_text,
        procedure=row.procedure,
        procedure_code=row.procedure_code,
        office=row.office,
        received=row.received,
        due=row.due,
        finished=row.finished,
        note=row.note,
    )


def _record(row: DossierRow) -> Record:
    return Record(dossier_of(row), Factors(row.phone4, row.identity4, row.phone))
