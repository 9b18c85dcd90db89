"""The web chat as a channel: the page's POST becomes an :class:`Event`, a reply becomes one feed entry.

There is no platform to sign or to deliver: the blueprint in ``bot/chat`` checks the session before
the body comes here, and "sending" is an append to the feed that the page reads.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from connectors.buttons import is_fetchable
from connectors.channel import (
    Account,
    Button,
    ButtonKind,
    Event,
    EventKind,
    FeedSink,
    Found,
    Health,
    Lookup,
    Reply,
    SendContext,
    SendError,
    SendResult,
    Verification,
    Wire,
)

MAX_TEXT = 4000
"""Characters of a resident's message that are kept; the rest is cut off, not refused, because a
suspicious message that somebody pastes can be long and its beginning tells enough."""
MAX_TITLE = 120
MAX_PAYLOAD = 200

_CLIENT_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{7,63}")
_SESSION_ID = re.compile(r"[0-9A-Za-z_-]{16,64}")
_PAYLOAD = re.compile(r"#\S{0,199}")
_PHONE = re.compile(r"\+?[0-9][0-9 .()-]{1,19}")
# Control characters other than tab and line feed: PostgreSQL refuses NUL, screens show nothing.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class FeedUnavailable(Exception):
    """The feed cannot be read or written now; the same call may be repeated, keys make it safe."""


class BadMessage(ValueError):
    """A body that the page would not send. ``code`` is for programs, ``args[0]`` for developers."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class ChatSink(FeedSink, Protocol):
    """A feed that can also say that an answer is on its way."""

    def typing(self, session_id: str) -> None:
        """Show "is writing" for some seconds or until the next push; failures are ignored."""
        ...


class WebchatChannel:
    """:class:`connectors.channel.Channel` of the website. ``account_id`` names the website."""

    name = "webchat"

    def __init__(self, sink: ChatSink, account_id: str = "web") -> None:
        self._sink = sink
        self._account_id = account_id

    def verify(self, headers: Mapping[str, str], raw: bytes) -> Verification:
        """Always OK: the blueprint has checked the signed session, and nothing else posts here."""
        return Verification.OK

    def parse(self, raw: bytes) -> Sequence[Event]:
        """The one event of a POST: ``{"session", "id", "at_ms"?, "text" | "payload", "title"? | "opened"}``.

        :raises BadMessage: (a ValueError) if the body is not such an object.
        """
        body = _load(raw)
        session = _match(body, "session", _SESSION_ID)
        client_id = _match(body, "id", _CLIENT_ID)
        kind, text, payload = _content(body)
        at_ms = body.get("at_ms", 0)
        return [
            Event(
                channel=self.name,
                account_id=self._account_id,
                kind=kind,
                event_id=client_id,
                user_id=session,
                # The blueprint's clock; a client cannot reach this field.
                at_ms=at_ms if type(at_ms) is int and at_ms >= 0 else 0,
                text=text,
                payload=payload,
                message_id=client_id,
                platform_event=f"webchat.{kind.value}",
            )
        ]

    def render(self, reply: Reply) -> Sequence[Wire]:
        """One wire, whatever the length: a page can scroll. What is not safe to click becomes text."""
        lines = [clean(reply.text)]
        buttons: list[Wire] = []
        for button in reply.buttons:
            if _clickable(button):
                buttons.append(
                    {"title": button.title, "value": button.value.strip(), "kind": button.kind.value}
                )
            elif button.kind is ButtonKind.QUESTION:
                lines.append(button.title)
            else:
                lines.append(f"{button.title}: {button.value}")
        image = reply.image_url if reply.image_url and is_fetchable(reply.image_url) else None
        return [{"text": "\n".join(line for line in lines if line), "buttons": buttons, "image_url": image}]

    def send(self, account: Account, recipient: str, wire: Wire, context: SendContext) -> SendResult:
        """Append to the feed, once per idempotency key, so a repeated send is never shown twice."""
        try:
            entry_id = self._sink.push(
                recipient, context.idempotency_key, {**wire, "author": context.author.value}
            )
        except FeedUnavailable:
            error = SendError(
                code="webchat/feed", reason="Chưa ghi được tin cho trang trò chuyện.", retryable=True
            )
            return SendResult(error=error)
        return SendResult(message_id=entry_id)

    def find_sent(self, account: Account, recipient: str, wire: Wire, since_ms: int) -> Lookup:
        """Always ABSENT, which means "send it again": the feed drops a second push of the same key.

        A look-up by the wire would be worse: two equal answers in one conversation are legitimate.
        """
        return Lookup(Found.ABSENT)

    def typing(self, account: Account, recipient: str) -> None:
        self._sink.typing(recipient)

    def health(self, account: Account) -> Health:
        """There is no token that could die; Redis itself is on the list of ``/readyz``."""
        return Health(ok=True)


def clean(text: str) -> str:
    """``text`` with LF line ends, without control characters and lone surrogates, stripped."""
    unified = text.replace("\r\n", "\n").replace("\r", "\n")
    visible = _CONTROL.sub("", unified)
    return visible.encode("utf-8", "ignore").decode("utf-8").strip()


def _load(raw: bytes) -> dict[str, Any]:
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError) as error:  # RecursionError: sixteen kilobytes of "["
        raise BadMessage("bad_json", "the body is not JSON") from error
    if not isinstance(body, dict):
        raise BadMessage("bad_json", "the body is not a JSON object")
    return body


def _match(body: Mapping[str, Any], name: str, pattern: re.Pattern[str]) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise BadMessage(f"bad_{name}", f"{name} must match {pattern.pattern}")
    return value


def _content(body: Mapping[str, Any]) -> tuple[EventKind, str | None, str | None]:
    """Exactly one of text, payload and opened."""
    given = [name for name in ("text", "payload", "opened") if body.get(name) is not None]
    if len(given) != 1:
        raise BadMessage("bad_content", "give exactly one of text, payload, opened")
    if given == ["opened"]:
        if body["opened"] is not True:
            raise BadMessage("bad_content", "opened must be true")
        return EventKind.OPENED, None, None
    if given == ["payload"]:
        payload = _match(body, "payload", _PAYLOAD)
        title = body.get("title")
        text = clean(title[:MAX_TITLE]) if isinstance(title, str) else ""
        if payload != clean(payload):
            raise BadMessage("bad_payload", "payload holds control characters")
        return EventKind.BUTTON, text or None, payload
    text = body["text"]
    if not isinstance(text, str):
        raise BadMessage("bad_text", "text must be a string")
    text = clean(text[:MAX_TEXT])
    if not text:
        raise BadMessage("empty_text", "text is empty")
    return EventKind.MESSAGE, text, None


def _clickable(button: Button) -> bool:
    value = button.value.strip()
    if button.kind is ButtonKind.LINK:
        return _is_https(value)
    if button.kind is ButtonKind.PHONE:
        return _PHONE.fullmatch(value) is not None
    return _PAYLOAD.fullmatch(value) is not None


def _is_https(url: str) -> bool:
    return url.strip().lower().startswith("https://")
