"""The calls to the Graph API: send, look up what was sent, typing, and how the page is."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import structlog

from connectors.channel import (
    Account,
    Author,
    Found,
    Health,
    Lookup,
    SendContext,
    SendError,
    SendResult,
    Wire,
)
from connectors.facebook.errors import (
    HUMAN_WINDOW_CLOSED,
    WINDOW_CLOSED,
)
from connectors.facebook.events import KEY_PREFIX
from connectors.facebook.graph import Graph, created_ms
from connectors.facebook.personas import Personas
from connectors.facebook.throttle import Brake
from connectors.http import (
    Answer,
    HttpClient,
    MaybeSent,
    NeverSent,
    Timeout,
    deliver,
    without_body,
)
from connectors.matching import same_text, sent_since
from connectors.payload import identifier, items, mapping

WINDOW_MS = 24 * 3600 * 1000
HUMAN_WINDOW_MS = 7 * 24 * 3600 * 1000
TYPING_TIMEOUT: Timeout = (1.0, 2.0)  # nobody waits for it
SUBSCRIBED_FIELDS = (
    "messages,messaging_postbacks,message_echoes,message_deliveries,message_reads,message_reactions,"
    "message_edits,messaging_referrals,messaging_optins,messaging_handovers,standby,feed,mention,"
    "messaging_policy_enforcement"
)
BAD_PARAMETER = "100"
"""Meta's code of a parameter that is wrong, such as a persona that was removed; nothing was sent."""
HISTORY = 20  # messages that the Conversations API tells in detail

log = structlog.get_logger(__name__)


class FacebookClient:
    """One client for all pages of an app. ``app_secret`` proves every call; empty: no proof."""

    def __init__(
        self, http: HttpClient, app_secret: str = "", brake: Brake | None = None, persona_picture: str = ""
    ) -> None:
        self._personas = Personas(self._ask, persona_picture)
        self.graph = self._graph = Graph(http, app_secret, brake)

    def send(self, account: Account, recipient: str, wire: Wire, context: SendContext) -> SendResult:
        """One message. Outside the window, or while the page is braked, nothing is called.

        A wire with a ``recipient`` of its own, such as a comment to answer in private, keeps it.
        """
        kind = messaging_type(context)
        refusal = kind if isinstance(kind, SendError) else self._graph.refusal(account)
        if isinstance(kind, SendError) or refusal is not None:
            return SendResult(error=refusal)
        started = time.monotonic()
        name = str(mapping(wire.get("persona")).get("name") or "")
        persona_id = self._personas.find(account, name) if name else None
        head = {"recipient": {"id": recipient}, **kind}
        result = self._post(account, {**head, **_marked(wire, context.idempotency_key, persona_id)})
        if persona_id and result.error and result.error.code == BAD_PARAMETER:  # gone: in words, then
            self._personas.forget(account, name)
            result = self._post(account, {**head, **_marked(wire, context.idempotency_key)})
        log.info(
            "facebook.sent",
            account=account.id,
            recipient=recipient,
            key=context.idempotency_key,
            message_id=result.message_id,
            code=result.error.code if result.error else None,
            unknown=result.unknown,
            ms=round((time.monotonic() - started) * 1000),
        )
        return result

    def _post(self, account: Account, body: Mapping[str, Any]) -> SendResult:
        return deliver(
            lambda: self._call("POST", account, "/messages", body=body),
            lambda answer: self._read_send(account, answer),
            "Facebook",
        )

    def find_sent(self, account: Account, recipient: str, wire: Wire, since_ms: int) -> Lookup:
        """Look for ``wire`` among the newest messages of the conversation.

        Meta tells the time in whole seconds, and pictures and templates without their text: these
        are taken for ours if the page sent any such message since then. ABSENT holds for the
        moment of the call: ask only when the send itself has surely ended.
        """
        if self._graph.refusal(account) is not None:
            return Lookup(Found.UNCERTAIN)
        fields = f"messages.limit({HISTORY}){{id,message,created_time,from}}"
        params = {"platform": "messenger", "user_id": recipient, "fields": fields}
        try:
            answer = self._call("GET", account, "/conversations", params=params)
        except (NeverSent, MaybeSent):
            return Lookup(Found.UNCERTAIN)
        if answer.body is None or "error" in answer.body or answer.status >= 300:
            return Lookup(Found.UNCERTAIN)
        threads = [mapping(thread) for thread in items(answer.body.get("data"))]
        messages = [
            mapping(m) for thread in threads for m in items(mapping(thread.get("messages")).get("data"))
        ]
        since_s = since_ms // 1000 * 1000
        recent = [m for m in messages if sent_since(created_ms(m.get("created_time")), since_s)]
        for message in recent:
            author = identifier(mapping(message.get("from")).get("id"))
            if author == account.id and _shows(message, wire) and identifier(message.get("id"), 200):
                return Lookup(Found.SENT, identifier(message["id"], 200))
        return Lookup(Found.UNCERTAIN if len(recent) >= HISTORY else Found.ABSENT)

    def typing(self, account: Account, recipient: str) -> None:
        """Show "is writing" for about 20 seconds; a failure is logged and nothing more."""
        if self._graph.refusal(account) is not None:
            return
        body = {"recipient": {"id": recipient}, "sender_action": "typing_on"}
        try:
            answer = self._call("POST", account, "/messages", body=body, timeout=TYPING_TIMEOUT)
        except (NeverSent, MaybeSent) as error:
            log.info("facebook.typing_failed", account=account.id, error=str(error))
            return
        self._graph.watch(account, answer)

    def health(self, account: Account) -> Health:
        """Whether the token works and is this page's."""
        body = self._ask("GET", replace(account, id="me"), "", {"fields": "id,name"})
        if isinstance(body, Health):
            return body
        if identifier(body.get("id")) != account.id:
            return Health(False, "Khóa truy cập là của trang Facebook khác.")
        return Health(True)

    def subscription(self, account: Account, app_id: str) -> Health:
        """Whether Meta still sends us this page's events: after an hour of failures it stops.

        Without our app's id, any subscribed app is taken for ours.
        """
        body = self._ask("GET", account, "/subscribed_apps", {})
        if isinstance(body, Health):
            return body
        apps = {identifier(mapping(app).get("id")) for app in items(body.get("data"))} - {""}
        if app_id in apps or (apps and not app_id):
            return Health(True)
        return Health(False, "Facebook đã ngừng gửi tin của trang về đây.")

    def subscribe(self, account: Account) -> Health:
        """Ask Meta to send us this page's events, again if need be."""
        fields = {"subscribed_fields": SUBSCRIBED_FIELDS}
        body = self._ask("POST", account, "/subscribed_apps", fields)
        if isinstance(body, Health):
            return body
        return Health(
            body.get("success") is True, "" if body.get("success") is True else "Facebook không nhận."
        )

    def _ask(
        self, method: str, account: Account, path: str, params: Mapping[str, str]
    ) -> Mapping[str, Any] | Health:
        return self._graph.ask(method, account, f"/{account.id}{path}", params)

    def set_profile(self, account: Account, profile: Mapping[str, Any]) -> Health:
        """Set what Messenger shows around a conversation; see :mod:`connectors.facebook.profile`."""
        try:
            answer = self._call("POST", account, "/messenger_profile", body=profile)
        except (NeverSent, MaybeSent) as failure:
            return Health(False, f"Không tới được Facebook ({type(failure).__name__})")
        refusal = self._graph.watch(account, answer)
        return Health(False, f"{refusal.reason} ({refusal.code})") if refusal else Health(answer.status < 300)

    def _call(
        self,
        method: str,
        account: Account,
        path: str,
        params: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        timeout: Timeout | None = None,
    ) -> Answer:
        return self._graph.call(method, account, f"/{account.id}{path}", params, body, timeout=timeout)

    def _read_send(self, account: Account, answer: Answer) -> SendResult:
        """``error`` counts whatever the HTTP status; success without an id counts as unknown."""
        error = self._graph.watch(account, answer)
        if error is not None:
            return SendResult(error=error)
        message_id = identifier(answer.body.get("message_id"), 200) if answer.body else ""
        if message_id and answer.status < 300:
            return SendResult(message_id=message_id)
        return without_body(answer, "Facebook")


def messaging_type(context: SendContext) -> dict[str, str] | SendError:
    """How the message must be declared, from who wrote it and when the resident last did.

    A resident whose last message is not known (0) is left to Meta's own judgement. Only an
    officer's words may carry HUMAN_AGENT; there is no other tag for us.
    """
    age_ms = context.now_ms - context.last_inbound_ms if context.last_inbound_ms > 0 else 0
    if age_ms <= WINDOW_MS:
        return {"messaging_type": "RESPONSE"}
    if context.author is not Author.OFFICER:
        return WINDOW_CLOSED
    if age_ms > HUMAN_WINDOW_MS:
        return HUMAN_WINDOW_CLOSED
    return {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}


def _marked(wire: Wire, key: str, persona_id: str | None = None) -> Wire:
    """``wire`` with our key in its metadata, by which its echo is known; under a persona's name."""
    persona = mapping(wire.get("persona"))
    plain = {name: value for name, value in wire.items() if name != "persona"}
    message = mapping(persona.get("message") if persona_id else wire.get("message"))
    named = {"persona_id": persona_id} if persona_id else {}
    return {**plain, **named, "message": {**message, "metadata": KEY_PREFIX + key}}


def _shows(message: Mapping[str, Any], wire: Wire) -> bool:
    persona = mapping(wire.get("persona"))
    if persona and _shows(message, {"message": persona.get("message")}):
        return True
    text = mapping(wire.get("message")).get("text")
    if text:
        return same_text(text, message.get("message"))
    template = mapping(mapping(mapping(wire.get("message")).get("attachment")).get("payload")).get("text")
    return not message.get("message") or (bool(template) and same_text(str(template), message.get("message")))
