"""The web chat's API through Flask's test client, on a real Valkey."""

from __future__ import annotations

import itertools
import json
import threading
from dataclasses import replace
from typing import Any

import pytest
import redis
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from bot.chat.config import ChatSettings
from bot.chat.feed import RedisFeed
from bot.chat.limits import Rate
from bot.chat.sessions import HEADER, ChatSessions
from bot.chat.views import MAX_BODY
from bot.intake.spool import SpoolError
from bot.settings import Settings
from connectors.channel import Event, EventKind
from tests.chat.conftest import SETTINGS, Valkey, connect, make_app

ID = "0f1e2d3c-4b5a-4678-9abc-def01234567"


class Page:
    """What the page does: one session, its header on every call."""

    def __init__(self, web: FlaskClient, token: str | None = None) -> None:
        self.web = web
        self.token = token if token is not None else web.post("/chat/session").get_json()["session"]
        self.session = ChatSessions(SETTINGS.secret_key).read(self.token) or ""

    def post(self, body: Any, **options: Any) -> TestResponse:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.web.post(
            "/chat/messages",
            data=data,
            content_type="application/json",
            headers={HEADER: self.token},
            **options,
        )

    def get(self, after: str = "") -> TestResponse:
        return self.web.get("/chat/messages", query_string={"after": after}, headers={HEADER: self.token})

    def stream(self, after: str = "") -> TestResponse:
        headers = {HEADER: self.token} | ({"Last-Event-ID": after} if after else {})
        return self.web.get("/chat/stream", headers=headers, buffered=False)


@pytest.fixture
def heard() -> list[Event]:
    return []


@pytest.fixture
def app(client: redis.Redis, heard: list[Event]) -> Flask:
    return make_app(client, heard.append, replace(SETTINGS, stream_s=0.3, heartbeat_s=0.1))


@pytest.fixture
def page(app: Flask) -> Page:
    return Page(app.test_client())


def events(response: TestResponse) -> list[dict[str, str]]:
    """The stream's events, comments left out."""
    blocks = response.get_data(as_text=True).split("\n\n")
    parsed = [dict(line.split(": ", 1) for line in block.splitlines() if line[0] != ":") for block in blocks]
    return [event for event in parsed if "data" in event]


def error(response: TestResponse) -> str:
    body = response.get_json()
    assert body["error"]["message"]
    return str(body["error"]["code"])


def test_a_message_is_accepted_and_shown(page: Page, heard: list[Event]) -> None:
    response = page.post({"id": ID + "1", "text": "can giay to gi"})
    assert response.status_code == 202
    (event,) = heard
    assert (event.kind, event.text, event.event_id) == (EventKind.MESSAGE, "can giay to gi", ID + "1")
    assert (event.user_id, event.conversation_key) == (page.session, f"webchat:web:{page.session}")
    assert event.at_ms > 1_700_000_000_000
    (shown,) = page.get().get_json()["messages"]
    assert response.get_json() == {"id": ID + "1", "entry": shown["id"]}
    assert (shown["author"], shown["client_id"], shown["text"]) == ("resident", ID + "1", "can giay to gi")


def test_a_repeat_is_shown_once(page: Page) -> None:
    answers = [page.post({"id": ID + "1", "text": "a"}).get_json() for _ in range(3)]
    assert answers[0] == answers[1] == answers[2]
    assert len(page.get().get_json()["messages"]) == 1


def test_button_and_opened(page: Page, heard: list[Event]) -> None:
    assert page.post({"id": ID + "1", "opened": True}).status_code == 202
    assert page.post({"id": ID + "2", "payload": "#p:1.001193:fee", "title": "Lệ phí"}).status_code == 202
    assert [(e.kind, e.payload) for e in heard] == [
        (EventKind.OPENED, None),
        (EventKind.BUTTON, "#p:1.001193:fee"),
    ]
    assert [m["text"] for m in page.get().get_json()["messages"]] == ["Lệ phí"]


def test_the_clients_session_and_time_do_not_count(page: Page, heard: list[Event]) -> None:
    page.post({"id": ID + "1", "text": "a", "session": "X" * 32, "at_ms": 1, "author": "officer"})
    assert heard[0].user_id == page.session and heard[0].at_ms > 1
    assert page.get().get_json()["messages"][0]["author"] == "resident"


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "x" * 5000, "IlMi.aSQ.forged", "ă"])
@pytest.mark.parametrize("path", ["GET /chat/messages", "POST /chat/messages", "GET /chat/stream"])
def test_bad_session(app: Flask, heard: list[Event], token: str, path: str) -> None:
    method, address = path.split()
    headers = {HEADER: token.encode().decode("latin-1")}
    response = app.test_client().open(
        address, method=method, headers=headers, json={"id": ID + "1", "text": "a"}
    )
    assert (response.status_code, error(response)) == (401, "bad_session")
    assert heard == []


def test_a_session_of_another_key_is_bad(app: Flask) -> None:
    forged = ChatSessions("another key").create()
    assert Page(app.test_client(), forged).get().status_code == 401


def test_sessions_are_unlike_and_apart(app: Flask) -> None:
    first, second = Page(app.test_client()), Page(app.test_client())
    assert first.session != second.session and len(first.session) >= 32
    first.post({"id": ID + "1", "text": "của tôi"})
    assert second.get().get_json()["messages"] == []


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "bad_message"),
        (b"{", 400, "bad_message"),
        (b"\xff", 400, "bad_message"),
        (b"null", 400, "bad_message"),
        (b"[" * 9000, 400, "bad_message"),
        (b'{"id":' + b"[" * 5000 + b"]" * 5000 + b"}", 400, "bad_message"),
        (b'{"id":"' + (ID + "1").encode() + b'","text":"a","x":' + b"[" * 700 + b"]" * 700 + b"}", 202, ""),
        ({"text": "a"}, 400, "bad_message"),
        ({"id": "x", "text": "a"}, 400, "bad_message"),
        ({"id": ID + "1", "text": "  "}, 400, "empty_text"),
        ({"id": ID + "1", "payload": "menu"}, 400, "bad_message"),
        ({"id": ID + "1", "text": "x" * MAX_BODY}, 413, "too_large"),
        ({"id": ID + "1", "text": "ă" * 4000}, 413, "too_large"),
        (json.dumps({"id": ID + "1", "text": "ă" * 4000}, ensure_ascii=False).encode(), 202, ""),
    ],
)
def test_bodies(page: Page, heard: list[Event], body: Any, status: int, code: str) -> None:
    response = page.post(body)
    assert response.status_code == status
    assert len(heard) == (status == 202)
    if code:
        assert error(response) == code


def test_a_body_without_a_length_is_capped_too(page: Page, heard: list[Event]) -> None:
    data = json.dumps({"id": ID + "1", "text": "x" * MAX_BODY}).encode()
    environ = {"CONTENT_LENGTH": "", "wsgi.input_terminated": True}
    response = page.post(data, environ_overrides=environ)
    assert (response.status_code, heard) == (413, [])


@pytest.mark.parametrize("after", ["x", "$", "1-", "0-0; DROP", "9" * 40])
def test_bad_places(page: Page, after: str) -> None:
    assert error(page.get(after)) == "bad_after"
    assert error(page.stream(after)) == "bad_after"


def test_rate_limit_per_session(client: redis.Redis, heard: list[Event]) -> None:
    settings = replace(SETTINGS, session_rate=Rate(burst=3, per_second=0.1))
    web = make_app(client, heard.append, settings).test_client()
    page, other = Page(web), Page(web)
    answers = [page.post({"id": f"{ID}{n}", "text": "a"}) for n in range(4)]
    assert [answer.status_code for answer in answers] == [202, 202, 202, 429]
    assert error(answers[3]) == "too_many" and 1 <= int(answers[3].headers["Retry-After"]) <= 10
    assert len(heard) == 3
    assert other.post({"id": ID + "1", "text": "a"}).status_code == 202


def test_rate_limit_per_address(client: redis.Redis, heard: list[Event]) -> None:
    settings = replace(
        SETTINGS, address_rate=Rate(burst=2, per_second=0.1), new_session_rate=Rate(burst=3, per_second=0.1)
    )
    web = make_app(client, heard.append, settings).test_client()
    pages = [Page(web) for _ in range(3)]
    assert error(web.post("/chat/session")) == "too_many"
    elsewhere = web.post("/chat/session", environ_overrides={"REMOTE_ADDR": "192.0.2.7"})
    assert elsewhere.status_code == 201
    assert [page.post({"id": ID + "1", "text": "a"}).status_code for page in pages] == [202, 202, 429]
    assert not any(b"127.0.0.1" in key for key in client.scan_iter("*"))


def test_stream_resumes_after_the_last_seen_event(page: Page, client: redis.Redis) -> None:
    feed = RedisFeed(client)
    ids = [
        feed.push(page.session, str(n), {"author": "bot", "text": f"tin {n}\n\nid: 9-9"}) for n in range(4)
    ]
    whole = events(page.stream())
    assert [event["id"] for event in whole[:-1]] == ids and whole[-1]["event"] == "bye"
    assert json.loads(whole[0]["data"])["text"] == "tin 0\n\nid: 9-9"
    assert [event["id"] for event in events(page.stream(ids[1]))[:-1]] == ids[2:]


def test_stream_is_live_and_beats(page: Page, client: redis.Redis) -> None:
    feed = RedisFeed(client)
    response = page.stream()
    assert response.headers["X-Accel-Buffering"] == "no" and response.headers["Cache-Control"] == "no-store"
    chunks = response.iter_encoded()
    assert next(chunks).startswith(b":")
    timer = threading.Timer(
        0.02, lambda: (feed.typing(page.session), feed.push(page.session, "k", {"text": "a"}))
    )
    timer.start()
    rest = b"".join(chunks).decode()
    timer.join()
    assert '"text": "a"' in rest and ": still here" in rest and rest.endswith("event: bye\ndata: {}\n\n")


def test_streams_are_limited_and_freed(client: redis.Redis, heard: list[Event]) -> None:
    web = make_app(client, heard.append, replace(SETTINGS, max_streams=2, stream_s=0.1)).test_client()
    pages = [Page(web) for _ in range(3)]
    started, never_read = pages[0].stream(), pages[1].stream()
    refused = pages[2].stream()
    assert (refused.status_code, error(refused)) == (503, "too_many_streams")
    assert int(refused.headers["Retry-After"]) > 0
    next(started.iter_encoded())
    started.close()
    assert pages[2].stream().status_code == 200
    never_read.close()
    assert pages[0].stream().status_code == 200


def test_without_redis_messages_still_pass(heard: list[Event]) -> None:
    web = make_app(connect("unix:///nonexistent/r.sock"), heard.append).test_client()
    page = Page(web)
    response = page.post({"id": ID + "1", "text": "a"})
    assert (response.status_code, response.get_json()) == (202, {"id": ID + "1", "entry": None})
    assert [event.text for event in heard] == ["a"]
    assert (page.get().status_code, error(page.get())) == (503, "unavailable")
    assert (page.stream().status_code, error(page.stream())) == (503, "unavailable")


def test_a_stream_ends_when_redis_goes(heard: list[Event], chat_valkey: Valkey, client: redis.Redis) -> None:
    page = Page(make_app(client, heard.append).test_client())
    chunks = page.stream().iter_encoded()
    next(chunks)
    chat_valkey.stop()
    try:
        assert b"".join(chunks) == b""
    finally:
        chat_valkey.start()


def test_redis_coming_back_shows_what_is_repeated(
    heard: list[Event], chat_valkey: Valkey, client: redis.Redis
) -> None:
    page = Page(make_app(client, heard.append).test_client())
    chat_valkey.stop()
    try:
        assert page.post({"id": ID + "1", "text": "a"}).get_json()["entry"] is None
    finally:
        chat_valkey.start()
    # One call may meet the old, closed connection.
    answers = (page.post({"id": ID + "1", "text": "a"}).get_json()["entry"] for _ in itertools.repeat(0, 3))
    assert any(answers)
    assert len(page.get().get_json()["messages"]) == 1


def test_kept_nowhere_is_503(client: redis.Redis) -> None:
    def accept(event: Event) -> None:
        raise SpoolError("disk full")

    response = Page(make_app(client, accept).test_client()).post({"id": ID + "1", "text": "a"})
    assert (response.status_code, error(response)) == (503, "unavailable")


def test_page_and_headers(client: redis.Redis, heard: list[Event]) -> None:
    settings = replace(SETTINGS, widget_origins=("https://xa.gov.vn", "http://127.0.0.1:9000"))
    web = make_app(client, heard.append, settings).test_client()
    page = web.get("/chat")
    html = page.get_data(as_text=True)
    policy = page.headers["Content-Security-Policy"]
    assert "frame-ancestors 'self' https://xa.gov.vn http://127.0.0.1:9000" in policy
    assert "default-src 'self'" in policy and "unsafe" not in policy
    assert "Trợ lý xã Thử Nghiệm" in html and "máy trả lời tự động" in html
    assert "<style" not in html and " style=" not in html and " onclick=" not in html
    assert 'id="close"' not in html and 'id="close"' in web.get("/chat?embed=1").get_data(as_text=True)
    for path in ("/chat", "/chat/widget.js", "/chat/static/chat.css", "/chat/messages"):
        headers = web.get(path).headers
        assert headers["X-Content-Type-Options"] == "nosniff" and "Content-Security-Policy" in headers
    assert web.get("/chat/messages").headers["Cache-Control"] == "no-store"
    assert web.post("/chat/session").headers["Cache-Control"] == "no-store"
    widget = web.get("/chat/widget.js")
    assert widget.mimetype == "text/javascript" and "/chat?embed=1" in widget.get_data(as_text=True)


@pytest.mark.parametrize(
    "origin",
    [
        "*",
        "xa.gov.vn",
        "https://xa.gov.vn/",
        "ftp://xa.gov.vn",
        "https://",
        "https://a;script-src",
        "https://a@b.vn",
    ],
)
def test_bad_widget_origins(origin: str) -> None:
    with pytest.raises(ValueError, match="WIDGET_ORIGINS"):
        ChatSettings(secret_key="k", widget_origins=(origin,))


def test_no_secret_no_chat() -> None:
    with pytest.raises(ValueError, match="SECRET_KEY"):
        ChatSessions("")


def test_settings_of_the_environment() -> None:
    settings = Settings(secret_key="k", widget_origins="https://a.vn  https://b.vn", chat_max_streams=3)
    chat = ChatSettings.of(settings, "Xã Xuân Định")
    assert (chat.widget_origins, chat.max_streams) == (("https://a.vn", "https://b.vn"), 3)
    assert (chat.name, chat.unit_in_text) == ("Trợ lý xã Xuân Định", "xã Xuân Định")
    assert "secret" not in repr(chat)
