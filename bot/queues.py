"""Which officers a conversation waits for. Pure tables."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum


class Queue(StrEnum):
    """The queues of a commune; the values are stored and shown."""

    CIVIL = "hộ tịch–chứng thực"
    LAND = "đất đai–xây dựng"
    ECONOMY = "kinh tế–hộ kinh doanh"
    SOCIAL = "chính sách xã hội"
    POLICE = "công an xã"
    GENERAL = "chung"


_BY_REASON: Mapping[str, Queue] = {
    "emergency": Queue.POLICE,
    "scam": Queue.POLICE,
    "complaint": Queue.GENERAL,  # not to the officers whom it may be about
}

UNIT_SLUGS: Mapping[Queue, str] = {Queue.POLICE: "cong-an"}
"""Queues that a unit of their own answers, once the desk has a unit of that slug; the others are the first
unit's."""

FIELDS: Mapping[Queue, tuple[str, ...]] = {
    Queue.CIVIL: (
        "Hộ tịch", "Chứng thực", "Nuôi con nuôi", "Hòa giải ở cơ sở", "Bồi thường nhà nước",
    ),
    Queue.LAND: (
        "Đất đai", "Tài chính đất đai", "Hoạt động xây dựng", "Nhà ở và công sở", "Hạ tầng kỹ thuật",
        "Quy hoạch đô thị và nông thôn", "Quản lý chất lượng công trình xây dựng", "Đường bộ", "Môi trường",
        "Địa chất và khoáng sản", "Tài nguyên nước", "Đăng ký biện pháp bảo đảm", "Biển và hải đảo",
    ),
    Queue.ECONOMY: (
        "Thành lập và hoạt động doanh nghiệp (hộ kinh doanh)", "Thành lập và hoạt động của tổ hợp tác",
        "Thành lập và hoạt động của tổ hợp tác, hợp tác xã, liên hiệp hợp tác xã",
        "Hỗ trợ tổ hợp tác, hợp tác xã, liên hiệp hợp tác xã", "Kinh tế hợp tác và Phát triển nông thôn",
        "Thủy lợi", "Thủy sản", "Lâm nghiệp", "Kiểm lâm", "Chăn nuôi", "Thú y", "Trồng trọt", "Nông nghiệp",
        "Quản lý chất lượng nông lâm sản và thủy sản", "Quản lý Đê điều và Phòng, chống thiên tai",
        "Quản lý công sản", "Quản lý chương trình mục tiêu quốc gia",
    ),
    Queue.SOCIAL: (
        "Bảo trợ xã hội", "Giảm nghèo", "Người có công", "Chính sách", "Thực hiện chính sách BHXH",
        "Thực hiện chính sách BHYT", "Chi trả các chế độ BHXH", "Cấp sổ BHXH, thẻ BHYT", "Bảo hiểm",
        "Thu BHXH, BHYT, BHTN, BH tai nạn lao động, BNN",
    ),
    Queue.POLICE: (
        "Cấp, quản lý căn cước", "Đăng ký, quản lý cư trú", "Định danh và xác thực điện tử",
        "Quản lý xuất nhập cảnh", "Đăng ký, quản lý phương tiện giao thông cơ giới, xe máy chuyên dùng",
        "Sát hạch, cấp giấy phép lái xe", "Phòng cháy, chữa cháy",
        "Quản lý vũ khí, vật liệu nổ, công cụ hỗ trợ và pháo",
        "Tổ chức cai nghiên ma túy và quản lý sau cai nghiện",  # misspelt by the portal
    ),
}  # fmt: skip
"""The portal's fields that a queue answers for; any other goes to everybody."""

_BY_FIELD = {field: queue for queue, fields in FIELDS.items() for field in fields}


_WORDS: Mapping[Queue, str] = {
    Queue.CIVIL: "ho tich|tu phap|khai sinh|khai tu|ket hon|hon nhan|chung thuc|sao y",
    Queue.LAND: "dia chinh|dat dai|so do|so hong|xay dung|thua dat|sang ten dat",
    Queue.ECONOMY: "kinh doanh|nong nghiep|hop tac xa|chan nuoi",
    Queue.SOCIAL: "chinh sach|bao tro|tro cap|nguoi co cong|thuong binh|liet si|ho ngheo|bao hiem",
    Queue.POLICE: "cong an|can cuoc|cccd|cu tru|tam tru|thuong tru|vneid|dinh danh",
}
"""What people call the officers of a queue, and their business; folded."""

_IN_WORDS = {queue: re.compile(rf"\b(?:{words})\b") for queue, words in _WORDS.items()}


def queue_in_words(folded: str) -> Queue | None:
    """The queue that a wish for a person names ("cho gap can bo ho tich"); None if none or several."""
    found = [queue for queue, words in _IN_WORDS.items() if words.search(folded)]
    return found[0] if len(found) == 1 else None


def queue_for(reason: str, field: str | None = None, folded: str = "") -> Queue:
    """Where a request waits.

    :param reason: of the request, as in ``HandoffRequest``; some reasons decide alone.
    :param field: the field of the procedure last spoken of, in the portal's words.
    :param folded: the message that asked for a person, folded; what it names comes before the topic.
    """
    by_words = queue_in_words(folded) if folded else None
    return _BY_REASON.get(reason) or by_words or _BY_FIELD.get(field or "", Queue.GENERAL)
