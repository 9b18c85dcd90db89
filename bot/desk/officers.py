"""The administrator's page of accounts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.desk import roster
from bot.desk.context import the_desk
from bot.desk.guard import current, needs
from bot.desk.permissions import ROLE_NAMES, Permission
from bot.desk.roster import Entry, Issued
from bot.handoff.idling import return_disabled
from bot.intake.nudge import nudge
from bot.queues import Queue
from bot.store.audit import officer_subject
from bot.store.engine import reading, writing
from bot.store.models import Officer, Unit
from connectors.channel import EventKind

_TAKEN = {"login": "Tên đăng nhập vừa có người khác dùng; hãy chọn tên khác."}


def add_routes(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/officers", view_func=officers)
    blueprint.add_url_rule("/officers/add", view_func=officer_add, methods=["GET", "POST"])
    blueprint.add_url_rule("/officers/<int:officer_id>", view_func=officer_edit, methods=["GET", "POST"])
    for action in (officer_disable, officer_enable, officer_reset):
        path = f"/officers/<int:officer_id>/{action.__name__.removeprefix('officer_')}"
        blueprint.add_url_rule(path, view_func=action, methods=["POST"])


@needs(Permission.OFFICERS)
def officers() -> ResponseReturnValue:
    """Everybody, those who may sign in first."""
    with reading(the_desk().engine) as session:
        rows = session.execute(
            select(Officer, Unit.name).join(Unit).order_by(Officer.disabled_at.is_not(None), Officer.login)
        ).all()
        return render_template("desk/officers.html", rows=rows, roles=ROLE_NAMES, now=the_desk().clock())


@needs(Permission.OFFICERS)
def officer_add() -> ResponseReturnValue:
    """A new account; its one-time password is on the answer's page and nowhere else."""
    if request.method == "GET":
        return _form(Entry("", "", "Cán bộ xã", "officer", 1), {})
    desk, entry = the_desk(), _entry(request.form.get("login", "").strip().lower())
    with reading(desk.engine) as session:
        problems = roster.problems_of(session, entry)
    if problems:
        return _form(entry, problems), 422
    issued = roster.issue()
    try:
        with writing(desk.engine) as session:
            officer = roster.add(session, entry, issued, _actor(), desk.clock())
    except IntegrityError:  # two administrators at once
        return _form(entry, _TAKEN), 422
    return _tell_password(officer, issued)


@needs(Permission.OFFICERS)
def officer_edit(officer_id: int) -> ResponseReturnValue:
    desk = the_desk()
    with reading(desk.engine) as session:
        officer = session.get(Officer, officer_id) or abort(404)
    if request.method == "GET":
        return _form(_of(officer), {}, officer)
    entry = _entry(officer.login)
    with writing(desk.engine) as session:
        officer = session.get_one(Officer, officer_id)
        problems = roster.problems_of(session, entry, officer)
        if not problems:
            roster.change(session, officer, entry, _actor(), desk.clock())
    if problems:
        return _form(entry, problems, officer), 422
    flash(f"Đã lưu tài khoản {officer.login}.")
    return redirect(url_for("desk.officers"))


@needs(Permission.OFFICERS)
def officer_disable(officer_id: int) -> ResponseReturnValue:
    """Signed out at once; whoever was waiting for an answer waits for a colleague, and is told so."""
    words = "Đã khóa tài khoản {login}; mọi thiết bị đã bị đăng xuất, hội thoại đang giữ trở lại hàng chờ."
    answer = _act(officer_id, roster.disable, words, True)
    desk = the_desk()
    for key in return_disabled(desk.engine, desk.channels, desk.texts().wording, desk.clock()):
        nudge(desk.accept, *key, EventKind.OUTBOX)
    return answer


@needs(Permission.OFFICERS)
def officer_enable(officer_id: int) -> ResponseReturnValue:
    return _act(officer_id, roster.enable, "Đã mở lại tài khoản {login}.")


@needs(Permission.OFFICERS)
def officer_reset(officer_id: int) -> ResponseReturnValue:
    """For a lost password or phone."""
    desk, issued = the_desk(), roster.issue()
    with writing(desk.engine) as session:
        officer = session.get(Officer, officer_id) or abort(404)
        roster.reset(session, officer, issued, _actor(), desk.clock())
    return _tell_password(officer, issued)


def _act(
    officer_id: int, action: Callable[[Session, Officer, str, datetime], None], words: str, ends: bool = False
) -> ResponseReturnValue:
    """``ends``: the account can't be used afterwards, which must leave an administrator."""
    desk = the_desk()
    with writing(desk.engine) as session:
        officer = session.get(Officer, officer_id) or abort(404)
        refused = ends and (officer_id == current().id or roster.is_last_administrator(session, officer))
        if not refused:
            action(session, officer, _actor(), desk.clock())
    flash("Không khóa được tài khoản của chính mình." if refused else words.format(login=officer.login))
    return redirect(url_for("desk.officers"))


def _actor() -> str:
    return officer_subject(current().id)


def _entry(login: str) -> Entry:
    form = request.form
    unit = form.get("unit_id", "")
    return Entry(
        login=login,
        name=form.get("name", "").strip(),
        persona=form.get("persona", "").strip(),
        role=form.get("role", ""),
        unit_id=int(unit) if unit.isascii() and unit.isdigit() and len(unit) < 10 else 0,
        queues=tuple(form.getlist("queues")),
        all_units=form.get("all_units") == "yes",
    )


def _of(officer: Officer) -> Entry:
    return Entry(
        officer.login, officer.name, officer.persona, officer.role, officer.unit_id, tuple(officer.queues),
        officer.all_units,
    )  # fmt: skip


def units_of(session: Session) -> Sequence[Unit]:
    """Every unit, in the order in which they were made."""
    return session.scalars(select(Unit).order_by(Unit.id)).all()


def names_of(session: Session) -> dict[int, str]:
    """Every officer's name by id, those who left included."""
    return {row.id: row.name for row in session.execute(select(Officer.id, Officer.name))}


def _form(entry: Entry, problems: dict[str, str], officer: Officer | None = None) -> str:
    with reading(the_desk().engine) as session:
        units = [(unit.id, unit.name) for unit in units_of(session)]
    return render_template(
        "desk/officer.html", entry=entry, problems=problems, officer=officer, units=units,
        roles=[(role.value, name) for role, name in ROLE_NAMES.items()], queues=[q.value for q in Queue],
    )  # fmt: skip


def _tell_password(officer: Officer, issued: Issued) -> str:
    return render_template("desk/officer_password.html", officer=officer, password=issued.password)
