"""Scams on the desk: what residents report to the commune's police, and the commune's own list."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from bot.accounts.vault import VaultError
from bot.alerts import reports as store
from bot.clock import VIETNAM
from bot.desk.context import the_desk
from bot.desk.guard import current, needs
from bot.desk.officers import names_of
from bot.desk.permissions import Permission
from bot.handoff.calls import unit_of
from bot.privacy import mask
from bot.queues import Queue
from bot.scams.checking import Checker
from bot.scams.lists import load_lists
from bot.store.engine import reading, writing
from bot.store.models_scams import ScamListed, ScamReport

ON_A_PAGE = 50
LEVELS = {"danger": "Nguy hiểm", "suspicious": "Đáng ngờ", "clear": "Chưa thấy dấu hiệu"}
STATUSES = {"open": "Chờ xem", "confirmed": "Xác nhận", "rejected": "Không phải"}
KINDS = {"host": "Tên miền", "phone": "Số điện thoại"}
LONGEST_NOTE = 500


def add_routes(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/scams", view_func=scams)
    blueprint.add_url_rule("/scams/<int:report_id>", view_func=scam_report)
    blueprint.add_url_rule("/scams/<int:report_id>/decide", view_func=scam_decide, methods=["POST"])
    blueprint.add_url_rule("/scams/list", view_func=scam_list)
    blueprint.add_url_rule("/scams/list/add", view_func=scam_list_add, methods=["POST"])
    blueprint.add_url_rule("/scams/list/<int:listed_id>/remove", view_func=scam_list_remove, methods=["POST"])


@needs(Permission.SCAMS)
def scams() -> ResponseReturnValue:
    """Reports: those that wait, the oldest first, and what was decided last."""
    with reading(the_desk().engine) as session:
        only_police(session)
        waiting = session.scalars(
            select(ScamReport).where(ScamReport.status == "open").order_by(ScamReport.id).limit(ON_A_PAGE)
        ).all()
        count = session.scalar(select(func.count()).where(ScamReport.status == "open")) or 0
        decided = session.scalars(
            select(ScamReport)
            .where(ScamReport.status.in_(("confirmed", "rejected")))
            .order_by(ScamReport.decided_at.desc())
            .limit(ON_A_PAGE)
        ).all()
        names = names_of(session)
    return render_template(
        "desk/scams.html", waiting=waiting, count=count, decided=decided, names=names, kind_name=kind_name,
        levels=LEVELS, statuses=STATUSES, local=VIETNAM,
    )  # fmt: skip


@needs(Permission.SCAMS)
def scam_report(report_id: int) -> ResponseReturnValue:
    """One report with everything that the check saw."""
    with reading(the_desk().engine) as session:
        only_police(session)
        row = _report(session, report_id)
        names = names_of(session)
    phones, accounts, problem = _numbers(row)
    return render_template(
        "desk/scam_report.html", row=row, phones=phones, accounts=accounts, problem=problem, names=names,
        kind_name=kind_name, levels=LEVELS, statuses=STATUSES, longest=LONGEST_NOTE, local=VIETNAM,
    )  # fmt: skip


@needs(Permission.SCAMS)
def scam_decide(report_id: int) -> ResponseReturnValue:
    """Confirmed, with what joins the list, or rejected."""
    decision, form = request.form.get("decision", ""), request.form
    if decision not in ("confirmed", "rejected"):
        abort(400)
    me, now = current(), the_desk().clock()
    with writing(the_desk().engine) as session:
        only_police(session)
        row = _report(session, report_id)
        if row.status != "open":
            flash("Tin này đã được xử lý.")
            return redirect(url_for("desk.scam_report", report_id=report_id))
        phones, _, _ = _numbers(row)
        added = store.decide(
            session, row, me.id, now,
            confirmed=decision == "confirmed",
            note=form.get("note", "").strip()[:LONGEST_NOTE],
            hosts=[host for host in form.getlist("host") if host in row.hosts],
            phones=[phone for phone in form.getlist("phone") if phone in phones],
        )  # fmt: skip
    flash(
        f"Đã xác nhận, thêm {added} mục vào danh sách của xã." if row.status == "confirmed" else "Đã bỏ qua."
    )
    return redirect(url_for("desk.scams"))


@needs(Permission.SCAMS)
def scam_list() -> ResponseReturnValue:
    """The commune's own list, searched."""
    return _list()


@needs(Permission.SCAMS)
def scam_list_add() -> ResponseReturnValue:
    """An address or a number by hand, in the form in which a check compares it."""
    value, note = request.form.get("value", "").strip(), request.form.get("note", "").strip()
    found, problem = read_entry(value)
    if problem or found is None:
        return _list(problem, value), 422
    with writing(the_desk().engine) as session:
        only_police(session)
        kind, wanted = found
        now, kept = the_desk().clock(), (mask(note) or "")[:LONGEST_NOTE]
        added = store.put_on_list(session, current().id, now, kind, [wanted], note=kept)
    flash(f"Đã thêm {wanted}." if added else f"{wanted} đã có trong danh sách.")
    return redirect(url_for("desk.scam_list"))


@needs(Permission.SCAMS)
def scam_list_remove(listed_id: int) -> ResponseReturnValue:
    """Off the list; who put it there and who took it off stays written down."""
    with writing(the_desk().engine) as session:
        only_police(session)
        done = store.take_off_list(session, current().id, the_desk().clock(), listed_id)
    if not done:
        abort(404)
    flash("Đã bỏ khỏi danh sách.")
    return redirect(url_for("desk.scam_list"))


def only_police(session: Session) -> None:
    """403 unless the officer answers for the commune's police (or for every unit)."""
    me = current()
    if me.all_units:
        return
    in_queue = not me.queues or Queue.POLICE.value in me.queues
    if not in_queue or me.unit_id != unit_of(session, Queue.POLICE.value):
        abort(403)


def kind_name(slug: str | None) -> str:
    """What a kind of scam is called; empty if none was recognised."""
    kind = the_desk().knowledge().scams.get(slug or "")
    return kind.name if kind else ""


def read_entry(value: str) -> tuple[tuple[str, str] | None, str]:
    """Kind and normal form of what an officer typed, or what is wrong with it."""
    checker = _checker(the_desk().settings.faq_dir)
    found = checker.check(value[:300])
    if any(link.official for link in found.links) or any(phone.official for phone in found.phones):
        return None, "Đây là trang hoặc số chính thức, không đưa vào danh sách được."
    entries = [(store.HOST, link.host.removeprefix("www.")) for link in found.links]
    entries += [(store.PHONE, phone.number) for phone in found.phones]
    if len(entries) != 1:
        return None, "Nhập một tên miền (ví dụ vneid-capnhat.top) hoặc một số điện thoại."
    return entries[0], ""


@lru_cache(maxsize=2)
def _checker(faq_dir: Path) -> Checker:
    return Checker(load_lists(faq_dir))


def _list(problem: str = "", value: str = "") -> str:
    asked = request.args.get("q", "").strip()[:100]
    query = select(ScamListed).where(ScamListed.removed_at.is_(None)).order_by(ScamListed.id.desc())
    if asked:
        wanted = asked.lower().lstrip("0") if asked.isdigit() else asked.lower()
        query = query.where(
            or_(
                ScamListed.value.contains(wanted, autoescape=True),
                ScamListed.note.icontains(asked, autoescape=True),
            )
        )
    with reading(the_desk().engine) as session:
        only_police(session)
        rows = session.scalars(query.limit(ON_A_PAGE * 4)).all()
        names = names_of(session)
    problems = {"value": problem} if problem else {}
    return render_template(
        "desk/scam_list.html", rows=rows, names=names, q=asked, problems=problems, value=value, kinds=KINDS,
        longest=LONGEST_NOTE, local=VIETNAM,
    )  # fmt: skip


def _report(session: Session, report_id: int) -> ScamReport:
    row = session.get(ScamReport, report_id)
    if row is None or row.status == "checked":  # nobody has reported it
        abort(404)
    return row


def _numbers(row: ScamReport) -> tuple[list[str], list[str], str]:
    """Phones and accounts in full; or what hinders reading them."""
    try:
        phones, accounts = store.numbers_of(row, the_desk().vault.open)
    except VaultError:
        return [], [], "Không giải mã được các số: SECRET_KEY đã đổi từ khi nhận tin."
    return phones, accounts, ""
