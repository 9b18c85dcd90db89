"""What was looked up in the law, as lines of an answer: apart from the portal's data, with its own source."""

from __future__ import annotations

from collections.abc import Sequence

from bot.knowledge.model import Completed
from bot.knowledge.pages import Block
from bot.knowledge.wording import day, month

BY_LAW = "Theo luật:"


def law_blocks(done: Completed, lines: Sequence[str]) -> list[Block]:
    """The statements, what is still not known, and where all that stands."""
    return [
        Block(BY_LAW, heading=True),
        *(Block(f"• {line}") for line in lines),
        *(Block(f"• {gap}: chưa kiểm được, ông/bà xác nhận tại quầy.") for gap in done.unconfirmed),
        Block(f"Căn cứ: {done.legal} (tra {month(done.as_of)})."),
    ]


def ended_block(done: Completed) -> Block:
    """Told instead of a completed statement whose law has ended."""
    if done.until is None:
        raise ValueError("an entry without an end does not end")
    return Block(
        f"Quy định tôi tra được ({done.legal}) chỉ áp dụng đến hết {day(done.until)}."
        " Ông/bà hỏi quy định mới tại quầy."
    )
