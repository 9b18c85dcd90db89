"""Whether each dependency works, by name."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass

import requests
from redis import Redis, RedisError
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import SQLAlchemyError

from bot.intake.spool import Spool
from bot.store.engine import reading
from bot.store.models import Account
from bot.worker.leases import workers_alive

CHECK_TIMEOUT_S = 3.0


@dataclass(frozen=True, slots=True)
class Check:
    """``name`` is what an operator calls the dependency; ``run`` returns a complaint or ''."""

    name: str
    run: Callable[[], str]


def run_checks(checks: list[Check]) -> dict[str, str]:
    """Every check's complaint ('ok' if none), all at once and never longer than ``CHECK_TIMEOUT_S``."""
    pool = ThreadPoolExecutor(max_workers=len(checks) or 1)
    try:
        deadline = time.monotonic() + CHECK_TIMEOUT_S
        futures = {check.name: pool.submit(check.run) for check in checks}
        found = {}
        for name, future in futures.items():
            try:
                found[name] = future.result(max(0.0, deadline - time.monotonic())) or "ok"
            except FutureTimeout:
                found[name] = "no answer in time"
            except Exception as error:  # noqa: BLE001 - whatever a check raises is its answer
                found[name] = type(error).__name__
        return found
    finally:
        pool.shutdown(wait=False)


def standard_checks(redis: Redis, engine: Engine, spool: Spool, rasa_url: str) -> list[Check]:
    """Redis, the database, Rasa, the worker, the spool, the accounts."""
    return [
        Check("redis", lambda: _redis(redis)),
        Check("database", lambda: _database(engine)),
        Check("rasa", lambda: _rasa(rasa_url)),
        Check("worker", lambda: _worker(redis)),
        Check("spool", lambda: "" if spool.empty() else "events wait on the disk for Redis"),
        Check("accounts", lambda: _accounts(engine)),
    ]


def _redis(client: Redis) -> str:
    try:
        client.ping()
    except RedisError as error:
        return f"unreachable: {type(error).__name__}"
    return ""


def _database(engine: Engine) -> str:
    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT version_num FROM alembic_version"))
    except SQLAlchemyError as error:
        return f"unreachable: {type(error).__name__}"
    return ""


def _rasa(url: str) -> str:
    if not url:
        return "RASA_URL is not set: answers come from the matcher alone"
    try:
        # "/" answers without a token, so the token need not travel for a health check
        requests.get(f"{url}/", timeout=2).raise_for_status()
    except requests.RequestException as error:
        return f"unreachable: {type(error).__name__}"
    return ""


def _worker(client: Redis) -> str:
    try:
        return "" if workers_alive(client) else "no worker runs"
    except RedisError:
        return "unknown while Redis is away"


def _accounts(engine: Engine) -> str:
    with reading(engine) as session:
        frozen = session.execute(
            select(Account.channel, Account.external_id).where(Account.frozen_reason.is_not(None))
        ).all()
    return "; ".join(f"{channel} {ref}: token refused, nothing is sent" for channel, ref in frozen)
