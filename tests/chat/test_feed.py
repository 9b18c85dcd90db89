"""The feed and the limits on a real Valkey."""

from __future__ import annotations

import threading
import time

import pytest
import redis

from bot.chat.feed import START, RedisFeed, is_entry_id
from bot.chat.limits import Rate, RateLimiter, StreamGate
from connectors.webchat.channel import FeedUnavailable
from tests.chat.conftest import Valkey, connect

S = "session-of-a-resident"


def texts(feed: RedisFeed, after: str = START, session: str = S) -> list[str]:
    return [entry.body["text"] for entry in feed.history(session, after).entries]


def test_a_key_is_pushed_once_and_found(feed: RedisFeed) -> None:
    first = feed.push(S, "k1", {"text": "một"})
    assert feed.push(S, "k1", {"text": "một lần nữa"}) == first
    second = feed.push(S, "k2", {"text": "hai"})
    assert texts(feed) == ["một", "hai"]
    assert texts(feed, after=first) == ["hai"]
    assert texts(feed, after=second) == []
    assert feed.find(S, "k1") == first
    assert feed.find(S, "k3") is None
    assert feed.find("another", "k1") is None
    assert is_entry_id(first) and feed.history(S).entries[0].at_ms == pytest.approx(
        time.time() * 1000, abs=60e3
    )


def test_own_and_outgoing_keys_do_not_meet(feed: RedisFeed) -> None:
    feed.push_own(S, "same", {"text": "hỏi"})
    feed.push_own(S, "same", {"text": "hỏi"})
    feed.push(S, "same", {"text": "đáp"})
    assert texts(feed) == ["hỏi", "đáp"]
    assert texts(feed, session="another") == []


def test_pushed_once_by_many_threads(feed: RedisFeed) -> None:
    ids: list[str] = []
    threads = [
        threading.Thread(target=lambda: ids.append(feed.push(S, "k", {"text": "a"}))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 8 and len(set(ids)) == 1
    assert texts(feed) == ["a"]


def test_everything_expires_and_old_entries_go(client: redis.Redis) -> None:
    feed = RedisFeed(client, keep_entries=100)
    for number in range(450):
        feed.push(S, str(number), {"text": str(number)})
    kept = texts(feed)
    assert 100 <= len(kept) <= 250 and kept[-1] == "449"
    feed.typing(S)
    for key in client.scan_iter("webchat:*"):
        assert 0 < client.ttl(key) <= 7 * 24 * 3600, key


@pytest.mark.parametrize("protocol", [2, 3])
@pytest.mark.parametrize("decode", [False, True])
def test_every_shape_of_reply(chat_valkey: Valkey, client: redis.Redis, protocol: int, decode: bool) -> None:
    other = connect(chat_valkey.url, protocol=protocol, decode_responses=decode)
    feed = RedisFeed(other)
    first = feed.push(S, "k1", {"text": "đầu"})
    assert feed.push(S, "k1", {"text": "đầu"}) == first == feed.find(S, "k1")
    feed.push(S, "k2", {"text": "cuối"})
    feed.typing(S)
    batch = feed.wait(S, START, START, block_ms=100)
    assert [entry.body["text"] for entry in batch.entries] == ["đầu", "cuối"]
    assert batch.typing and batch.typing_id != START
    assert [entry.body["text"] for entry in feed.history(S).entries] == ["đầu", "cuối"]
    assert feed.wait(S, batch.entries[-1].id, batch.typing_id, block_ms=20).entries == ()
    other.close()


def test_typing_shows_until_the_answer(feed: RedisFeed) -> None:
    assert not feed.history(S).typing
    feed.typing(S)
    assert feed.history(S).typing
    feed.push_own(S, "q", {"text": "hỏi thêm"})
    assert feed.history(S).typing
    feed.push(S, "a", {"text": "đáp"})
    assert not feed.history(S).typing


def test_wait_wakes_for_an_entry_and_for_typing(feed: RedisFeed) -> None:
    for act, check in (
        (lambda: feed.push(S, "k", {"text": "a"}), lambda batch: batch.entries),
        (lambda: feed.typing(S), lambda batch: batch.typing),
    ):
        last = feed.history(S).entries[-1].id if feed.history(S).entries else START
        thread = threading.Timer(0.05, act)
        thread.start()
        began = time.monotonic()
        batch = feed.wait(S, last, block_ms=2000)
        assert check(batch) and time.monotonic() - began < 1.2
        thread.join()


@pytest.mark.parametrize("timeout", [0.4, 5, None])
def test_waiting_in_vain_never_meets_the_sockets_time_out(
    chat_valkey: Valkey, client: redis.Redis, timeout: float | None
) -> None:
    other = connect(chat_valkey.url, socket_timeout=timeout)
    feed = RedisFeed(other)
    began = time.monotonic()
    batch = feed.wait(S, START, block_ms=300)
    assert batch.entries == () and time.monotonic() - began < 1
    other.close()


def test_forgotten(feed: RedisFeed, client: redis.Redis) -> None:
    feed.push(S, "k1", {"text": "một"})
    feed.typing(S)
    feed.forget(S)
    assert texts(feed) == [] and not feed.history(S).typing
    # A late repeat of what was forgotten does not bring it back.
    feed.push(S, "k1", {"text": "một"})
    assert texts(feed) == []


def test_redis_away(tmp_path: object) -> None:
    dead = connect("unix:///nonexistent/r.sock")
    feed, limiter = RedisFeed(dead), RateLimiter(dead)
    for call in (
        lambda: feed.push(S, "k", {}),
        lambda: feed.push_own(S, "k", {}),
        lambda: feed.find(S, "k"),
        lambda: feed.history(S),
        lambda: feed.wait(S, START),
        lambda: feed.forget(S),
        lambda: limiter.wait_s([("a", Rate(1, 1))]),
    ):
        with pytest.raises(FeedUnavailable):
            call()
    feed.typing(S)


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("0-0", True),
        ("1764000000000-12", True),
        ("1764000000000", True),
        ("$", False),
        (">", False),
        ("", False),
        ("-", False),
        ("1-", False),
        ("9" * 17, False),
        ("1-0 ", False),
        ("1-0\n", False),
        ("٣-٠", False),
    ],
)
def test_entry_ids(text: str, right: bool) -> None:
    assert is_entry_id(text) is right


def test_token_bucket(client: redis.Redis) -> None:
    now = [1000.0]
    limiter = RateLimiter(client, clock=lambda: now[0])
    mine, shared = ("mine", Rate(burst=3, per_second=0.5)), ("shared", Rate(burst=4, per_second=10))
    assert [limiter.wait_s([mine, shared]) for _ in range(4)] == [0, 0, 0, 2]
    now[0] += 2
    assert [limiter.wait_s([mine, shared]) for _ in range(2)] == [0, 2]
    now[0] += 100
    assert [limiter.wait_s([mine]) for _ in range(4)] == [0, 0, 0, 2]
    # A refusal by one bucket takes nothing from the other.
    assert client.hget("webchat-rate:shared", "left") is not None
    assert 0 < client.ttl("webchat-rate:mine") <= 7
    now[0] -= 50
    assert limiter.wait_s([mine]) == 2


def test_stream_gate() -> None:
    gate = StreamGate(limit=3, per_session=2)
    assert [gate.enter("a"), gate.enter("a"), gate.enter("a"), gate.enter("b"), gate.enter("c")] == [
        True,
        True,
        False,
        True,
        False,
    ]
    gate.leave("a")
    assert gate.open_streams == 2 and gate.enter("c")
