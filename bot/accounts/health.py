"""Whether each account still works: asked daily by a worker, at will on the desk and by `bot accounts check`.

A page whose subscription Meta dropped is subscribed again; what a person must mend is written in words.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import structlog
from sqlalchemy import Engine, or_, select, update

from bot.accounts.registry import AccountRegistry
from bot.accounts.tokens import Tokens
from bot.clock import Clock
from bot.store.engine import reading, writing
from bot.store.models import Account
from connectors.channel import Account as Sendable
from connectors.channel import Channel, Health
from connectors.facebook.channel import FacebookChannel
from connectors.zalo.channel import ZaloChannel

log = structlog.get_logger(__name__)

EVERY = timedelta(hours=24)
AGAIN = timedelta(hours=1)
"""One that was not well is looked at sooner."""
REPAIRED = "Facebook đã ngừng gửi tin của trang về đây; đã đăng ký nhận lại."
RENEWING = "Đang xin mã truy cập mới; nếu quá 10 phút vẫn vậy, hãy kết nối lại."
NOT_CONNECTED = "Chưa có mã truy cập: hãy kết nối."
CHECKED = ("zalo", "facebook")


class AccountHealth:
    """Looks at accounts and writes what it found."""

    def __init__(
        self,
        engine: Engine,
        registry: AccountRegistry,
        tokens: Tokens,
        channels: Mapping[str, Channel],
        clock: Clock,
    ) -> None:
        self._engine, self._registry, self._tokens = engine, registry, tokens
        self._channels, self._clock = channels, clock

    def due(self) -> int:
        """Look at those whose time has come; returns how many were looked at."""
        now = self._clock()
        sick = Account.healthy.is_(False) & (Account.checked_at < now - AGAIN)
        query = select(Account.id).where(
            Account.channel.in_(CHECKED),
            Account.disabled_at.is_(None),
            or_(Account.checked_at.is_(None), Account.checked_at < now - EVERY, sick),
        )
        with reading(self._engine) as session:
            waiting = list(session.scalars(query.order_by(Account.id)))
        for account_id in waiting:
            self.check(account_id)
        return len(waiting)

    def check(self, account_id: int) -> Health:
        """Look at one account now."""
        self._registry.forget()
        health = self._look(account_id)
        with writing(self._engine) as session:
            session.execute(
                update(Account)
                .where(Account.id == account_id)
                .values(checked_at=self._clock(), healthy=health.ok, health=health.detail)
            )
        log.info("account.checked", account=account_id, ok=health.ok)
        return health

    def _look(self, account_id: int) -> Health:
        known = self._registry.by_id(account_id)
        channel = self._channels.get(known.channel)
        if channel is None:
            return Health(False, "Kênh này chưa được cài đặt trên máy chủ.")
        if known.frozen_reason:
            return Health(False, known.frozen_reason)
        if not (known.access_token or known.refresh_token):
            return Health(False, NOT_CONNECTED)
        account = self._tokens.sendable(account_id)
        if account is None:
            return Health(False, self._registry.by_id(account_id).frozen_reason or RENEWING)
        health = channel.health(account)
        if health.ok and isinstance(channel, FacebookChannel | ZaloChannel):
            self._name(account_id, channel.name_of(account))
        if not health.ok or not isinstance(channel, FacebookChannel):
            return health
        return self._subscribed(channel, account)

    def _name(self, account_id: int, name: str) -> None:
        """An account of the settings has no name until its platform tells it; what people wrote stays."""
        with writing(self._engine) as session:
            unnamed = update(Account).where(Account.id == account_id, Account.name == "")
            session.execute(unnamed.values(name=name[:120]))

    @staticmethod
    def _subscribed(channel: FacebookChannel, account: Sendable) -> Health:
        if channel.subscription(account).ok:
            return Health(True)
        repaired = channel.subscribe(account)
        return Health(True, REPAIRED) if repaired.ok else repaired
