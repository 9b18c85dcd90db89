"""Vietnamese text in the measure of the platforms: NFC code points, cut where people would pause.

The platforms count characters, and a decomposed "ế" counts three. Everything here normalises to
NFC first, so the figure that is checked is the figure that is sent.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

# Control characters other than tab and line feed: databases refuse NUL, phones show nothing.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")

# Where text may be parted, best first. Each match ends where the next piece starts. A sentence
# ends after a letter, so that "1. Giấy chứng sinh" keeps its number.
_PAUSES = (
    re.compile(r"\n[ \t]*\n\s*"),
    re.compile(r"\n"),
    re.compile(r"(?<=[^\W\d_])[.!?…]+[\"'”’)\]]*\s+"),
    re.compile(r"\s+"),
)
# A pause in the first part of a piece would leave a stub; then the next kind of pause is better.
_MIN_SHARE = 3

_ZWJ = "\u200d"


def clean(text: str) -> str:
    """``text`` in NFC with LF line ends, without control characters and lone surrogates, stripped."""
    unified = text.replace("\r\n", "\n").replace("\r", "\n")
    visible = _SURROGATE.sub("\ufffd", _CONTROL.sub("", unified))
    return unicodedata.normalize("NFC", visible).strip()


def cut(text: str, limit: int) -> list[str]:
    """Pieces of at most ``limit`` code points that joined are ``text`` in NFC, white space included.

    A grapheme (letter with marks, flag, emoji family) stays whole unless it alone is too long.
    """
    if limit < 1:
        raise ValueError("limit must be at least 1")
    rest = unicodedata.normalize("NFC", text)
    pieces = []
    while len(rest) > limit:
        at = _pause(rest, limit)
        pieces.append(rest[:at])
        rest = rest[at:]
    return [*pieces, rest] if rest else pieces


def split_text(text: str, limit: int) -> list[str]:
    """The messages that show ``text``: pieces as of :func:`cut`, stripped, none of them blank."""
    return [piece for part in cut(clean(text), limit) if (piece := part.strip())]


def shorten(title: str, limit: int) -> str:
    """``title`` on one line in at most ``limit`` code points, cut after a word and marked with "…"."""
    line = " ".join(clean(title).split())
    if len(line) <= limit:
        return line
    at = _boundary(line, limit - 1)
    space = line.rfind(" ", 0, at + 1)
    if space > limit // 2:
        at = space
    return line[:at].rstrip(" ,.;:–-(/") + "…"


def numbered(titles: Iterable[str]) -> str:
    """Lines "1. …" that stand for buttons; whoever types the number picks that one."""
    lines = [f"{number}. {' '.join(clean(title).split())}" for number, title in enumerate(titles, start=1)]
    return "\n".join(["Ông/bà nhắn số để chọn:", *lines])


def _pause(text: str, limit: int) -> int:
    """Where the first piece of ``text`` ends: the last good pause within ``limit``."""
    for pattern in _PAUSES:
        ends = [end for end in _ends(pattern, text, limit) if is_boundary(text, end)]
        if ends and ends[-1] * _MIN_SHARE >= limit:
            return ends[-1]
    return _boundary(text, limit)


def _ends(pattern: re.Pattern[str], text: str, limit: int) -> Iterator[int]:
    """Where the matches within the first ``limit`` characters end."""
    for match in pattern.finditer(text, 0, limit):
        yield match.end()


def _boundary(text: str, limit: int) -> int:
    """The last grapheme boundary at or before ``limit``; ``limit`` if there is none after 0."""
    return next((at for at in range(limit, 0, -1) if is_boundary(text, at)), limit)


def is_boundary(text: str, at: int) -> bool:
    """Whether ``text`` may be cut before ``text[at]`` without breaking a grapheme."""
    if at <= 0 or at >= len(text):
        return True
    before, after = text[at - 1], text[at]
    if before == "\n":
        return True
    if _extends(after) or before == _ZWJ:
        return False
    if _is_flag_half(before) and _is_flag_half(after):
        return _flag_halves_before(text, at) % 2 == 0
    return True


def _extends(character: str) -> bool:
    """Marks, joiners, skin tones and tags belong to what stands before them."""
    return (
        unicodedata.category(character) in {"Mn", "Me", "Mc"}
        or character in {_ZWJ, "\u200c"}
        or "\U0001f3fb" <= character <= "\U0001f3ff"
        or "\U000e0020" <= character <= "\U000e007f"
    )


def _is_flag_half(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _flag_halves_before(text: str, at: int) -> int:
    count = 0
    while count < at and _is_flag_half(text[at - 1 - count]):
        count += 1
    return count
