"""A shard is worked in order, by one worker at a time, and nothing is lost when that one dies."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from redis import ConnectionError as RedisConnectionError
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from bot.intake.streams import DEAD_LETTERS, GROUP, InboundStreams, decode, encode, stream_name
from bot.settings import ROOT
from bot.store.redis import connect, connect_blocking
from bot.worker import consumer as module
from bot.worker.consumer import MAX_FAILURES, ShardConsumer
from bot.worker.leases import ShardLeases, lease_key
from connectors.channel import Event, EventKind
from tests.events import an_event
from tests.supervisor.procs import wait_for


class Shard:
    """Shard 0 of 1 on a real server, with a handler in our hand."""

    def __init__(self, url: str) -> None:
        self.url, self.redis = url, connect(url)
        self.streams = InboundStreams(self.redis, 1)
        self.worked: list[str] = []
        self.receipts: list[list[str]] = []
        self.taken = 0
        self.fails: Callable[[Event], None] = lambda event: None

    def gets(self, *ids: str, kind: EventKind = EventKind.MESSAGE) -> None:
        for event_id in ids:
            self.streams.add(an_event(event_id=event_id, kind=kind))

    def handle(self, event: Event) -> None:
        self.fails(event)
        self.worked.append(event.event_id)

    def handle_receipts(self, events: Sequence[Event]) -> None:
        for event in events:
            self.fails(event)
        self.receipts.append([event.event_id for event in events])

    def on_taken(self, shard: int) -> None:
        self.taken += 1

    def consumer(self, leases: ShardLeases, stop: threading.Event) -> ShardConsumer:
        return ShardConsumer(
            0,
            connect_blocking(self.url),
            self.redis,
            leases,
            self.handle,
            self.handle_receipts,
            self.on_taken,
            stop,
        )

    def waiting(self) -> int:
        return int(self.redis.xlen(stream_name(0)))  # type: ignore[arg-type]

    def dead(self) -> list[dict[str, str]]:
        return [fields for _id, fields in self.redis.xrange(DEAD_LETTERS)]  # type: ignore[union-attr]

    @contextmanager
    def running(self, token: str = "w") -> Iterator[ShardLeases]:
        """A consumer thread whose lease is kept."""
        stop, leases = threading.Event(), ShardLeases(connect(self.url), 1, token)

        def keep() -> None:
            while not stop.is_set():
                leases.keep()
                stop.wait(0.2)

        threads = [threading.Thread(target=keep), threading.Thread(target=self.consumer(leases, stop).run)]
        for thread in threads:
            thread.start()
        try:
            yield leases
        finally:
            stop.set()
            for thread in threads:
                thread.join(10)
            assert not any(thread.is_alive() for thread in threads)
            leases.release_all()


@pytest.fixture
def shard(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Shard:
    monkeypatch.setattr(module, "PAUSE_S", 0.02)
    monkeypatch.setattr(module, "BLOCK_MS", 100)
    return Shard(redis_url)


def test_events_are_worked_in_order_and_taken_off(shard: Shard) -> None:
    first = [f"a{n}" for n in range(40)]
    shard.gets(*first)
    with shard.running():
        wait_for(lambda: len(shard.worked) == 40, about="what was there")
        shard.gets("b1", "b2")
        wait_for(lambda: shard.waiting() == 0, about="what came later")
    assert shard.worked == [*first, "b1", "b2"]
    assert shard.redis.xpending(stream_name(0), GROUP)["pending"] == 0
    assert shard.taken == 1
    assert shard.dead() == []


def test_what_the_last_owner_left_pending_comes_first(shard: Shard) -> None:
    shard.gets("a1", "a2", "a3", "a4")
    shard.redis.xgroup_create(stream_name(0), GROUP, id="0", mkstream=True)
    shard.redis.xreadgroup(GROUP, "dead worker", {stream_name(0): ">"}, count=3)
    shard.gets("a5")
    with shard.running():
        wait_for(lambda: shard.waiting() == 0, about="all worked")
    assert shard.worked == ["a1", "a2", "a3", "a4", "a5"]


def test_more_is_pending_than_one_batch(shard: Shard) -> None:
    ids = [f"a{n}" for n in range(module.BATCH * 2 + 3)]
    shard.gets(*ids)
    shard.redis.xgroup_create(stream_name(0), GROUP, id="0", mkstream=True)
    shard.redis.xreadgroup(GROUP, "dead worker", {stream_name(0): ">"}, count=1000)
    shard.gets("last")
    with shard.running():
        wait_for(lambda: shard.waiting() == 0, about="all worked")
    assert shard.worked == [*ids, "last"]


def test_a_poisonous_event_is_put_aside_and_the_rest_goes_on(shard: Shard) -> None:
    tries = 0

    def fails(event: Event) -> None:
        nonlocal tries
        if event.event_id == "bad":
            tries += 1
            raise ValueError("chữ của người dân")

    shard.fails = fails
    shard.gets("a1", "bad", "a2", "a3")
    with shard.running():
        wait_for(lambda: shard.waiting() == 0, about="all worked")
        shard.gets("a4")
        wait_for(lambda: shard.waiting() == 0, about="the next")
    assert shard.worked == ["a1", "a2", "a3", "a4"]
    assert tries == MAX_FAILURES
    (letter,) = shard.dead()
    assert decode(letter["event"]).event_id == "bad"
    assert letter["error"].startswith("ValueError tests.worker.test_consumer:")
    assert "người dân" not in letter["error"]


def test_an_entry_that_is_no_event_is_put_aside(shard: Shard) -> None:
    shard.redis.xadd(stream_name(0), {"event": "{"})
    shard.redis.xadd(stream_name(0), {"other": "1"})
    shard.gets("a1")
    with shard.running():
        wait_for(lambda: shard.waiting() == 0, about="all worked")
    assert shard.worked == ["a1"]
    assert [letter["event"] for letter in shard.dead()] == ["{"]  # the other one holds nothing to keep


def test_the_receipts_of_a_batch_come_last_and_together(shard: Shard) -> None:
    shard.gets("a1")
    shard.gets("r1", kind=EventKind.DELIVERED)
    shard.gets("a2")
    shard.gets("r2", kind=EventKind.SEEN)
    with shard.running():
        wait_for(lambda: shard.waiting() == 0, about="all worked")
    assert (shard.worked, shard.receipts) == (["a1", "a2"], [["r1", "r2"]])
    assert shard.redis.xpending(stream_name(0), GROUP)["pending"] == 0


def test_a_poisonous_receipt_does_not_take_the_others_with_it(shard: Shard) -> None:
    def fails(event: Event) -> None:
        if event.event_id == "bad":
            raise ValueError

    shard.fails = fails
    shard.gets("r1", "bad", "r2", kind=EventKind.SEEN)
    with shard.running():
        wait_for(lambda: shard.waiting() == 0, about="all worked")
    assert sorted(i for batch in shard.receipts for i in batch) == ["r1", "r2"]
    (letter,) = shard.dead()
    assert decode(letter["event"]).event_id == "bad"


@pytest.mark.parametrize(
    "away",
    [
        OperationalError("SELECT", {}, Exception()),
        DBAPIError("SELECT", {}, Exception(), connection_invalidated=True),
        PoolTimeout(),
        RedisConnectionError(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_while_a_dependency_is_away_the_event_waits(shard: Shard, away: Exception) -> None:
    refusals = 0

    def fails(event: Event) -> None:
        nonlocal refusals
        if event.event_id == "a2" and refusals < 3 * MAX_FAILURES:
            refusals += 1
            raise away

    shard.fails = fails
    shard.gets("a1", "a2", "a3")
    with shard.running():
        wait_for(lambda: shard.waiting() == 0, about="all worked")
    assert shard.worked == ["a1", "a2", "a3"]
    assert refusals == 3 * MAX_FAILURES
    assert shard.dead() == []


def test_the_thread_outlives_a_failure_outside_an_event(shard: Shard) -> None:
    troubles = iter([RuntimeError(), PoolTimeout(), KeyError()])

    def on_taken(_shard: int) -> None:
        for trouble in troubles:
            raise trouble

    shard.on_taken = on_taken  # type: ignore[method-assign]
    shard.gets("a1")
    with shard.running():
        wait_for(lambda: shard.waiting() == 0, about="worked after all")


def test_a_lost_lease_fences(shard: Shard) -> None:
    """Who lost the shard in the middle of an event can't take it off; the new owner works it again."""

    def loses(event: Event) -> None:
        if event.event_id == "a2" and "a2" not in shard.worked:
            shard.redis.set(lease_key(0), "another", px=400)

    shard.fails = loses
    shard.gets("a1", "a2", "a3")
    with shard.running():
        wait_for(lambda: shard.waiting() == 0, about="all worked")
    assert shard.worked.count("a2") >= 2  # the turn knows an event that it has worked
    assert [event_id for event_id, _ in itertools.groupby(shard.worked)] == ["a1", "a2", "a3"]
    assert shard.taken >= 2


def test_a_second_worker_waits_and_takes_over(shard: Shard) -> None:
    shard.gets("a1")
    with shard.running("first"):
        wait_for(lambda: shard.waiting() == 0, about="the first works")
        stop = threading.Event()
        leases = ShardLeases(connect(shard.url), 1, "second")
        second = threading.Thread(target=shard.consumer(leases, stop).run)
        second.start()
        leases.keep()
        assert not leases.holds(0)
        shard.gets("a2")
        wait_for(lambda: shard.waiting() == 0, about="the first goes on")
    leases.keep()
    assert leases.holds(0)
    shard.gets("a3")
    wait_for(lambda: shard.waiting() == 0, about="the second works")
    stop.set()
    second.join(10)
    assert shard.worked == ["a1", "a2", "a3"]


WORKER = """
import sys, threading, time
from bot.store.redis import connect, connect_blocking
from bot.worker.consumer import ShardConsumer
from bot.worker.leases import ShardLeases
url, name = sys.argv[1:]
client = connect(url)
leases = ShardLeases(client, 1, name)
def handle(event):
    client.rpush("worked", event.event_id)
    if name == "first" and event.event_id == "e7":
        client.set("in the middle", 1)
        time.sleep(60)
def keep():
    while True:
        leases.keep()
        time.sleep(0.2)
threading.Thread(target=keep, daemon=True).start()
ShardConsumer(0, connect_blocking(url), client, leases, handle, None, lambda s: None, threading.Event()).run()
"""


@pytest.mark.fault
def test_kill_9_in_the_middle_of_an_event(redis_url: str, tmp_path: Path) -> None:
    """A real process dies at work; another one begins with what it left, and nothing is lost or overtaken."""
    client = connect(redis_url)
    streams = InboundStreams(client, 1)
    ids = [f"e{n}" for n in range(40)]
    for event_id in ids:
        streams.add(an_event(event_id=event_id))
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}

    def start(name: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-c", WORKER, redis_url, name],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    first = start("first")
    second = None
    try:
        wait_for(lambda: client.get("in the middle"), about="the first is at e7")
        first.send_signal(signal.SIGKILL)
        first.wait(10)
        second = start("second")
        wait_for(lambda: client.xlen(stream_name(0)) == 0, about="the second has worked all", timeout_s=30)
    finally:
        for process in (first, second):
            if process is not None:
                process.kill()
                process.wait(10)
    assert client.lrange("worked", 0, -1) == [*ids[:8], *ids[7:]]  # e7 was begun twice, in its place


def test_streams_keep_what_they_are_given() -> None:
    event = an_event(text="Đăng ký khai sinh")
    assert decode(encode(event)) == event


def test_a_batch_is_taken_off_together_but_never_behind_the_same_conversation(shard: Shard) -> None:
    """What is erased must not be worked again: a conversation's event is off before its next is worked."""
    waiting: list[int] = []
    shard.fails = lambda event: waiting.append(shard.waiting())
    for number, user in enumerate(["u1", "u2", "u1", "u3"]):
        shard.streams.add(an_event(user, event_id=f"b{number}"))
    with shard.running():
        wait_for(lambda: shard.waiting() == 0, about="all worked")
    assert shard.worked == ["b0", "b1", "b2", "b3"]
    assert waiting == [4, 4, 2, 2]  # b0 and b1 went when b2, of u1 again, came up


def test_what_is_worked_is_taken_off_when_a_later_one_fails(shard: Shard) -> None:
    def fails(event: Event) -> None:
        if event.event_id == "a3":
            raise OperationalError("SELECT", {}, Exception())

    shard.fails = fails
    for number, user in enumerate(["u1", "u2", "u3"], 1):
        shard.streams.add(an_event(user, event_id=f"a{number}"))
    with shard.running():
        wait_for(lambda: shard.waiting() == 1, about="the first two")
        shard.fails = lambda event: None
        wait_for(lambda: shard.waiting() == 0, about="the third")
    assert shard.worked == ["a1", "a2", "a3"]
