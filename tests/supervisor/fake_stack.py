"""A real supervisor over tiny children, run as a process of its own by the tests.

Usage: fake_stack.py VAR_DIR [--parent=PID] NAME=KIND …  with a KIND of CHILDREN.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from bot.supervisor import state as states
from bot.supervisor.console import Console
from bot.supervisor.runner import Supervisor
from bot.supervisor.service import Service, SupervisorError

FAMILY = """
import os, signal, sys, time
# A child of the child that ignores the polite signal, as a hanging worker would
if os.fork() == 0:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
open(sys.argv[1] + "/family." + str(os.getpid()), "w").close()
time.sleep(600)
"""
CHILDREN = {
    "sleeper": "import time; time.sleep(600)",
    "family": FAMILY,
    "crasher": "import sys; print('last words', file=sys.stderr); sys.exit(3)",
    "hanging": "import time; time.sleep(600)",  # never ready
    "stubborn": "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)",
    # dies at its first start, as one does whose port somebody else took, then lives
    "late": (
        "import sys, time, pathlib; mark = pathlib.Path(sys.argv[1] + '/late')\n"
        "if not mark.exists(): mark.touch(); sys.exit(5)\n"
        "time.sleep(600)"
    ),
    # lives once, then dies at every start
    "flaky": (
        "import sys, time, pathlib; mark = pathlib.Path(sys.argv[1] + '/flaky')\n"
        "if mark.exists(): sys.exit(4)\n"
        "mark.touch(); time.sleep(600)"
    ),
}


def service(var_dir: Path, name: str, kind: str) -> Service:
    """A child that is ready once it runs, except the hanging one; VAR_DIR marks its command line."""
    marks = var_dir / "flaky"
    ready = {
        "hanging": lambda: False,
        "family": lambda: len(list(var_dir.glob("family.*"))) >= 2,
        "flaky": marks.exists,
    }
    return Service(
        name=name,
        label=name,
        command=(sys.executable, "-c", CHILDREN[kind], str(var_dir)),
        env=os.environ,
        cwd=var_dir,
        log=var_dir / "log" / f"{name}.log",
        ready=ready.get(kind, lambda: True),
        settle_s=1.0 if kind in {"crasher", "late"} else 0.0,
        start_timeout_s=1.0 if kind == "hanging" else 20.0,
        stop_timeout_s=0.5,
        start_tries=2 if kind == "late" else 1,
    )


def main() -> None:
    """Supervise; the exit code is 1 when a service could not be started."""
    var_dir, arguments = Path(sys.argv[1]), sys.argv[2:]
    pairs = [argument.split("=") for argument in arguments]
    parents = [int(pid) for name, pid in pairs if name == "--parent"]
    (var_dir / "run").mkdir(parents=True, exist_ok=True)
    state = states.State(pid=os.getpid())

    def publish(children: dict[str, states.ChildState], status: str, error: str) -> None:
        state.services, state.status, state.error = children, status, error
        states.write_state(var_dir, state)

    console = Console(var_dir / "log" / "supervisor.log")
    services = tuple(service(var_dir, name, kind) for name, kind in pairs if name != "--parent")
    supervisor = Supervisor(services, {}, console, publish, grace_s=0.5)
    for parent in parents:
        supervisor.follow(parent)
    try:
        supervisor.run(lambda: None)
    except SupervisorError as error:
        console.say(str(error))
        sys.exit(1)


if __name__ == "__main__":
    main()
