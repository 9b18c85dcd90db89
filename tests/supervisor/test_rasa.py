"""The real Rasa server with the trained model, under the supervisor."""

from __future__ import annotations

import os
import signal
import tempfile
from pathlib import Path

import pytest
import requests

from bot.supervisor import rasa_server
from bot.supervisor.service import SupervisorError
from bot.supervisor.stack import Stack
from tests.supervisor.procs import wait_for, with_mark


def parse(url: str, token: str) -> requests.Response:
    return requests.post(
        f"{url}/model/parse", json={"text": "xin chào"}, params={"token": token} if token else {}, timeout=10
    )


@pytest.mark.rasa
def test_rasa_serves_restarts_and_leaves_nothing_behind() -> None:
    with tempfile.TemporaryDirectory(prefix="troly-") as name:
        var_dir = Path(name)
        with Stack(var_dir, ("rasa",)) as stack:
            url, token = stack.env["RASA_URL"], stack.env["RASA_TOKEN"]
            assert parse(url, "").status_code == 401
            assert parse(url, token).json()["intent"]["name"]
            commands = list(with_mark(var_dir).values())
            assert not [command for command in commands if token in command]
            killed = stack.kill("rasa")
            stack.wait_restarted("rasa", killed)
            # the same address: who knows it need not be told anew
            assert parse(url, token).status_code == 200
            # privacy: no citizen's text in its log
            assert "xin chào" not in stack.log("rasa")
            os.kill(stack.state.pid, signal.SIGKILL)
            wait_for(lambda: not with_mark(var_dir), 20.0, "all gone")


@pytest.mark.parametrize(("folder", "command"), [("", "make setup"), (".venv/bin/python", "make train")])
def test_what_is_missing_is_named_with_the_command_that_mends_it(
    tmp_path: Path, folder: str, command: str
) -> None:
    if folder:
        (tmp_path / folder).parent.mkdir(parents=True)
        (tmp_path / folder).touch()
    with pytest.raises(SupervisorError, match=command):
        rasa_server.rasa_service(tmp_path, 1, "token", tmp_path / "log" / "rasa.log", {})
