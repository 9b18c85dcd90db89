"""What all posts of an organisation have in common: the line below, hashtags, the cover on Zalo."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from bot.desk.context import the_desk
from bot.desk.guard import current, needs
from bot.desk.permissions import Permission
from bot.desk.posting import allow_upload
from bot.posts.content import split_hashtags
from bot.posts.pictures import COVER, MAX_UPLOAD, BadPicture, add_picture, prepared
from bot.store.audit import officer_subject, record
from bot.store.engine import reading, writing
from bot.store.models import Unit
from bot.store.models_posts import Organisation

KINDS = {
    "nong-dan": "Hội Nông dân", "phu-nu": "Hội Liên hiệp Phụ nữ", "doan": "Đoàn Thanh niên",
    "mttq": "Mặt trận Tổ quốc", "ccb": "Hội Cựu chiến binh", "khac": "Đơn vị khác",
}  # fmt: skip
PATH = "/desk/posts/house"
LONGEST = 300
MOST_TAGS = 5


def add_routes(blueprint: Blueprint) -> None:
    blueprint.before_request(_allow_upload)
    blueprint.add_url_rule("/posts/house", view_func=house, methods=["GET", "POST"])


def _allow_upload() -> None:
    if request.method == "POST" and request.path == PATH:
        allow_upload(Permission.POST_APPROVAL, MAX_UPLOAD + 100_000)


@needs(Permission.POST_APPROVAL)
def house() -> ResponseReturnValue:
    """The supervisor's own unit; it holds for every post from now on, also for drafts."""
    unit_id = current().unit_id
    if request.method == "GET":
        return _form(unit_id)
    problem = _save(unit_id)
    if problem:
        return _form(unit_id, problem), 422
    flash("Đã lưu.")
    return redirect(url_for("desk.house"))


def _form(unit_id: int, problem: str = "") -> str:
    with reading(the_desk().engine) as session:
        row, unit = session.get(Organisation, unit_id), session.get(Unit, unit_id)
    return render_template(
        "desk/house.html", row=row, unit=unit.name if unit else "", kinds=list(KINDS.items()),
        longest=LONGEST, problems={"cover": problem} if problem else {},
        cover=f"/media/posts/{row.cover}" if row and row.cover else COVER,
    )  # fmt: skip


def _save(unit_id: int) -> str:
    """What is wrong with the picture; empty if everything was kept."""
    desk, form, upload = the_desk(), request.form, request.files.get("cover")
    now, problem, cover = desk.clock(), "", None
    if upload is not None and upload.filename:
        try:
            cover = prepared(upload.read())
        except BadPicture as error:
            problem = str(error)
    with writing(desk.engine) as session:
        row = session.get(Organisation, unit_id)
        if row is None:
            row = Organisation(unit_id=unit_id, cover="")
            session.add(row)
        row.kind = form.get("kind", "") if form.get("kind") in KINDS else "khac"
        row.signature = form.get("signature", "").replace("\r\n", "\n").strip()[:LONGEST]
        row.hashtags = list(split_hashtags(form.get("hashtags", ""))[:MOST_TAGS])
        row.updated_at = now
        if form.get("no_cover") == "yes":
            row.cover = ""
        elif cover is not None:
            row.cover = add_picture(session, unit_id, cover, now)
        record(session, now, officer_subject(current().id), "organisation.changed", f"unit:{unit_id}")
    return problem
