"""Signed-in browsers: a random token in a cookie, its hash in the database."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bot.store.models import DeskSession, Officer

COOKIE = "desk"
IDLE = timedelta(hours=2)
LONGEST = timedelta(hours=12)
"""A working day; then everybody signs in again."""


def open_session(session: Session, officer: Officer, now: datetime) -> str:
    """A new signed-in browser; returns the cookie's token, which is kept nowhere."""
    token = secrets.token_urlsafe(32)
    session.add(
        DeskSession(
            token_hash=_hash(token), officer_id=officer.id, epoch=officer.epoch, created_at=now, seen_at=now
        )
    )
    return token


def officer_of(session: Session, token: str, now: datetime) -> Officer | None:
    """Whose browser ``token`` is; None if it ended, the officer was disabled or all were signed out."""
    found = session.execute(
        select(DeskSession, Officer)
        .join(Officer, Officer.id == DeskSession.officer_id)
        .where(DeskSession.token_hash == _hash(token))
    ).first()
    if found is None:
        return None
    opened, officer = found
    ended = now - opened.seen_at > IDLE or now - opened.created_at > LONGEST
    if ended or officer.disabled_at is not None or opened.epoch != officer.epoch:
        return None
    return officer


def close_session(session: Session, token: str) -> None:
    """Sign this browser out."""
    session.execute(delete(DeskSession).where(DeskSession.token_hash == _hash(token)))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
