"""Comments below the posts: what waits for a person, what the rules did, and what an officer makes of them.

Editors see comments, which stand in public; the chat that a private reply may become is the officers'.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import ColumnElement, func, select, true
from sqlalchemy.orm import Session

from bot.desk.context import the_desk
from bot.desk.guard import current, needs
from bot.desk.officers import names_of
from bot.desk.permissions import Permission
from bot.desk.posting import actor, moment
from bot.posts.comment_rows import (
    KIND_NAMES,
    STATUS_NAMES,
    Kind,
    Status,
    add_action,
    locked_comment,
    undone,
)
from bot.posts.comment_words import tells_too_much
from bot.posts.comments import PRIVATE_DAYS, VERDICT_NAMES
from bot.store.audit import officer_subject, record
from bot.store.engine import reading, writing
from bot.store.models import Account
from bot.store.models_comments import CommentAction
from bot.store.models_posts import Comment, Publication
from connectors.channel import Reply

ON_A_PAGE = 30
LONGEST = 1000
TOO_MUCH = "Câu trả lời công khai không được có mã hồ sơ, số điện thoại hay số giấy tờ. Hãy nhắn riêng."
STATES: Mapping[str, str] = {
    "pending": "đang chờ", "sending": "đang làm", "unknown": "đang kiểm tra", "done": "xong",
    "failed": "không được", "dropped": "bỏ",
}  # fmt: skip


class Tab(StrEnum):
    WAITING = "waiting"
    ANSWERED = "answered"
    HIDDEN = "hidden"
    LEFT = "left"


TABS: Mapping[Tab, tuple[str, ColumnElement[bool]]] = {
    Tab.WAITING: ("Chờ người xem", Comment.status == Status.WAITING),
    Tab.ANSWERED: (
        "Đã trả lời",
        Comment.status.in_((Status.DONE, Status.ACTING)) & Comment.hidden_at.is_(None),
    ),
    Tab.HIDDEN: ("Đang ẩn", Comment.hidden_at.is_not(None) & (Comment.status != Status.DELETED)),
    Tab.LEFT: ("Để yên", Comment.status == Status.LEFT),
}
ACTS: Mapping[str, str] = {
    "reply": "Đã ghi, trợ lý đang đăng câu trả lời.",
    "private": "Đã ghi, trợ lý đang nhắn riêng.",
    "hide": "Đang ẩn bình luận.",
    "unhide": "Đang hiện lại bình luận.",
    "leave": "Đã để yên.",
}


def add_routes(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/posts/comments", view_func=comments)
    blueprint.add_url_rule("/posts/comments/<int:comment_id>/act", view_func=comment_act, methods=["POST"])


@needs(Permission.POSTS)
def comments() -> ResponseReturnValue:
    """One list: what waits, the oldest first; all else newest first."""
    asked = request.args.get("tab", "")
    tab = Tab(asked) if asked in set(Tab) else Tab.WAITING
    number = max(1, request.args.get("page", 1, type=int))
    order = Comment.id if tab is Tab.WAITING else Comment.id.desc()
    query = (
        select(Comment, Account.name, Publication.post_id)
        .join(Account, Account.id == Comment.account_id)
        .outerjoin(Publication, Publication.id == Comment.publication_id)
        .where(visible(), TABS[tab][1])
        .order_by(order)
        .offset((number - 1) * ON_A_PAGE)
        .limit(ON_A_PAGE + 1)
    )
    with reading(the_desk().engine) as session:
        rows = session.execute(query).all()
        counts = {key: _count(session, condition) for key, (_, condition) in TABS.items()}
        done = _actions(session, [row[0].id for row in rows])
        names = names_of(session)
    return render_template(
        "desk/comments.html", rows=rows[:ON_A_PAGE], more=len(rows) > ON_A_PAGE, number=number, tab=tab,
        tabs=[(key, name, counts[key]) for key, (name, _) in TABS.items()], done=done, names=names,
        verdicts=VERDICT_NAMES, statuses=STATUS_NAMES, kinds=KIND_NAMES, states=STATES, moment=moment,
        longest=LONGEST, may_private=lambda row: not _no_private(row, done.get(row.id, ())),
    )  # fmt: skip


@needs(Permission.POSTS)
def comment_act(comment_id: int) -> ResponseReturnValue:
    """Answered in public or in private, hidden, shown again, or left alone; the worker carries it out."""
    act, words = request.form.get("act", ""), request.form.get("text", "").replace("\r\n", "\n").strip()
    if act not in ACTS:
        abort(400)
    desk = the_desk()
    with writing(desk.engine) as session:
        row = locked_comment(session, comment_id)
        account = session.get(Account, row.account_id) if row is not None else None
        if row is None or account is None or not actor().serves(account.unit_id):
            abort(404)
        problem = _problem(session, row, act, words)
        if not problem:
            _do(session, row, account, act, words[:LONGEST], desk.clock())
    flash(problem or ACTS[act])
    return redirect(url_for("desk.comments", tab=request.form.get("tab", "")))


def visible() -> ColumnElement[bool]:
    """Of the own unit's pages; a condition on :class:`Account`."""
    me = actor()
    return true() if me.all_units else Account.unit_id == me.unit_id


def _do(session: Session, row: Comment, account: Account, act: str, words: str, now: datetime) -> None:
    me = current()
    if act == "leave":
        row.status = Status.LEFT
    else:
        wire = None
        if act == "private":
            wires = the_desk().channels[account.channel].render(Reply(words))
            wire = wires[0] if wires else None
        add_action(session, row, Kind(act), now, text=words, wire=wire, officer_id=me.id)
        row.status = Status.ACTING
    row.decided_by, row.decided_at, row.updated_at, row.reason = me.id, now, now, ""
    record(session, now, officer_subject(me.id), f"comment.{act}", f"comment:{row.id}")


def _problem(session: Session, row: Comment, act: str, words: str) -> str:
    """Why it can't be done now; empty if it can."""
    if row.status == Status.DELETED:
        return "Bình luận này đã bị xóa trên trang."
    if undone(session, row):
        return "Trợ lý đang làm dở với bình luận này, đợi một lát rồi thử lại."
    if act in {"reply", "private"} and not words:
        return "Chưa viết câu trả lời."
    if act == "reply" and tells_too_much(words):
        return TOO_MUCH
    if act == "hide" and row.hidden_at is not None:
        return "Bình luận này đang ẩn rồi."
    if act == "unhide" and row.hidden_at is None:
        return "Bình luận này đang hiện."
    if act == "private":
        return _no_private(row, _actions(session, [row.id]).get(row.id, ()))
    return ""


def _no_private(row: Comment, made: Sequence[CommentAction]) -> str:
    """Why its writer can't be told in private; empty if they can. Facebook allows one, within a week."""
    if row.private_at is not None or any(one.kind == Kind.PRIVATE for one in made):
        return "Mỗi bình luận chỉ nhắn riêng được một lần, và đã dùng rồi."
    if the_desk().clock() - row.written_at >= timedelta(days=PRIVATE_DAYS):
        return "Quá 7 ngày, Facebook không cho nhắn riêng nữa."
    return ""


def _count(session: Session, condition: ColumnElement[bool]) -> int:
    query = select(func.count()).select_from(Comment).join(Account, Account.id == Comment.account_id)
    return session.scalar(query.where(visible(), condition)) or 0


def _actions(session: Session, ids: Sequence[int]) -> dict[int, list[CommentAction]]:
    """What was done, or is to be, by comment, in order."""
    found: dict[int, list[CommentAction]] = {}
    query = select(CommentAction).where(CommentAction.comment_id.in_(ids)).order_by(CommentAction.id)
    for row in session.scalars(query):
        found.setdefault(row.comment_id, []).append(row)
    return found
