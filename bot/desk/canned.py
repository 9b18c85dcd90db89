"""Prepared replies: per unit, and for all."""

from __future__ import annotations

import re

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.desk.context import the_desk
from bot.desk.guard import SignedIn, current, needs
from bot.desk.officers import units_of
from bot.desk.permissions import Permission, Role
from bot.store.audit import officer_subject, record
from bot.store.engine import reading, writing
from bot.store.models import Canned

LONGEST_TEXT = 2000
"""Characters: what Zalo takes in one message."""
_SHORTCUT = re.compile(r"[a-z0-9-]{1,30}")
_ALL = "all"


def add_routes(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/canned", view_func=canned)
    blueprint.add_url_rule("/canned/add", view_func=canned_add, methods=["GET", "POST"])
    blueprint.add_url_rule("/canned/<int:canned_id>", view_func=canned_edit, methods=["GET", "POST"])
    blueprint.add_url_rule("/canned/<int:canned_id>/remove", view_func=canned_remove, methods=["POST"])


@needs(Permission.CANNED)
def canned() -> ResponseReturnValue:
    """What this officer can use: the own unit's and everybody's."""
    me = current()
    with reading(the_desk().engine) as session:
        query = select(Canned).order_by(Canned.unit_id.is_(None), Canned.unit_id, Canned.shortcut)
        if not me.all_units:
            query = query.where(or_(Canned.unit_id == me.unit_id, Canned.unit_id.is_(None)))
        rows = [(row, may_write(me, row.unit_id)) for row in session.scalars(query)]
        units = {unit.id: unit.name for unit in units_of(session)}
        return render_template("desk/canned.html", rows=rows, units=units)


@needs(Permission.CANNED)
def canned_add() -> ResponseReturnValue:
    return (
        _form(Canned(unit_id=current().unit_id, shortcut="", title="", text="")) if _asked() else _save(None)
    )


@needs(Permission.CANNED)
def canned_edit(canned_id: int) -> ResponseReturnValue:
    with reading(the_desk().engine) as session:
        row = _writable(session, canned_id)
    return _form(row) if _asked() else _save(canned_id)


@needs(Permission.CANNED)
def canned_remove(canned_id: int) -> ResponseReturnValue:
    with writing(the_desk().engine) as session:
        row = _writable(session, canned_id)
        session.delete(row)
        _record(session, "canned_removed", row)
    flash("Đã xóa câu trả lời mẫu.")
    return redirect(url_for("desk.canned"))


def may_write(me: SignedIn, unit_id: int | None) -> bool:
    """Whether the officer writes this unit's replies; those for all (None) are a supervisor's."""
    if unit_id is None:
        return me.role is Role.SUPERVISOR
    return me.all_units or unit_id == me.unit_id


def _save(canned_id: int | None) -> ResponseReturnValue:
    typed = _typed()
    try:
        return _write(typed, canned_id)
    except IntegrityError:  # saved twice at once: the other one was there first
        problems = {"shortcut": f"Phím tắt “{typed.shortcut}” vừa có người khác dùng; hãy đặt tên khác."}
        return _form(_typed(), problems, canned_id), 422


def _write(typed: Canned, canned_id: int | None) -> ResponseReturnValue:
    with writing(the_desk().engine) as session:
        row = typed if canned_id is None else _writable(session, canned_id)
        problems = _problems(session, typed, canned_id)
        if not problems:
            row.unit_id, row.shortcut = typed.unit_id, typed.shortcut
            row.title, row.text, row.updated_at = typed.title, typed.text, the_desk().clock()
            session.add(row)
            session.flush()
            _record(session, "canned_saved", row)
    if problems:
        return _form(typed, problems, canned_id), 422
    flash("Đã lưu câu trả lời mẫu.")
    return redirect(url_for("desk.canned"))


def _typed() -> Canned:
    form = request.form
    unit = form.get("unit", "")
    return Canned(
        unit_id=None
        if unit == _ALL
        else int(unit)
        if unit.isascii() and unit.isdigit() and len(unit) < 10
        else 0,
        shortcut=form.get("shortcut", "").strip().lower().removeprefix("/"),
        title=form.get("title", "").strip(),
        text=form.get("text", "").replace("\r\n", "\n").strip(),
    )


def _problems(session: Session, typed: Canned, canned_id: int | None) -> dict[str, str]:
    problems: dict[str, str] = {}
    if typed.unit_id not in {None, *(unit.id for unit in units_of(session))} or not may_write(
        current(), typed.unit_id
    ):
        problems["unit"] = "Dùng cho: hãy chọn một đơn vị trong danh sách."
    same_unit = Canned.unit_id.is_(None) if typed.unit_id is None else Canned.unit_id == typed.unit_id
    taken = select(Canned.id).where(
        same_unit, Canned.shortcut == typed.shortcut, Canned.id != (canned_id or 0)
    )
    if not _SHORTCUT.fullmatch(typed.shortcut):
        problems["shortcut"] = "Phím tắt: 1–30 chữ không dấu, số, gạch nối; ví dụ gio-lam-viec."
    elif session.scalar(taken):
        problems["shortcut"] = f"Phím tắt “{typed.shortcut}” đã có; hãy đặt tên khác."
    if not 0 < len(typed.title) <= 80:
        problems["title"] = "Tên gọi: cần 1–80 ký tự."
    if not 0 < len(typed.text) <= LONGEST_TEXT:
        problems["text"] = f"Nội dung: cần 1–{LONGEST_TEXT} ký tự (đang có {len(typed.text)})."
    return problems


def _writable(session: Session, canned_id: int) -> Canned:
    """The reply; 404 also if it is another unit's, whose replies are not told."""
    row = session.get(Canned, canned_id)
    if row is None or not may_write(current(), row.unit_id):
        abort(404)
    return row


def _form(row: Canned, problems: dict[str, str] | None = None, canned_id: int | None = None) -> str:
    me = current()
    with reading(the_desk().engine) as session:
        units = [(str(unit.id), unit.name) for unit in units_of(session) if may_write(me, unit.id)]
    if may_write(me, None):
        units.append((_ALL, "Mọi đơn vị"))
    chosen = _ALL if row.unit_id is None else str(row.unit_id)
    return render_template(
        "desk/canned_form.html", row=row, problems=problems or {}, units=units, chosen=chosen,
        old=row.id or canned_id, longest=LONGEST_TEXT,
    )  # fmt: skip


def _record(session: Session, action: str, row: Canned) -> None:
    actor = officer_subject(current().id)
    record(
        session,
        the_desk().clock(),
        actor,
        action,
        f"canned:{row.id}",
        shortcut=row.shortcut,
        unit=row.unit_id,
    )


def _asked() -> bool:
    return request.method == "GET"
