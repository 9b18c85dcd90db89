"""Sending one conversation's outbox, in order; unknown outcomes are cleared up before anything else."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import structlog
from redis import RedisError

from bot import metrics
from bot.accounts.tokens import TokenSource
from bot.clock import Clock, to_ms
from bot.worker.echoes import OWNED, OWNED_REASON
from bot.worker.outbox import Outbox, Row
from connectors.channel import Account, Author, Channel, Found, SendContext, SendError

log = structlog.get_logger(__name__)

ECHO_GRACE = timedelta(seconds=2)
"""An echo usually settles an unknown send by itself; only then is the platform's history asked."""
CALL_ENDS = timedelta(seconds=15)
"""A call that another worker began has surely ended by then (its time-outs are 3 + 10 s): asked
earlier, the history could miss a message that is still on its way, and it would go out twice."""
NO_TOKEN_PAUSE = timedelta(seconds=5)
GIVE_UP_AFTER = timedelta(hours=24)
"""An outage is waited out, but within the shortest messaging window (Facebook's)."""
QUICK_REAUTHS = 3
MAX_LOOKUPS = 12
RETRY_WAITS_S = (1, 2, 5, 15, 30, 60, 120, 300)
LOOKUP_WAITS_S = (1, 2, 4, 8, 15, 30, 60)
UNDELIVERED = ("undelivered", "Nền tảng không trả lời suốt một ngày")
UNCLEAR = ("unknown", "Không rõ tin đã tới hay chưa; xem lại trong khung chat của nền tảng")
TOO_LONG = "Đã thử suốt một ngày không được"


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
        What is written meanwhile is notified anew, so after a row that was alone nobody looks again.
        """
        while may_act():
            row = self._outbox.first_undone(conversation_id)
            if row is None:
                return None
            wait = self._step(row)
            if wait is not None or row.alone:
                return wait
        return None

    def _step(self, row: Row) -> datetime | None:
        """Move ``row`` on; returns when to come back, None once it is settled."""
        now = self._clock()
        if row.status == "sending":  # one thread works a conversation: its former worker was cut off
            wait = (row.attempted_at or now) + CALL_ENDS
            self._outbox.unknown(row, wait, row.lookups)
            return wait
        if row.due_at > now:
            return row.due_at
        if row.status == "pending" and row.author == "bot" and row.owner == "officer":
            self._outbox.failed(row, OWNED, OWNED_REASON, with_rest=False)
            return None
        account = self._account(row)
        if account is None:
            return now + NO_TOKEN_PAUSE
        if row.status == "unknown":
            return self._look_up(row, account)
        wait_s = self._wait_s(row.channel, row.account_id, now.timestamp())
        if wait_s > 0:
            return now + timedelta(seconds=wait_s)
        claimed = self._outbox.claim(row, now)
        return self._send(claimed, account) if claimed else now  # somebody moved it: look again

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
        hopeful = now - row.created_at < GIVE_UP_AFTER
        if error.needs_reauth and hopeful:
            return self._reauth(row, account, error, now)
        if error.retryable and hopeful:
            due = now + timedelta(seconds=max(_nth(RETRY_WAITS_S, row.attempts), error.retry_after_s or 0))
            self._outbox.again(row, due, error.code, error.reason)
            return due
        if error.owned_elsewhere:
            self._outbox.owned_elsewhere(row.conversation_id, now)
        if error.recipient_gone:
            self._outbox.recipient_gone(row.conversation_id)
        reason = error.reason if hopeful else f"{TOO_LONG}: {error.reason}"
        with_rest = error.recipient_gone or error.window_closed or error.owned_elsewhere
        self._outbox.failed(row, error.code, reason, with_rest)
        return None

    def _reauth(self, row: Row, account: Account, error: SendError, now: datetime) -> datetime | None:
        try:
            renewed = self._tokens.refused(row.account_id, account.token)
        except RedisError:
            renewed = False
        due = now if renewed and row.attempts <= QUICK_REAUTHS else now + NO_TOKEN_PAUSE
        self._outbox.again(row, due, error.code, error.reason)
        return due

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
            if now - row.created_at >= GIVE_UP_AFTER:
                self._outbox.failed(row, *UNDELIVERED, with_rest=False)
                return None
            # The first time at once; a platform that keeps swallowing calls is given time.
            due = now if row.attempts <= 1 else now + timedelta(seconds=_nth(RETRY_WAITS_S, row.attempts))
            self._outbox.again(row, due, None, None)
            return due
        if row.lookups + 1 >= MAX_LOOKUPS:
            self._outbox.failed(row, *UNCLEAR, with_rest=False)
            return None
        due = now + timedelta(seconds=_nth(LOOKUP_WAITS_S, row.lookups + 1))
        self._outbox.unknown(row, due, row.lookups + 1)
        return due

    @staticmethod
    def _count(row: Row, outcome: str) -> None:
        metrics.SENDS.labels(row.channel, outcome).inc()


def _nth(waits: tuple[int, ...], number: int) -> int:
    """The wait after the ``number``-th time, counted from 1; the last one from then on."""
    return waits[min(number, len(waits)) - 1]
