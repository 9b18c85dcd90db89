"""Giving the running Rasa server another model, in every one of its processes, without a restart.

``PUT /model`` reaches the one process that accepted the connection, and Rasa says nowhere which that is.
The kernel does: the connection's socket stands among the files of the process that accepted it. So we
connect again and again until each process has loaded the model on a connection of its own and confirmed
it there. While one loads, the other answers; whom neither answers in time is served by the matcher.
"""

from __future__ import annotations

import json
import os
import signal
import tarfile
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import quote

from bot.supervisor import state as states

TIMEOUT_S = 90.0
"""For all processes together; loading takes each about a second."""
LOAD_S = 30.0
_LISTEN = "0A"


class SwapError(Exception):
    """The server did not take the model; the message says why."""


def model_id(model: Path) -> str:
    """The id that Rasa gave to a trained model."""
    with tarfile.open(model) as archive:
        for member in archive:
            if Path(member.name).name == "metadata.json" and (file := archive.extractfile(member)):
                return str(json.load(file)["model_id"])
    raise SwapError(f"{model} is no model")


def swap(port: int, token: str, main_pid: int, model: Path, timeout_s: float = TIMEOUT_S) -> int:
    """Load ``model`` in every process of the server; returns in how many.

    :param main_pid: of the server's first process, whose children serve.
    :raises SwapError: if one refuses it or can't be reached in time; some may have it then.
    """
    wanted, done = model_id(model), set[int]()
    deadline = time.monotonic() + timeout_s
    while left := serving(port, main_pid) - done:
        if time.monotonic() > deadline:
            raise SwapError(f"{len(left)} of its processes could not be reached")
        connection = HTTPConnection("127.0.0.1", port, timeout=LOAD_S)
        try:
            pid = _who_answers(connection, port, token, left)
            if pid is None:
                time.sleep(0.01)
                continue
            _put(connection, token, model)
            if _status(connection, token) != wanted:
                raise SwapError("it serves another model than the one it was given")
            done.add(pid)
        except (OSError, HTTPException):
            time.sleep(0.1)  # it ended, or was still busy: asked again until the deadline
        finally:
            connection.close()
    if not done:
        raise SwapError("it has no process that serves")
    return len(done)


def swap_running(var_dir: Path, model: Path, say: Callable[[str], None]) -> bool:
    """Swap the model of the server that ``bot run`` of ``var_dir`` runs; False if none runs.

    If the server does not take it, it is ended and the supervisor starts it with the new model: for these
    seconds the matcher answers.
    """
    state = states.read_state(var_dir)
    rasa = state.services.get("rasa") if state else None
    if state is None or rasa is None or rasa.pid is None or not (_alive(state.pid) and _alive(rasa.pid)):
        return False
    port = int(state.rasa_url.rsplit(":", 1)[1])
    try:
        number = swap(port, state.rasa_token, rasa.pid, model)
        say(f"Rasa đang chạy đã nhận mô hình mới ({number} tiến trình), không phải khởi động lại.")
    except SwapError as error:
        say(f"Rasa đang chạy không nhận mô hình mới ({error}); khởi động lại Rasa.")
        os.kill(rasa.pid, signal.SIGKILL)
    return True


def serving(port: int, main_pid: int) -> set[int]:
    """The processes under ``main_pid`` that accept connections on ``port``."""
    listening = {inode for _, inode in _sockets(port, lambda state: state == _LISTEN)}
    return {pid for pid in _children(main_pid) if listening & _open_sockets(pid)}


def _who_answers(connection: HTTPConnection, port: int, token: str, among: set[int]) -> int | None:
    """Which of these processes accepted ``connection``; None for another."""
    _status(connection, token)  # answered, hence accepted
    own = connection.sock.getsockname()[1]
    inodes = {inode for remote, inode in _sockets(port, lambda state: state != _LISTEN) if remote == own}
    return next((pid for pid in among if inodes & _open_sockets(pid)), None)


def _status(connection: HTTPConnection, token: str) -> str:
    connection.request("GET", f"/status?token={quote(token)}", headers={"Connection": "keep-alive"})
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 200:
        raise HTTPException(f"HTTP {answer.status}")
    return str(json.loads(body)["model_id"])


def _put(connection: HTTPConnection, token: str, model: Path) -> None:
    connection.request(
        "PUT", f"/model?token={quote(token)}", json.dumps({"model_file": str(model.resolve())}),
        {"Content-Type": "application/json"},
    )  # fmt: skip
    answer = connection.getresponse()
    answer.read()
    if answer.status != 204:
        raise SwapError(f"HTTP {answer.status}")


def _sockets(port: int, of_state: Callable[[str], bool]) -> Iterator[tuple[int, int]]:
    """(remote port, inode) of this machine's IPv4 sockets on local ``port``."""
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        cells = line.split()
        if int(cells[1].split(":")[1], 16) == port and of_state(cells[3]):
            yield int(cells[2].split(":")[1], 16), int(cells[9])


def _children(pid: int) -> set[int]:
    found: set[int] = set()
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        found |= {int(child) for child in path.read_text().split()}
    return found


def _open_sockets(pid: int) -> set[int]:
    """Inodes of the sockets that a process holds; none if it just ended."""
    found: set[int] = set()
    try:
        for path in Path(f"/proc/{pid}/fd").iterdir():
            target = str(path.readlink())
            if target.startswith("socket:["):
                found.add(int(target[8:-1]))
    except OSError:
        return found
    return found


def _alive(pid: int) -> bool:
    return pid > 0 and Path(f"/proc/{pid}").exists()
