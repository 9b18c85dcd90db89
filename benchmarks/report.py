"""The figures of a run as Markdown."""

from __future__ import annotations

from typing import Any

SIDES = {
    "ours": "this project",
    "stock": "Rasa's channel, stock pipeline",
    "nlu": "Rasa's channel, our pipeline",
}
_COLUMNS = (
    ("replies/s", "replies_per_s", 1), ("p50 ms", "reply_p50_ms", 0), ("p95 ms", "reply_p95_ms", 0),
    ("acks/s", "acks_per_s", 1), ("p50 ms", "ack_p50_ms", 1), ("p99 ms", "ack_p99_ms", 1),
    ("replies", "replies", 0), ("unanswered", "unanswered", 0),
)  # fmt: skip


def markdown(figures: dict[str, Any]) -> str:
    """All that was measured."""
    where = figures["machine"]
    about = f"{where['at']}, {where['cores']} cores, {where['cpu']}, Python {where['python']}"
    parts = [f"{about}, load before {where['load_before']}, `{where['command']}`"]
    if "speeds" in figures:
        parts += [speeds(figures["speeds"]), _ratios(figures["speeds"])]
    for name in ("acks_at_most", "acks_without_rasa", "desks", "overhead", "memory", "startup"):
        if name in figures:
            parts.append(_figures(name.replace("_", " "), figures[name]))
    return "\n\n".join(parts) + "\n"


def speeds(rows: list[dict[str, Any]]) -> str:
    """A row for each side and wait."""
    head = ["side", "Graph answers after", *(title for title, _, _ in _COLUMNS)]
    lines = [_row(head), _row(["---"] * len(head))]
    for row in rows:
        values = [f"{row[key]:.{digits}f}" for _, key, digits in _COLUMNS]
        lines.append(_row([SIDES[row["side"]], f"{row['wait_ms']} ms", *values]))
    return "\n".join(lines)


def _ratios(rows: list[dict[str, Any]]) -> str:
    """How many times as many full replies a second this project gives."""
    rate = {(row["side"], row["wait_ms"]): row["replies_per_s"] for row in rows}
    lines = []
    for (side, wait_ms), theirs in rate.items():
        if side != "ours" and ("ours", wait_ms) in rate:
            times = rate["ours", wait_ms] / theirs
            lines.append(f"- {wait_ms} ms: {times:.1f} times the full replies of {SIDES[side]}")
    return "\n".join(lines)


def _figures(title: str, values: dict[str, float]) -> str:
    return "\n".join([_row([title, *values]), _row(["---"] * (len(values) + 1)),
                      _row(["", *(f"{value:.1f}" for value in values.values())])])  # fmt: skip


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"
