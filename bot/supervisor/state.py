"""What a running supervisor tells others: a lock that one holds, and a file that says where all is."""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TextIO

STARTING, READY, STOPPING, FAILED = "starting", "ready", "stopping", "failed"


@dataclass
class ChildState:
    """One service as it is now; ``pid`` is None while it waits to be restarted."""

    pid: int | None
    ready: bool
    restarts: int


@dataclass
class State:
    """Written to ``var/run/supervisor.json``; for the owner's eyes, since it holds Rasa's token."""

    pid: int
    status: str = STARTING
    error: str = ""
    redis_url: str = ""
    rasa_url: str = ""
    rasa_token: str = ""
    port: int = 0
    sandbox_port: int = 0
    services: dict[str, ChildState] = field(default_factory=dict)


def state_path(var_dir: Path) -> Path:
    """Where the state of the supervisor of ``var_dir`` is kept."""
    return var_dir / "run" / "supervisor.json"


def write_state(var_dir: Path, state: State) -> None:
    """Replace the state file in one step."""
    path = state_path(var_dir)
    draft = path.with_suffix(".new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(asdict(state), file)
    draft.replace(path)


def read_state(var_dir: Path) -> State | None:
    """The last state written; None when there is none. The supervisor may have died since."""
    try:
        raw: dict[str, Any] = json.loads(state_path(var_dir).read_text("utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    raw["services"] = {name: ChildState(**child) for name, child in raw["services"].items()}
    return State(**raw)


def take_lock(var_dir: Path) -> TextIO | None:
    """Become the only supervisor of ``var_dir``; None when another one is. Freed when the file closes."""
    path = var_dir / "run" / "supervisor.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.open("a", encoding="utf-8")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file
