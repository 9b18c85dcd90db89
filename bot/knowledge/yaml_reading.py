"""Reading one YAML file into a model, with every problem located by file and line."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

M = TypeVar("M", bound=BaseModel)

_MENDING = {
    "extra_forbidden": "khóa này không có trong mẫu: sửa tên khóa hoặc xóa dòng",
    "missing": "thiếu khóa này: thêm vào",
    "string_type": "phải là chữ (đặt trong dấu nháy nếu là số)",
    "string_pattern_mismatch": "không đúng dạng",
    "string_too_short": "không được để trống",
    "string_too_long": "dài quá mức cho phép",
    "enum": "không phải giá trị cho phép",
    "literal_error": "không phải giá trị cho phép",
    "tuple_type": "phải là danh sách (mỗi dòng bắt đầu bằng dấu -)",
    "model_type": "phải là một nhóm khóa",
    "model_attributes_type": "phải là một nhóm khóa",
    "int_parsing": "phải là số nguyên",
    "int_type": "phải là số nguyên",
    "bool_parsing": "phải là true hoặc false",
    "date_from_datetime_parsing": "phải là ngày dạng 2026-08-15",
}


class FileProblem(Exception):
    """What is wrong with one file; ``problems`` are lines "file:line: what, and how to mend it"."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class _UniqueKeyLoader(yaml.CSafeLoader):
    """The C loader, which silently keeps the last of two equal keys, made to refuse them."""


def _mapping(loader: yaml.CSafeLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[Any] = set()
    for key_node, _ in node.value:
        if not isinstance(key_node, yaml.ScalarNode):
            continue  # construct_mapping refuses it with its place
        if key_node.value in seen:
            raise yaml.MarkedYAMLError(
                problem=f"khóa {key_node.value!r} có hai lần", problem_mark=key_node.start_mark
            )
        seen.add(key_node.value)
    return loader.construct_mapping(node, deep=True)


_UniqueKeyLoader.add_constructor("tag:yaml.org,2002:map", _mapping)


@lru_cache(maxsize=4)
def _composed(text: str) -> yaml.Node | None:
    """The file that is being read is asked about again and again."""
    return yaml.compose(text, Loader=yaml.CSafeLoader)


def line_of(text: str, location: tuple[int | str, ...]) -> int:
    """The line (from 1) of the deepest part of ``location`` that the YAML text really has."""
    node = _composed(text)
    line = 1
    for part in location:
        found = None
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if key.value == str(part):
                    found, line = value, key.start_mark.line + 1
                    break
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            found = node.value[part]
            line = found.start_mark.line + 1
        if found is None:
            break
        node = found
    return line


def read(path: Path, shown: str) -> tuple[str, Any]:
    """The file's text and its data.

    :param shown: the file's name in messages.
    :raises FileProblem: if it cannot be read or is not YAML.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FileProblem([f"{shown}:1: không đọc được tệp ({error})"]) from error
    try:
        return text, yaml.load(text, Loader=_UniqueKeyLoader)  # a subclass of the safe loader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise FileProblem([f"{shown}:{line}: YAML sai cú pháp: {error.problem or error.context}"]) from error
    except yaml.YAMLError as error:
        raise FileProblem([f"{shown}:1: YAML sai cú pháp: {error}"]) from error


def validated(
    model: type[M], data: Any, text: str, shown: str, under: tuple[int | str, ...] = (), **extra: Any
) -> M:
    """``data`` as a ``model``.

    :param under: where ``data`` stands in the file, for the line numbers.
    :param extra: values that are not in the file.
    :raises FileProblem: naming every problem with its line.
    """
    if not isinstance(data, Mapping):
        raise FileProblem([f"{shown}:{line_of(text, under)}: phải là một nhóm khóa dạng 'khóa: giá trị'"])
    try:
        return model.model_validate({**data, **extra})
    except ValidationError as error:
        problems = []
        for item in error.errors(include_url=False):
            where = ".".join(str(part) for part in item["loc"])
            mending = _MENDING.get(item["type"], item["msg"])
            allowed = item.get("ctx", {}).get("expected") or item.get("ctx", {}).get("pattern")
            hint = f" (cho phép: {allowed})" if allowed else ""
            line = line_of(text, (*under, *item["loc"]))
            problems.append(f"{shown}:{line}: {where}: {mending}{hint}")
        raise FileProblem(problems) from error
