"""Working hours of a unit, and days that are unlike their weekday."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.clock import VIETNAM
from bot.desk.context import the_desk
from bot.desk.guard import current, needs
from bot.desk.officers import units_of
from bot.desk.permissions import Permission, Role
from bot.handoff.hours_store import remove_day, set_day, set_week
from bot.hours import Periods, public_holiday
from bot.store.audit import officer_subject
from bot.store.engine import reading, writing
from bot.store.models import ExceptionalDay, OpeningHours, Unit

WEEKDAYS = ("Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy", "Chủ nhật")
PERIODS = ("sáng", "chiều")
"""At most two a day; either may be missing."""

_TIME = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)")


def add_routes(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/hours", view_func=hours, methods=["GET", "POST"])
    blueprint.add_url_rule("/hours/day", view_func=hours_day, methods=["POST"])
    blueprint.add_url_rule("/hours/day/remove", view_func=hours_day_remove, methods=["POST"])


@needs(Permission.HOURS)
def hours() -> ResponseReturnValue:
    """The week: written as a whole."""
    unit_id = _unit_id()
    if request.method == "GET":
        return _page(unit_id, {}, {})
    problems: dict[str, str] = {}
    week = {day: _periods(f"d{day}", name, problems) for day, name in enumerate(WEEKDAYS)}
    if problems:
        return _page(unit_id, problems, request.form), 422
    with writing(the_desk().engine) as session:
        set_week(session, unit_id, week, officer_subject(current().id), the_desk().clock())
    flash("Đã lưu giờ làm việc; có hiệu lực trong một phút.")
    return redirect(url_for("desk.hours", unit=unit_id))


@needs(Permission.HOURS)
def hours_day() -> ResponseReturnValue:
    """One exceptional day: closed, or with hours of its own."""
    unit_id = _unit_id()
    problems: dict[str, str] = {}
    day = _date(request.form.get("day", ""), problems)
    periods = _periods("day", "Ngày đặc biệt", problems)
    reason = request.form.get("reason", "").strip()
    if len(reason) > 200:
        problems["reason"] = "Lý do: viết gọn trong 200 ký tự."
    if problems or day is None:
        return _page(unit_id, problems, request.form), 422
    with writing(the_desk().engine) as session:
        set_day(session, unit_id, day, periods, reason, officer_subject(current().id), the_desk().clock())
    flash(f"Đã lưu ngày {day:%d/%m/%Y}.")
    return redirect(url_for("desk.hours", unit=unit_id))


@needs(Permission.HOURS)
def hours_day_remove() -> ResponseReturnValue:
    unit_id, actor = _unit_id(), officer_subject(current().id)
    try:
        day = date.fromisoformat(request.form.get("day", ""))
    except ValueError:
        abort(404)
    with writing(the_desk().engine) as session:
        if not remove_day(session, unit_id, day, actor, the_desk().clock()):
            abort(404)
    flash("Đã bỏ ngày đặc biệt.")
    return redirect(url_for("desk.hours", unit=unit_id))


def _unit_id() -> int:
    """The unit that is asked for, if this officer may write its hours."""
    me = current()
    wanted: int = request.values.get("unit", me.unit_id, type=int)
    if wanted != me.unit_id and not (me.all_units or me.role is Role.ADMINISTRATOR):
        abort(403)
    with reading(the_desk().engine) as session:
        if session.get(Unit, wanted) is None:
            abort(404)
    return wanted


def _page(unit_id: int, problems: Mapping[str, str], typed: Mapping[str, str]) -> str:
    """``typed`` is what a refused form held; it is shown again."""
    today = the_desk().clock().astimezone(VIETNAM).date()
    me = current()
    with reading(the_desk().engine) as session:
        everywhere = me.all_units or me.role is Role.ADMINISTRATOR
        units = [(unit.id, unit.name) for unit in units_of(session) if everywhere or unit.id == me.unit_id]
        rows = session.scalars(
            select(ExceptionalDay)
            .where(ExceptionalDay.unit_id == unit_id, ExceptionalDay.day >= today.isoformat())
            .order_by(ExceptionalDay.day)
        )
        days = [(date.fromisoformat(row.day), _told(row.periods), row.reason) for row in rows]
        return render_template(
            "desk/hours.html", unit_id=unit_id, units=units, weekdays=WEEKDAYS, names=PERIODS, days=days,
            values={**_values(session, unit_id), **typed}, problems=problems,
            holidays=[
                (day, name) for ahead in range(120)
                for day in [today + timedelta(days=ahead)] if (name := public_holiday(day))
            ],
        )  # fmt: skip


def _values(session: Session, unit_id: int) -> dict[str, str]:
    """The stored week, by the names of the form's fields."""
    values: dict[str, str] = {}
    taken: dict[int, int] = {}
    query = select(OpeningHours).where(OpeningHours.unit_id == unit_id).order_by(OpeningHours.opens)
    for row in session.scalars(query):
        place = taken.get(row.weekday, 0)
        if not place and row.opens >= 12 * 60:
            place = 1  # only the afternoon
        taken[row.weekday] = place + 1
        values[f"d{row.weekday}_{place}_opens"] = _clock(row.opens)
        values[f"d{row.weekday}_{place}_closes"] = _clock(row.closes)
    return values


def _periods(prefix: str, label: str, problems: dict[str, str]) -> Periods:
    """The periods of one day's fields; what is wrong with them goes to ``problems``."""
    found: list[tuple[int, int]] = []
    for place, name in enumerate(PERIODS):
        fields = [f"{prefix}_{place}_{edge}" for edge in ("opens", "closes")]
        texts = [request.form.get(field, "").strip() for field in fields]
        if not any(texts):
            continue
        times = [_minutes(text) for text in texts]
        for field, minutes in zip(fields, times, strict=True):
            if minutes is None:
                problems[field] = (
                    f"{label}, buổi {name}: hãy ghi đủ giờ mở và giờ đóng, ví dụ 07:30 và 11:30."
                )
        opens, closes = times
        if opens is None or closes is None:
            continue
        if opens >= closes:
            problems[fields[1]] = f"{label}, buổi {name}: giờ đóng phải sau giờ mở."
        elif found and opens < found[-1][1]:
            problems[fields[0]] = f"{label}: buổi chiều phải bắt đầu sau khi buổi sáng kết thúc."
        found.append((opens, closes))
    return tuple(found)


def _minutes(text: str) -> int | None:
    """Minutes since midnight; 24:00 is the end of the day."""
    match = _TIME.fullmatch(text)
    minutes = int(match[1]) * 60 + int(match[2]) if match else None
    return minutes if minutes is not None and minutes <= 24 * 60 else None


def _date(text: str, problems: dict[str, str]) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        problems["day"] = "Ngày: hãy chọn trên lịch, hoặc gõ năm-tháng-ngày, ví dụ 2027-02-05."
        return None
    if day < the_desk().clock().astimezone(VIETNAM).date():
        problems["day"] = "Ngày: ngày này đã qua; hãy chọn từ hôm nay trở đi."
    return day


def _told(periods: Iterable[Sequence[int]]) -> str:
    return ", ".join(f"{_clock(opens)}–{_clock(closes)}" for opens, closes in periods) or "nghỉ"


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
