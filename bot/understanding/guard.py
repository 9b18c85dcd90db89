"""Whether a newly trained model may take the place of the one that serves.

Both are measured with the present knowledge and code on the project's own set; totals only. Why the
tolerances are what they are stands in docs/decisions/0008-learning-loop.md.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

SAME_INTENTS = 0.5
"""Percentage points that the new model may be worse by when both know the same procedures: two questions
of 400, so that one that falls on the other side of a threshold decides nothing."""
OTHER_INTENTS = 3.0
"""When procedures came or went: the old model can't name them, so staying with it costs more than some
questions of the set; a training that went wrong loses far more."""
TIMEOUT_S = 600
NAMES = {"top1": "đúng thủ tục", "behaviour": "đúng cách trả lời"}

Totals = Mapping[str, tuple[int, int]]
"""(right, asked) by measure; the measures are the keys of :data:`NAMES`."""


class GuardError(Exception):
    """The models can't be measured; the message is what was said last."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """``good``: the new model may serve. ``figures``: both models' in words."""

    good: bool
    figures: str


def judge(new: Totals, old: Totals, *, same_intents: bool) -> Verdict:
    """The verdict: no measure may be worse by more than the tolerance."""
    tolerance = SAME_INTENTS if same_intents else OTHER_INTENTS
    good = all(percent(new[name]) >= percent(old[name]) - tolerance for name in NAMES)
    figures = "; ".join(
        f"{label}: mô hình mới {_shown(new[name])}, đang dùng {_shown(old[name])}"
        for name, label in NAMES.items()
    )
    return Verdict(good, figures)


def percent(total: tuple[int, int]) -> float:
    """Of none asked: 100."""
    right, asked = total
    return 100 * right / asked if asked else 100.0


def can_measure(root: Path) -> bool:
    """Whether the set and the code that measures are there: an installation may leave them out."""
    return (root / "tests/understanding/sets/fit.yml").is_file() and (root / "benchmarks").is_dir()


def compare(root: Path, new: Path, old: Path) -> Verdict:
    """Measure both models of ``root/rasa_project``.

    :raises GuardError: if that fails.
    """
    command = [sys.executable, "-m", "benchmarks.evaluation.guard", str(new.resolve()), str(old.resolve())]
    try:
        done = subprocess.run(
            command, cwd=root, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise GuardError(f"Đo quá {TIMEOUT_S // 60} phút.") from error
    lines = done.stdout.splitlines()
    if done.returncode or len(lines) != 2:
        raise GuardError("\n".join(done.stderr.strip().splitlines()[-5:]))
    of_new, of_old = (json.loads(line) for line in lines)
    return judge(of_new, of_old, same_intents=intents_of(new) == intents_of(old))


def intents_of(model: Path) -> frozenset[str]:
    """The intents that a trained model knows."""
    with tarfile.open(model) as archive:
        for member in archive:
            if Path(member.name).name == "names.json" and (file := archive.extractfile(member)):
                return frozenset(json.load(file)["labels"])
    raise GuardError(f"{model.name} không phải mô hình của trợ lý.")


def _shown(total: tuple[int, int]) -> str:
    return f"{percent(total):.1f} % ({total[0]}/{total[1]})".replace(".", ",", 1)
