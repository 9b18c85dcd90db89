"""The documents of a procedure: what everybody hands in first, then what is shown, then special cases."""

from __future__ import annotations

import re
from collections.abc import Iterable

from bot.knowledge.model import Document, DocumentGroup, GroupRole, Need, Procedure
from bot.knowledge.pages import Block
from bot.knowledge.wording import plain, without_bullet, without_label

NOT_LISTED = (
    "Dữ liệu không liệt kê riêng giấy tờ của thủ tục này, tôi không dám nói chắc."
    " Ông/bà hỏi tại quầy trước khi chuẩn bị."
)
REVIEW = (
    "Dữ liệu của thủ tục này đang phải kiểm lại (trùng với một thủ tục khác), tôi không dám nói chắc."
    " Ông/bà hỏi tại quầy."
)


HOUSEHOLD_BOOK = (
    "Lưu ý: dữ liệu còn nhắc sổ hộ khẩu giấy; sổ này không còn dùng từ 1/1/2023 (Luật Cư trú 2020, Điều 38)."
    " Ông/bà hỏi tại quầy nộp gì thay."
)
_FORM_STARTS = ("tờ khai", "đơn ", "phiếu", "mẫu ", "giấy đề nghị", "bản khai", "văn bản đề nghị", "bản kê")
_FOR_RESIDENTS = re.compile(
    r"nhà ở riêng lẻ|hộ gia đình, cá nhân|thuộc quyền sở hữu của mình|do thuê, mượn, ở nhờ", re.IGNORECASE
)

_PART = re.compile(r"^hồ sơ (?!.*(?:đối với|trường hợp))", re.IGNORECASE)


def _copies(item: Document) -> str:
    """How many, where that tells more than one original; the portal's count of forms tells nothing."""
    counts: list[str] = []
    if item.text.lower().startswith(_FORM_STARTS):
        return ""
    if item.originals > 1:
        counts.append(f"{item.originals} bản chính")
    if item.copies:
        counts.append(f"{item.copies} bản sao")
    return f" ({', '.join(counts)})" if counts else ""


def document_text(item: Document) -> str:
    """One document as it is shown, without its number."""
    lines = [plain(without_bullet(line)) for line in item.text.split("\n")]
    return "\n".join(line for line in lines if line).rstrip(";") + _copies(item)


def _papers(groups: Iterable[DocumentGroup], role: GroupRole, needs: tuple[Need, ...]) -> list[Document]:
    return [
        item
        for group in groups
        if group.role is role
        for item in group.items
        if item.kind == "document" and item.need in needs
    ]


def _notes(groups: Iterable[DocumentGroup]) -> list[str]:
    """Remarks that say something: a heading whose list the portal lost says nothing."""
    texts = [
        document_text(item)
        for group in groups
        for item in group.items
        if item.kind == "note" and not item.text.rstrip().endswith(":")
    ]
    return list(dict.fromkeys(texts))


class _Numbered:
    """Numbers documents through all groups."""

    def __init__(self) -> None:
        self.count = 0
        self.blocks: list[Block] = []

    def heading(self, text: str) -> None:
        self.blocks.append(Block(text, heading=True))

    def add(self, items: Iterable[Document]) -> None:
        for item in items:
            self.count += 1
            self.blocks.append(Block(f"{self.count}. {document_text(item)}"))


def _for_everybody(out: _Numbered, groups: tuple[DocumentGroup, ...]) -> None:
    submit = _papers(groups, GroupRole.SUBMIT, (Need.ALWAYS,))
    show = _papers(groups, GroupRole.SHOW, (Need.ALWAYS,))
    if submit and show:
        out.heading("Phải nộp:")
    out.add(submit)
    if show:
        out.heading("Mang theo để xuất trình (không phải nộp):")
        out.add(show)


def _for_some(out: _Numbered, groups: tuple[DocumentGroup, ...]) -> None:
    special = _papers(groups, GroupRole.SUBMIT, (Need.CASE,)) + _papers(groups, GroupRole.SHOW, (Need.CASE,))
    if special:
        out.heading("Chỉ khi rơi vào trường hợp sau:")
        out.add(special)
    cases = [group for group in groups if group.role is GroupRole.CASE]
    cases.sort(key=lambda group: _FOR_RESIDENTS.search(group.name or "") is None)
    if cases and out.count:
        out.heading("Tùy trường hợp, thêm:")
    elif len(cases) > 1:
        parts = all(_PART.match(without_label(group.name or "")) for group in cases)
        out.heading("Hồ sơ gồm các phần:" if parts else "Chọn đúng trường hợp của ông/bà:")
    for group in cases:
        out.heading(f"▸ {plain(without_label(group.name or 'Trường hợp khác'))}:")
        out.add(item for item in group.items if item.kind == "document")
    proxies = [
        item
        for group in groups
        for item in group.items
        if item.kind == "document"
        and group.role is not GroupRole.CASE
        and (group.role is GroupRole.AUTHORISATION or item.need is Need.AUTHORISATION)
    ]
    if proxies:
        out.heading("Nhờ người khác đi làm thay:")
        out.add(proxies)


def document_blocks(procedure: Procedure) -> list[Block]:
    """Every document once, numbered; remarks on pages of their own."""
    if procedure.needs_review:
        return [Block(REVIEW)]
    groups = procedure.documents
    if not groups:
        return [Block(NOT_LISTED)]
    out = _Numbered()
    if any("sổ hộ khẩu" in item.text.lower() for group in groups for item in group.items):
        out.heading(HOUSEHOLD_BOOK)
    _for_everybody(out, groups)
    _for_some(out, groups)
    for place, note in enumerate(_notes(groups)):
        if place == 0:
            out.blocks.append(Block("Cần biết thêm:", heading=True, new_page=True))
        out.blocks.append(Block(f"• {note}"))
    return [block for place, block in enumerate(out.blocks) if not _empty_heading(out.blocks, place)]


def _empty_heading(blocks: list[Block], place: int) -> bool:
    """A case without documents of its own (its remarks come later) needs no heading."""
    block = blocks[place]
    if not block.text.startswith("▸ "):
        return False
    following = blocks[place + 1] if place + 1 < len(blocks) else None
    return following is None or following.heading


def forms(procedure: Procedure) -> list[str]:
    """The forms among the documents; where none is one by its name, the papers that mention a form."""
    papers = [item for group in procedure.documents for item in group.items if item.kind == "document"]
    named = [item for item in papers if item.text.lower().startswith(_FORM_STARTS) or item.form_file]
    found = named or [item for item in papers if "mẫu số" in item.text.lower()]
    by_words = {document_text(item).rstrip(".").lower(): document_text(item) for item in reversed(found)}
    return list(by_words.values())[::-1]
