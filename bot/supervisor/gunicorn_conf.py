"""How gunicorn serves the web process, here, under systemd and in a container; and its hooks.

Threads, and no more connections than threads: a worker that accepts more lets live streams starve the
webhooks (measured: 4.8 s for a ping). So each live desk (``DESK_MAX_STREAMS``, as in bot/settings.py) has
a thread beyond those that the rest needs. ``HOST`` and ``PORT`` say where it listens.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

from prometheus_client import multiprocess

from bot.parent import die_with_parent

bind = f"{os.environ.get('HOST') or '127.0.0.1'}:{os.environ.get('PORT') or '8000'}"
worker_class = "gthread"
workers = int(os.environ.get("WEB_WORKERS") or 2)
threads = int(os.environ.get("WEB_THREADS") or 32 + int(os.environ.get("DESK_MAX_STREAMS") or 40))
worker_connections = threads
keepalive = 0
graceful_timeout = 3
loglevel = "warning"
control_socket_disable = True


def on_starting(server: Any) -> None:
    """The folder of the counters; who starts gunicorn empties it."""
    folder = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)


def post_fork(server: Any, worker: Any) -> None:
    """The kernel ends a worker whose master was killed, so the port is free for the next master."""
    die_with_parent(worker.ppid)


def post_worker_init(worker: Any) -> None:
    """Load what the desk needs before somebody waits for it (half a second), while webhooks are served."""
    desk = getattr(worker.wsgi, "extensions", {}).get("desk")
    if desk is not None:
        threading.Thread(target=desk.knowledge, name="warm", daemon=True).start()


def child_exit(server: Any, worker: Any) -> None:
    """Tell the metrics that this worker is gone; what it counted is kept."""
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]
