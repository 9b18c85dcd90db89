"""`bot run` as a person meets it: two at once, taken ports, wrong settings; and what the plan contains."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.settings import ROOT, load_settings
from bot.supervisor import services
from bot.supervisor import state as states
from bot.supervisor.service import SupervisorError, free_port
from bot.supervisor.stack import Stack


@pytest.fixture
def var_dir() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="troly-") as name:
        yield Path(name)


def bot_run(var_dir: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bot.supervisor", *arguments], cwd=ROOT, capture_output=True, text=True,
        env={**os.environ, "VAR_DIR": str(var_dir), **env}, timeout=30, check=False,
    )  # fmt: skip


def test_a_second_run_says_that_and_where_one_is_running(var_dir: Path) -> None:
    with Stack(var_dir, ("redis",)) as stack:
        second = bot_run(var_dir, "--only", "redis")
        assert second.returncode == 1
        assert f"đang chạy rồi (pid {stack.state.pid})" in second.stderr
        assert stack.read().status == states.READY


@pytest.mark.parametrize(("service", "setting"), [("web", "PORT"), ("sandbox", "SANDBOX_PORT")])
def test_a_taken_port_is_named_with_its_setting(var_dir: Path, service: str, setting: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        answer = bot_run(var_dir, "--only", service, **{setting: str(port)})
    assert answer.returncode == 1
    assert f"Cổng {port} ({setting})" in answer.stderr
    assert f"{setting}={port + 1}" in answer.stderr
    assert not (var_dir / "run" / "supervisor.json").exists() or states.read_state(var_dir).pid == 0  # type: ignore[union-attr]


def test_a_wrong_setting_and_an_unknown_service_are_named(var_dir: Path) -> None:
    wrong = bot_run(var_dir, PORT="eighty")
    assert wrong.returncode == 1
    assert "PORT" in wrong.stderr
    unknown = bot_run(var_dir, "--only", "redis,elephant")
    assert unknown.returncode == 1
    assert "elephant" in unknown.stderr


def test_a_database_that_does_not_answer_stops_the_start_with_its_name(var_dir: Path) -> None:
    url = f"postgresql://nobody@127.0.0.1:{free_port()}/none"
    answer = bot_run(var_dir, "--only", "redis,worker", DATABASE_URL=url)
    assert answer.returncode == 1
    assert "DATABASE_URL" in answer.stderr


@pytest.mark.parametrize(
    ("env", "expected"),
    [
        ({}, ("redis", "sandbox", "worker", "web")),
        ({"REDIS_URL": "redis://127.0.0.1:1/0"}, ("sandbox", "worker", "web")),
        (
            {
                "FACEBOOK_APP_SECRET": "s", "FACEBOOK_VERIFY_TOKEN": "v",
                "FACEBOOK_PAGE_ID": "1", "FACEBOOK_PAGE_TOKEN": "t",
            },
            ("redis", "worker", "web"),
        ),
    ],
)  # fmt: skip
def test_what_is_given_is_not_started(var_dir: Path, env: dict[str, str], expected: tuple[str, ...]) -> None:
    ports = {"PORT": str(free_port()), "SANDBOX_PORT": str(free_port()), "VAR_DIR": str(var_dir)}
    settings = load_settings({**ports, **env, "RASA_URL": "http://127.0.0.1:1"}, dotenv=var_dir / "none")
    plan = services.make_plan(settings, services.NAMES, lambda _url: None)
    assert tuple(service.name for service in plan.services) == expected
    told = plan.services[-1].env
    assert told["RASA_URL"] == "http://127.0.0.1:1"
    assert told["REDIS_URL"] == env.get("REDIS_URL", f"unix://{settings.redis_socket}")
    assert told["PORT"] == ports["PORT"]


def test_the_database_is_migrated_once_however_often_services_start(var_dir: Path) -> None:
    urls: list[str] = []
    ports = {"PORT": str(free_port()), "SANDBOX_PORT": str(free_port()), "VAR_DIR": str(var_dir)}
    settings = load_settings({**ports, "RASA_URL": "http://127.0.0.1:1"}, dotenv=var_dir / "none")
    plan = services.make_plan(settings, ("worker", "web"), urls.append)
    for service in plan.services * 2:
        service.prepare()
    assert urls == [settings.sql_url]


def test_the_services_to_run_are_checked() -> None:
    assert services.parse_only("") == services.NAMES
    assert services.parse_only(" redis, rasa ") == ("redis", "rasa")
    with pytest.raises(SupervisorError, match="elephant"):
        services.parse_only("elephant")


def test_the_state_file_is_for_the_owner_alone(var_dir: Path) -> None:
    """It holds the token of the Rasa server."""
    with Stack(var_dir, ("redis",)):
        assert states.state_path(var_dir).stat().st_mode & 0o077 == 0
    assert states.read_state(var_dir) is None
