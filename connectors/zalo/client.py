"""The calls to ``openapi.zalo.me``: send, look up what was sent, ask how the OA is."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from typing import Any

import structlog

from connectors.channel import Account, Found, Health, Lookup, SendContext, SendError, SendResult, Wire
from connectors.http import Answer, HttpClient, MaybeSent, NeverSent, deliver, usable_token, without_body
from connectors.matching import same_text, sent_since
from connectors.payload import epoch_ms, identifier, items, mapping, number
from connectors.zalo.errors import NO_TOKEN, WINDOW_CLOSED, error_of

SEND_PATH = "/v3.0/oa/message/cs"
HISTORY_PATH = "/v2.0/oa/conversation"
OA_PATH = "/v2.0/oa/getoa"
WINDOW_MS = 7 * 24 * 3600 * 1000

PAGE = 10
MAX_PAGES = 5

log = structlog.get_logger(__name__)


class ZaloClient:
    """One client for all OAs of an app. ``app_secret``, if given, proves every call to Zalo."""

    def __init__(self, http: HttpClient, app_secret: str = "") -> None:
        self._http = http
        self._app_secret = app_secret

    def send(self, account: Account, recipient: str, wire: Wire, context: SendContext) -> SendResult:
        """One message. Outside the seven days nothing is called."""
        if context.last_inbound_ms > 0 and context.now_ms - context.last_inbound_ms > WINDOW_MS:
            return SendResult(error=WINDOW_CLOSED)
        if not usable_token(account.token):
            return SendResult(error=NO_TOKEN)
        started = time.monotonic()
        result = deliver(
            lambda: self._http.call(
                "POST",
                SEND_PATH,
                headers=self._headers(account),
                body={"recipient": {"user_id": recipient}, **wire},
            ),
            lambda answer: _read_send(answer, context.now_ms),
            "Zalo",
        )
        log.info(
            "zalo.sent",
            account=account.id,
            recipient=recipient,
            key=context.idempotency_key,
            message_id=result.message_id,
            code=result.error.code if result.error else None,
            unknown=result.unknown,
            ms=round((time.monotonic() - started) * 1000),
        )
        return result

    def find_sent(self, account: Account, recipient: str, wire: Wire, since_ms: int) -> Lookup:
        """Look for ``wire`` in the conversation, newest first, back to ``since_ms``.

        The history tells texts and pictures of the OA (``src`` 0). ABSENT holds for the moment of
        the call: ask only when the send itself has surely ended.
        """
        if not usable_token(account.token):
            return Lookup(Found.UNCERTAIN)
        for page in range(MAX_PAGES):
            query = {"user_id": recipient, "offset": page * PAGE, "count": PAGE}
            rows = self._rows(account, HISTORY_PATH, query)
            if rows is None:
                return Lookup(Found.UNCERTAIN)
            recent = [row for row in rows if sent_since(epoch_ms(row.get("time")), since_ms)]
            for row in recent:
                if number(row.get("src")) == 0 and _shows(row, wire) and identifier(row.get("message_id")):
                    return Lookup(Found.SENT, identifier(row["message_id"]))
            if len(recent) < PAGE:
                return Lookup(Found.ABSENT)
        return Lookup(Found.UNCERTAIN)

    def health(self, account: Account) -> Health:
        """Whether the token is accepted by ``getoa``."""
        if not usable_token(account.token):
            return Health(False, NO_TOKEN.reason)
        try:
            answer = self._http.call("GET", OA_PATH, headers=self._headers(account))
        except (NeverSent, MaybeSent):
            return Health(False, "Chưa kết nối được tới Zalo.")
        error = _error(answer, now_ms=0)
        return Health(error is None, error.reason if error else "")

    def _rows(self, account: Account, path: str, query: Mapping[str, Any]) -> list[Mapping[str, Any]] | None:
        """The list that a GET gives; None if it cannot be had now."""
        try:
            answer = self._http.call(
                "GET", path, headers=self._headers(account), params={"data": json.dumps(query)}
            )
        except (NeverSent, MaybeSent):
            return None
        if answer.body is None or _error(answer, now_ms=0) is not None:
            return None
        return [row for row in items(answer.body.get("data")) if isinstance(row, dict)]

    def _headers(self, account: Account) -> dict[str, str]:
        headers = {"access_token": account.token}
        if self._app_secret:
            headers["appsecret_proof"] = appsecret_proof(self._app_secret, account.token)
        return headers


def appsecret_proof(app_secret: str, token: str) -> str:
    """Zalo's proof that the caller knows the app secret: an HMAC over the token."""
    return hmac.new(app_secret.encode(), token.encode(), hashlib.sha256).hexdigest()


def _read_send(answer: Answer, now_ms: int) -> SendResult:
    """Success without a message id counts as unknown: the history will tell the id."""
    if answer.body is None or "error" not in answer.body:
        return without_body(answer, "Zalo")
    error = _error(answer, now_ms)
    if error is not None:
        return SendResult(error=error)
    return SendResult(message_id=identifier(mapping(answer.body.get("data")).get("message_id")) or None)


def _error(answer: Answer, now_ms: int) -> SendError | None:
    """The error of an answer; ``error`` may be a number or a number as text."""
    if answer.body is None or "error" not in answer.body:
        return SendError(f"http/{answer.status}", f"Zalo trả lời lỗi (HTTP {answer.status}).")
    code = number(answer.body["error"])
    if code is None:
        return SendError("unreadable", "Zalo trả lời không đúng dạng.")
    return error_of(int(code), now_ms) if code else None


def _shows(row: Mapping[str, Any], wire: Wire) -> bool:
    """Whether a row of the history shows ``wire``: its text, or a picture for a picture without text."""
    text = mapping(wire.get("message")).get("text")
    if text:
        return same_text(text, row.get("message")) or same_text(text, row.get("description"))
    return row.get("type") in {"photo", "GIF"} and not row.get("message") and not row.get("description")
