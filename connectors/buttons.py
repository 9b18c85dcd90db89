"""What the channels share when a button cannot be shown as one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from connectors.channel import Button
from connectors.text import clean

_PHONE = re.compile(r"\+?[0-9][0-9 .()-]{1,19}")

CHOOSE = "Ông/bà chọn giúp:"
"""The text of a message that has buttons and nothing to say."""


_LOOPBACK = ("http://127.0.0.1:", "http://localhost:")


def is_fetchable(value: str) -> bool:
    """Whether a platform can fetch a picture at ``value``: https; or the sandbox's own machine."""
    return value.startswith(("https://", *_LOOPBACK))


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


def phone_digits(value: str) -> str:
    """The digits of a phone number as people write it; "" if ``value`` is none."""
    return re.sub(r"\D", "", value) if _PHONE.fullmatch(value.strip()) else ""


def as_line(button: Button) -> str:
    """A link or phone button as a line of text; the apps make addresses and numbers tappable."""
    return f"{clean(button.title)}: {button.value.strip()}"


def with_lines(text: str, lines: Iterable[str]) -> str:
    """``text`` with ``lines`` as paragraphs of their own below it."""
    below = "\n".join(lines)
    return "\n\n".join(part for part in (text, below) if part)
