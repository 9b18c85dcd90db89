"""What the person at the terminal reads while services start, fail and stop."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path
from typing import TextIO

import click

MAX_LOG_BYTES = 20_000_000


class Console:
    """Short Vietnamese lines with the elapsed seconds, also kept in ``log``."""

    def __init__(self, log: Path, quiet: bool = False) -> None:
        log.parent.mkdir(parents=True, exist_ok=True)
        self._log: TextIO = log.open("a", encoding="utf-8")
        self._began = time.monotonic()
        self._quiet = quiet

    def elapsed(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._began

    def say(self, text: str) -> None:
        """A line with the elapsed time; a terminal that is gone does not stop the services."""
        stamp = datetime.now().astimezone().isoformat(timespec="seconds")
        self._log.write(f"{stamp} {text}\n")
        self._log.flush()
        if self._quiet:
            return
        try:
            click.echo(f"[{self.elapsed():4.0f}s] {text}", err=True)
        except OSError:
            self._quiet = True

    def close(self) -> None:
        """Close the log."""
        self._log.close()


def trim_log(path: Path, limit: int = MAX_LOG_BYTES) -> None:
    """Keep a log that its process holds open from growing for ever: copied to ``.1``, then emptied.

    Lines written between the two steps are lost, which a log can bear.
    """
    if not path.exists() or path.stat().st_size <= limit:
        return
    path.with_suffix(path.suffix + ".1").write_bytes(path.read_bytes())
    with path.open("r+b") as file:
        file.truncate(0)


def tail(path: Path, lines: int = 12) -> str:
    """The last lines of a log, indented."""
    if not path.exists():
        return ""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 8000))
        text = file.read().decode("utf-8", "replace")
    return "\n".join("    " + line for line in text.splitlines()[-lines:])
