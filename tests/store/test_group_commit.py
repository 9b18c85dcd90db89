"""Changes that gather while one is on its way to the disk go together, and each fails alone."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.exc import IntegrityError

from bot.store.engine import make_engine
from bot.store.group_commit import GroupCommit


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = make_engine(f"sqlite:///{tmp_path}/a.db")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE notes (word TEXT UNIQUE)"))
    yield engine
    engine.dispose()


class Door(threading.Semaphore):
    """The writer's turn, held shut until all have gathered."""

    def __enter__(self) -> None:  # type: ignore[override]
        self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()


def add(word: str) -> Callable[[Connection], str]:
    def work(connection: Connection) -> str:
        connection.execute(text("INSERT INTO notes VALUES (:word)"), {"word": word})
        return word

    return work


def run_together(engine: Engine, words: list[str]) -> tuple[dict[int, object], int]:
    """What each change gave, and how many transactions there were."""
    door, begun = Door(0), list[int]()
    results: dict[int, object] = {}
    group = GroupCommit(engine, door)
    event.listen(engine, "begin", lambda _c: begun.append(1))

    def one(number: int, word: str) -> None:
        try:
            results[number] = group.run(add(word))
        except IntegrityError as error:
            results[number] = error

    threads = [threading.Thread(target=one, args=pair) for pair in enumerate(words)]
    for thread in threads:
        thread.start()
    while len(group._gathered) < len(words):
        pass
    door.release()
    for thread in threads:
        thread.join(10)
    return results, len(begun)


def test_what_has_gathered_shares_a_transaction(engine: Engine) -> None:
    results, transactions = run_together(engine, ["một", "hai", "ba"])
    assert results == {0: "một", 1: "hai", 2: "ba"}
    assert transactions == 1
    with engine.connect() as connection:
        assert sorted(connection.execute(text("SELECT word FROM notes")).scalars()) == ["ba", "hai", "một"]


def test_one_that_fails_does_so_alone(engine: Engine) -> None:
    results, _ = run_together(engine, ["một", "hai", "một"])
    failed = [number for number, value in results.items() if isinstance(value, IntegrityError)]
    assert len(failed) == 1 and failed[0] in (0, 2)
    assert results[1] == "hai"
    with engine.connect() as connection:
        assert sorted(connection.execute(text("SELECT word FROM notes")).scalars()) == ["hai", "một"]
