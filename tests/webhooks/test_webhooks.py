"""The probes of a platform, and of whoever finds the address: never a 5xx, nothing lost, nothing twice."""

from __future__ import annotations

import json
import time
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import EnvironBuilder, run_wsgi_app

from bot.webhooks.receive import MAX_BODY
from connectors.channel import EventKind
from connectors.sandbox import defaults
from tests.servers import Valkey
from tests.webhooks.conftest import Site

OA, PAGE, APP = defaults.ZALO_OA_ID, defaults.FACEBOOK_PAGE_ID, defaults.ZALO_APP_ID
AT = 1_780_000_000_000


def zalo(text: str | None = "chào", msg_id: str = "z1", **changes: Any) -> dict[str, Any]:
    """A resident's text as Zalo sends it."""
    message = {"msg_id": msg_id, "text": text} if text is not None else {"msg_id": msg_id}
    return {
        "app_id": APP,
        "event_name": "user_send_text",
        "sender": {"id": "7001"},
        "recipient": {"id": OA},
        "user_id_by_app": "7001",
        "message": message,
        "timestamp": str(AT),
        **changes,
    }


def item(text: str | None = "chào", mid: str = "f1", user: Any = "8001", **changes: Any) -> dict[str, Any]:
    """A resident's text as Facebook sends it."""
    message = {"mid": mid, "text": text} if text is not None else {"mid": mid}
    return {
        "sender": {"id": user},
        "recipient": {"id": PAGE},
        "timestamp": AT,
        "message": message,
        **changes,
    }


def page(*entries: dict[str, Any]) -> dict[str, Any]:
    return {"object": "page", "entry": list(entries)}


def entry(*items: Any, field: str = "messaging", **more: Any) -> dict[str, Any]:
    return {"id": PAGE, "time": AT, field: list(items), **more}


IMAGE = {"type": "image", "payload": {"url": "https://scontent.example/x.jpg"}}
FEED = {"field": "feed", "value": {"item": "comment", "verb": "add", "comment_id": "1_2", "post_id": "1_1",
        "from": {"id": "8009", "name": "A"}, "message": "hỏi", "created_time": AT // 1000}}  # fmt: skip


FACEBOOK_PROBES: list[tuple[str, Any, list[tuple[str, str]]]] = [
    ("one message", page(entry(item("a"))), [("message", "a")]),
    ("two events in one entry", page(entry(item("a", "f1"), item("b", "f2"))),
     [("message", "a"), ("message", "b")]),
    ("two entries", page(entry(item("a", "f1")), entry(item("b", "f2"))),
     [("message", "a"), ("message", "b")]),
    ("the same id twice", page(entry(item("a", "f1"), item("a", "f1"))), [("message", "a")]),
    ("the same id in two entries", page(entry(item("a")), entry(item("a"))), [("message", "a")]),
    ("feed", page(entry(field="changes", changes=[FEED])), [("feed", "hỏi")]),
    ("standby", page(entry(item("a"), field="standby")), [("message", "a")]),
    ("unknown event", page(entry({"sender": {"id": "8001"}, "recipient": {"id": PAGE}, "timestamp": AT,
                                  "hologram": {"a": 1}}), entry(item("b"))),
     [("message", "b")]),
    ("unknown attachment", page(entry(item(None, message={"mid": "f1", "attachments": [
        {"type": "hologram", "payload": None}, IMAGE]}))), [("message", "")]),
    ("no text", page(entry(item(None))), []),
    ("empty text", page(entry(item(""))), []),
    ("ids as numbers", page(entry(item("a", user=8001, recipient={"id": int(PAGE)}))), [("message", "a")]),
    ("seconds for milliseconds", page(entry(item("a", timestamp=AT // 1000))), [("message", "a")]),
    ("time as text", page(entry(item("a", timestamp=str(AT)))), [("message", "a")]),
    ("no time", page(entry(item("a", timestamp=None))), [("message", "a")]),
    ("a bad item between good ones", page(entry(item("a", "f1"), None, 7, "x", [], {}, {"message": 1},
        {"sender": 1, "message": {"mid": []}}, item("b", "f2"))), [("message", "a"), ("message", "b")]),
    ("a bad entry between good ones", page(entry(item("a", "f1")), None, 5, {"messaging": 3}, {"id": {}},  # type: ignore[arg-type]
        entry(item("b", "f2"))), [("message", "a"), ("message", "b")]),
    ("no entry", {"object": "page"}, []),
    ("entry is no list", {"object": "page", "entry": {"a": 1}}, []),
    ("another object", {"object": "instagram", "entry": [entry(item("a"))]}, []),
    ("NUL and half a pair", page(entry(item("a\x00b \ud83d"))), [("message", "ab �")]),
    ("a long text", page(entry(item("dài " * 5000))), [("message", ("dài " * 5000).strip())]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "expected"), [p[1:] for p in FACEBOOK_PROBES], ids=[p[0] for p in FACEBOOK_PROBES]
)
def test_facebook(site: Site, body: Any, expected: list[tuple[str, str]]) -> None:
    for _ in range(2):  # as a platform does that did not hear our 200
        assert site.facebook(deepcopy(body)).status_code == 200
    found = [
        (event.kind.value, event.text or "") for event in site.kept() if event.kind is not EventKind.OTHER
    ]
    assert sorted(found) == sorted(expected)
    assert len({event.dedupe_key for event in site.kept()}) == len(site.kept())
    for event in site.kept():
        assert event.at_ms in (0, AT) or event.kind is EventKind.OTHER or event.kind is EventKind.FEED
        assert event.account_id == PAGE or event.kind is EventKind.OTHER


ZALO_PROBES: list[tuple[str, dict[str, Any], list[tuple[str, str]]]] = [
    ("a text", zalo("a"), [("message", "a")]),
    ("a tapped button", zalo("#menu"), [("button", "#menu")]),
    ("unknown event", zalo(event_name="user_dances"), []),
    ("no event name", {**zalo(), "event_name": None}, []),
    ("unknown message", zalo(None, event_name="user_send_hologram"), [("message", "")]),
    ("unknown attachment", zalo(None, event_name="user_send_image", message={"msg_id": "z1", "attachments": [
        {"type": "hologram"}, 7, None]}), [("message", "")]),
    ("no text", zalo(None), []),
    ("ids as numbers", zalo("a", sender={"id": 7001}, recipient={"id": int(OA)}), [("message", "a")]),
    ("seconds for milliseconds", zalo("a", timestamp=str(AT // 1000)), [("message", "a")]),
    ("no message id", zalo("a", message={"text": "a"}), [("message", "a")]),
    ("follow", zalo(event_name="follow", follower={"id": "7001"}, message={}), [("opened", "")]),
    ("withdraw", zalo(event_name="user_withdraw", message={}), [("withdraw", "")]),
    ("no sender", {**zalo("a"), "sender": None}, []),
    ("everything is a list", {k: [1] for k in ("sender", "recipient", "message", "event_name")}, []),
    ("NUL and half a pair", zalo("a\x00b"), [("message", "ab")]),
]  # fmt: skip


@pytest.mark.parametrize(("body", "expected"), [p[1:] for p in ZALO_PROBES], ids=[p[0] for p in ZALO_PROBES])
def test_zalo(site: Site, body: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    for _ in range(2):
        assert site.zalo(body).status_code == 200
    kept = [event for event in site.kept() if event.kind is not EventKind.OTHER]
    assert [
        (e.kind.value, (e.payload if e.kind is EventKind.BUTTON else e.text) or "") for e in kept
    ] == expected
    for event in kept:
        assert (event.account_id, event.user_id, event.at_ms) == (OA, "7001", AT)
    assert len(site.kept()) <= 1


def test_zalo_s_own_probe(site: Site) -> None:
    assert site.post("zalo", b"{}", {}).status_code == 200
    assert site.kept() == []
    assert site.counted("troly_webhooks_total", channel="zalo", outcome="probe") >= 1


SIGNATURES = [
    ("zalo", {}, "signature_missing"),
    ("zalo", {"X-ZEvent-Signature": "mac=" + "0" * 64}, "signature_wrong"),
    ("zalo", {"X-ZEvent-Signature": "mac=é"}, "signature_wrong"),
    ("zalo", {"X-ZEvent-Signature": ""}, "signature_wrong"),
    ("facebook", {}, "signature_missing"),
    ("facebook", {"X-Hub-Signature-256": "sha256=" + "0" * 64}, "signature_wrong"),
    ("facebook", {"X-Hub-Signature-256": "é"}, "signature_wrong"),
    ("facebook", {"X-Hub-Signature": "sha1=" + "0" * 40}, "signature_missing"),
]


@pytest.mark.parametrize(("channel", "headers", "outcome"), SIGNATURES)
def test_who_does_not_sign_is_refused_and_counted(
    site: Site, channel: str, headers: dict[str, str], outcome: str
) -> None:
    before = site.counted("troly_webhooks_total", channel=channel, outcome=outcome)
    body = zalo() if channel == "zalo" else page(entry(item()))
    assert site.post(channel, json.dumps(body).encode(), headers).status_code == 403
    assert site.counted("troly_webhooks_total", channel=channel, outcome=outcome) == before + 1
    assert site.kept() == []


@pytest.mark.parametrize("channel", ["zalo", "facebook"])
@pytest.mark.parametrize(
    "raw", [b"", b"{", b"[" * 100_000, b"\xff\xfe", b"null", b"[]", b'"x"', b"1" * 5000, b'{"a": NaN}']
)
def test_unsigned_rubbish_is_refused(site: Site, channel: str, raw: bytes) -> None:
    assert site.post(channel, raw, {}).status_code == 403
    assert site.kept() == []


@pytest.mark.parametrize("raw", [b"{", b"[]", b"null", b"\xff", b"[" * 100_000, b"1" * 5000, b""])
def test_signed_rubbish_is_malformed(site: Site, raw: bytes) -> None:
    before = site.counted("troly_webhooks_total", channel="facebook", outcome="malformed")
    assert site.facebook_raw(raw).status_code == 400
    assert site.counted("troly_webhooks_total", channel="facebook", outcome="malformed") == before + 1


@pytest.mark.parametrize("channel", ["zalo", "facebook"])
def test_an_oversized_body_is_refused_unread(site: Site, channel: str) -> None:
    assert site.post(channel, b"x" * (MAX_BODY + 1), {}).status_code == 413
    assert site.counted("troly_webhooks_total", channel=channel, outcome="too_large") >= 1


def test_a_body_without_a_length_is_not_read_without_an_end(site: Site) -> None:
    environ = EnvironBuilder("/webhooks/facebook", method="POST").get_environ()
    environ.pop("CONTENT_LENGTH", None)
    stream = _Endless()
    environ |= {"wsgi.input": stream, "wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
    _body, status, _headers = run_wsgi_app(site.client.application, environ)
    assert status[:3] in {"413", "403"}  # werkzeug may cut it: then its signature is wrong
    assert stream.given <= 2 * MAX_BODY


class _Endless:
    """A stream that never ends."""

    given = 0

    def read(self, size: int = -1) -> bytes:
        piece = b"x" * min(max(size, 1), 65_536)
        self.given += len(piece)
        return piece

    def readline(self, size: int = -1) -> bytes:
        return self.read(size)

    def close(self) -> None:
        """Nothing to close."""


CHECK = {"hub.mode": "subscribe", "hub.verify_token": defaults.FACEBOOK_VERIFY_TOKEN, "hub.challenge": "42"}
REFUSED = "wrong verify token"


@pytest.mark.parametrize(
    ("query", "status", "answer"),
    [
        (CHECK, 200, "42"),
        ({**CHECK, "hub.verify_token": "wrong"}, 403, REFUSED),
        ({**CHECK, "hub.verify_token": "é"}, 403, REFUSED),
        ({**CHECK, "hub.verify_token": ""}, 403, REFUSED),
        ({**CHECK, "hub.mode": "unsubscribe"}, 403, REFUSED),
        ({}, 403, REFUSED),
    ],
)
def test_facebook_s_check_of_the_address(site: Site, query: dict[str, str], status: int, answer: str) -> None:
    response = site.client.get("/webhooks/facebook", query_string=query)
    assert (response.status_code, response.text) == (status, answer)


def test_other_methods_and_places(site: Site) -> None:
    assert site.client.get("/webhooks/zalo").status_code == 405
    assert site.client.post("/webhooks/telegram").status_code == 404


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["sender", "recipient", "message", "id", "mid", "text", "attachments", "postback",
                         "payload", "read", "delivery", "watermark", "type", "timestamp", "field", "value"]),
        inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(json_values, max_size=4), st.sampled_from(["messaging", "standby", "changes"]))
def test_whatever_stands_in_a_batch_the_good_item_is_kept(site: Site, junk: list[Any], field: str) -> None:
    site.redis.flushall()
    body = page(entry(*junk, field=field), entry(*junk, item("tốt", "good"), *junk))
    assert site.facebook(body).status_code == 200
    assert "tốt" in [event.text for event in site.kept()]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from(["event_name", "sender", "recipient", "message", "follower", "info"]),
                       json_values))  # fmt: skip
def test_whatever_zalo_sends_is_answered_with_200(site: Site, body: dict[str, Any]) -> None:
    assert site.zalo({**body, "timestamp": str(AT)}).status_code == 200


# --- when Redis or the disk is away


@pytest.fixture
def away(site: Site, valkey: Valkey) -> Any:
    """The server does not answer any more, in one instant; it answers again when the test ends."""
    valkey.kill()
    yield site
    if valkey.process is None:
        valkey.start()


def test_with_redis_away_a_webhook_is_still_answered_in_time(away: Site, valkey: Valkey) -> None:
    began = time.monotonic()
    assert away.facebook(page(entry(*[item(str(n), f"f{n}") for n in range(5)]))).status_code == 200
    assert away.zalo(zalo("a")).status_code == 200
    assert time.monotonic() - began < 2
    valkey.start()
    assert away.drain() == 6
    away.redis.connection_pool.disconnect()
    kept = [e.text for e in away.kept() if e.channel == "facebook"]
    assert kept == ["0", "1", "2", "3", "4"]


def test_with_redis_and_the_disk_away_the_platform_is_asked_to_come_back(away: Site) -> None:
    spool = away.settings.var_dir / "spool"
    (spool / "corrupt").rmdir()
    spool.rmdir()
    spool.write_text("in the way", "utf-8")
    for answer in (away.facebook(page(entry(item()))), away.zalo(zalo())):
        assert answer.status_code == 503
    assert away.counted("troly_webhooks_total", channel="zalo", outcome="not_kept") >= 1


def test_metrics_tell_of_events(site: Site) -> None:
    before = site.counted("troly_events_total", channel="zalo", kind="message", outcome="duplicate")
    for _ in range(3):
        site.zalo(zalo())
    assert (
        site.counted("troly_events_total", channel="zalo", kind="message", outcome="duplicate") == before + 2
    )


def test_alive_needs_nothing_else(away: Site) -> None:
    assert away.client.get("/healthz").text == "ok"
