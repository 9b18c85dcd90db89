"""/readyz names each dependency that is away, and never takes long to say so."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from redis import Redis
from sqlalchemy import Engine, create_engine

from bot import health
from bot.app import create_app
from bot.health import Check, run_checks, standard_checks
from bot.intake.spool import Spool
from bot.settings import load_settings
from bot.store.engine import make_engine, writing
from bot.store.models import Account
from bot.store.redis import connect
from bot.worker.leases import ShardLeases
from tests.events import an_event
from tests.worker.fakes import NOON

DEAD_PORT = "http://127.0.0.1:1"


@pytest.fixture(scope="module")
def rasa() -> Iterator[str]:
    """Something that answers like Rasa's root."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()


def found(redis: Redis, engine: Engine, spool: Spool, rasa: str) -> dict[str, str]:
    return run_checks(standard_checks(redis, engine, spool, rasa))


def complaints(states: dict[str, str]) -> set[str]:
    return {name for name, state in states.items() if state != "ok"}


def test_everything_is_well(redis: Redis, engine: Engine, tmp_path: Path, rasa: str) -> None:
    ShardLeases(redis, 1, "w").keep()
    states = found(redis, engine, Spool(tmp_path / "spool"), rasa)
    assert states == dict.fromkeys(["redis", "database", "rasa", "worker", "spool", "accounts"], "ok")


def test_each_dependency_is_named_when_it_is_away(
    redis: Redis, engine: Engine, tmp_path: Path, rasa: str
) -> None:
    spool = Spool(tmp_path / "spool")
    ShardLeases(redis, 1, "w").keep()
    gone = connect("unix:///nonexistent/r.sock")
    no_database = make_engine(f"sqlite:///{tmp_path}/no/such/folder.db")
    empty_database = create_engine(f"sqlite:///{tmp_path}/empty.db")
    assert complaints(found(gone, engine, spool, rasa)) == {"redis", "worker"}
    assert complaints(found(redis, no_database, spool, rasa)) == {"database", "accounts"}
    assert complaints(found(redis, empty_database, spool, rasa)) == {"database", "accounts"}
    assert complaints(found(redis, engine, spool, DEAD_PORT)) == {"rasa"}
    assert complaints(found(redis, engine, spool, "")) == {"rasa"}
    spool.write(an_event())
    assert complaints(found(redis, engine, spool, rasa)) == {"spool"}


def test_a_worker_that_is_gone_is_missed(redis: Redis, engine: Engine, tmp_path: Path, rasa: str) -> None:
    worker = ShardLeases(redis, 1, "w")
    worker.keep()
    worker.release_all()
    assert complaints(found(redis, engine, Spool(tmp_path / "spool"), rasa)) == {"worker"}


def test_a_frozen_account_is_named(redis: Redis, engine: Engine, tmp_path: Path, rasa: str) -> None:
    ShardLeases(redis, 1, "w").keep()
    with writing(engine) as session:
        session.add(Account(channel="zalo", external_id="42", created_at=NOON, frozen_reason="hết hạn"))
    states = found(redis, engine, Spool(tmp_path / "spool"), rasa)
    assert complaints(states) == {"accounts"}
    assert "zalo 42" in states["accounts"]


def test_several_checks_that_hang_cost_one_time_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "CHECK_TIMEOUT_S", 0.3)
    never = threading.Event()

    def hangs() -> str:
        never.wait(10)
        return ""

    def breaks() -> str:
        raise ValueError

    checks = [Check(f"slow{n}", hangs) for n in range(5)] + [
        Check("broken", breaks),
        Check("fine", lambda: ""),
    ]
    began = time.monotonic()
    states = run_checks(checks)
    took = time.monotonic() - began
    never.set()
    assert took < 1.2
    assert {states[f"slow{n}"] for n in range(5)} == {"no answer in time"}
    assert (states["broken"], states["fine"]) == ("ValueError", "ok")


@pytest.fixture
def client(redis_url: str, tmp_path: Path) -> FlaskClient:
    environment = {
        "REDIS_URL": redis_url,
        "VAR_DIR": str(tmp_path),
        "RASA_URL": DEAD_PORT,
        "LOG_LEVEL": "ERROR",
    }
    return create_app(load_settings(environment, dotenv=tmp_path / "no.env")).test_client()


def test_readyz_says_503_and_who(client: FlaskClient) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 503
    states = answer.get_json()
    assert states["redis"] == "ok"
    assert complaints(states) >= {"database", "rasa", "worker"}


def test_alive_and_metrics_do_not_need_them(client: FlaskClient) -> None:
    assert client.get("/healthz").status_code == 200
    assert b"troly_webhooks_total" in client.get("/metrics").data
