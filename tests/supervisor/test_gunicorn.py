"""gunicorn as the web process runs it: killed workers come back, a killed master takes its workers along."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from bot.settings import ROOT
from bot.supervisor.service import free_port, http_ok, port_free
from tests.supervisor.procs import wait_for, with_mark

CONFIG = "python:bot.supervisor.gunicorn_conf"
APP = "tests.supervisor.tiny_app:app"


@contextmanager
def serving(folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    port = free_port()
    env = {
        **os.environ, "PORT": str(port), "HOST": "127.0.0.1", "PYTHONPATH": str(ROOT),
        "PROMETHEUS_MULTIPROC_DIR": str(folder / "metrics"),
    }  # fmt: skip
    command = [sys.executable, "-m", "gunicorn", "--config", CONFIG, APP]
    master = subprocess.Popen(command, cwd=ROOT, env=env)
    try:
        wait_for(lambda: http_ok("127.0.0.1", port, "/"), about="gunicorn serves")
        yield master, port
    finally:
        master.terminate()
        master.wait(timeout=10)


def test_a_killed_master_takes_its_workers_along_and_frees_the_port(tmp_path: Path) -> None:
    with serving(tmp_path) as (master, port):
        wait_for(lambda: len(with_mark(tmp_path)) == 3, about="a master and two workers")
        master.kill()
        master.wait(timeout=5)
        wait_for(lambda: not with_mark(tmp_path), about="no worker left")
        assert port_free("127.0.0.1", port)


def test_a_killed_worker_is_replaced(tmp_path: Path) -> None:
    with serving(tmp_path) as (_master, port):
        wait_for(lambda: len(with_mark(tmp_path)) == 3, about="a master and two workers")
        victim = int(requests.get(f"http://127.0.0.1:{port}/", timeout=5).text)
        os.kill(victim, signal.SIGKILL)
        wait_for(
            lambda: len(with_mark(tmp_path)) == 3 and victim not in with_mark(tmp_path), about="a new worker"
        )
        assert http_ok("127.0.0.1", port, "/")
    assert not with_mark(tmp_path)


def test_it_opens_no_control_socket_and_no_more_connections_than_threads() -> None:
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PORT": "8123"}
    command = [sys.executable, "-m", "gunicorn", "--print-config", "--config", CONFIG, APP]
    printed = subprocess.run(
        command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=30, check=True,
    ).stdout  # fmt: skip
    values = dict(line.split("=", 1) for line in printed.splitlines() if "=" in line)
    config = {name.strip(): value.strip() for name, value in values.items()}
    assert config["control_socket_disable"] == "True"
    assert config["worker_connections"] == config["threads"] == "72"  # 32 and a live desk's 40
    assert config["bind"] == "['127.0.0.1:8123']"
    assert (
        config["worker_class"].startswith("gunicorn.workers.gthread") or config["worker_class"] == "gthread"
    )
