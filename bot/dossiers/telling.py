"""What a resident reads about a dossier's status: what it means, what to do now, by when. Pure.

The words are ``faq_data/messages/dossier_statuses.yml``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from string import Formatter
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints, model_validator

from bot.clock import VIETNAM
from bot.dossiers.appointments import Due, appointment
from bot.dossiers.records import Dossier
from bot.dossiers.statuses import NAMES, Shade, Status
from bot.hours import Calendar

_LONGEST_NOTE = 300


def _with(*names: str) -> AfterValidator:
    """A text that holds each of ``names`` in braces at most, and nothing else there."""

    def check(text: str) -> str:
        used = {name for _, name, _, _ in Formatter().parse(text) if name is not None}
        if used - set(names):
            raise ValueError(f"chỗ điền không có (cho phép: {', '.join(names) or 'không có'})")
        return text

    return AfterValidator(check)


_Line = Annotated[str, StringConstraints(min_length=1, max_length=400, strip_whitespace=True)]
Plain = Annotated[_Line, _with()]


class _Group(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Meaning(_Group):
    """What a status means and what to do now."""

    means: Plain
    todo: Plain


class ShadeMeaning(Meaning):
    """With a name of its own, where Đồng Nai's nine have none that is exact."""

    name: Plain


class DueWords(_Group):
    """By when."""

    none: Plain
    ahead: Annotated[_Line, _with("day", "days")]
    today: Annotated[_Line, _with("day")]
    overdue: Annotated[_Line, _with("day", "days", "office")]
    just_over: Annotated[_Line, _with("day", "office")]  # no working day has gone by since
    paused: Annotated[_Line, _with("day")]
    finished: Annotated[_Line, _with("day")]


class StatusWords(_Group):
    """Every sentence about statuses."""

    status: Annotated[_Line, _with("name")]
    procedure: Annotated[_Line, _with("procedure")]
    received: Annotated[_Line, _with("day")]
    unknown: Annotated[_Line, _with("text")]
    unknown_empty: Plain
    office: Plain  # where a record names none
    note: Annotated[_Line, _with("note")]
    due: DueWords
    meanings: Mapping[Status, Meaning]
    shades: Mapping[Shade, ShadeMeaning]

    @model_validator(mode="after")
    def _whole(self) -> StatusWords:
        absent = [*(set(Status) - set(self.meanings)), *(set(Shade) - {Shade.NONE} - set(self.shades))]
        if absent:
            raise ValueError(f"thiếu câu cho: {', '.join(sorted(absent))}")
        return self


def status_name(dossier: Dossier, words: StatusWords) -> str:
    """The status as residents and officers read it; the source's own word if it is not known."""
    shade = words.shades.get(dossier.shade)
    if shade:
        return shade.name
    return NAMES[dossier.status] if dossier.status else dossier.status_text


def lines(dossier: Dossier, words: StatusWords, now: datetime, calendar: Calendar | None) -> list[str]:
    """Status, meaning, what to do, by when, the office's note: one line each, without code and procedure.

    :param now: aware.
    :param calendar: the office's working days; None: Monday to Friday but on public holidays.
    """
    told = [*_meaning(dossier, words), *_by_when(dossier, words, now.astimezone(VIETNAM).date(), calendar)]
    if dossier.note:
        told.append(words.note.format(note=_shortened(dossier.note)))
    return told


def _meaning(dossier: Dossier, words: StatusWords) -> list[str]:
    if dossier.status is None:
        text = dossier.status_text
        return [words.unknown.format(text=text) if text else words.unknown_empty]
    meaning = words.shades.get(dossier.shade) or words.meanings[dossier.status]
    return [words.status.format(name=status_name(dossier, words)), meaning.means, meaning.todo]


def _by_when(dossier: Dossier, words: StatusWords, today: date, calendar: Calendar | None) -> list[str]:
    found = appointment(dossier, today, calendar)
    if found.due is Due.ENDED:
        return [words.due.finished.format(day=_day(dossier.finished))] if dossier.finished else []
    if found.day is None:
        return [words.due.none]
    office = dossier.office or words.office
    pattern = {
        Due.AHEAD: words.due.ahead,
        Due.TODAY: words.due.today,
        Due.PAUSED: words.due.paused,
        Due.OVERDUE: words.due.overdue if found.days else words.due.just_over,
    }[found.due]
    return [pattern.format(day=_day(found.day), days=found.days, office=office)]


def _day(day: date | None) -> str:
    return f"{day:%d/%m/%Y}" if day else ""


def _shortened(note: str) -> str:
    return note if len(note) <= _LONGEST_NOTE else note[: _LONGEST_NOTE - 1].rstrip() + "…"
