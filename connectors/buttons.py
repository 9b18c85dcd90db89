"""What the channels share when a button cannot be shown as one."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from connectors.channel import Button
from connectors.text import clean

CHOOSE = "Ông/bà chọn giúp:"
"""The text of a message that has buttons and nothing to say."""


def is_web_address(value: str) -> bool:
    """Whether ``value`` is an http(s) address that a phone can open."""
    try:
        parts = urlsplit(value.strip())
    except ValueError:
        return False
    return (
        parts.scheme in {"http", "https"}
        and bool(parts.hostname)
        and not any(map(str.isspace, value.strip()))
    )


def as_line(button: Button) -> str:
    """A link or phone button as a line of text; the apps make addresses and numbers tappable."""
    return f"{clean(button.title)}: {button.value.strip()}"


def with_lines(text: str, lines: Iterable[str]) -> str:
    """``text`` with ``lines`` as paragraphs of their own below it."""
    below = "\n".join(lines)
    return "\n\n".join(part for part in (text, below) if part)
