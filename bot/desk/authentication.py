"""Who may sign in: password, second factor, and growing waits after failures.

A try is counted before it is looked at and taken back when it was right: many tries at once find the
account locked as one after the other would.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

import pyotp
import structlog
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from bot.accounts.vault import Vault, VaultError
from bot.desk.passwords import hash_password, is_outdated, matches
from bot.desk.sessions import open_session
from bot.store.audit import officer_subject, record
from bot.store.engine import change_in_session, reading
from bot.store.models import Audit, Officer

log = structlog.get_logger(__name__)

FREE_FAILURES = 5
LONGEST_LOCK = timedelta(minutes=60)
FORGIVEN_AFTER = timedelta(days=1)
"""So long after the last lock failures count from the start again."""
STEP_S = 30
"""A code's time (RFC 6238); the one before and the one after are taken too."""


@dataclass(frozen=True, slots=True)
class Try:
    """A try under way: which audit row it has, and whom it is of, if it may go on."""

    audit_id: int
    officer: Officer | None


def lock_time(failures: int) -> timedelta:
    """How long the account is locked after so many failures in a row: 1, 2, 4 … 60 minutes from the fifth."""
    if failures < FREE_FAILURES:
        return timedelta()
    return min(timedelta(minutes=2 ** min(failures - FREE_FAILURES, 6)), LONGEST_LOCK)


def authenticate(
    engine: Engine, vault: Vault, login: str, password: str, code: str, address: str, now: datetime
) -> str | None:
    """The token of a new session, or None. Every refusal takes one write and one hash: the same time."""
    tried = change_in_session(engine, lambda session: _begin(session, login, address, now))
    officer = tried.officer
    right = matches(officer.password_hash if officer else None, password)
    if officer is None or not right:
        return None
    step = step_of(vault, officer, code, now)
    if step is None:
        return None
    renewed = hash_password(password) if is_outdated(officer.password_hash) else None
    return change_in_session(
        engine, lambda session: _finish(session, tried.audit_id, officer, step, renewed, now)
    )


def confirm(engine: Engine, officer_id: int, password: str, now: datetime) -> bool:
    """Whether the signed-in officer knows the password; failures count as at sign-in."""
    with reading(engine) as session:
        login = session.get_one(Officer, officer_id).login
    officer = change_in_session(engine, lambda session: _counted(session, login, now))
    right = matches(officer.password_hash if officer else None, password)
    if officer is None or not right:
        return False
    change_in_session(engine, lambda session: forgive(session.get_one(Officer, officer_id)))
    return True


def forgive(officer: Officer) -> None:
    """No failures, no lock."""
    officer.failures, officer.locked_until = 0, None


def step_of(vault: Vault, officer: Officer, code: str, now: datetime) -> int | None:
    """The time step whose code this is; 0 without a second factor, None if it is wrong or used."""
    if not officer.totp_cipher:
        return 0
    try:
        secret = vault.open(officer.totp_cipher)
    except VaultError:
        log.error("desk.second_factor_unreadable", officer=officer.id)  # SECRET_KEY was changed
        return None
    return step_of_code(secret, code, officer.totp_last, now)


def step_of_code(secret: str, code: str, last: int, now: datetime) -> int | None:
    """The time step after ``last`` whose code this is."""
    digits = "".join(code.split())
    this = int(now.timestamp()) // STEP_S
    totp = pyotp.TOTP(secret)
    for step in (this, this - 1, this + 1):
        if step > last and hmac.compare_digest(totp.at(step * STEP_S).encode(), digits.encode()):
            return step
    return None


def _begin(session: Session, login: str, address: str, now: datetime) -> Try:
    """Count the try as failed; :func:`_finish` takes it back."""
    known = session.scalar(select(Officer.id).where(Officer.login == login))
    officer = _counted(session, login, now)
    row = record(
        session, now, "nobody", "sign_in_failed", officer_subject(known) if known else "unknown",
        address=address, **({"locked": True} if known and officer is None else {}),
    )  # fmt: skip
    session.flush()
    return Try(row.id, officer)


def _counted(session: Session, login: str, now: datetime) -> Officer | None:
    """The officer with one failure more; None if there is no such login, it is locked or disabled."""
    officer = session.scalar(select(Officer).where(Officer.login == login).with_for_update())
    if officer is None or officer.disabled_at is not None:
        return None
    if officer.locked_until is not None:
        if now < officer.locked_until:
            return None
        if now > officer.locked_until + FORGIVEN_AFTER:
            officer.failures = 0
    officer.failures += 1
    wait = lock_time(officer.failures)
    officer.locked_until = now + wait if wait else None
    return officer


def _finish(
    session: Session, audit_id: int, seen: Officer, step: int, renewed: str | None, now: datetime
) -> str | None:
    """Open the session, unless another request changed the account or used the same code meanwhile."""
    officer = session.get_one(Officer, seen.id, with_for_update=True, populate_existing=True)
    changed = officer.password_hash != seen.password_hash or officer.totp_cipher != seen.totp_cipher
    if changed or officer.disabled_at is not None or (step and step <= officer.totp_last):
        return None
    forgive(officer)
    officer.totp_last = step or officer.totp_last
    officer.password_hash = renewed or officer.password_hash
    officer.last_seen_at = now
    row = session.get_one(Audit, audit_id)
    row.actor, row.action = officer_subject(officer.id), "sign_in"
    return open_session(session, officer, now)
