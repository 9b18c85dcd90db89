"""Templates of ordinary posts (``faq_data/posts/templates.yml``), and what becomes of a filled one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, model_validator

from bot.knowledge.loading import KnowledgeError
from bot.knowledge.yaml_reading import FileProblem, read, validated

_SLOT = re.compile(r"\{(\w+)\}")
MAX_VALUE = 3000
STARS = ("3", "4", "5")
"""What a certificate of OCOP may say (QĐ 1048/QĐ-TTg năm 2019, 919/QĐ-TTg năm 2022)."""


class Slot(BaseModel):
    """One field of a template; ``label``, ``example`` and ``hint`` are what the editor reads."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    label: str
    kind: Literal["text", "long", "stars"] = "text"
    required: bool = False
    example: str = ""
    hint: str = ""


class Template(BaseModel):
    """A kind of post. Every slot of ``title`` and ``text`` is a field."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    title: str
    text: str
    hashtags: tuple[str, ...] = ()
    fields: tuple[Slot, ...]

    @model_validator(mode="after")
    def _slots_are_fields(self) -> Self:
        known = {slot.name for slot in self.fields}
        used = set(_SLOT.findall(self.title + self.text))
        if wrong := used ^ known:
            raise ValueError(f"ô {min(wrong)} phải có trong cả bài lẫn fields")
        return self


def load_templates(faq_dir: Path) -> Mapping[str, Template]:
    """By id.

    :raises KnowledgeError: if the file is missing or broken.
    """
    shown = "posts/templates.yml"
    try:
        text, data = read(faq_dir / shown, shown)
        if not isinstance(data, Mapping):
            raise FileProblem([f"{shown}:1: phải là một nhóm mẫu bài"])
        return {str(name): validated(Template, one, text, shown, under=(name,)) for name, one in data.items()}
    except FileProblem as problem:
        raise KnowledgeError(problem.problems) from problem


def missing(template: Template, values: Mapping[str, str]) -> tuple[str, ...]:
    """The labels of required fields that are empty, and what is no number of stars."""
    found = [slot.label for slot in template.fields if slot.required and not _value(values, slot.name)]
    wrong = [
        slot.label
        for slot in template.fields
        if slot.kind == "stars" and (given := _value(values, slot.name)) and given not in STARS
    ]
    return (*found, *wrong)


def fill(template: Template, values: Mapping[str, str]) -> tuple[str, str]:
    """Title and text. A line with an empty field is left out; a value never counts as a slot itself."""
    lines = [_filled(line, values) for line in template.text.split("\n")]
    title = _filled(template.title, values)
    return " ".join((title or template.name).split()), "\n".join(line for line in lines if line is not None)


def _filled(line: str, values: Mapping[str, str]) -> str | None:
    if any(not _value(values, name) for name in _SLOT.findall(line)):
        return None
    filled = _SLOT.sub(lambda match: _value(values, match[1]), line)
    return filled[:1].upper() + filled[1:]


def _value(values: Mapping[str, str], name: str) -> str:
    return str(values.get(name, "")).strip()[:MAX_VALUE]
