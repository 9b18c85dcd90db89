"""Every recorded Facebook payload, also batched, repeated, beside broken ones, and arbitrary JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.channel import EventKind
from connectors.facebook.events import parse
from tests.connectors.fixtures import Recorded, as_bytes, check, numbers_for_ids, recorded

OUR_APP = "710000000000001"
PAGE = "610000000000321"
RECORDED = recorded("facebook")
each = pytest.mark.parametrize("payload", RECORDED, ids=lambda payload: payload.name)
LISTS = ("messaging", "standby", "changes")
JUNK: tuple[Any, ...] = (None, 7, "x", [], {}, {"sender": 1}, {"message": {"attachments": {"type": []}}})


@each
def test_is_read_as_expected(payload: Recorded) -> None:
    check(parse(payload.raw, OUR_APP), payload.expect)


@each
def test_metas_own_escaping_reads_the_same(payload: Recorded) -> None:
    escaped = json.dumps(payload.body).replace("/", "\\/").encode("ascii")
    assert parse(escaped, OUR_APP) == parse(payload.raw, OUR_APP)


@each
def test_repeated_in_two_entries(payload: Recorded) -> None:
    body = {**payload.body, "entry": payload.body.get("entry", []) * 2}
    events = parse(as_bytes(body), OUR_APP)
    check(events, payload.expect * 2)
    half = len(events) // 2
    assert [e.dedupe_key for e in events[:half]] == [e.dedupe_key for e in events[half:]]


@each
def test_repeated_in_one_entry(payload: Recorded) -> None:
    if len(payload.body.get("entry", [])) != 1:
        return
    entry = payload.body["entry"][0]
    doubled = {key: value * 2 if key in LISTS else value for key, value in entry.items()}
    check(parse(as_bytes({**payload.body, "entry": [doubled]}), OUR_APP), payload.expect * 2)


@each
def test_broken_neighbours_take_nothing_along(payload: Recorded) -> None:
    entries = [
        {key: [*JUNK, *value, *JUNK] if key in LISTS else value for key, value in entry.items()}
        for entry in payload.body.get("entry", [])
    ]
    body = {**payload.body, "entry": [None, 3, {"messaging": 5, "changes": "x"}, *entries, "x", []]}
    events = parse(as_bytes(body), OUR_APP)
    good = {e.dedupe_key for e in parse(payload.raw, OUR_APP)}
    check([e for e in events if e.dedupe_key in good], payload.expect)


@each
def test_ids_as_numbers(payload: Recorded) -> None:
    check(parse(as_bytes(numbers_for_ids(payload.body)), OUR_APP), payload.expect)


@each
def test_truncated_is_an_error(payload: Recorded) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        parse(payload.raw[:-1], OUR_APP)


@pytest.mark.parametrize(
    "raw", [b"", b"[]", b"{}", b'{"entry":[]}', b'{"object":1}', b"\xff", b"{" * 100_000]
)
def test_what_is_no_envelope_is_an_error(raw: bytes) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        parse(raw)


def test_one_post_with_everything() -> None:
    """All recorded payloads of pages in one batch: each gives what it gives alone, in order."""
    pages = [payload for payload in RECORDED if payload.body.get("object") == "page"]
    entries = [entry for payload in pages for entry in payload.body.get("entry", [])]
    alone = [event for payload in pages for event in parse(payload.raw, OUR_APP)]
    assert parse(as_bytes({"object": "page", "entry": entries}), OUR_APP) == alone


def test_unknown_app_id_never_counts_as_ours() -> None:
    """Without a configured app id, an echo without one is not taken for our own."""
    body = next(p for p in RECORDED if p.name == "echo_without_app_id").body
    assert parse(as_bytes(body), "")[0].echo_author == "other_app"


def test_same_comment_edited_twice_is_two_events() -> None:
    body = next(p for p in RECORDED if p.name == "feed_comment_edited").body
    changed = json.loads(json.dumps(body))
    changed["entry"][0]["changes"][0]["value"]["message"] = "Sửa lại"
    assert parse(as_bytes(body))[0].event_id != parse(as_bytes(changed))[0].event_id


def test_absurd_ids_are_no_ids() -> None:
    body = {
        "sender": {"id": "9" * 5000},
        "recipient": {"id": PAGE},
        "message": {"mid": "m" * 5000, "text": "a"},
    }
    event = parse(as_bytes({"object": "page", "entry": [{"id": PAGE, "messaging": [body]}]}))[0]
    assert event.kind is EventKind.OTHER
    assert event.user_id == ""


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
PARTS = ["message", "postback", "reaction", "message_edit", "delivery", "read", "pass_thread_control"]
PARTS += ["referral", "optin", "policy_enforcement", "sender", "recipient", "timestamp", "surprise"]
INNER = ["mid", "text", "attachments", "quick_reply", "is_echo", "app_id", "metadata", "payload", "watermark"]
INNER += ["mids", "reply_to", "num_edit", "referral", "commands", "is_deleted", "is_unsupported", "title"]
parts = st.dictionaries(st.sampled_from(INNER), json_values, max_size=5) | json_values
bodies = st.dictionaries(st.sampled_from(PARTS), parts, max_size=5) | json_values


@given(st.lists(bodies, max_size=3), st.sampled_from(LISTS), json_values)
def test_no_json_raises(items: list[Any], field: str, time: Any) -> None:
    good = {"sender": {"id": "1"}, "recipient": {"id": PAGE}, "message": {"mid": "m_good", "text": "a"}}
    entries = [{"id": PAGE, "time": time, field: items}, {"id": PAGE, "messaging": [good]}]
    events = parse(json.dumps({"object": "page", "entry": entries}).encode(), OUR_APP)
    assert events[-1].event_id == "m_good"
    assert all(
        event.event_id and len(event.event_id) <= 300 and len(event.user_id) <= 128 for event in events
    )


@given(st.dictionaries(st.sampled_from(["item", "verb", "from", "message", "post_id"]), json_values))
def test_no_change_raises(value: dict[str, Any]) -> None:
    changes = [{"field": "feed", "value": value}]
    raw = json.dumps({"object": "page", "entry": [{"id": PAGE, "changes": changes}]}).encode()
    assert [event.kind for event in parse(raw)] == [EventKind.FEED]
