"""The two sides under load as real processes, each with a stand-in Graph of its own, gone at the end."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks import rasa_assistant
from bot.settings import ROOT
from bot.supervisor.process import signal_group, spawn
from bot.supervisor.service import free_port, http_ok
from bot.supervisor.stack import Stack
from connectors.sandbox import defaults

HOME = ROOT / "var" / "bench"
READY_S = 240.0
NO_LIMIT = "100000"
OURS = ("rasa", "redis", "worker", "web")


@dataclass(frozen=True)
class Side:
    """One side under load: where its webhook is, where its stand-in is, and its NLU server if it is apart."""

    port: int
    path: str
    sandbox_port: int = 0
    rasa_url: str = ""
    rasa_token: str = ""
    sql_url: str = ""


@contextmanager
def running(
    name: str, command: Sequence[str], cwd: Path, env: Mapping[str, str], ready: Callable[[], bool]
) -> Iterator[None]:
    """A process group for the length of the block.

    :raises RuntimeError: if it ends or is not ready in time.
    """
    log = HOME / "log" / f"{name}.log"
    process = spawn(command, {**os.environ, **env}, cwd, log)
    try:
        deadline = time.monotonic() + READY_S
        while not ready():
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{name} did not start, see {log}")
            time.sleep(0.1)
        yield
    finally:
        signal_group(process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):  # Rasa does not listen while it waits for Graph
            process.wait(3)
        signal_group(process.pid, signal.SIGKILL)
        process.wait(5)


@contextmanager
def sandbox(webhook_url: str) -> Iterator[int]:
    """The stand-in; its echoes and receipts go to ``webhook_url``. Yields its port.

    It waits for an acknowledgement as long as it takes. Meta would give up after 5 s and repeat the
    webhook, which a slow side would then answer twice: that is not held against it here.
    """
    port = free_port()
    command = [sys.executable, "-m", "connectors.sandbox", "--port", str(port)]
    command += ["--assistant-url", webhook_url]
    env = {"SANDBOX_FACEBOOK_WEBHOOK_TIMEOUT_S": "300"}
    with running("sandbox", command, ROOT, env, lambda: http_ok("127.0.0.1", port, "/sandbox/healthz")):
        yield port


def graph_settings(sandbox_port: int) -> dict[str, str]:
    """A page at the stand-in, and no limit of ours on how often it is called."""
    return {
        "FACEBOOK_APP_ID": defaults.FACEBOOK_APP_ID,
        "FACEBOOK_APP_SECRET": defaults.FACEBOOK_APP_SECRET,
        "FACEBOOK_VERIFY_TOKEN": defaults.FACEBOOK_VERIFY_TOKEN,
        "FACEBOOK_PAGE_ID": defaults.FACEBOOK_PAGE_ID,
        "FACEBOOK_PAGE_TOKEN": defaults.FACEBOOK_PAGE_TOKEN,
        "FACEBOOK_GRAPH_URL": defaults.facebook_graph_url(sandbox_port),
        "FACEBOOK_RATE": NO_LIMIT,
    }


@contextmanager
def empty_folder() -> Iterator[Path]:
    """A folder of this run alone, gone afterwards; two benchmarks at once do not meet in it."""
    folder = HOME / f"run-{os.getpid()}"
    shutil.rmtree(folder, ignore_errors=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def ours(services: Sequence[str] = OURS, settings: Mapping[str, str] | None = None) -> Iterator[Side]:
    """This project as ``make run`` starts it, with an empty database."""
    port = free_port()
    with empty_folder() as folder, sandbox(f"http://127.0.0.1:{port}") as sandbox_port:
        env = {**graph_settings(sandbox_port), "PORT": str(port), "LOG_LEVEL": "WARNING"} | dict(
            settings or {}
        )
        with Stack(folder, services, env) as stack:
            given = stack.env
            yield Side(
                port, "/webhooks/facebook", sandbox_port,
                given.get("RASA_URL", ""), given.get("RASA_TOKEN", ""), f"sqlite:///{folder / 'troly.db'}",
            )  # fmt: skip


def nowhere() -> str:
    """The address of a server that is not there."""
    return f"http://127.0.0.1:{free_port()}"


@contextmanager
def rasa(folder: Path) -> Iterator[Side]:
    """Rasa's server with its own Facebook channel and the assistant in ``folder``."""
    port = free_port()
    path = "/webhooks/facebook/webhook"
    # The stand-in adds the path of our webhook to the address; behind a '#' it goes nowhere.
    with sandbox(f"http://127.0.0.1:{port}{path}#") as sandbox_port:
        graph = defaults.facebook_graph_url(sandbox_port) + "/v21.0"
        env = {**rasa_assistant.environment(), "BENCH_GRAPH_URL": graph}
        command = rasa_assistant.server_command(port)
        ready = lambda: http_ok("127.0.0.1", port, "/webhooks/facebook/")  # noqa: E731
        with running(folder.name, command, folder, env, ready):
            yield Side(port, path, sandbox_port)
