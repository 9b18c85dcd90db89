"""What all processes of a full stack weigh, and how long a warm start takes."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from benchmarks import replies
from benchmarks.messages import people
from benchmarks.servers import Side, empty_folder
from bot.supervisor.stack import Stack

WARM_UP_MESSAGES = 100


def startup() -> dict[str, float]:
    """Seconds from the command to ready, everything installed and trained; the second of two starts."""
    seconds = []
    for _ in range(2):
        began = time.monotonic()
        with empty_folder() as folder, Stack(folder):
            seconds.append(time.monotonic() - began)
    return {"first_s": seconds[0], "warm_s": seconds[1]}


def memory() -> dict[str, float]:
    """MB (PSS: a shared page counts once) by service after some talk, supervisor and sandbox included."""
    with empty_folder() as folder, Stack(folder) as stack:
        side = Side(stack.state.port, "/webhooks/facebook", stack.state.sandbox_port)
        asyncio.run(_talk(side))
        found = {"supervisor": _pss_mb(_tree(stack.read().pid, within=False))}
        for name, child in stack.state.services.items():
            found[name] = _pss_mb(_tree(child.pid or 0))
    return {**found, "total": sum(found.values())}


async def _talk(side: Side) -> None:
    await replies.introduce(side, people(WARM_UP_MESSAGES))


def _tree(pid: int, within: bool = True) -> list[int]:
    """A process and, unless not wanted, all that descend from it."""
    if not within:
        return [pid]
    parents: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            stat = _read(folder / "stat")
            if stat:
                parents.setdefault(int(stat.rsplit(")", 1)[1].split()[1]), []).append(int(folder.name))
    found, waiting = [], [pid]
    while waiting:
        found.append(waiting.pop())
        waiting += parents.get(found[-1], [])
    return found


def _pss_mb(pids: list[int]) -> float:
    total = 0
    for pid in pids:
        for line in _read(Path(f"/proc/{pid}/smaps_rollup")).splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1])
    return total / 1024


def _read(path: Path) -> str:
    """Empty if the process has ended."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
