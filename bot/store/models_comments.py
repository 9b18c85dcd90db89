"""What is to be done with comments: one row per call, so that each is made once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.base import Base, Id


class CommentAction(Base):
    """One call about one comment, as in the outbox: pending, sending, unknown; done, failed, dropped.

    ``kind``: hide, unhide, reply, private. ``key`` is the call's idempotency key: what may be done once per
    comment has one that says so. Of one comment they are made in the order of their ids; one that fails
    drops those behind it. ``memory``: what the assistant remembers of its answer, for the chat that comes
    of a private reply. ``text`` is what is said, ``wire`` the message of a private reply.
    """

    __tablename__ = "comment_actions"
    __table_args__ = (
        Index("ix_comment_actions_due", "state", "due_at"),
        Index("ix_comment_actions_comment", "comment_id", "state"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    comment_id: Mapped[int] = mapped_column(ForeignKey("comments.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(8))
    key: Mapped[str] = mapped_column(String(64), unique=True)
    text: Mapped[str] = mapped_column(default="")
    wire: Mapped[dict[str, Any]] = mapped_column(default=dict)
    memory: Mapped[dict[str, Any]] = mapped_column(default=dict)
    state: Mapped[str] = mapped_column(String(8), default="pending")
    attempts: Mapped[int] = mapped_column(default=0)
    lookups: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime]
    attempted_at: Mapped[datetime | None]
    external_id: Mapped[str] = mapped_column(String(128), default="")
    error_code: Mapped[str] = mapped_column(String(40), default="")
    reason: Mapped[str] = mapped_column(default="")  # Vietnamese
    officer_id: Mapped[int | None] = mapped_column(Id)  # None: by rule
    created_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
