"""One conversation: its page, its live part, and what an officer does with it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any, cast

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.accounts.vault import VaultError
from bot.desk.attachments import BadImage, keep_image
from bot.desk.context import the_desk
from bot.desk.guard import SignedIn, current, needs
from bot.desk.inbox import page_of
from bot.desk.permissions import Permission, Role
from bot.desk.story import Chat, read_chat, read_story
from bot.desk.wording import CHANNELS, DELIVERY, REASONS, clock_words, span_words
from bot.handoff import transfer
from bot.intake.nudge import nudge
from bot.queues import Queue
from bot.store.audit import officer_subject, record
from bot.store.engine import reading, writing
from bot.store.media import media_folder
from bot.store.models import Handoff, Officer, Outgoing, Unit
from connectors.channel import EventKind

LABELS = ("cần gọi lại", "chờ giấy tờ", "đã hẹn", "khẩn", "thử nghiệm")
"""Offered; any other may be typed."""

PROBLEMS = {
    "not_owner": "Chưa gửi: anh/chị không còn giữ hội thoại này.",
    "window_closed": "Chưa gửi: đã quá hạn nhắn tin của kênh này. Người dân cần nhắn trước.",
    "empty": "Tin nhắn đang trống.",
    "too_long": "Tin dài quá 4.000 ký tự. Hãy chia thành vài tin.",
    "unreachable": "Chưa gửi: người dân đã chặn hoặc bỏ theo dõi kênh này.",
}
NO_ADDRESS = "Chưa gửi được ảnh: máy chủ chưa có địa chỉ công khai (PUBLIC_URL)."
LOST = "Việc này không làm được nữa: hội thoại vừa đổi người giữ."


def add_routes(blueprint: Blueprint) -> None:
    one = "/c/<int:conversation_id>"
    blueprint.add_url_rule(one, view_func=conversation)
    blueprint.add_url_rule(f"{one}/panel", view_func=panel)
    blueprint.add_url_rule(f"{one}/live", view_func=live)
    for name, view in ACTIONS.items():
        blueprint.add_url_rule(
            f"{one}/{name}", endpoint=f"conversation_{name}", view_func=view, methods=["POST"]
        )


@needs(Permission.CHATS)
def conversation(conversation_id: int) -> ResponseReturnValue:
    """The inbox with this chat open."""
    return page_of(shown(conversation_id))


@needs(Permission.CHATS)
def panel(conversation_id: int) -> ResponseReturnValue:
    """The chat alone, put into a page that is open."""
    return render_template("desk/_chat.html", **shown(conversation_id))


@needs(Permission.CHATS)
def live(conversation_id: int) -> ResponseReturnValue:
    """What changes of an open chat; the composer only if its lock did, so that no draft is lost."""
    found = shown(conversation_id)
    with_composer = request.args.get("composer") != found["lock_key"]
    return render_template("desk/_live.html", with_composer=with_composer, **found)


def shown(conversation_id: int, told: str = "", problem: str = "", draft: str = "") -> dict[str, Any]:
    """What the chat's templates need; 404 if there is no such conversation for this officer."""
    desk, officer = the_desk(), current()
    now = desk.clock()
    with reading(desk.engine) as session:
        chat = read_chat(session, officer, conversation_id, now)
        if chat is None:
            abort(404)
        story, cut = read_story(session, chat, desk.knowledge(), bool(request.args.get("all")))
        units, colleagues = _places(session, officer) if chat.lock in ("", "closed") else ([], [])
    return {
        "chat": chat, "story": story, "cut": cut, "units": units, "colleagues": colleagues, "told": told,
        "problem": problem, "draft": draft, "key": uuid.uuid4().hex, "channels": CHANNELS,
        "delivery": DELIVERY, "queues_all": [queue.value for queue in Queue], "labels_offered": LABELS,
        "reasons": [REASONS.get(reason, reason) for reason in chat.reasons],
        "lock_key": f"{chat.lock}:{chat.officer_id or 0}", "mine": chat.lock in ("", "closed", "unreachable"),
        "window_words": span_words(chat.window) if chat.window is not None else "",
        "waited_words": span_words(now - chat.waiting_since) if chat.waiting_since else "",
        "moment": lambda moment: clock_words(moment, now), "now": now,
        "here": {"list": request.args.get("list") or None},
    }  # fmt: skip


def _places(session: Session, officer: SignedIn) -> tuple[list[Unit], list[Officer]]:
    """Where a chat can be sent to: units, and colleagues who talk to residents."""
    colleagues = select(Officer).where(
        Officer.disabled_at.is_(None), Officer.id != officer.id,
        Officer.role.in_((Role.OFFICER, Role.SUPERVISOR)),
    )  # fmt: skip
    return (
        list(session.scalars(select(Unit).order_by(Unit.id))),
        list(session.scalars(colleagues.order_by(Officer.name))),
    )


def seen(conversation_id: int) -> Chat:
    """The conversation, if this officer may see it; else 404."""
    desk = the_desk()
    with reading(desk.engine) as session:
        chat = read_chat(session, current(), conversation_id, desk.clock())
    if chat is None:
        abort(404)
    return chat


def wake(chat: Chat, kind: EventKind = EventKind.OUTBOX) -> None:
    """The worker sends what is in the outbox, or shows that somebody types."""
    nudge(the_desk().accept, chat.channel, chat.account_ref, chat.user_ref, kind)


def answer(conversation_id: int, told: str = "", problem: str = "", draft: str = "") -> ResponseReturnValue:
    """After an action: the chat as it is now, or, without a script, its page."""
    if not request.headers.get("HX-Request"):
        return redirect(url_for("desk.conversation", conversation_id=conversation_id), 303)
    found = shown(conversation_id, told, problem, draft)
    return render_template("desk/_live.html", with_composer=True, **found)


@needs(Permission.CHATS)
def claim(conversation_id: int) -> ResponseReturnValue:
    desk, chat = the_desk(), seen(conversation_id)
    taken = transfer.claim(desk.engine, chat.id, current().id, desk.clock())
    if taken.won:
        return answer(chat.id, told="Anh/chị đã tiếp nhận. Trợ lý sẽ không trả lời nữa.")
    with reading(desk.engine) as session:
        holder = session.scalar(select(Officer.name).where(Officer.id == taken.owner_id))
    return answer(chat.id, problem=f"{holder or 'Cán bộ khác'} đã tiếp nhận trước.")


@needs(Permission.CHATS)
def release(conversation_id: int) -> ResponseReturnValue:
    desk, chat = the_desk(), seen(conversation_id)
    if not transfer.release(desk.engine, desk.channels, desk.texts(), chat.id, current().id, desk.clock()):
        return answer(chat.id, problem=LOST)
    wake(chat)
    return answer(chat.id, told="Đã trả lại cho trợ lý; người dân được báo.")


@needs(Permission.CHATS)
def forward(conversation_id: int) -> ResponseReturnValue:
    """To ``place`` ("unit:queue") or to ``colleague``, with a note for whoever takes it."""
    desk, chat = the_desk(), seen(conversation_id)
    unit, _, queue = request.form.get("place", "").partition(":")
    colleague = request.form.get("colleague", 0, type=int)
    with reading(desk.engine) as session:
        unit_id = session.scalar(select(Unit.id).where(Unit.id == (int(unit) if unit.isdigit() else 0)))
    if unit_id is None or queue not in set(Queue):
        return answer(chat.id, problem="Hãy chọn nơi chuyển tới.")
    done = transfer.forward(
        desk.engine, desk.channels, desk.texts(), chat.id, current().id, unit_id=unit_id, queue=queue,
        to_officer_id=colleague or None, note=request.form.get("note", "").strip(), now=desk.clock(),
    )  # fmt: skip
    if not done:
        return answer(chat.id, problem=LOST)
    wake(chat)
    if request.headers.get("HX-Request"):
        with reading(desk.engine) as session:
            if read_chat(session, current(), chat.id, desk.clock()) is None:  # now another unit's
                return "", 200, {"HX-Redirect": url_for("desk.inbox")}
    return answer(chat.id, told="Đã chuyển; người dân được báo.")


@needs(Permission.CHATS)
def note(conversation_id: int) -> ResponseReturnValue:
    desk, chat = the_desk(), seen(conversation_id)
    kept = transfer.note(desk.engine, chat.id, current().id, request.form.get("text", ""), desk.clock())
    return answer(chat.id, told="Đã lưu ghi chú.") if kept else answer(chat.id, problem="Ghi chú đang trống.")


@needs(Permission.CHATS)
def labels(conversation_id: int) -> ResponseReturnValue:
    desk, chat = the_desk(), seen(conversation_id)
    wanted = [*request.form.getlist("label"), *request.form.get("more", "").split(",")]
    transfer.label(desk.engine, chat.id, current().id, wanted, desk.clock())
    return answer(chat.id, told="Đã lưu nhãn.")


@needs(Permission.CHATS)
def say(conversation_id: int) -> ResponseReturnValue:
    """The composer's message, with an image if one was chosen; sending it twice sends it once."""
    desk, chat = the_desk(), seen(conversation_id)
    text = request.form.get("text", "")
    try:
        image_url = _image_address()
    except BadImage as error:
        return answer(chat.id, problem=str(error), draft=text)
    said = transfer.officer_says(
        desk.engine, desk.channels, chat.id, current().id, text, desk.clock(),
        key=request.form.get("key", "")[:36] or uuid.uuid4().hex, image_url=image_url,
    )  # fmt: skip
    if said.problem:
        return answer(chat.id, problem=PROBLEMS[said.problem], draft=text)
    wake(chat)
    return answer(chat.id)


def _image_address() -> str | None:
    """The address of the image that came with the form; None without one.

    :raises BadImage: if it can't be sent.
    """
    given = request.files.get("image")
    content = given.read() if given else b""
    if not content:
        return None
    settings = the_desk().settings
    if not settings.public_address:
        raise BadImage(NO_ADDRESS)
    return f"{settings.public_address}/media/{keep_image(media_folder(settings.var_dir), content)}"


@needs(Permission.CHATS)
def resend(conversation_id: int) -> ResponseReturnValue:
    desk, chat = the_desk(), seen(conversation_id)
    row = request.form.get("row", 0, type=int)
    with reading(desk.engine) as session:
        of_this = session.scalar(
            select(Outgoing.id).where(Outgoing.id == row, Outgoing.conversation_id == chat.id)
        )
    if of_this is None or not transfer.resend(desk.engine, row, current().id, desk.clock()):
        return answer(chat.id, problem=LOST)
    wake(chat)
    return answer(chat.id, told="Đang gửi lại.")


@needs(Permission.CHATS)
def typing(conversation_id: int) -> ResponseReturnValue:
    """The officer is writing: shown to the resident where the channel can."""
    chat = seen(conversation_id)
    if not chat.lock:
        wake(chat, EventKind.TYPING)
    return "", 204


@needs(Permission.CHATS)
def contact(conversation_id: int) -> ResponseReturnValue:
    """The phone number that the resident left: for whoever has the chat, and each look is on record."""
    desk, chat, officer = the_desk(), seen(conversation_id), current()
    if chat.lock not in ("", "closed", "unreachable"):
        return answer(chat.id, problem="Chỉ cán bộ đang giữ hội thoại mới xem được số điện thoại.")
    with writing(desk.engine) as session:
        ciphers = session.scalars(
            select(Handoff.contact_cipher).where(
                Handoff.conversation_id == chat.id, Handoff.contact_cipher != "",
                Handoff.status.in_(("waiting", "taken")),
            )
        ).all()  # fmt: skip
        actor, subject = officer_subject(officer.id), f"conversation:{chat.id}"
        record(session, desk.clock(), actor, "contact.shown", subject, count=len(ciphers))
    try:
        told = ", ".join(desk.vault.open(cipher) for cipher in ciphers)
    except VaultError:
        return answer(chat.id, problem="Không mở được số điện thoại: khóa bí mật đã đổi.")
    return answer(chat.id, told=f"Số điện thoại người dân để lại: {told or '(không còn)'}")


ACTIONS: dict[str, Callable[..., ResponseReturnValue]] = {
    view.__name__: cast("Callable[..., ResponseReturnValue]", view)
    for view in (claim, release, forward, note, labels, say, resend, typing, contact)
}
