"""Writing a post: templates, the editor with its previews, pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.clock import VIETNAM
from bot.desk.context import the_desk
from bot.desk.guard import current, needs
from bot.desk.officers import units_of
from bot.desk.permissions import Permission
from bot.desk.posting import actor, allow_upload, preview_of, quota_words
from bot.posts import reading as posts_reading
from bot.posts.content import MAX_IMAGES, MAX_TEXT, MAX_TITLE, Content, Target, problems, split_hashtags, tidy
from bot.posts.lifecycle import Action, Refusal, actions
from bot.posts.pictures import MAX_UPLOAD, NAME, BadPicture, Prepared, add_picture, prepared
from bot.posts.reading import Page
from bot.posts.store import PUBLISHING_CHANNELS, Request, accounts_of, create, perform
from bot.posts.templates import STARS, Template, fill, load_templates, missing
from bot.store.engine import reading, writing
from bot.store.models import Account
from bot.store.models_posts import Post

MAX_BYTES = 80 * 1024 * 1024
"""Of one upload: ten photos as phones take them."""
_UPLOADS = ("/desk/posts/new", "/desk/posts/images")


def add_routes(blueprint: Blueprint) -> None:
    blueprint.before_request(_allow_upload)
    blueprint.add_url_rule("/posts/new", view_func=post_new, methods=["GET", "POST"])
    blueprint.add_url_rule("/posts/templates", view_func=post_templates)
    blueprint.add_url_rule("/posts/templates/<name>", view_func=post_template, methods=["GET", "POST"])
    blueprint.add_url_rule("/posts/<int:post_id>/edit", view_func=post_edit, methods=["GET", "POST"])
    blueprint.add_url_rule("/posts/preview", view_func=post_preview, methods=["POST"])
    blueprint.add_url_rule("/posts/images", view_func=post_images, methods=["POST"])


def _allow_upload() -> None:
    path = request.path
    wanted = path in _UPLOADS or (path.startswith("/desk/posts/") and path.endswith("/edit"))
    if request.method == "POST" and wanted:
        allow_upload(Permission.POSTS, MAX_BYTES)


@needs(Permission.POSTS)
def post_templates() -> ResponseReturnValue:
    """What kind of post is it?"""
    with reading(the_desk().engine) as session:
        unit_id, units = _unit(session), _units(session)
    return render_template(
        "desk/post_templates.html", templates=_templates(the_desk().settings.faq_dir), unit_id=unit_id,
        units=units,
    )  # fmt: skip


@needs(Permission.POSTS)
def post_template(name: str) -> ResponseReturnValue:
    """The fields of a template; filled in they become the text, which is then edited freely."""
    template = _templates(the_desk().settings.faq_dir).get(name) or abort(404)
    values = {slot.name: request.form.get(slot.name, "") for slot in template.fields}
    lacking: tuple[str, ...] = ()
    with reading(the_desk().engine) as session:
        unit_id = _unit(session)
        if request.method == "POST":
            lacking = missing(template, values)
            if not lacking:
                title, text = fill(template, values)
                content = replace(_fresh(session, unit_id), title=title, text=text, template=name)
                content = replace(content, hashtags=template.hashtags)
                return _editor(session, unit_id, tidy(content))
    page = render_template(
        "desk/post_template.html", template=template, values=values, unit_id=unit_id,
        stars=[("", "– chọn –"), *((number, f"{number} sao") for number in STARS)],
        problems=_by_field(template, lacking),
    )  # fmt: skip
    return page, 422 if lacking else 200


@needs(Permission.POSTS)
def post_new() -> ResponseReturnValue:
    """A new draft."""
    desk = the_desk()
    if request.method == "GET":
        with reading(desk.engine) as session:
            unit_id = _unit(session)
            return _editor(session, unit_id, _fresh(session, unit_id))
    made: int | Refusal | None = None
    received = _receive()
    with writing(desk.engine) as session:
        unit_id = _unit(session)
        content, found = received.kept(session, unit_id), received.problems
        if not found:
            made = create(session, actor(), unit_id, content, desk.clock())
    if isinstance(made, Refusal):
        found = {"title": made.reason}
    return _saved(made, 1) if isinstance(made, int) else _again(unit_id, content, found)


@needs(Permission.POSTS)
def post_edit(post_id: int) -> ResponseReturnValue:
    """A further version; one that somebody else saved meanwhile is not written over."""
    desk = the_desk()
    with reading(desk.engine) as session:
        page = posts_reading.find(session, actor(), post_id) or abort(404)
        if Action.SAVE not in actions(page.standing, actor()):
            flash("Bài này hiện không sửa được.")
            return redirect(url_for("desk.post", post_id=post_id))
        if request.method == "GET":
            return _editor(session, page.unit_id, page.content, page)
    version = request.form.get("version", 0, type=int)
    received = _receive()
    with writing(desk.engine) as session:
        content, found = received.kept(session, page.unit_id), received.problems
        source = session.get_one(Post, post_id).source_account_id  # it stands there already
        targets = tuple(target for target in content.targets if target.account_id != source)
        content = replace(content, template=page.content.template, targets=targets)
        if not found:
            asked = Request(Action.SAVE, version, content=content)
            refusal = perform(session, actor(), post_id, asked, desk.clock())
            found = {"title": refusal.reason} if isinstance(refusal, Refusal) else {}
    if found:
        return _again(page.unit_id, content, found, page)
    return _saved(post_id, None)


@needs(Permission.POSTS)
def post_preview() -> ResponseReturnValue:
    """Both previews of what is in the form, for htmx."""
    with reading(the_desk().engine) as session:
        unit_id = _unit(session)
        content, found = _read()
        content = tidy(content)
        preview = preview_of(session, unit_id, content)
        listed = [*found.values(), *problems(content, accounts_of(session, unit_id), the_desk().clock())]
    return render_template("desk/_preview.html", preview=preview, listed=listed)


@needs(Permission.POSTS)
def post_images() -> ResponseReturnValue:
    """Pictures that were just chosen: kept, and shown for the form to carry."""
    pictures, refused = _pictures(MAX_IMAGES)
    now = the_desk().clock()
    with writing(the_desk().engine) as session:
        unit_id = _unit(session)
        names = [add_picture(session, unit_id, picture, now) for picture in pictures]
    return render_template("desk/_pictures.html", names=names, refused=refused)


def _saved(post_id: int, version: int | None) -> ResponseReturnValue:
    """Saved; and sent for approval at once if that button was pressed."""
    if request.form.get("then") != "ask":
        flash("Đã lưu.")
        return redirect(url_for("desk.post", post_id=post_id))
    desk = the_desk()
    with writing(desk.engine) as session:
        page = posts_reading.find(session, actor(), post_id) or abort(404)
        asked = Request(Action.ASK, version or page.standing.version)
        refusal = perform(session, actor(), post_id, asked, desk.clock())
    flash(f"Đã lưu, nhưng chưa gửi duyệt được: {refusal.reason}" if refusal else "Đã lưu và gửi duyệt.")
    return redirect(url_for("desk.post", post_id=post_id))


@dataclass(frozen=True, slots=True)
class _Received:
    """What a form brought: words, pictures that are ready to be kept, what can't be stored as it is."""

    content: Content
    pictures: list[Prepared]
    problems: dict[str, str]

    def kept(self, session: Session, unit_id: int) -> Content:
        """The content with the pictures, which stay even if something else has to be mended first."""
        now = the_desk().clock()
        names = [add_picture(session, unit_id, picture, now) for picture in self.pictures]
        return replace(self.content, images=(*self.content.images, *names))


def _receive() -> _Received:
    """The form, with its pictures made ready: that takes seconds, so no transaction is open meanwhile."""
    content, found = _read()
    pictures, refused = _pictures(MAX_IMAGES - len(content.images))
    return _Received(content, pictures, {**found, "files": refused} if refused else found)


def _read() -> tuple[Content, dict[str, str]]:
    form = request.form
    at, problem = _moment(form.get("scheduled_at", ""))
    chosen = [int(value) for value in form.getlist("target") if _is_id(value)]
    content = Content(
        title=form.get("title", "")[: MAX_TITLE * 2],
        text=form.get("text", "")[: MAX_TEXT * 2],
        link=form.get("link", "").strip(),
        hashtags=split_hashtags(form.get("hashtags", "")),
        images=tuple(name for name in form.getlist("image") if NAME.fullmatch(name)),
        targets=tuple(Target(number, f"broadcast_{number}" in form) for number in chosen),
        scheduled_at=at,
        template=form.get("template", "")[:30],
    )
    found = {"scheduled_at": problem} if problem else {}
    if len(content.images) > MAX_IMAGES:
        found["files"] = f"Bài có {len(content.images)} ảnh, tối đa {MAX_IMAGES}."
    return content, found


def _pictures(most: int) -> tuple[list[Prepared], str]:
    """What was uploaded, made ready, and why something was not taken."""
    uploads = [upload for upload in request.files.getlist("files") if upload.filename]
    ready: list[Prepared] = []
    refused = f"Mỗi bài tối đa {MAX_IMAGES} ảnh." if len(uploads) > most else ""
    for upload in uploads[: max(0, most)]:
        try:
            ready.append(prepared(upload.read(MAX_UPLOAD + 1)))
        except BadPicture as error:
            refused = f"{upload.filename}: {error}"
    return ready, refused


def _moment(text: str) -> tuple[datetime | None, str]:
    if not text:
        return None, ""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=VIETNAM), ""
    except ValueError:
        return None, "Giờ đăng: hãy chọn ngày và giờ."


def _is_id(value: str) -> bool:
    return value.isascii() and value.isdigit() and len(value) < 10


def _unit(session: Session) -> int:
    """The unit that the form or the address names, if the officer writes for it; else their own."""
    given = request.values.get("unit_id", "")
    me = current()
    if not _is_id(given) or int(given) == me.unit_id or not me.all_units:
        return me.unit_id
    return int(given) if any(unit.id == int(given) for unit in units_of(session)) else me.unit_id


def _units(session: Session) -> list[tuple[int, str]]:
    return [(unit.id, unit.name) for unit in units_of(session)] if current().all_units else []


def _fresh(session: Session, unit_id: int) -> Content:
    """What a new post begins with: everywhere where the unit can publish."""
    known = accounts_of(session, unit_id)
    return Content(targets=tuple(Target(account.account_id) for account in known if account.usable))


def _again(
    unit_id: int, content: Content, found: Mapping[str, str], page: Page | None = None
) -> ResponseReturnValue:
    with reading(the_desk().engine) as session:
        return _editor(session, unit_id, content, page, found), 422


def _editor(
    session: Session, unit_id: int, content: Content, page: Page | None = None,
    found: Mapping[str, str] | None = None,
) -> str:  # fmt: skip
    query = select(Account).where(Account.unit_id == unit_id, Account.channel.in_(PUBLISHING_CHANNELS))
    accounts = session.scalars(query.order_by(Account.channel, Account.id)).all()
    at, row = content.scheduled_at, session.get(Post, page.id) if page else None
    may_ask = page is None or page.standing.status in {"draft", "returned"}
    return render_template(
        "desk/post_edit.html", page=page, content=content, unit_id=unit_id, problems=dict(found or {}),
        accounts=accounts, chosen={target.account_id: target.broadcast for target in content.targets},
        quota_words=quota_words, preview=preview_of(session, unit_id, tidy(content)),
        at=f"{at.astimezone(VIETNAM):%Y-%m-%dT%H:%M}" if at else "", longest=MAX_TEXT, title=MAX_TITLE,
        most=MAX_IMAGES, version=request.form.get("version", page.standing.version if page else 1),
        may_ask=may_ask, source=row.source_account_id if row else None, unit=_unit_name(session, unit_id),
    )  # fmt: skip


def _unit_name(session: Session, unit_id: int) -> str:
    return next((unit.name for unit in units_of(session) if unit.id == unit_id), "")


def _by_field(template: Template, labels: tuple[str, ...]) -> dict[str, str]:
    """What is lacking, beside each field."""
    return {
        slot.name: f"{slot.label}: hãy điền." if slot.kind != "stars" else f"{slot.label}: chọn 3, 4 hoặc 5."
        for slot in template.fields
        if slot.label in labels
    }


@lru_cache(maxsize=2)
def _templates(faq_dir: Path) -> Mapping[str, Template]:
    return load_templates(faq_dir)
