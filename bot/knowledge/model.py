"""The typed form of faq_data. Every model is frozen and refuses unknown keys."""

from __future__ import annotations

import re
from datetime import date
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

Code = Annotated[str, StringConstraints(pattern=r"^\d\.\d{6}$")]
Month = Annotated[str, StringConstraints(pattern=r"^20\d\d-(0[1-9]|1[0-2])$")]
Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]

_LAW = re.compile(r"Luật|Nghị định|Nghị quyết|Thông tư|Pháp lệnh")
_PLACE_IN_LAW = re.compile(r"Điều \d|Biểu mức thu|Phụ lục")


def _with_its_place(value: str) -> str:
    if not _LAW.search(value) or not _PLACE_IN_LAW.search(value):
        raise ValueError('cần tên văn bản và điều, ví dụ "Luật Hộ tịch 2014 Điều 11 khoản 1"')
    return value


Legal = Annotated[Text, AfterValidator(_with_its_place)]
"""A legal text with the place in it, so that anybody can look it up again."""


class Frozen(BaseModel):
    """The base of every model."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Channel(StrEnum):
    """How a dossier may be handed in, in the portal's words."""

    DIRECT = "Trực tiếp"
    ONLINE = "Trực tuyến"
    POST = "Dịch vụ bưu chính"


class GroupRole(StrEnum):
    """What a group of documents asks of the resident."""

    SUBMIT = "submit"  # to be handed in by everybody
    SHOW = "show"  # to be shown, not handed in
    CASE = "case"  # only in the case that the group's name tells
    AUTHORISATION = "authorisation"  # only when somebody else acts for the resident
    NOTES = "notes"  # remarks


class Need(StrEnum):
    """Whether one document is for everybody or only for some."""

    ALWAYS = "always"
    CASE = "case"
    AUTHORISATION = "authorisation"


class Document(Frozen):
    """One paper of a dossier, or (``kind`` note) one remark about papers."""

    text: Text
    kind: Literal["document", "note"] = "document"
    need: Need = Need.ALWAYS
    originals: int = 0
    copies: int = 0
    form_file: str | None = None


class DocumentGroup(Frozen):
    """Documents that belong together; ``name`` is the portal's heading, if it says anything."""

    name: str | None = None
    role: GroupRole = GroupRole.SUBMIT
    items: tuple[Document, ...] = Field(min_length=1)


class Way(Frozen):
    """One way of handing in, with the time that the record gives for it and the portal's remark."""

    channels: tuple[Channel, ...] = Field(min_length=1)
    time: str | None = None
    detail: str | None = None


class TimeStatus(StrEnum):
    """Where the time of a procedure is known from."""

    TABLE = "table"  # the record's table, with a unit: see ``limits`` and the ways
    SAME_DAY = "same_day"  # the steps say: the same day, after 15 o'clock the next working day
    STEPS = "steps"  # the table has no unit, the steps say it: see ``quotes``
    NOT_SET = "not_set"  # the record says that the law sets none
    UNKNOWN = "unknown"  # not recorded, or a number without a unit


class Times(Frozen):
    """The time of a procedure. A number without a unit is never kept."""

    status: TimeStatus
    limits: tuple[str, ...] = ()
    quotes: tuple[str, ...] = ()


class FeeStatus(StrEnum):
    """What the portal's fee cell is worth; only AMOUNT and FREE_STATED may be told as a sum or as free."""

    AMOUNT = "amount"
    FREE_STATED = "free_stated"
    FREE_LABEL_ONLY = "free_label_only"  # "Miễn phí" printed in an empty cell: means nothing
    PROVINCIAL_COUNCIL = "provincial_council"
    SEE_NOTE = "see_note"
    UNKNOWN = "unknown"


class FeeRow(Frozen):
    """One row of the fee table. ``doubt`` says in Vietnamese why its sum must not be told."""

    amount: int | None = None
    currency: Literal["VND", "USD"] = "VND"
    per: str | None = None
    note: str | None = None
    channels: tuple[Channel, ...] = ()
    doubt: str | None = None


class Fee(Frozen):
    """The fee as the record has it; ``incomplete``: the portal's page is known to drop rows."""

    status: FeeStatus
    rows: tuple[FeeRow, ...] = ()
    incomplete: bool = False


class Completed(Frozen):
    """What a record leaves open, looked up in the law by hand: never mixed with the portal's data.

    ``unconfirmed`` names what is still not known. After ``until`` (the day itself included) another law
    holds: then nothing of this may be told any more.
    """

    lines: tuple[Text, ...] = ()
    unconfirmed: tuple[Text, ...] = ()
    legal: Legal
    as_of: Month
    until: date | None = None

    def holds(self, today: date) -> bool:
        """Whether the law that this was looked up in is in force on that day."""
        return self.until is None or today <= self.until


class CompletedFee(Completed):
    """The fee by law. ``council``: what the provincial council sets, so that no sum can be told here.

    ``exempt``: who pays nothing, by ``exempt_legal``. Without ``lines`` the record's own fee stays.
    """

    council: Text | None = None
    exempt: tuple[Text, ...] = ()
    exempt_legal: Legal | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not (self.lines or self.unconfirmed or self.council or self.exempt):
            raise ValueError("mục này trống: cần lines, council, exempt hoặc unconfirmed")
        if bool(self.exempt) != bool(self.exempt_legal):
            raise ValueError("exempt và exempt_legal phải đi cùng nhau")
        return self


class CompletedTime(Completed):
    """The time by law. ``replaces``: the record's own time follows an older law and must not be told."""

    replaces: bool = False

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not (self.lines or self.unconfirmed):
            raise ValueError("mục này trống: cần lines hoặc unconfirmed")
        if self.replaces and not self.lines:
            raise ValueError("replaces cần lines: không có gì thay cho thời hạn của Cổng")
        return self


class FeeHoliday(Frozen):
    """A time of reduced fees: told only from ``first`` to ``last``, both days included."""

    amount: Text
    condition: Text
    first: date
    last: date
    legal: Text


class Superseded(Frozen):
    """The procedure was replaced: never served. ``by`` is the successor, None where it is not known."""

    on: date
    by: Code | None = None
    legal: str | None = None
    note: str | None = None


class Result(Frozen):
    """What the resident gets."""

    name: Text
    code: str | None = None


class ProcedureRecord(Frozen):
    """One file of ``faq_data/procedures/``: what the importer writes, and nothing written by hand."""

    code: Code
    name: Text
    field: Text
    ministry: Text
    decision: str | None = None
    agency: str | None = None
    agency_level: str
    applicants: tuple[str, ...] = ()
    channels: tuple[Channel, ...] = ()
    ways: tuple[Way, ...] = ()
    times: Times
    fee: Fee
    fee_holiday: FeeHoliday | None = None
    documents: tuple[DocumentGroup, ...] = ()
    conditions: str | None = None
    steps: str | None = None
    results: tuple[Result, ...] = ()
    legal_basis: tuple[str, ...] = ()
    superseded: Superseded | None = None
    mentions_district: bool = False  # the texts still name the district level, gone since 2025-07-01
    needs_review: str | None = None  # why documents, steps and place must not be told as they are
    flags: tuple[str, ...] = ()
    source: Text
    via: str | None = None
    as_of: Month


class Questions(Frozen):
    """One entry of ``faq_data/questions/``: how residents ask, by the part that they ask for.

    Training examples only; nobody reads them. ``any`` names the matter and asks for no part of it.
    """

    any: tuple[Text, ...] = ()
    documents: tuple[Text, ...] = ()
    fee: tuple[Text, ...] = ()
    time: tuple[Text, ...] = ()
    place: tuple[Text, ...] = ()
    online: tuple[Text, ...] = ()
    conditions: tuple[Text, ...] = ()
    steps: tuple[Text, ...] = ()
    form: tuple[Text, ...] = ()
    law: tuple[Text, ...] = ()
    result: tuple[Text, ...] = ()


class Procedure(ProcedureRecord):
    """A procedure with what was written by hand: names that people use, facts completed from the law.

    ``aliases`` are other proper names, ``everyday`` the way people say it. A name under ``shared``
    belongs to several procedures on purpose: heard alone, it calls for a question.
    """

    def __hash__(self) -> int:
        """By the code alone: a hash over all texts would cost more than what it is looked up for."""
        return hash(self.code)

    aliases: tuple[str, ...] = ()
    everyday: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()
    button: str | None = None
    questions: Questions | None = None
    completed_fee: CompletedFee | None = None
    completed_time: CompletedTime | None = None

    @property
    def served(self) -> bool:
        """Whether it may be answered at all."""
        return self.superseded is None


class Names(Frozen):
    """One entry of ``faq_data/aliases/``; ``button`` is a short title for buttons, if the name has none."""

    aliases: tuple[Text, ...] = ()
    everyday: tuple[Text, ...] = ()
    shared: tuple[Text, ...] = ()
    button: Annotated[str, StringConstraints(min_length=1, max_length=40)] | None = None


class MissingProcedure(Frozen):
    """A procedure that people ask for and the data does not hold. ``name`` only where it is certain."""

    code: Code
    name: str | None = None
    aliases: tuple[Text, ...] = ()
    reason: Literal["not_captured", "wrong_page"] = "not_captured"


class FormerUnit(Frozen):
    """A unit before the merger of 2025-07-01."""

    name: Text
    district: Text
    province: Text


class Officer(Frozen):
    """Whom the commune names for residents."""

    name: Text
    role: Text
    phone: str | None = None
    fields: tuple[str, ...] = ()


class Office(Frozen):
    """A unit of the commune (one-stop, police, military …); empty facts are the commune's to fill in."""

    name: Text
    role: Text
    address: str | None = None
    hours: str | None = None
    phone: str | None = None


class Commune(Frozen):
    """One commune. ``None`` means "chưa cập nhật": it is never guessed."""

    def __hash__(self) -> int:
        """By the code alone, as a procedure's."""
        return hash(self.code)

    code: Annotated[str, StringConstraints(pattern=r"^\d{5}$")]
    name: Text
    type: Literal["xã", "phường"]
    province: Text
    merged_from: tuple[FormerUnit, ...] = ()
    address: str | None = None
    hours: str | None = None
    phone: str | None = None
    website: str | None = None
    offices: tuple[Office, ...] = ()
    officers: tuple[Officer, ...] = ()
    source: Text
    as_of: Month

    @property
    def full_name(self) -> str:
        """As in an address: "Xã Xuân Định, thành phố Đồng Nai"."""
        return f"{self.name}, {self.province}"
