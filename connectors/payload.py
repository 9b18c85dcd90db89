"""Reading a platform's JSON without trusting it: every accessor gives a value for any input."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

MAX_ID = 128
"""Longest id of a person, account or message that is taken for one; longer ones are not ids."""

_SECONDS_BELOW = 10**11  # 10**11 ms was in 1973, 10**11 s is in the year 5138
_LATEST_MS = 10**14


def load_object(raw: bytes) -> dict[str, Any]:
    """The JSON object in ``raw``.

    :raises ValueError: if it is not JSON in UTF-8, not an object, or nested absurdly deep.
    """
    try:
        body = json.loads(raw.decode("utf-8-sig"))
    except RecursionError as error:
        raise ValueError("the body is nested too deeply") from error
    if not isinstance(body, dict):
        raise ValueError("the body is not a JSON object")
    return body


def mapping(value: Any) -> Mapping[str, Any]:
    """``value`` if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def items(value: Any) -> list[Any]:
    """``value`` if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def identifier(value: Any, longest: int = MAX_ID) -> str:
    """An id as a string: platforms send them as strings or numbers. "" if it is neither."""
    if isinstance(value, bool):
        return ""
    if isinstance(value, int):
        value = str(value)
    if not isinstance(value, str) or len(value) > longest or not value.isprintable():
        return ""
    return value.strip()


def string(value: Any) -> str | None:
    """``value`` if it is a string that says something, else None."""
    return value if isinstance(value, str) and value.strip() else None


def number(value: Any) -> float | None:
    """A finite number given as a number or as text, else None."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        result = float(value)
    except (ValueError, OverflowError):
        return None
    return result if abs(result) < float("inf") else None


def epoch_ms(value: Any) -> int:
    """A time in epoch milliseconds, given in milliseconds or seconds; 0 if it is no time."""
    given = number(value)
    if given is None or given <= 0:
        return 0
    if given < _SECONDS_BELOW:
        given *= 1000
    return int(given) if given < _LATEST_MS else 0


def digest(value: Any) -> str:
    """A short key of any JSON value, the same whenever the platform repeats it."""
    text = json.dumps(value, sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:24]
