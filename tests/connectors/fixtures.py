"""The recorded payloads, and how what was read is compared with what is expected."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connectors.channel import Event

PAYLOADS = Path(__file__).parent / "payloads"


@dataclass(frozen=True)
class Recorded:
    """One file of ``payloads/``."""

    name: str
    body: dict[str, Any]
    expect: list[dict[str, Any]]

    @property
    def raw(self) -> bytes:
        return as_bytes(self.body)


def as_bytes(body: Any) -> bytes:
    return json.dumps(body, ensure_ascii=False).encode()


def recorded(channel: str) -> list[Recorded]:
    """Every payload of ``channel``, by name."""
    found = []
    for path in sorted((PAYLOADS / channel).glob("*.json")):
        data = json.loads(path.read_text(encoding="utf-8"))
        assert data["source"], path
        found.append(Recorded(path.stem, data["body"], data["expect"]))
    return found


def check(events: list[Event], expect: list[dict[str, Any]]) -> None:
    """Each event has what is expected of it; fields that are not named are free."""
    assert [event.kind for event in events] == [wanted["kind"] for wanted in expect]
    for event, wanted in zip(events, expect, strict=True):
        assert event.event_id
        assert len(event.event_id) <= 300
        assert event.platform_event
        assert Event.from_dict(json.loads(json.dumps(event.to_dict()))) == event
        got = json.loads(json.dumps(event.to_dict()))
        for name, value in wanted.items():
            if name == "attachments":
                _check_attachments(got["attachments"], value)
            else:
                assert got[name] == value, name


def _check_attachments(got: list[dict[str, Any]], wanted: list[dict[str, Any]]) -> None:
    assert [a["kind"] for a in got] == [a["kind"] for a in wanted]
    for attachment, expected in zip(got, wanted, strict=True):
        for name, value in expected.items():
            if name == "data":
                assert {key: attachment["data"].get(key) for key in value} == value
            else:
                assert attachment[name] == value, name


def numbers_for_ids(value: Any) -> Any:
    """``value`` with every id that is all digits as a number."""
    if isinstance(value, dict):
        return {
            key: int(item)
            if key in {"id", "oa_id", "user_id", "app_id"} and isinstance(item, str) and item.isdigit()
            else numbers_for_ids(item)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [numbers_for_ids(item) for item in value]
    return value
