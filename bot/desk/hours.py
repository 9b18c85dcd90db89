"""Working hours of a unit, and days that are unlike their weekday."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bot.clock import VIETNAM
from bot.desk.auditing import officer_subject, record
from bot.desk.context import the_desk
from bot.desk.guard import current, needs
from bot.desk.officers import units_of
from bot.desk.permissions import Permission, Role
from bot.handoff.hours import public_holiday
from bot.store.engine import reading, writing
from bot.store.models import ExceptionalDay, OpeningHours, Unit

WEEKDAYS = ("Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy", "Chủ nhật")
PERIODS = ("sáng", "chiều")
"""At most two a day; either may be missing."""

_TIME = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)")
Periods = list[tuple[int, int]]


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
        session.execute(delete(OpeningHours).where(OpeningHours.unit_id == unit_id))
        for day, periods in week.items():
            for opens, closes in periods:
                session.add(OpeningHours(unit_id=unit_id, weekday=day, opens=opens, closes=closes))
        told = {WEEKDAYS[day]: _told(periods) for day, periods in week.items()}
        _record(session, "hours_changed", unit_id, **told)
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
        row = _exceptional(session, unit_id, day.isoformat())
        if row is None:
            row = ExceptionalDay(unit_id=unit_id, day=day.isoformat())
            session.add(row)
        row.periods, row.reason = [list(period) for period in periods], reason
        _record(session, "day_changed", unit_id, day=row.day, periods=_told(periods))
    flash(f"Đã lưu ngày {day:%d/%m/%Y}.")
    return redirect(url_for("desk.hours", unit=unit_id))


@needs(Permission.HOURS)
def hours_day_remove() -> ResponseReturnValue:
    unit_id = _unit_id()
    with writing(the_desk().engine) as session:
        row = _exceptional(session, unit_id, request.form.get("day", ""))
        if row is None:
            abort(404)
        session.delete(row)
        _record(session, "day_removed", unit_id, day=row.day)
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


def _exceptional(session: Session, unit_id: int, day: str) -> ExceptionalDay | None:
    return session.scalar(
        select(ExceptionalDay).where(ExceptionalDay.unit_id == unit_id, ExceptionalDay.day == day)
    )


def _record(session: Session, action: str, unit_id: int, **detail: object) -> None:
    record(session, the_desk().clock(), officer_subject(current().id), action, f"unit:{unit_id}", **detail)


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
    found: Periods = []
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
    return found


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


def _told(periods: Periods | list[list[int]]) -> str:
    return ", ".join(f"{_clock(opens)}–{_clock(closes)}" for opens, closes in periods) or "nghỉ"


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
