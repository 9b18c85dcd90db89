"""The worker's job for comments: hide, answer in private, then in public; each once.

A call with an unclear outcome is looked up before it is made again: an answer by what stands under the
comment, a private reply by what Facebook says of the comment; hiding is simply done again.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import structlog
from redis import RedisError
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from bot.accounts.tokens import TokenSource
from bot.clock import Clock, to_ms
from bot.posts.comment_jobs import CommentJobs, Task
from bot.posts.comment_rows import Kind
from connectors.channel import Account, Found, Lookup, SendError, SendResult
from connectors.facebook.comments import GONE, NOT_ELIGIBLE, FacebookComments, PrivateResult

log = structlog.get_logger(__name__)

CALL_ENDS = timedelta(seconds=20)
"""A call that another worker began has surely ended by then (its time-outs are 3 + 10 s)."""
SETTLES = timedelta(seconds=3)
"""So soon after an unclear call Facebook's lists need not show it yet."""
NO_TOKEN_PAUSE = timedelta(seconds=10)
BROKEN_PAUSE = timedelta(minutes=5)
GIVE_UP_AFTER = timedelta(hours=24)
WAITS_S = (2, 5, 15, 30, 60, 120, 300)
MAX_LOOKUPS = 10
UNCLEAR = ("unknown", "Không rõ đã làm được hay chưa; hãy xem bình luận trên trang rồi quyết định.")


class Answering:
    """Carries out what is wanted of comments; any number of workers may."""

    def __init__(
        self, engine: Engine, comments: Mapping[str, FacebookComments], tokens: TokenSource, clock: Clock
    ) -> None:
        self._jobs = CommentJobs(engine)
        self._comments, self._tokens, self._clock = comments, tokens, clock

    def run(self) -> None:
        """Everything that is due; of each comment as far as it goes now."""
        for comment_id in self._jobs.due(self._clock()):
            try:
                while (task := self._jobs.first(comment_id, self._clock())) is not None:
                    if not self._step(task):
                        break
            except (RedisError, SQLAlchemyError):
                raise  # away for all of them
            except Exception:
                log.exception("comments.broken", comment=comment_id)  # the others must not wait for it
                self._jobs.set_aside(comment_id, self._clock() + BROKEN_PAUSE)

    def _step(self, task: Task) -> bool:
        """Move ``task`` on; whether to look at its comment again at once."""
        now = self._clock()
        comments = self._comments.get(task.channel)
        account = self._account(task)
        if comments is None or account is None:
            self._postpone(task, now)
            return False
        if task.state == "sending":  # its worker was killed, or cut off
            self._jobs.unknown(task, task.attempts, now, task.lookups)
            return True
        if task.state == "unknown":
            return self._look_up(task, account, comments, now)
        if not self._jobs.claim(task, now, now + CALL_ENDS):
            return False
        done = self._call(task, account, comments)
        return self._settle(task, account, comments, done)

    def _account(self, task: Task) -> Account | None:
        try:
            return self._tokens.sendable(task.account_id)
        except RedisError as error:
            log.warning("comments.no_token", account=task.account_id, error=type(error).__name__)
            return None

    def _postpone(self, task: Task, now: datetime) -> None:
        if task.state == "pending":
            if now - task.created_at > GIVE_UP_AFTER:
                self._jobs.failed(task, "no_token", "Trang chưa kết nối lại suốt một ngày.", now)
            else:
                self._jobs.again(task, task.attempts, now + NO_TOKEN_PAUSE)
        else:
            self._jobs.unknown(task, task.attempts, now + NO_TOKEN_PAUSE, task.lookups)

    @staticmethod
    def _call(task: Task, account: Account, comments: FacebookComments) -> PrivateResult:
        match task.kind:
            case Kind.PRIVATE:
                return comments.private_reply(account, task.comment_ref, task.wire, task.key)
            case Kind.REPLY:
                return PrivateResult(comments.reply(account, task.target, task.text))
        return PrivateResult(comments.hide(account, task.comment_ref, task.kind is Kind.HIDE))

    def _settle(self, task: Task, account: Account, comments: FacebookComments, done: PrivateResult) -> bool:
        now, attempts = self._clock(), task.attempts + 1
        result: SendResult = done.result
        if result.message_id is not None:
            self._jobs.done(task, result.message_id, now, done.recipient)
            return True
        if result.error is None:
            self._jobs.unknown(task, attempts, now + SETTLES, 0)
            return False
        return self._error(task, account, comments, result.error, now)

    def _error(
        self, task: Task, account: Account, comments: FacebookComments, error: SendError, now: datetime
    ) -> bool:
        attempts = task.attempts + 1
        log.warning("comments.refused", action=task.id, kind=task.kind, code=error.code)
        if error.needs_reauth:
            self._refused(task, account)
        hopeful = now - task.created_at < GIVE_UP_AFTER
        if (error.retryable or error.needs_reauth) and hopeful:
            wait_s = max(WAITS_S[min(attempts, len(WAITS_S)) - 1], error.retry_after_s or 0)
            self._jobs.again(task, attempts, now + timedelta(seconds=wait_s), error.code, error.reason)
            return False
        if error.code in GONE and comments.exists(account, task.comment_ref) is False:
            self._jobs.gone(task, now)
            return False
        if task.kind is Kind.PRIVATE and error.code == NOT_ELIGIBLE:
            found = comments.find_private(account, task.comment_ref)
            if found.found is Found.SENT and attempts > 1:  # an earlier call of ours arrived after all
                self._arrived(task, account, comments, found, now)
                return True
        self._jobs.failed(task, error.code, error.reason, now)
        return False

    def _refused(self, task: Task, account: Account) -> None:
        try:
            self._tokens.refused(task.account_id, account.token)
        except RedisError as error:
            log.warning("comments.no_token", account=task.account_id, error=type(error).__name__)

    def _look_up(self, task: Task, account: Account, comments: FacebookComments, now: datetime) -> bool:
        """Did it happen? Done again only if it certainly did not."""
        found = self._find(task, account, comments)
        log.info("comments.looked_up", action=task.id, kind=task.kind, found=found.found)
        if found.found is Found.SENT:
            self._arrived(task, account, comments, found, now)
            return True
        if found.found is Found.ABSENT:
            wait = timedelta(
                seconds=WAITS_S[min(task.attempts, len(WAITS_S)) - 1] if task.attempts > 1 else 0
            )
            self._jobs.again(task, task.attempts, now + wait)
            return task.attempts <= 1
        if comments.exists(account, task.comment_ref) is False:
            self._jobs.gone(task, now)
            return False
        if task.lookups + 1 >= MAX_LOOKUPS:
            self._jobs.failed(task, *UNCLEAR, now)
            return False
        wait_s = WAITS_S[min(task.lookups, len(WAITS_S) - 1)]
        self._jobs.unknown(task, task.attempts, now + timedelta(seconds=wait_s), task.lookups + 1)
        return False

    def _arrived(
        self, task: Task, account: Account, comments: FacebookComments, found: Lookup, now: datetime
    ) -> None:
        """A look-up found it: of a private reply the conversation, hence the person."""
        ref = found.message_id or ""
        person = comments.person_in(account, ref) if task.kind is Kind.PRIVATE and ref else ""
        self._jobs.done(task, ref, now, person)

    @staticmethod
    def _find(task: Task, account: Account, comments: FacebookComments) -> Lookup:
        if task.kind is Kind.PRIVATE:
            return comments.find_private(account, task.comment_ref)
        if task.kind is Kind.REPLY:
            since = to_ms(task.attempted_at or task.created_at)
            return comments.find_reply(account, task.target, task.text, since)
        return Lookup(Found.ABSENT)  # doing it again changes nothing
