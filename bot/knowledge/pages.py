"""Lines of an answer laid out on pages that fit a phone screen."""

from __future__ import annotations

from dataclasses import dataclass

from bot.knowledge.text import sentences

AIM = 900
"""A page is closed when it would grow longer than this many characters."""
STRETCH = 1200
"""How long a page may become rather than leave it half empty."""
HARD = 1500
"""No page is ever longer than this, heading and source line included."""


@dataclass(frozen=True, slots=True)
class Block:
    """One thought: a line, or a heading that must not stand alone at the foot of a page.

    ``new_page``: starts a page of its own, as remarks do.
    """

    text: str
    heading: bool = False
    new_page: bool = False


def _pieces(text: str, limit: int) -> list[str]:
    """``text`` in pieces no longer than ``limit``: at line and sentence ends, at commas in long sentences."""
    if len(text) <= limit:
        return [text]
    pieces: list[str] = []
    current = ""
    for line in text.split("\n"):
        joint = "\n"
        for part in (part for sentence in sentences(line) for part in _at_commas(sentence, limit)):
            joined = f"{current}{joint}{part}" if current else part
            if len(joined) > limit and current:
                pieces.append(current)
                joined = part
            current, joint = joined, " "
    return [*pieces, current] if current else pieces


def _at_commas(sentence: str, limit: int) -> list[str]:
    if len(sentence) <= limit:
        return [sentence]
    parts: list[str] = []
    current = ""
    for word in sentence.split(" "):
        joined = f"{current} {word}" if current else word
        full = len(joined) > limit or (len(joined) > limit * 0.6 and word.endswith((",", ";")))
        if full and len(joined) <= limit:
            parts.append(joined)
            joined = ""
        elif full:
            parts.append(current)
            joined = word
        current = joined
    return [*parts, current] if current else parts


def paginate(blocks: list[Block], first: str, rest: str, foot: str) -> list[str]:
    """The pages: ``first`` or ``rest`` as heading, the blocks, ``foot`` as last line of each.

    Pages aim at :data:`AIM` characters; the text joined over all pages holds every block once and in order.
    """
    frame = max(len(first), len(rest)) + len(foot) + 2
    room = AIM - frame
    pages: list[list[Block]] = [[]]
    size = 0
    for block in blocks:
        for number, piece in enumerate(_pieces(block.text, room)):
            part = Block(piece, block.heading, block.new_page and number == 0)
            longer = size + len(piece) + 1
            full = longer > room and (size > room * 0.55 or longer > STRETCH - frame)
            if pages[-1] and (part.new_page or full):
                carried: list[Block] = []
                while pages[-1] and pages[-1][-1].heading:
                    carried.insert(0, pages[-1].pop())
                if not pages[-1]:
                    pages.pop()
                pages.append(carried)
                size = sum(len(held.text) + 1 for held in carried)
            pages[-1].append(part)
            size += len(piece) + 1
    return [
        "\n".join([rest if number else first, *(part.text for part in page), foot])
        for number, page in enumerate(pages)
    ]
