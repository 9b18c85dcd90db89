"""Approved sentences written to ``faq_data/learned``, for a person to read and commit."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

import yaml

from bot.knowledge.learned import OUTSIDE, Learned
from bot.knowledge.loading import Knowledge
from bot.knowledge.text import slugify
from bot.learning.queue import key_of
from bot.privacy import mask
from bot.understanding.folding import normalise

SHORTEST_WORDS = 2
LONGEST_CHARS = 300
_MASKED = re.compile(r"•+\d*")
_HEADER = "# Do `bot review export` ghi từ các câu đã duyệt trên bàn làm việc; xem lại rồi mới lưu vào kho.\n"


@dataclass(frozen=True, slots=True)
class Approved:
    """A sentence and where it belongs; ``code`` None: out of scope."""

    sentence: str
    code: str | None = None
    aspect: str | None = None


@dataclass(frozen=True, slots=True)
class Exported:
    """How many sentences stand in the files now, and how many were left out and why."""

    written: int
    new: int
    measured: int  # it stands in an evaluation set: learning it would make measuring worthless
    doubtful: int  # assigned to two procedures, or both to one and to out of scope
    unfit: int  # too short or too long once names and numbers are gone, or its procedure is gone


def clean(sentence: str) -> str:
    """The sentence as it may be kept: one line, masked, without what the mask left."""
    bare = _MASKED.sub(" ", mask(normalise(sentence)) or "")
    return " ".join(bare.split()).strip(" -–—•#")


def measured_keys(sets: Path) -> frozenset[str]:
    """Folded forms of every question in the evaluation sets under ``sets``; empty if there are none."""
    found: set[str] = set()
    for path in sorted(sets.glob("*.yml")):
        found |= {key_of(str(item["q"])) for item in yaml.safe_load(path.read_text(encoding="utf-8"))}
    return frozenset(found)


def merge(
    kept: Learned, approved: Iterable[Approved], known: Collection[str], measured: Collection[str]
) -> tuple[list[Approved], Exported]:
    """What the files hold afterwards: what they held, and what is new; each sentence once.

    :param known: codes of procedures; ``measured``: folded sentences that must not be learnt.
    """
    found: dict[str, Approved] = {
        key_of(one.sentence): Approved(one.sentence, one.code, one.aspect) for one in kept.sentences
    }
    found |= {key_of(sentence): Approved(sentence) for sentence in kept.outside}
    before, doubtful, counts = set(found), set[str](), {"measured": 0, "unfit": 0}
    for one in approved:
        sentence = clean(one.sentence)
        key = key_of(sentence)
        fits = len(key.split()) >= SHORTEST_WORDS and len(sentence) <= LONGEST_CHARS
        if not fits or (one.code is not None and one.code not in known):
            counts["unfit"] += 1
        elif key in measured:
            counts["measured"] += 1
        elif key in found and found[key].code != one.code and key not in before:
            doubtful.add(key)
        else:
            found.setdefault(key, Approved(sentence, one.code, one.aspect))
    for key in doubtful:
        del found[key]
    order = sorted(found.items(), key=lambda item: (item[1].code or "", item[1].aspect or "", item[0]))
    new = len(found.keys() - before)
    done = Exported(len(found), new, counts["measured"], len(doubtful), counts["unfit"])
    return [one for _, one in order], done


def write(folder: Path, sentences: Iterable[Approved], knowledge: Knowledge) -> None:
    """One file for each field, and one for what is out of scope; the same input gives the same bytes."""
    files: dict[str, list[dict[str, str]]] = defaultdict(list)
    for one in sentences:
        if one.code is None:
            files[OUTSIDE].append({"sentence": one.sentence})
            continue
        procedure = knowledge.procedures[one.code]
        part = {"aspect": one.aspect} if one.aspect else {}
        files[slugify(procedure.field)].append({"code": one.code, **part, "sentence": one.sentence})
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("*.yml"):
        if path.stem not in files:
            path.unlink()
    for name, entries in files.items():
        body = yaml.safe_dump(entries, allow_unicode=True, sort_keys=False, width=1000)
        (folder / f"{name}.yml").write_text(_HEADER + body, encoding="utf-8")
