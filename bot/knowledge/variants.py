"""Families of near-twins: procedures, or cases of one, that people call by the same name.

One file of ``faq_data/variants/`` per family, written by hand. Who says only the family's name is asked
which case it is, or answered with the ordinary one; who says the case is answered with that case.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from bot.knowledge.model import Code, Frozen, GroupRole, MissingProcedure, ProcedureRecord, Text
from bot.knowledge.yaml_reading import FileProblem, line_of, read, validated

Label = Annotated[str, StringConstraints(min_length=1, max_length=40, strip_whitespace=True)]
"""What a button says."""
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,23}$")]
"""A name inside a button's payload."""


class Case(Frozen):
    """One member of a family.

    ``says``: phrases that tell this case; " … " stands for up to three words between, " + " joins parts that
    may stand anywhere. ``group``: the beginning of a heading in the record's documents; then the answer holds
    the papers of that case alone, and ``id`` names it. ``offered``: whether it gets a button of its own;
    rare cases are only understood.
    """

    code: Code
    label: Label
    says: tuple[Text, ...] = ()
    group: Text | None = None
    id: Slug | None = None
    offered: bool = True


class Family(Frozen):
    """Near-twins with the question that tells them apart.

    ``slug`` is the file's name. ``plain``: the code that is meant where no case is said. ``names``: what the
    family is called where no case is said.
    """

    slug: Slug
    question: Text
    plain: Code | None = None
    names: tuple[Text, ...] = Field(min_length=1)
    cases: tuple[Case, ...] = Field(min_length=2)

    def __hash__(self) -> int:
        """By the slug alone: slugs are the names of files."""
        return hash(self.slug)

    @property
    def codes(self) -> frozenset[str]:
        """The codes of all members."""
        return frozenset(case.code for case in self.cases)

    def case(self, code: str, case_id: str) -> Case | None:
        """The case ``case_id`` of one procedure; None for one that another version of the file had."""
        return next((c for c in self.cases if c.code == code and c.id == case_id), None)


def read_families(
    faq_dir: Path,
    records: Mapping[str, ProcedureRecord],
    missing: Mapping[str, MissingProcedure],
    broken: Set[str],
    problems: list[str],
) -> dict[str, Family]:
    """Every family by its slug; what is wrong is appended to ``problems`` with file and line.

    :param missing: procedures without data; one that has a name may be a case, so that whoever means it is
        told so instead of being answered on another.
    :param broken: codes of files that are broken themselves: no further problem.
    """
    found: dict[str, Family] = {}
    for path in sorted(faq_dir.glob("variants/*.yml")):
        shown = f"{faq_dir.name}/variants/{path.name}"
        try:
            text, data = read(path, shown)
            if isinstance(data, Mapping) and "slug" in data:
                raise FileProblem(
                    [f"{shown}:{line_of(text, ('slug',))}: slug: lấy theo tên tệp, xóa dòng này"]
                )
            family = validated(Family, data, text, shown, slug=path.stem)
        except FileProblem as problem:
            problems += problem.problems
            continue
        known = _Known(records, missing, broken)
        problems += [f"{shown}:{line_of(text, where)}: {what}" for where, what in known.problems(family)]
        found[family.slug] = family
    return found


class _Known:
    """What a family may refer to."""

    def __init__(
        self, records: Mapping[str, ProcedureRecord], missing: Mapping[str, Any], broken: Set[str]
    ) -> None:
        self._records, self._missing, self._broken = records, missing, broken

    def problems(self, family: Family) -> Iterator[tuple[tuple[int | str, ...], str]]:
        """Each problem behind the place where it stands in the file."""
        labels: set[str] = set()
        members: set[tuple[str, str | None]] = set()
        for place, case in enumerate(family.cases):
            for where, what in self._of(case):
                yield ("cases", place, where), what
            if case.label in labels:
                yield ("cases", place, "label"), f"nhãn {case.label!r} đã có ở trường hợp khác: đổi nhãn"
            if (case.code, case.id) in members:
                yield ("cases", place, "code"), f"mã {case.code} đã có ở trường hợp khác: gộp lại"
            labels.add(case.label)
            members.add((case.code, case.id))
        if family.plain is not None and family.plain not in family.codes:
            yield ("plain",), f"mã {family.plain} không có trong cases: thêm vào hoặc sửa mã"
        if sum(case.offered for case in family.cases) < 2:
            yield ("cases",), "phải có ít nhất hai trường hợp có nút (offered)"

    def _of(self, case: Case) -> Iterator[tuple[str, str]]:
        record = self._records.get(case.code)
        if record is None:
            named = case.code in self._missing and self._missing[case.code].name
            if not named and case.code not in self._broken:
                yield "code", f"không có thủ tục mã {case.code}: sửa mã hoặc xóa trường hợp này"
            return
        if record.superseded is not None:
            yield "code", f"thủ tục {case.code} đã bị thay thế: dùng mã mới hoặc xóa trường hợp này"
        if (case.group is None) != (case.id is None):
            yield "group", "group và id phải đi cùng nhau"
        if case.group is not None and len(_headed(record, case.group)) != 1:
            yield "group", f"thành phần hồ sơ của {case.code} không có đúng một nhóm {case.group!r}"


def _headed(record: ProcedureRecord, group: str) -> list[str]:
    """The headings of the record's cases that begin with ``group``."""
    return [
        g.name for g in record.documents if g.role is GroupRole.CASE and g.name and g.name.startswith(group)
    ]
