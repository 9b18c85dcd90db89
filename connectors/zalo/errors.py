"""Zalo's error codes as decisions. Codes only: the texts beside them change and are overloaded.

Every answer is HTTP 200 with an integer ``error``; 0 is success.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone

from connectors.channel import SendError

_VIETNAM = timezone(timedelta(hours=7))
RATE_LIMIT_WAIT_S = 20.0

_TOKEN = {"retryable": True, "needs_reauth": True}

_TABLE: dict[int, SendError] = {
    int(error.code): error
    for error in (
        SendError("-32", "Zalo yêu cầu gửi chậm lại.", retryable=True, retry_after_s=RATE_LIMIT_WAIT_S),
        SendError("-100", "Tệp đính kèm trên Zalo đã hết hạn hoặc Zalo bận.", retryable=True),
        SendError("-124", "Khóa truy cập Zalo không còn hiệu lực.", **_TOKEN),
        SendError("-200", "Zalo gửi tin không thành công.", retryable=True),
        SendError("-201", "Zalo không nhận nội dung tin này."),
        SendError("-202", "Cấu hình khóa của ứng dụng Zalo sai."),
        SendError("-204", "Zalo OA đã bị xóa hoặc bị khóa."),
        SendError("-205", "Zalo OA không tồn tại."),
        SendError("-207", "Zalo OA chưa đăng ký dùng API."),
        SendError("-208", "Zalo OA chưa có khóa bí mật."),
        SendError("-209", "Ứng dụng Zalo chưa được kích hoạt API này."),
        SendError("-210", "Zalo không nhận tham số của tin này."),
        SendError("-211", "Zalo OA đã dùng hết hạn mức tin nhắn."),
        SendError("-212", "Zalo OA chưa đăng ký API gửi tin."),
        SendError("-213", "Người dân chưa quan tâm Zalo OA nên không nhận được tin.", recipient_gone=True),
        SendError("-214", "Zalo đang xử lý bài viết.", retryable=True),
        SendError("-215", "Mã ứng dụng Zalo sai."),
        SendError("-216", "Khóa truy cập Zalo không còn hiệu lực.", **_TOKEN),
        SendError("-217", "Người dân đã chặn lời mời của Zalo OA.", recipient_gone=True),
        SendError("-218", "Người dân đã nhận đủ số tin của hôm nay."),
        SendError("-219", "Ứng dụng Zalo đã bị gỡ khỏi OA.", needs_reauth=True),
        SendError("-220", "Khóa truy cập Zalo đã hết hạn.", **_TOKEN),
        SendError("-221", "Zalo OA chưa được xác thực."),
        SendError("-222", "Tài khoản Zalo của người dân bị khóa hoặc lâu không dùng.", recipient_gone=True),
        SendError("-223", "Zalo OA chưa cấp quyền gửi tin cho ứng dụng.", needs_reauth=True),
        SendError("-224", "Gói dịch vụ của Zalo OA không cho gửi tin này."),
        SendError("-227", "Tài khoản Zalo của người dân bị khóa hoặc lâu không dùng.", recipient_gone=True),
        SendError("-230", "Đã quá 7 ngày từ khi người dân nhắn cho OA.", window_closed=True),
        SendError("-232", "Người dân chưa nhắn cho OA hoặc đã quá hạn trả lời.", window_closed=True),
        SendError("-233", "Zalo không cho gửi loại tin này."),
        SendError("-234", "Zalo không nhận loại tin này vào ban đêm.", retryable=True),
        SendError("-235", "Loại Zalo OA này không được gửi tin này."),
        SendError("-237", "Nhóm Zalo đã hết hạn."),
        SendError("-238", "Gói nhóm Zalo không dùng được."),
        SendError("-240", "Cách gửi tin cũ của Zalo đã ngừng."),
        SendError("-241", "Không gửi được vào nhóm Zalo này."),
        SendError("-242", "Cấu hình khóa bí mật của ứng dụng Zalo sai."),
        SendError("-244", "Người dân đã chặn tin của Zalo OA.", recipient_gone=True),
        SendError("-248", "Zalo từ chối vì nội dung trái quy định."),
        SendError("-249", "Không dùng được mẫu tin Zalo này."),
        SendError("-305", "Đã quá hạn trả lời người dân trên Zalo.", window_closed=True),
        SendError("-311", "Zalo OA đã dùng hết số tin trả lời."),
        SendError("-320", "Zalo OA chưa nối tài khoản trả phí."),
        SendError("-321", "Tài khoản trả phí của Zalo OA đã hết tiền."),
        SendError("-403", "OA không ở trong nhóm Zalo này."),
    )
}

WINDOW_CLOSED = SendError(
    "window", "Đã quá 7 ngày từ khi người dân nhắn, Zalo không cho gửi nữa.", window_closed=True
)
NO_TOKEN = SendError("no_token", "Chưa có khóa truy cập Zalo.", **_TOKEN)


def error_of(code: int, now_ms: int) -> SendError:
    """What to do about ``code``; ``now_ms`` is the time of sending, for the night window."""
    known = _TABLE.get(code)
    if known is None:
        return SendError(str(code), f"Zalo từ chối tin (mã {code}).")
    if code == -234:
        return replace(known, retry_after_s=_seconds_until_morning(now_ms))
    return known


def _seconds_until_morning(now_ms: int) -> float:
    """Until 06:05 in Vietnam, when Zalo takes every kind of message again."""
    now = datetime.fromtimestamp(now_ms / 1000, _VIETNAM)
    morning = now.replace(hour=6, minute=5, second=0, microsecond=0)
    if morning <= now:
        morning += timedelta(days=1)
    return (morning - now).total_seconds()
