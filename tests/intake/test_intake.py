"""An event is accepted once and for good, in the order of its conversation, Redis or no Redis."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis import ConnectionError as RedisConnectionError
from redis import Redis, RedisError

from bot.intake.accept import REST_S, Accepted, Intake
from bot.intake.spool import Spool, SpoolError
from bot.intake.streams import SEEN_TTL_S, InboundStreams, decode, encode, shard_of, stream_name
from bot.store.redis import connect
from connectors.channel import Attachment, EchoAuthor, Event, EventKind
from tests.events import an_event
from tests.servers import Valkey

SHARDS = 4


class Away:
    """Streams whose server is away as long as ``away`` says, or for the events that it names."""

    def __init__(self, real: InboundStreams) -> None:
        self.real, self.away, self.calls = real, False, 0
        self.refuse: set[str] = set()
        self.lose_reply: set[str] = set()

    def add(self, event: Event) -> bool:
        self.calls += 1
        if self.away or event.event_id in self.refuse:
            raise RedisConnectionError
        added = self.real.add(event)
        if event.event_id in self.lose_reply:
            self.lose_reply.discard(event.event_id)
            raise RedisConnectionError
        return added


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


class Scene:
    """An intake whose Redis and clock are in our hand."""

    def __init__(self, redis: Redis, folder: Path) -> None:
        self.redis, self.clock = redis, Clock()
        self.streams = Away(InboundStreams(redis, SHARDS))
        self.spool = Spool(folder)
        self.intake = Intake(self.streams, self.spool, self.clock)  # type: ignore[arg-type]

    def comes_back(self) -> None:
        self.streams.away = False
        self.clock.now += REST_S


def kept(redis: Redis) -> list[Event]:
    """Every event in the streams, each stream in its order."""
    return [
        decode(fields["event"])
        for shard in range(SHARDS)
        for _entry, fields in redis.xrange(stream_name(shard))  # type: ignore[union-attr]
    ]


def by_user(events: list[Event]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for event in events:
        found.setdefault(event.user_id, []).append(event.event_id)
    return found


@pytest.fixture
def scene(redis: Redis, tmp_path: Path) -> Scene:
    return Scene(redis, tmp_path / "spool")


@pytest.fixture
def valkey_alone(short_dir: Path) -> Iterator[Valkey]:
    server = Valkey(short_dir)
    server.start()
    yield server
    server.kill()


def test_what_is_kept_is_the_event_itself(scene: Scene) -> None:
    event = Event(
        channel="facebook",
        account_id="1",
        kind=EventKind.ECHO,
        event_id="m:1",
        user_id="2",
        at_ms=5,
        text="Đăng ký “khai sinh” \n🙏",
        payload="#p:1.001193",
        attachments=(Attachment("image", "https://x/y", "z", {"a": [1]}),),
        message_ids=("a", "b"),
        watermark_ms=7,
        echo_author=EchoAuthor.US,
        standby=True,
        extra={"k": {"n": None}},
    )
    assert decode(encode(event)) == event
    assert scene.intake.accept(event) is Accepted.QUEUED
    assert kept(scene.redis) == [event]


def test_the_same_event_is_accepted_once(scene: Scene) -> None:
    event = an_event()
    assert scene.intake.accept_all([event, event, an_event()]) == [
        Accepted.QUEUED,
        Accepted.DUPLICATE,
        Accepted.QUEUED,
    ]
    assert len(kept(scene.redis)) == 2
    assert 0 < scene.redis.ttl(f"seen:{event.dedupe_key}") <= SEEN_TTL_S  # type: ignore[operator]


@pytest.mark.parametrize("other", [{"channel": "facebook"}, {"account_id": "oa2"}, {"event_id": "other"}])
def test_an_id_counts_within_channel_and_account(scene: Scene, other: dict[str, str]) -> None:
    same = {"event_id": "same"}
    scene.intake.accept_all([an_event(**same), an_event(**{**same, **other})])
    assert len(kept(scene.redis)) == 2


def test_a_conversation_stays_on_one_shard() -> None:
    keys = [f"zalo:oa:{n}" for n in range(2000)]
    assert [shard_of(k, 8) for k in keys] == [shard_of(k, 8) for k in keys]
    spread = [sum(shard_of(k, 8) == shard for k in keys) for shard in range(8)]
    assert min(spread) > 150


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("accept"), st.integers(0, 14)),
            st.tuples(st.sampled_from(["away", "back", "drain"]), st.just(0)),
        ),
        max_size=40,
    )
)
def test_any_interleaving_keeps_each_once_and_in_order(
    valkey: Valkey, tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int]]
) -> None:
    """Redis comes and goes, replies get lost, events are repeated: nothing lost, doubled or overtaken."""
    client = connect(valkey.url)
    client.flushall()
    scene = Scene(client, tmp_path_factory.mktemp("spool"))
    events = [an_event(f"u{n % 3}", event_id=f"e{n}") for n in range(15)]
    scene.streams.lose_reply = {"e3", "e7"}
    first: list[Event] = []
    for step, number in steps:
        if step == "accept":
            scene.intake.accept(events[number])
            if events[number] not in first:
                first.append(events[number])
        elif step == "away":
            scene.streams.away = True
        elif step == "back":
            scene.comes_back()
        elif scene.streams.away and not scene.spool.empty():
            with pytest.raises(RedisError):
                scene.intake.drain()
        else:
            drain(scene)
    scene.comes_back()
    drain(scene)
    assert by_user(kept(client)) == by_user(first)
    client.close()


def drain(scene: Scene) -> None:
    """As the job does: a lost reply is met by the next run."""
    for _ in range(5):
        try:
            scene.intake.drain()
        except RedisError:
            continue
    assert scene.spool.empty()


def test_while_redis_is_away_events_wait_on_the_disk(scene: Scene) -> None:
    scene.streams.away = True
    events = [an_event(f"u{n % 2}") for n in range(6)]
    assert set(scene.intake.accept_all(events)) == {Accepted.SPOOLED}
    assert scene.streams.calls == 1  # one time-out is enough for a webhook
    files = sorted(scene.spool.folder.glob("*"))
    assert [f.suffix for f in files if f.is_file()] == [".json"] * 6
    assert [decode(f.read_text("utf-8")) for f in files if f.is_file()] == events
    scene.comes_back()
    assert scene.intake.drain() == 6
    assert by_user(kept(scene.redis)) == by_user(events)
    assert scene.intake.drain() == 0


def test_redis_is_left_alone_for_a_while_after_a_failure(scene: Scene) -> None:
    scene.streams.away = True
    scene.intake.accept(an_event())
    scene.streams.away = False
    scene.intake.drain()
    calls = scene.streams.calls
    assert scene.intake.accept(an_event()) is Accepted.SPOOLED
    assert scene.streams.calls == calls
    scene.clock.now += REST_S
    scene.intake.drain()
    assert scene.intake.accept(an_event()) is Accepted.QUEUED


def test_new_events_queue_behind_those_on_the_disk(scene: Scene) -> None:
    scene.streams.away = True
    first = an_event()
    scene.intake.accept(first)
    scene.comes_back()
    second = an_event()
    assert scene.intake.accept(second) is Accepted.SPOOLED
    scene.intake.drain()
    third = an_event()
    assert scene.intake.accept(third) is Accepted.QUEUED
    assert kept(scene.redis) == [first, second, third]


def test_draining_resumes_where_it_failed(scene: Scene) -> None:
    events = [an_event(f"u{n % 2}") for n in range(6)]
    scene.streams.away = True
    scene.intake.accept_all(events)
    scene.streams.away = False
    scene.streams.refuse = {events[3].event_id}
    with pytest.raises(RedisError):
        scene.intake.drain()
    assert len(kept(scene.redis)) == 3
    scene.streams.refuse.clear()
    scene.streams.lose_reply = {events[4].event_id}
    with pytest.raises(RedisError):
        scene.intake.drain()
    assert scene.intake.drain() == 2
    assert by_user(kept(scene.redis)) == by_user(events)


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"null", b"[]", b'{"kind": "message"}', b"\xff\xfe", b'{"kind": "no such"}', b'"text"'],
)
def test_a_broken_file_is_put_aside_and_the_rest_goes_on(scene: Scene, content: bytes) -> None:
    scene.streams.away = True
    before, after = an_event(), an_event()
    scene.intake.accept(before)
    broken = scene.spool.folder / f"{sorted(scene.spool.folder.glob('*.json'))[0].stem}-broken.json"
    broken.write_bytes(content)
    scene.intake.accept(after)
    scene.comes_back()
    assert scene.intake.drain() == 2
    assert kept(scene.redis) == [before, after]
    assert (scene.spool.folder / "corrupt" / broken.name).read_bytes() == content
    assert scene.spool.empty()


def test_a_half_written_file_is_not_an_event(scene: Scene) -> None:
    (scene.spool.folder / "0-1-1.part").write_text("{", "utf-8")
    assert scene.spool.empty()
    assert scene.intake.accept(an_event()) is Accepted.QUEUED


def test_a_spool_that_cannot_be_written_says_so(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.streams.away = True

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("bot.intake.spool.os.fsync", full)
    with pytest.raises(SpoolError, match="No space left"):
        scene.intake.accept(an_event())
    assert list(scene.spool.folder.glob("*.part")) == []
    assert scene.spool.empty()


def test_a_spool_in_the_way_of_a_file_says_so(scene: Scene) -> None:
    (scene.spool.folder / "corrupt").rmdir()
    scene.spool.folder.rmdir()
    scene.spool.folder.write_text("a file", "utf-8")
    with pytest.raises(SpoolError):
        scene.intake.accept(an_event())


def test_a_spool_that_was_removed_is_made_again(scene: Scene) -> None:
    (scene.spool.folder / "corrupt").rmdir()
    scene.spool.folder.rmdir()
    assert scene.intake.accept(an_event()) is Accepted.QUEUED
    scene.streams.away = True
    assert scene.intake.accept(an_event()) is Accepted.SPOOLED
    scene.comes_back()
    assert scene.intake.drain() == 1


def test_two_drainers_do_not_get_into_each_other_s_way(scene: Scene) -> None:
    scene.streams.away = True
    events = [an_event(f"u{n % 3}") for n in range(30)]
    scene.intake.accept_all(events)
    scene.streams.away = False
    inside, go_on = threading.Event(), threading.Event()

    def add(event: Event) -> bool:
        inside.set()
        assert go_on.wait(10)
        return scene.streams.real.add(event)

    first = threading.Thread(target=scene.spool.drain, args=(add,))
    first.start()
    assert inside.wait(10)
    assert Spool(scene.spool.folder).drain(scene.streams.real.add) == 0  # another process would see the same
    go_on.set()
    first.join(20)
    assert by_user(kept(scene.redis)) == by_user(events)
    assert scene.spool.empty()


def test_many_writers_and_drainers_at_once(scene: Scene) -> None:
    spools = [Spool(scene.spool.folder) for _ in range(4)]
    sent = [[an_event(f"u{n}") for _ in range(15)] for n in range(4)]
    done = threading.Event()

    def write(spool: Spool, events: list[Event]) -> None:
        for event in events:
            spool.write(event)

    def keep_draining(spool: Spool) -> None:
        while not done.is_set():
            spool.drain(scene.streams.real.add)

    drainers = [threading.Thread(target=keep_draining, args=(spool,)) for spool in spools[:2]]
    writers = [threading.Thread(target=write, args=pair) for pair in zip(spools, sent, strict=True)]
    for thread in [*drainers, *writers]:
        thread.start()
    for thread in writers:
        thread.join(30)
    done.set()
    for thread in drainers:
        thread.join(30)
    spools[0].drain(scene.streams.real.add)
    assert by_user(kept(scene.redis)) == by_user([event for events in sent for event in events])


def accept_all(
    intake: Intake, events: list[Event], third: threading.Barrier, two_thirds: threading.Barrier
) -> None:
    """Accept, every third event twice, and meet the others on the way."""
    for number, event in enumerate(events):
        if number == 20:
            third.wait(30)
        if number == 40:
            two_thirds.wait(30)
        intake.accept(event)
        if number % 3 == 0:
            intake.accept(event)


@pytest.mark.fault
def test_kill_9_of_redis_during_accepts_loses_and_doubles_nothing(
    valkey_alone: Valkey, tmp_path: Path
) -> None:
    """Several web processes accept, the server dies twice; every event is repeated once, as platforms do."""
    spool = Spool(tmp_path / "spool")
    intakes = [Intake(InboundStreams(connect(valkey_alone.url), SHARDS), spool) for _ in range(4)]
    sent = [[an_event(f"u{n}") for _ in range(60)] for n in range(4)]
    third, two_thirds = threading.Barrier(5), threading.Barrier(5)
    done = threading.Event()

    def drain_when_possible() -> None:
        while not done.is_set():
            try:
                intakes[0].drain()
            except RedisError:
                done.wait(0.05)

    drainer = threading.Thread(target=drain_when_possible)
    accepting = [
        threading.Thread(target=accept_all, args=(intake, events, third, two_thirds))
        for intake, events in zip(intakes, sent, strict=True)
    ]
    for thread in [drainer, *accepting]:
        thread.start()
    third.wait(30)
    valkey_alone.kill()
    two_thirds.wait(30)
    valkey_alone.start()
    valkey_alone.kill()
    valkey_alone.start()
    for thread in accepting:
        thread.join(30)
    done.set()
    drainer.join(30)
    Intake(InboundStreams(connect(valkey_alone.url), SHARDS), spool).drain()
    assert spool.empty()
    found = kept(connect(valkey_alone.url))
    assert by_user(found) == by_user([event for events in sent for event in events])
