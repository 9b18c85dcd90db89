"""`bot dead`: what could not be worked is listed without words, tried again, or dropped."""

from __future__ import annotations

import pytest
from click.testing import CliRunner, Result
from redis import Redis

from bot.intake.commands import dead
from bot.intake.streams import DEAD_LETTERS, decode, encode, forget_dead, shard_of, stream_name
from connectors.channel import Event, EventKind

EVENT = Event("zalo", "1", EventKind.MESSAGE, "m1", "77", text="lời của người dân")


@pytest.fixture
def entry_id(redis: Redis, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("REDIS_URL", redis_url)
    return str(redis.xadd(DEAD_LETTERS, {"event": encode(EVENT), "error": "ValueError bot.x:1"}))


def run(*arguments: str) -> Result:
    return CliRunner().invoke(dead, arguments)


def test_the_list_names_the_error_and_no_word_of_the_resident(entry_id: str) -> None:
    shown = run("list").output
    assert shown == f"{entry_id}\tzalo\tmessage\t1\tValueError bot.x:1\n"


def test_an_event_is_tried_again_in_its_stream(redis: Redis, entry_id: str) -> None:
    assert run("retry", entry_id).exit_code == 0
    [(_, fields)] = redis.xrange(stream_name(shard_of(EVENT.conversation_key, 8)))
    assert decode(fields["event"]) == EVENT
    assert redis.xlen(DEAD_LETTERS) == 0


def test_all_are_dropped(redis: Redis, entry_id: str) -> None:
    assert run("drop", "--all").exit_code == 0
    assert redis.xlen(DEAD_LETTERS) == 0


def test_nothing_is_chosen_by_accident(redis: Redis, entry_id: str) -> None:
    assert run("drop").exit_code == 2
    assert redis.xlen(DEAD_LETTERS) == 1


def test_an_erased_resident_leaves_no_dead_letter(redis: Redis, entry_id: str) -> None:
    redis.xadd(DEAD_LETTERS, {"event": "broken"})
    forget_dead(redis, "zalo", "78")
    assert redis.xlen(DEAD_LETTERS) == 2
    forget_dead(redis, "zalo", "77")
    assert redis.xlen(DEAD_LETTERS) == 1
