"""Accounts in the database: taken over from the settings at the start, read by every worker."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from sqlalchemy import Engine, select, update

from bot.accounts.vault import Vault, fingerprint
from bot.clock import Clock
from bot.settings import Settings
from bot.store.engine import reading, writing
from bot.store.models import Account as Row

log = structlog.get_logger(__name__)

WEBCHAT_ID = "web"
CACHE_S = 15.0
"""How long a worker goes without looking whether another one froze or renewed an account."""
UNKNOWN_S = 1.0
"""How often at most the database is asked about accounts that nobody knows."""


@dataclass(frozen=True, slots=True)
class KnownAccount:
    """An account as a worker uses it; tokens are open and must not be logged."""

    id: int
    channel: str
    external_id: str
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_at: datetime | None
    frozen_reason: str | None
    disabled: bool = False


class AccountRegistry:
    """Reads accounts with a short cache and changes them. Thread-safe."""

    def __init__(self, engine: Engine, vault: Vault, clock: Clock) -> None:
        self._engine, self._vault, self._clock = engine, vault, clock
        self._lock = threading.Lock()
        self._by_ref: dict[tuple[str, str], KnownAccount] = {}
        self._by_id: dict[int, KnownAccount] = {}
        self._read_at = float("-inf")
        self._wanted = self._have = object()  # the newest call of forget(), and the one that was read after

    def by_ref(self, channel: str, external_id: str) -> KnownAccount | None:
        self._refresh_cache()
        if (channel, external_id) not in self._by_ref and time.monotonic() - self._read_at > UNKNOWN_S:
            self.forget()  # another process has connected it just now, perhaps
            self._refresh_cache()
        return self._by_ref.get((channel, external_id))

    def by_id(self, account_id: int) -> KnownAccount:
        """:raises KeyError: if there is no such account."""
        self._refresh_cache()
        if account_id not in self._by_id:  # whoever names it has seen its row
            self.forget()
            self._refresh_cache()
        return self._by_id[account_id]

    def all(self) -> list[KnownAccount]:
        self._refresh_cache()
        return list(self._by_id.values())

    def forget(self) -> None:
        """Read anew at the next use: whatever was committed before this call is seen after it."""
        self._wanted = object()

    def store_tokens(self, account_id: int, access: str, refresh: str, expires_at: datetime | None) -> None:
        """Commit a new pair, which also thaws the account."""
        values = {
            "access_cipher": self._vault.seal(access),
            "refresh_cipher": self._vault.seal(refresh),
            "expires_at": expires_at,
            "frozen_reason": None,
            "frozen_at": None,
        }
        with writing(self._engine) as session:
            session.execute(update(Row).where(Row.id == account_id).values(**values))
        self.forget()

    def freeze(self, account_id: int, reason: str) -> None:
        """Nothing is sent for this account until its token is mended; ``reason`` is Vietnamese."""
        with writing(self._engine) as session:
            session.execute(
                update(Row)
                .where(Row.id == account_id, Row.frozen_reason.is_(None))
                .values(frozen_reason=reason, frozen_at=self._clock())
            )
        self.forget()
        log.error("account.frozen", account=account_id)

    def take_over_settings(self, settings: Settings) -> None:
        """Make the accounts of the settings exist; a token that changed there replaces the stored one.

        :raises bot.accounts.vault.VaultError: if stored tokens can't be opened with this SECRET_KEY.
        """
        self._ensure("webchat", WEBCHAT_ID, access="", refresh="")
        if settings.zalo_enabled:
            self._ensure("zalo", settings.zalo_oa_id, access="", refresh=settings.zalo_refresh_token)
        if settings.facebook_enabled:
            token = settings.facebook_page_token
            self._ensure("facebook", settings.facebook_page_id, access=token, refresh="")
        self.forget()
        self.all()

    def _ensure(self, channel: str, external_id: str, access: str, refresh: str) -> None:
        begun_with = fingerprint(access + refresh)
        with writing(self._engine) as session:
            row = session.scalar(select(Row).where(Row.channel == channel, Row.external_id == external_id))
            if row is None:
                row = Row(channel=channel, external_id=external_id, created_at=self._clock())
                session.add(row)
            if row.bootstrap_hash == begun_with:
                return
            row.bootstrap_hash = begun_with
            row.access_cipher, row.refresh_cipher = self._vault.seal(access), self._vault.seal(refresh)
            row.expires_at = row.frozen_reason = row.frozen_at = None

    def _fresh(self) -> bool:
        return self._have is self._wanted and time.monotonic() - self._read_at < CACHE_S

    def _refresh_cache(self) -> None:
        if self._fresh():
            return
        with self._lock:
            if self._fresh():
                return
            wanted = self._wanted  # before reading: forget() may be called meanwhile
            with reading(self._engine) as session:
                known = [self._known(row) for row in session.scalars(select(Row))]
            self._by_id = {a.id: a for a in known}
            self._by_ref = {(a.channel, a.external_id): a for a in known}
            self._read_at, self._have = time.monotonic(), wanted

    def _known(self, row: Row) -> KnownAccount:
        return KnownAccount(
            id=row.id,
            channel=row.channel,
            external_id=row.external_id,
            access_token=self._vault.open(row.access_cipher),
            refresh_token=self._vault.open(row.refresh_cipher),
            expires_at=row.expires_at,
            frozen_reason=row.frozen_reason,
            disabled=row.disabled_at is not None,
        )
