"""``python -m benchmarks [all|memory|startup|acks|desks|overhead|replies]``: measures, prints, writes JSON.

``all`` is the comparison with Rasa's own Facebook channel. Figures go to ``var/bench/<time>.json``; a
run that is worth keeping is copied into docs/performance.md by hand.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import desks, footprint, measure, rasa_assistant, report, servers
from benchmarks.messages import questions
from bot.knowledge.loading import load_knowledge
from bot.settings import ROOT, load_settings

QUESTIONS = 24
WAITS_MS = (0, 200)
PARTS = ("all", "acks", "desks", "overhead", "replies", "memory", "startup")


def machine() -> dict[str, Any]:
    """Where this was measured."""
    cpu = Path("/proc/cpuinfo").read_text(encoding="utf-8").split("model name")[1]
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cpu": cpu.split("\n")[0].strip("\t: "),
        "cores": os.cpu_count(),
        "load_before": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        "command": " ".join(["python -m benchmarks", *sys.argv[1:]]),
    }


def main() -> None:
    """Run the wanted part."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("part", nargs="?", default="all", choices=PARTS)
    parser.add_argument("--conversations", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=20.0, help="of load, for each row")
    parser.add_argument("--sides", default="ours,stock,nlu", help="of ours, stock, nlu (Rasa, our pipeline)")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # a stopped run stops its servers, too
    servers.HOME.mkdir(parents=True, exist_ok=True)
    figures: dict[str, Any] = {"machine": machine()}
    settings = load_settings()
    knowledge = load_knowledge(settings.faq_dir, settings.commune)
    texts = questions(knowledge, QUESTIONS)
    if given.part in {"all", "replies"}:
        rows = []
        for side in given.sides.split(","):
            say(f"{report.SIDES[side]} …")
            if side == "ours":
                server = servers.ours()
            else:
                pipeline = "ours" if side == "nlu" else "stock"
                server = servers.rasa(rasa_assistant.build(pipeline, knowledge, servers.HOME))
            rows += measure.speeds(side, server, texts, WAITS_MS, given.conversations, given.seconds)
            say(report.speeds(measure.as_rows(rows)))
        figures["speeds"] = measure.as_rows(rows)
    for part, run in (
        ("acks_at_most", measure.acks_at_most),
        ("acks_without_rasa", lambda: measure.acks_without_rasa(texts)),
        ("desks", lambda: measure.acks_without_rasa(texts, desks.DESKS)),
        ("overhead", lambda: measure.overhead(texts)),
        ("memory", footprint.memory),
        ("startup", footprint.startup),
    ):
        if given.part == part.split("_", maxsplit=1)[0] or (given.part == "all" and part != "startup"):
            say(f"{part} …")
            figures[part] = run()
    path = servers.HOME / f"{datetime.now(UTC):%Y%m%dT%H%M%S}.json"
    path.write_text(json.dumps(figures, indent=1), encoding="utf-8")
    print(report.markdown(figures))
    say(f"{path.relative_to(ROOT)}")


def say(text: str) -> None:
    """Progress, apart from the result."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
