"""The tables. Times are UTC; a platform's own clock is kept as epoch milliseconds (``*_ms``)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.store import models_comments as models_comments  # its tables belong to Base.metadata
from bot.store import models_dossiers as models_dossiers  # its tables belong to Base.metadata
from bot.store import models_posts as models_posts  # its tables belong to Base.metadata
from bot.store import models_scams as models_scams  # its tables belong to Base.metadata
from bot.store.base import Base as Base
from bot.store.base import Id
from bot.store.base import UtcDateTime as UtcDateTime


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
    unit_id: Mapped[int] = mapped_column(Id, default=1)  # whose it is: the committee's, an organisation's
    disabled_at: Mapped[datetime | None]
    checked_at: Mapped[datetime | None]  # its health, daily
    healthy: Mapped[bool | None]
    health: Mapped[str] = mapped_column(default="")  # Vietnamese, what is wrong
    quota: Mapped[dict[str, Any] | None]  # of broadcasts, as the platform last told it
    quota_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class Conversation(Base):
    """One resident on one account. ``owner`` says who answers: bot, waiting or officer (bot/handoff).

    ``updated_at`` moves with everything that the desk shows of a conversation: its live feed reads it.
    """

    __tablename__ = "conversations"
    __table_args__ = (
        UniqueConstraint("account_id", "user_ref"),
        Index("ix_conversations_updated", "updated_at"),
        Index("ix_conversations_owner", "owner", "waiting_since"),
        Index(
            "ix_conversations_escalated",
            "escalated_at",
            sqlite_where=text("escalated_at IS NOT NULL"),
            postgresql_where=text("escalated_at IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    user_ref: Mapped[str] = mapped_column(String(128))
    owner: Mapped[str] = mapped_column(String(10), default="bot")
    officer_wrote_at: Mapped[datetime | None]
    state: Mapped[dict[str, Any]] = mapped_column(default=dict)
    last_inbound_ms: Mapped[int] = mapped_column(BigInteger, default=0)
    reachable: Mapped[bool] = mapped_column(default=True)
    unit_id: Mapped[int] = mapped_column(Id, default=1)  # who answers, see Unit
    queue: Mapped[str] = mapped_column(String(40), default="chung")  # bot/queues.py
    officer_id: Mapped[int | None] = mapped_column(Id)  # owner is "officer": who
    waiting_since: Mapped[datetime | None]  # the resident's first unanswered wish for a person
    escalated_at: Mapped[datetime | None]  # supervisors were told: it waits too long, or was rated badly
    labels: Mapped[list[Any]] = mapped_column(default=list)
    is_test: Mapped[bool] = mapped_column(default=False)  # left out of reports
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
    __table_args__ = (UniqueConstraint("account_id", "event_id"), Index("ix_messages_created", "created_at"))

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    conversation_id: Mapped[int] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE"), index=True
    )
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    event_id: Mapped[str | None] = mapped_column(String(300))
    author: Mapped[str] = mapped_column(String(10))  # resident, bot, officer, app
    kind: Mapped[str] = mapped_column(String(12))
    text: Mapped[str | None]
    folded: Mapped[str | None]  # ``text`` without diacritics, for the desk's search; only of people's words
    officer_id: Mapped[int | None] = mapped_column(Id)  # author is "officer": who, if known
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


class Unit(Base):
    """Who answers residents: the commune's committee (id 1, made by the migration), its police, …

    Units and officers are disabled, never deleted, so columns that were added later name them without a
    foreign key: SQLite can't add one to a table that is there.
    """

    __tablename__ = "units"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    slug: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str]


class Officer(Base):
    """Someone who signs in on the desk; ``role`` is one of bot/desk/permissions.py.

    ``persona`` is what residents read ("Cán bộ tư pháp – hộ tịch"), never the name. ``queues`` are those
    of the unit that are served, none meaning all. ``epoch`` counts up to end every session.
    """

    __tablename__ = "officers"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    login: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str]
    persona: Mapped[str] = mapped_column(default="Cán bộ xã")
    role: Mapped[str] = mapped_column(String(20))
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"), default=1)
    all_units: Mapped[bool] = mapped_column(default=False)
    queues: Mapped[list[Any]] = mapped_column(default=list)
    password_hash: Mapped[str]  # Argon2
    must_change: Mapped[bool] = mapped_column(default=True)
    totp_cipher: Mapped[str] = mapped_column(default="")  # encrypted secret; empty: no second factor
    totp_last: Mapped[int] = mapped_column(default=0)  # the time step used last: a code counts once
    failures: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]
    epoch: Mapped[int] = mapped_column(default=0)
    last_seen_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class DeskSession(Base):
    """One signed-in browser; ``token_hash`` is of the cookie's random token."""

    __tablename__ = "desk_sessions"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    officer_id: Mapped[int] = mapped_column(ForeignKey("officers.id", ondelete="CASCADE"), index=True)
    epoch: Mapped[int]
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]


class Handoff(Base):
    """A resident asked for, or needs, a person: from the wish to its end.

    ``status``: waiting, taken, done (an officer gave it back), cancelled (by the resident), idle (the officer
    fell silent). ``contact`` is a phone number that the resident left, encrypted; ``matter`` masked;
    ``dossier`` the code of the one that it is about, which the resident was shown.
    """

    __tablename__ = "handoffs"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    conversation_id: Mapped[int] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE"), index=True
    )
    reason: Mapped[str] = mapped_column(String(20))
    unit_id: Mapped[int] = mapped_column(Id, default=1)
    queue: Mapped[str] = mapped_column(String(40))
    status: Mapped[str] = mapped_column(String(10), default="waiting", index=True)
    officer_id: Mapped[int | None] = mapped_column(Id)
    in_hours: Mapped[bool] = mapped_column(default=True)  # whether the wish came while officers work
    contact_cipher: Mapped[str] = mapped_column(default="")
    matter: Mapped[str] = mapped_column(default="")
    dossier: Mapped[str] = mapped_column(String(60), default="")
    created_at: Mapped[datetime]
    taken_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]  # the officer's first words
    ended_at: Mapped[datetime | None]


class Note(Base):
    """What officers tell each other about a conversation; no resident ever reads it. Masked."""

    __tablename__ = "notes"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    conversation_id: Mapped[int] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE"), index=True
    )
    officer_id: Mapped[int | None] = mapped_column(ForeignKey("officers.id"))  # None: the system
    kind: Mapped[str] = mapped_column(String(12), default="note")  # note, claim, release, forward, …
    text: Mapped[str]
    created_at: Mapped[datetime]


class Canned(Base):
    """A prepared reply; ``unit_id`` None: every unit's. ``shortcut`` is typed after a slash."""

    __tablename__ = "canned"
    __table_args__ = (UniqueConstraint("unit_id", "shortcut"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    shortcut: Mapped[str] = mapped_column(String(30))
    title: Mapped[str]
    text: Mapped[str]
    updated_at: Mapped[datetime]


class Rating(Base):
    """What a resident thought of an answer or of an officer: 1 (bad) or 5 (good)."""

    __tablename__ = "ratings"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    conversation_id: Mapped[int] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE"), index=True
    )
    handoff_id: Mapped[int | None] = mapped_column(ForeignKey("handoffs.id", ondelete="CASCADE"))
    score: Mapped[int]
    created_at: Mapped[datetime]


class OpeningHours(Base):
    """One working period of a weekday (0 Monday); several a day. Minutes since midnight in Viet Nam."""

    __tablename__ = "opening_hours"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    weekday: Mapped[int]
    opens: Mapped[int]
    closes: Mapped[int]


class ExceptionalDay(Base):
    """A day unlike its weekday: closed (no periods) or with periods of its own; ``day`` is ISO."""

    __tablename__ = "exceptional_days"
    __table_args__ = (UniqueConstraint("unit_id", "day"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    day: Mapped[str] = mapped_column(String(10))
    periods: Mapped[list[Any]] = mapped_column(default=list)  # [[opens, closes], …] in minutes
    reason: Mapped[str] = mapped_column(default="")


class Unanswered(Base):
    """A message that the data does not answer, or that an officer corrected: the review list.

    ``status``: open, assigned (to ``code`` and ``aspect``: a training example), out_of_scope, dropped.
    ``example`` is the sentence as the supervisor approved it.
    """

    __tablename__ = "unanswered"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"))
    reason: Mapped[str] = mapped_column(String(12), default="missed")  # missed, corrected
    status: Mapped[str] = mapped_column(String(12), default="open", index=True)
    code: Mapped[str | None] = mapped_column(String(20))
    aspect: Mapped[str | None] = mapped_column(String(20))
    example: Mapped[str] = mapped_column(default="")
    officer_id: Mapped[int | None] = mapped_column(Id)
    decided_at: Mapped[datetime | None]
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
