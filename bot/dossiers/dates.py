"""Days and moments as one-stop software writes them. Pure.

Three forms: 05/11/2026 (also with dashes or dots, a time before or after it), 2026-11-05, and what a
spreadsheet holds (a date cell, or its serial number: days since 30/12/1899). The day stands before the
month; a two-digit year is refused, since 05/11/26 is read in three ways.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta

from bot.clock import VIETNAM

EARLIEST, LATEST = date(2000, 1, 1), date(2099, 12, 31)
_EPOCH = date(1899, 12, 30)  # Excel's 1900 system, which counts a 29/2/1900 that never was
_SERIAL = re.compile(r"\d{5}(?:[.,]\d+)?")
_TIME = r"(?P<hour>\d{1,2})[:h](?P<minute>\d{2})?(?::(?P<second>\d{2})(?:\.\d+)?)?"
_DAY = r"(?P<d>\d{1,2})\s?[/.-]\s?(?P<m>\d{1,2})\s?[/.-]\s?(?P<y>\d{4})"
_ISO = r"(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})"
_ZONE = r"(?:\s?(?P<zone>Z|[+-]\d{2}:?\d{2}))?"
_FORMS = (
    re.compile(rf"{_DAY}(?:[ ,]*{_TIME})?"),
    re.compile(rf"{_TIME}[ ,]+(?:ngày )?{_DAY}"),
    re.compile(rf"{_ISO}(?:[T ]+{_TIME}{_ZONE})?"),
)


class BadDate(ValueError):
    """No day can be read; the message says why, in Vietnamese."""


def read_day(value: str | float | date) -> date | None:
    """The day of a cell, None if it is empty.

    :raises BadDate: if it is something else.
    """
    moment = read_moment(value)
    return moment.astimezone(VIETNAM).date() if moment else None


def read_moment(value: str | float | date) -> datetime | None:
    """The moment of a cell (Viet Nam's midnight without a time), None if it is empty. Aware.

    :raises BadDate: if it is something else.
    """
    if isinstance(value, datetime):
        moment = value if value.tzinfo else value.replace(tzinfo=VIETNAM)
    elif isinstance(value, date):
        moment = datetime.combine(value, time(), VIETNAM)
    elif isinstance(value, int | float):
        moment = _of_serial(float(value))
    else:
        text = value.strip()
        if not text:
            return None
        moment = _of_text(text)
    if not EARLIEST <= moment.astimezone(VIETNAM).date() <= LATEST:
        raise BadDate(f"ngày «{_shown(value)}» ngoài khoảng 2000–2099")
    return moment


def _of_text(text: str) -> datetime:
    if _SERIAL.fullmatch(text):
        return _of_serial(float(text.replace(",", ".")))
    for form in _FORMS:
        found = form.fullmatch(text)
        if found is None:
            continue
        parts = found.groupdict()
        try:
            moment = datetime(
                int(parts["y"]), int(parts["m"]), int(parts["d"]),
                int(parts["hour"] or 0), int(parts["minute"] or 0), int(parts["second"] or 0),
                tzinfo=VIETNAM,
            )  # fmt: skip
        except ValueError as error:
            raise BadDate(f"«{text}» không có trong lịch (cần ngày/tháng/năm)") from error
        return _in_zone(moment, parts.get("zone"))
    raise BadDate(f"không hiểu ngày «{_shown(text)}» (cần như 05/11/2026 hoặc 2026-11-05)")


def _in_zone(moment: datetime, zone: str | None) -> datetime:
    if not zone:
        return moment
    return datetime.fromisoformat(f"{moment:%Y-%m-%dT%H:%M:%S}{zone.replace('Z', '+00:00')}")


def _of_serial(serial: float) -> datetime:
    days = int(serial) if -1 < serial < 200_000 else 0
    minutes = round((serial - days) * 24 * 60) if days else 0
    return datetime.combine(_EPOCH + timedelta(days=days), time(), VIETNAM) + timedelta(minutes=minutes)


def _shown(value: object) -> str:
    return str(value)[:40]
