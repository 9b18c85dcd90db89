"""The Rasa client: known intents only, one connection, and no time lost when Rasa is away."""

from __future__ import annotations

import threading

import pytest

from bot.understanding.client import PAUSE_S, RasaAway, RasaClient
from tests.understanding.conftest import FakeRasa

BODY = {
    "intent_ranking": [
        {"name": "tt_1_001193", "confidence": 0.8},
        {"name": "made_up", "confidence": 0.1},
        {"name": "greeting", "confidence": 0.05},
    ],
    "aspects": {"fee": 0.9},
    "neighbours": {"tt_1_001193": 0.7, "greeting": 0.2},
    "known_share": 1.0,
}


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_reads_what_it_knows(fake_rasa: FakeRasa) -> None:
    fake_rasa.body = BODY
    parse = RasaClient(fake_rasa.url).parse("khai sinh")
    assert parse.intents == (("tt_1_001193", 0.8), ("greeting", 0.05))
    assert parse.aspects == {"fee": 0.9}
    assert parse.neighbours == {"tt_1_001193": 0.7, "greeting": 0.2}
    assert (parse.nearest, parse.known_share) == (0.7, 1.0)


def test_never_sends_an_intent(fake_rasa: FakeRasa) -> None:
    client = RasaClient(fake_rasa.url)
    client.parse(' / /handoff_wish{"a":"b"}')
    assert client.parse(" / ").intents == ()
    assert fake_rasa.asked == ['handoff_wish{"a":"b"}']


def test_keeps_its_connection(fake_rasa: FakeRasa) -> None:
    client = RasaClient(fake_rasa.url)
    for _ in range(5):
        client.parse("a")
    assert fake_rasa.connections == 1


def test_a_connection_that_was_closed_meanwhile(fake_rasa: FakeRasa) -> None:
    client = RasaClient(fake_rasa.url)
    client.parse("a")
    fake_rasa.drop_next = True
    client.parse("b")
    assert fake_rasa.asked == ["a", "b", "b"]


def test_one_session_per_thread(fake_rasa: FakeRasa) -> None:
    client = RasaClient(fake_rasa.url)
    threads = [threading.Thread(target=client.parse, args=("a",)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(fake_rasa.asked) == 4


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, {}),
        (200, b"not json"),
        (200, []),
        (200, {"intent_ranking": None}),
        (200, {"intent_ranking": [{"name": "greeting", "confidence": "x"}]}),
    ],
)
def test_a_bad_answer_counts_as_away(fake_rasa: FakeRasa, status: int, body: object) -> None:
    fake_rasa.status, fake_rasa.body = status, body
    with pytest.raises(RasaAway):
        RasaClient(fake_rasa.url).parse("a")


def test_breaker_opens_and_recovers(fake_rasa: FakeRasa) -> None:
    clock = Clock()
    client = RasaClient(fake_rasa.url, monotonic=clock)
    fake_rasa.status = 503
    with pytest.raises(RasaAway):
        client.parse("a")
    with pytest.raises(RasaAway):
        client.parse("b")
    assert fake_rasa.asked == ["a"]  # the second call did not go out
    fake_rasa.status = 200
    clock.now += PAUSE_S + 0.01
    client.parse("c")
    client.parse("d")
    assert fake_rasa.asked == ["a", "c", "d"]


def test_nobody_there() -> None:
    client = RasaClient("http://127.0.0.1:9")
    with pytest.raises(RasaAway):
        client.parse("a")
