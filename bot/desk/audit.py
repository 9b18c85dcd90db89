"""Who did what, for the administrator: filtered by actor, action and day; newest first."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.clock import VIETNAM
from bot.desk.context import the_desk
from bot.desk.guard import needs
from bot.desk.permissions import Permission
from bot.store.audit import officer_subject
from bot.store.engine import reading
from bot.store.models import Audit, Officer

ON_A_PAGE = 50
ACTIONS = {
    "sign_in": "đăng nhập",
    "sign_in_failed": "đăng nhập không được",
    "signed_out_everywhere": "đăng xuất mọi thiết bị",
    "password_changed": "đổi mật khẩu",
    "second_factor_on": "bật xác thực hai lớp",
    "second_factor_off": "tắt xác thực hai lớp",
    "officer_added": "thêm cán bộ",
    "officer_changed": "sửa cán bộ",
    "officer_disabled": "ngừng dùng tài khoản",
    "officer_enabled": "cho dùng lại tài khoản",
    "officer_reset": "cấp lại mật khẩu",
    "unit_added": "thêm đơn vị",
    "hours_changed": "sửa giờ làm việc",
    "day_changed": "sửa ngày đặc biệt",
    "day_removed": "bỏ ngày đặc biệt",
    "canned_saved": "lưu câu trả lời mẫu",
    "canned_removed": "xóa câu trả lời mẫu",
    "dossiers_imported": "nhập danh sách hồ sơ",
    "dossiers_refused": "danh sách hồ sơ bị từ chối",
    "dossier_looked_up": "tra cứu hồ sơ",
    "dossier_opened": "xem hồ sơ trên bàn làm việc",
    "dossier_unlocked": "cho tra cứu lại hồ sơ",
    "dossier_alert_seen": "xem cảnh báo dò mã",
    "erase": "xóa dữ liệu người dân",
    "conversation.claim": "tiếp nhận",
    "conversation.release": "trả lại cho trợ lý",
    "conversation.forward": "chuyển tiếp",
    "conversation.resend": "gửi lại tin",
    "conversation.label": "gắn nhãn",
    "contact.shown": "xem số điện thoại người dân để lại",
    "review.assigned": "gán câu hỏi vào thủ tục",
    "review.out_of_scope": "đánh dấu ngoài phạm vi",
    "review.dropped": "bỏ qua câu hỏi",
    "review.undo": "mở lại câu hỏi",
    "review.report": "báo trợ lý trả lời sai",
    "scam_report.confirmed": "xác nhận tin lừa đảo",
    "scam_report.rejected": "bỏ qua tin nghi lừa đảo",
    "scam_listed": "thêm vào danh sách lừa đảo",
    "scam_unlisted": "bỏ khỏi danh sách lừa đảo",
    "scam_warning.saved": "soạn cảnh báo lừa đảo",
    "scam_warning.confirmed": "duyệt gửi cảnh báo lừa đảo",
    "scam_warning.withdrawn": "rút cảnh báo lừa đảo",
    "account.connected": "kết nối tài khoản",
    "account.changed": "sửa tài khoản kết nối",
    "account.disabled": "tắt tài khoản kết nối",
    "account.enabled": "bật lại tài khoản kết nối",
    "post.ask": "gửi duyệt bài",
    "post.take_back": "rút bài về bản nháp",
    "post.return": "trả lại bài",
    "post.approve": "duyệt bài",
    "post.cancel": "bỏ hẹn giờ đăng bài",
    "post.take_up": "nhận bài đăng tay",
    "post.drop": "bỏ bài",
    "post.restore": "bỏ bản sửa của bài",
    "post.withdraw": "gỡ bài",
    "post.retry": "gửi lại bài",
    "comment.reply": "trả lời bình luận",
    "comment.private": "nhắn riêng người bình luận",
    "comment.hide": "ẩn bình luận",
    "comment.unhide": "hiện lại bình luận",
    "comment.leave": "để yên bình luận",
    "organisation.changed": "sửa chữ ký, ảnh bìa của đơn vị",
}
"""In words; an action that is not here is shown as it is stored."""


def add_routes(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/audit", view_func=audit)


@needs(Permission.AUDIT)
def audit() -> ResponseReturnValue:
    """One page; ``before`` is the id of the last row of the page before."""
    asked = {name: request.args.get(name, "").strip() for name in ("actor", "action", "day")}
    day, problems = _day(asked["day"])
    query = select(Audit).order_by(Audit.id.desc()).limit(ON_A_PAGE + 1)
    if asked["actor"]:
        query = query.where(Audit.actor == asked["actor"])
    if asked["action"]:
        query = query.where(Audit.action == asked["action"])
    if day:
        begin = datetime(day.year, day.month, day.day, tzinfo=VIETNAM)
        query = query.where(Audit.at >= begin, Audit.at < begin + timedelta(days=1))
    if before := request.args.get("before", 0, type=int):
        query = query.where(Audit.id < before)
    with reading(the_desk().engine) as session:
        names = {
            officer_subject(row.id): f"{row.name} ({row.login})" for row in session.scalars(select(Officer))
        }
        rows = session.scalars(query).all()
        page = render_template(
            "desk/audit.html", rows=rows[:ON_A_PAGE], names=names, words=ACTIONS, asked=asked,
            problems=problems,
            actors=_known(session, Audit.actor, names), actions=_known(session, Audit.action, ACTIONS),
            older=rows[ON_A_PAGE - 1].id if len(rows) > ON_A_PAGE else None, local=_local,
        )  # fmt: skip
    return page, 422 if problems else 200


def _day(text: str) -> tuple[date | None, dict[str, str]]:
    if not text:
        return None, {}
    try:
        return date.fromisoformat(text), {}
    except ValueError:
        return None, {"day": "Ngày: hãy chọn trên lịch, hoặc gõ năm-tháng-ngày, ví dụ 2026-11-25."}


def _known(session: Session, column: object, words: dict[str, str]) -> Iterable[tuple[str, str]]:
    """What can be chosen: every value that there is, in words."""
    found = session.scalars(select(column).distinct().limit(500))  # type: ignore[call-overload]
    named = sorted(((value, words.get(value, value)) for value in found), key=lambda pair: pair[1])
    return [("", "Tất cả"), *named]


def _local(at: datetime) -> str:
    return f"{at.astimezone(VIETNAM):%H:%M:%S %d/%m/%Y}"
