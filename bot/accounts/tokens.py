"""Access tokens that are alive. Zalo's refresh token is single-use: one refresher, under a lock.

Facebook's page token does not expire by itself; refused, it can only be replaced by a person.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Protocol

import structlog
from redis import Redis
from sqlalchemy.exc import OperationalError
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_exponential

from bot.accounts.registry import AccountRegistry, KnownAccount
from bot.clock import Clock
from connectors.channel import Account
from connectors.zalo.oauth import RefreshError, RefreshRefused, RefreshUnknown, TokenPair

log = structlog.get_logger(__name__)

RENEW_BEFORE = timedelta(hours=5)
LOCK_MS = 90_000
"""Longer than two refresh calls take (2 x 25 s): a lock that ends earlier lets a token be used twice."""

COOL_DOWN_MS = 15_000
"""How long the lock outlives a call to Zalo: a failing token service is not asked at every message,
and a token that is refused right after its renewal not renewed at every message."""
KEEP_FOR_S = 25.0
"""How long a new pair is offered to a database that is away; with two calls still within the lock."""

_UNLOCK = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
if ARGV[2] == '0' then return redis.call('DEL', KEYS[1]) end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
"""

CONSENT = (
    "Zalo không nhận mã làm mới nữa: quản trị viên OA cần kết nối lại ở mục “Tài khoản kết nối” trên bàn làm "
    "việc, hoặc đặt ZALO_REFRESH_TOKEN mới."
)
NEW_PAGE_TOKEN = (
    "Facebook không nhận mã của trang nữa: cần kết nối lại ở mục “Tài khoản kết nối” trên bàn làm việc, hoặc "
    "đặt FACEBOOK_PAGE_TOKEN mới."
)


class TokenSource(Protocol):
    """What sending needs of :class:`Tokens`."""

    def sendable(self, account_id: int) -> Account | None: ...

    def refused(self, account_id: int, token: str) -> bool: ...


class Tokens:
    """Hands out accounts that can send. ``refresh_zalo`` trades a refresh token for a new pair."""

    def __init__(
        self,
        registry: AccountRegistry,
        client: Redis,
        refresh_zalo: Callable[[str], TokenPair],
        clock: Clock,
    ) -> None:
        self._registry, self._redis, self._refresh_zalo, self._clock = registry, client, refresh_zalo, clock
        self._unlock = client.register_script(_UNLOCK)

    def sendable(self, account_id: int) -> Account | None:
        """The account with a token to use now; None while there is none (frozen, disabled, being renewed).

        :raises redis.RedisError: if a refresh is due and Redis, which holds its lock, is away.
        """
        known = self._registry.by_id(account_id)
        if known.frozen_reason or known.disabled:
            return None
        if known.channel == "zalo" and self._due(known):
            known = self._renew(known) or known
        if known.channel == "zalo" and not known.access_token:
            return None
        return Account(known.channel, known.external_id, known.access_token)

    def refused(self, account_id: int, token: str) -> bool:
        """The platform refused ``token``: True if there is another one to use now; else it is frozen.

        :raises redis.RedisError: as :meth:`sendable`.
        """
        self._registry.forget()
        known = self._registry.by_id(account_id)
        if known.access_token != token:
            return not known.frozen_reason
        if known.channel != "zalo":
            self._registry.freeze(account_id, NEW_PAGE_TOKEN)
            return False
        return self._renew(known, force=True) is not None

    def _due(self, known: KnownAccount) -> bool:
        return known.expires_at is None or known.expires_at - self._clock() < RENEW_BEFORE

    def _renew(self, known: KnownAccount, force: bool = False) -> KnownAccount | None:
        """A new pair, committed before it is used; None if another process is at it or it failed."""
        me, lock, cool_down_ms = uuid.uuid4().hex, f"lock:token:{known.id}", 0
        if not self._redis.set(lock, me, nx=True, px=LOCK_MS):
            return None
        try:
            self._registry.forget()
            latest = self._registry.by_id(known.id)
            if latest.access_token != known.access_token or not (force or self._due(latest)):
                return latest
            cool_down_ms = COOL_DOWN_MS
            pair = self._trade(latest, refused=force)
            if pair is None:
                return None
            self._keep(known.id, pair)
            log.info("account.token_renewed", account=known.id)
            return self._registry.by_id(known.id)
        finally:
            self._unlock(keys=[lock], args=[me, cool_down_ms])

    def _keep(self, account_id: int, pair: TokenPair) -> None:
        """Commit the pair: the old one is dead already, so a database that is away is waited for."""
        for attempt in Retrying(
            retry=retry_if_exception_type(OperationalError),
            wait=wait_exponential(0.1, max=5),
            stop=stop_after_delay(KEEP_FOR_S),
            reraise=True,
        ):
            with attempt:
                self._registry.store_tokens(
                    account_id, pair.access_token, pair.refresh_token, pair.expires_at
                )

    def _trade(self, known: KnownAccount, refused: bool) -> TokenPair | None:
        """Ask Zalo, once more after an unclear outcome. If it says no, the account is frozen unless
        its access token still lasts (and was not ``refused`` either)."""
        try:
            try:
                return self._refresh_zalo(known.refresh_token)
            except RefreshUnknown:
                return self._refresh_zalo(known.refresh_token)
        except RefreshRefused as error:
            log.error("account.refresh_refused", account=known.id, code=error.code)
            if refused or known.expires_at is None or known.expires_at <= self._clock():
                self._registry.freeze(known.id, CONSENT)
            return None
        except RefreshError as error:
            log.warning("account.refresh_failed", account=known.id, code=error.code)
            return None
