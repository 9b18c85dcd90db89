"""Connecting an account on the desk: what must come back from the platform, once, within minutes.

The state is the secret of one attempt and bound to the officer who began it; only its hash is stored. PKCE's
verifier and the pages that Facebook named wait encrypted.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from bot.accounts.vault import Vault
from bot.store.audit import officer_subject, record
from bot.store.models import Account
from bot.store.models_posts import AccountLink
from connectors.facebook.oauth import GrantedPage

LASTS = timedelta(minutes=10)
"""As long as Zalo's code."""
KEPT = timedelta(days=1)
ELSEWHERE = "{name} đang thuộc đơn vị khác. Nhờ quản trị chuyển sang đơn vị này trước."


@dataclass(frozen=True, slots=True)
class Attempt:
    """What somebody began."""

    state: str = field(repr=False)
    unit_id: int
    verifier: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Granted:
    """An account with its tokens, about to be stored. ``expires_at`` is the access token's."""

    channel: str
    external_id: str
    name: str
    access: str = field(default="", repr=False)
    refresh: str = field(default="", repr=False)
    expires_at: datetime | None = None


def begin(
    session: Session, vault: Vault, channel: str, unit_id: int, officer_id: int, now: datetime,
    verifier: str = "",
) -> Attempt:  # fmt: skip
    """Remember an attempt; old ones go."""
    session.execute(delete(AccountLink).where(AccountLink.created_at < now - KEPT))
    state = secrets.token_urlsafe(32)
    session.add(
        AccountLink(
            state_hash=_hash(state), channel=channel, unit_id=unit_id, officer_id=officer_id,
            verifier_cipher=vault.seal(verifier), found_cipher="", created_at=now,
        )
    )  # fmt: skip
    return Attempt(state, unit_id, verifier)


def returned(
    session: Session, vault: Vault, state: str, channel: str, officer_id: int, now: datetime
) -> Attempt | None:
    """The attempt behind ``state``, for the first who comes with it; None if it is nobody's, late or used."""
    mine = (
        AccountLink.state_hash == _hash(state),
        AccountLink.channel == channel,
        AccountLink.officer_id == officer_id,
        AccountLink.created_at > now - LASTS,
    )
    used = update(AccountLink).where(*mine, AccountLink.used_at.is_(None)).values(used_at=now)
    if session.execute(used.returning(AccountLink.state_hash)).first() is None:
        return None
    row = session.get_one(AccountLink, _hash(state), populate_existing=True)
    verifier, row.verifier_cipher = vault.open(row.verifier_cipher), ""
    return Attempt(state, row.unit_id, verifier)


def keep_found(session: Session, vault: Vault, state: str, pages: Sequence[GrantedPage]) -> None:
    """Pages that somebody is to choose from."""
    found = json.dumps([[page.id, page.name, page.token, list(page.lacking)] for page in pages])
    session.get_one(AccountLink, _hash(state)).found_cipher = vault.seal(found)


def found(
    session: Session, vault: Vault, state: str, officer_id: int, now: datetime, *, take: bool = False
) -> tuple[int, tuple[GrantedPage, ...]] | None:
    """The unit and the pages that wait for a choice; ``take``: they are not offered again."""
    row = session.scalars(
        select(AccountLink)
        .where(
            AccountLink.state_hash == _hash(state),
            AccountLink.officer_id == officer_id,
            AccountLink.created_at > now - 2 * LASTS,
        )
        .with_for_update()
    ).one_or_none()
    if row is None or not row.found_cipher:
        return None
    pages = tuple(
        GrantedPage(page_id, name, token, tuple(lacking))
        for page_id, name, token, lacking in json.loads(vault.open(row.found_cipher))
    )
    if take:
        row.found_cipher = ""
    return row.unit_id, pages


def store(
    session: Session, vault: Vault, granted: Granted, unit_id: int, officer_id: int, now: datetime,
    *, may_move: bool = False,
) -> int | str:  # fmt: skip
    """Keep the tokens: of a new account, or of one that is connected again. Its id, or why not.

    An account of another unit is moved only by who may.
    """
    row = session.scalars(
        select(Account)
        .where(Account.channel == granted.channel, Account.external_id == granted.external_id)
        .with_for_update()
    ).one_or_none()
    if row is not None and row.unit_id != unit_id and not may_move:
        return ELSEWHERE.format(name=granted.name)
    if row is None:
        row = Account(channel=granted.channel, external_id=granted.external_id, created_at=now)
        session.add(row)
    row.name, row.unit_id = granted.name or row.name or "", unit_id
    row.access_cipher, row.refresh_cipher = vault.seal(granted.access), vault.seal(granted.refresh)
    row.expires_at = granted.expires_at
    row.frozen_reason = row.frozen_at = row.disabled_at = None
    row.checked_at = row.healthy = None
    row.health = ""
    session.flush()
    subject = f"account:{row.id}"
    record(session, now, officer_subject(officer_id), "account.connected", subject, unit=unit_id)
    return row.id


def _hash(state: str) -> str:
    return hashlib.sha256(state.encode()).hexdigest()
