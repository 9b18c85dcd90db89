"""Events on the disk while Redis is away: one file each, in the order in which they came."""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog

from bot.intake.streams import decode, encode
from connectors.channel import Event

log = structlog.get_logger(__name__)


class SpoolError(Exception):
    """The event could be kept neither in Redis nor on the disk: the platform must send it again."""


class Spool:
    """A folder of events. Several processes may write and drain it at the same time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._corrupt = folder / "corrupt"
        self._corrupt.mkdir(parents=True, exist_ok=True)
        self._count = itertools.count()

    def empty(self) -> bool:
        """Whether nothing waits; cheap enough for every webhook.

        :raises SpoolError: if the folder can't be read.
        """
        try:
            with os.scandir(self.folder) as entries:
                return not any(entry.name.endswith(".json") for entry in entries)
        except FileNotFoundError:
            return True  # somebody removed the folder; write() makes it again
        except OSError as error:
            raise SpoolError(f"can't read {self.folder}: {error}") from error

    def write(self, event: Event) -> None:
        """Keep one event: written, synced and renamed, so that a file is either whole or not there.

        :raises SpoolError: if the disk refuses.
        """
        # The time leads the name, so that names sort in the order of arrival over all processes.
        name = f"{time.time_ns():020d}-{os.getpid():07d}-{next(self._count):09d}"
        part = self.folder / f"{name}.part"
        try:
            self._corrupt.mkdir(parents=True, exist_ok=True)
            with part.open("w", encoding="utf-8") as file:
                file.write(encode(event))
                file.flush()
                os.fsync(file.fileno())
            part.rename(self.folder / f"{name}.json")
            self._sync_folder()
        except OSError as error:
            with contextlib.suppress(OSError):
                part.unlink()
            raise SpoolError(f"can't write to {self.folder}: {error}") from error

    def drain(self, add: Callable[[Event], object]) -> int:
        """Hand every waiting event to ``add``, oldest first; returns how many.

        A file goes only after ``add`` returned, so an exception of ``add`` (Redis away again)
        leaves it and all later ones in place and is raised. A broken file is moved to ``corrupt/``.
        """
        done = 0
        with self._drain_lock() as mine:
            for path in self._waiting() if mine else ():
                try:
                    event = decode(path.read_text(encoding="utf-8"))
                except (ValueError, KeyError, TypeError) as error:
                    path.rename(self._corrupt / path.name)
                    log.error("spool.corrupt", file=path.name, error=type(error).__name__)
                    continue
                add(event)
                path.unlink()
                done += 1
        return done

    def _waiting(self) -> Iterator[Path]:
        """Waiting files in order; looks again until none is left, since new ones queue behind old ones."""
        while names := sorted(p.name for p in self.folder.glob("*.json")):
            yield from (self.folder / name for name in names)

    @contextmanager
    def _drain_lock(self) -> Iterator[bool]:
        """One drainer at a time, over all processes; a killed one frees the lock."""
        with (self.folder / "drain.lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True

    def _sync_folder(self) -> None:
        descriptor = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
