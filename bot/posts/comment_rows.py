"""Comments and what is to be done with them, as rows; all of it within the caller's transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from bot.store.models_comments import CommentAction
from bot.store.models_posts import Comment
from connectors.channel import Wire


class Status(StrEnum):
    """``comments.status``."""

    WAITING = "waiting"  # for a person
    ACTING = "acting"
    DONE = "done"
    LEFT = "left"  # nothing was to be done
    DELETED = "deleted"
    OWN = "own"  # of the page itself: kept to know who answers whom


STATUS_NAMES: Mapping[Status, str] = {
    Status.WAITING: "Chờ người xem",
    Status.ACTING: "Đang xử lý",
    Status.DONE: "Đã xử lý",
    Status.LEFT: "Để yên",
    Status.DELETED: "Đã bị xóa",
    Status.OWN: "Của trang",
}


class Kind(StrEnum):
    """``comment_actions.kind``."""

    HIDE = "hide"
    UNHIDE = "unhide"
    REPLY = "reply"
    PRIVATE = "private"


KIND_NAMES: Mapping[Kind, str] = {
    Kind.HIDE: "ẩn",
    Kind.UNHIDE: "hiện lại",
    Kind.REPLY: "trả lời công khai",
    Kind.PRIVATE: "nhắn riêng",
}
UNDONE = ("pending", "sending", "unknown")
SPEAKING = (Kind.REPLY, Kind.PRIVATE)


def answer_key(account_id: int, post_ref: str, author_ref: str) -> str:
    """Unique per person and post: who holds it has had, or gets, the one automatic answer."""
    return hashlib.sha256(f"{account_id}\n{post_ref}\n{author_ref}".encode()).hexdigest()


def find_comment(
    session: Session, account_id: int, comment_ref: str, *, lock: bool = False
) -> Comment | None:
    query = select(Comment).where(Comment.account_id == account_id, Comment.comment_ref == comment_ref)
    return session.scalars(query.with_for_update() if lock else query).one_or_none()


def locked_comment(session: Session, comment_id: int) -> Comment | None:
    """The comment, which nobody else changes until this transaction ends; its actions neither."""
    return session.scalars(select(Comment).where(Comment.id == comment_id).with_for_update()).one_or_none()


def add_action(
    session: Session,
    comment: Comment,
    kind: Kind,
    now: datetime,
    *,
    text: str = "",
    wire: Wire | None = None,
    memory: Mapping[str, Any] | None = None,
    officer_id: int | None = None,
) -> None:
    """One more call, after those that are there. There is one private reply per comment, ever."""
    made = select(func.count()).where(CommentAction.comment_id == comment.id)
    number = "" if kind is Kind.PRIVATE else f":{session.scalar(made)}"
    session.add(
        CommentAction(
            comment_id=comment.id,
            kind=kind,
            key=f"c{comment.id}:{kind}{number}",
            text=text,
            wire=wire or {},
            memory=dict(memory or {}),
            due_at=now,
            officer_id=officer_id,
            created_at=now,
        )
    )
    session.flush()


def take_back(session: Session, comment: Comment, *, by_rule: bool = True) -> None:
    """Forget what was not begun: what the rules wanted, or all of it."""
    mine = [CommentAction.comment_id == comment.id]
    mine += [CommentAction.state == "pending", CommentAction.attempts == 0]
    mine += [CommentAction.officer_id.is_(None)] if by_rule else []
    session.execute(delete(CommentAction).where(*mine))


def drop_rest(session: Session, comment: Comment, reason: str) -> None:
    """What stands behind an action that failed is not done any more."""
    session.execute(
        update(CommentAction)
        .where(CommentAction.comment_id == comment.id, CommentAction.state.in_(UNDONE))
        .values(state="dropped", reason=reason)
    )


def has_spoken(session: Session, comment: Comment) -> bool:
    """Whether an answer by rule went out, or may have."""
    query = select(CommentAction.id).where(
        CommentAction.comment_id == comment.id,
        CommentAction.kind.in_(SPEAKING),
        CommentAction.officer_id.is_(None),
        CommentAction.state.not_in(("dropped", "failed")),
    )
    return session.scalar(query.limit(1)) is not None


def undone(session: Session, comment: Comment) -> list[CommentAction]:
    """What is still to be done, in order."""
    query = select(CommentAction).where(
        CommentAction.comment_id == comment.id, CommentAction.state.in_(UNDONE)
    )
    return list(session.scalars(query.order_by(CommentAction.id)))


def mark_deleted(session: Session, comment: Comment, now: datetime) -> None:
    """It is gone from the page: its words go here too."""
    take_back(session, comment, by_rule=False)
    comment.status, comment.deleted_at, comment.updated_at = Status.DELETED, now, now
    comment.text = comment.author_name = ""
