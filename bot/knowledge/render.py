"""Answers rendered from the knowledge: one aspect of one procedure, page by page, with its source."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from bot.knowledge.answer_documents import REVIEW, document_blocks, forms
from bot.knowledge.answer_fee import fee_blocks
from bot.knowledge.answer_place_time import (
    NOT_RECORDED,
    PORTAL,
    online_blocks,
    place_blocks,
    says_time,
    time_blocks,
)
from bot.knowledge.model import Commune, FeeStatus, Procedure
from bot.knowledge.pages import Block, paginate
from bot.knowledge.wording import month, plain, short_name, title
from bot.understanding.types import Aspect

__all__ = [
    "ASPECT_NAMES",
    "Answer",
    "available_aspects",
    "render_aspect",
    "render_pages",
    "short_name",
    "source_line",
    "title",
]

DISTRICT_NOTE = (
    "Lưu ý: dữ liệu còn nhắc cấp huyện, cấp này không còn từ 1/7/2025."
    " Ông/bà hỏi tại quầy nơi giải quyết hiện nay."
)

ASPECT_NAMES = {
    Aspect.DOCUMENTS: "Giấy tờ",
    Aspect.FEE: "Lệ phí",
    Aspect.TIME: "Bao lâu có",
    Aspect.PLACE: "Nộp ở đâu",
    Aspect.ONLINE: "Nộp qua mạng",
    Aspect.CONDITIONS: "Điều kiện",
    Aspect.STEPS: "Các bước",
    Aspect.FORM: "Mẫu đơn",
    Aspect.LAW: "Căn cứ pháp lý",
    Aspect.RESULT: "Kết quả",
}
"""Titles for buttons."""

_HEADINGS = {
    Aspect.DOCUMENTS: "ông/bà chuẩn bị",
    Aspect.FEE: "lệ phí",
    Aspect.TIME: "thời gian giải quyết",
    Aspect.PLACE: "nơi nộp",
    Aspect.ONLINE: "nộp qua mạng",
    Aspect.CONDITIONS: "điều kiện",
    Aspect.STEPS: "các bước",
    Aspect.FORM: "mẫu đơn",
    Aspect.LAW: "căn cứ pháp lý",
    Aspect.RESULT: "kết quả",
}
_LONG_TITLE = 60
_LONGEST_TITLE = 110


@dataclass(frozen=True, slots=True)
class Answer:
    """One page of an answer. ``source`` is its last line; ``has_more``: there is a next page."""

    text: str
    has_more: bool
    source: str


def source_line(procedure: Procedure) -> str:
    """Where the answer comes from, and of when it is."""
    return f"Nguồn: Cổng Dịch vụ công quốc gia, dữ liệu {month(procedure.as_of)}."


@lru_cache(maxsize=1024)
def available_aspects(procedure: Procedure) -> tuple[Aspect, ...]:
    """The aspects that the record says something about, in the order in which they are offered."""
    told_fees = {FeeStatus.AMOUNT, FeeStatus.FREE_STATED, FeeStatus.PROVINCIAL_COUNCIL, FeeStatus.SEE_NOTE}
    sure = not procedure.needs_review
    timed = procedure.completed_time is not None or says_time(procedure)
    has = {
        Aspect.DOCUMENTS: bool(procedure.documents) and sure,
        Aspect.FEE: procedure.completed_fee is not None or procedure.fee.status in told_fees,
        Aspect.TIME: timed,
        Aspect.PLACE: True,
        Aspect.ONLINE: bool(procedure.channels),
        Aspect.CONDITIONS: procedure.conditions is not None,
        Aspect.STEPS: procedure.steps is not None and sure,
        Aspect.FORM: bool(forms(procedure)) and sure,
        Aspect.LAW: bool(procedure.legal_basis),
        Aspect.RESULT: bool(procedure.results),
    }
    return tuple(aspect for aspect, there in has.items() if there)


def _steps(procedure: Procedure) -> list[Block]:
    if procedure.needs_review:
        return [Block(REVIEW)]
    if not procedure.steps:
        return [Block(NOT_RECORDED)]
    return [Block(plain(line)) for line in procedure.steps.split("\n")]


def _conditions(procedure: Procedure) -> list[Block]:
    if not procedure.conditions:
        return [Block("Dữ liệu không ghi điều kiện riêng. Nếu chưa chắc, ông/bà hỏi tại quầy.")]
    return [Block(plain(line)) for line in procedure.conditions.split("\n")]


def _form(procedure: Procedure) -> list[Block]:
    if procedure.needs_review:
        return [Block(REVIEW)]
    found = forms(procedure)
    if not found:
        return [Block("Dữ liệu không ghi mẫu đơn riêng. Ông/bà hỏi mẫu tại quầy.")]
    where = f"Tải mẫu ở trang thủ tục trên {PORTAL} (tìm mã {procedure.code}), hoặc xin tại quầy."
    return [*(Block(f"{number}. {text}") for number, text in enumerate(found, 1)), Block(where)]


def _law(procedure: Procedure) -> list[Block]:
    if not procedure.legal_basis:
        return [Block(NOT_RECORDED)]
    return [Block(f"Văn bản: {'; '.join(procedure.legal_basis)}.")]


def _result(procedure: Procedure) -> list[Block]:
    names = list(dict.fromkeys(plain(result.name).rstrip(".") for result in procedure.results))
    if not names:
        return [Block(NOT_RECORDED)]
    if len(names) == 1:
        return [Block(f"Ông/bà nhận: {names[0]}.")]
    return [Block("Ông/bà nhận (tùy trường hợp):"), *(Block(f"• {name}.") for name in names)]


_BLOCKS: dict[Aspect, Callable[[Procedure, date, Commune | None], list[Block]]] = {
    Aspect.DOCUMENTS: lambda procedure, today, commune: document_blocks(procedure),
    Aspect.FEE: lambda procedure, today, commune: fee_blocks(procedure, today),
    Aspect.TIME: lambda procedure, today, commune: time_blocks(procedure, today),
    Aspect.PLACE: lambda procedure, today, commune: place_blocks(procedure, commune),
    Aspect.ONLINE: lambda procedure, today, commune: online_blocks(procedure),
    Aspect.CONDITIONS: lambda procedure, today, commune: _conditions(procedure),
    Aspect.STEPS: lambda procedure, today, commune: _steps(procedure),
    Aspect.FORM: lambda procedure, today, commune: _form(procedure),
    Aspect.LAW: lambda procedure, today, commune: _law(procedure),
    Aspect.RESULT: lambda procedure, today, commune: _result(procedure),
}


def _heading(procedure: Procedure, aspect: Aspect) -> str:
    name = title(procedure)
    if len(name) > _LONG_TITLE and procedure.button:
        name = procedure.button
    if len(name) > _LONGEST_TITLE:
        name = name[:_LONGEST_TITLE].rsplit(" ", 1)[0].rstrip(" ,;:(-–") + "…"
    return f"{name} ({procedure.code}) – {_HEADINGS[aspect]}"


@lru_cache(maxsize=4096)
def render_pages(
    procedure: Procedure, aspect: Aspect, today: date, commune: Commune | None = None
) -> tuple[str, ...]:
    """All pages of an answer; never empty. See :func:`render_aspect`."""
    blocks = _BLOCKS[aspect](procedure, today, commune)
    named = any("huyện" in block.text.lower() for block in blocks)
    if procedure.mentions_district and (named or aspect in (Aspect.PLACE, Aspect.STEPS)):
        note = Block(DISTRICT_NOTE)
        blocks = [note, *blocks] if aspect in (Aspect.STEPS, Aspect.DOCUMENTS) else [*blocks, note]
    heading = _heading(procedure, aspect)
    return tuple(paginate(blocks, f"{heading}:", f"{heading} (tiếp):", source_line(procedure)))


def render_aspect(
    procedure: Procedure,
    aspect: Aspect,
    today: date,
    page: int = 1,
    commune: Commune | None = None,
) -> Answer:
    """One page of the answer on one aspect. A page beyond the last shows the last one.

    :param today: decides whether a time of reduced fees is told.
    :param page: from 1.
    :param commune: whose offices the place names; without it only their kind is named.
    """
    pages = render_pages(procedure, aspect, today, commune)
    number = min(max(page, 1), len(pages))
    return Answer(pages[number - 1], has_more=number < len(pages), source=source_line(procedure))
