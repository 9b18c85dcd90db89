"""`bot scams`: the lists of the check, remade from their sources."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import click
import yaml

from bot.scams import likeness
from bot.scams.lists import BLOCKLIST, FOLDER, LIKENESS
from bot.scams.text import read, unstyled

EXAMPLES = Path("rasa_project/data/scam_kinds.yml")
ORDINARY = Path("rasa_project/data")
"""Residents' ordinary questions, which Rasa learns its intents from: no scams, except those of ``SCAMS``."""
SCAMS = frozenset(("scam_check", "scam_victim", "scam_message", "emergency"))
PROCEDURES = Path("faq_data/questions")
SCAM_WEIGHT = 2.5
"""Scams are fewer than ordinary messages; a missed one costs more."""
_LICENCE = (
    "# Reported hosts of the ChongLuaDao project (https://chongluadao.vn), from"
    " elliotwutingfeng/ChongLuaDao-Phishing-Blocklist.\n"
    "# BSD-3-Clause, Copyright (c) 2023, Wu Tingfeng: see chongluadao.LICENSE beside this file.\n"
    "# Made by `bot scams blocklist`; not edited. A hit is evidence, a miss proves nothing.\n"
)


@click.group()
def scams() -> None:
    """Các danh sách của phần kiểm tra lừa đảo."""


@scams.command()
@click.argument("source", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--date", required=True, help="Ngày của danh sách, dạng 2025-11-28")
@click.option("--faq", default="faq_data", type=click.Path(path_type=Path), show_default=True)
def blocklist(source: Path, date: str, faq: Path) -> None:
    """Rút gọn danh sách ChongLuaDao (urls.txt) thành danh sách tên miền."""
    hosts = sorted(set(compact(source.read_text(encoding="utf-8").splitlines())))
    path = faq / FOLDER / BLOCKLIST
    path.write_text(f"{_LICENCE}# date: {date}\n" + "".join(f"{h}\n" for h in hosts), encoding="utf-8")
    click.echo(f"{len(hosts)} tên miền trong {path}")


def compact(lines: Iterable[str]) -> Iterator[str]:
    """Whole hosts only: an entry with a path accuses a page, not the store that it is on."""
    for line in lines:
        host = unstyled(line).strip().lower().removeprefix("www.").rstrip(".")
        if host and "/" not in host and "." in host and len(host) <= 253 and not host.startswith("#"):
            yield host


@scams.command()
@click.option("--faq", default="faq_data", type=click.Path(path_type=Path), show_default=True)
def fit(faq: Path) -> None:
    """Tính lại likeness.json từ các ví dụ trong rasa_project/data/scam_kinds.yml."""
    texts, labels, importance = training_set()
    model = likeness.fit(texts, labels, importance)
    kept = {g: w for g, w in model.weights.items() if abs(w) >= 0.02}
    data = {
        "made_by": "bot scams fit",
        "examples": {"scam": sum(labels), "other": len(labels) - sum(labels)},
        "bias": round(model.bias, 3),
        "idf": {g: round(model.idf[g], 2) for g in sorted(kept)},
        "weights": {g: round(kept[g], 2) for g in sorted(kept)},
    }
    path = faq / FOLDER / LIKENESS
    path.write_text(json.dumps(data, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")
    click.echo(f"{data['examples']}, {len(kept)} đặc trưng trong {path}")


def training_set() -> tuple[list[str], list[bool], list[float]]:
    """Folded texts, whether each is a scam, and how much it matters in fitting."""
    texts: list[str] = []
    labels: list[bool] = []
    importance: list[float] = []
    for kind, text in kinds(EXAMPLES):
        texts.append(read(text).full)
        labels.append(kind != "none")
        importance.append(SCAM_WEIGHT if labels[-1] else 1.0)
    for text in _ordinary():
        texts.append(read(text).full)
        labels.append(False)
        importance.append(0.3)
    return texts, labels, importance


def kinds(path: Path) -> Iterator[tuple[str, str]]:
    """Kind and text of each example of a Rasa file whose blocks have ``metadata: {kind: …}``."""
    for block in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]:
        for text in _examples(block):
            yield block["metadata"]["kind"], text


def _ordinary() -> Iterator[str]:
    """Questions to the commune: every third, there are thousands of them."""
    found: list[str] = []
    for path in sorted(ORDINARY.glob("*.yml")):
        for block in yaml.safe_load(path.read_text(encoding="utf-8")).get("nlu", ()):
            if block["intent"] not in SCAMS and "kind" not in block.get("metadata", {}):
                found += _examples(block)
    for path in sorted(PROCEDURES.glob("*.yml")):
        for parts in (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).values():
            for texts in parts.values():
                found += texts
    yield from found[::3]


def _examples(block: dict[str, str]) -> list[str]:
    lines = (line.strip() for line in block["examples"].splitlines())
    return [line.removeprefix("- ") for line in lines if line.startswith("- ")]
