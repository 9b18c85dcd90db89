"""``make evaluate``: how well messages are understood, through the code that a webhook message takes.

Usage: ``python -m benchmarks.evaluation [FILE]``; FILE (or EVAL_FILE) has the form of dev_questions.json or
of tests/understanding/sets. Measured beside our own sets; of FILE no question is ever printed.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.evaluation import cases as reading
from benchmarks.evaluation import report, scams
from benchmarks.evaluation.cases import BadFile, Case
from benchmarks.evaluation.rasa import running_rasa
from benchmarks.evaluation.scoring import Asked
from benchmarks.evaluation.stock import stock_server
from benchmarks.evaluation.systems import Includes, Ours, Rapidfuzz, RasaStock, System, TimedClient
from bot.knowledge.loading import load_knowledge
from bot.settings import ROOT, load_settings
from bot.understanding.deciding import Thresholds

OURS = "Trợ lý xã"
FITTED_ON = ("fit", "vague", "asking", "rasa_project/tests/nlu.yml")
"""Sets that ``make fit`` learns from: the calibration on them proves nothing, so they are not drawn."""

UNREAD = ("held_out", "asking_check")
"""Sets of which no question is printed."""


def main() -> None:
    """Measure, print the tables, write the report."""
    parser = argparse.ArgumentParser(prog="evaluate", description=__doc__)
    parser.add_argument("file", nargs="?", default=os.environ.get("EVAL_FILE"), type=Path)
    parser.add_argument("--quick", action="store_true", help="ours alone, without the baselines")
    options = parser.parse_args()
    settings = load_settings()
    knowledge = load_knowledge(settings.faq_dir, settings.commune)
    known = frozenset(p.code for p in knowledge.served())
    sets = _sets(options.file)
    messages = _messages()
    limits = Thresholds(sure=settings.band_sure, unsure=settings.band_unsure)
    folder = ROOT / "var" / "evaluation" / datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    folder.mkdir(parents=True)
    pages, curves = [f"# Understanding, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC\n"], {}
    with ExitStack() as stack:
        url, token = stack.enter_context(running_rasa())
        systems: list[System] = [
            Ours(OURS, knowledge, TimedClient(url, token), limits),
        ]
        if not options.quick:
            systems += [
                Ours("matcher alone (Rasa away)", knowledge, None, limits),
                RasaStock(stack.enter_context(stock_server(knowledge))),
                Rapidfuzz(knowledge),
                Includes(knowledge),
            ]
        for name, (questions, shown) in sets.items():
            counted = reading.counted(questions, known)
            results = {system.name: _run(system, counted) for system in systems}
            page = f"## {name}\n\n{report.table(results)}"
            print("\n" + page)
            mine = results[OURS]
            if name not in FITTED_ON:
                curves[name] = mine
            page += f"\n{OURS}, with and without diacritics\n\n{report.split(mine)}"
            page += f"\nBy field\n\n{report.by_field(mine, knowledge)}"
            page += f"\nConfusions\n\n{report.confusions(mine, with_text=shown)}"
            pages.append(page)
        running = settings.model_copy(update={"rasa_url": url, "rasa_token": token})
        pages.append(scams.measure(messages, scams.judges(running)))
    report.draw(curves, folder / "reliability.png")
    (folder / "report.md").write_text(
        "\n".join([*pages, "![reliability](reliability.png)\n"]), encoding="utf-8"
    )
    print(f"{folder.relative_to(ROOT)}/report.md")


def _messages() -> dict[str, list[scams.Message]]:
    """Messages to measure the check of scams with, by name: our own, and those of SCAMS_FILE."""
    try:
        return scams.read_all(scams.files_to_measure())
    except BadFile as error:
        sys.exit(f"Không đọc được bộ tin nhắn: {error}")


def _sets(file: Path | None) -> dict[str, tuple[list[Case], bool]]:
    """By name: the questions, and whether they may be printed."""
    # The words of the held-out set are printed nowhere: who reads them begins to tune to them.
    named = [(path.stem, path, path.stem not in UNREAD) for path in sorted(reading.OWN_SETS.glob("*.yml"))]
    named.append(("rasa_project/tests/nlu.yml", ROOT / "rasa_project" / "tests" / "nlu.yml", True))
    if file:
        named.append((file.name, file, False))
    try:
        return {name: (reading.read(path), shown) for name, path, shown in named}
    except BadFile as error:
        sys.exit(f"Không đọc được bộ câu hỏi: {error}")


def _run(system: System, cases: Sequence[Case]) -> list[Asked]:
    """Every question in order; a conversation lasts as long as its name."""
    found, dialogue = [], None
    for case in cases:
        if case.dialogue is None or case.dialogue != dialogue:
            system.start()
        dialogue = case.dialogue
        began = time.perf_counter()
        reply = system.ask(case.text)
        ms = (time.perf_counter() - began) * 1000
        client = getattr(system, "client", None)
        found.append(Asked(case, reply, ms, client.last_ms if client else 0.0))
    return found


if __name__ == "__main__":
    main()
