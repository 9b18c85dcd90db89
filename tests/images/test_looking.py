"""Which pictures are downloaded, how much of them, and what the worker makes of a failure."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bot.dialogue.types import Seen
from bot.images import fetching, looking
from bot.images.child import MAX_BYTES
from bot.images.fetching import NotFetched, Sources, TooLarge, fetch
from bot.images.looking import Eyes
from connectors.channel import Attachment
from connectors.facebook import attachments as facebook
from connectors.zalo import attachments as zalo
from tests.events import an_event

SOURCES = Sources({"zalo": zalo.MEDIA_DOMAINS, "facebook": facebook.MEDIA_DOMAINS})
ZALO = "https://f6-photo-talk.zdn.vn/jpg/4217/abc.jpg"


@pytest.mark.parametrize(
    ("channel", "url", "allowed"),
    [
        ("zalo", ZALO, True),
        ("zalo", "https://zdn.vn/a.jpg", True),
        ("zalo", "https://f6-photo-talk.zdn.vn:443/a.jpg", True),
        ("facebook", "https://scontent.xx.fbcdn.net/v/t1/a.jpg?_nc=1", True),
        ("facebook", "https://cdn.fbsbx.com/v/a.png", True),
        ("zalo", "https://scontent.xx.fbcdn.net/v/t1/a.jpg", False),
        ("zalo", "http://f6-photo-talk.zdn.vn/a.jpg", False),
        ("zalo", "https://f6-photo-talk.zdn.vn:8443/a.jpg", False),
        ("zalo", "https://zdn.vn.evil.com/a.jpg", False),
        ("zalo", "https://evilzdn.vn/a.jpg", False),
        ("zalo", "https://evil.com/zdn.vn/a.jpg", False),
        ("zalo", "https://zdn.vn@evil.com/a.jpg", False),
        ("zalo", "https://evil.com#.zdn.vn", False),
        ("zalo", "https://evil.com\\.zdn.vn/a.jpg", False),
        ("zalo", "https://169.254.169.254/latest/meta-data", False),
        ("zalo", "http://127.0.0.1:8100/sandbox/media/abc", False),
        ("zalo", "file:///etc/passwd", False),
        ("zalo", "https://[::1", False),
        ("zalo", "https://f6-photo-talk.zdn.vn:x/a.jpg", False),
        ("webchat", ZALO, False),
    ],
)
def test_only_a_platforms_own_hosts(channel: str, url: str, allowed: bool) -> None:
    assert SOURCES.allow(channel, url) is allowed


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("http://127.0.0.1:8100/sandbox/media/ab12", True),
        (ZALO, False),  # in the sandbox no connection goes anywhere else
        ("http://127.0.0.1:8101/sandbox/media/ab12", False),
        ("http://127.0.0.1:8100@evil.com/a", False),
        ("http://a@127.0.0.1:8100/a", False),
        ("https://127.0.0.1:8100/a", False),
    ],
)
def test_in_the_sandbox_only_its_own(url: str, allowed: bool) -> None:
    assert Sources(SOURCES.domains, "http://127.0.0.1:8100").allow("zalo", url) is allowed


class _Host(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/picture")
            self.end_headers()
            return
        self.send_response(404 if self.path == "/gone" else 200)
        if self.path == "/packed":
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        body = b"x" * (MAX_BYTES + 100_000 if self.path == "/large" else 100)
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Silent."""


@pytest.fixture(scope="module")
def host() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Host)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_bytes_come_as_they_are(host: str) -> None:
    assert fetch(f"{host}/picture") == b"x" * 100
    assert fetch(f"{host}/packed") == b"x" * 100


def test_too_much_is_not_read_to_its_end(host: str) -> None:
    with pytest.raises(TooLarge):
        fetch(f"{host}/large")


@pytest.mark.parametrize("path", ["/gone", "/moved"])
def test_neither_errors_nor_redirects_are_pictures(host: str, path: str) -> None:
    with pytest.raises(NotFetched, match=r"http/\d{3}"):
        fetch(host + path)


def test_a_host_that_is_not_there(host: str) -> None:
    with pytest.raises(NotFetched) as raised:
        fetch("http://127.0.0.1:9/secret-token")
    assert "secret" not in str(raised.value)


def test_a_slow_host_is_left(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "MOST_S", -1.0)
    with pytest.raises(NotFetched, match="slow"):
        fetch(f"{host}/picture")


class _Town:
    """Eyes with everything around them in our hand."""

    def __init__(self) -> None:
        self.fetched: list[str] = []
        self.now = 0.0
        self.fails: Exception | None = None
        self.eyes = Eyes(SOURCES, lambda content: Seen(text=content.decode()), self._fetch, lambda: self.now)

    def _fetch(self, url: str) -> bytes:
        self.fetched.append(url)
        if self.fails:
            raise self.fails
        return url.rsplit("/", 1)[1].encode()

    def looks(self, *urls: str | None, event: str = "e1", user: str = "u1") -> tuple[Seen, ...]:
        attachments = tuple(Attachment("image", url) for url in urls)
        return self.eyes.look(an_event(user, None, event_id=event, attachments=attachments, channel="zalo"))


def test_pictures_in_order_and_not_more_than_three() -> None:
    town = _Town()
    seen = town.looks(*(f"https://a.zdn.vn/{number}" for number in range(6)))
    assert [one.text for one in seen] == ["0", "1", "2"]


def test_other_attachments_are_not_looked_at() -> None:
    town = _Town()
    event = an_event("u1", None, attachments=(Attachment("sticker", ZALO), Attachment("file", ZALO)))
    assert town.eyes.look(event) == ()
    assert town.fetched == []


@pytest.mark.parametrize("url", [None, "https://evil.com/a.jpg"])
def test_what_is_not_the_platforms_is_never_fetched(url: str | None) -> None:
    town = _Town()
    assert town.looks(url) == (Seen(problem="away"),)
    assert town.fetched == []


@pytest.mark.parametrize(
    ("error", "problem"),
    [(TooLarge("size"), "size"), (NotFetched("http/404"), "away")],
    ids=["large", "gone"],
)
def test_a_failure_is_told(error: Exception, problem: str) -> None:
    town = _Town()
    town.fails = error
    assert town.looks(ZALO) == (Seen(problem=problem),)


def test_the_same_event_again_costs_nothing() -> None:
    town = _Town()
    assert town.looks(ZALO) == town.looks(ZALO)
    assert len(town.fetched) == 1


def test_a_flood_of_one_resident_is_bounded_and_ends() -> None:
    town = _Town()
    for number in range(looking.MOST_OFTEN):
        assert town.looks(ZALO, event=f"e{number}")[0].problem is None
    assert town.looks(ZALO, event="more")[0].problem == "away"
    assert town.looks(ZALO, event="other", user="u2")[0].problem is None
    town.now = looking.SPAN_S
    assert town.looks(ZALO, event="later")[0].problem is None
