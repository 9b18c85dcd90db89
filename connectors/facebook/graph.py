"""One call to the Graph API: token, proof, usage headers, errors; what every client of ours is built on."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import structlog

from connectors.channel import Account, Health, SendError, SendResult
from connectors.facebook.errors import NO_TOKEN, RATE_LIMIT_CODES, RATE_LIMIT_WAIT_S, error_of
from connectors.facebook.throttle import STOP_AT_PERCENT, STOP_S, Brake, read_usage
from connectors.http import (
    Answer,
    File,
    HttpClient,
    MaybeSent,
    NeverSent,
    Timeout,
    deliver,
    retry_after_s,
    usable_token,
    without_body,
)

GRAPH_VERSION = "v25.0"
"""In force until 29 July 2028; Meta upgrades an expired version silently."""

_UNCLEAR = frozenset({"1", "2"})

log = structlog.get_logger(__name__)


class Graph:
    """Calls for all pages of an app. ``app_secret`` proves every call; empty: no proof. Thread-safe."""

    def __init__(self, http: HttpClient, app_secret: str = "", brake: Brake | None = None) -> None:
        self._http = http
        self._app_secret = app_secret
        self._brake = brake or Brake()

    def call(
        self,
        method: str,
        account: Account,
        path: str,
        params: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        *,
        form: Mapping[str, str] | None = None,
        files: Mapping[str, File] | None = None,
        timeout: Timeout | None = None,
    ) -> Answer:
        """One call; ``path`` begins with a node: ``/{account.id}/feed``.

        :raises NeverSent, MaybeSent: see :meth:`connectors.http.HttpClient.call`.
        """
        query = dict(params or {})
        if self._app_secret:
            query["appsecret_proof"] = appsecret_proof(self._app_secret, account.token)
        return self._http.call(
            method,
            f"/{GRAPH_VERSION}{path}",
            headers={"Authorization": f"Bearer {account.token}"},
            params=query,
            body=body,
            form=form,
            files=files,
            timeout=timeout,
        )

    def ask(
        self, method: str, account: Account, path: str, params: Mapping[str, str]
    ) -> Mapping[str, Any] | Health:
        """The body of a successful call that sends nothing; else what to tell the administrator."""
        if not usable_token(account.token):
            return Health(False, NO_TOKEN.reason)
        try:
            answer = self.call(method, account, path, params=params)
        except (NeverSent, MaybeSent):
            return Health(False, "Chưa kết nối được tới Facebook.")
        error = self.watch(account, answer)  # what is read uses the page's limit up as well
        if answer.body is None:
            return Health(False, f"Facebook trả lời lỗi (HTTP {answer.status}).")
        return answer.body if error is None else Health(False, error.reason)

    def deliver(
        self,
        account: Account,
        call: Callable[[], Answer],
        read: Callable[[Mapping[str, Any]], str],
        explain: Callable[[SendError], SendError] = lambda error: error,
    ) -> SendResult:
        """One call that changes something on a page, and what became of it.

        Meta's "unknown error" and "service unavailable" (1, 2, with any subcode) may come after it was done:
        the outcome is unknown then.

        :param read: the id of what was made, "" if the answer names none.
        :param explain: an error in words that fit what was tried.
        """
        refusal = self.refusal(account)
        if refusal is not None:
            return SendResult(error=refusal)

        def result(answer: Answer) -> SendResult:
            error = self.watch(account, answer)
            if error is not None:
                unclear = error.code.split("/")[0] in _UNCLEAR or (answer.status >= 500 and error.retryable)
                return SendResult() if unclear else SendResult(error=explain(error))
            done = read(answer.body) if answer.body else ""
            sure = done and answer.status < 300
            return SendResult(message_id=done) if sure else without_body(answer, "Facebook")

        return deliver(call, result, "Facebook")

    def refusal(self, account: Account) -> SendError | None:
        """Why no call may be made for this account now."""
        if not usable_token(account.token):
            return NO_TOKEN
        wait_s = self._brake.wait_s(account.id)
        if wait_s > 0:
            reason = "Trang đang gần hết hạn mức gọi Facebook, sẽ gửi sau."
            return SendError("throttled", reason, retryable=True, retry_after_s=wait_s)
        return None

    def watch(self, account: Account, answer: Answer) -> SendError | None:
        """The error of an answer, if any; brakes the page if it is at its limit."""
        usage = read_usage(answer.headers)
        error = error_of(answer.body, answer.status) if answer.body and "error" in answer.body else None
        if error is not None and int(error.code.split("/")[0]) in RATE_LIMIT_CODES and error.retryable:
            wait_s = max(usage.regain_s, retry_after_s(answer.headers) or 0.0, RATE_LIMIT_WAIT_S)
            error = replace(error, retry_after_s=wait_s)
            self._brake.stop(account.id, wait_s)
        elif usage.percent >= STOP_AT_PERCENT or usage.regain_s > 0:
            self._brake.stop(account.id, max(usage.regain_s, STOP_S))
            log.warning("facebook.near_limit", account=account.id, percent=usage.percent)
        return error


def created_ms(value: Any) -> int:
    """Meta's ``created_time`` ("2026-11-24T09:50:48+0000") as epoch ms; 0 if it is not a time."""
    try:
        return int(datetime.fromisoformat(str(value)).timestamp() * 1000)
    except (ValueError, OverflowError):
        return 0


def appsecret_proof(app_secret: str, token: str) -> str:
    """Meta's proof that the caller knows the app secret: an HMAC over the token."""
    return hmac.new(app_secret.encode(), token.encode(), hashlib.sha256).hexdigest()
