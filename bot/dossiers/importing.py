"""Taking an export in: looked at first, then all of it or nothing.

Reading, checking and hashing happen before the transaction (bot/dossiers/staging.py), so that the database's
one writer is held for the writing alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from bot.dossiers import columns as naming
from bot.dossiers.columns import FIELD_NAMES, BadColumns, Columns
from bot.dossiers.factors import Hasher
from bot.dossiers.refusals import FileRefused, Problem
from bot.dossiers.rows import Draft, text_of
from bot.dossiers.staging import Headed, Staging, Tally, find_headings, open_rows
from bot.privacy import mask
from bot.store.audit import record
from bot.store.engine import reading, writing
from bot.store.models_dossiers import DossierEvent, DossierImport, DossierMapping, DossierRow

SHOWN = 5
"""Rows that a preview shows."""
TOLD = ("status", "shade", "status_text", "due", "note")
"""What a resident is told of: a change of these is a step of the dossier's history."""
_HASHED = ("phone", "identity")


@dataclass(frozen=True, slots=True)
class Preview:
    """A file as it would be understood. ``sample``: the first rows, field -> text, numbers of persons masked.

    ``remembered``: these columns were confirmed for headings like these before. ``problem``: why the columns
    are not enough, None if they are.
    """

    form: str
    headings: tuple[str, ...]
    columns: Mapping[str, int]
    remembered: bool
    sample: tuple[Mapping[str, str], ...]
    problem: str | None


@dataclass(frozen=True, slots=True)
class Report:
    """What an import did, or would do (``done`` False and nothing refused: it was only tried)."""

    form: str
    done: bool
    as_of: datetime
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    older: int = 0  # among the unchanged: what is known already is newer
    refused: int = 0
    problems: tuple[Problem, ...] = ()
    repeated: int = 0
    without_factor: int = 0
    unknown_statuses: Mapping[str, int] | None = None
    import_id: int | None = None


@dataclass(slots=True)
class _Counts:
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    older: int = 0


def preview(engine: Engine, path: Path) -> Preview:
    """How the file would be understood, from its first rows; fast for any size.

    :raises FileRefused: if it can't be read at all.
    """
    with closing(open_rows(path)) as file:
        headed = find_headings(file)
        remembered = _remembered(engine, headed.headings)
        chosen = remembered or naming.guess(headed.headings)
        rows = islice(file.rows(), headed.at, headed.at + SHOWN)
        sample = tuple(_shown(row, chosen) for row in rows)
    return Preview(
        headed.file.form,
        headed.headings,
        chosen,
        remembered is not None,
        sample,
        naming.problem_of(chosen),
    )


def try_file(
    engine: Engine, path: Path, as_of: datetime, hasher: Hasher, columns: Columns | None = None
) -> Report:
    """What :func:`import_file` would do, without doing it."""
    return _carried_out(engine, path, as_of, hasher, columns, None)


def import_file(
    engine: Engine,
    path: Path,
    as_of: datetime,
    hasher: Hasher,
    actor: str,
    now: datetime,
    *,
    name: str = "",
    columns: Columns | None = None,
) -> Report:
    """Take the file in, all rows or none; audited, and the columns remembered for headings like these.

    :param as_of: when the export was made; aware, never later than ``now``.
    :param name: the file's name as the officer knows it.
    :param columns: field -> position; None: those remembered, else guessed.
    """
    return _carried_out(
        engine, path, min(as_of, now), hasher, columns, _Writer(engine, path, actor, now, name or path.name)
    )


def _carried_out(
    engine: Engine,
    path: Path,
    as_of: datetime,
    hasher: Hasher,
    columns: Columns | None,
    writer: _Writer | None,
) -> Report:
    try:
        with closing(open_rows(path)) as file:
            headed = find_headings(file)
            chosen = _chosen(engine, headed, columns)
            return _staged(engine, headed, chosen, as_of, hasher, writer)
    except (FileRefused, BadColumns) as error:
        row = error.row or 0 if isinstance(error, FileRefused) else 0
        report = Report("", False, as_of, refused=1, problems=(Problem(row, str(error)),))
        return writer.refused(report, {}) if writer else report


def _staged(
    engine: Engine, headed: Headed, chosen: Columns, as_of: datetime, hasher: Hasher, writer: _Writer | None
) -> Report:
    """Laid aside and checked; written if all of it is right and it is to be."""
    with Staging() as staging:
        tally = staging.fill(headed, chosen, as_of, hasher)
        if tally.refused or writer is None:
            counts = _Counts() if tally.refused else _counted(engine, staging)
            report = _report(headed, as_of, tally, counts)
            return writer.refused(report, _names(headed, chosen)) if writer and tally.refused else report
        counts, import_id = writer.write(headed, chosen, as_of, staging)
    return _report(headed, as_of, tally, counts, import_id)


def _chosen(engine: Engine, headed: Headed, columns: Columns | None) -> Columns:
    """:raises BadColumns: if they are not enough."""
    chosen = columns or _remembered(engine, headed.headings) or naming.guess(headed.headings)
    outside = any(not 0 <= position < len(headed.headings) for position in chosen.values())
    problem = "cột đã chọn không có trong tệp" if outside else naming.problem_of(chosen)
    if problem:
        raise BadColumns(problem)
    return chosen


def _counted(engine: Engine, staging: Staging) -> _Counts:
    counts = _Counts()
    with engine.connect() as connection:
        for batch in staging.batches():
            _sorted(connection, batch, counts)
    return counts


def _sorted(connection: Connection, batch: Sequence[Draft], counts: _Counts) -> dict[str, list[Any]]:
    """The batch by what it means: new; changed, with the row as it was; seen (as it was, told anew)."""
    known = {row.code: row for row in connection.execute(_KNOWN, {"codes": [d.code for d in batch]})}
    found: dict[str, list[Any]] = {"new": [], "changed": [], "seen": []}
    for draft in batch:
        row = known.get(draft.code)
        if row is None:
            counts.new += 1
            found["new"].append(draft)
        elif draft.as_of < row.as_of:
            counts.unchanged += 1
            counts.older += 1
        elif draft.digest != row.digest:
            counts.changed += 1
            found["changed"].append((draft, row))
        else:
            counts.unchanged += 1
            found["seen"].append(draft)
    return found


_KNOWN = select(
    DossierRow.code, DossierRow.digest, DossierRow.as_of, *(getattr(DossierRow, name) for name in TOLD)
).where(DossierRow.code.in_(bindparam("codes", expanding=True)))
_INSERT, _INSERT_EVENT = insert(DossierRow), insert(DossierEvent)
_CHANGED = (
    "procedure", "procedure_code", "status", "shade", "status_text", "office", "received", "due", "finished",
    "note", "phone4", "identity4", "phone", "digest", "import_id", "as_of", "changed_at",
)  # fmt: skip
_UPDATE = (
    update(DossierRow)
    .where(DossierRow.code == bindparam("b_code"))
    .values({name: bindparam(f"b_{name}") for name in _CHANGED})
)
_SEEN = (
    update(DossierRow)
    .where(DossierRow.code == bindparam("b_code"))
    .values(as_of=bindparam("b_as_of"), import_id=bindparam("b_import_id"))
)


class _Writer:
    """Writes one import and its record."""

    def __init__(self, engine: Engine, path: Path, actor: str, now: datetime, name: str) -> None:
        self._engine, self._actor, self._now, self._name = engine, actor, now, name
        self._size, self._sha256 = path.stat().st_size, _sha256(path)  # not within the transaction

    def refused(self, report: Report, names: Mapping[str, str]) -> Report:
        """Nothing is changed; the report is kept."""
        problems = [[problem.row, problem.reason] for problem in report.problems]
        with writing(self._engine) as session:
            row = self._record(session, report.form, names, report.as_of)
            row.refused, row.problems = report.refused, problems
            session.flush()
            self._audit(session, "dossiers_refused", row)
            return replace(report, import_id=row.id)

    def write(
        self, headed: Headed, columns: Columns, as_of: datetime, staging: Staging
    ) -> tuple[_Counts, int]:
        """Every draft in one transaction."""
        counts = _Counts()
        with writing(self._engine) as session:
            row = self._record(session, headed.file.form, _names(headed, columns), as_of)
            session.flush()
            connection = session.connection()
            for batch in staging.batches():
                self._apply(connection, _sorted(connection, batch, counts), row.id)
            row.done, row.new, row.changed = True, counts.new, counts.changed
            row.unchanged = counts.unchanged
            self._remember(session, headed, columns)
            self._audit(session, "dossiers_imported", row)
            return counts, row.id

    def _apply(self, connection: Connection, found: Mapping[str, list[Any]], import_id: int) -> None:
        now = self._now
        new = [
            {**d.values, "code": d.code, "digest": d.digest, "as_of": d.as_of, "import_id": import_id,
             "created_at": now, "changed_at": now}
            for d in found["new"]
        ]  # fmt: skip
        changed = [
            {f"b_{name}": value for name, value in {
                **d.values, "code": d.code, "digest": d.digest, "as_of": d.as_of, "import_id": import_id,
                "changed_at": now}.items()}
            for d, _ in found["changed"]
        ]  # fmt: skip
        seen = [{"b_code": d.code, "b_as_of": d.as_of, "b_import_id": import_id} for d in found["seen"]]
        steps = [*found["new"], *(d for d, row in found["changed"] if _is_step(d, row))]
        events = [
            {"code": d.code, "import_id": import_id, "at": now, **{name: d.values[name] for name in TOLD}}
            for d in steps
        ]
        for statement, values in ((_INSERT, new), (_UPDATE, changed), (_SEEN, seen), (_INSERT_EVENT, events)):
            if values:
                connection.execute(statement, values)

    def _record(
        self, session: Session, form: str, names: Mapping[str, str], as_of: datetime
    ) -> DossierImport:
        row = DossierImport(
            at=self._now,
            actor=self._actor,
            file_name=self._name[:200],
            size=self._size,
            sha256=self._sha256,
            form=form[:40],
            columns=dict(names),
            as_of=as_of,
        )
        session.add(row)
        return row

    def _remember(self, session: Session, headed: Headed, columns: Columns) -> None:
        mark = naming.fingerprint(headed.headings)
        session.execute(delete(DossierMapping).where(DossierMapping.fingerprint == mark))
        session.add(
            DossierMapping(fingerprint=mark, columns=dict(columns), actor=self._actor, updated_at=self._now)
        )

    def _audit(self, session: Session, action: str, row: DossierImport) -> None:
        counts = {name: getattr(row, name) for name in ("new", "changed", "unchanged", "refused")}
        record(session, self._now, self._actor, action, f"dossier_import:{row.id}", **counts)


def _is_step(draft: Draft, row: Any) -> bool:
    return any(draft.values[name] != getattr(row, name) for name in TOLD)


def _remembered(engine: Engine, headings: Sequence[str]) -> dict[str, int] | None:
    with reading(engine) as session:
        row = session.get(DossierMapping, naming.fingerprint(headings))
        return {str(field): int(position) for field, position in row.columns.items()} if row else None


def _shown(row: Sequence[Any], columns: Columns) -> dict[str, str]:
    """The fields of a row for an officer's eyes; of numbers of persons the last four digits."""
    texts = {
        field: text_of(row[position]) if position < len(row) else "" for field, position in columns.items()
    }
    return {
        field: f"…{text[-4:]}" if field in _HASHED and text else mask(text[:120]) or ""
        for field, text in texts.items()
    }


def _names(headed: Headed, columns: Columns) -> dict[str, str]:
    return {FIELD_NAMES[field]: headed.headings[position] for field, position in columns.items()}


def _report(
    headed: Headed, as_of: datetime, tally: Tally, counts: _Counts, import_id: int | None = None
) -> Report:
    return Report(
        form=headed.file.form,
        done=import_id is not None,
        as_of=as_of,
        new=counts.new,
        changed=counts.changed,
        unchanged=counts.unchanged,
        older=counts.older,
        refused=tally.refused,
        problems=tuple(tally.problems),
        repeated=tally.repeated,
        without_factor=tally.without_factor,
        unknown_statuses=dict(tally.unknown_statuses),
        import_id=import_id,
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
