"""The embedded server: the real Valkey binary, killed, orphaned, blocked."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from bot.settings import ROOT
from bot.supervisor.redis_server import answers, find_binary, redis_service, take_over
from bot.supervisor.service import SupervisorError
from bot.supervisor.stack import Stack
from tests.supervisor.procs import wait_for, with_mark


@pytest.fixture
def var_dir() -> Iterator[Path]:
    """A short path: a unix socket's is limited."""
    with tempfile.TemporaryDirectory(prefix="troly-") as name:
        yield Path(name)


def client(stack: Stack) -> redis.Redis:
    return redis.Redis.from_url(stack.env["REDIS_URL"], decode_responses=True, socket_timeout=2)


def test_what_was_acknowledged_survives_kill_9(var_dir: Path) -> None:
    with Stack(var_dir, ("redis",)) as stack:
        connection = client(stack)
        ids = [connection.xadd("in:0", {"n": n}) for n in range(50)]
        killed = stack.kill("redis")
        stack.wait_restarted("redis", killed)
        assert [entry for entry, _fields in client(stack).xrange("in:0")] == ids
        assert client(stack).config_get("appendfsync") == {"appendfsync": "always"}
    assert not with_mark(var_dir)


def test_data_is_there_after_stop_and_start(var_dir: Path) -> None:
    with Stack(var_dir, ("redis",)) as stack:
        client(stack).set("kept", "1")
    with Stack(var_dir, ("redis",)) as stack:
        assert client(stack).get("kept") == "1"


def test_kill_9_of_the_supervisor_takes_the_server_along(var_dir: Path) -> None:
    with Stack(var_dir, ("redis",)) as stack:
        os.kill(stack.state.pid, signal.SIGKILL)
        wait_for(lambda: not with_mark(var_dir), about="all gone")


def test_a_server_left_over_is_shut_down_and_a_stale_socket_removed(var_dir: Path) -> None:
    """As after a crash in which even the leash was killed."""
    path = var_dir / "redis.sock"
    service = redis_service(path, var_dir, ROOT, os.environ)
    service.prepare()
    orphan = subprocess.Popen(service.command, stdout=subprocess.DEVNULL)
    try:
        wait_for(lambda: answers(path), about="orphan answers")
        with Stack(var_dir, ("redis",)) as stack:
            assert orphan.wait(timeout=10) == 0
            assert client(stack).ping()
    finally:
        orphan.kill()
        orphan.wait(timeout=5)
    path.touch()
    take_over(path, var_dir / "redis")
    assert not path.exists()


def test_a_server_of_somebody_else_is_left_alone(var_dir: Path) -> None:
    path = var_dir / "redis.sock"
    other = subprocess.Popen(
        [
            find_binary(),
            "--port",
            "0",
            "--unixsocket",
            str(path),
            "--dir",
            tempfile.gettempdir(),
            "--save",
            "",
        ],
        stdout=subprocess.DEVNULL,
    )
    try:
        wait_for(lambda: answers(path), about="other server answers")
        with pytest.raises(SupervisorError, match="khác đang dùng"):
            take_over(path, var_dir / "redis")
        assert answers(path)
    finally:
        other.terminate()
        other.wait(timeout=5)


def test_a_socket_path_that_is_too_long_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SupervisorError, match="VAR_DIR"):
        redis_service(tmp_path / ("x" * 120) / "redis.sock", tmp_path, ROOT, {})


def test_nothing_answers_on_a_socket_that_nobody_serves(var_dir: Path) -> None:
    path = var_dir / "dead.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    assert not answers(path)
    assert not answers(var_dir / "absent.sock")
