"""Who did what, when: the one way to write it down."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from bot.store.models import Audit

CLI = "cli"
"""The actor of whoever works on the machine itself."""


def officer_subject(officer_id: int) -> str:
    """How an officer is named in an audit row, as actor or as subject."""
    return f"officer:{officer_id}"


def record(session: Session, now: datetime, actor: str, action: str, subject: str, **detail: Any) -> Audit:
    """One row, in the transaction of the change itself. ``detail``: no secret, no resident's words."""
    row = Audit(at=now, actor=actor, action=action, subject=subject, detail=detail)
    session.add(row)
    return row
