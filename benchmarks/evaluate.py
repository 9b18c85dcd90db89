"""``make evaluate``: how well messages are understood, through the code that a webhook message takes.

Usage: ``evaluate.py [FILE] [--rasa-url URL]``; FILE (or the environment variable EVAL_FILE) is a list of
``{"id", "dialogue", "turn", "q", "expect_behaviour", "fields", "expect_codes", "no_diacritics"}``.
Only figures are printed, never a question. Without FILE the project's own ``rasa_project/tests/nlu.yml``.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from bot.knowledge.loading import Knowledge, load_knowledge
from bot.settings import ROOT, load_settings
from bot.supervisor.stack import Stack
from bot.understanding.deciding import Thresholds
from bot.understanding.folding import fold, normalise
from bot.understanding.names import code_of
from bot.understanding.types import Aspect, Band, Skill, Understanding
from bot.understanding.understander import FOLLOW_UP, INTENT_SKILLS, Understander, build_understander

ASPECT_NAMES = {"legal_basis": "law"}
"""Names of aspects in evaluation files, where they differ from ours."""


@dataclass(frozen=True, slots=True)
class Case:
    """One question. ``codes`` empty: nothing should be answered, or ``skill`` is meant."""

    text: str
    codes: tuple[str, ...]
    aspects: tuple[str, ...]
    behaviour: str
    dialogue: str | None
    plain: bool  # written without diacritics
    skill: tuple[str, str] | None = None
    follow_up: bool = False


@dataclass(slots=True)
class Tally:
    """Counts of right answers by measure."""

    right: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    all: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def add(self, measure: str, ok: bool) -> None:
        self.all[measure] += 1
        self.right[measure] += ok

    def share(self, measure: str) -> str:
        n = self.all[measure]
        return f"{100 * self.right[measure] / n:6.1f} % of {n:4d}" if n else "      –         "


def read_json(path: Path) -> list[Case]:
    return [
        Case(
            text=item["q"],
            codes=tuple(item["expect_codes"] or ()),
            aspects=tuple(ASPECT_NAMES.get(name, name) for name in item["fields"] or ()),
            behaviour=item["expect_behaviour"],
            dialogue=item.get("dialogue"),
            plain=fold(item["q"]) == item["q"].casefold(),
        )
        for item in json.loads(path.read_text(encoding="utf-8"))
    ]


def read_nlu(path: Path) -> list[Case]:
    """Rasa test data; each question once as written and once without diacritics."""
    cases = []
    for block in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]:
        code = code_of(block["intent"])
        aspects = tuple((block.get("metadata") or {}).get("aspects", ()))
        skill = INTENT_SKILLS.get(block["intent"])
        for line in block["examples"].splitlines():
            written = line.removeprefix("- ").strip()
            for text, plain in ((written, False), (fold(normalise(written)), True)):
                cases.append(
                    Case(
                        text,
                        (code,) if code else (),
                        aspects,
                        "answer" if code else "other",
                        None,
                        plain,
                        (skill[0].value, skill[1]) if skill else None,
                        block["intent"] == FOLLOW_UP,
                    )
                )
    return cases


def read_vague(path: Path) -> list[Case]:
    """Messages that call for a question."""
    texts = yaml.safe_load(path.read_text(encoding="utf-8"))
    return [Case(text, (), (), "clarify", None, False) for text in texts]


def behaviour_of(heard: Understanding) -> str:
    """What the dialogue would do, as far as understanding decides it."""
    if heard.skill is not Skill.PROCEDURE:
        return "apologize" if heard.skill is Skill.NONE else "other"
    return "answer" if heard.band is Band.SURE else "clarify"


def measure(
    understander: Understander, cases: Iterable[Case], known: Mapping[str, Any]
) -> tuple[dict[str, Tally], list[float]]:
    tallies = {"all": Tally(), "with diacritics": Tally(), "without": Tally()}
    times: list[float] = []
    topics: dict[str, str] = {}
    for case in cases:
        topic = topics.get(case.dialogue) if case.dialogue else None
        started = time.perf_counter()
        heard = understander.understand(case.text, topic)
        times.append((time.perf_counter() - started) * 1000)
        ranked = [candidate.code for candidate in heard.candidates]
        if case.dialogue and ranked:
            topics[case.dialogue] = ranked[0]
        for tally in (tallies["all"], tallies["without" if case.plain else "with diacritics"]):
            score(tally, case, heard, ranked, known)
    return tallies, times


def score(
    tally: Tally, case: Case, heard: Understanding, ranked: Sequence[str], known: Mapping[str, Any]
) -> None:
    expected = {code for code in case.codes if code in known}
    if expected:
        tally.add("top-1 code", bool(ranked) and ranked[0] in expected)
        tally.add("top-3 code", bool(expected & set(ranked[:3])))
        if heard.skill is Skill.PROCEDURE and heard.band is Band.SURE:
            tally.add("right when sure", ranked[0] in expected)
    if case.skill:
        tally.add("skill and topic", (heard.skill.value, heard.topic) == case.skill)
    if case.follow_up:
        tally.add("follow-up", heard.follow_up)
    if case.behaviour != "other":
        tally.add("behaviour", behaviour_of(heard) == case.behaviour)
        tally.add(f"behaviour: {case.behaviour}", behaviour_of(heard) == case.behaviour)
    wanted = {aspect for aspect in case.aspects if aspect in {a.value for a in Aspect}}
    if wanted:
        # A procedure that is named without an aspect is answered with its documents.
        got = {aspect.value for aspect in heard.aspects or (Aspect.DOCUMENTS,)}
        tally.add("aspect, one of them", bool(wanted & got))
        tally.add("aspect, exactly", wanted == got)


def show(title: str, tallies: Mapping[str, Tally], times: Sequence[float]) -> None:
    print(f"\n{title}")
    print(f"{'':24}" + "".join(f"{name:>20}" for name in tallies))
    for name in sorted(tallies["all"].all):
        print(f"{name:24}" + "".join(f"{tally.share(name):>20}" for tally in tallies.values()))
    ordered = sorted(times)
    p95 = ordered[int(0.95 * (len(ordered) - 1))]
    print(f"one question, Rasa included: p50 {statistics.median(ordered):.1f} ms, p95 {p95:.1f} ms")


def sources(file: str | None) -> list[tuple[str, list[Case]]]:
    own = ROOT / "rasa_project" / "tests" / "nlu.yml"
    vague = ROOT / "benchmarks" / "vague.yml"
    listed = [("the project's own test questions", read_nlu(own)), ("vague messages", read_vague(vague))]
    return [*listed, (Path(file).name, read_json(Path(file)))] if file else listed


def known_codes(knowledge: Knowledge) -> Mapping[str, Any]:
    return {p.code: p for p in knowledge.served()}


@contextmanager
def rasa(url: str | None, token: str) -> Iterator[tuple[str, str]]:
    """The Rasa server at ``url``, or one of our own for as long as this takes: its URL and token."""
    if url:
        yield url, token
        return
    with tempfile.TemporaryDirectory(prefix="evaluate-") as folder, Stack(Path(folder), ("rasa",)) as stack:
        yield stack.env["RASA_URL"], stack.env.get("RASA_TOKEN", "")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", nargs="?", default=os.environ.get("EVAL_FILE"))
    parser.add_argument("--rasa-url", help="a running server; else one is started")
    options = parser.parse_args()
    settings = load_settings()
    knowledge = load_knowledge(settings.faq_dir, settings.commune)
    thresholds = Thresholds(sure=settings.band_sure, unsure=settings.band_unsure)
    given = options.rasa_url or (str(settings.rasa_url) if settings.rasa_url else None)
    with rasa(given, settings.rasa_token) as (url, token):
        systems = (
            ("Rasa and matcher", build_understander(url, knowledge, thresholds, token)),
            ("matcher alone (Rasa away)", build_understander(None, knowledge, thresholds)),
        )
        for what, cases in sources(options.file):
            for name, understander in systems:
                show(f"{what}: {name}", *measure(understander, cases, known_codes(knowledge)))


if __name__ == "__main__":
    main()
