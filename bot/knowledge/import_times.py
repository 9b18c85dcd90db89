"""The time of a captured record. A number without a unit is never kept: the steps may say it instead."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from bot.knowledge.model import Channel, Times, TimeStatus, Way
from bot.knowledge.text import clean, clean_line, sentences

_WITH_UNIT = re.compile(r"^0*(\d+)\s+(ngày làm việc|ngày|giờ|tháng)\b(.*)$", re.IGNORECASE)
_NEXT_DAY = re.compile(r"sau 15 giờ thì có Phiếu hẹn, trả kết quả.{0,60}trong ngày làm việc tiếp theo")
_DEADLINE = re.compile(r"trong thời hạn (?:không quá )?\d+ ngày", re.IGNORECASE)
_DECISION = re.compile(r"(kể từ ngày|từ ngày|sau khi) (?:tiếp )?nhận")
_ACT = re.compile(
    r"\b(cấp|ban hành|ra thông báo|cập nhật thông tin|chuyển tình trạng|xem xét hồ sơ|trả kết quả)\b"
)
# Deadlines that bind the resident, or one step on the way, and so are not the time of the procedure
_ON_THE_WAY = re.compile(
    r"bổ sung hồ sơ|xác minh|phúc tra|niêm yết|kiểm tra hồ sơ và trả lời|cơ quan thuế (?:gửi|ban hành)"
    r"|hộ kinh doanh gửi|hồ sơ trình|không đủ điều kiện|từ chối|chưa hợp lệ|không hợp lệ|thanh toán hết"
    r"|phải có thông báo|trao đổi",
    re.IGNORECASE,
)
_PORTAL_EMPTY = {"", "Không có thông tin"}
_EMPTY_DETAIL = {"", ")", ".", "Không quy định", "Không quy định."}


def limit(raw: str) -> str | None:
    """ "3 Ngày làm việc" as "3 ngày làm việc"; None where there is no unit."""
    match = _WITH_UNIT.match(clean_line(raw))
    return f"{match[1]} {match[2].lower()}{match[3]}" if match else None


def _quotes(steps: str) -> tuple[str, ...]:
    found = []
    for sentence in sentences(steps):
        says = _DEADLINE.search(sentence) and _DECISION.search(sentence) and _ACT.search(sentence)
        if says and not _ON_THE_WAY.search(sentence) and len(sentence) <= 420:
            found.append(re.sub(r"^(?:[-+*]|[a-zđ]\d?\))\s*", "", sentence))
    return tuple(dict.fromkeys(found))[:2]


def import_times(record: Mapping[str, Any], steps: str | None) -> Times:
    """Where the time is known from, and what it is."""
    raw = [clean_line(value) for value in record["time_limit"]]
    limits = tuple(dict.fromkeys(found for value in raw if (found := limit(value))))
    if limits:
        return Times(status=TimeStatus.TABLE, limits=limits)
    if any(value.lower().startswith("không quy định") for value in raw):
        return Times(status=TimeStatus.NOT_SET)
    if "time:unit_missing" in record["flags"] and steps and _NEXT_DAY.search(steps):
        return Times(status=TimeStatus.SAME_DAY)
    if quotes := _quotes(steps or ""):
        return Times(status=TimeStatus.STEPS, quotes=quotes)
    return Times(status=TimeStatus.UNKNOWN)


def import_ways(record: Mapping[str, Any]) -> tuple[Way, ...]:
    """The ways of handing in; ways that say the same are one, and a way that says nothing is left out."""
    merged: dict[tuple[str | None, str | None], list[Channel]] = {}
    for row in record["channel_detail"]:
        time = None if row["time"] in _PORTAL_EMPTY else limit(row["time"])
        detail = clean(row["desc"])
        key = (time, None if detail in _EMPTY_DETAIL else detail)
        channels = merged.setdefault(key, [])
        if (channel := Channel(row["channel"])) not in channels:
            channels.append(channel)
    order = list(Channel)
    return tuple(
        Way(channels=tuple(sorted(channels, key=order.index)), time=time, detail=detail)
        for (time, detail), channels in merged.items()
        if time or detail
    )
