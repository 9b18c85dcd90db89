"""Graph's ``fields=`` syntax: ``id,messages.limit(5){id,from{name}}``."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

_TOKEN = re.compile(r"\s*(?:([a-z_0-9]+)((?:\.[a-z_]+\([^()]*\))*)|([{},]))")
_LIMIT = re.compile(r"\.limit\((\d+)\)")


@dataclass(slots=True)
class Field:
    """One asked-for field: how many of a list, and which fields of each."""

    limit: int | None = None
    fields: dict[str, Field] = field(default_factory=dict)


def parse_fields(text: str) -> dict[str, Field]:
    """The tree of asked-for fields.

    :raises ValueError: if the syntax is wrong.
    """
    root: dict[str, Field] = {}
    stack = [root]
    last: Field | None = None
    position = 0
    while position < len(text.rstrip()):
        match = _TOKEN.match(text, position)
        if match is None:
            raise ValueError(f"Syntax error at {text[position : position + 10]!r}")
        position = match.end()
        name, modifiers, mark = match.groups()
        if name:
            limit = _LIMIT.search(modifiers)
            last = stack[-1].setdefault(name, Field(int(limit.group(1)) if limit else None))
        elif mark == "{" and last is not None:
            stack.append(last.fields)
            last = None
        elif mark == "}" and len(stack) > 1:
            stack.pop()
            last = None
        elif mark != ",":
            raise ValueError(f"Syntax error at {mark!r}")
    if len(stack) > 1:
        raise ValueError("Expected }")
    return root


def pick(value: dict[str, Any], fields: dict[str, Field]) -> dict[str, Any]:
    """``value`` with the asked-for fields and its id, in the asked-for order; edges cut to their limit."""
    if not fields:
        return value
    chosen: dict[str, Any] = {}
    for name, asked in fields.items():
        if name not in value:
            continue
        item = value[name]
        if isinstance(item, dict) and isinstance(item.get("data"), list):
            data = item["data"][: asked.limit] if asked.limit is not None else item["data"]
            item = {**item, "data": [pick(d, asked.fields) if isinstance(d, dict) else d for d in data]}
        elif isinstance(item, dict):
            item = pick(item, asked.fields)
        chosen[name] = item
    if "id" in value:
        chosen["id"] = value["id"]
    return chosen
