"""The tables of dossiers: what the one-stop software exported, who looked, who follows.

No name and no number of a person is in any of them: phone and identity numbers are kept as keyed hashes
(bot/dossiers/factors.py). No foreign keys to officers, as in bot/store/models.py.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.base import Base, Id


class DossierRow(Base):
    """One dossier as the last import told it; ``code`` is in its normal form.

    ``status`` is one of bot/dossiers/statuses.py, empty if the source's own ``status_text`` is not known;
    ``shade`` says more within it. ``note`` is what the office wrote for the applicant, masked. ``as_of``: the
    moment that the source's statement is from. ``digest`` tells whether a row of an import says anything new.
    """

    __tablename__ = "dossiers"
    __table_args__ = (
        Index("ix_dossiers_status", "status", "due"),
        Index("ix_dossiers_changed", "changed_at"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    code: Mapped[str] = mapped_column(String(60), unique=True)
    procedure: Mapped[str] = mapped_column(default="")
    procedure_code: Mapped[str] = mapped_column(String(40), default="")
    status: Mapped[str] = mapped_column(String(12), default="")
    shade: Mapped[str] = mapped_column(String(12), default="")
    status_text: Mapped[str] = mapped_column(default="")
    office: Mapped[str] = mapped_column(default="")
    received: Mapped[date | None]
    due: Mapped[date | None]
    finished: Mapped[date | None]
    note: Mapped[str] = mapped_column(default="")
    phone4: Mapped[str] = mapped_column(String(64), default="")
    identity4: Mapped[str] = mapped_column(String(64), default="")
    phone: Mapped[str] = mapped_column(String(64), default="")
    digest: Mapped[str] = mapped_column(String(64), default="")
    import_id: Mapped[int | None] = mapped_column(Id)
    as_of: Mapped[datetime]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class DossierEvent(Base):
    """One step of a dossier's history: what an import found that was not so before."""

    __tablename__ = "dossier_events"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    code: Mapped[str] = mapped_column(ForeignKey("dossiers.code", ondelete="CASCADE"), index=True)
    status: Mapped[str] = mapped_column(String(12), default="")
    shade: Mapped[str] = mapped_column(String(12), default="")
    status_text: Mapped[str] = mapped_column(default="")
    due: Mapped[date | None]
    note: Mapped[str] = mapped_column(default="")
    import_id: Mapped[int | None] = mapped_column(Id, index=True)
    at: Mapped[datetime]


class DossierImport(Base):
    """One file that was taken in or refused. ``problems``: [[row, reason], …], the first of them."""

    __tablename__ = "dossier_imports"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(80))
    file_name: Mapped[str]
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    form: Mapped[str] = mapped_column(String(40))  # "CSV, UTF-8", "XLSX"
    columns: Mapped[dict[str, Any]] = mapped_column(default=dict)  # field's name -> heading
    done: Mapped[bool] = mapped_column(default=False)  # False: refused, nothing was changed
    new: Mapped[int] = mapped_column(default=0)
    changed: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)
    refused: Mapped[int] = mapped_column(default=0)
    problems: Mapped[list[Any]] = mapped_column(default=list)
    as_of: Mapped[datetime]


class DossierMapping(Base):
    """Which column means what, remembered by the headings of the file (``headings`` hashed)."""

    __tablename__ = "dossier_mappings"

    fingerprint: Mapped[str] = mapped_column(String(64), primary_key=True)
    columns: Mapped[dict[str, Any]]  # field -> position from 0
    actor: Mapped[str] = mapped_column(String(80))
    updated_at: Mapped[datetime]


class DossierAttempt(Base):
    """One look-up: who, which code, what came of it. ``result``: open, hit, miss, wait, away.

    ``person`` is a keyed hash of account and resident, so that limits outlast an erasure, which empties
    ``user_ref``. ``counts``: it is held against person, code and account (open and missed ones are, until an
    officer excuses them). ``event_id``: working an event twice is one attempt.
    """

    __tablename__ = "dossier_attempts"
    __table_args__ = (
        UniqueConstraint("account_id", "event_id"),
        Index("ix_dossier_attempts_person", "person", "counts", "at"),
        Index("ix_dossier_attempts_code", "code", "counts", "at"),
        Index("ix_dossier_attempts_account", "account_id", "counts", "at"),
        Index("ix_dossier_attempts_at", "at"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    at: Mapped[datetime]
    account_id: Mapped[int] = mapped_column(Id)
    event_id: Mapped[str] = mapped_column(String(300))
    person: Mapped[str] = mapped_column(String(64))
    user_ref: Mapped[str | None] = mapped_column(String(128))
    code: Mapped[str] = mapped_column(String(60))
    by: Mapped[str] = mapped_column(String(10))  # digits: typed; phone: told by the platform
    result: Mapped[str] = mapped_column(String(6), default="open")
    counts: Mapped[bool] = mapped_column(default=True)
    wait_until: Mapped[datetime | None]


class DossierAlert(Base):
    """Guessing that the desk should know of. ``kind``: person, code, account: whose limit was reached."""

    __tablename__ = "dossier_alerts"
    __table_args__ = (Index("ix_dossier_alerts_seen", "seen_at", "at"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(8))
    subject: Mapped[str] = mapped_column(String(64))  # the person's keyed hash, the code, the account's id
    account_id: Mapped[int] = mapped_column(Id)
    code: Mapped[str] = mapped_column(String(60))  # the one asked for last
    failures: Mapped[int]
    until: Mapped[datetime]
    seen_by: Mapped[int | None] = mapped_column(Id)
    seen_at: Mapped[datetime | None]


class DossierFollow(Base):
    """A resident wants to hear of changes; ``ended_at`` since no more.

    ``told_status`` is what the resident knows; ``unsent_since`` is set while a change
    could not be sent (``unsent_reason``) and waits for the next contact.
    """

    __tablename__ = "dossier_follows"
    __table_args__ = (UniqueConstraint("conversation_id", "code"), Index("ix_dossier_follows_code", "code"))

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"))
    code: Mapped[str] = mapped_column(String(60))
    since: Mapped[datetime]
    told_status: Mapped[str] = mapped_column(default="")
    told_at: Mapped[datetime | None]
    unsent_since: Mapped[datetime | None]
    unsent_reason: Mapped[str] = mapped_column(String(40), default="")
    ended_at: Mapped[datetime | None]
