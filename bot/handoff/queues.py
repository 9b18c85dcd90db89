"""Which officers a conversation waits for. Pure tables."""

from __future__ import annotations

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


def queue_for(reason: str, field: str | None = None) -> Queue:
    """Where a request waits.

    :param reason: of the request, as in ``HandoffRequest``; some reasons decide alone.
    :param field: the field of the procedure last spoken of, in the portal's words.
    """
    return _BY_REASON.get(reason) or _BY_FIELD.get(field or "", Queue.GENERAL)
