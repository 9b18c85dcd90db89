"""What happens by the clock: one thread, jobs that must be quick, a failure never stops the others."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from redis import RedisError
from sqlalchemy.exc import SQLAlchemyError

log = structlog.get_logger(__name__)

TICK_S = 0.25


@dataclass(frozen=True, slots=True)
class Job:
    """``run`` every ``every_s`` seconds, first at once."""

    name: str
    every_s: float
    run: Callable[[], object]


def run_jobs(jobs: list[Job], stop: threading.Event) -> None:
    """Until ``stop`` is set."""
    due = {job.name: 0.0 for job in jobs}
    while not stop.is_set():
        for job in jobs:
            if time.monotonic() < due[job.name]:
                continue
            try:
                job.run()
            except (RedisError, SQLAlchemyError) as error:
                log.warning("job.dependency_away", job=job.name, error=type(error).__name__)
            except Exception:
                log.exception("job.failed", job=job.name)
            due[job.name] = time.monotonic() + job.every_s
        stop.wait(TICK_S)
