"""The web chat's channel against tables of bodies and replies, and a feed that is a list."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.channel import (
    Account,
    Author,
    Button,
    ButtonKind,
    Channel,
    Event,
    EventKind,
    Found,
    Reply,
    SendContext,
    Verification,
    Wire,
)
from connectors.webchat.channel import MAX_TEXT, BadMessage, FeedUnavailable, WebchatChannel

SESSION = "S" * 32
CLIENT_ID = "0f1e2d3c-4b5a-4678-9abc-def012345678"
ACCOUNT = Account("webchat", "web")


class ListFeed:
    """A feed in memory; ``down`` makes it fail as Redis does."""

    def __init__(self) -> None:
        self.entries: dict[tuple[str, str], Wire] = {}
        self.typed: list[str] = []
        self.down = False

    def push(self, session_id: str, key: str, body: Wire) -> str:
        if self.down:
            raise FeedUnavailable("ConnectionError")
        self.entries.setdefault((session_id, key), body)
        return f"{list(self.entries).index((session_id, key)) + 1}-0"

    def find(self, session_id: str, key: str) -> str | None:
        return "1-0" if (session_id, key) in self.entries else None

    def typing(self, session_id: str) -> None:
        self.typed.append(session_id)


@pytest.fixture
def sink() -> ListFeed:
    return ListFeed()


@pytest.fixture
def channel(sink: ListFeed) -> Channel:
    return WebchatChannel(sink)


def body(**fields: Any) -> bytes:
    return json.dumps({"session": SESSION, "id": CLIENT_ID, **fields}).encode()


GOOD = [
    ("text", {"text": "can giay to gi"}, EventKind.MESSAGE, "can giay to gi", None),
    ("line breaks", {"text": " a\r\nb\rc "}, EventKind.MESSAGE, "a\nb\nc", None),
    ("control characters", {"text": "a\x00b\x07\u0085c\td"}, EventKind.MESSAGE, "abc\td", None),
    ("lone surrogate", {"text": "a\ud800b"}, EventKind.MESSAGE, "ab", None),
    ("long text is cut", {"text": "ă" * 5000}, EventKind.MESSAGE, "ă" * MAX_TEXT, None),
    ("typed hash is text", {"text": "#menu"}, EventKind.MESSAGE, "#menu", None),
    (
        "button",
        {"payload": "#p:1.001193:fee", "title": "Lệ phí"},
        EventKind.BUTTON,
        "Lệ phí",
        "#p:1.001193:fee",
    ),
    ("button without title", {"payload": "#menu"}, EventKind.BUTTON, None, "#menu"),
    ("button, title of another type", {"payload": "#menu", "title": 7}, EventKind.BUTTON, None, "#menu"),
    ("button, long title", {"payload": "#menu", "title": "x" * 999}, EventKind.BUTTON, "x" * 120, "#menu"),
    ("opened", {"opened": True}, EventKind.OPENED, None, None),
    ("nulls do not count", {"text": "a", "payload": None, "opened": None}, EventKind.MESSAGE, "a", None),
    ("unknown fields do not count", {"text": "a", "role": "officer"}, EventKind.MESSAGE, "a", None),
]


@pytest.mark.parametrize(
    ("fields", "kind", "text", "payload"), [g[1:] for g in GOOD], ids=[g[0] for g in GOOD]
)
def test_parse(
    channel: Channel, fields: dict[str, Any], kind: EventKind, text: str | None, payload: str | None
) -> None:
    (event,) = channel.parse(body(at_ms=1700000000000, **fields))
    assert (event.kind, event.text, event.payload) == (kind, text, payload)
    assert (event.channel, event.account_id, event.user_id) == ("webchat", "web", SESSION)
    assert event.event_id == event.message_id == CLIENT_ID
    assert event.at_ms == 1700000000000
    assert Event.from_dict(json.loads(json.dumps(event.to_dict()))) == event


BAD = [
    ("nothing", b"", "bad_json"),
    ("not JSON", b"{", "bad_json"),
    ("not UTF-8", b'{"id": "\xff"}', "bad_json"),
    ("a list", b"[]", "bad_json"),
    ("deep nesting", b"[" * 15000, "bad_json"),
    ("huge number", b'{"id": ' + b"9" * 9000 + b"}", "bad_json"),
    ("no session", json.dumps({"id": CLIENT_ID, "text": "a"}).encode(), "bad_session"),
    ("odd session", body(session="a/../b" * 6, text="a"), "bad_session"),
    ("short id", body(id="abc", text="a"), "bad_id"),
    ("id with a line feed", body(id=CLIENT_ID + "\n", text="a"), "bad_id"),
    ("id as a number", body(id=12345678, text="a"), "bad_id"),
    ("no content", body(), "bad_content"),
    ("two contents", body(text="a", payload="#menu"), "bad_content"),
    ("opened is false", body(opened=False), "bad_content"),
    ("opened is a word", body(opened="yes"), "bad_content"),
    ("text as a number", body(text=1), "bad_text"),
    ("blank text", body(text=" \n\x00 "), "empty_text"),
    ("payload without hash", body(payload="menu"), "bad_payload"),
    ("payload with a space", body(payload="#a b"), "bad_payload"),
    ("payload with NUL", body(payload="#a\x00"), "bad_payload"),
    ("payload with a surrogate", body(payload="#a\ud800"), "bad_payload"),
    ("long payload", body(payload="#" + "a" * 200), "bad_payload"),
    ("payload as a list", body(payload=["#menu"]), "bad_payload"),
]


@pytest.mark.parametrize(("raw", "code"), [b[1:] for b in BAD], ids=[b[0] for b in BAD])
def test_parse_refuses(channel: Channel, raw: bytes, code: str) -> None:
    with pytest.raises(BadMessage) as caught:
        channel.parse(raw)
    assert caught.value.code == code
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize("at_ms", [-1, "1", 1.5, True, None])
def test_odd_time_counts_as_none(channel: Channel, at_ms: Any) -> None:
    assert channel.parse(body(text="a", at_ms=at_ms))[0].at_ms == 0


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.fixed_dictionaries(
    {"session": st.just(SESSION) | JSON, "id": st.just(CLIENT_ID) | JSON},
    optional={"text": st.text() | JSON, "payload": JSON, "title": JSON, "opened": JSON, "at_ms": JSON},
)


@given(FIELDS)
def test_any_object_is_an_event_or_refused(fields: dict[str, Any]) -> None:
    try:
        (event,) = WebchatChannel(ListFeed()).parse(json.dumps(fields).encode())
    except BadMessage:
        return
    json.dumps(event.to_dict()).encode()
    for text in (event.text, event.payload):
        assert text is None or (text.encode("utf-8") and "\x00" not in text and len(text) <= MAX_TEXT)


@given(st.binary(max_size=200))
def test_any_bytes_are_refused(raw: bytes) -> None:
    with pytest.raises(BadMessage):
        WebchatChannel(ListFeed()).parse(raw)


RENDERED = [
    ("plain", Reply("a\nb"), "a\nb", [], None),
    (
        "all kinds of buttons",
        Reply(
            "a",
            (
                Button("Lệ phí", "#p:1:fee"),
                Button("Nộp", "https://x.gov.vn/", ButtonKind.LINK),
                Button("113", "113", ButtonKind.PHONE),
                Button("Gọi", "+84 (251) 399-9999", ButtonKind.PHONE),
            ),
            "https://x.gov.vn/a.png",
        ),
        "a",
        ["#p:1:fee", "https://x.gov.vn/", "113", "+84 (251) 399-9999"],
        "https://x.gov.vn/a.png",
    ),
    (
        "what is not safe to click becomes text",
        Reply(
            "a",
            (
                Button("Xem", "http://x.vn/", ButtonKind.LINK),
                Button("Bấm", "javascript:alert(1)", ButtonKind.LINK),
                Button("Gọi", "chưa cập nhật", ButtonKind.PHONE),
                Button("Hỏi", "no hash"),
            ),
            "http://x.vn/a.png",
        ),
        "a\nXem: http://x.vn/\nBấm: javascript:alert(1)\nGọi: chưa cập nhật\nHỏi",
        [],
        None,
    ),
    ("long text stays whole", Reply("ă" * 9000), "ă" * 9000, [], None),
]


@pytest.mark.parametrize(
    ("reply", "text", "values", "image"), [r[1:] for r in RENDERED], ids=[r[0] for r in RENDERED]
)
def test_render(channel: Channel, reply: Reply, text: str, values: list[str], image: str | None) -> None:
    (wire,) = channel.render(reply)
    assert (wire["text"], wire["image_url"]) == (text, image)
    assert [button["value"] for button in wire["buttons"]] == values
    assert json.loads(json.dumps(wire)) == wire


def test_send_is_shown_once_per_key(channel: Channel, sink: ListFeed) -> None:
    (wire,) = channel.render(Reply("a"))
    first = channel.send(ACCOUNT, SESSION, wire, SendContext("k1"))
    again = channel.send(ACCOUNT, SESSION, wire, SendContext("k1"))
    other = channel.send(ACCOUNT, SESSION, wire, SendContext("k2", author=Author.OFFICER))
    assert first.message_id == again.message_id != other.message_id
    assert [entry["author"] for entry in sink.entries.values()] == ["bot", "officer"]


def test_feed_away_is_a_retryable_error(channel: Channel, sink: ListFeed) -> None:
    sink.down = True
    result = channel.send(ACCOUNT, SESSION, {"text": "a"}, SendContext("k1"))
    assert result.error is not None and result.error.retryable and not result.unknown


def test_the_rest_of_the_contract(channel: Channel, sink: ListFeed) -> None:
    assert channel.verify({}, b"") is Verification.OK
    assert channel.health(ACCOUNT).ok
    assert channel.find_sent(ACCOUNT, SESSION, {"text": "a"}, 0).found is Found.ABSENT
    channel.typing(ACCOUNT, SESSION)
    assert sink.typed == [SESSION]
