"""Meta's errors as decisions, by code and subcode. Never by text: Meta rewords it.

Sources: "Common Error Codes" and "Send messages" of the Messenger Platform (2026).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from connectors.channel import SendError
from connectors.payload import mapping, number

RATE_LIMIT_WAIT_S = 60.0
UNAVAILABLE = "Người dân đã chặn trang hoặc không nhận tin lúc này."

_BUSY = SendError("", "Facebook đang bận, sẽ thử lại.", retryable=True)
_LIMITED = SendError("", "Facebook yêu cầu gửi chậm lại.", retryable=True, retry_after_s=RATE_LIMIT_WAIT_S)
_WINDOW = SendError("", "Đã quá 24 giờ từ khi người dân nhắn, Facebook không cho gửi.", window_closed=True)
_GONE = SendError("", UNAVAILABLE, recipient_gone=True)
_TOKEN = SendError(
    "", "Khóa truy cập của trang không còn hiệu lực, cần đăng nhập lại.", retryable=True, needs_reauth=True
)
_PERMISSION = SendError("", "Ứng dụng chưa được Facebook cấp quyền gửi tin này.")
_NOT_REVIEWED = SendError("", "Ứng dụng chưa được Facebook duyệt để nhắn cho mọi người.")
_ATTACHMENT = SendError("", "Facebook không tải được ảnh hoặc tệp đính kèm.")
_OWNED = SendError("", "Cuộc trò chuyện đang do cán bộ hoặc ứng dụng khác trả lời.", owned_elsewhere=True)
_RESTRICTED = SendError("", "Facebook đang hạn chế trang gửi tin.")
_WRONG = SendError("", "Facebook không nhận nội dung tin này.")

# (code, subcode); a subcode of None stands for every other one.
_TABLE: dict[tuple[int, int | None], SendError] = {
    (1, None): _BUSY,
    (2, None): _BUSY,
    (1200, None): _BUSY,
    **{(code, None): _LIMITED for code in (4, 17, 32, 341, 613, 80001, 80006)},
    (613, 2018338): SendError("", "Facebook ngừng cho trang dùng nhãn tin của cán bộ."),
    (10, 2018278): _WINDOW,
    (10, 2534022): _WINDOW,
    (10, 2018065): _WINDOW,
    (10, 2018108): _GONE,
    (10, 2018300): _OWNED,
    (2018300, None): _OWNED,
    (10, 1893063): _RESTRICTED,
    (10, 1893015): SendError("", "Người dân đã ngừng nhận loại tin này.", recipient_gone=True),
    **{(code, None): _PERMISSION for code in (3, 10, 27, 200, 230, 294)},
    **{(200, subcode): _NOT_REVIEWED for subcode in (2018021, 2018027, 2018028)},
    (100, None): _WRONG,
    (100, 2018001): SendError("", "Không tìm thấy người nhận trên trang này.", recipient_gone=True),
    **{(100, subcode): _ATTACHMENT for subcode in (2018008, 2018047, 2018074, 2018109, 2018294)},
    (100, 33): SendError("", "Nội dung đã bị xóa hoặc không còn quyền xem."),
    (100, 2534025): SendError("", "Bình luận này không nhắn riêng được nữa."),
    (100, 2018218): SendError("", "Facebook không cho xem thông tin người này."),
    (190, None): _TOKEN,
    (200, 1545041): _GONE,
    (551, None): _GONE,
    (368, None): SendError("", "Facebook tạm chặn trang vì thao tác quá nhiều."),
    (506, None): SendError("", "Nội dung này đã được đăng."),
    (1609005, None): SendError("", "Facebook không xem trước được đường dẫn."),
    (2018321, None): SendError(
        "", "Trả lời tự động của Facebook đang giữ cuộc trò chuyện.", owned_elsewhere=True
    ),
    (9000001, None): SendError("", "Nội dung hoặc người dùng đã bị xóa.", recipient_gone=True),
    (36000, None): SendError("", "Ảnh quá lớn, Facebook không nhận."),
    (10303, None): _WRONG,
}
RATE_LIMIT_CODES = frozenset(code for (code, subcode), error in _TABLE.items() if error is _LIMITED)

WINDOW_CLOSED = replace(_WINDOW, code="window")
HUMAN_WINDOW_CLOSED = SendError(
    "window", "Đã quá 7 ngày từ khi người dân nhắn, Facebook không cho gửi.", window_closed=True
)
NO_TOKEN = replace(_TOKEN, code="no_token", reason="Chưa có khóa truy cập của trang.")


def error_of(body: Mapping[str, Any], status: int) -> SendError:
    """What to do about the ``error`` object in ``body``; ``status`` is the HTTP status."""
    error = mapping(body.get("error"))
    code = _integer(error.get("code"))
    subcode = _integer(error.get("error_subcode"))
    known = _TABLE.get((code, subcode)) or _TABLE.get((code, None))
    if known is None:
        transient = error.get("is_transient") is True or status == 429 or status >= 500
        known = replace(_BUSY, reason=f"Facebook chưa gửi được (mã {code}).") if transient else None
    if known is None:
        known = SendError("", f"Facebook từ chối tin (mã {code}).")
    return replace(known, code=f"{code}/{subcode}" if subcode else str(code))


def _integer(value: Any) -> int:
    given = number(value)
    return int(given) if given is not None else 0
