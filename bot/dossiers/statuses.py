"""The statuses of four systems in the nine names that Đồng Nai's people are told. Pure.

Names and systems: the Zalo OA "Cổng hành chính công tỉnh Đồng Nai" (document 2187/SKHCN-TTKHCN of
29/9/2025), the national portal's status codes, VNPT iGate, and a local one-stop software. The nine know no
"being worked on" and no "not yet received": such a status belongs to the nearest name and is told more
exactly by its shade. What is in none of the systems stays unknown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.understanding.folding import fold


class Status(StrEnum):
    """The nine names."""

    RECEIVED = "received"
    SUPPLEMENT = "supplement"
    PAYMENT = "payment"
    DUTY = "duty"
    REFUSED = "refused"
    STOPPED = "stopped"
    WITHDRAWN = "withdrawn"
    DONE = "done"
    RETURNED = "returned"


class Shade(StrEnum):
    """What a system says more exactly than the nine names; NONE: it says no more."""

    NONE = ""
    SUBMITTED = "submitted"  # sent, not yet received
    IN_WORK = "in_work"
    SIGNING = "signing"
    ELSEWHERE = "elsewhere"  # another authority has its part to do
    SUPPLEMENTED = "supplemented"  # the resident handed it in, the office has not looked yet
    NOT_ACCEPTED = "not_accepted"  # refused at the counter, before any work on it


@dataclass(frozen=True, slots=True)
class Reading:
    """A system's own word for a status, understood; ``status`` None: it is not known."""

    status: Status | None
    shade: Shade = Shade.NONE


NAMES: Mapping[Status, str] = {
    Status.RECEIVED: "Đã tiếp nhận hồ sơ",
    Status.SUPPLEMENT: "Yêu cầu bổ sung hồ sơ",
    Status.PAYMENT: "Yêu cầu thanh toán",
    Status.DUTY: "Thực hiện nghĩa vụ tài chính",
    Status.REFUSED: "Từ chối hồ sơ",
    Status.STOPPED: "Dừng xử lý hồ sơ",
    Status.WITHDRAWN: "Yêu cầu rút hồ sơ",
    Status.DONE: "Đã xử lý xong (đã có kết quả)",
    Status.RETURNED: "Đã trả kết quả",
}
UNKNOWN = Reading(None)

ENDED = frozenset({Status.REFUSED, Status.STOPPED, Status.WITHDRAWN, Status.DONE, Status.RETURNED})
"""The office has nothing more to do before the appointment."""
ON_RESIDENT = frozenset({Status.SUPPLEMENT, Status.PAYMENT, Status.DUTY})
"""The office waits for the resident; that time does not count for its appointment (QĐ 766/QĐ-TTg)."""

_NATIONAL_PORTAL: Mapping[str, tuple[str, Reading]] = {
    "1": ("Mới đăng ký", Reading(Status.RECEIVED, Shade.SUBMITTED)),
    "2": ("Được tiếp nhận", Reading(Status.RECEIVED)),
    "3": ("Không được tiếp nhận", Reading(Status.REFUSED, Shade.NOT_ACCEPTED)),
    "4": ("Đang xử lý", Reading(Status.RECEIVED, Shade.IN_WORK)),
    "5": ("Yêu cầu bổ sung giấy tờ", Reading(Status.SUPPLEMENT)),
    "6": ("Yêu cầu thực hiện nghĩa vụ tài chính", Reading(Status.DUTY)),
    "7": ("Công dân yêu cầu rút hồ sơ", Reading(Status.WITHDRAWN)),
    "8": ("Dừng xử lý", Reading(Status.STOPPED)),
    "9": ("Đã xử lý xong", Reading(Status.DONE)),
    "10": ("Đã trả kết quả", Reading(Status.RETURNED)),
}
_IGATE: Mapping[str, Reading] = {
    "Chờ tiếp nhận": Reading(Status.RECEIVED, Shade.SUBMITTED),
    "Đang xử lý": Reading(Status.RECEIVED, Shade.IN_WORK),
    "Chờ bổ sung hồ sơ": Reading(Status.SUPPLEMENT),
    "Dừng xử lý": Reading(Status.STOPPED),
    "Từ chối chuyên ngành": Reading(Status.REFUSED),
    "Đã hủy": Reading(Status.STOPPED),
    "Đã trả kết quả": Reading(Status.RETURNED),
}
_LOCAL: Mapping[str, Reading] = {
    "Hồ sơ mới tiếp nhận": Reading(Status.RECEIVED),
    "Chờ xử lý": Reading(Status.RECEIVED, Shade.IN_WORK),
    "Chờ ký duyệt": Reading(Status.RECEIVED, Shade.SIGNING),
    "Chờ thực hiện liên thông": Reading(Status.RECEIVED, Shade.ELSEWHERE),
    "Chờ thực hiện nghĩa vụ tài chính": Reading(Status.DUTY),
    "Đã bổ sung - chờ tiếp nhận": Reading(Status.RECEIVED, Shade.SUPPLEMENTED),
    "Hồ sơ không xử lý được": Reading(Status.REFUSED),
    "Đã rút hồ sơ": Reading(Status.WITHDRAWN),
}
_ALSO_WRITTEN: Mapping[str, Reading] = {
    "Đã tiếp nhận": Reading(Status.RECEIVED),
    "Yêu cầu bổ sung": Reading(Status.SUPPLEMENT),
    "Đã có kết quả": Reading(Status.DONE),
    "Đã xử lý xong": Reading(Status.DONE),
    "Từ chối": Reading(Status.REFUSED),
    "Đã trả": Reading(Status.RETURNED),
}
"""The nine names shortened, without a further meaning."""


def _key(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", " ", fold(text)).strip()


_BY_TEXT: Mapping[str, Reading] = {
    _key(text): reading
    for text, reading in (
        *((name, Reading(status)) for status, name in NAMES.items()),
        *_NATIONAL_PORTAL.values(),
        *_IGATE.items(),
        *_LOCAL.items(),
        *_ALSO_WRITTEN.items(),
    )
}


def read_status(text: str) -> Reading:
    """What a source's own word (or the national portal's number) means; :data:`UNKNOWN` if nobody knows.

    Compared without diacritics, case and punctuation, and only as a whole: "Chờ xử lý lại lần 2" is unknown.
    """
    numbered = _NATIONAL_PORTAL.get(text.strip())
    return numbered[1] if numbered else _BY_TEXT.get(_key(text), UNKNOWN)
