"""What a long story comes to: the request at its end. Pure.

"chồng em mất hồi tháng 3, giấy tờ cháy hết, giờ em muốn làm lại giấy khai sinh cho con thì cần gì": the
story shares its words with a dozen procedures, the request with one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.understanding.folding import Token

LONG = 13
"""Words from which on a message is a story."""
SHORTEST = 3
"""Words that a request has at least."""

_TURNS = frozenset({"gio", "nay", "muon", "hoi"})
"""Words with which a story turns to its request."""
_STOPS = re.compile(r"[.,;:!?\n]")


def request_of(text: str, tokens: Sequence[Token]) -> str | None:
    """The last part of ``text`` that begins at a turn or behind a stop; None for what is no story."""
    if len(tokens) < LONG:
        return None
    for i in range(len(tokens) - SHORTEST, 0, -1):
        stopped = bool(_STOPS.search(text[tokens[i - 1].end : tokens[i].start]))
        if stopped or (tokens[i].words and tokens[i].words[0] in _TURNS):
            return text[tokens[i].start :]
    return None
