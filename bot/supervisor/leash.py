"""Ends every process group of a supervisor that died without doing it itself (``kill -9``).

Standard library only: run by its path as a process of its own, with a pipe from the supervisor as
standard input. Lines ``+PGID`` and ``-PGID`` say which groups live. The pipe ends when the supervisor
does, however it dies; the groups that are left then get SIGTERM and, after the seconds given as the
first argument, SIGKILL.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time

GRACE_S = 5.0
PAUSE_S = 0.05


def alive(groups: set[int]) -> set[int]:
    """The groups that still have a process."""
    left = set()
    for group in groups:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, 0)
            left.add(group)
    return left


def end(groups: set[int], grace_s: float) -> None:
    """Stop all groups, in an orderly way first."""
    for sign, wait_s in ((signal.SIGTERM, grace_s), (signal.SIGKILL, 1.0)):
        for group in groups:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(group, sign)
        deadline = time.monotonic() + wait_s
        while groups and time.monotonic() < deadline:
            groups = alive(groups)
            time.sleep(PAUSE_S)


def main() -> None:
    """Read the pipe to its end, then end what is left."""
    for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sign, signal.SIG_IGN)
    groups: set[int] = set()
    for line in sys.stdin:
        group = int(line[1:])
        (groups.add if line[0] == "+" else groups.discard)(group)
    end(groups, float(sys.argv[1]) if len(sys.argv) > 1 else GRACE_S)


if __name__ == "__main__":
    main()
