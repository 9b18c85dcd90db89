"""Reads what residents are told beside the procedures: ``faq_data/messages/`` and ``faq_data/guides/``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel

from bot.dialogue.guides import Guide, Texts
from bot.dialogue.wording import Wording
from bot.knowledge.loading import KnowledgeError
from bot.knowledge.yaml_reading import FileProblem, line_of, read, validated


def load_texts(faq_dir: Path) -> Texts:
    """Every text of the dialogue.

    :raises KnowledgeError: if anything is missing or broken; all problems at once, with file and line.
    """
    problems: list[str] = []
    groups = _wording(faq_dir, problems)
    guides = _guides(faq_dir, problems)
    if problems:
        raise KnowledgeError(problems)
    return Texts(Wording.model_validate(groups), MappingProxyType(guides))


def _wording(faq_dir: Path, problems: list[str]) -> dict[str, BaseModel]:
    """One file per group of :class:`Wording`, each named after it."""
    folder = faq_dir / "messages"
    groups: dict[str, BaseModel] = {}
    for name, field in Wording.model_fields.items():
        model = field.annotation
        assert isinstance(model, type) and issubclass(model, BaseModel)
        group = _read(faq_dir, folder / f"{name}.yml", model, problems)
        if group is not None:
            groups[name] = group
    for path in sorted(folder.glob("*.yml")):
        if path.stem not in Wording.model_fields:
            problems.append(f"{_shown(faq_dir, path)}:1: không dùng đến tệp này: sửa tên tệp hoặc xóa")
    return groups


def _guides(faq_dir: Path, problems: list[str]) -> dict[str, Guide]:
    guides: dict[str, Guide] = {}
    lines: dict[str, tuple[str, int]] = {}
    for path in sorted((faq_dir / "guides").glob("*.yml")):
        guide = _read(faq_dir, path, Guide, problems, id=path.stem)
        if guide is not None:
            guides[guide.id] = guide
            text = path.read_text(encoding="utf-8")
            lines[guide.id] = _shown(faq_dir, path), line_of(text, ("topic",))
    for guide in guides.values():
        if guide.topic and guide.topic not in guides:
            shown, line = lines[guide.id]
            problems.append(f"{shown}:{line}: topic: không có bài hướng dẫn {guide.topic}.yml")
    return guides


def _read(faq_dir: Path, path: Path, model: type[Any], problems: list[str], **extra: Any) -> Any | None:
    shown = _shown(faq_dir, path)
    try:
        text, data = read(path, shown)
        if isinstance(data, Mapping) and set(extra) & set(data):
            raise FileProblem([f"{shown}:{line_of(text, ('id',))}: id: lấy theo tên tệp, xóa dòng này"])
        return validated(model, data, text, shown, **extra)
    except FileProblem as problem:
        problems += problem.problems
        return None


def _shown(faq_dir: Path, path: Path) -> str:
    return f"{faq_dir.name}/{path.relative_to(faq_dir).as_posix()}"
