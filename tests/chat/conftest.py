"""A real Valkey on a unix socket, and the web chat's blueprint served with a fake assistant behind it."""

from __future__ import annotations

import os
import queue
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest
import redis
from flask import Flask, request
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page
from redis.backoff import NoBackoff
from redis.retry import Retry
from werkzeug.serving import make_server

from bot.chat.config import ChatSettings
from bot.chat.feed import RedisFeed
from bot.chat.limits import RateLimiter
from bot.chat.views import create_chat_blueprint
from bot.parent import die_with_parent
from bot.supervisor.redis_server import find_binary
from connectors.channel import Account, Button, ButtonKind, Event, EventKind, Reply, SendContext
from connectors.webchat.channel import WebchatChannel
from tests.browsing import DESKTOP, PHONE


@dataclass
class Valkey:
    """A server of our own, which tests may kill and start again (with its data gone)."""

    socket: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"unix://{self.socket}"

    def start(self) -> None:
        self.process = subprocess.Popen(
            [find_binary(), "--port", "0", "--unixsocket", str(self.socket), "--save", ""],
            cwd=self.socket.parent,
            stdout=subprocess.DEVNULL,
            preexec_fn=partial(die_with_parent, os.getpid()),
        )
        client = redis.Redis.from_url(self.url, retry=Retry(NoBackoff(), 0))
        deadline = time.monotonic() + 10
        while True:
            try:
                client.ping()
                break
            except redis.ConnectionError:
                assert time.monotonic() < deadline, "Valkey did not start"
                time.sleep(0.01)
        client.close()

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait(10)
            self.process = None


@pytest.fixture(scope="session")
def chat_valkey() -> Iterator[Valkey]:
    # Not tmp_path: a unix socket's path is limited to 107 bytes.
    with tempfile.TemporaryDirectory(prefix="chat-") as folder:
        valkey = Valkey(Path(folder) / "r.sock")
        valkey.start()
        yield valkey
        valkey.stop()


def connect(url: str, **options: object) -> redis.Redis:
    settings = {"socket_timeout": 3, "retry": Retry(NoBackoff(), 0), **options}
    return redis.Redis.from_url(url, **settings)


@pytest.fixture
def client(chat_valkey: Valkey) -> Iterator[redis.Redis]:
    connection = connect(chat_valkey.url)
    connection.flushall()
    yield connection
    connection.close()


@pytest.fixture
def feed(client: redis.Redis) -> RedisFeed:
    return RedisFeed(client)


SETTINGS = ChatSettings(secret_key="a key for tests only", unit="Xã Thử Nghiệm")


def make_app(
    client: redis.Redis, accept: Callable[[Event], object], settings: ChatSettings = SETTINGS
) -> Flask:
    app = Flask("tests.chat")
    app.register_blueprint(create_chat_blueprint(RedisFeed(client), RateLimiter(client), accept, settings))
    return app


LONG = "\n".join(f"{n}. Giấy tờ thứ {n}, bản chính để đối chiếu khi nộp." for n in range(1, 16))

ANSWERS: dict[str, Reply] = {
    "#menu": Reply(
        "Ông/bà cần làm thủ tục gì?",
        (
            Button("Đăng ký khai sinh", "#p:1.001193"),
            Button("Cấp lại thẻ căn cước công dân khi bị mất hoặc hư hỏng", "#p:1.000001"),
            Button("Thủ tục khác", "#more:x"),
        ),
    ),
    "#p:1.001193": Reply(
        "Đăng ký khai sinh (1.001193) – ông/bà chuẩn bị:\n1. Giấy chứng sinh.\n2. Căn cước của người đi "
        "đăng ký (để xuất trình).\n\nXem thêm: https://dichvucong.gov.vn/p/home.\n"
        "Nguồn: Cổng Dịch vụ công quốc gia, dữ liệu tháng 7/2026.",
        (
            Button("Lệ phí", "#p:1.001193:fee"),
            Button("Nộp qua mạng", "https://dichvucong.gov.vn/", ButtonKind.LINK),
            Button("Gọi bộ phận một cửa", "0251 3999 999", ButtonKind.PHONE),
        ),
    ),
    "#officer": Reply("Tôi đã báo cán bộ. Ông/bà chờ một chút, cán bộ sẽ trả lời ngay tại đây."),
    "dài": Reply(LONG),
    "thẻ": Reply("<b>không</b><img src=x onerror=alert(1)><script>alert(2)</script>"),
}
GREETING = Reply(
    "Chào ông/bà! Tôi là trợ lý tự động của xã. Ông/bà cần hỏi gì?",
    (Button("Xem thủ tục", "#menu"), Button("Gặp cán bộ", "#officer")),
)


@dataclass
class FakeAssistant:
    """Answers what the page sends, in order, through the real channel into the real feed."""

    channel: WebchatChannel
    heard: list[Event] = field(default_factory=list)
    _queue: queue.Queue[Event | None] = field(default_factory=queue.Queue)
    _seen: set[str] = field(default_factory=set)

    def accept(self, event: Event) -> None:
        if event.dedupe_key not in self._seen:
            self._seen.add(event.dedupe_key)
            self.heard.append(event)
            self._queue.put(event)

    def run(self) -> None:
        while (event := self._queue.get()) is not None:
            self.channel.typing(Account("webchat", "web"), event.user_id)
            if event.kind is EventKind.OPENED:
                reply = GREETING
            else:
                word = event.payload or event.text or ""
                reply = ANSWERS.get(word, Reply(f"Tôi nghe: {word}"))
            self.say(event.user_id, f"re:{event.event_id}", reply)

    def say(self, session: str, key: str, reply: Reply) -> None:
        for wire in self.channel.render(reply):
            results = (
                self.channel.send(Account("webchat", "web"), session, wire, SendContext(key))
                for _ in range(3)
            )
            assert any(result.message_id for result in results), "the feed took nothing in three tries"

    def stop(self) -> None:
        self._queue.put(None)


@pytest.fixture
def assistant(feed: RedisFeed) -> Iterator[FakeAssistant]:
    fake = FakeAssistant(WebchatChannel(feed))
    thread = threading.Thread(target=fake.run)
    thread.start()
    yield fake
    fake.stop()
    thread.join(10)


@dataclass
class Site:
    """The chat served over HTTP, and what the tests want to know of it."""

    url: str
    assistant: FakeAssistant
    requests: list[str]

    def session(self) -> str:
        """The session of whoever wrote last."""
        return self.assistant.heard[-1].user_id


@contextmanager
def served(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


@pytest.fixture
def chat_settings() -> ChatSettings:
    """What a test overrides by its own fixture of the same name."""
    return SETTINGS


@pytest.fixture
def site(client: redis.Redis, assistant: FakeAssistant, chat_settings: ChatSettings) -> Iterator[Site]:
    app = make_app(client, assistant.accept, chat_settings)
    requests: list[str] = []

    @app.before_request
    def note() -> None:
        requests.append(f"{request.method} {request.path}")

    with served(app) as url:
        yield Site(url, assistant, requests)


# As root in a container Chromium has no sandbox; the rest keeps it from calling Google.
@pytest.fixture
def open_context(chromium: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Makes browser contexts; a page's own errors and refused resources (CSP) fail the test."""
    contexts: list[BrowserContext] = []
    problems: list[str] = []

    def make(refusals_expected: bool = False, **options: object) -> BrowserContext:
        context = chromium.new_context(**{"locale": "vi-VN", **DESKTOP, **options})
        context.set_default_timeout(8000)
        context.on("weberror", lambda error: problems.append(str(error.error)))

        def note(message: ConsoleMessage) -> None:
            if "Content Security" in message.text and not refusals_expected:
                problems.append(message.text)

        context.on("console", note)
        contexts.append(context)
        return context

    yield make
    for context in contexts:
        context.close()
    assert problems == []


@pytest.fixture(params=["phone", "desktop"])
def any_page(request: pytest.FixtureRequest, open_context: Callable[..., BrowserContext]) -> Page:
    """A page on a phone and on a desktop."""
    return open_context(**(PHONE if request.param == "phone" else DESKTOP)).new_page()


@pytest.fixture
def tab(open_context: Callable[..., BrowserContext]) -> Page:
    return open_context(**PHONE).new_page()
