"""Sending one conversation's outbox, in order; unknown outcomes are cleared up before anything else."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Protocol

import structlog
from redis import RedisError

from bot import metrics
from bot.clock import Clock, to_ms
from bot.worker.outbox import Outbox, Row
from connectors.channel import Account, Author, Channel, Found, SendContext, SendError

log = structlog.get_logger(__name__)

ECHO_GRACE = timedelta(seconds=2)
"""An echo usually settles an unknown send by itself; only then is the platform's history asked."""
FROZEN_PAUSE = timedelta(seconds=20)
MAX_ATTEMPTS = 8
MAX_LOOKUPS = 12
RETRY_WAITS_S = (1, 2, 5, 15, 30, 60, 120)
LOOKUP_WAITS_S = (1, 2, 4, 8, 15, 30, 60)
UNCLEAR = ("unknown", "Không rõ tin đã tới hay chưa; xem lại trong khung chat của nền tảng")
TOO_OFTEN = "Đã thử nhiều lần không được"


class TokenSource(Protocol):
    """See bot/accounts/tokens.py."""

    def sendable(self, account_id: int) -> Account | None: ...

    def refused(self, account_id: int, token: str) -> bool: ...


class ConversationSender:
    """Moves one conversation's outbox on as far as it goes now."""

    def __init__(
        self,
        outbox: Outbox,
        channels: Mapping[str, Channel],
        tokens: TokenSource,
        wait_s: Callable[[str, int, float], float],
        clock: Clock,
    ) -> None:
        self._outbox, self._channels, self._tokens = outbox, channels, tokens
        self._wait_s, self._clock = wait_s, clock

    def run(self, conversation_id: int, may_act: Callable[[], bool]) -> datetime | None:
        """Send until nothing is left (None) or something must wait (until the returned time).

        ``may_act`` is asked before every call to the outside: a worker that lost its lease stops.
        """
        while may_act():
            row = self._outbox.first_undone(conversation_id)
            if row is None:
                return None
            wait = self._step(row)
            if wait is not None:
                return wait
        return None

    def _step(self, row: Row) -> datetime | None:
        now = self._clock()
        if row.status == "sending":  # only one thread works a conversation: its former worker was killed
            wait = (row.attempted_at or now) + ECHO_GRACE
            self._outbox.unknown(row, wait, row.lookups)
            return wait
        if row.due_at > now:
            return row.due_at
        account = self._account(row)
        if account is None:
            return now + FROZEN_PAUSE
        if row.status == "unknown":
            return self._look_up(row, account)
        wait_s = self._wait_s(row.channel, row.account_id, now.timestamp())
        if wait_s > 0:
            return now + timedelta(seconds=wait_s)
        return self._send(row, account) if self._outbox.claim(row, now) else None

    def _account(self, row: Row) -> Account | None:
        try:
            return self._tokens.sendable(row.account_id)
        except RedisError as error:
            log.warning("delivery.no_token", account=row.account_id, error=type(error).__name__)
            return None

    def _send(self, row: Row, account: Account) -> datetime | None:
        began = time.perf_counter()
        context = SendContext(row.key, Author(row.author), row.last_inbound_ms, to_ms(self._clock()))
        result = self._channels[row.channel].send(account, row.user_ref, row.wire, context)
        metrics.SEND_SECONDS.labels(row.channel).observe(time.perf_counter() - began)
        now = self._clock()
        if result.message_id is not None:
            self._count(row, "sent")
            self._outbox.sent(row, result.message_id, now)
            return None
        if result.error is None:
            self._count(row, "unknown")
            self._outbox.unknown(row, now + ECHO_GRACE, 0)
            return now + ECHO_GRACE
        return self._error(row, account, result.error)

    def _error(self, row: Row, account: Account, error: SendError) -> datetime | None:
        """Obey the platform's answer; all of these say that nothing was delivered."""
        now = self._clock()
        log.warning("delivery.refused", row=row.id, channel=row.channel, code=error.code)
        self._count(row, "retry" if error.retryable or error.needs_reauth else "failed")
        if error.needs_reauth:
            return self._reauth(row, account, error, now)
        if error.retryable and row.attempts + 1 < MAX_ATTEMPTS:
            waits = RETRY_WAITS_S[min(row.attempts, len(RETRY_WAITS_S) - 1)]
            due = now + timedelta(seconds=max(waits, error.retry_after_s or 0))
            self._outbox.again(row, due, error.code, error.reason)
            return due
        if error.owned_elsewhere:
            self._outbox.owned_elsewhere(row.conversation_id, now)
        if error.recipient_gone:
            self._outbox.recipient_gone(row.conversation_id)
        reason = f"{TOO_OFTEN}: {error.reason}" if error.retryable else error.reason
        with_rest = error.recipient_gone or error.window_closed or error.owned_elsewhere
        self._outbox.failed(row, error.code, reason, with_rest)
        return None

    def _reauth(self, row: Row, account: Account, error: SendError, now: datetime) -> datetime | None:
        try:
            renewed = self._tokens.refused(row.account_id, account.token)
        except RedisError:
            renewed = False
        if row.attempts + 1 >= MAX_ATTEMPTS:
            renewed = False
        due = now if renewed else now + FROZEN_PAUSE
        self._outbox.again(row, due, error.code, error.reason)
        return None if renewed else due

    def _look_up(self, row: Row, account: Account) -> datetime | None:
        """Was it delivered? Sent again only if the platform's own history says that it is not there."""
        now = self._clock()
        since = to_ms(row.attempted_at or row.created_at)
        answer = self._channels[row.channel].find_sent(account, row.user_ref, row.wire, since)
        self._count(row, f"lookup_{answer.found}")
        if answer.found is Found.SENT:
            self._outbox.sent(row, answer.message_id or "", now)
            return None
        if answer.found is Found.ABSENT:
            self._outbox.again(row, now, None, None)
            return None
        if row.lookups + 1 >= MAX_LOOKUPS:
            self._outbox.failed(row, *UNCLEAR, with_rest=False)
            return None
        due = now + timedelta(seconds=LOOKUP_WAITS_S[min(row.lookups, len(LOOKUP_WAITS_S) - 1)])
        self._outbox.unknown(row, due, row.lookups + 1)
        return due

    @staticmethod
    def _count(row: Row, outcome: str) -> None:
        metrics.SENDS.labels(row.channel, outcome).inc()
