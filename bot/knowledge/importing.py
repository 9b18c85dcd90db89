"""The repeatable import of captured procedures into ``faq_data/procedures/``.

Every file is written anew from the source and from nothing else, so that the same source gives the same
bytes. What people wrote by hand (names, facts completed from the law) lives in other folders.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from bot.knowledge.import_documents import import_documents, rejoin_steps
from bot.knowledge.import_fees import import_fee, import_holiday
from bot.knowledge.import_times import import_times, import_ways
from bot.knowledge.model import Channel, ProcedureRecord, Result, Superseded
from bot.knowledge.text import capitalised, clean, clean_line, slugify
from bot.knowledge.yaml_files import dump

HEADING = """Do lệnh `bot faq import-procedures` viết ra: đừng sửa tay, lần nhập sau sẽ ghi đè.
Tên gọi hằng ngày sửa ở faq_data/aliases/, lệ phí đã kiểm theo luật ở faq_data/completed/fees.yml."""

DISTRICT = re.compile(
    r"cấp huyện|UBND huyện|Ủy ban nhân dân huyện|Công an huyện|quận, huyện|huyện đội|Phòng Tư pháp",
    re.IGNORECASE,
)
_AT_DISTRICT = re.compile(r"\s*\(thực hiện tại cấp huyện\)$")
_OTHER_PROVINCE = re.compile(r"Hà Nội|Quảng Trị|Hồ Chí Minh|HCM")
_LIST = re.compile(r",\s*(?![^()]*\))")
_CODE_IN_NAME = re.compile(r"\s*\(\d\.\d{6}\)$")
# A page of two columns was read across them: the words that jumped, in the one record where it happened
_SCRAMBLED = (
    ("nộp hồ sơ đăng ký khai tâm Phục vụ", "nộp hồ sơ đăng ký khai sinh tại Trung tâm Phục vụ"),
    ("hoàn tất việc sinh tại Trung\nnộp hồ sơ.", "hoàn tất việc nộp hồ sơ."),
)


class ImportRefused(ValueError):
    """The source cannot be imported; the message names every reason."""


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What one import did. ``needs_review`` maps a code to why its content must not be told as it is."""

    written: int
    unchanged: int
    removed: tuple[str, ...]
    superseded: tuple[str, ...]
    needs_review: Mapping[str, str]
    mentions_district: tuple[str, ...]
    time_without_unit: tuple[str, ...]
    rejoined_steps: tuple[str, ...]
    doubtful_fees: tuple[str, ...] = field(default=())

    @property
    def total(self) -> int:
        return self.written + self.unchanged


def _agency(raw: str | None) -> str | None:
    """The agency, without other provinces' offices that the portal shows as examples, and without garbage."""
    if not raw or "\n" in raw or len(raw) > 400:
        return None
    parts = [part for part in clean_line(raw).split(", ") if not _OTHER_PROVINCE.search(part)]
    name = ", ".join(parts).rstrip(".")
    if re.fullmatch(r"(ủy|uỷ) ban nhân dân (cấp )?xã(, phường, thị trấn)?", name, re.IGNORECASE):
        return "Ủy ban nhân dân cấp xã"
    return re.sub(r"Công an cấp Xã", "Công an cấp xã", name) or None


def _steps(record: Mapping[str, Any]) -> str | None:
    if "documents:unsplit" in record["flags"]:
        return rejoin_steps(record["steps"] or "", record["documents"])
    text = clean(record["steps"] or "")
    for wrong, right in _SCRAMBLED:
        text = text.replace(wrong, right)
    return text or None


def _conditions(raw: str | None) -> str | None:
    text = clean(raw or "")
    return text if text.strip(" .").lower() not in {"", "không"} else None


def _superseded(record: Mapping[str, Any], twins: Mapping[str, str]) -> Superseded | None:
    if raw := record.get("superseded"):
        on = date.fromisoformat(raw["on"])
        return Superseded(on=on, by=raw["by"], legal=raw["legal"], note=raw["note"])
    name = clean_line(record["name"])
    if _AT_DISTRICT.search(name):
        twin = twins.get(_AT_DISTRICT.sub(" (thực hiện tại cấp xã)", name))
        return Superseded(on=date(2025, 7, 1), by=twin, note="Cấp huyện không còn từ ngày 1/7/2025.")
    return None


def convert(
    record: Mapping[str, Any], needs_review: str | None = None, twins: Mapping[str, str] | None = None
) -> ProcedureRecord:
    """One captured record as a typed one. Pure.

    :param twins: names to codes, to find the commune-level twin of a district-level procedure.
    :raises KeyError, ValueError: if the record lacks a key or has a value of the wrong form.
    """
    unsplit = "documents:unsplit" in record["flags"]
    steps = _steps(record)
    groups = () if unsplit else import_documents(record["documents"])
    name = capitalised(_CODE_IN_NAME.sub("", clean_line(record["name"])))
    told = [name, record["agency"] or "", steps or "", record["conditions"] or ""]
    told += [item.text for group in groups for item in group.items]
    told += [row["desc"] for row in record["channel_detail"]]
    return ProcedureRecord(
        code=record["code"],
        name=name,
        field=clean_line(record["field"]),
        ministry=clean_line(record["ministry"]),
        decision=clean_line(record["decision"]) if record["decision"] else None,
        agency=_agency(record["agency"]),
        agency_level=clean_line(record["agency_level"]),
        applicants=tuple(_LIST.split(clean_line(record["applicants"]))),
        channels=tuple(sorted((Channel(c) for c in set(record["channels"])), key=list(Channel).index)),
        ways=import_ways(record),
        times=import_times(record, steps),
        fee=import_fee(record),
        fee_holiday=import_holiday(record.get("fee_digital_citizen")),
        documents=groups,
        conditions=_conditions(record["conditions"]),
        steps=steps,
        results=tuple(
            Result(name=name, code=result["code"])
            for result in record["results"]
            if (name := clean_line(result["name"] or ""))
        ),
        legal_basis=tuple(dict.fromkeys(clean_line(law) for law in record["legal_basis"])),
        superseded=_superseded(record, twins or {}),
        mentions_district=any(DISTRICT.search(clean(text)) for text in told),
        needs_review=needs_review,
        flags=tuple(clean_line(flag) for flag in record["flags"]),
        source=record["source"],
        via=record["via"],
        as_of=record["as_of"],
    )


def same_content(records: Iterable[Mapping[str, Any]]) -> dict[str, tuple[str, ...]]:
    """Codes that share both steps and documents with others, each with those others.

    One page captured under two codes looks like this; which of them it belongs to cannot be told.
    """
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    for record in records:
        steps = "".join(clean(record["steps"] or "").split())
        papers = "\n".join(sorted("".join(clean(row["text"]).split()) for row in record["documents"]))
        if steps and papers:
            groups[steps, papers].append(record["code"])
    return {
        code: tuple(other for other in codes if other != code)
        for codes in groups.values()
        if len(codes) > 1
        for code in codes
    }


def _refuse_broken(records: Sequence[Mapping[str, Any]]) -> None:
    problems = []
    by_code: dict[str, int] = defaultdict(int)
    by_source: dict[str, list[str]] = defaultdict(list)
    for record in records:
        by_code[record["code"]] += 1
        by_source[record["source"]].append(record["code"])
    problems += [f"mã {code} có {count} bản ghi" for code, count in by_code.items() if count > 1]
    problems += [
        f"các mã {', '.join(codes)} cùng một trang nguồn {source}"
        for source, codes in by_source.items()
        if len(set(codes)) > 1
    ]
    if problems:
        raise ImportRefused("; ".join(problems))


def _why(error: Exception) -> str:
    """One line for an officer of the data: which key, and what is wrong with it."""
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False)[0]
        return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
    return f"thiếu khóa {error}" if isinstance(error, KeyError) else str(error)


def file_name(record: ProcedureRecord) -> str:
    """Where a record lives below ``procedures/``: its field, then its code and a short name."""
    short = re.sub(r"^thủ tục\s+", "", record.name, flags=re.IGNORECASE)
    return f"{slugify(record.field)}/{record.code}-{slugify(short)}.yml"


def render_file(record: ProcedureRecord) -> str:
    """The file's text: keys in the model's order, empty ones left out."""
    return dump(record.model_dump(mode="json", exclude_defaults=True), HEADING)


def _write(target: Path, files: Mapping[str, str]) -> tuple[int, int, tuple[str, ...]]:
    written = unchanged = 0
    for name, text in files.items():
        path = target / name
        if path.exists() and path.read_text(encoding="utf-8") == text:
            unchanged += 1
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        written += 1
    removed = []
    for path in sorted(target.glob("*/*.yml")):
        name = path.relative_to(target).as_posix()
        if name not in files:
            path.unlink()
            removed.append(name)
    return written, unchanged, tuple(removed)


def import_procedures(source: Path, target: Path) -> ImportReport:
    """Import ``source`` (the shared ``procedures.json``) into ``target`` (``faq_data/procedures``).

    Files of procedures that the source no longer has are removed.

    :raises ImportRefused: if codes or source pages repeat, or a record is not of the known form.
    """
    records = json.loads(source.read_text(encoding="utf-8"))
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise ImportRefused("phải là một danh sách bản ghi")
    _refuse_broken(records)
    alike = same_content(records)
    twins = {clean_line(record["name"]): record["code"] for record in records}
    converted: list[ProcedureRecord] = []
    problems: list[str] = []
    for record in records:
        others = alike.get(record["code"])
        review = f"trình tự và giấy tờ trùng với {', '.join(others)}" if others else None
        try:
            converted.append(convert(record, review, twins))
        except (KeyError, TypeError, ValueError) as error:
            problems.append(f"{record.get('code', '?')}: {_why(error)}")
    files = {file_name(record): render_file(record) for record in converted}
    if len(files) != len(records) and not problems:
        problems.append("hai bản ghi cùng một tên tệp")
    if problems:
        raise ImportRefused("; ".join(problems))
    written, unchanged, removed = _write(target, files)
    return ImportReport(
        written=written,
        unchanged=unchanged,
        removed=removed,
        superseded=tuple(r.code for r in converted if r.superseded),
        needs_review={r.code: r.needs_review for r in converted if r.needs_review},
        mentions_district=tuple(r.code for r in converted if r.mentions_district),
        time_without_unit=tuple(r.code for r in converted if "time:unit_missing" in r.flags),
        rejoined_steps=tuple(r.code for r in converted if "documents:unsplit" in r.flags),
        doubtful_fees=tuple(r.code for r in converted if any(row.doubt for row in r.fee.rows)),
    )
