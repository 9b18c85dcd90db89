"""Recognising a message of ours in a platform's history."""

from __future__ import annotations

from typing import Any

from connectors.text import clean

CLOCK_SKEW_MS = 2000
"""How far the platform's clock may lag behind ours."""


def same_text(ours: str, theirs: Any) -> bool:
    """Equal but for white space and Unicode form, which platforms change."""
    return isinstance(theirs, str) and clean(ours).split() == clean(theirs).split()


def sent_since(sent_ms: int, since_ms: int) -> bool:
    """Whether a message of the platform's time ``sent_ms`` is not older than ``since_ms`` of our clock."""
    return sent_ms >= since_ms - CLOCK_SKEW_MS
