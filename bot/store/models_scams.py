"""The tables of scams: what residents report, what the commune has confirmed, and its warnings.

No foreign keys to officers, as in bot/store/models.py: they are disabled, never deleted.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.base import Base, Id


class ScamReport(Base):
    """A message that was checked, and, once the resident taps "báo công an xã", a report to the police.

    ``status``: checked (nobody has reported it: one a conversation, the next check takes its place), open,
    confirmed, rejected. ``text``, ``links`` and ``reasons`` are masked; ``numbers_cipher`` holds phones and
    bank accounts in full, encrypted, because a confirmed number joins the commune's list. ``reasons`` are
    the lines that the resident read.
    """

    __tablename__ = "scam_reports"
    __table_args__ = (Index("ix_scam_reports_status", "status", "unit_id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    conversation_id: Mapped[int] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE"), index=True
    )
    unit_id: Mapped[int] = mapped_column(Id, default=1)
    status: Mapped[str] = mapped_column(String(10), default="checked")
    text: Mapped[str]
    level: Mapped[str] = mapped_column(String(10))  # danger, suspicious, clear
    kind: Mapped[str | None] = mapped_column(String(40))
    reasons: Mapped[list[Any]] = mapped_column(default=list)
    links: Mapped[list[Any]] = mapped_column(default=list)
    hosts: Mapped[list[Any]] = mapped_column(default=list)
    numbers_cipher: Mapped[str] = mapped_column(default="")
    note: Mapped[str] = mapped_column(default="")  # the officer's, masked
    officer_id: Mapped[int | None] = mapped_column(Id)
    created_at: Mapped[datetime]
    reported_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]


class ScamListed(Base):
    """A host or a phone number that the commune has confirmed; ``removed_at`` is set when it is taken off.

    ``value`` is a host in lower case without "www.", or a phone number in E.164.
    """

    __tablename__ = "scam_list"
    __table_args__ = (UniqueConstraint("kind", "value"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(String(8))  # host, phone
    value: Mapped[str] = mapped_column(String(260))
    note: Mapped[str] = mapped_column(default="")
    report_id: Mapped[int | None] = mapped_column(Id)  # the report that it comes from
    officer_id: Mapped[int] = mapped_column(Id)
    added_at: Mapped[datetime]
    removed_by: Mapped[int | None] = mapped_column(Id)
    removed_at: Mapped[datetime | None]


class ScamWarning(Base):
    """A warning to residents. ``status``: draft, confirmed (goes to those who asked for it), withdrawn."""

    __tablename__ = "scam_warnings"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    status: Mapped[str] = mapped_column(String(10), default="draft", index=True)
    text: Mapped[str]
    report_id: Mapped[int | None] = mapped_column(Id)
    officer_id: Mapped[int] = mapped_column(Id)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    confirmed_by: Mapped[int | None] = mapped_column(Id)
    confirmed_at: Mapped[datetime | None]


class ScamSubscription(Base):
    """A conversation whose resident wants the commune's new warnings; ``ended_at`` since it does not."""

    __tablename__ = "scam_subscriptions"

    conversation_id: Mapped[int] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True
    )
    since: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class ScamWarned(Base):
    """A warning was put into the outbox for a subscriber: once, whatever happens to the job."""

    __tablename__ = "scam_warned"

    warning_id: Mapped[int] = mapped_column(
        ForeignKey("scam_warnings.id", ondelete="CASCADE"), primary_key=True
    )
    conversation_id: Mapped[int] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True
    )
    at: Mapped[datetime]
