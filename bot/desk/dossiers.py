"""Dossiers on the desk: the list, one with its history and who looked, alerts of guessing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from bot.clock import VIETNAM
from bot.desk.context import the_desk
from bot.desk.dossier_lists import (
    Filters,
    read_alerts,
    read_attempts,
    read_followers,
    read_history,
    read_list,
    read_one,
)
from bot.desk.guard import current, needs
from bot.desk.permissions import Permission
from bot.desk.wording import clock_words
from bot.dossiers.appointments import Due, appointment
from bot.dossiers.ledger import excuse
from bot.dossiers.sources import dossier_of
from bot.dossiers.statuses import NAMES, Status
from bot.dossiers.telling import status_name
from bot.handoff.hours_store import read_calendar
from bot.store.audit import officer_subject, record
from bot.store.engine import reading, writing
from bot.store.models_dossiers import DossierAlert, DossierRow

RESULTS: Mapping[str, str] = {
    "open": "đang tra", "hit": "đúng, đã cho xem", "miss": "sai mã hoặc sai số",
    "wait": "bị chặn vì thử nhiều", "away": "nguồn không trả lời",
}  # fmt: skip
FACTORS: Mapping[str, str] = {
    "digits": "4 số cuối", "phone": "số điện thoại Zalo", "again": "đã xác nhận trước đó",
}  # fmt: skip
KINDS: Mapping[str, str] = {"person": "Một người", "code": "Một hồ sơ", "account": "Cả kênh"}
WHY_UNSENT: Mapping[str, str] = {
    "window_closed": "đã quá hạn nhắn tin của kênh", "unreachable": "người dân đã chặn hoặc bỏ theo dõi kênh",
}  # fmt: skip
ONLY: Mapping[str, str] = {
    "": "Tất cả", "overdue": "Quá hẹn", "unsent": "Chưa báo được cho người dân",
    "followed": "Có người theo dõi", "nofactor": "Chưa tra cứu được (thiếu số)",
}  # fmt: skip


def add_routes(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/dossiers", view_func=dossiers)
    blueprint.add_url_rule("/dossiers/<int:dossier_id>", view_func=dossier)
    blueprint.add_url_rule("/dossiers/<int:dossier_id>/unlock", view_func=dossier_unlock, methods=["POST"])
    blueprint.add_url_rule("/dossiers/code", view_func=dossier_by_code)
    blueprint.add_url_rule("/dossier-alerts", view_func=dossier_alerts)
    blueprint.add_url_rule(
        "/dossier-alerts/<int:alert_id>/seen", view_func=dossier_alert_seen, methods=["POST"]
    )


@needs(Permission.DOSSIERS)
def dossiers() -> ResponseReturnValue:
    """The list, by code, procedure or office, status, and what needs somebody."""
    args = request.args
    asked = Filters(args.get("q", "").strip(), args.get("status", ""), args.get("only", ""))
    number = max(1, args.get("page", 1, type=int))
    desk = the_desk()
    today = desk.clock().astimezone(VIETNAM).date()
    with reading(desk.engine) as session:
        rows, more, total = read_list(session, asked, today, number)
        alerts = len(read_alerts(session, only_open=True)) if current().may(Permission.DOSSIER_ALERTS) else 0
    statuses = [("", "Mọi tình trạng"), *((status.value, NAMES[status]) for status in Status)]
    return render_template(
        "desk/dossiers.html", rows=rows, more=more, total=total, number=number, asked=asked, alerts=alerts,
        statuses=[*statuses, ("none", "Chưa rõ tình trạng")], only=list(ONLY.items()), today=today,
        name_of=_name_of, is_late=lambda row: _is_late(row, desk.clock()), moment=_moment,
        may_alerts=current().may(Permission.DOSSIER_ALERTS),
    )  # fmt: skip


@needs(Permission.DOSSIERS)
def dossier(dossier_id: int) -> ResponseReturnValue:
    """One dossier: what residents are told, its history, who looked, who follows. Opening it is audited."""
    desk, officer = the_desk(), current()
    now = desk.clock()
    with writing(desk.engine) as session:
        row = read_one(session, dossier_id)
        if row is None:
            abort(404)
        record(session, now, officer_subject(officer.id), "dossier_opened", f"dossier:{row.code}")
    with reading(desk.engine) as session:
        found = appointment(
            dossier_of(row), now.astimezone(VIETNAM).date(), read_calendar(session, officer.unit_id)
        )
        return render_template(
            "desk/dossier.html", row=row, name=_name_of(row), found=found, due=Due, moment=_moment,
            history=read_history(session, row.code), attempts=read_attempts(session, officer, row.code),
            followers=read_followers(session, officer, row.code), results=RESULTS, factors=FACTORS,
            why_unsent=WHY_UNSENT, name_of=_name_of,
        )  # fmt: skip


@needs(Permission.DOSSIERS)
def dossier_by_code() -> ResponseReturnValue:
    """From a chat to the dossier that it is about."""
    code = request.args.get("code", "")
    with reading(the_desk().engine) as session:
        row = read_one(session, code=code)
    if row is None:
        flash("Hồ sơ này không có trong danh sách của xã.")
        return redirect(url_for("desk.dossiers", q=code[:60]))
    return redirect(url_for("desk.dossier", dossier_id=row.id))


@needs(Permission.DOSSIERS)
def dossier_unlock(dossier_id: int) -> ResponseReturnValue:
    """Its owner stands at the counter: the failures on this code count no more."""
    desk = the_desk()
    with writing(desk.engine) as session:
        row = read_one(session, dossier_id)
        if row is None:
            abort(404)
        excused = excuse(session, row.code, officer_subject(current().id), desk.clock())
    flash(f"Đã bỏ qua {excused} lần thử sai; hồ sơ tra cứu lại được ngay.")
    return redirect(url_for("desk.dossier", dossier_id=dossier_id))


@needs(Permission.DOSSIER_ALERTS)
def dossier_alerts() -> ResponseReturnValue:
    """Guessing: what nobody looked into yet, then the rest."""
    with reading(the_desk().engine) as session:
        alerts = read_alerts(session)
    return render_template("desk/dossier_alerts.html", alerts=alerts, kinds=KINDS, moment=_moment)


@needs(Permission.DOSSIER_ALERTS)
def dossier_alert_seen(alert_id: int) -> ResponseReturnValue:
    """Somebody has looked into it."""
    desk, officer = the_desk(), current()
    with writing(desk.engine) as session:
        row = session.get(DossierAlert, alert_id)
        if row is None:
            abort(404)
        if row.seen_at is None:
            row.seen_at, row.seen_by = desk.clock(), officer.id
            actor, subject = officer_subject(officer.id), f"dossier_alert:{row.id}"
            record(session, desk.clock(), actor, "dossier_alert_seen", subject)
    flash("Đã đánh dấu là đã xem.")
    return redirect(url_for("desk.dossier_alerts"))


def _name_of(row: DossierRow) -> str:
    """The status as residents read it; also of a step of the history, which has the same columns."""
    words = the_desk().texts().wording.dossier_statuses
    known = Status(row.status) if row.status else None
    plain = dossier_of(DossierRow(code="", status="", shade=row.shade, status_text=row.status_text))
    return status_name(plain, words) if known is None or row.shade else NAMES[known]


def _is_late(row: DossierRow, now: datetime) -> bool:
    return appointment(dossier_of(row), now.astimezone(VIETNAM).date(), None).due is Due.OVERDUE


def _moment(at: datetime) -> str:
    return clock_words(at, the_desk().clock())
