"""What is to be done with comments now: rows taken one call at a time, every move conditional.

As in the outbox, ``sending`` is committed before the call, and ``attempts`` fences it. A row found in it once
its call must have ended was left by a killed worker, and becomes ``unknown``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import CursorResult, Engine, func, select, update
from sqlalchemy.orm import Session

from bot.posts.comment_rows import (
    UNDONE,
    Kind,
    Status,
    drop_rest,
    locked_comment,
    mark_deleted,
    undone,
)
from bot.store import conversations as conv
from bot.store.engine import reading, writing
from bot.store.models import Account, Outgoing
from bot.store.models_comments import CommentAction
from bot.store.models_posts import Comment
from connectors.channel import Reply

MAX_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Task:
    """One action as a worker works it. ``target``: under what an answer is written."""

    id: int
    comment_id: int
    account_id: int
    channel: str
    kind: Kind
    key: str
    text: str
    wire: dict[str, Any]
    state: str
    attempts: int
    lookups: int
    comment_ref: str
    target: str
    attempted_at: datetime | None
    created_at: datetime


class CommentJobs:
    """Reads and moves rows."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def due(self, now: datetime) -> list[int]:
        """Comments with something to do now, the longest waiting first."""
        firsts = (
            select(func.min(CommentAction.id))
            .where(CommentAction.state.in_(UNDONE))
            .group_by(CommentAction.comment_id)
        )
        query = (
            select(CommentAction.comment_id)
            .where(CommentAction.id.in_(firsts), CommentAction.due_at <= now)
            .order_by(CommentAction.due_at, CommentAction.id)
            .limit(MAX_AT_ONCE)
        )
        with reading(self._engine) as session:
            return list(session.scalars(query))

    def first(self, comment_id: int, now: datetime) -> Task | None:
        """The first undone action of a comment; None if there is none, or it is not due."""
        query = (
            select(CommentAction, Comment, Account.channel)
            .join(Comment, Comment.id == CommentAction.comment_id)
            .join(Account, Account.id == Comment.account_id)
            .where(CommentAction.comment_id == comment_id, CommentAction.state.in_(UNDONE))
            .order_by(CommentAction.id)
            .limit(1)
        )
        with reading(self._engine) as session:
            found = session.execute(query).first()
            if found is None or found[0].due_at > now:
                return None
            row, comment, channel = found
            return Task(
                row.id, comment.id, comment.account_id, channel, Kind(row.kind), row.key, row.text, row.wire,
                row.state, row.attempts, row.lookups, comment.comment_ref,
                comment.parent_ref or comment.comment_ref, row.attempted_at, row.created_at,
            )  # fmt: skip

    def claim(self, task: Task, now: datetime, until: datetime) -> bool:
        """pending -> sending; False if somebody changed it meanwhile."""
        values = {"state": "sending", "attempts": task.attempts + 1, "attempted_at": now, "due_at": until}
        return self._move(task, ("pending",), task.attempts, values)

    def unknown(self, task: Task, attempts: int, due_at: datetime, lookups: int) -> None:
        """-> unknown, to be looked up at ``due_at``."""
        values = {"state": "unknown", "due_at": due_at, "lookups": lookups}
        self._move(task, ("sending", "unknown"), attempts, values)

    def again(self, task: Task, attempts: int, due_at: datetime, code: str = "", reason: str = "") -> None:
        """-> pending: it certainly did not happen."""
        values = {"state": "pending", "due_at": due_at, "error_code": code[:40], "reason": reason}
        self._move(task, UNDONE, attempts, values)

    def set_aside(self, comment_id: int, due_at: datetime) -> None:
        """Something of ours broke while this comment was worked: not before ``due_at`` again."""
        first = (
            select(func.min(CommentAction.id))
            .where(CommentAction.comment_id == comment_id, CommentAction.state.in_(UNDONE))
            .scalar_subquery()
        )
        with writing(self._engine) as session:
            session.execute(update(CommentAction).where(CommentAction.id == first).values(due_at=due_at))

    def _move(self, task: Task, expected: tuple[str, ...], attempts: int, values: dict[str, Any]) -> bool:
        with writing(self._engine) as session:
            done = session.execute(
                update(CommentAction)
                .where(
                    CommentAction.id == task.id,
                    CommentAction.state.in_(expected),
                    CommentAction.attempts == attempts,
                )
                .values(**values)
            )
            assert isinstance(done, CursorResult)
            return done.rowcount == 1

    def done(self, task: Task, external_id: str, now: datetime, recipient: str = "") -> None:
        """It happened: written into the comment. ``recipient``: who the private reply reached."""
        with writing(self._engine) as session:
            comment, row = locked_comment(session, task.comment_id), session.get(CommentAction, task.id)
            if comment is None or row is None or row.state == "done":
                return
            row.state, row.external_id, row.done_at = "done", external_id[:128], now
            row.error_code = row.reason = ""
            comment.updated_at = now
            if task.kind is Kind.HIDE:
                comment.hidden_at = comment.hidden_at or now
            elif task.kind is Kind.UNHIDE:
                comment.hidden_at = None
            elif task.kind is Kind.REPLY:
                comment.reply_ref, comment.replied_at = external_id[:128], now
            else:
                comment.private_ref, comment.private_at = external_id[:128], now
                if recipient:
                    comment.conversation_id = _open_chat(session, comment, row, recipient, now)
            session.flush()
            if comment.status == Status.ACTING and not undone(session, comment):
                comment.status = Status.DONE

    def failed(self, task: Task, code: str, reason: str, now: datetime) -> None:
        """It can't be done: what stands behind it neither, and a person decides."""
        with writing(self._engine) as session:
            comment, row = locked_comment(session, task.comment_id), session.get(CommentAction, task.id)
            if comment is None or row is None or row.state not in UNDONE:
                return
            row.state, row.error_code, row.reason, row.done_at = "failed", code[:40], reason, now
            session.flush()
            drop_rest(session, comment, reason)
            comment.error_code, comment.reason, comment.updated_at = code[:40], reason, now
            if comment.status != Status.DELETED:
                comment.status = Status.WAITING

    def gone(self, task: Task, now: datetime) -> None:
        """The comment is no longer there."""
        with writing(self._engine) as session:
            comment = locked_comment(session, task.comment_id)
            if comment is not None:
                drop_rest(session, comment, "")
                mark_deleted(session, comment, now)


def _open_chat(session: Session, comment: Comment, row: CommentAction, person: str, now: datetime) -> int:
    """The chat that the private reply may become, with what was said and what the assistant remembers."""
    chat = conv.open_conversation(session, comment.account_id, person, now)
    message_id = conv.add_reply(
        session, chat, Reply(row.text), [row.wire], now, "officer" if row.officer_id else "bot",
        officer_id=row.officer_id, key=row.key,
    )  # fmt: skip
    session.execute(
        update(Outgoing)
        .where(Outgoing.message_id == message_id)
        .values(status="sent", sent_at=now, attempted_at=now, attempts=1, external_id=row.external_id)
    )
    if row.memory and not chat.state and chat.owner == "bot":
        chat.state = dict(row.memory)
    chat.updated_at = now
    return chat.id
