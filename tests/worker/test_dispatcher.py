"""One thread a conversation, each at its time."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest
from sqlalchemy.exc import OperationalError

from bot.clock import utc_now
from bot.worker import dispatcher as module
from bot.worker.dispatcher import Dispatcher
from tests.supervisor.procs import wait_for


class Work:
    """What the dispatcher runs: notes who is at work, may be held, may ask to come back."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.active: set[int] = set()
        self.overlaps = 0
        self.runs: list[tuple[int, float]] = []
        self.hold: dict[int, threading.Event] = {}
        self.again: dict[int, list[object]] = {}

    def __call__(self, conversation_id: int) -> datetime | None:
        with self.lock:
            self.overlaps += conversation_id in self.active
            self.active.add(conversation_id)
            self.runs.append((conversation_id, time.monotonic()))
            waits = self.again.get(conversation_id)
            answer = waits.pop(0) if waits else None
        if conversation_id in self.hold:
            assert self.hold[conversation_id].wait(10)
        with self.lock:
            self.active.discard(conversation_id)
        if isinstance(answer, Exception):
            raise answer
        return utc_now() + answer if isinstance(answer, timedelta) else None

    def of(self, conversation_id: int) -> list[float]:
        with self.lock:
            return [at for ran, at in self.runs if ran == conversation_id]


@contextmanager
def running(work: Work, threads: int = 4) -> Iterator[Dispatcher]:
    dispatcher = Dispatcher(work, threads, utc_now)
    dispatcher.start()
    try:
        yield dispatcher
    finally:
        for event in work.hold.values():
            event.set()
        dispatcher.stop(10)


def test_each_notified_conversation_is_worked() -> None:
    work = Work()
    with running(work) as dispatcher:
        for number in range(50):
            dispatcher.notify(number)
        wait_for(lambda: {ran for ran, _ in work.runs} == set(range(50)), about="all worked")
    assert work.overlaps == 0


def test_a_conversation_is_never_worked_by_two_threads() -> None:
    work = Work()
    with running(work, threads=8) as dispatcher:
        for number in range(400):
            dispatcher.notify(number % 3)
        dispatcher.notify(99)
        wait_for(lambda: work.of(99), about="all worked")
    assert work.overlaps == 0


def test_a_conversation_that_is_notified_while_it_is_worked_is_worked_again() -> None:
    work = Work()
    work.hold[1] = threading.Event()
    with running(work) as dispatcher:
        dispatcher.notify(1)
        wait_for(lambda: work.of(1), about="at work")
        dispatcher.notify(1)
        dispatcher.notify(2)
        wait_for(lambda: work.of(2), about="others go on meanwhile")
        assert len(work.of(1)) == 1
        work.hold[1].set()
        wait_for(lambda: len(work.of(1)) == 2, about="worked again")
    assert work.overlaps == 0


def test_one_comes_back_when_it_wants_and_not_before() -> None:
    work = Work()
    work.again[1] = [timedelta(seconds=0.15), timedelta(seconds=0.05)]
    with running(work) as dispatcher:
        dispatcher.notify(1)
        wait_for(lambda: len(work.of(1)) == 3, about="came back twice")
    first, second, third = work.of(1)
    assert second - first >= 0.15
    assert third - second >= 0.05


def test_a_later_time_never_replaces_an_earlier_one_but_an_earlier_does() -> None:
    work = Work()
    with running(work, threads=1) as dispatcher:
        now = utc_now()
        dispatcher.notify(1, now + timedelta(hours=1))
        dispatcher.notify(1, now + timedelta(seconds=0.05))
        dispatcher.notify(1, now + timedelta(hours=2))
        wait_for(lambda: work.of(1), about="at the earliest of the times")
        dispatcher.notify(2)
        wait_for(lambda: work.of(2), about="next")
    assert len(work.of(1)) == 1


@pytest.mark.parametrize("trouble", [OperationalError("SELECT", {}, Exception()), RuntimeError("bug")])
def test_a_failure_is_tried_again_after_a_pause(trouble: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "AFTER_ERROR", timedelta(seconds=0.1))
    work = Work()
    work.again[1] = [trouble]
    with running(work, threads=1) as dispatcher:
        dispatcher.notify(1)
        wait_for(lambda: len(work.of(1)) == 2, about="again")
    first, second = work.of(1)
    assert second - first >= 0.1


def test_stopping_finishes_what_is_under_way_and_begins_nothing() -> None:
    work = Work()
    work.hold[1] = threading.Event()
    dispatcher = Dispatcher(work, 1, utc_now)
    dispatcher.start()
    dispatcher.notify(1)
    wait_for(lambda: work.of(1), about="at work")
    dispatcher.notify(2)
    threading.Timer(0.05, work.hold[1].set).start()
    dispatcher.stop(10)
    assert work.active == set()
    assert work.of(2) == []
