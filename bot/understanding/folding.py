"""Vietnamese text made comparable: with and without diacritics, styled, elongated, shortened.

Standard library only and Python 3.10 compatible, because the Rasa components import it too. What
both sides compare is :func:`words`: folded tokens with short forms written out, so that
"Làm giấy KS cho bé cần j", "lam giay ks cho be can j" and "làm giấy khai sinh cho bé cần gì" are
one and the same list.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from bot.understanding.shortforms import expand

MAX_CHARS = 1000
"""Longer messages are cut: nobody asks a question of that length, and parsing time grows with it."""

_D_STROKE = str.maketrans({"đ": "d", "Đ": "d", "ð": "d", "Ð": "d"})
_SPACES = re.compile(r"\s+")
_WORD = re.compile(r"[^\W_]+(?:[./-](?=\d)[^\W_]+)*")
_ELONGATED = re.compile(r"([aeiouy])\1{2,}|([^\W\d_])\2{2,}$")


class Token(NamedTuple):
    """One token of a message: where it stands and the folded words that it means."""

    start: int
    end: int
    words: tuple[str, ...]


def normalise(text: str) -> str:
    """Bring any text into the form that everything else reads.

    NFKC un-styles letters ("𝐓𝐡ủ"), NFC joins decomposed marks, control and invisible characters go,
    white space is squeezed, the length capped, and a leading '/' taken off (Rasa would obey it as
    an intent). Idempotent.
    """
    text = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", text[: 4 * MAX_CHARS]))
    kept = (" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in text)
    visible = "".join(c for c in kept if unicodedata.category(c) not in ("Cf", "Cs", "Co", "Cn"))
    text = unicodedata.normalize("NFC", _SPACES.sub(" ", visible))
    return text.lstrip(" /")[:MAX_CHARS].rstrip()


def fold(text: str) -> str:
    """Lower case without diacritics: ``Đăng ký`` -> ``dang ky``. Idempotent."""
    decomposed = unicodedata.normalize("NFD", text.casefold().translate(_D_STROKE))
    bare = "".join(c for c in decomposed if not unicodedata.combining(c))
    return unicodedata.normalize("NFC", bare.translate(_D_STROKE))


def _once(match: re.Match[str]) -> str:
    """One letter for a run of three and more: ``tiennnn`` -> ``tien``; ``cccd`` is none of these."""
    return match[0][0]


def tokens(text: str) -> tuple[Token, ...]:
    """The tokens of ``text`` (already normalised) with their places and their folded, written-out words.

    Numbers keep their inner points and slashes (1.001193, 30/4). Short forms are resolved by their
    neighbours, hence over the whole message.
    """
    return _tokens(text)


@lru_cache(maxsize=512)
def _tokens(text: str) -> tuple[Token, ...]:
    """A message is read by half a dozen modules, one after the other."""
    found = [m.span() for m in _WORD.finditer(text)]
    bare = [_ELONGATED.sub(_once, fold(text[start:end])) for start, end in found]
    return tuple(Token(start, end, meant) for (start, end), meant in zip(found, expand(bare), strict=True))


def words(text: str) -> list[str]:
    """The folded words of ``text`` with short forms written out: ``đk KS`` -> dang ky khai sinh."""
    return [word for token in tokens(normalise(text)) for word in token.words]
