"""The web chat's addresses: the page, the widget's loader and the API that the page talks to."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import structlog
from flask import Blueprint, Response, jsonify, make_response, render_template, request, url_for

from bot.chat.config import ChatSettings
from bot.chat.feed import START, RedisFeed, is_entry_id
from bot.chat.limits import Rate, RateLimiter, StreamGate
from bot.chat.security import harden, no_store, page_policy
from bot.chat.sessions import HEADER, ChatSessions
from bot.chat.stream import event_lines, shown
from bot.intake.spool import SpoolError
from connectors.channel import Event, EventKind
from connectors.webchat.channel import BadMessage, FeedUnavailable, WebchatChannel

log = structlog.get_logger(__name__)

MAX_BODY = 16 * 1024
POLL_S = 3

_ERRORS = {
    "bad_session": (401, "Phiên trò chuyện đã hết hạn. Trang sẽ tự mở phiên mới."),
    "too_large": (413, "Tin nhắn dài quá. Ông/bà chia thành vài tin ngắn hơn."),
    "bad_after": (400, "Mốc tin nhắn không đúng."),
    "bad_message": (400, "Tin nhắn không đúng định dạng."),
    "empty_text": (400, "Tin nhắn đang trống."),
    "too_many": (429, "Ông/bà gửi nhanh quá. Xin chờ một chút rồi gửi tiếp."),
    "too_many_streams": (503, "Đang có nhiều người trò chuyện. Trang sẽ tự hỏi tin mới."),
    "unavailable": (503, "Hệ thống đang bận. Tin chưa gửi được, trang sẽ tự gửi lại."),
}


class ChatApi:
    """The handlers, with what they need. One per web process."""

    def __init__(
        self, feed: RedisFeed, limiter: RateLimiter, accept: Callable[[Event], object], settings: ChatSettings
    ) -> None:
        self._feed = feed
        self._limiter = limiter
        self._accept = accept
        self._settings = settings
        self._channel = WebchatChannel(feed, settings.account_id)
        self._sessions = ChatSessions(settings.secret_key)
        self._gate = StreamGate(settings.max_streams)

    def create_session(self) -> Response:
        """POST /chat/session: the token of a new session, 201."""
        wait_s = self._wait_s([(self._address_key("new"), self._settings.new_session_rate)])
        if wait_s:
            return _error("too_many", retry_after=wait_s)
        token = self._sessions.create()
        log.info("webchat.session")
        return _json({"session": token}, 201)

    def post_message(self) -> Response:
        """POST /chat/messages: 202 once the message is kept for good. Repeating it changes nothing.

        The resident's own words go to the feed before the event goes to the worker, so that no
        answer can stand above its question. With Redis away the event is still accepted (intake has
        its spool); ``entry`` is then null, and the page sends it again later for the feed's sake.
        """
        session_id = self._session_id()
        if session_id is None:
            return _error("bad_session")
        try:
            event = self._event(session_id)
        except _TooLarge:
            return _error("too_large")
        except BadMessage as error:
            return _error("empty_text" if error.code == "empty_text" else "bad_message", detail=error)
        wait_s = self._wait_s(
            [
                (f"s:{session_id}", self._settings.session_rate),
                (self._address_key("a"), self._settings.address_rate),
            ]
        )
        if wait_s:
            return _error("too_many", retry_after=wait_s)
        entry_id = self._show(event) if wait_s is not None else None
        try:
            self._accept(event)
        except SpoolError as error:
            log.error("webchat.not_accepted", error=str(error))
            return _error("unavailable", retry_after=POLL_S)
        return _json({"id": event.event_id, "entry": entry_id}, 202)

    def get_messages(self) -> Response:
        """GET /chat/messages?after=ID: everything kept after that entry, of both sides, oldest first."""
        session_id = self._session_id()
        if session_id is None:
            return _error("bad_session")
        after = request.args.get("after") or START
        if not is_entry_id(after):
            return _error("bad_after")
        try:
            batch = self._feed.history(session_id, after)
        except FeedUnavailable:
            return _error("unavailable", retry_after=POLL_S)
        last = batch.entries[-1].id if batch.entries else after
        return _json(
            {"messages": [shown(entry) for entry in batch.entries], "last": last, "typing": batch.typing}
        )

    def get_stream(self) -> Response:
        """GET /chat/stream: server-sent events after Last-Event-ID."""
        session_id = self._session_id()
        if session_id is None:
            return _error("bad_session")
        after = request.headers.get("Last-Event-ID") or START
        if not is_entry_id(after):
            return _error("bad_after")
        try:
            self._feed.check()
        except FeedUnavailable:
            # Said now: once the head of the stream is out, the page takes it for a working one.
            return _error("unavailable", retry_after=POLL_S)
        if not self._gate.enter(session_id):
            return _error("too_many_streams", retry_after=60)
        lines = event_lines(
            self._feed, session_id, after, self._settings.stream_s, self._settings.heartbeat_s
        )
        response = Response(lines, mimetype="text/event-stream")
        response.headers["X-Accel-Buffering"] = "no"
        # Not in the generator's finally: one that was never started has none.
        response.call_on_close(lambda: self._gate.leave(session_id))
        return response

    def _session_id(self) -> str | None:
        return self._sessions.read(request.headers.get(HEADER, ""))

    def _event(self, session_id: str) -> Event:
        """The event in the request's body, with our session and clock in place of whatever it says."""
        if (request.content_length or 0) > MAX_BODY:
            raise _TooLarge
        raw = request.stream.read(MAX_BODY + 1)
        if len(raw) > MAX_BODY:
            raise _TooLarge
        ours = {"session": session_id, "at_ms": int(time.time() * 1000)}
        try:
            body = json.dumps({**json.loads(raw), **ours})
        except (ValueError, TypeError, RecursionError) as error:
            raise BadMessage("bad_json", "the body is not a JSON object") from error
        return self._channel.parse(body.encode())[0]

    def _show(self, event: Event) -> str | None:
        """Append the resident's own message; None if there is nothing to show or no place for it."""
        if event.kind is EventKind.OPENED:
            return START
        body = {"author": "resident", "client_id": event.event_id, "text": event.text or event.payload}
        try:
            return self._feed.push_own(event.user_id, event.event_id, body)
        except FeedUnavailable as error:
            log.warning("webchat.not_shown", event_id=event.event_id, error=str(error))
            return None

    def _wait_s(self, buckets: list[tuple[str, Rate]]) -> int | None:
        """Seconds to wait, 0 if none; None with Redis away, when nobody is held back."""
        try:
            return self._limiter.wait_s(buckets)
        except FeedUnavailable as error:
            log.warning("webchat.unlimited", error=str(error))
            return None

    def _address_key(self, kind: str) -> str:
        """A key for the caller's address, from which the address cannot be read back."""
        secret = self._settings.secret_key.encode()
        digest = hmac.new(secret, (request.remote_addr or "").encode(), hashlib.sha256)
        return f"{kind}:{digest.hexdigest()[:24]}"


class _TooLarge(Exception):
    """The body exceeds MAX_BODY."""


def create_chat_blueprint(
    feed: RedisFeed, limiter: RateLimiter, accept: Callable[[Event], object], settings: ChatSettings
) -> Blueprint:
    """Everything under /chat. ``accept`` is the intake's; it may raise SpoolError and nothing else."""
    blueprint = Blueprint(
        "chat", __name__, template_folder="templates", static_folder="static", static_url_path="/chat/static"
    )
    api = ChatApi(feed, limiter, accept, settings)
    policy = page_policy(settings.widget_origins)
    static = Path(__file__).parent / "static"
    digest = hashlib.sha256(b"".join(p.read_bytes() for p in sorted(static.iterdir()))).hexdigest()[:12]

    @blueprint.get("/chat")
    def page() -> Response:
        embedded = request.args.get("embed") == "1"
        html = render_template(
            "chat/page.html",
            name=settings.name,
            unit=settings.unit_in_text,
            embedded=embedded,
            version=digest,
        )
        response = make_response(html)
        response.headers["Cache-Control"] = "no-cache"
        return response

    @blueprint.get("/chat/widget.js")
    def widget() -> Response:
        """The loader, which reads the assistant's address and name off its own tag and itself."""
        script = (static / "widget.js").read_text(encoding="utf-8")
        page_url = url_for("chat.page", embed=1)
        head = f"var TROLY_XA = {json.dumps({'page': page_url, 'title': settings.name})};\n"
        response = Response(f"(function () {{\n{head}{script}}})();\n", mimetype="text/javascript")
        response.headers["Cache-Control"] = "public, max-age=300"
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        return response

    blueprint.add_url_rule("/chat/session", view_func=api.create_session, methods=["POST"])
    blueprint.add_url_rule("/chat/messages", view_func=api.post_message, methods=["POST"])
    blueprint.add_url_rule(
        "/chat/messages", endpoint="get_messages", view_func=api.get_messages, methods=["GET"]
    )
    blueprint.add_url_rule("/chat/stream", view_func=api.get_stream, methods=["GET"])

    @blueprint.after_request
    def headers(response: Response) -> Response:
        if request.endpoint == "chat.static":
            # The address carries the files' digest, so a new version has a new address.
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        elif "Cache-Control" not in response.headers:
            no_store(response)
        return harden(response, policy)

    return blueprint


def _json(body: Any, status: int = 200) -> Response:
    response = jsonify(body)
    response.status_code = status
    return response


def _error(code: str, retry_after: int | None = None, detail: BadMessage | None = None) -> Response:
    """``{"error": {"code", "message", "detail"?}}``; ``message`` is for the resident, in Vietnamese."""
    status, message = _ERRORS[code]
    error = {"code": code, "message": message}
    if detail is not None:
        error["detail"] = f"{detail.code}: {detail}"
    response = _json({"error": error}, status)
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    return response
