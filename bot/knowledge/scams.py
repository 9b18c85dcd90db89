"""Kinds of scams as residents may ask about them: ``faq_data/scams``, one file per kind.

``channels/channels.yml`` holds where to report, once for all kinds; a kind's file names the channels by
their ids. The lists that the check of a message uses (``lists/``) are none of this module's business.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import Field, StringConstraints

from bot.knowledge.model import Frozen, Month, Text
from bot.knowledge.yaml_reading import FileProblem, line_of, read, validated

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{1,30}$")]
"""The name of a kind: of its file, in button payloads and in ``Analysis.kind``."""
Button = Annotated[str, StringConstraints(min_length=1, max_length=20, strip_whitespace=True)]
"""What a button says: Messenger cuts titles at 20 characters."""
Line = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
"""One line of a list on a phone."""
Example = Annotated[str, StringConstraints(min_length=20, max_length=500, strip_whitespace=True)]
Group = Literal["co-quan", "mao-danh", "tai-khoan", "tien-va-viec", "mua-ban", "tinh-cam"]
"""Heading of the overview: the state or others imitated, accounts taken, money and work, trade, feelings."""


class Channel(Frozen):
    """Where to report. ``text`` is the whole line that a resident reads."""

    text: Text
    source: Text
    as_of: Month


class Scam(Frozen):
    """One kind of scam.

    ``slug`` is the file's name. ``number``: of the list of 24 forms that the Authority of Information
    Security published in 6/2023; None for what was warned of later. ``aliases``: how people name it (each
    leads to this kind alone). ``example``: written by the project, with invented names and addresses.
    ``report``: the lines of the channels. ``disagreement``: where sources differ, as a sentence to be told.
    """

    slug: Slug
    number: Annotated[int, Field(ge=1, le=24)] | None
    name: Text
    button: Button
    group: Group
    aliases: tuple[Text, ...] = Field(min_length=2)
    signs: tuple[Line, ...] = Field(min_length=2, max_length=6)
    example: Example
    what_to_do: tuple[Line, ...] = Field(min_length=2, max_length=6)
    report: tuple[Text, ...] = Field(min_length=1)
    sources: tuple[Text, ...] = Field(min_length=1)
    as_of: Month
    disagreement: Text | None = None

    def __hash__(self) -> int:
        """By the slug alone: slugs are the names of files."""
        return hash(self.slug)


def read_scams(faq_dir: Path, problems: list[str]) -> dict[str, Scam]:
    """Every kind by its slug, group after group; what is wrong goes to ``problems`` with file and line."""
    folder = faq_dir / "scams"
    if not folder.is_dir():
        return {}
    channels = _channels(folder / "channels" / "channels.yml", faq_dir, problems)
    found: dict[str, Scam] = {}
    texts: dict[str, str] = {}
    for path in sorted(folder.glob("*.yml")):
        shown = _shown(path, faq_dir)
        try:
            text, data = read(path, shown)
            found[path.stem] = _scam(data, text, shown, path.stem, channels)
            texts[path.stem] = text
        except FileProblem as problem:
            problems += problem.problems
    for slug, where, what in _clashes(found):
        problems.append(f"{faq_dir.name}/scams/{slug}.yml:{line_of(texts[slug], where)}: {what}")
    order = get_args(Group)
    return dict(sorted(found.items(), key=lambda item: (order.index(item[1].group), item[0])))


def _shown(path: Path, faq_dir: Path) -> str:
    return f"{faq_dir.name}/{path.relative_to(faq_dir).as_posix()}"


def _channels(path: Path, faq_dir: Path, problems: list[str]) -> dict[str, Channel]:
    shown = _shown(path, faq_dir)
    found: dict[str, Channel] = {}
    try:
        text, data = read(path, shown)
        if not isinstance(data, Mapping):
            raise FileProblem([f"{shown}:1: phải là các nơi báo, mỗi nơi một nhóm khóa"])
    except FileProblem as problem:
        problems += problem.problems
        return found
    for name, entry in data.items():
        try:
            found[str(name)] = validated(Channel, entry, text, shown, under=(str(name),))
        except FileProblem as problem:
            problems += problem.problems
    return found


def _scam(data: Any, text: str, shown: str, slug: str, channels: Mapping[str, Channel]) -> Scam:
    """One file as a :class:`Scam`, its channels' ids replaced by their lines.

    :raises FileProblem: naming every problem with its line.
    """
    if isinstance(data, Mapping) and "slug" in data:
        raise FileProblem([f"{shown}:{line_of(text, ('slug',))}: slug: lấy theo tên tệp, xóa dòng này"])
    scam = validated(Scam, data, text, shown, slug=slug)
    unknown = [
        f"{shown}:{line_of(text, ('report', place))}: report: không có nơi báo {name!r}"
        f" (cho phép: {', '.join(channels)})"
        for place, name in enumerate(scam.report)
        if name not in channels
    ]
    if unknown:
        raise FileProblem(unknown)
    return scam.model_copy(update={"report": tuple(channels[name].text for name in scam.report)})


def _clashes(scams: Mapping[str, Scam]) -> Iterator[tuple[str, tuple[int | str, ...], str]]:
    """What two files may not share: the slug, where in it, and what is wrong."""
    numbers: dict[int, str] = {}
    buttons: dict[str, str] = {}
    aliases: dict[str, str] = {}
    for slug, scam in scams.items():
        if scam.number is not None and numbers.setdefault(scam.number, slug) != slug:
            yield slug, ("number",), f"số {scam.number} đã có ở {numbers[scam.number]}.yml: sửa một nơi"
        if buttons.setdefault(scam.button.casefold(), slug) != slug:
            yield (
                slug,
                ("button",),
                f"nút {scam.button!r} đã có ở {buttons[scam.button.casefold()]}.yml: đổi nút",
            )
        for place, alias in enumerate(scam.aliases):
            first = aliases.setdefault(alias.casefold(), slug)
            if first != slug:
                yield slug, ("aliases", place), f"tên {alias!r} đã có ở {first}.yml: giữ ở một nơi"
