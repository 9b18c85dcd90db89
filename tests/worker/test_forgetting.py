"""An erasure also empties what the web chat shows."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from redis import ConnectionError as RedisConnectionError
from redis import Redis
from sqlalchemy import Engine, String, delete, select

from bot.chat.feed import RedisFeed
from bot.clock import utc_now
from bot.desk.attachments import keep_image
from bot.store.conversations import add_reply
from bot.store.engine import writing
from bot.store.media import YOUNG, sweep
from bot.store.models import Conversation, Message
from bot.store.redis import connect
from bot.worker.main import _forget_in
from connectors.channel import EventKind, Reply
from tests.worker.fakes import Town


def test_the_feed_of_the_erased_session_is_empty_and_others_stay(
    engine: Engine, redis: Redis, tmp_path: Path
) -> None:
    feed = RedisFeed(redis)
    town = Town(engine, "webchat")
    town.turns._forget = _forget_in(feed, redis, tmp_path)
    for session in ("session-of-the-resident", "session-of-another-one"):
        town.hears("chuyện riêng", user_id=session)
        feed.push_own(session, "c1", {"text": "chuyện riêng"})
        feed.push(session, "k1", {"text": "trả lời"})
        feed.typing(session)
    town.turns.handle(town.event("session-of-the-resident", None, kind=EventKind.WITHDRAW))
    assert feed.history("session-of-the-resident").entries == ()
    assert not feed.history("session-of-the-resident").typing
    assert len(feed.history("session-of-another-one").entries) == 2


def test_other_channels_have_no_feed(redis: Redis, tmp_path: Path) -> None:
    _forget_in(RedisFeed(connect("unix:///nonexistent/r.sock")), redis, tmp_path)("zalo", "u1", [])


def test_while_redis_is_away_the_erasure_waits(engine: Engine, tmp_path: Path) -> None:
    town = Town(engine, "webchat")
    town.hears("chuyện riêng", user_id="session-of-the-resident")
    away = connect("unix:///nonexistent/r.sock")
    town.turns._forget = _forget_in(RedisFeed(away), away, tmp_path)
    with pytest.raises(RedisConnectionError):  # to the consumer: a dependency is away, ask again
        town.turns.handle(town.event("session-of-the-resident", None, kind=EventKind.WITHDRAW))
    assert len(town.story("session-of-the-resident")) == 2


def test_pictures_go_with_the_resident_they_were_for(engine: Engine, redis: Redis, tmp_path: Path) -> None:
    town = Town(engine, "zalo")
    town.turns._forget = _forget_in(RedisFeed(redis), redis, tmp_path)
    files = {user: picture_for(town, user, tmp_path) for user in ("u1", "u2")}
    town.turns.handle(town.event("u1", None, kind=EventKind.WITHDRAW))
    assert [user for user, file in files.items() if file.exists()] == ["u2"]


def test_what_no_message_names_is_swept(engine: Engine, tmp_path: Path) -> None:
    now = utc_now()
    town = Town(engine, "zalo")
    kept, old = picture_for(town, "u1", tmp_path), picture_for(town, "u2", tmp_path)
    young, other = tmp_path / f"{'a' * 32}.png", tmp_path / "readme.txt"
    other.write_text("not ours")
    with writing(engine) as session:
        session.execute(delete(Message).where(Message.attachments.cast(String).contains(old.name)))
    for file in (kept, old, other):
        os.utime(file, ((now - 2 * YOUNG).timestamp(),) * 2)
    young.write_bytes(b"x")
    assert sweep(engine, tmp_path, now) == 1
    assert not old.exists()
    assert kept.exists() and young.exists() and other.exists()
    assert sweep(engine, tmp_path / "none", now) == 0


def picture_for(town: Town, user: str, folder: Path) -> Path:
    """A picture that an officer sent to ``user``."""
    town.hears("cho xem", user_id=user)
    name = keep_image(folder, b"\x89PNG\r\n\x1a\n")
    reply = Reply("Đây", image_url=f"https://xa.example/media/{name}")
    with writing(town.engine) as session:
        chat = session.scalars(select(Conversation).where(Conversation.user_ref == user)).one()
        add_reply(session, chat, reply, [{"message": {}}], utc_now(), "officer", officer_id=1)
    return folder / name
