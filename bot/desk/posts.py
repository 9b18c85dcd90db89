"""Posts of organisations on the desk: lists, one post with everything about it, and what is done with it."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.desk.context import the_desk
from bot.desk.guard import current, needs
from bot.desk.permissions import Permission
from bot.desk.posting import actor, moment, preview_of, quota_words
from bot.posts import reading as posts_reading
from bot.posts.lifecycle import (
    ACTION_NAMES,
    APPROVERS,
    STATUS_NAMES,
    Action,
    Refusal,
    Standing,
    actions,
)
from bot.posts.places import STATE_NAMES, WANTED_NAMES, State, Wanted
from bot.posts.reading import PAGE, TAB_NAMES, Page, PlaceLine, Tab
from bot.posts.sheet import lines_of
from bot.posts.store import Request, perform
from bot.store.engine import reading, writing
from bot.store.models import Account

LONGEST_WORD = 500
STORY: Mapping[str, str] = {
    **{action.value: name for action, name in ACTION_NAMES.items()},
    "create": "Viết bài", "save": "Sửa bài", "return": "Trả lại bài", "approve": "Duyệt bài",
    "by_hand": "Bài được đăng tay trên trang", "published": "Đã đăng", "edited": "Đã sửa bài trên trang",
    "withdrawn": "Đã gỡ", "told": "Đã gửi thông báo tới người quan tâm", "failed": "Không làm được",
    "unclear": "Chưa rõ kết quả", "not_there": "Đã tìm, chưa có trên trang, sẽ đăng lại",
    "gone": "Bài không còn trên trang", "page_edited": "Bài gốc trên trang được sửa",
    "page_removed": "Bài gốc trên trang bị xóa", "picture_refused": "Có ảnh không nhận được",
}  # fmt: skip
DONE: Mapping[Action, str] = {
    Action.ASK: "Đã gửi duyệt.",
    Action.TAKE_BACK: "Đã rút lại, bài trở về bản nháp.",
    Action.RETURN: "Đã trả lại cho người viết.",
    Action.APPROVE: "Đã duyệt.",
    Action.CANCEL: "Đã bỏ hẹn giờ, bài trở về bản nháp.",
    Action.TAKE_UP: "Đã nhận bài để soạn.",
    Action.DROP: "Đã bỏ bài.",
    Action.RESTORE: "Đã bỏ bản sửa.",
    Action.WITHDRAW: "Đang gỡ bài.",
    Action.RETRY: "Sẽ gửi lại ngay.",
}


def add_routes(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/posts", view_func=posts)
    blueprint.add_url_rule("/posts/<int:post_id>", view_func=post)
    blueprint.add_url_rule("/posts/<int:post_id>/places", view_func=post_places)
    blueprint.add_url_rule("/posts/<int:post_id>/act", view_func=post_act, methods=["POST"])
    blueprint.add_url_rule("/posts/<int:post_id>/decide", view_func=post_decide, methods=["POST"])


@needs(Permission.POSTS)
def posts() -> ResponseReturnValue:
    """One list, newest first; what waits for approval first of all for who approves."""
    number = max(1, request.args.get("page", 1, type=int))
    with reading(the_desk().engine) as session:
        counts = posts_reading.counts(session, actor())
        tab = _tab(counts)
        lines = posts_reading.listed(session, actor(), tab, number - 1)
    return render_template(
        "desk/posts.html", lines=lines, counts=counts, tab=tab, tabs=TAB_NAMES, number=number,
        more=counts.get(tab, 0) > number * PAGE, statuses=STATUS_NAMES, place_words=place_words,
        moment=moment, many_units=current().all_units,
    )  # fmt: skip


@needs(Permission.POSTS)
def post(post_id: int) -> ResponseReturnValue:
    """What it says, where it stands, who did what, and what can be done now."""
    with reading(the_desk().engine) as session:
        page = _page(session, post_id)
        preview = preview_of(session, page.unit_id, page.content)
        targets = _targets(session, page)
        results = lines_of(session, post_id)
    return render_template(
        "desk/post.html", page=page, preview=preview, targets=targets, may=_may(page.standing),
        Action=Action, names=ACTION_NAMES, statuses=STATUS_NAMES, states=STATE_NAMES, story=STORY,
        place_words=place_words, moment=moment, longest=LONGEST_WORD, results=results, **_of_places(page),
    )  # fmt: skip


@needs(Permission.POSTS)
def post_places(post_id: int) -> ResponseReturnValue:
    """The targets alone, asked for every few seconds while a worker is at them."""
    with reading(the_desk().engine) as session:
        page = _page(session, post_id)
    if page.standing.status != request.args.get("status"):
        return Response("", headers={"HX-Refresh": "true"})  # what can be done has changed too
    return render_template(
        "desk/_places.html", page=page, may=_may(page.standing), Action=Action, place_words=place_words,
        moment=moment, **_of_places(page),
    )  # fmt: skip


@needs(Permission.POSTS)
def post_act(post_id: int) -> ResponseReturnValue:
    """What an editor may do."""
    action = _action()
    if action in APPROVERS or action is Action.SAVE:
        abort(400)
    return _perform(post_id, action)


@needs(Permission.POST_APPROVAL)
def post_decide(post_id: int) -> ResponseReturnValue:
    """Approved as it stands, or returned with a word."""
    action = _action()
    if action not in APPROVERS:
        abort(400)
    return _perform(post_id, action)


def place_words(place: PlaceLine) -> str:
    """Where a target stands, in words: "Đã đăng, đang gửi thông báo"."""
    told = STATE_NAMES[place.state]
    if place.wanted is Wanted.BROADCAST:
        return f"{told}, chờ gửi thông báo"
    if place.wanted in {Wanted.EDIT, Wanted.WITHDRAW}:
        return f"{told}, đang {WANTED_NAMES[place.wanted]}"
    if place.failed and place.state is not State.FAILED:
        return f"{told}, chưa {WANTED_NAMES[place.failed]} được"
    return told


def _perform(post_id: int, action: Action) -> ResponseReturnValue:
    form, desk = request.form, the_desk()
    account = form.get("account_id", "")
    asked = Request(
        action,
        form.get("version", 0, type=int),
        word=form.get("word", "")[:LONGEST_WORD],
        account_id=int(account) if account.isascii() and account.isdigit() and len(account) < 10 else None,
    )
    with reading(desk.engine) as session:
        _page(session, post_id)
    with writing(desk.engine) as session:
        refusal = perform(session, actor(), post_id, asked, desk.clock())
    if isinstance(refusal, Refusal):
        flash(f"Chưa làm được: {refusal.reason}")
    else:
        flash(DONE[action])
    if action is Action.TAKE_UP and refusal is None:
        return redirect(url_for("desk.post_edit", post_id=post_id))
    return redirect(url_for("desk.post", post_id=post_id))


def _action() -> Action:
    try:
        return Action(request.form.get("action", ""))
    except ValueError:
        abort(400)


def _tab(counts: Mapping[Tab, int]) -> Tab:
    asked = request.args.get("tab", "")
    if asked in set(Tab):
        return Tab(asked)
    waits = current().may(Permission.POST_APPROVAL) and counts.get(Tab.ASKED)
    return Tab.ASKED if waits else Tab.WRITING


def _page(session: Session, post_id: int) -> Page:
    """The officer's own post; 404 for another unit's."""
    return posts_reading.find(session, actor(), post_id) or abort(404)


def _may(standing: Standing) -> frozenset[Action]:
    return frozenset(actions(standing, actor()))


def _of_places(page: Page) -> dict[str, object]:
    moving = any(place.wanted is not Wanted.NOTHING for place in page.places)
    gone = {State.WITHDRAWN, State.WAITING}
    standing = [p for p in page.places if p.state not in gone and p.wanted is not Wanted.WITHDRAW]
    return {"moving": moving, "standing": {place.account_id for place in standing}}


def _targets(session: Session, page: Page) -> list[tuple[Account, bool, str]]:
    """Where the newest version is to go: the account, whether followers are told, the quota in words."""
    chosen = {target.account_id: target.broadcast for target in page.content.targets}
    rows = session.scalars(select(Account).where(Account.id.in_(chosen)).order_by(Account.id))
    return [(row, chosen[row.id], quota_words(row) if chosen[row.id] else "") for row in rows]
