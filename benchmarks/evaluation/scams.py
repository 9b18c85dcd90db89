"""How well scams are told from lawful messages: ``bot evaluate --scams FILE``, a part of ``make evaluate``.

A file holds {"text", "label": "scam" | "benign", "kind"?}: a JSON list, JSON lines or YAML. Every text goes
through the assistant as a webhook message would, and beside it through the check alone. Misses are listed in
the report by their number in the file, with their words only if asked for: who reads them begins to tune to
them.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from benchmarks.evaluation.cases import BadFile
from benchmarks.evaluation.rasa import running_rasa
from benchmarks.evaluation.report import markdown
from benchmarks.evaluation.scoring import Share
from benchmarks.evaluation.systems import NOW
from bot.assistant import Assistant, build_assistant
from bot.dialogue.types import DialogueState, Heard
from bot.scams.checking import Checker
from bot.scams.lists import load_lists
from bot.settings import ROOT, Settings, load_settings

OWN_SET = ROOT / "tests" / "scams" / "set.yml"
NO_VERDICT = "none"
"""The level of what was answered as an ordinary message."""
FLAGGED = ("danger", "suspicious")
LEVELS = (*FLAGGED, "clear", NO_VERDICT)
WARM_UP = 3
"""Messages that are judged beforehand and not counted: the first one loads what is loaded late."""


@dataclass(frozen=True, slots=True)
class Message:
    """One text and what it is. ``kind``: of scam, or of lawful message; "" if the file names none."""

    text: str
    scam: bool
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a system made of a text; ``why``: codes of the reasons, if it tells any."""

    level: str
    kind: str | None = None
    why: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Judged:
    """A message with the finding, and the milliseconds that it took."""

    message: Message
    finding: Finding
    ms: float

    @property
    def flagged(self) -> bool:
        """Whether the resident was warned."""
        return self.finding.level in FLAGGED

    @property
    def right(self) -> bool:
        """A scam was warned of, or a lawful message was not."""
        return self.flagged == self.message.scam


Judge = Callable[[str], Finding]
Results = Mapping[str, Sequence[Judged]]
"""By the name of the system."""


def read(path: Path) -> list[Message]:
    """The messages of one file.

    :raises BadFile: if it is none; names the file and the item.
    """
    try:
        text = path.read_text(encoding="utf-8")
        items = _items(text, path.suffix)
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise BadFile(f"{path}: {type(error).__name__}: {error}") from error
    if not isinstance(items, list) or not items:
        raise BadFile(f"{path}: must be a list of messages, and not empty")
    return [_message(item, f"{path}: no. {number}") for number, item in enumerate(items, 1)]


def _items(text: str, suffix: str) -> Any:
    if suffix in (".yml", ".yaml"):
        return yaml.load(text, Loader=yaml.CSafeLoader)
    if suffix == ".jsonl":
        return _lines(text)
    try:
        return json.loads(text)
    except ValueError:
        return _lines(text)


def _lines(text: str) -> list[Any]:
    return [json.loads(line) for line in text.split("\n") if line.strip()]


def _message(item: Any, where: str) -> Message:
    if not isinstance(item, Mapping) or not isinstance(item.get("text"), str):
        raise BadFile(f"{where}: needs a text")
    if item.get("label") not in ("scam", "benign"):
        raise BadFile(f"{where}: label must be scam or benign")
    return Message(item["text"], item["label"] == "scam", str(item.get("kind") or ""))


def judge_all(judge: Judge, messages: Sequence[Message]) -> list[Judged]:
    """Every message by itself, in order."""
    for message in messages[:WARM_UP]:
        judge(message.text)
    judged = []
    for message in messages:
        began = time.perf_counter()
        finding = judge(message.text)
        judged.append(Judged(message, finding, (time.perf_counter() - began) * 1000))
    return judged


def recall(judged: Sequence[Judged]) -> Share:
    """Of the scams, how many were warned of."""
    scams = [item for item in judged if item.message.scam]
    return Share(sum(item.flagged for item in scams), len(scams))


def precision(judged: Sequence[Judged]) -> Share:
    """Of the warnings, how many were on scams."""
    warned = [item for item in judged if item.flagged]
    return Share(sum(item.message.scam for item in warned), len(warned))


def share_of(judged: Sequence[Judged], level: str, *, scam: bool) -> Share:
    """How many of the scams, or of the lawful messages, got that level."""
    concerned = [item for item in judged if item.message.scam is scam]
    return Share(sum(item.finding.level == level for item in concerned), len(concerned))


def kind_right(judged: Sequence[Judged]) -> Share:
    """Of the scams that were warned of and whose kind the file names: how many got that kind."""
    counted = [item for item in judged if item.message.scam and item.flagged and item.message.kind]
    return Share(sum(item.finding.kind == item.message.kind for item in counted), len(counted))


def table(results: Results) -> str:
    """One row a measure, one column a system."""
    rows = [
        ["recall (danger or suspicious)", *(str(recall(judged)) for judged in results.values())],
        ["precision", *(str(precision(judged)) for judged in results.values())],
    ]
    for scam, name in ((True, "scam"), (False, "lawful")):
        rows += [
            [f"{name}: {level}", *(str(share_of(judged, level, scam=scam)) for judged in results.values())]
            for level in LEVELS
        ]
    rows.append(["kind of scam right", *(str(kind_right(judged)) for judged in results.values())])
    rows.append(["one message, ms (p50, p95)", *(_latency(judged) for judged in results.values())])
    return markdown(["", *results], rows)


def _latency(judged: Sequence[Judged]) -> str:
    times = sorted(item.ms for item in judged)
    if not times:
        return "–"
    return f"{statistics.median(times):.1f}, {times[int(0.95 * (len(times) - 1))]:.1f}"


def by_kind(judged: Sequence[Judged]) -> str:
    """Of each kind: how many were judged rightly, and the levels that they got."""
    kinds: dict[tuple[bool, str], list[Judged]] = {}
    for item in judged:
        kinds.setdefault((item.message.scam, item.message.kind or "–"), []).append(item)
    rows = [
        [
            "scam" if scam else "benign",
            kind,
            str(Share(sum(item.right for item in part), len(part))),
            *(str(sum(item.finding.level == level for item in part)) for level in LEVELS),
        ]
        for (scam, kind), part in sorted(kinds.items(), key=lambda pair: (not pair[0][0], pair[0][1]))
    ]
    return markdown(["label", "kind", "right", *LEVELS], rows)


def misses(judged: Sequence[Judged], *, with_text: bool) -> str:
    """Scams that were not warned of, and lawful messages that were."""
    rows = []
    for number, item in enumerate(judged, 1):
        if not item.right:
            message, finding = item.message, item.finding
            text = " ".join(message.text.split()).replace("|", "/") if with_text else ""
            label = "scam" if message.scam else "benign"
            why = ", ".join(finding.why) or "–"
            rows.append([str(number), label, message.kind or "–", finding.level, why, text])
    return markdown(["no.", "label", "kind", "got", "reasons", "text"], rows)


def by_check(checker: Checker) -> Judge:
    """The check alone, by words: what it says of a text that is known to be brought for checking."""

    def judge(text: str) -> Finding:
        found = checker.check(text)
        return Finding(found.level.value, found.kind, tuple(reason.code for reason in found.reasons))

    return judge


def by_assistant(assistant: Assistant) -> Judge:
    """The whole way of a webhook message: the first one of a conversation."""

    def judge(text: str) -> Finding:
        verdict = assistant.turn(DialogueState(), Heard(text=text), NOW).verdict
        return Finding(verdict.level, verdict.kind) if verdict else Finding(NO_VERDICT)

    return judge


def judges(settings: Settings) -> dict[str, Judge]:
    """What is measured, by name: the assistant with Rasa (if settings name one) and without, the check."""
    away = settings.model_copy(update={"rasa_url": ""})
    found = {"as a message": by_assistant(build_assistant(settings))} if settings.rasa_url else {}
    found["as a message, Rasa away"] = by_assistant(build_assistant(away))
    found["the check alone"] = by_check(Checker(load_lists(settings.faq_dir)))
    return found


def measure(
    sets: Mapping[str, Sequence[Message]], systems: Mapping[str, Judge], *, with_text: bool = False
) -> str:
    """The tables of every set, printed; and with kinds and misses, to be written into a report."""
    pages = []
    for set_name, messages in sets.items():
        results = {name: judge_all(judge, messages) for name, judge in systems.items()}
        page = f"## Scams: {set_name}\n\n{table(results)}"
        print("\n" + page)
        for name, judged in results.items():
            page += f"\n{name}: by kind\n\n{by_kind(judged)}"
            page += f"\n{name}: misses\n\n{misses(judged, with_text=with_text)}"
        pages.append(page)
    return "\n".join(pages)


def read_all(files: Sequence[Path]) -> dict[str, list[Message]]:
    """The messages of every file, by its name.

    :raises BadFile: if one of them holds none.
    """
    return {path.name if path != OWN_SET else "our own set": read(path) for path in files}


def files_to_measure(given: Path | None = None) -> list[Path]:
    """Our own set (where it is installed) and the file that was named, or that of SCAMS_FILE."""
    other = given or (Path(named) if (named := os.environ.get("SCAMS_FILE")) else None)
    return [path for path in (OWN_SET if OWN_SET.is_file() else None, other) if path]


def main() -> None:
    """Measure, print the tables, write the report."""
    parser = argparse.ArgumentParser(prog="evaluate --scams", description=__doc__)
    parser.add_argument("file", nargs="?", type=Path)
    parser.add_argument("--texts", action="store_true", help="the words of the misses too, in the report")
    parser.add_argument("--no-rasa", action="store_true", help="only what is measured without Rasa")
    options = parser.parse_args()
    try:
        sets = read_all(files_to_measure(options.file))
    except BadFile as error:
        sys.exit(f"Không đọc được bộ tin nhắn: {error}")
    folder = ROOT / "var" / "evaluation" / f"scams-{datetime.now(UTC):%Y%m%dT%H%M%S}"
    with nullcontext(("", "")) if options.no_rasa else running_rasa() as (url, token):
        settings = load_settings().model_copy(update={"rasa_url": url, "rasa_token": token})
        page = measure(sets, judges(settings), with_text=options.texts)
    folder.mkdir(parents=True)
    head = f"# Scams, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC\n\n"
    (folder / "report.md").write_text(head + page, encoding="utf-8")
    print(f"{folder.relative_to(ROOT)}/report.md")


if __name__ == "__main__":
    main()
