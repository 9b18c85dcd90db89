"""The database connection, tuned for SQLite on one machine and PostgreSQL beyond."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import lru_cache
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.orm import Session

from bot.store.group_commit import GroupCommit

T = TypeVar("T")

BUSY_TIMEOUT_MS = 10_000
"""How long a SQLite writer waits for another process's."""


class Turnstile:
    """A lock that serves in the order of arrival; Python's own lets whoever is quickest in again and
    again, so that under load some threads waited for seconds (measured: p95 8.8 s, p50 0.2 s)."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()
        self._taken = False

    def __enter__(self) -> None:
        with self._mutex:
            if not self._taken:
                self._taken = True
                return
            gate = threading.Lock()
            gate.acquire()
            self._waiting.append(gate)
        gate.acquire()  # until the one before hands over

    def __exit__(self, *_: object) -> None:
        with self._mutex:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._taken = False


_SQLITE_WRITER = Turnstile()
"""SQLite has one writer at a time and lets the others sleep and try again: with two dozen threads most
of the time is slept away (measured: 520 transactions a second, in turn 3,500). In a process they queue."""


def make_engine(url: str, pool_size: int = 16) -> Engine:
    """An engine for ``url``.

    SQLite runs in WAL mode with ``synchronous=FULL``: an event is acknowledged to Redis only after
    its transaction is on the disk, so a power cut must not take the transaction back. Errors tell
    the statement without its values: those are a resident's words, which no log may hold.
    """
    if url.startswith("sqlite"):
        engine = create_engine(
            url, pool_size=pool_size, max_overflow=pool_size, pool_timeout=30, hide_parameters=True
        )
        event.listen(engine, "connect", _tune_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    return create_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={"connect_timeout": 5},
    )


def _tune_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves, see _begin_sqlite
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        f"busy_timeout={BUSY_TIMEOUT_MS}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Any) -> None:
    """Writers take the lock at once: a read that turns into a write later could fail with SQLITE_BUSY."""
    write = connection.get_execution_options().get("write", False)
    connection.connection.dbapi_connection.execute("BEGIN IMMEDIATE" if write else "BEGIN")


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """A session to read with; nothing is committed."""
    with Session(engine) as session:
        yield session


@contextmanager
def writing(engine: Engine) -> Iterator[Session]:
    """One transaction: committed at the end, rolled back on an exception."""
    turn = _SQLITE_WRITER if engine.dialect.name == "sqlite" else nullcontext()
    with turn, Session(_writer(engine), expire_on_commit=False) as session, session.begin():
        yield session


def change(engine: Engine, work: Callable[[Connection], T]) -> T:
    """One short change with prebuilt statements, without the costs of a session; on the disk at return.

    ``work`` may run on another thread, and twice (the first time rolled back): it does nothing but use
    its connection.
    """
    if engine.dialect.name == "sqlite":
        value: T = _group(engine).run(work)
        return value
    with engine.begin() as connection:
        return work(connection)


def change_in_session(engine: Engine, work: Callable[[Session], T]) -> T:
    """:func:`change` for what needs the ORM; ``work`` is flushed, and committed with its group."""

    def in_session(connection: Connection) -> T:
        with Session(connection, join_transaction_mode="rollback_only", expire_on_commit=False) as session:
            value = work(session)
            session.flush()
            return value

    return change(engine, in_session)


@lru_cache(maxsize=8)
def _group(engine: Engine) -> GroupCommit:
    return GroupCommit(_writer(engine), _SQLITE_WRITER)


@lru_cache(maxsize=8)
def _writer(engine: Engine) -> Engine:
    return engine.execution_options(write=True)
