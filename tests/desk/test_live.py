"""The live feed: who is told of what, once, also after a cut; on both databases."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from datetime import timedelta

import pytest
from sqlalchemy import Engine, event, update
from sqlalchemy.exc import OperationalError

from bot.clock import to_ms, utc_now
from bot.desk.live import Change, Listener, changes_since, event_lines, listener
from bot.desk.watching import IDLE_S, Feed, Reader
from bot.desk.watching import POLL_S as POLL_DEFAULT_S
from bot.handoff.records import touch
from bot.store.engine import reading, writing
from bot.store.models import Conversation, Outgoing
from tests.desk.chats import add_chat, add_message
from tests.desk.conftest import ClientOf, DeskClient

POLL_S = 0.02
QUIET_S = 0.3


class Officer:
    """Someone who looks."""

    def __init__(self, number: int, unit_id: int = 1, queues: tuple[str, ...] = ()) -> None:
        self.id, self.unit_id, self.queues, self.all_units = number, unit_id, queues, False


@pytest.fixture
def feed(engine: Engine) -> Feed:
    return Feed(engine, utc_now, POLL_S, POLL_S)


@pytest.fixture
def joined(feed: Feed, request: pytest.FixtureRequest) -> Callable[..., Listener]:
    def join(officer: Officer, with_bot: bool = False, chat: int = 0) -> Listener:
        desk = listener(officer, with_bot=with_bot, chat=chat)
        feed.join(desk)
        request.addfinalizer(lambda: feed.leave(desk))
        time.sleep(5 * POLL_S)
        heard(desk)
        return desk

    return join


def heard(desk: Listener, wait_s: float = QUIET_S) -> list[Change]:
    """Everything that comes until nothing comes any more."""
    found: list[Change] = []
    while True:
        try:
            change = desk.events.get(timeout=wait_s)[1]
        except queue.Empty:
            return found
        assert change is not None
        found.append(change)


def change_owner(engine: Engine, chat: int, owner: str, officer_id: int | None = None) -> None:
    with writing(engine) as session:
        session.execute(touch(chat, utc_now()).values(owner=owner, officer_id=officer_id))


def add_send(engine: Engine, chat: int, author: str) -> int:
    """A message of ``author`` in the outbox; returns the row."""
    now = utc_now()
    with writing(engine) as session:
        kept = session.get_one(Conversation, chat)
        message = add_message(session, kept, "Chào bà", now, author=author)
        row = Outgoing(
            conversation_id=chat, account_id=kept.account_id, message_id=message, key=f"k{message}",
            author=author, wire={}, due_at=now, created_at=now,
        )  # fmt: skip
        session.add(row)
    return row.id


def change_sends(engine: Engine, rows: Sequence[int], values: Mapping[str, object]) -> None:
    with writing(engine) as session:
        session.execute(update(Outgoing).where(Outgoing.id.in_(rows)).values(**values))


def version_of(engine: Engine, chat: int) -> int:
    with reading(engine) as session:
        return session.get_one(Conversation, chat).version


def test_a_new_waiting_resident_is_told_once(engine: Engine, joined: Callable[..., Listener]) -> None:
    desk = joined(Officer(1))
    chat = add_chat(engine, utc_now(), owner="waiting")
    assert [(change.id, change.owner) for change in heard(desk)] == [(chat, "waiting")]


def test_each_hears_of_the_own_queues(engine: Engine, joined: Callable[..., Listener]) -> None:
    land, everybody, police = (
        joined(Officer(1, queues=("đất đai–xây dựng",))), joined(Officer(2)), joined(Officer(3, unit_id=2)),
    )  # fmt: skip
    chat = add_chat(engine, utc_now(), owner="waiting", queue="chung")
    assert [change.id for change in heard(everybody)] == [chat]
    assert heard(land) == heard(police) == []
    change_owner(engine, chat, "officer", officer_id=3)  # passed to a colleague of another unit
    assert [change.id for change in heard(police)] == [chat]


def test_what_the_bot_does_is_told_to_whoever_looks(engine: Engine, joined: Callable[..., Listener]) -> None:
    chat = add_chat(engine, utc_now())
    waiting, with_bot, reading_it = (
        joined(Officer(1)), joined(Officer(2), with_bot=True), joined(Officer(3), chat=chat),
    )  # fmt: skip
    change_owner(engine, chat, "bot")
    for desk in (with_bot, reading_it):  # perhaps twice: the page knows by the version
        assert {(change.id, change.version) for change in heard(desk)} >= {(chat, version_of(engine, chat))}
    assert heard(waiting) == []
    for owner in ("waiting", "bot"):  # that somebody no longer waits is told to all
        change_owner(engine, chat, owner)
        assert [change.owner for change in heard(waiting)] == [owner]


def test_delivery_moves_are_told(engine: Engine, joined: Callable[..., Listener]) -> None:
    chat = add_chat(engine, utc_now(), owner="officer", officer_id=1)
    row = add_send(engine, chat, "officer")
    desk = joined(Officer(1))
    change_sends(engine, (row,), {"status": "sent"})
    assert [(change.id, change.sent) for change in heard(desk)] == [(chat, True)]


def test_a_message_is_followed_until_it_is_seen(engine: Engine) -> None:
    now = utc_now()
    chat, other = add_chat(engine, now, owner="officer", officer_id=1), add_chat(engine, now)
    desk, reader = listener(Officer(1), with_bot=False, chat=0), Reader(engine)
    with closing(reader):
        reader.poll(now, [desk])
        row, of_bot = add_send(engine, chat, "officer"), add_send(engine, other, "bot")
        for values in ({"status": "sending"}, {"status": "sent"}, {"delivered_at": now}, {"seen_at": now}):
            reader.poll(now, [desk])
            heard(desk, 0)
            change_sends(engine, (row, of_bot), values)
            assert reader.poll(now, [desk])
            assert [(change.id, change.sent) for change in heard(desk, 0)] == [(chat, True)]
        assert reader._known.unseen == {}  # it is at its end
        change_sends(engine, (row, of_bot), {"status": "failed"})
        assert not reader.poll(now, [desk])


def test_a_chat_of_the_bot_that_was_escalated_is_told(engine: Engine) -> None:
    chat = add_chat(engine, utc_now())
    desk, reader = listener(Officer(1), with_bot=False, chat=0), Reader(engine)
    with closing(reader):
        for moment in (utc_now(), None):
            reader.poll(utc_now(), [desk])
            with writing(engine) as session:
                session.execute(touch(chat, utc_now()).values(escalated_at=moment))
            assert reader.poll(utc_now(), [desk])
            assert [(change.id, change.escalated) for change in heard(desk, 0)] == [(chat, bool(moment))]


def test_without_a_commit_only_the_database_is_asked(engine: Engine) -> None:
    chat = add_chat(engine, utc_now(), owner="waiting")
    desk, reader, asked = listener(Officer(1), with_bot=False, chat=chat), Reader(engine), []
    with closing(reader):
        reader.poll(utc_now(), [desk])
        event.listen(engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
        assert not reader.poll(utc_now(), [desk])
        assert len(asked) == 1
        change_owner(engine, chat, "officer", 1)
        assert reader.poll(utc_now(), [desk])
    assert [change.owner for change in heard(desk, 0)] == ["officer"]


def test_what_the_bot_does_is_not_even_read_for_a_desk_that_does_not_show_it(engine: Engine) -> None:
    chats = [add_chat(engine, utc_now()) for _ in range(20)]
    desk, reader, asked = listener(Officer(1), with_bot=False, chat=0), Reader(engine), []
    with closing(reader):
        reader.poll(utc_now(), [desk])
        for chat in chats:
            change_owner(engine, chat, "bot")
        event.listen(engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
        assert not reader.poll(utc_now(), [desk])
    assert len(asked) == 4  # the probe, what is held, the outbox's end, the sends


def test_a_transaction_that_commits_late_is_not_missed(engine: Engine) -> None:
    """``updated_at`` is from the start of a turn; it may become visible much later."""
    chat = add_chat(engine, utc_now())
    desk, reader = listener(Officer(1), with_bot=False, chat=0), Reader(engine)
    with closing(reader):
        reader.poll(utc_now(), [desk])
        with writing(engine) as session:
            session.execute(touch(chat, utc_now() - timedelta(minutes=2)).values(owner="waiting"))
        assert reader.poll(utc_now(), [desk])
    assert [change.id for change in heard(desk, 0)] == [chat]


def test_a_look_that_failed_is_made_up_for(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    chat = add_chat(engine, utc_now())
    desk, reader = listener(Officer(1), with_bot=False, chat=0), Reader(engine)

    def away(*_: object) -> None:
        raise OperationalError("", {}, Exception("away"))

    with closing(reader):
        reader.poll(utc_now(), [desk])
        change_owner(engine, chat, "waiting")
        with monkeypatch.context() as broken, pytest.raises(OperationalError):
            broken.setattr(reader, "_read", away)
            reader.poll(utc_now(), [desk])
        reader.close()
        assert reader.poll(utc_now(), [desk])
    assert [change.id for change in heard(desk, 0)] == [chat]


def test_an_officer_sees_a_waiting_resident_within_a_second() -> None:
    assert IDLE_S + POLL_DEFAULT_S < 1  # a look, and one that came too early


def test_nothing_is_missed_between_two_streams(engine: Engine) -> None:
    now = utc_now()
    before = add_chat(engine, now - timedelta(minutes=1), owner="waiting")
    late = add_chat(engine, now - timedelta(seconds=2), owner="waiting")  # committed late
    new = add_chat(engine, now + timedelta(seconds=1), owner="waiting")
    cursor, found = changes_since(engine, Officer(1), to_ms(now), now)
    assert found is not None
    assert [change.id for change in found] == [late, new]
    assert before not in [change.id for change in found]
    assert cursor == to_ms(now)
    assert changes_since(engine, Officer(1), 0, now, limit=2)[1] is None  # too much: load anew


def test_a_stream_ends_when_its_officer_is_signed_out() -> None:
    desk = listener(Officer(1), with_bot=False, chat=0)
    lines = list(event_lines(desk, (5, []), lambda: False, utc_now, heartbeat_s=0.01))
    assert lines[-1].startswith("event: out")
    assert "id: 5\nevent: ready" in lines[1]


def test_who_fell_behind_loads_anew() -> None:
    desk = listener(Officer(1), with_bot=False, chat=0)
    for number in range(600):
        desk.put(number, Change(number, 1, "waiting", None, 0, False))
    lines = event_lines(desk, (5, []), lambda: True, utc_now)
    assert "event: reset" in "".join(next(lines) for _ in range(3))


def test_the_reading_stops_when_nobody_listens(feed: Feed) -> None:
    desk = listener(Officer(1), with_bot=False, chat=0)
    feed.join(desk)
    feed.leave(desk)
    time.sleep(5 * POLL_S)
    assert feed.listeners == 0
    assert feed._thread is None


def test_desks_beyond_the_cap_are_told_to_ask(client_of: ClientOf) -> None:
    clients: list[DeskClient] = [client_of() for _ in range(7)]
    opened = [clients[number].get("/desk/feed", buffered=False) for number in range(7)]
    assert {response.status_code for response in opened} == {200}
    per_officer = [clients[0].get("/desk/feed", buffered=False) for _ in range(6)]
    assert [response.status_code for response in per_officer] == [200] * 5 + [503]
    assert clients[0].get("/desk/changes?after=0").status_code == 200
    for response in opened + per_officer:
        response.close()
    again = clients[0].get("/desk/feed", buffered=False)
    assert again.status_code == 200
    again.close()
