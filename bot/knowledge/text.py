"""Small pure helpers on Vietnamese text that importing and rendering share."""

from __future__ import annotations

import re
import unicodedata

_INVISIBLE = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\u00ad]")
_SPACES = re.compile(r"[ \t\u00a0\u2000-\u200a\u202f\u3000]+")
_LEADING = re.compile(r"^[\s.:;,]+")
_WORD = re.compile(r"\w")
# A sentence ends at . ; ! or ? followed by a space, but not after an ordinal ("1.", "a.") or an abbreviation
_SENTENCE_END = re.compile(r"(?<=[.;!?])\s+(?=[^\s])")
_ABBREVIATION = re.compile(r"(?:^|[\s(])(?:\d{1,2}|[a-zđ]|TT|NĐ|TP|ThS|TS|tr|v\.v)\.$", re.IGNORECASE)


def clean(value: str) -> str:
    """One form for every text: NFC, no invisible characters, single spaces, no line without a word.

    A stop or colon that the capture left at the start of a line goes too.
    """
    text = unicodedata.normalize("NFC", value).replace("\r\n", "\n").replace("\r", "\n")
    text = _INVISIBLE.sub("", text)
    lines = (_LEADING.sub("", _SPACES.sub(" ", line)).strip() for line in text.split("\n"))
    return "\n".join(line for line in lines if _WORD.search(line))


def clean_line(value: str) -> str:
    """:func:`clean`, on one line."""
    return " ".join(clean(value).split())


def slugify(value: str, limit: int = 60) -> str:
    """ASCII words joined by hyphens, cut at a word so that it is no longer than ``limit`` characters."""
    folded = unicodedata.normalize("NFD", value.lower().replace("đ", "d"))
    folded = "".join(c for c in folded if not unicodedata.combining(c))
    words = re.findall(r"[a-z0-9]+", folded)
    slug = ""
    for word in words:
        longer = f"{slug}-{word}" if slug else word
        if len(longer) > limit:
            break
        slug = longer
    return slug or "muc"


def capitalised(value: str) -> str:
    """The first letter in upper case, the rest as it is."""
    return value[:1].upper() + value[1:]


def sentences(text: str) -> list[str]:
    """Split at sentence ends and line breaks; joined with single spaces they give the text again."""
    parts: list[str] = []
    for line in text.split("\n"):
        start = 0
        for match in _SENTENCE_END.finditer(line):
            piece = line[start : match.start()]
            if _ABBREVIATION.search(piece):
                continue
            parts.append(piece.strip())
            start = match.end()
        tail = line[start:].strip()
        if tail:
            parts.append(tail)
    return [part for part in parts if part]
