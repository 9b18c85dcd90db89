"""The running Rasa server takes another model in all of its processes, and answers meanwhile."""

from __future__ import annotations

import io
import json
import tarfile
import threading
from http.client import HTTPConnection
from pathlib import Path

import pytest

from bot.settings import ROOT
from bot.supervisor import model_swap
from bot.supervisor.rasa_server import MODEL
from bot.supervisor.stack import Stack
from bot.understanding.client import RasaAway, RasaClient

OTHER_ID = "f" * 32


def same_under_another_id(model: Path, target: Path) -> None:
    with tarfile.open(model) as old, tarfile.open(target, "w:gz", compresslevel=1) as new:
        for member in old:
            file = old.extractfile(member)
            body = file.read() if file else b""
            if Path(member.name).name == "metadata.json":
                body = json.dumps({**json.loads(body), "model_id": OTHER_ID}).encode()
            member.size = len(body)
            new.addfile(member, io.BytesIO(body) if file else None)


def test_without_a_running_server_nothing_is_swapped(tmp_path: Path) -> None:
    assert not model_swap.swap_running(tmp_path, tmp_path / "nlu.tar.gz", lambda _: None)


@pytest.mark.rasa
def test_all_processes_take_the_model_and_no_call_fails(short_dir: Path) -> None:
    other = short_dir / "other.tar.gz"
    same_under_another_id(ROOT / "rasa_project" / MODEL, other)
    with Stack(short_dir / "var", ("rasa",)) as stack:
        url, token, pid = stack.env["RASA_URL"], stack.env["RASA_TOKEN"], stack.pid("rasa")
        port = int(url.rsplit(":", 1)[1])
        assert pid is not None
        assert len(model_swap.serving(port, pid)) == 2
        stop, answered, away = threading.Event(), [0], [0]

        def ask() -> None:
            client = RasaClient(url, token)
            while not stop.is_set():
                try:
                    client.parse("làm giấy khai sinh")
                    answered[0] += 1
                except RasaAway:
                    away[0] += 1
                stop.wait(0.02)

        asking = threading.Thread(target=ask)
        asking.start()
        said: list[str] = []
        assert model_swap.swap_running(stack.var_dir, other, said.append)
        stop.set()
        asking.join()
        assert "2 tiến trình" in said[0]
        assert answered[0] > 0 and away[0] == 0
        for _ in range(40):
            connection = HTTPConnection("127.0.0.1", port, timeout=5)
            assert model_swap._status(connection, token) == OTHER_ID
            connection.close()
        assert stack.pid("rasa") == pid
