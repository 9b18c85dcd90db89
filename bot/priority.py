"""The processor first for those who must answer at once (Linux)."""

from __future__ import annotations

import os
from pathlib import Path

import structlog

log = structlog.get_logger(__name__)

_AUTOGROUP = Path("/proc/self/autogroup")


def give_way(nice: int) -> None:
    """Let other processes go first: ``nice`` from 1 (a little) to 19 (whenever nobody else wants to).

    ``nice(2)`` alone counts within a session only where the kernel groups processes by session
    (sched(7), "The autogroup feature"), and each of our services has a session of its own: so the
    group is told as well. Best effort; a process that may not be told works on as before.
    """
    os.nice(nice)
    if not _AUTOGROUP.exists():
        return
    try:
        _AUTOGROUP.write_text(str(nice), encoding="ascii")
    except OSError as error:  # the kernel takes one such wish in 0.1 s from all users together
        log.warning("priority.kept", error=type(error).__name__)
