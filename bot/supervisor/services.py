"""The services of one machine, made from the settings: what runs, with which environment, in which order."""

from __future__ import annotations

import os
import secrets
import shutil
import sys
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from redis import RedisError

from bot.settings import ROOT, Settings
from bot.store.redis import connect
from bot.supervisor.rasa_server import rasa_service
from bot.supervisor.redis_server import redis_service
from bot.supervisor.service import Service, SupervisorError, free_port, http_ok, port_free
from bot.supervisor.state import State
from bot.worker.leases import workers_alive

NAMES = ("rasa", "redis", "sandbox", "worker", "web")
"""In the order of starting; stopping goes the other way: no new messages first, then what works on them.
Rasa starts first because it takes longest; nothing waits for it but the final 'ready'."""


@dataclass(frozen=True)
class Plan:
    """What the supervisor runs; ``settings`` has the addresses of everything filled in."""

    services: tuple[Service, ...]
    settings: Settings
    metrics_dir: Path


def parse_only(text: str) -> tuple[str, ...]:
    """'redis,rasa' -> the names, checked.

    :raises SupervisorError: naming what is unknown.
    """
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    unknown = sorted(set(names) - set(NAMES))
    if unknown:
        raise SupervisorError(f"Không có dịch vụ {', '.join(unknown)}; có: {', '.join(NAMES)}.")
    return names or NAMES


def make_plan(settings: Settings, only: Collection[str], migrate: Callable[[str], None]) -> Plan:
    """Decide what to start. Services whose URL is given in the settings are not started.

    :raises SupervisorError: if a port is taken or something that is needed is missing.
    """
    wanted = [name for name in NAMES if name in only]
    if settings.redis_url and "redis" in wanted:
        wanted.remove("redis")
    if settings.rasa_url and "rasa" in wanted:
        wanted.remove("rasa")
    if not settings.use_sandbox and "sandbox" in wanted:
        wanted.remove("sandbox")
    settings = _with_addresses(settings, wanted)
    metrics = settings.var_dir / "run" / "metrics"
    env = child_environment(settings, metrics)
    migration = _once(lambda: migrate(settings.sql_url))
    makers: dict[str, Callable[[], Service]] = {
        "rasa": lambda: rasa_service(
            ROOT / "rasa_project",
            int(settings.rasa_url.rsplit(":", 1)[1]),
            settings.rasa_token,
            settings.var_dir / "log" / "rasa.log",
            env,
        ),
        "redis": lambda: redis_service(settings.redis_socket, settings.var_dir, ROOT, env),
        "sandbox": lambda: _sandbox(settings, env),
        "worker": lambda: _worker(settings, env, migration),
        "web": lambda: _web(settings, env, migration),
    }
    return Plan(tuple(makers[name]() for name in wanted), settings, metrics)


def describe(plan: Plan) -> State:
    """The state file's part that does not change while it runs."""
    settings = plan.settings
    return State(
        pid=os.getpid(),
        redis_url=settings.redis_address,
        rasa_url=settings.rasa_url,
        rasa_token=settings.rasa_token,
        port=settings.port,
        sandbox_port=settings.sandbox_port,
    )


def _with_addresses(settings: Settings, wanted: Collection[str]) -> Settings:
    filled: dict[str, object] = {"var_dir": settings.var_dir.resolve()}
    if "rasa" in wanted:
        filled["rasa_url"] = f"http://127.0.0.1:{free_port()}"
        filled["rasa_token"] = secrets.token_hex(24)
    return settings.model_copy(update=filled)


def child_environment(settings: Settings, metrics: Path) -> dict[str, str]:
    """What every child is told: this process's environment with the addresses filled in."""
    path = os.environ.get("PYTHONPATH", "")
    return {
        **os.environ,
        "HOST": settings.host,
        "PORT": str(settings.port),
        "SANDBOX_PORT": str(settings.sandbox_port),
        "DESK_MAX_STREAMS": str(settings.desk_max_streams),
        "VAR_DIR": str(settings.var_dir),
        "REDIS_URL": settings.redis_address,
        "RASA_URL": settings.rasa_url,
        "RASA_TOKEN": settings.rasa_token,
        # Single-use, and the sandbox forgets at its end: each run begins with a grant of its own.
        "SANDBOX_ZALO_REFRESH_TOKEN": secrets.token_hex(16),
        "PROMETHEUS_MULTIPROC_DIR": str(metrics),
        "PYTHONPATH": f"{ROOT}:{path}" if path else str(ROOT),
        "PYTHONUNBUFFERED": "1",
    }


def empty_folder(folder: Path) -> None:
    """A fresh folder: counters of an earlier run must not be added to this one's."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)


def _once(action: Callable[[], None]) -> Callable[[], None]:
    """Run ``action`` at the first call that gets through it, not again."""
    done = False

    def run() -> None:
        nonlocal done
        if not done:
            action()
            done = True

    return run


def _need_port(host: str, port: int, setting: str) -> None:
    if not port_free(host, port):
        raise SupervisorError(
            f"Cổng {port} ({setting}) đang có chương trình khác dùng. "
            f"Chọn cổng khác, ví dụ: {setting}={port + 1} make run"
        )


def _log(settings: Settings, name: str) -> Path:
    return settings.var_dir / "log" / f"{name}.log"


def _web(settings: Settings, env: Mapping[str, str], migration: Callable[[], None]) -> Service:
    """gunicorn; how it serves stands in :mod:`bot.supervisor.gunicorn_conf`."""
    _need_port(settings.host, settings.port, "PORT")
    return Service(
        name="web",
        label="Web",
        command=(
            sys.executable, "-m", "gunicorn", "bot.app:create_app()", "--chdir", str(ROOT),
            "--config", "python:bot.supervisor.gunicorn_conf",
        ),
        env=env,
        cwd=ROOT,
        log=_log(settings, "web"),
        ready=lambda: http_ok(reachable(settings.host), settings.port, "/healthz"),
        prepare=migration,
        start_timeout_s=90.0,
        stop_timeout_s=6.0,
    )  # fmt: skip


def _worker(settings: Settings, env: Mapping[str, str], migration: Callable[[], None]) -> Service:
    """The worker has no port; it is ready when it holds its first lease in Redis."""
    started = 0.0

    def prepare() -> None:
        nonlocal started
        migration()
        started = time.time()

    def ready() -> bool:
        client = connect(settings.redis_address)
        try:
            return workers_alive(client, started) > 0
        except RedisError:
            return False
        finally:
            client.close()

    return Service(
        name="worker",
        label="Worker",
        command=(sys.executable, "-m", "bot", "worker"),
        env=env,
        cwd=ROOT,
        log=_log(settings, "worker"),
        ready=ready,
        prepare=prepare,
        start_timeout_s=90.0,
        stop_timeout_s=14.0,
    )


def _sandbox(settings: Settings, env: Mapping[str, str]) -> Service:
    _need_port("127.0.0.1", settings.sandbox_port, "SANDBOX_PORT")
    return Service(
        name="sandbox",
        label="Sandbox",
        command=(
            sys.executable, "-m", "connectors.sandbox", "--port", str(settings.sandbox_port),
            "--assistant-url", f"http://{reachable(settings.host)}:{settings.port}",
        ),
        env=env,
        cwd=ROOT,
        log=_log(settings, "sandbox"),
        ready=lambda: http_ok("127.0.0.1", settings.sandbox_port, "/sandbox/healthz"),
        stop_timeout_s=3.0,
    )  # fmt: skip


def reachable(host: str) -> str:
    """The address by which this machine reaches a server that listens on ``host``."""
    return "127.0.0.1" if host in {"0.0.0.0", ""} else host
