"""The tables. Times are UTC; a platform's own clock is kept as epoch milliseconds (``*_ms``)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

Id = BigInteger().with_variant(Integer, "sqlite")  # SQLite autoincrements INTEGER keys only


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime in UTC; SQLite forgets the zone, so it is put back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: object) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("a time without a zone can't be stored")
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, dialect: object) -> datetime | None:
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


class Base(DeclarativeBase):
    """Common column types."""

    type_annotation_map = {datetime: UtcDateTime(), dict[str, Any]: JSON, list[Any]: JSON, str: Text}


class Account(Base):
    """One Zalo OA, Facebook page or website, with its tokens encrypted (see bot/accounts)."""

    __tablename__ = "accounts"
    __table_args__ = (UniqueConstraint("channel", "external_id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    channel: Mapped[str] = mapped_column(String(20))
    external_id: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(default="")
    access_cipher: Mapped[str] = mapped_column(default="")
    refresh_cipher: Mapped[str] = mapped_column(default="")
    expires_at: Mapped[datetime | None]
    bootstrap_hash: Mapped[str] = mapped_column(
        String(64), default=""
    )  # which token of the settings it began with
    frozen_reason: Mapped[str | None]  # set: nothing is sent until the token is mended
    frozen_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class Conversation(Base):
    """One resident on one account. ``owner`` says who answers: bot, waiting or officer."""

    __tablename__ = "conversations"
    __table_args__ = (UniqueConstraint("account_id", "user_ref"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    user_ref: Mapped[str] = mapped_column(String(128))
    owner: Mapped[str] = mapped_column(String(10), default="bot")
    officer_wrote_at: Mapped[datetime | None]
    state: Mapped[dict[str, Any]] = mapped_column(default=dict)
    last_inbound_ms: Mapped[int] = mapped_column(BigInteger, default=0)
    reachable: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    __mapper_args__ = {"version_id_col": version}  # two turns of one conversation can never both be written


class Message(Base):
    """One message of a conversation, in or out; ``text`` is masked (bot/privacy.py).

    ``event_id`` is the platform's idempotency key of an inbound event: unique per account, it
    makes working an event twice change nothing.
    """

    __tablename__ = "messages"
    __table_args__ = (UniqueConstraint("account_id", "event_id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    conversation_id: Mapped[int] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE"), index=True
    )
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    event_id: Mapped[str | None] = mapped_column(String(300))
    author: Mapped[str] = mapped_column(String(10))  # resident, bot, officer, app
    kind: Mapped[str] = mapped_column(String(12))
    text: Mapped[str | None]
    payload: Mapped[str | None]
    attachments: Mapped[list[Any]] = mapped_column(default=list)
    understood: Mapped[dict[str, Any] | None]  # behaviour, skill, codes, aspects, confidence; no words
    at_ms: Mapped[int] = mapped_column(BigInteger, default=0)
    created_at: Mapped[datetime]


class Outgoing(Base):
    """The outbox: each row is exactly one API call. See bot/worker/delivery.py for ``status``."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_undone", "status", "conversation_id"),
        Index("ix_outbox_conversation", "conversation_id", "id"),
        Index("ix_outbox_external", "account_id", "external_id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(40), unique=True)  # idempotency key, sent along where possible
    author: Mapped[str] = mapped_column(String(10))
    wire: Mapped[dict[str, Any]]
    status: Mapped[str] = mapped_column(String(10), default="pending")
    attempts: Mapped[int] = mapped_column(default=0)
    lookups: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime]
    attempted_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    seen_at: Mapped[datetime | None]
    external_id: Mapped[str | None] = mapped_column(String(128))
    error_code: Mapped[str | None] = mapped_column(String(40))
    error_reason: Mapped[str | None]
    created_at: Mapped[datetime]


class Handoff(Base):
    """A resident asked for, or needs, a person."""

    __tablename__ = "handoffs"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    conversation_id: Mapped[int] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE"), index=True
    )
    reason: Mapped[str] = mapped_column(String(20))
    queue: Mapped[str] = mapped_column(String(40))
    status: Mapped[str] = mapped_column(String(10), default="waiting", index=True)
    created_at: Mapped[datetime]


class Unanswered(Base):
    """A message that the data does not answer, for the review list; it points to the masked message."""

    __tablename__ = "unanswered"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"))
    created_at: Mapped[datetime]


class Audit(Base):
    """Who did what, when: erasures, changes by hand. ``subject`` is an id, never a resident's words."""

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(80))
    action: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(200))
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)
