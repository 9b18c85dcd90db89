"""``python -m connectors.sandbox --port 8100``: the sandbox under gunicorn, one process, many threads."""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import signal
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]

from connectors.sandbox import defaults
from connectors.sandbox.app import create_sandbox
from connectors.sandbox.config import SandboxConfig

_PR_SET_PDEATHSIG = 1


def end_with_master(server: Any, worker: Any) -> None:
    """Linux ends the worker when its master was killed; without this, a live page would keep it alive."""
    del server, worker
    with contextlib.suppress(OSError, AttributeError):  # not Linux: gunicorn's own check must do
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class Server(BaseApplication):  # type: ignore[misc]
    """gunicorn with settings from code. The application is made in the worker, where its threads live."""

    def __init__(self, config: SandboxConfig, options: dict[str, Any]) -> None:
        self._config = config
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        """Take the options."""
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """The application."""
        return create_sandbox(self._config)


def main(arguments: list[str] | None = None) -> None:
    """Read flags over the environment (``SANDBOX_*``) and serve until stopped."""
    parser = argparse.ArgumentParser(prog="python -m connectors.sandbox", description=__doc__)
    parser.add_argument("--host", default=defaults.HOST)
    parser.add_argument("--port", type=int, default=defaults.PORT)
    parser.add_argument("--threads", type=int, default=256)
    parser.add_argument("--assistant-url", help=f"where webhooks go (default {defaults.ASSISTANT_URL})")
    parser.add_argument(
        "--ladder-factor", type=float, help="scales the waits between webhook retries (default 1)"
    )
    parser.add_argument(
        "--webhook-threads", type=int, help="webhooks delivered at the same time (default 32)"
    )
    parser.add_argument("--no-echoes", dest="echoes", action="store_false", default=None)
    parser.add_argument("--no-receipts", dest="receipts", action="store_false", default=None)
    given = parser.parse_args(arguments)
    try:
        config = SandboxConfig.from_environment(
            assistant_url=given.assistant_url,
            ladder_factor=given.ladder_factor,
            webhook_threads=given.webhook_threads,
            echoes=given.echoes,
            receipts=given.receipts,
        )
    except ValueError as error:
        parser.error(str(error))
    options = {
        "bind": f"{given.host}:{given.port}",
        "workers": 1,
        "worker_class": "gthread",
        "threads": given.threads,
        "worker_connections": 2000,
        "keepalive": 75,
        "timeout": 0,
        "graceful_timeout": 1,
        "proc_name": "troly-xa-sandbox",
        "control_socket_disable": True,
        "post_fork": end_with_master,
        # Zalo's headers are called access_token and secret_key; gunicorn drops underscores by default
        "header_map": "dangerous",
    }
    Server(config, options).run()


if __name__ == "__main__":
    main()
