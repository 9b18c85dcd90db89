"""Every recorded Zalo payload, also repeated, with ids as numbers, damaged, and arbitrary JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.channel import EventKind
from connectors.zalo.events import parse
from tests.connectors.fixtures import Recorded, as_bytes, check, numbers_for_ids, recorded

OA = "4200000000000000654"
RECORDED = recorded("zalo")
each = pytest.mark.parametrize("payload", RECORDED, ids=lambda payload: payload.name)


@each
def test_is_read_as_expected(payload: Recorded) -> None:
    check(parse(payload.raw, (OA,)), payload.expect)


@each
def test_repetition_has_the_same_key(payload: Recorded) -> None:
    reordered = dict(reversed(payload.body.items()))
    assert [e.dedupe_key for e in parse(payload.raw, (OA,))] == [
        e.dedupe_key for e in parse(as_bytes(reordered), (OA,))
    ]


@each
def test_numbers_for_ids_and_time(payload: Recorded) -> None:
    body = numbers_for_ids(payload.body)
    if "timestamp" in body:
        body["timestamp"] = int(body["timestamp"])
    check(parse(as_bytes(body), (OA,)), payload.expect)


@each
def test_truncated_is_an_error(payload: Recorded) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        parse(payload.raw[:-1], (OA,))


@each
def test_every_key_may_be_missing_or_strange(payload: Recorded) -> None:
    """Damage never raises, and whatever is not understood is still counted once."""
    for body in damaged(payload.body):
        events = parse(as_bytes(body), (OA,))
        assert len(events) == (1 if body else 0)


def damaged(body: dict[str, Any]) -> list[dict[str, Any]]:
    """``body`` with each key, on two levels, taken out or replaced."""
    bodies = []
    for key, value in body.items():
        for strange in (None, [], {}, "", 0, True, [1], {"id": {}}):
            bodies.append({**body, key: strange})
        bodies.append({k: v for k, v in body.items() if k != key})
        if isinstance(value, dict):
            bodies += [{**body, key: inner} for inner in damaged(value)]
    return bodies


@pytest.mark.parametrize("raw", [b"", b"[]", b"null", b'"x"', b"\xff\xfe", b"{'a':1}", b"[" * 100_000])
def test_what_is_not_an_object_is_an_error(raw: bytes) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        parse(raw)


def test_two_messages_have_two_keys() -> None:
    """Two reactions and two follows of one person are not one."""
    base = {"oa_id": OA, "event_name": "follow", "follower": {"id": "1"}, "timestamp": "1795500000000"}
    later = {**base, "timestamp": "1795500000001"}
    assert parse(as_bytes(base))[0].event_id != parse(as_bytes(later))[0].event_id


def test_oa_is_told_from_resident_without_knowing_the_oa() -> None:
    body = {"sender": {"id": "9"}, "recipient": {"id": "1"}, "message": {"msg_ids": ["m"]}}
    event = parse(as_bytes({**body, "event_name": "user_seen_message"}))[0]
    assert (event.account_id, event.user_id) == ("9", "1")


def test_bytes_that_no_database_takes_are_cleaned() -> None:
    raw = rb'{"event_name":"user_send_text","sender":{"id":"1"},"recipient":{"id":"2"},'
    raw += rb'"message":{"text":"a\u0000b\ud800","msg_id":"m"},"timestamp":"1"}'
    assert parse(raw)[0].text == "ab\ufffd"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
names = st.sampled_from([p.body["event_name"] for p in RECORDED if p.body]) | st.text(max_size=12)
keys = ["sender", "recipient", "message", "timestamp", "oa_id", "user_id", "follower", "info"]


@given(st.dictionaries(st.sampled_from(keys), json_values), names)
def test_no_json_raises(body: dict[str, Any], name: str) -> None:
    events = parse(as_bytes_safely({**body, "event_name": name}), (OA,))
    assert len(events) == 1
    assert events[0].kind in EventKind
    assert len(events[0].user_id) <= 128


def as_bytes_safely(body: Any) -> bytes:
    """Lone surrogates as escapes, which is how they come over the wire."""
    return json.dumps(body).encode()
