"""Any subset of the services for the length of a ``with`` block: for tests, `bot ask` and benchmarks.

The services run under a real supervisor in a process of its own, so what a test sees (restarts, no
process left behind) is what `make run` does.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Collection, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from bot.settings import ROOT
from bot.supervisor import state as states
from bot.supervisor.console import tail
from bot.supervisor.service import SupervisorError, free_port
from bot.supervisor.services import NAMES

POLL_S = 0.05


class Stack:
    """``with Stack(var_dir, ("redis", "rasa")) as stack: load_settings(stack.env)``.

    :param var_dir: a folder of its own; nothing else may run there.
    :param services: of ``rasa``, ``redis``, ``sandbox``, ``worker``, ``web``.
    :param env: settings that differ from the defaults, by the names of the environment variables.
    """

    def __init__(
        self, var_dir: Path, services: Collection[str] = NAMES, env: Mapping[str, str] | None = None,
        start_timeout_s: float = 240.0,
    ) -> None:  # fmt: skip
        self.var_dir = var_dir
        self.services = tuple(services)
        self._extra = dict(env or {})
        self._start_timeout_s = start_timeout_s
        self._process: subprocess.Popen[bytes] | None = None
        self.state = states.State(pid=0)

    def __enter__(self) -> Self:
        self.var_dir.mkdir(parents=True, exist_ok=True)
        states.state_path(self.var_dir).unlink(missing_ok=True)
        ports = {"PORT": str(free_port()), "SANDBOX_PORT": str(free_port())}
        env = {**os.environ, **ports, **self._extra, "VAR_DIR": str(self.var_dir)}
        out = self.var_dir / "stack.log"
        command = [
            sys.executable,
            "-m",
            "bot.supervisor",
            "--parent",
            str(os.getpid()),
            "--only",
            ",".join(self.services),
        ]
        with out.open("ab") as file:
            self._process = subprocess.Popen(
                command, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT
            )
        try:
            self.wait_ready(self._start_timeout_s)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def wait_ready(self, timeout_s: float = 60.0) -> None:
        """Wait until every service is ready (again).

        :raises SupervisorError: if the supervisor ends or the time is over; with its last words.
        """
        deadline = time.monotonic() + timeout_s
        while True:
            state = self.read()
            if state.status == states.READY and all(child.ready for child in state.services.values()):
                return
            if self._process is None or self._process.poll() is not None:
                raise SupervisorError(f"The supervisor ended:\n{tail(self.var_dir / 'stack.log', 30)}")
            if time.monotonic() > deadline:
                raise SupervisorError(f"Not ready in {timeout_s} s:\n{tail(self.var_dir / 'stack.log', 30)}")
            time.sleep(POLL_S)

    def read(self) -> states.State:
        """The state as the supervisor last wrote it."""
        self.state = states.read_state(self.var_dir) or self.state
        return self.state

    @property
    def env(self) -> dict[str, str]:
        """The settings that reach these services: for ``load_settings`` or for a child's environment."""
        state = self.state
        found = {
            "VAR_DIR": str(self.var_dir), "PORT": str(state.port), "SANDBOX_PORT": str(state.sandbox_port),
            "REDIS_URL": state.redis_url, "RASA_URL": state.rasa_url, "RASA_TOKEN": state.rasa_token,
        }  # fmt: skip
        return {**self._extra, **{name: value for name, value in found.items() if value}}

    @property
    def web_url(self) -> str:
        """The web process."""
        return f"http://127.0.0.1:{self.state.port}"

    @property
    def sandbox_url(self) -> str:
        """The sandbox."""
        return f"http://127.0.0.1:{self.state.sandbox_port}"

    def pid(self, service: str) -> int | None:
        """Pid of a service's main process now; None while it waits to be restarted."""
        return self.read().services[service].pid

    def kill(self, service: str, sign: int = signal.SIGKILL) -> int:
        """Signal a service's main process; returns its pid. The supervisor starts it again.

        :raises SupervisorError: if it does not run at this moment.
        """
        pid = self.pid(service)
        if pid is None:
            raise SupervisorError(f"{service} is not running")
        os.kill(pid, sign)
        return pid

    def wait_restarted(self, service: str, old_pid: int, timeout_s: float = 60.0) -> None:
        """Wait until another process than ``old_pid`` serves, ready.

        :raises SupervisorError: if that takes too long.
        """
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            child = self.read().services[service]
            if child.ready and child.pid not in {None, old_pid}:
                return
            time.sleep(POLL_S)
        raise SupervisorError(f"{service} was not restarted in {timeout_s} s")

    def log(self, service: str) -> str:
        """All that a service has written."""
        path = self.var_dir / "log" / f"{service}.log"
        return path.read_text("utf-8", "replace") if path.exists() else ""

    def stop(self) -> None:
        """Stop everything; the supervisor has 60 s, then it is killed (and its leash kills the rest)."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(timeout=10)
        self._process = None
