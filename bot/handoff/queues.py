"""Which group of officers a question belongs to."""

from __future__ import annotations

from enum import StrEnum

from bot.understanding.folding import fold


class Queue(StrEnum):
    """A group of officers; the value is what residents and officers read."""

    CIVIL_STATUS = "hộ tịch – chứng thực"
    LAND = "đất đai – xây dựng"
    ECONOMY = "kinh tế – hộ kinh doanh"
    SOCIAL = "chính sách xã hội"
    POLICE = "công an xã"
    GENERAL = "chung"


# In order: the first word of a folded field that matches decides.
_FIELDS: tuple[tuple[str, Queue], ...] = (
    ("ho tich", Queue.CIVIL_STATUS),
    ("chung thuc", Queue.CIVIL_STATUS),
    ("nuoi con nuoi", Queue.CIVIL_STATUS),
    ("quoc tich", Queue.CIVIL_STATUS),
    ("dat dai", Queue.LAND),
    ("xay dung", Queue.LAND),
    ("quy hoach", Queue.LAND),
    ("nha o", Queue.LAND),
    ("ha tang", Queue.LAND),
    ("duong bo", Queue.LAND),
    ("bien phap bao dam", Queue.LAND),
    ("moi truong", Queue.LAND),
    ("khoang san", Queue.LAND),
    ("tai nguyen nuoc", Queue.LAND),
    ("can cuoc", Queue.POLICE),
    ("cu tru", Queue.POLICE),
    ("phuong tien giao thong", Queue.POLICE),
    ("giay phep lai xe", Queue.POLICE),
    ("xuat nhap canh", Queue.POLICE),
    ("dinh danh", Queue.POLICE),
    ("phong chay", Queue.POLICE),
    ("vu khi", Queue.POLICE),
    ("ma tuy", Queue.POLICE),
    ("an ninh", Queue.POLICE),
    ("kinh doanh", Queue.ECONOMY),
    ("doanh nghiep", Queue.ECONOMY),
    ("hop tac", Queue.ECONOMY),
    ("nong", Queue.ECONOMY),
    ("lam nghiep", Queue.ECONOMY),
    ("kiem lam", Queue.ECONOMY),
    ("thuy", Queue.ECONOMY),
    ("thu y", Queue.ECONOMY),
    ("chan nuoi", Queue.ECONOMY),
    ("trong trot", Queue.ECONOMY),
    ("chuong trinh muc tieu", Queue.ECONOMY),
    ("bao tro xa hoi", Queue.SOCIAL),
    ("giam ngheo", Queue.SOCIAL),
    ("nguoi co cong", Queue.SOCIAL),
    ("chinh sach", Queue.SOCIAL),
    ("bhxh", Queue.SOCIAL),
    ("bhyt", Queue.SOCIAL),
    ("bao hiem", Queue.SOCIAL),
    ("thue", Queue.ECONOMY),
)
_REASONS = {"emergency": Queue.POLICE, "scam": Queue.POLICE}


def queue_for(field: str | None = None, reason: str | None = None) -> Queue:
    """The queue of a procedure's field or of a reason to ask for a person; the reason goes first.

    What neither names goes to everybody (:attr:`Queue.GENERAL`).
    """
    if reason in _REASONS:
        return _REASONS[reason]
    folded = fold(field or "")
    for word, queue in _FIELDS:
        if word in folded:
            return queue
    return Queue.GENERAL
