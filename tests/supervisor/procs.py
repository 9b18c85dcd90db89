"""Looking at real processes from the outside, with deadlines instead of sleeps."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")


def wait_for(what: Callable[[], T], timeout_s: float = 15.0, about: str = "condition") -> T:
    """The first true value of ``what``."""
    deadline = time.monotonic() + timeout_s
    while not (value := what()):
        assert time.monotonic() < deadline, f"{about}: not within {timeout_s} s"
        time.sleep(0.02)
    return value


def with_mark(mark: object) -> dict[int, str]:
    """Pids of the processes whose command line or environment holds ``mark``, with the command line."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes()
            environment = (folder / "environ").read_bytes()
        except OSError:  # ended meanwhile
            continue
        if command and str(mark).encode() in command + environment:  # zombies have no command line
            found[int(folder.name)] = command.replace(b"\0", b" ").decode("utf-8", "replace")
    return found
