"""Where a dossier is handed in, whether it can be done online, and how long it takes."""

from __future__ import annotations

import re
from datetime import date

from bot.knowledge.answer_documents import REVIEW
from bot.knowledge.completed import ended_block, law_blocks
from bot.knowledge.model import Channel, Commune, Procedure, TimeStatus
from bot.knowledge.pages import Block
from bot.knowledge.text import capitalised, sentences
from bot.knowledge.wording import channels, plain, without_label

PORTAL = "https://dichvucong.gov.vn"
NOT_RECORDED = "Dữ liệu không ghi phần này. Ông/bà hỏi tại quầy, hoặc nhắn để gặp cán bộ."
UNKNOWN_TIME = "Dữ liệu không ghi rõ thời hạn, tôi không dám nói chắc. Ông/bà hỏi ngày hẹn tại quầy khi nộp."
NOT_SET_TIME = "Dữ liệu ghi: không quy định thời hạn. Ông/bà hỏi ngày hẹn tại quầy khi nộp."
SAME_DAY = (
    "Thường có trong ngày. Hồ sơ nhận sau 15 giờ thì trả vào ngày làm việc tiếp theo."
    " Việc nào phải xác minh thì lâu hơn, cán bộ sẽ hẹn."
)
OLDER = "Thời hạn ghi trên Cổng còn theo quy định cũ, nên tôi không dùng."
NOT_UPDATED = "chưa cập nhật"

_TIME_WORDS = re.compile(
    r"\d+\s*(?:\([^)]*\)\s*)?(?:ngày|giờ|tháng)|cấp ngay|phức tạp|kéo dài|thời hạn giải quyết",
    re.IGNORECASE,
)
_ONLINE_WORDS = re.compile(r"trực tuyến|VNeID|Cổng dịch vụ công|Ứng dụng định danh", re.IGNORECASE)
_COMMUNE_LEVEL = re.compile(r"\bxã\b(?! hội)|Ban chỉ huy quân sự", re.IGNORECASE)
_COMMUNE_ACTS = re.compile(
    r"(?:Ủy|Uỷ) ban nhân dân (?:cấp )?xã|UBND (?:cấp )?xã|Trung tâm phục vụ hành chính công", re.IGNORECASE
)
_ELSEWHERE = re.compile(r"Bảo hiểm xã hội|BHXH|đại đội|trung đoàn", re.IGNORECASE)
_KINDS = {
    "police": "Công an xã",
    "military": "Ban Chỉ huy quân sự xã",
    "one_stop": "Trung tâm Phục vụ hành chính công xã",
}


def _details(procedure: Procedure, pattern: re.Pattern[str], only: Channel | None = None) -> list[str]:
    """The sentences of the portal's remarks on the ways of handing in that match ``pattern``, each once."""
    texts: dict[str, None] = {}
    for way in procedure.ways:
        if way.detail is None or (only and only not in way.channels):
            continue
        for sentence in sentences(plain(way.detail)):
            if pattern.search(sentence):
                texts.setdefault(plain(without_label(sentence)))
    return [text for text in texts if text]


def time_details(procedure: Procedure) -> list[str]:
    """Remarks on time that say more than the limits do."""
    known = {int(found) for limit in procedure.times.limits for found in re.findall(r"\d+", limit)}
    return [
        text
        for text in _details(procedure, _TIME_WORDS)
        if len(text) > 90 or not known.issuperset(int(found) for found in re.findall(r"\d+", text))
    ]


def _limits_per_channel(procedure: Procedure) -> list[tuple[str, tuple[Channel, ...]]]:
    """Each limit with its channels, if every channel has exactly one limit; else nothing."""
    limits: dict[Channel, set[str]] = {}
    for way in procedure.ways:
        for channel in way.channels:
            if way.time:
                limits.setdefault(channel, set()).add(way.time)
    if len(limits) < 2 or any(len(found) != 1 for found in limits.values()):
        return []
    by_limit: dict[str, list[Channel]] = {}
    for channel in Channel:
        if channel in limits:
            by_limit.setdefault(next(iter(limits[channel])), []).append(channel)
    return [(limit, tuple(ways)) for limit, ways in by_limit.items()]


def time_blocks(procedure: Procedure, today: date) -> list[Block]:
    """How long it takes: what the record says with a unit, then what was looked up in the law."""
    done = procedure.completed_time
    if done is None:
        return _recorded_time(procedure)
    if not done.holds(today):
        return [*_recorded_time(procedure), ended_block(done)]
    law = law_blocks(done, done.lines)
    if done.replaces:
        return [*law, Block(OLDER)]
    return [*_recorded_time(procedure), *law] if says_time(procedure) else law


def says_time(procedure: Procedure) -> bool:
    """Whether the record says anything about the time that may be told."""
    return procedure.times.status is not TimeStatus.UNKNOWN or bool(time_details(procedure))


def _recorded_time(procedure: Procedure) -> list[Block]:
    """How long it takes, as far as the record says it with a unit."""
    times = procedure.times
    details = [Block(f"• {text}") for text in time_details(procedure)]
    if times.status is TimeStatus.SAME_DAY:
        return [Block(SAME_DAY)]
    if times.status is TimeStatus.STEPS:
        return [
            Block("Bảng thời hạn không ghi rõ; phần trình tự ghi:"),
            *(Block(f"• {plain(quote)}") for quote in times.quotes),
        ]
    if times.status is TimeStatus.NOT_SET:
        return [
            Block("Dữ liệu ghi: không quy định thời hạn. Ông/bà hỏi ngày hẹn tại quầy khi nộp."),
            *details,
        ]
    if times.status is TimeStatus.UNKNOWN and details:
        return [Block("Bảng thời hạn để trống; ghi chú của Cổng:"), *details]
    if times.status is TimeStatus.UNKNOWN:
        return [Block(UNKNOWN_TIME)]
    if len(times.limits) == 1:
        return [Block(f"{capitalised(times.limits[0])}, tính từ khi hồ sơ hợp lệ."), *details]
    per_channel = _limits_per_channel(procedure)
    if per_channel:
        return [Block(f"• {capitalised(channels(ways))}: {limit}.") for limit, ways in per_channel] + details
    return [Block(f"Tùy bước, tùy trường hợp: {'; '.join(times.limits)}."), *details]


def _agency(procedure: Procedure) -> str:
    """Who decides, without the district-level offices that no longer exist."""
    parts = [part for part in (procedure.agency or "").split(", ") if part]
    return ", ".join(plain(part) for part in parts if not re.search(r"huyện", part, re.IGNORECASE))


def _at_commune(procedure: Procedure, agency: str) -> bool:
    """Whether the commune takes the dossier: the agency says so, or the name, the steps or a remark."""
    if not agency or _COMMUNE_LEVEL.search(agency):
        return True
    told = [procedure.name, procedure.steps or "", *(way.detail or "" for way in procedure.ways)]
    return not _ELSEWHERE.search(agency) and any(_COMMUNE_ACTS.search(text) for text in told)


def _office(commune: Commune | None, role: str) -> tuple[str, str, str, str]:
    """Name, address, hours and phone of the commune's office; unknown ones are "chưa cập nhật"."""
    found = next((office for office in commune.offices if office.role == role), None) if commune else None
    if found is None:
        return _KINDS[role], NOT_UPDATED, NOT_UPDATED, NOT_UPDATED
    return (
        found.name,
        found.address or NOT_UPDATED,
        found.hours or NOT_UPDATED,
        found.phone or NOT_UPDATED,
    )


def _role(agency: str) -> str:
    if "Công an" in agency and "cấp xã" in agency:
        return "police"
    return "military" if "quân sự" in agency else "one_stop"


def place_blocks(procedure: Procedure, commune: Commune | None) -> list[Block]:
    """Where to go; the commune's own facts only as far as the commune has filled them in."""
    agency = _agency(procedure)
    blocks = [Block(REVIEW)] if procedure.needs_review else []
    name = _office(commune, _role(agency))[0]
    here = _at_commune(procedure, agency)
    if not here:
        blocks.append(Block(f"Nơi giải quyết: {agency}. Nơi nhận hồ sơ gần nhất: ông/bà hỏi {name}."))
    elif Channel.DIRECT in procedure.channels:
        name, address, hours, phone = _office(commune, _role(agency))
        blocks.append(Block(f"Nộp tại: {name}."))
        if {address, hours, phone} == {NOT_UPDATED}:
            blocks.append(Block("Địa chỉ, giờ làm việc, điện thoại: chưa cập nhật."))
        else:
            blocks.append(Block(f"Địa chỉ: {address}. Giờ làm việc: {hours}. Điện thoại: {phone}."))
    if here and agency:
        label = "Nơi giải quyết" if _COMMUNE_LEVEL.search(agency) else "Nơi giải quyết ghi trong dữ liệu"
        blocks.append(Block(f"{label}: {agency}."))
    others = tuple(way for way in procedure.channels if way is not Channel.DIRECT)
    if others:
        also = "Cũng có thể" if Channel.DIRECT in procedure.channels else "Ông/bà có thể"
        blocks.append(Block(f"{also} {channels(others, f'{PORTAL} hoặc VNeID')}."))
    return blocks or [Block(NOT_RECORDED)]


def online_blocks(procedure: Procedure) -> list[Block]:
    """Whether it can be handed in online, and the portal's remarks on that."""
    if Channel.ONLINE in procedure.channels:
        details = _details(procedure, _ONLINE_WORDS, Channel.ONLINE)
        return [
            Block(f"Được. Ông/bà nộp trên {PORTAL} hoặc ứng dụng VNeID, đăng nhập bằng tài khoản VNeID."),
            *(Block(f"• {text}") for text in details),
        ]
    if not procedure.channels:
        return [Block(NOT_RECORDED)]
    return [Block(f"Dữ liệu không ghi cách nộp qua mạng. Ông/bà {channels(procedure.channels)}.")]
