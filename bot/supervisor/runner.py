"""Starts services, keeps them alive, stops them: a single-threaded loop over child processes."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from bot.supervisor import state as states
from bot.supervisor.console import Console, tail, trim_log
from bot.supervisor.leash import GRACE_S
from bot.supervisor.process import describe_exit, reap, signal_group, spawn
from bot.supervisor.service import Service, SupervisorError

FIRST_WAIT_S, LAST_WAIT_S = 0.2, 10.0
STEADY_S = 10.0
"""A child that ran this long is healthy: its next death is waited for from the start again."""
BUSY_PAUSE_S, IDLE_PAUSE_S = 0.1, 1.0
HEARTBEAT_S = 10.0
TRIM_EVERY_S = 60.0
IMPATIENT_S = 1.0
"""A stop signal that comes this long after the first one means: at once. (`timeout make run` sends two
at the same moment, which means nothing.)"""

Publish = Callable[[dict[str, states.ChildState], str, str], None]
"""Told of every change: the services, the status, an error."""


def restart_wait(deaths: int) -> float:
    """Seconds before the next start after ``deaths`` quick deaths in a row: 0.2, 0.4 … 10."""
    return float(min(LAST_WAIT_S, FIRST_WAIT_S * 2 ** min(deaths, 10)))


def _last_words(service: Service) -> str:
    return f"Cuối {service.log}:\n{tail(service.log)}"


@dataclass
class Child:
    """A service and its process, if it has one now."""

    service: Service
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    ready: bool = False
    deaths: int = 0
    restarts: int = 0
    due: float = 0.0


class Leash:
    """The process that ends all groups when the supervisor can't; see :mod:`bot.supervisor.leash`."""

    def __init__(self, grace_s: float) -> None:
        self._grace_s = grace_s
        self._groups: set[int] = set()
        self._process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        script = Path(__file__).with_name("leash.py")
        return subprocess.Popen(
            [sys.executable, "-I", "-S", str(script), str(self._grace_s)],
            stdin=subprocess.PIPE, start_new_session=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def add(self, group: int) -> None:
        """Hold a process group."""
        self._groups.add(group)
        self._tell(f"+{group}\n")

    def remove(self, group: int) -> None:
        """Let a process group go that has ended."""
        self._groups.discard(group)
        self._tell(f"-{group}\n")

    def renew(self) -> None:
        """Start another leash if this one was killed."""
        if self._process.poll() is not None:
            self._process = self._start()
            for group in self._groups:
                self._tell(f"+{group}\n")

    def close(self) -> None:
        """End it; it kills what it still holds."""
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()
        self._process.wait(timeout=10)

    def _tell(self, line: str) -> None:
        pipe = self._process.stdin
        if pipe is None or self._process.poll() is not None:
            return
        with contextlib.suppress(OSError):  # just killed: renew() tells the next one everything
            pipe.write(line.encode())
            pipe.flush()


class Supervisor:
    """Runs ``services`` until it is told to stop. Only in the main thread of a process of its own."""

    def __init__(
        self, services: tuple[Service, ...], needs: Mapping[str, tuple[str, ...]], console: Console,
        publish: Publish, grace_s: float = GRACE_S,
    ) -> None:  # fmt: skip
        self._children = [Child(service) for service in services]
        self._needs = needs
        self._console = console
        self._publish = publish
        self._grace_s = grace_s
        self._status = states.STARTING
        self._stops = 0
        self._last_stop = 0.0
        self._parent: int | None = None
        self._wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._leash: Leash | None = None
        self._next_trim = 0.0

    # --- what the caller does

    def follow(self, parent: int) -> None:
        """Stop within a second of the end of ``parent``, which started this process (``make``, a test).

        Not PR_SET_PDEATHSIG: that also fires when only the thread that started this process ends.
        """
        self._parent = parent

    def run(self, on_ready: Callable[[], None]) -> None:
        """Start all, call ``on_ready`` once, watch until a signal comes, stop all.

        :raises SupervisorError: if a service can't be started; nothing is left running then.
        """
        self._take_signals()
        self._leash = Leash(self._grace_s)
        try:
            if self._start_all():
                self._status = states.READY
                self._tell()
                on_ready()
                while not self._stopping():
                    self._watch()
                    self._pause()
            self._status = states.STOPPING
        except SupervisorError as error:
            self._status = states.FAILED
            self._tell(str(error))
            raise
        finally:
            self._stop_all()
            self._leash.close()

    # --- starting

    def _start_all(self) -> bool:
        """Start every service, each as soon as what it needs is ready; False when told to stop meanwhile."""
        waiting = list(self._children)
        beat = time.monotonic() + HEARTBEAT_S
        while not self._stopping():
            names = {child.service.name for child in self._children}
            ready = {child.service.name for child in self._children if child.ready}
            for child in list(waiting):
                if ready >= set(self._needs.get(child.service.name, ())) & names:
                    waiting.remove(child)
                    self._console.say(f"Khởi động {child.service.label} …")
                    self._start(child)
            for child in self._children:
                if child not in waiting:
                    self._first_check(child)
            pending = [child.service.label for child in self._children if not child.ready]
            if not pending:
                return True
            if time.monotonic() > beat:
                beat += HEARTBEAT_S
                self._console.say(f"Đang chờ {', '.join(pending)} …")
            self._pause()
        return False

    def _first_check(self, child: Child) -> None:
        """During the first start a service that dies or hangs stops everything, with its last words."""
        service = child.service
        if child.process is None:
            if time.monotonic() >= child.due:
                self._restart(child)
            return
        if child.ready:
            return
        code = reap(child.process)
        if code is not None and child.deaths + 1 < service.start_tries:
            self._died(child, code)
            return
        if code is not None:
            self._gone(child)
            raise SupervisorError(
                f"{service.label} không khởi động được ({describe_exit(code)}). {_last_words(service)}"
            )
        if time.monotonic() - child.started > service.start_timeout_s:
            raise SupervisorError(
                f"{service.label} chưa sẵn sàng sau {service.start_timeout_s:.0f}s. {_last_words(service)}"
            )
        self._check_ready(child)

    def _start(self, child: Child) -> None:
        service = child.service
        service.prepare()
        try:
            child.process = spawn(service.command, service.env, service.cwd, service.log)
        except (OSError, subprocess.SubprocessError) as error:
            raise SupervisorError(
                f"{service.label}: không chạy được {service.command[0]}: {error}"
            ) from error
        child.started, child.ready = time.monotonic(), False
        if self._leash:
            self._leash.add(child.process.pid)
        self._tell()

    def _check_ready(self, child: Child) -> None:
        if time.monotonic() - child.started < child.service.settle_s:
            return
        if child.service.ready() and child.process is not None and reap(child.process) is None:
            child.ready = True
            took = time.monotonic() - child.started
            self._console.say(f"{child.service.label} sẵn sàng ({took:.1f}s)")
            self._tell()

    # --- watching

    def _watch(self) -> None:
        for child in self._children:
            if child.process is None:
                if time.monotonic() >= child.due:
                    self._restart(child)
                continue
            code = reap(child.process)
            if code is not None:
                self._died(child, code)
            elif not child.ready:
                if time.monotonic() - child.started > child.service.start_timeout_s:
                    signal_group(child.process.pid, signal.SIGKILL)
                else:
                    self._check_ready(child)
        if self._leash:
            self._leash.renew()
        if time.monotonic() > self._next_trim:
            self._next_trim = time.monotonic() + TRIM_EVERY_S
            for child in self._children:
                trim_log(child.service.log)

    def _died(self, child: Child, code: int) -> None:
        pid = child.process.pid if child.process else 0
        if time.monotonic() - child.started >= STEADY_S:
            child.deaths = 0
        wait = restart_wait(child.deaths)
        child.deaths += 1
        child.due = time.monotonic() + wait
        self._gone(child)
        self._console.say(
            f"{child.service.label} (pid {pid}) dừng bất ngờ: {describe_exit(code)}; "
            f"khởi động lại sau {wait:.1f} giây"
        )

    def _restart(self, child: Child) -> None:
        child.restarts += 1
        try:
            self._start(child)
        except SupervisorError as error:
            child.due = time.monotonic() + restart_wait(child.deaths)
            child.deaths += 1
            self._console.say(f"{error}; thử lại sau")

    def _gone(self, child: Child) -> None:
        if child.process is not None and self._leash:
            self._leash.remove(child.process.pid)
        child.process, child.ready = None, False
        self._tell()

    # --- stopping

    def _stop_all(self) -> None:
        """In reverse order, each with its own time; a second signal to the supervisor ends the patience."""
        self._tell_status()
        impatient = time.monotonic() + IMPATIENT_S
        for child in reversed(self._children):
            process = child.process
            if process is None:
                continue
            self._console.say(f"Dừng {child.service.label} …")
            if reap(process) is None:
                process.send_signal(child.service.stop_signal)
            deadline = time.monotonic() + child.service.stop_timeout_s
            while reap(process) is None:
                if time.monotonic() > deadline or self._last_stop > impatient:
                    signal_group(process.pid, signal.SIGKILL)
                self._pause(0.05)
            self._gone(child)
        self._console.say("Đã dừng.")

    # --- signals, waiting, telling

    def _take_signals(self) -> None:
        for sign in (signal.SIGINT, signal.SIGTERM):
            signal.signal(sign, self._on_stop)
        if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # nohup stays nohup
            signal.signal(signal.SIGHUP, self._on_stop)
        signal.signal(signal.SIGCHLD, lambda _sign, _frame: None)
        signal.set_wakeup_fd(self._wake[1], warn_on_full_buffer=False)

    def _on_stop(self, sign: int, frame: FrameType | None) -> None:
        self._stops += 1
        self._last_stop = time.monotonic()

    def _stopping(self) -> bool:
        if self._parent is not None and os.getppid() != self._parent:
            self._stops = max(self._stops, 1)
        return self._stops > 0

    def _pause(self, seconds: float | None = None) -> None:
        """Sleep until a signal (a child's end is one) or for a moment."""
        if seconds is None:
            busy = any(child.process is None or not child.ready for child in self._children)
            seconds = BUSY_PAUSE_S if busy else IDLE_PAUSE_S
        if select.select([self._wake[0]], [], [], seconds)[0]:
            os.read(self._wake[0], 4096)

    def _tell_status(self) -> None:
        if self._status != states.FAILED:
            self._status = states.STOPPING
            self._tell()

    def _tell(self, error: str = "") -> None:
        children = {
            child.service.name: states.ChildState(
                pid=child.process.pid if child.process else None, ready=child.ready, restarts=child.restarts
            )
            for child in self._children
        }
        self._publish(children, self._status, error)
