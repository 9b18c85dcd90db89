"""Signed-in browsers: a random token in a cookie, its hash in the database."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Response, request
from sqlalchemy import Connection, delete, select, update
from sqlalchemy.orm import Session

from bot.store.models import DeskSession, Officer

COOKIE = "desk"
IDLE = timedelta(hours=2)
LONGEST = timedelta(hours=12)
"""A working day; then everybody signs in again."""
TOUCH_AFTER = timedelta(minutes=1)
"""How old ``seen_at`` may get before a request writes it again."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A signed-in browser's officer; ``stale``: :func:`touch` is due."""

    officer: Officer
    stale: bool


def open_session(session: Session, officer: Officer, now: datetime) -> str:
    """A new signed-in browser; returns the cookie's token, which is kept nowhere."""
    token = secrets.token_urlsafe(32)
    session.execute(delete(DeskSession).where(DeskSession.created_at < now - LONGEST))
    session.add(
        DeskSession(
            token_hash=_hash(token), officer_id=officer.id, epoch=officer.epoch, created_at=now, seen_at=now
        )
    )
    return token


def officer_of(session: Session, token: str, now: datetime) -> Opened | None:
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
    return Opened(officer, stale=now - opened.seen_at > TOUCH_AFTER)


def touch(connection: Connection, token: str, officer_id: int, now: datetime) -> None:
    """This browser is in use; the live feed of an open page counts too, or nobody would hear its bell."""
    connection.execute(update(DeskSession).where(DeskSession.token_hash == _hash(token)).values(seen_at=now))
    connection.execute(update(Officer).where(Officer.id == officer_id).values(last_seen_at=now))


def close_session(session: Session, token: str) -> None:
    """Sign this browser out."""
    session.execute(delete(DeskSession).where(DeskSession.token_hash == _hash(token)))


def end_all(officer: Officer) -> None:
    """Sign every browser of this officer out."""
    officer.epoch += 1


def give_cookie(response: Response, token: str) -> None:
    """The browser keeps ``token`` for the desk alone, out of reach of scripts."""
    response.set_cookie(
        COOKIE, token, max_age=int(LONGEST.total_seconds()), path="/desk", httponly=True, samesite="Lax",
        secure=request.is_secure,
    )  # fmt: skip


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
