"""The Rasa NLU server as a service: loopback only, behind a token, with two workers."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Mapping
from pathlib import Path

from bot.rasa_environment import RASA_ENVIRONMENT
from bot.supervisor.service import Service, SupervisorError, http_ok

MODEL = Path("models") / "nlu.tar.gz"
WARM_UP = {"text": "xin chào"}


def rasa_service(
    project: Path, port: int, token: str, log: Path, env: Mapping[str, str], workers: int = 2
) -> Service:
    """The Rasa server of the project in ``project``.

    :raises SupervisorError: if its environment or the trained model is missing.
    """
    python = project / ".venv" / "bin" / "python"
    if not python.exists():
        raise SupervisorError("Chưa có môi trường Rasa. Chạy: make setup")
    if not (project / MODEL).exists():
        raise SupervisorError("Chưa có mô hình Rasa đã huấn luyện. Chạy: make train")
    command = [
        str(python), str(Path(__file__).with_name("rasa_launch.py")),
        "--enable-api", "-i", "127.0.0.1", "-p", str(port), "-m", str(MODEL),
    ]  # fmt: skip
    if (project / "endpoints.yml").exists():
        command += ["--endpoints", "endpoints.yml"]
    query = f"?token={token}"
    unpacked = log.parent.parent / "run" / "rasa"

    def prepare() -> None:
        """Rasa unpacks its model to a temporary folder that it does not always remove."""
        shutil.rmtree(unpacked, ignore_errors=True)
        unpacked.mkdir(parents=True)

    # One parse before it counts as ready: the first one loads what the server loads lazily
    return Service(
        name="rasa",
        label="Rasa",
        command=tuple(command),
        env={
            **env, **RASA_ENVIRONMENT, "SANIC_WORKERS": str(workers), "RASA_TOKEN": token,
            "TMPDIR": str(unpacked), "PYTHONPATH": f"{project.parent}:{project}",
        },
        cwd=project,
        log=log,
        ready=lambda: (
            http_ok("127.0.0.1", port, "/status" + query)
            and http_ok("127.0.0.1", port, "/model/parse" + query, WARM_UP)
        ),
        prepare=prepare,
        start_timeout_s=180.0,
        start_tries=3,  # its port was chosen seconds before it binds it: somebody may have been quicker
        # It keeps nothing, and its workers do not end on SIGTERM or SIGINT (measured: alive after 6 s)
        stop_signal=signal.SIGKILL,
    )  # fmt: skip
