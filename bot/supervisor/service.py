"""What the supervisor knows of a service: how to start it, when it is ready, how to stop it."""

from __future__ import annotations

import http.client
import json
import signal
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import SystemRandom

PROBE_TIMEOUT_S = 2.0
FIRST_PORT, LAST_PORT = 20_000, 32_000
"""Below the range that the kernel gives to outgoing connections, so a restart finds its port free."""


class SupervisorError(Exception):
    """A service can't be started; the message says why and what to do, in the person's language."""


def _nothing() -> None:
    """Nothing to prepare."""


@dataclass(frozen=True)
class Service:
    """One process to keep alive.

    ``ready`` answers quickly and never raises. Where it can't tell much, ``settle_s`` is how long the
    process must have lived to count as ready. ``start_tries`` is how often it may die before it was
    ready for the first time; then the start is given up with its last words.
    """

    name: str
    label: str
    command: tuple[str, ...]
    env: Mapping[str, str]
    cwd: Path
    log: Path
    ready: Callable[[], bool]
    prepare: Callable[[], None] = field(default=_nothing)
    start_timeout_s: float = 30.0
    settle_s: float = 0.0
    stop_timeout_s: float = 5.0
    stop_signal: int = signal.SIGTERM
    start_tries: int = 1


def free_port(host: str = "127.0.0.1") -> int:
    """A port of this machine that nobody listens on.

    :raises SupervisorError: when none of 200 tries is free.
    """
    random = SystemRandom()
    for _ in range(200):
        port = random.randint(FIRST_PORT, LAST_PORT)
        if port_free(host, port):
            return port
    raise SupervisorError(f"Không tìm được cổng trống trên {host}.")


def port_free(host: str, port: int) -> bool:
    """Whether a server may listen there now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def http_ok(host: str, port: int, path: str, body: Mapping[str, str] | None = None) -> bool:
    """Whether a GET (or a POST of JSON) is answered with 200 in time."""
    connection = http.client.HTTPConnection(host, port, timeout=PROBE_TIMEOUT_S)
    try:
        if body is None:
            connection.request("GET", path)
        else:
            headers = {"Content-Type": "application/json"}
            connection.request("POST", path, json.dumps(body).encode(), headers)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
