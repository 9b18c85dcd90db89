"""Warnings of the commune: drafted from a report or by hand, and sent to the residents who asked for them."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from bot.clock import VIETNAM
from bot.desk.context import the_desk
from bot.desk.guard import current, needs
from bot.desk.officers import names_of
from bot.desk.permissions import Permission
from bot.desk.scams import only_police
from bot.handoff.records import rows_of
from bot.knowledge.scams import Scam
from bot.store.audit import officer_subject, record
from bot.store.engine import reading, writing
from bot.store.models_scams import ScamReport, ScamSubscription, ScamWarned, ScamWarning

SHORTEST, LONGEST = 20, 1200
"""Characters of a warning: with what stands around it one message."""
STATUSES = {"draft": "Bản thảo", "confirmed": "Đã duyệt, đang gửi", "withdrawn": "Đã rút"}
SHOWN = 100


def add_routes(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/scams/warnings", view_func=scam_warnings)
    blueprint.add_url_rule("/scams/warnings/add", view_func=scam_warning_add, methods=["GET", "POST"])
    blueprint.add_url_rule(
        "/scams/warnings/<int:warning_id>", view_func=scam_warning, methods=["GET", "POST"]
    )
    blueprint.add_url_rule(
        "/scams/warnings/<int:warning_id>/confirm", view_func=scam_warning_confirm, methods=["POST"]
    )
    blueprint.add_url_rule(
        "/scams/warnings/<int:warning_id>/withdraw", view_func=scam_warning_withdraw, methods=["POST"]
    )


@needs(Permission.SCAMS)
def scam_warnings() -> ResponseReturnValue:
    """Every warning with how many residents it was sent to."""
    sent = (
        select(func.count())
        .where(ScamWarned.warning_id == ScamWarning.id)
        .correlate(ScamWarning)
        .scalar_subquery()
    )
    with reading(the_desk().engine) as session:
        only_police(session)
        rows = session.execute(select(ScamWarning, sent).order_by(ScamWarning.id.desc()).limit(SHOWN)).all()
        wanted = select(func.count()).select_from(ScamSubscription).where(ScamSubscription.ended_at.is_(None))
        subscribers = session.scalar(wanted) or 0
        names = names_of(session)
    return render_template(
        "desk/scam_warnings.html", rows=rows, subscribers=subscribers, names=names, statuses=STATUSES,
        local=VIETNAM,
    )  # fmt: skip


@needs(Permission.SCAMS)
def scam_warning_add() -> ResponseReturnValue:
    """A new draft; ``?report=`` begins it from a confirmed report."""
    if request.method == "POST":
        return _save(None)
    given = request.args.get("report", "")
    report_id = int(given) if given.isascii() and given.isdigit() and len(given) < 10 else None
    with reading(the_desk().engine) as session:
        only_police(session)
        report = session.get(ScamReport, report_id) if report_id else None
    usable = report if report is not None and report.status == "confirmed" else None
    return _form(None, draft_of(usable) if usable else "", usable.id if usable else None)


@needs(Permission.SCAMS)
def scam_warning(warning_id: int) -> ResponseReturnValue:
    """A draft is edited; what was sent is read only."""
    if request.method == "POST":
        return _save(warning_id)
    with reading(the_desk().engine) as session:
        only_police(session)
        row = _warning(session, warning_id)
    return _form(row, row.text, row.report_id)


@needs(Permission.SCAMS)
def scam_warning_confirm(warning_id: int) -> ResponseReturnValue:
    """From now on it goes to those who asked for warnings; pressed twice it is confirmed once."""
    now = the_desk().clock()
    return _move(
        warning_id, "draft", "confirmed", "Đã duyệt. Trợ lý đang gửi cho người đăng ký.",
        confirmed_by=current().id, confirmed_at=now,
    )  # fmt: skip


@needs(Permission.SCAMS)
def scam_warning_withdraw(warning_id: int) -> ResponseReturnValue:
    """Nobody gets it any more; who has it keeps it."""
    return _move(warning_id, "confirmed", "withdrawn", "Đã rút. Ai chưa nhận thì không nhận nữa.")


def draft_of(report: ScamReport) -> str:
    """A warning that an officer goes on writing: what it is, its signs, what to do. No word of a resident."""
    kind = the_desk().knowledge().scams.get(report.kind or "")
    lines = [f"Ở xã đang có tin lừa đảo kiểu: {kind.name}." if kind else "Ở xã đang có tin nhắn lừa đảo."]
    if report.hosts:
        lines.append("Địa chỉ giả: " + ", ".join(_defanged(host) for host in report.hosts[:5]) + ".")
    lines += _of_kind(kind) if kind else [f"• {reason}" for reason in report.reasons[:4]]
    lines.append("Ai lỡ làm theo thì gọi ngân hàng khóa tài khoản, rồi báo công an xã.")
    return "\n".join(lines)[:LONGEST]


def _of_kind(kind: Scam) -> list[str]:
    return [f"• {line}" for line in (*kind.signs[:3], *kind.what_to_do[:2])]


def _defanged(host: str) -> str:
    """A host that no phone makes tappable."""
    return host.replace(".", "[.]")


def _move(warning_id: int, before: str, after: str, told: str, **values: object) -> ResponseReturnValue:
    me, now = current(), the_desk().clock()
    with writing(the_desk().engine) as session:
        only_police(session)
        _warning(session, warning_id)
        done = rows_of(
            session,
            update(ScamWarning)
            .where(ScamWarning.id == warning_id, ScamWarning.status == before)
            .values(status=after, updated_at=now, **values),
        )
        if done:
            record(
                session, now, officer_subject(me.id), f"scam_warning.{after}", f"scam_warning:{warning_id}"
            )
    flash(told if done else "Cảnh báo này đã được xử lý.")
    return redirect(url_for("desk.scam_warnings"))


def _save(warning_id: int | None) -> ResponseReturnValue:
    text = request.form.get("text", "").replace("\r\n", "\n").strip()
    given = request.form.get("report", "")
    me, now = current(), the_desk().clock()
    with writing(the_desk().engine) as session:
        only_police(session)
        row = _warning(session, warning_id) if warning_id else None
        report_id = int(given) if given.isascii() and given.isdigit() and len(given) < 10 else None
        if row is not None and row.status != "draft":
            flash("Cảnh báo đã duyệt thì không sửa được nữa.")
            return redirect(url_for("desk.scam_warnings"))
        if not SHORTEST <= len(text) <= LONGEST:
            problem = f"Nội dung: cần {SHORTEST}–{LONGEST} ký tự (đang có {len(text)})."
            return _form(row, text, report_id, {"text": problem}), 422
        if row is None:
            row = ScamWarning(report_id=report_id, officer_id=me.id, created_at=now)
            session.add(row)
        row.text, row.updated_at, row.officer_id = text, now, me.id
        session.flush()
        record(session, now, officer_subject(me.id), "scam_warning.saved", f"scam_warning:{row.id}")
    flash("Đã lưu bản thảo.")
    return redirect(url_for("desk.scam_warning", warning_id=row.id))


def _warning(session: Session, warning_id: int) -> ScamWarning:
    row = session.get(ScamWarning, warning_id)
    if row is None:
        abort(404)
    return row


def _form(
    row: ScamWarning | None, text: str, report_id: int | None, problems: dict[str, str] | None = None
) -> str:
    return render_template(
        "desk/scam_warning.html", row=row, text=text, report=report_id, problems=problems or {},
        longest=LONGEST, statuses=STATUSES,
    )  # fmt: skip
