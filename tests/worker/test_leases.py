"""Leases: shared out evenly, taken over, and never believed longer than Redis does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from redis import ConnectionError as RedisConnectionError
from redis import Redis

from bot.store.redis import connect
from bot.worker import leases
from bot.worker.leases import LEASE_MS, ShardLeases, lease_key, workers_alive
from tests.supervisor.procs import wait_for

SHARDS = 8


@pytest.fixture
def short_leases(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    monkeypatch.setattr(leases, "LEASE_MS", 300)
    yield 300


def held(worker: ShardLeases) -> set[int]:
    return {shard for shard in range(SHARDS) if worker.holds(shard)}


def share(*workers: ShardLeases) -> None:
    for _ in range(3):
        for worker in workers:
            worker.keep()


def test_one_worker_takes_everything(redis: Redis) -> None:
    worker = ShardLeases(redis, SHARDS, "a")
    assert held(worker) == set()
    worker.keep()
    assert held(worker) == set(range(SHARDS))
    assert worker.wait_for(3, timeout_s=0)


@pytest.mark.parametrize("count", [2, 3, 8, 10])
def test_workers_share_evenly_and_no_shard_is_left_or_held_twice(redis: Redis, count: int) -> None:
    workers = [ShardLeases(redis, SHARDS, str(n)) for n in range(count)]
    workers[0].keep()
    share(*workers)
    shares = [held(worker) for worker in workers]
    assert set().union(*shares) == set(range(SHARDS))
    assert sum(map(len, shares)) == SHARDS
    assert max(map(len, shares)) <= -(-SHARDS // count)
    assert workers_alive(redis) == count


def test_a_dead_worker_s_shards_are_taken_over_when_its_leases_end(redis: Redis, short_leases: int) -> None:
    dead, alive = ShardLeases(redis, SHARDS, "dead"), ShardLeases(redis, SHARDS, "alive")
    share(dead, alive)
    assert len(held(alive)) == SHARDS // 2
    redis.zrem("workers", "dead")  # as ten seconds later

    def takes_all() -> bool:
        alive.keep()
        return len(held(alive)) == SHARDS

    wait_for(takes_all, about="the rest is taken over")
    assert held(dead) == set()


def test_who_ends_in_order_leaves_its_shards_at_once(redis: Redis) -> None:
    first, second = ShardLeases(redis, SHARDS, "a"), ShardLeases(redis, SHARDS, "b")
    first.keep()
    second.keep()
    assert held(second) == set()
    first.release_all()
    assert held(first) == set()
    second.keep()
    assert held(second) == set(range(SHARDS))
    assert workers_alive(redis) == 1


def test_our_view_ends_no_later_than_redis_does(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long the renewal took on the way, the lease counts from before it was asked for."""
    now = 1000.0
    monkeypatch.setattr(leases.time, "monotonic", lambda: now)
    worker = ShardLeases(redis, 1, "a")
    real = worker._hold

    def slow(**values: object) -> object:
        nonlocal now
        answer = real(**values)
        now += 3.5  # the answer is slow
        return answer

    worker._hold = slow  # type: ignore[assignment]
    worker.keep()
    assert worker.holds(0)
    now += LEASE_MS / 1000 - 3.5
    assert not worker.holds(0)


def test_a_lost_lease_is_noticed(redis: Redis) -> None:
    worker = ShardLeases(redis, SHARDS, "a")
    worker.keep()
    redis.set(lease_key(2), "somebody else")
    worker.keep()
    assert held(worker) == set(range(SHARDS)) - {2}
    assert redis.get(lease_key(2)) == "somebody else"
    worker.release_all()
    assert redis.get(lease_key(2)) == "somebody else"


def test_while_redis_is_away_leases_run_out_and_come_back(redis: Redis, short_leases: int) -> None:
    worker = ShardLeases(redis, SHARDS, "a")
    worker.keep()
    real = worker._fair_share

    def away() -> int:
        raise RedisConnectionError

    worker._fair_share = away  # type: ignore[method-assign]

    def run_out() -> bool:
        worker.keep()
        return not held(worker)

    wait_for(run_out, about="the leases run out")
    worker._fair_share = real  # type: ignore[method-assign]
    worker.keep()
    assert held(worker) == set(range(SHARDS))


def test_a_server_that_is_not_there_is_no_reason_to_fall(tmp_path: object) -> None:
    worker = ShardLeases(connect("unix:///nonexistent/redis.sock"), SHARDS, "a")
    worker.keep()
    assert held(worker) == set()
