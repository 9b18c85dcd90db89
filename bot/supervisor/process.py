"""One child process with everything it starts: spawned, signalled and reaped as a group.

Three ropes hold a child so that no process outlives the supervisor, even after ``kill -9``:
its own process group (what it forks is signalled with it), ``PR_SET_PDEATHSIG`` (the kernel tells
it that the supervisor died), and the leash (:mod:`bot.supervisor.leash`), which kills the groups.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from bot.parent import die_with_parent


def spawn(command: Sequence[str], env: Mapping[str, str], cwd: Path, log: Path) -> subprocess.Popen[bytes]:
    """Start ``command`` in a session of its own, its output appended to ``log``.

    :raises OSError: if the program can't be run.
    """
    parent = os.getpid()
    prepare: Callable[[], None] = lambda: die_with_parent(parent)  # noqa: E731 - handed over as it is
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as out:
        # preexec_fn is safe here: the supervisor has a single thread
        return subprocess.Popen(
            list(command), env=dict(env), cwd=cwd, stdin=subprocess.DEVNULL, stdout=out,
            stderr=subprocess.STDOUT, start_new_session=True, preexec_fn=prepare,
        )  # fmt: skip


def signal_group(pid: int, sign: int) -> bool:
    """Signal every process of the group that ``pid`` leads; False when none is left."""
    try:
        os.killpg(pid, sign)
    except ProcessLookupError:
        return False
    return True


def reap(process: subprocess.Popen[bytes]) -> int | None:
    """Exit code of ``process``, negative for a signal; None while it runs.

    What it left behind in its group (workers of a killed gunicorn hold the port) is killed before its
    pid is given back to the system, so the number can't mean another process by then.
    """
    if process.returncode is not None:
        return process.returncode
    if os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        return None
    signal_group(process.pid, signal.SIGKILL)
    return process.wait()


def describe_exit(code: int) -> str:
    """'mã 3' or 'tín hiệu SIGKILL', for people."""
    if code >= 0:
        return f"mã {code}"
    try:
        return f"tín hiệu {signal.Signals(-code).name}"
    except ValueError:
        return f"tín hiệu {-code}"
