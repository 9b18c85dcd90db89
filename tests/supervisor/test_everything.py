"""All services together, as `make run` starts them: ready, within their memory, and gone when told."""

from __future__ import annotations

import os
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from bot.supervisor.service import port_free
from bot.supervisor.services import NAMES
from bot.supervisor.stack import Stack
from tests.supervisor.procs import wait_for, with_mark

MAX_MEMORY_KB = 2_500_000
WARM_START_S = 40.0

pytestmark = [pytest.mark.rasa, pytest.mark.fault]


@pytest.fixture
def var_dir() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="troly-") as name:
        yield Path(name)


def memory_kb(pids: list[int]) -> int:
    """Proportional set size: pages that processes share count once."""
    total = 0
    for pid in pids:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii")
        total += next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
    return total


def test_it_is_ready_soon_small_and_gone_after_kill_9(var_dir: Path) -> None:
    began = time.monotonic()
    with Stack(var_dir, NAMES) as stack:
        assert time.monotonic() - began < WARM_START_S
        assert sorted(stack.state.services) == sorted(NAMES)
        ready = requests.get(f"{stack.web_url}/readyz", timeout=10)
        assert ready.status_code == 200, ready.text
        assert requests.get(f"{stack.web_url}/chat", timeout=10).status_code == 200
        assert requests.get(stack.sandbox_url, timeout=10).status_code == 200
        assert memory_kb(list(with_mark(var_dir))) < MAX_MEMORY_KB
        os.kill(stack.state.pid, signal.SIGKILL)
        wait_for(lambda: not with_mark(var_dir), 20.0, "all gone")
        assert port_free("127.0.0.1", stack.state.port)
        assert port_free("127.0.0.1", stack.state.sandbox_port)


def test_every_killed_service_comes_back_and_ctrl_c_ends_all(var_dir: Path) -> None:
    with Stack(var_dir, NAMES) as stack:
        killed = {name: stack.kill(name) for name in NAMES}
        for name, pid in killed.items():
            stack.wait_restarted(name, pid, 90.0)
        wait_for(
            lambda: requests.get(f"{stack.web_url}/readyz", timeout=10).status_code == 200,
            30.0,
            "ready again",
        )
        os.kill(stack.state.pid, signal.SIGINT)
        wait_for(lambda: not with_mark(var_dir), 30.0, "all gone")
