"""The lists that a check reads: ``faq_data/scams/lists/``, loaded once.

``official.yml`` whose sites are whose, ``hosting.yml`` where fakes are put, ``phones.yml``, ``reasons.yml``
weights and sentences, ``signals.yml`` the signs in words, ``chongluadao.txt`` reported hosts,
``likeness.json`` the weights of :mod:`bot.scams.likeness`.
"""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from bot.knowledge.loading import KnowledgeError
from bot.knowledge.yaml_reading import FileProblem, line_of, read, validated
from bot.scams.likeness import Model, empty_model
from bot.scams.signals import Signal, compiled
from bot.scams.types import Reason

FOLDER = Path("scams") / "lists"
BLOCKLIST = "chongluadao.txt"
LIKENESS = "likeness.json"


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Site(_Entry):
    """Somebody's sites: each host with everything below it."""

    name: str = Field(min_length=1)
    hosts: tuple[str, ...]
    names: tuple[str, ...] = ()


class Suffix(_Entry):
    """An ending that only state bodies can register."""

    suffix: str
    name: str


class SiteGroup(_Entry):
    """Sites of one sort, with where they were read and when."""

    what: Literal[
        "bank", "wallet", "government", "utility", "telecom", "delivery", "school_press", "platform"
    ]
    source: str = Field(min_length=1)
    as_of: datetime.date
    sites: tuple[Site, ...]


class Official(_Entry):
    """``official.yml``."""

    suffixes: tuple[Suffix, ...]
    groups: tuple[SiteGroup, ...]


class Hosting(_Entry):
    """``hosting.yml``: words and hosts of links that say something by themselves."""

    source: str
    as_of: datetime.date
    shorteners: frozenset[str]
    free_hosting: frozenset[str]
    forms: frozenset[str]
    chat: frozenset[str]
    stores: frozenset[str]
    files: frozenset[str]
    cheap_endings: frozenset[str]
    remote: tuple[str, ...]
    downloads: frozenset[str]
    gambling: tuple[str, ...]
    actions: tuple[str, ...]


class Number(_Entry):
    """An official number as it is dialled in the country."""

    number: str = Field(pattern=r"^\d{3,11}$")
    name: str


class NumberGroup(_Entry):
    """Numbers of one sort, with their source."""

    what: str
    source: str
    as_of: datetime.date
    numbers: tuple[Number, ...]


class Numbers(_Entry):
    """``phones.yml``."""

    groups: tuple[NumberGroup, ...]
    virtual_codes: frozenset[str]


class Weighed(_Entry):
    """A sign's weight in points and the sentence that explains it."""

    weight: float
    text: str


class SignalEntry(_Entry):
    """One sign in words of ``signals.yml``."""

    weight: float
    text: str = ""
    any: tuple[str, ...] = Field(min_length=1)
    where: Literal["full", "asked"] = "full"
    unless: tuple[str, ...] = ()
    group: str = ""

    @field_validator("any", "unless")
    @classmethod
    def _folded(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in patterns:
            try:
                re.compile(pattern.replace("~", ""))
            except re.error as error:
                raise ValueError(f"mẫu {pattern!r} sai: {error}") from error
        return patterns


@dataclass(frozen=True, slots=True)
class Blocklist:
    """Reported hosts, with the date of the list."""

    hosts: frozenset[str]
    date: str


@dataclass(frozen=True, slots=True)
class Lists:
    """Everything that a check compares with."""

    official: Official
    hosting: Hosting
    numbers: Numbers
    reasons: Mapping[str, Weighed]
    signals: tuple[Signal, ...]
    blocklist: Blocklist
    model: Model

    def reason(self, code: str, **values: str) -> Reason:
        """The sign ``code`` of ``reasons.yml`` with ``values`` in its sentence."""
        weighed = self.reasons[code]
        return Reason(code, weighed.text.format_map(values), weighed.weight)


class _Loader:
    """Collects problems while reading, so that all of them are told at once."""

    def __init__(self, faq_dir: Path) -> None:
        self.faq_dir = faq_dir
        self.problems: list[str] = []

    def raw(self, name: str) -> tuple[str, Any, str]:
        path = self.faq_dir / FOLDER / name
        shown = f"{self.faq_dir.name}/{(FOLDER / name).as_posix()}"
        text, data = read(path, shown)
        return text, data, shown

    def one(self, name: str, model: type[BaseModel]) -> Any:
        try:
            text, data, shown = self.raw(name)
            return validated(model, data, text, shown)
        except FileProblem as problem:
            self.problems += problem.problems

    def each(self, name: str, model: type[BaseModel]) -> dict[str, Any]:
        """A file of named entries."""
        found: dict[str, Any] = {}
        try:
            text, data, shown = self.raw(name)
        except FileProblem as problem:
            self.problems += problem.problems
            return found
        if not isinstance(data, Mapping):
            self.problems.append(f"{shown}:1: phải là một nhóm khóa")
            return found
        for key, entry in data.items():
            try:
                found[str(key)] = validated(model, entry, text, shown, under=(str(key),))
            except FileProblem as problem:
                self.problems += problem.problems
        return found

    def missing(self, name: str, key: str) -> None:
        text, _, shown = self.raw(name)
        self.problems.append(f"{shown}:{line_of(text, ())}: thiếu khóa {key}: thêm vào")


_REASON_TEXT = """
link_known link_listed link_userinfo link_ip link_port link_hidden_host link_mixed link_punycode
link_fake_gov link_state_name link_state_name_vn link_name link_drawn link_slip link_name_vn link_shortener
link_free_hosting link_form link_chat link_file link_cheap link_download link_remote link_gambling
link_action link_hyphens link_redirect link_unknown link_official phone_known phone_spoofed
phone_virtual phone_foreign phone_premium phone_impossible phone_official account likeness
"""
REASONS = frozenset(_REASON_TEXT.split())
"""The signs that the code gives by name."""


def load_lists(faq_dir: Path) -> Lists:
    """The lists below ``faq_dir``.

    :raises KnowledgeError: if anything is missing or broken; all problems at once, with file and line.
    """
    loader = _Loader(faq_dir)
    official = loader.one("official.yml", Official)
    hosting = loader.one("hosting.yml", Hosting)
    numbers = loader.one("phones.yml", Numbers)
    reasons = loader.each("reasons.yml", Weighed)
    entries = loader.each("signals.yml", SignalEntry)
    if reasons:
        for code in sorted(REASONS - reasons.keys()):
            loader.missing("reasons.yml", code)
    try:
        blocklist = read_blocklist(faq_dir / FOLDER / BLOCKLIST)
        model = read_model(faq_dir / FOLDER / LIKENESS)
    except (OSError, ValueError, KeyError) as error:
        loader.problems.append(f"{faq_dir.name}/{FOLDER.as_posix()}:1: không đọc được danh sách ({error})")
    if loader.problems:
        raise KnowledgeError(loader.problems)
    signals = tuple(
        compiled(code, e.weight, e.text, e.any, e.unless, e.where == "asked", e.group or code)
        for code, e in entries.items()
    )
    return Lists(official, hosting, numbers, reasons, signals, blocklist, model)


def read_blocklist(path: Path) -> Blocklist:
    """The compact list: comment lines ("# date: 2025-11-28" among them), then one host a line."""
    lines = path.read_text(encoding="utf-8").splitlines()
    dates = [line.partition(":")[2].strip() for line in lines if line.startswith("# date:")]
    return Blocklist(
        frozenset(line for line in lines if line and not line.startswith("#")), dates[0] if dates else "?"
    )


def read_model(path: Path) -> Model:
    """The weights of the likeness; none if they were not fitted yet."""
    if not path.exists():
        return empty_model()
    data = json.loads(path.read_text(encoding="utf-8"))
    return Model(data["bias"], data["idf"], data["weights"])
