"""An erasure also empties what the web chat shows."""

from __future__ import annotations

import pytest
from redis import ConnectionError as RedisConnectionError
from redis import Redis
from sqlalchemy import Engine

from bot.chat.feed import RedisFeed
from bot.store.redis import connect
from bot.worker.main import _forget_in
from connectors.channel import EventKind
from tests.worker.fakes import Town


def test_the_feed_of_the_erased_session_is_empty_and_others_stay(engine: Engine, redis: Redis) -> None:
    feed = RedisFeed(redis)
    town = Town(engine, "webchat")
    town.turns._forget = _forget_in(feed, redis)
    for session in ("session-of-the-resident", "session-of-another-one"):
        town.hears("chuyện riêng", user_id=session)
        feed.push_own(session, "c1", {"text": "chuyện riêng"})
        feed.push(session, "k1", {"text": "trả lời"})
        feed.typing(session)
    town.turns.handle(town.event("session-of-the-resident", None, kind=EventKind.WITHDRAW))
    assert feed.history("session-of-the-resident").entries == ()
    assert not feed.history("session-of-the-resident").typing
    assert len(feed.history("session-of-another-one").entries) == 2


def test_other_channels_have_no_feed(redis: Redis) -> None:
    _forget_in(RedisFeed(connect("unix:///nonexistent/r.sock")), redis)("zalo", "u1")


def test_while_redis_is_away_the_erasure_waits(engine: Engine) -> None:
    town = Town(engine, "webchat")
    town.hears("chuyện riêng", user_id="session-of-the-resident")
    away = connect("unix:///nonexistent/r.sock")
    town.turns._forget = _forget_in(RedisFeed(away), away)
    with pytest.raises(RedisConnectionError):  # to the consumer: a dependency is away, ask again
        town.turns.handle(town.event("session-of-the-resident", None, kind=EventKind.WITHDRAW))
    assert len(town.story("session-of-the-resident")) == 2
