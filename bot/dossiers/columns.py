"""Which column of an export means what: guessed from its Vietnamese headings. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.understanding.folding import fold

Columns = Mapping[str, int]
"""Field -> position of its column, from 0."""

FIELD_NAMES: Mapping[str, str] = {
    "code": "Mã hồ sơ",
    "status": "Trạng thái",
    "procedure": "Tên thủ tục",
    "procedure_code": "Mã thủ tục",
    "office": "Đơn vị xử lý",
    "received": "Ngày tiếp nhận",
    "due": "Ngày hẹn trả",
    "finished": "Ngày xong",
    "note": "Ghi chú",
    "phone": "Số điện thoại",
    "identity": "Số căn cước",
    "as_of": "Cập nhật lúc",
}
"""Every field by its Vietnamese name."""
NEEDED = ("code", "status")
FACTORS = ("phone", "identity")

_CALLED: Mapping[str, tuple[str, ...]] = {
    "code": (
        "ma ho so", "so ho so", "ma so ho so", "so bien nhan", "ma bien nhan", "ma hs", "so hs",
        "ma tra cuu", "mahoso", "dossier code", "code", "so giay hen",
    ),
    "status": (
        "trang thai", "tinh trang", "trang thai ho so", "tinh trang ho so", "trang thai xu ly",
        "tinh trang xu ly", "dossierstatusname", "trangthai", "status", "ket qua xu ly",
    ),
    "procedure": (
        "ten thu tuc", "thu tuc", "thu tuc hanh chinh", "ten thu tuc hanh chinh", "ten tthc", "tthc",
        "procedurename", "tenthutuc", "ten dich vu cong", "ten ho so",
    ),
    "procedure_code": ("ma thu tuc", "ma tthc", "ma thu tuc hanh chinh", "mathutuc", "procedure code"),
    "office": (
        "don vi xu ly", "co quan xu ly", "don vi giai quyet", "co quan giai quyet", "don vi dang xu ly",
        "phong ban", "co quan thuc hien", "don vi thuc hien", "bo phan xu ly", "don vi tiep nhan",
        "co quan tiep nhan", "don vi",
    ),
    "received": (
        "ngay tiep nhan", "thoi gian tiep nhan", "ngay nhan", "ngay nhan ho so", "ngay nop", "ngay nop ho so",
        "accepteddate", "ngaytiepnhan", "tiep nhan luc",
    ),
    "due": (
        "ngay hen tra", "ngay hen tra ket qua", "ngay hen tra kq", "hen tra", "ngay hen", "thoi gian hen tra",
        "han tra", "han tra ket qua", "han xu ly", "han giai quyet", "ngayhentra", "appointmentdate",
    ),
    "finished": (
        "ngay ket thuc", "ngay ket thuc xu ly", "ngay xu ly xong", "ngay hoan thanh", "ngay tra ket qua",
        "ngay tra", "ngay tra kq", "ngay co ket qua", "completeddate", "ngay xong",
    ),
    "note": (
        "ghi chu", "noi dung yeu cau", "noi dung bo sung", "ly do", "y kien", "y kien xu ly", "ghichu",
        "noi dung yeu cau bo sung", "ly do tu choi",
    ),
    "phone": (
        "so dien thoai", "dien thoai", "sdt", "so dt", "dien thoai lien he", "di dong", "so di dong",
        "sodienthoai", "phonenumber", "phone",
    ),
    "identity": (
        "cccd", "so cccd", "cmnd", "so cmnd", "can cuoc", "so can cuoc", "so can cuoc cong dan",
        "so dinh danh", "so dinh danh ca nhan", "so giay to", "cmnd cccd", "so cmnd cccd", "cccd cmnd",
        "so giay to tuy than", "identitynumber", "so ddcn",
    ),
    "as_of": (
        "cap nhat luc", "ngay cap nhat", "thoi diem cap nhat", "thoi gian cap nhat", "ngay xuat",
        "capnhatluc", "updateddate",
    ),
}  # fmt: skip
_LONGEST = 60
"""Letters that a heading has at most; what is longer is a text."""


@dataclass(frozen=True, slots=True)
class BadColumns(Exception):
    """The columns can't be used; ``reason`` is for the officer."""

    reason: str

    def __str__(self) -> str:
        return self.reason


def guess(headings: Sequence[str]) -> dict[str, int]:
    """The columns that the headings tell; each heading means one field, each field has one column.

    A heading that is exactly a known name comes before one that holds it among other words, a longer name
    before a shorter one, a column further left before one further right.
    """
    keys = [_key(heading) for heading in headings]
    ranked = sorted(
        (rank, position, field)
        for position, key in enumerate(keys)
        if 2 <= len(key) <= _LONGEST
        for field, names in _CALLED.items()
        for name in names
        if (rank := _rank(key, name)) is not None
    )
    found: dict[str, int] = {}
    for _, position, field in ranked:
        if field not in found and position not in found.values():
            found[field] = position
    return {field: found[field] for field in FIELD_NAMES if field in found}


def problem_of(columns: Columns) -> str | None:
    """Why these columns are not enough, in words for the officer."""
    absent = [FIELD_NAMES[field] for field in NEEDED if field not in columns]
    if absent:
        return f"thiếu cột {', '.join(absent)}"
    if not any(field in columns for field in FACTORS):
        return "thiếu cột số điện thoại hoặc số căn cước: không có thì không ai tra được hồ sơ của mình"
    if len(set(columns.values())) != len(columns):
        return "một cột không thể dùng cho hai việc"
    return None


def fingerprint(headings: Sequence[str]) -> str:
    """Tells exports of one kind by their headings."""
    return hashlib.sha256("\0".join(_key(heading) for heading in headings).encode()).hexdigest()


def _rank(key: str, name: str) -> tuple[int, int] | None:
    if key == name:
        return (0, -len(name))
    return (1, -len(name)) if f" {name} " in f" {key} " else None


def _key(heading: str) -> str:
    return re.sub(r"[^a-z0-9]+", " ", fold(heading)).strip()
