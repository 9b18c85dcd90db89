"""At most so many calls a second and account, over all workers."""

from __future__ import annotations

import pytest
from redis import Redis

from bot.store.redis import connect
from bot.worker.limiter import SendLimiter


@pytest.mark.parametrize("rate", [1.0, 5.0, 40.0])
def test_no_second_holds_more_than_the_rate_and_a_burst(redis: Redis, rate: float) -> None:
    workers = [SendLimiter(redis, {"zalo": rate}) for _ in range(2)]
    now, sent = 1000.0, []
    for call in range(int(rate * 6)):
        wait = workers[call % 2].wait_s("zalo", 1, now)
        while wait > 0:
            now += wait + 1e-6
            wait = workers[call % 2].wait_s("zalo", 1, now)
        sent.append(now)
    for at in sent:
        assert sum(at <= other < at + 1 for other in sent) <= 2 * rate + 1
    assert sent[-1] - sent[0] >= 6 - 1 - 2 / rate


def test_accounts_and_channels_do_not_share(redis: Redis) -> None:
    limiter = SendLimiter(redis, {"zalo": 1.0})
    assert limiter.wait_s("zalo", 1, 1000.0) == 0
    assert limiter.wait_s("zalo", 1, 1000.0) > 0
    assert limiter.wait_s("zalo", 2, 1000.0) == 0
    assert limiter.wait_s("webchat", 3, 1000.0) == limiter.wait_s("webchat", 3, 1000.0) == 0


def test_a_clock_that_steps_back_blocks_nobody_for_long(redis: Redis) -> None:
    limiter = SendLimiter(redis, {"zalo": 2.0})
    while limiter.wait_s("zalo", 1, 1000.0) == 0:
        pass
    assert limiter.wait_s("zalo", 1, 10.0) == 0.5
    assert limiter.wait_s("zalo", 1, 10.5) == 0


def test_with_redis_away_nothing_is_limited() -> None:
    limiter = SendLimiter(connect("unix:///nonexistent/r.sock"), {"zalo": 1.0})
    assert limiter.wait_s("zalo", 1, 1000.0) == 0
