"""The fee of a procedure: a sum or "free" only where the record or the law really says so."""

from __future__ import annotations

import re
from datetime import date

from bot.knowledge.completed import ended_block, law_blocks
from bot.knowledge.import_fees import number, says_only_not_set
from bot.knowledge.model import CompletedFee, Fee, FeeRow, FeeStatus, Procedure
from bot.knowledge.pages import Block
from bot.knowledge.wording import channels, day, money, month, plain

ASK = "Ông/bà hỏi lại tại quầy trước khi nộp."
UNSURE = f"Dữ liệu không ghi rõ mức thu, tôi không dám nói chắc. {ASK}"
COUNCIL = (
    "Mức thu do HĐND thành phố Đồng Nai quy định; dữ liệu chưa có mức cụ thể."
    " Ông/bà xác nhận tại quầy trước khi nộp."
)
COUNCIL_LINE = "mức thu do HĐND thành phố Đồng Nai quy định, tôi chưa có mức. Ông/bà xác nhận tại quầy."
INCOMPLETE = "Trang nguồn thiếu dòng lệ phí, nên bảng này có thể chưa đủ: ông/bà xác nhận tại quầy."


def _row(row: FeeRow) -> str:
    way = f" ({channels(row.channels)})" if row.channels else ""
    if row.amount is None:
        return f"• {plain(row.note or '')}"
    per = f"/{row.per}" if row.per else ""
    note = f" {plain(row.note)}" if row.note and not _repeats(row) else ""
    return f"• {money(row.amount, row.currency)}{per}{way}{'.' if not note else ':'}{note}"


def _repeats(row: FeeRow) -> bool:
    """Whether the note only says the sum again."""
    words = re.sub(r"[\d\W_]+|đồng|đ\b|vnđ", "", (row.note or "").lower())
    return not words and number(row.note or "0") == row.amount


def _amounts(fee: Fee) -> list[Block]:
    told = [row for row in fee.rows if row.amount is not None and row.currency == "VND"]
    notes = [row for row in fee.rows if row.amount is None and row.note and not row.doubt]
    doubtful = [row for row in fee.rows if row.doubt]
    if not told:
        why = doubtful[0].doubt if doubtful else "dữ liệu không ghi rõ mức thu"
        return [Block(f"Tôi không dám nói số tiền: {why}. {ASK}")]
    blocks = [Block(_row(row)) for row in (*told, *notes)]
    if doubtful:
        blocks.append(Block(f"Còn mức khác mà {doubtful[0].doubt}: ông/bà xác nhận tại quầy."))
    return blocks


def _free(fee: Fee) -> list[Block]:
    if says_only_not_set(fee):
        note = (fee.rows[0].note or "").rstrip(".")
        return [
            Block(f"Dữ liệu ghi miễn phí, kèm ghi chú “{note}”. Ông/bà hỏi lại tại quầy cho chắc."),
        ]
    notes = dict.fromkeys(plain(row.note) for row in fee.rows if row.note)
    return [Block("Miễn phí, theo dữ liệu."), *(Block(f"• {note}") for note in notes)]


def _note_law(fee: Fee) -> str:
    """What the note refers to, if it names a legal text and no sum."""
    for row in fee.rows:
        if row.note and any(word in row.note for word in ("Thông tư", "Nghị định", "Nghị quyết", "Luật")):
            return f"Ghi chú của Cổng: {plain(row.note)}"
    return ""


def _by_law(done: CompletedFee) -> list[Block]:
    """The fee looked up in the law, with its own source."""
    lines = [*done.lines]
    if done.council:
        lines.append(f"{done.council}: {COUNCIL_LINE}")
    return law_blocks(done, lines)


def _exempt(done: CompletedFee) -> list[Block]:
    if not done.exempt:
        return []
    return [
        Block(f"Không phải nộp: {'; '.join(done.exempt)}."),
        Block(f"Căn cứ: {done.exempt_legal} (tra {month(done.as_of)})."),
    ]


def _by_record(procedure: Procedure) -> list[Block]:
    """The fee as far as the portal's cell is worth it."""
    fee = procedure.fee
    if fee.status is FeeStatus.AMOUNT:
        return _amounts(fee) + ([Block(INCOMPLETE)] if fee.incomplete else [])
    if fee.status is FeeStatus.FREE_STATED:
        return _free(fee)
    if fee.status is FeeStatus.PROVINCIAL_COUNCIL:
        return [Block(COUNCIL)]
    law = _note_law(fee) if fee.status is FeeStatus.SEE_NOTE else ""
    return [Block(UNSURE), *([Block(law)] if law else [])]


def _base(procedure: Procedure, today: date) -> list[Block]:
    done = procedure.completed_fee
    if done is None:
        return _by_record(procedure)
    if not done.holds(today):
        return [*_by_record(procedure), ended_block(done)]
    if done.lines or done.council or done.unconfirmed:
        return [*_by_law(done), *_exempt(done)]
    return [*_by_record(procedure), *_exempt(done)]


def fee_blocks(procedure: Procedure, today: date) -> list[Block]:
    """The fee, and the time of reduced fees while it lasts."""
    blocks = _base(procedure, today)
    holiday = procedure.fee_holiday
    if holiday and holiday.first <= today <= holiday.last:
        blocks.append(
            Block(
                f"Từ {day(holiday.first)} đến {day(holiday.last)}: {holiday.amount}"
                f" nếu đủ điều kiện: {holiday.condition} (Nghị quyết {holiday.legal})."
            )
        )
    return blocks
