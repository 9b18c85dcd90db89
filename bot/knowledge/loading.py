"""faq_data loaded into one typed, immutable :class:`Knowledge`, or refused with every problem named."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from bot.knowledge.learned import Learned, read_learned
from bot.knowledge.model import (
    Commune,
    CompletedFee,
    CompletedTime,
    MissingProcedure,
    Names,
    Procedure,
    ProcedureRecord,
    Questions,
)
from bot.knowledge.scams import Scam, read_scams
from bot.knowledge.text import slugify
from bot.knowledge.units import Units, bare, read_units
from bot.knowledge.variants import Family, read_families
from bot.knowledge.yaml_reading import FileProblem, line_of, read, validated


class KnowledgeError(Exception):
    """faq_data is broken; ``problems`` are lines "file:line: what is wrong and how to mend it"."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class Knowledge:
    """Everything that answers are made from."""

    procedures: Mapping[str, Procedure]
    missing: Mapping[str, MissingProcedure]
    commune: Commune
    variants: Mapping[str, Family] = field(default_factory=lambda: MappingProxyType({}))
    units: Units | None = None  # of the commune's province, if there is a file of them
    learned: Learned = field(default_factory=Learned)  # sentences from the review of missed questions
    scams: Mapping[str, Scam] = field(default_factory=lambda: MappingProxyType({}))  # kinds, by slug

    def get(self, code: str) -> Procedure | None:
        """The procedure, served or superseded."""
        return self.procedures.get(code)

    def served(self) -> Iterator[Procedure]:
        """The procedures that may be answered, by code."""
        return (procedure for procedure in self.procedures.values() if procedure.served)

    def successor(self, code: str) -> Procedure | None:
        """What replaces a superseded procedure; None where nothing does or it is not known."""
        procedure = self.procedures.get(code)
        for _ in range(len(self.procedures)):
            if procedure is None or procedure.superseded is None or procedure.superseded.by is None:
                return None
            procedure = self.procedures.get(procedure.superseded.by)
            if procedure is not None and procedure.served:
                return procedure
        return None


class _Reader:
    """Collects problems while reading, so that all of them are told at once."""

    def __init__(self, faq_dir: Path) -> None:
        self.faq_dir = faq_dir
        self.problems: list[str] = []
        self.broken: set[str] = set()  # codes of broken files: what refers to them is no further problem

    def shown(self, path: Path) -> str:
        return f"{self.faq_dir.name}/{path.relative_to(self.faq_dir).as_posix()}"

    def records(self) -> dict[str, ProcedureRecord]:
        """Every procedure file, by code."""
        found: dict[str, ProcedureRecord] = {}
        first: dict[str, str] = {}
        for path in sorted(self.faq_dir.glob("procedures/*/*.yml")):
            shown = self.shown(path)
            try:
                text, data = read(path, shown)
                record = validated(ProcedureRecord, data, text, shown)
            except FileProblem as problem:
                self.problems += problem.problems
                self.broken.add(path.name.split("-")[0])
                continue
            self._check_place(path, text, record)
            if record.code in found:
                self.problems.append(
                    f"{shown}:{line_of(text, ('code',))}: mã {record.code} đã có trong {first[record.code]}:"
                    " xóa một tệp"
                )
                continue
            found[record.code], first[record.code] = record, shown
        if not found and not self.problems:
            self.problems.append(f"{self.faq_dir.name}/procedures:1: không có tệp thủ tục nào")
        return dict(sorted(found.items()))

    def _check_place(self, path: Path, text: str, record: ProcedureRecord) -> None:
        """The file's name must begin with its code, its folder be named after its field."""
        shown = self.shown(path)
        if not path.name.startswith(f"{record.code}-"):
            self.problems.append(
                f"{shown}:{line_of(text, ('code',))}: mã {record.code} không khớp tên tệp:"
                f" đổi tên tệp thành {record.code}-….yml"
            )
        if path.parent.name != slugify(record.field):
            self.problems.append(
                f"{shown}:{line_of(text, ('field',))}: lĩnh vực {record.field!r} phải nằm trong thư mục"
                f" {slugify(record.field)}"
            )

    def entries(self, path: Path) -> Iterator[tuple[str, Any, str, int]]:
        """A hand-written file of codes: each code with its entry, the file's text and the code's line."""
        shown = self.shown(path)
        try:
            text, data = read(path, shown)
        except FileProblem as problem:
            self.problems += problem.problems
            return
        if data is not None and not isinstance(data, Mapping):
            self.problems.append(f"{shown}:1: phải là các mã thủ tục, mỗi mã một nhóm khóa")
            return
        for code, entry in (data or {}).items():
            line = line_of(text, (str(code),))
            if isinstance(code, str):
                yield code, entry, text, line
            else:
                self.problems.append(f"{shown}:{line}: đặt mã {code} trong dấu nháy")

    def by_code(self, path: Path, model: type[Any], records: Mapping[str, Any], into: dict[str, Any]) -> None:
        """One hand-written file that maps codes of known procedures to entries of ``model``."""
        shown = self.shown(path)
        for code, entry, text, line in self.entries(path):
            if code in self.broken:
                continue
            if code not in records:
                self.problems.append(f"{shown}:{line}: không có thủ tục mã {code}: sửa mã hoặc xóa mục này")
            elif code in into:
                self.problems.append(f"{shown}:{line}: mã {code} đã có ở tệp khác: gộp lại một chỗ")
            else:
                try:
                    into[code] = validated(model, entry, text, shown, under=(code,))
                except FileProblem as problem:
                    self.problems += problem.problems

    def names(self, records: Mapping[str, ProcedureRecord]) -> dict[str, Names]:
        found: dict[str, Names] = {}
        for path in sorted(self.faq_dir.glob("aliases/*.yml")):
            self.by_code(path, Names, records, found)
        return found

    def questions(self, records: Mapping[str, ProcedureRecord]) -> dict[str, Questions]:
        found: dict[str, Questions] = {}
        for path in sorted(self.faq_dir.glob("questions/*.yml")):
            self.by_code(path, Questions, records, found)
        return found

    def completed_fees(self, records: Mapping[str, ProcedureRecord]) -> dict[str, CompletedFee]:
        found: dict[str, CompletedFee] = {}
        path = self.faq_dir / "completed" / "fees.yml"
        if path.exists():
            self.by_code(path, CompletedFee, records, found)
        return found

    def completed_times(self, records: Mapping[str, ProcedureRecord]) -> dict[str, CompletedTime]:
        found: dict[str, CompletedTime] = {}
        path = self.faq_dir / "completed" / "times.yml"
        if path.exists():
            self.by_code(path, CompletedTime, records, found)
        return found

    def missing(self, records: Mapping[str, ProcedureRecord]) -> dict[str, MissingProcedure]:
        """``missing.yml``: what people ask for and the data does not hold."""
        path = self.faq_dir / "missing.yml"
        found: dict[str, MissingProcedure] = {}
        if not path.exists():
            return found
        shown = self.shown(path)
        for code, entry, text, line in self.entries(path):
            if code in records:
                self.problems.append(f"{shown}:{line}: thủ tục {code} nay đã có dữ liệu: xóa khỏi tệp này")
                continue
            try:
                found[code] = validated(MissingProcedure, entry or {}, text, shown, under=(code,), code=code)
            except FileProblem as problem:
                self.problems += problem.problems
        return found

    def commune(self, name: str) -> Commune | None:
        path = self.faq_dir / "communes" / name / "commune.yml"
        if not path.is_file():
            known = sorted(p.parent.name for p in self.faq_dir.glob("communes/*/commune.yml"))
            allowed = ", ".join(known) or "(chưa có xã nào)"
            self.problems.append(
                f"{self.shown(path)}:1: không có tệp này: COMMUNE phải là một trong {allowed}"
            )
            return None
        shown = self.shown(path)
        try:
            text, data = read(path, shown)
            return validated(Commune, data, text, shown)
        except FileProblem as problem:
            self.problems += problem.problems
            return None

    def units(self, commune: Commune | None) -> Units | None:
        """The units of the commune's province."""
        if commune is None:
            return None
        path = self.faq_dir / "units" / f"{slugify(bare(commune.province))}.yml"
        if not path.is_file():
            return None
        try:
            return read_units(path, self.shown(path))
        except FileProblem as problem:
            self.problems += problem.problems
            return None


def _whole(
    record: ProcedureRecord,
    names: Names | None,
    questions: Questions | None,
    fee: CompletedFee | None,
    time: CompletedTime | None,
) -> Procedure:
    """The record and what was written by hand, both validated already."""
    values: dict[str, Any] = {key: getattr(record, key) for key in ProcedureRecord.model_fields}
    if names:
        values.update(
            aliases=names.aliases, everyday=names.everyday, shared=names.shared, button=names.button
        )
    return Procedure.model_construct(**values, questions=questions, completed_fee=fee, completed_time=time)


def load_knowledge(faq_dir: Path, commune: str) -> Knowledge:
    """Load everything under ``faq_dir`` for one commune (the name of its folder).

    :raises KnowledgeError: if anything is broken; all problems at once, each with file and line.
    """
    reader = _Reader(faq_dir)
    records = reader.records()
    names = reader.names(records)
    questions = reader.questions(records)
    fees = reader.completed_fees(records)
    times = reader.completed_times(records)
    missing = reader.missing(records)
    place = reader.commune(commune)
    units = reader.units(place)
    variants = read_families(faq_dir, records, missing, reader.broken, reader.problems)
    learned = read_learned(faq_dir, records, reader.broken, reader.problems)
    scams = read_scams(faq_dir, reader.problems)
    for record in records.values():
        by = record.superseded.by if record.superseded else None
        if by and by not in records and by not in reader.broken:
            reader.problems.append(
                f"{faq_dir.name}/procedures: {record.code}: thủ tục thay thế {by} không có"
            )
    if reader.problems or place is None:
        raise KnowledgeError(reader.problems)
    procedures = {
        code: _whole(record, names.get(code), questions.get(code), fees.get(code), times.get(code))
        for code, record in records.items()
    }
    return Knowledge(
        procedures=MappingProxyType(procedures),
        missing=MappingProxyType(missing),
        commune=place,
        variants=MappingProxyType(variants),
        units=units,
        learned=learned,
        scams=MappingProxyType(scams),
    )


def load_commune(faq_dir: Path, commune: str) -> Commune:
    """The commune's own facts alone, for who needs no procedures.

    :raises KnowledgeError: as :func:`load_knowledge`.
    """
    reader = _Reader(faq_dir)
    place = reader.commune(commune)
    if place is None:
        raise KnowledgeError(reader.problems)
    return place
