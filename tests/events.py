"""Events as a channel would give them."""

from __future__ import annotations

import itertools
from typing import Any

from connectors.channel import Event, EventKind

_numbers = itertools.count(1)


def an_event(user_id: str = "u1", text: str | None = "chào", **values: Any) -> Event:
    """A message with an id of its own, unless ``values`` say otherwise."""
    number = next(_numbers)
    given: dict[str, Any] = {
        "channel": "zalo",
        "account_id": "oa",
        "kind": EventKind.MESSAGE,
        "event_id": f"e{number}",
        "at_ms": 1_780_000_000_000 + number,
        **values,
    }
    return Event(user_id=user_id, text=text, **given)
