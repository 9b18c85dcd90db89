"""gunicorn's hooks: counters of a worker that ended are kept, a worker never outlives its master."""

from __future__ import annotations

import os
from typing import Any

from prometheus_client import multiprocess

from bot.supervisor.process import die_with_parent


def post_fork(server: Any, worker: Any) -> None:
    """The kernel ends a worker whose master was killed, so the port is free for the next master."""
    die_with_parent(worker.ppid)


def child_exit(server: Any, worker: Any) -> None:
    """Tell the metrics that this worker is gone."""
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]
