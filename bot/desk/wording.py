"""What the desk's pages call things: channels, owners, what the bot understood, states of delivery."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from bot.clock import VIETNAM
from bot.knowledge.loading import Knowledge
from bot.knowledge.render import ASPECT_NAMES, short_name
from bot.understanding.types import Aspect

CHANNELS = {"zalo": "Zalo", "facebook": "Facebook", "webchat": "Trang web"}

SKILLS = {
    "procedure": "một thủ tục, chưa rõ thủ tục nào",
    "scam": "nghi lừa đảo",
    "dossier": "hồ sơ đã nộp",
    "handoff": "muốn gặp cán bộ",
    "contact": "cách liên hệ với xã",
    "commune": "việc của xã, sáp nhập",
    "smalltalk": "chào hỏi",
    "none": "chưa hiểu",
}

DELIVERY = {
    "pending": "đang gửi",
    "sending": "đang gửi",
    "unknown": "đang kiểm tra đã tới chưa",
    "sent": "đã gửi",
    "delivered": "đã nhận",
    "seen": "đã xem",
    "failed": "không gửi được",
}

REASONS = {
    "wish": "muốn gặp cán bộ",
    "misses": "trợ lý chưa hiểu hai lần liền",
    "complaint": "phản ánh, khiếu nại",
    "anger": "đang bức xúc",
    "emergency": "tình huống khẩn cấp",
    "scam": "nghi lừa đảo",
    "dossier": "hồ sơ có vướng mắc",
    "missing": "thủ tục chưa có trong dữ liệu",
    "rating": "chưa hài lòng với câu trả lời",
    "forward": "được chuyển tới",
    "step_in": "cán bộ chủ động vào trả lời",
}


_OFFERED = 3
"""Procedures that a question back names at most."""


def understood_words(understood: Mapping[str, Any] | None, knowledge: Knowledge) -> str:
    """What the bot took a message for, with its confidence: "Đăng ký khai sinh – Lệ phí (chắc 93 %)"."""
    if not understood:
        return ""
    # Behind the first of an answer are readings that it was not; of a question back, what was offered.
    meant = understood.get("codes", ())[: 1 if understood.get("behaviour") == "answer" else _OFFERED]
    names = [topic(code, knowledge) for code in meant]
    skill = str(understood.get("skill", ""))
    told = ", ".join(names) or SKILLS.get(skill, skill.replace("_", " "))
    if not told:
        return ""
    aspects = [ASPECT_NAMES[Aspect(a)] for a in understood.get("aspects", ()) if a in set(Aspect)]
    if names and aspects:
        told += " – " + ", ".join(aspects)
    confidence = understood.get("confidence") or 0
    return f"{told} (chắc {round(100 * confidence)} %)" if confidence else told


def topic(code: str, knowledge: Knowledge) -> str:
    """A procedure as a button would call it; the code if it is not known any more."""
    procedure = knowledge.get(code)
    return short_name(procedure) if procedure else code


def clock_words(moment: datetime, now: datetime) -> str:
    """ "14:05" today, "14:05 23/11" before, in Viet Nam."""
    local, today = moment.astimezone(VIETNAM), now.astimezone(VIETNAM)
    if local.date() == today.date():
        return f"{local:%H:%M}"
    return f"{local:%H:%M} {local.day}/{local.month}" + (f"/{local.year}" if local.year != today.year else "")


def span_words(span: timedelta) -> str:
    """A length of time in the two largest units: "6 ngày 3 giờ", "47 phút"."""
    minutes = max(0, int(span.total_seconds() // 60))
    if minutes >= 24 * 60:
        return f"{minutes // 1440} ngày {minutes % 1440 // 60} giờ"
    if minutes >= 60:
        return f"{minutes // 60} giờ {minutes % 60} phút"
    return f"{minutes} phút"


def alarm_words(owner: str, waiting_since: datetime | None, escalated_at: datetime | None) -> str:
    """Why supervisors were told of a conversation; empty if they were not, or an officer has it now."""
    if escalated_at is None or owner == "officer":
        return ""
    late = waiting_since is not None and escalated_at > waiting_since
    return "Chờ quá lâu" if late else "Đánh giá chưa tốt"
