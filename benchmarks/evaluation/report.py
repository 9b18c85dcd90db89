"""Tables for the terminal, and a report with the confusions and a picture of the calibration."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.evaluation.scoring import (
    MEASURES,
    Asked,
    calibration_error,
    one_answer,
    reliability,
    share,
    spoken,
    twins_agree,
)
from bot.knowledge.loading import Knowledge

Results = Mapping[str, Sequence[Asked]]
"""By the name of the system."""


def table(results: Results) -> str:
    """One row a measure, one column a system."""
    rows = [
        [name, *(str(share(asked, measure)) for asked in results.values())]
        for name, measure in MEASURES.items()
    ]
    rows.append(["twins answered alike", *(str(twins_agree(asked)) for asked in results.values())])
    for name, which in (("calibration error", one_answer), ("… with those to ask back", lambda asked: asked)):
        errors = (f"{calibration_error(spoken(which(asked))):.3f}" for asked in results.values())
        rows.append([name, *errors])
    rows.append(["one question, ms (p50, p95)", *(_latency(asked) for asked in results.values())])
    return markdown(["", *results], rows)


def _latency(asked: Sequence[Asked]) -> str:
    times = sorted(item.ms for item in asked)
    if not times:
        return "–"
    nlu = statistics.median(item.nlu_ms for item in asked)
    beyond = statistics.median(item.ms - item.nlu_ms for item in asked)
    shown = f"{statistics.median(times):.1f}, {times[int(0.95 * (len(times) - 1))]:.1f}"
    return f"{shown} (NLU {nlu:.1f}, beyond {beyond:.1f})" if nlu else shown


def split(asked: Sequence[Asked]) -> str:
    """With and without diacritics."""
    parts = {
        "all": asked,
        "with diacritics": [item for item in asked if not item.case.plain],
        "without": [item for item in asked if item.case.plain],
    }
    rows = [
        [name, *(str(share(part, measure)) for part in parts.values())] for name, measure in MEASURES.items()
    ]
    return markdown(["", *parts], rows)


def by_field(asked: Sequence[Asked], knowledge: Knowledge) -> str:
    """The right code and the right behaviour in each field of administration."""
    fields: dict[str, list[Asked]] = {}
    for item in asked:
        known = [p for code in sorted(item.case.codes) if (p := knowledge.get(code))]
        fields.setdefault(known[0].field if known else "–", []).append(item)
    rows = [
        [name, str(share(part, MEASURES["top-1 code"])), str(share(part, MEASURES["behaviour"]))]
        for name, part in sorted(fields.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    ]
    return markdown(["field", "top-1 code", "behaviour"], rows)


def confusions(asked: Sequence[Asked], *, with_text: bool) -> str:
    """What was taken for something else; ``with_text`` only for sets of our own."""
    rows = []
    for number, item in enumerate(asked):
        wrong = [
            name
            for name in ("top-1 code", "behaviour", "aspect (one asked for)")
            if MEASURES[name](item) is False
        ]
        if wrong:
            case, reply = item.case, item.reply
            rows.append([
                case.text.replace("|", "/") if with_text else f"no. {number + 1}",
                f"{case.behaviour} {', '.join(sorted(case.codes)[:3])} {', '.join(sorted(case.aspects))}",
                f"{reply.behaviour} {', '.join(reply.codes[:3])} {', '.join(sorted(reply.aspects))}",
                f"{reply.confidence:.2f}",
            ])  # fmt: skip
    return markdown(["question", "expected", "got", "confidence"], rows)


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def draw(curves: Mapping[str, Sequence[Asked]], path: Path) -> None:
    """The reliability plot: of what was said with confidence x, which share was right?"""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(5.2, 5.2), dpi=110)
    axes.plot([0, 1], [0, 1], color="#999999", linewidth=1, linestyle="--")
    for name, asked in curves.items():
        pairs = spoken(one_answer(asked))
        points = reliability(pairs)
        label = f"{name} (ECE {calibration_error(pairs):.3f}, n={len(pairs)})"
        (line,) = axes.plot([x for x, _, _ in points], [y for _, y, _ in points], label=label, linewidth=1)
        sizes = [12 + 4 * n**0.75 for _, _, n in points]
        axes.scatter([x for x, _, _ in points], [y for _, y, _ in points], sizes, color=line.get_color())
        for x, y, n in points:
            axes.annotate(str(n), (x, y), textcoords="offset points", xytext=(4, -10), fontsize=7,
                          color=line.get_color())  # fmt: skip
    axes.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="confidence", ylabel="share right", aspect="equal")
    axes.legend(loc="lower right", fontsize=8)
    figure.tight_layout()
    figure.savefig(path)
    plt.close(figure)
