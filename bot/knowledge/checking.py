"""The checks of ``bot check`` on faq_data: what the loader refuses, and what would make poor answers."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from bot.knowledge.loading import Knowledge, KnowledgeError, load_knowledge
from bot.knowledge.model import Procedure
from bot.knowledge.wording import short_name, title

WARNING = "lưu ý: "
"""The start of a line that is worth knowing and stops nothing."""


def _key(name: str) -> str:
    """A name as two people without diacritics would type it: only to find names that clash."""
    folded = unicodedata.normalize("NFD", name.lower().replace("đ", "d"))
    return " ".join(re.findall(r"[a-z0-9]+", "".join(c for c in folded if not unicodedata.combining(c))))


def ambiguous_names(procedures: Iterable[Procedure]) -> list[str]:
    """Names that lead to several served procedures without all of them saying so under ``shared``."""
    owners: dict[str, dict[str, str]] = defaultdict(dict)
    shared: dict[str, set[str]] = defaultdict(set)
    for procedure in procedures:
        if not procedure.served:
            continue
        for name in (title(procedure), *procedure.aliases, *procedure.everyday):
            owners[_key(name)][procedure.code] = name
        for name in procedure.shared:
            shared[_key(name)].add(procedure.code)
            owners[_key(name)].setdefault(procedure.code, name)
    problems = []
    for key, codes in sorted(owners.items()):
        if len(codes) > 1 and set(codes) - shared[key]:
            name = next(iter(codes.values()))
            problems.append(
                f"faq_data/aliases: tên {name!r} chỉ đến {', '.join(sorted(codes))}:"
                " giữ ở một mã, hoặc ghi vào 'shared' của mọi mã đó"
            )
    return problems


def equal_buttons(procedures: Iterable[Procedure]) -> list[str]:
    """Served procedures that a resident could not tell apart on buttons."""
    titles: dict[str, list[str]] = defaultdict(list)
    for procedure in procedures:
        if procedure.served:
            titles[short_name(procedure).lower()].append(procedure.code)
    return [
        f"faq_data/aliases: nút {title!r} của {', '.join(codes)} giống nhau: ghi 'button' riêng cho từng mã"
        for title, codes in sorted(titles.items())
        if len(codes) > 1
    ]


def thin_entries(procedures: Iterable[Procedure]) -> list[str]:
    """Served procedures that cannot answer much."""
    lines = []
    for procedure in procedures:
        if not procedure.served:
            continue
        lacks = [
            what
            for what, there in (
                ("giấy tờ", procedure.documents),
                ("trình tự", procedure.steps),
                ("căn cứ pháp lý", procedure.legal_basis),
            )
            if not there
        ]
        if lacks:
            lines.append(f"{WARNING}{procedure.code} {procedure.name[:60]}: không có {', '.join(lacks)}")
        if procedure.needs_review:
            lines.append(
                f"{WARNING}{procedure.code} {procedure.name[:60]}: cần xem lại, {procedure.needs_review}"
            )
    return lines


FEW_NAMES = 3
FEW_QUESTIONS = 15


def thinly_asked(procedures: Iterable[Procedure]) -> list[str]:
    """Served procedures that the assistant knows few ways of asking for: it will miss some."""
    lines = []
    for procedure in procedures:
        if not procedure.served:
            continue
        names = len(procedure.aliases) + len(procedure.everyday) + len(procedure.shared)
        asked = sum(len(texts) for _, texts in procedure.questions) if procedure.questions else 0
        thin = [f"{names} tên gọi"] if names < FEW_NAMES else []
        thin += [f"{asked} câu hỏi"] if asked < FEW_QUESTIONS else []
        if thin:
            where = f"{WARNING}{procedure.code} {procedure.name[:60]}: chỉ có {', '.join(thin)}"
            lines.append(f"{where}: thêm vào faq_data/aliases, faq_data/questions")
    return lines


def _communes(faq_dir: Path) -> list[str]:
    return sorted(path.parent.name for path in faq_dir.glob("communes/*/commune.yml"))


def check_faq(faq_dir: Path) -> list[str]:
    """Every problem of ``faq_dir``, warnings (which start with :data:`WARNING`) last."""
    communes = _communes(faq_dir)
    if not communes:
        return [f"{faq_dir.name}/communes:1: chưa có xã nào: thêm communes/<tên>/commune.yml"]
    knowledge: Knowledge | None = None
    problems: list[str] = []
    for commune in communes:
        try:
            knowledge = load_knowledge(faq_dir, commune)
        except KnowledgeError as error:
            problems += [problem for problem in error.problems if problem not in problems]
    if knowledge is None or problems:
        return problems
    procedures = list(knowledge.procedures.values())
    return (
        ambiguous_names(procedures)
        + equal_buttons(procedures)
        + thin_entries(procedures)
        + thinly_asked(procedures)
    )
