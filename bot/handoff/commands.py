"""`bot hours`: when officers work, as the desk and the assistant count it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from itertools import pairwise

import click
from sqlalchemy import Engine, select

from bot.clock import VIETNAM, utc_now
from bot.handoff.hours_store import read_calendar, remove_day, set_day, set_week
from bot.hours import Periods, public_holiday
from bot.settings import SettingsError, load_settings
from bot.store.audit import CLI
from bot.store.engine import make_engine, reading, writing
from bot.store.models import Unit

DAYS = {"t2": 0, "t3": 1, "t4": 2, "t5": 3, "t6": 4, "t7": 5, "cn": 6}
_PERIOD = re.compile(r"(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})")
CLOSED = "nghỉ"
DAY_MINUTES = 24 * 60


class BadHours(ValueError):
    """What was typed are no hours; the message says why, in Vietnamese."""


def parse_days(text: str) -> list[int]:
    """Weekdays of "t2-t6" or "t7" or "t2,t4"; 0 is Monday.

    :raises BadHours: if it is none.
    """
    found: list[int] = []
    for part in text.lower().split(","):
        first, dash, last = part.strip().partition("-")
        if first not in DAYS or (dash and last not in DAYS) or (dash and DAYS[last] < DAYS[first]):
            raise BadHours(f"không hiểu ngày «{part}»; ví dụ: t2-t6, t7, cn")
        found += range(DAYS[first], DAYS[last if dash else first] + 1)
    return found


def parse_periods(texts: Iterable[str]) -> Periods:
    """Periods of "07:30-11:30", in order and apart from each other; none for "nghỉ".

    :raises BadHours: if one is no period, is empty or runs into the next.
    """
    given = [text.strip() for text in texts if text.strip()]
    if given in ([], [CLOSED]):
        return ()
    periods = []
    for text in given:
        match = _PERIOD.fullmatch(text)
        if match is None:
            raise BadHours(f"không hiểu giờ «{text}»; ví dụ: 07:30-11:30")
        a, b, c, d = (int(part) for part in match.groups())
        opens, closes = a * 60 + b, c * 60 + d
        if b > 59 or d > 59 or not opens < closes <= DAY_MINUTES:
            raise BadHours(f"giờ «{text}» không hợp lệ")
        periods.append((opens, closes))
    periods.sort()
    if any(later[0] < earlier[1] for earlier, later in pairwise(periods)):
        raise BadHours("các buổi chồng lên nhau")
    return tuple(periods)


def shown(periods: Periods) -> str:
    """ "07:30-11:30 13:00-17:00", or "nghỉ"."""
    return " ".join(f"{_clock(a)}-{_clock(b)}" for a, b in periods) or CLOSED


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


@click.group()
def hours() -> None:
    """Working hours: show them, set weekdays, set exceptional days."""


_unit_option = click.option("--unit", "slug", default="ubnd", help="Slug of the unit.")


@hours.command()
@_unit_option
def show(slug: str) -> None:
    """The week, exceptional days from today on, public holidays of the coming months."""
    engine = _engine()
    unit_id = _unit_id(engine, slug)
    with reading(engine) as session:
        calendar = read_calendar(session, unit_id)
    if not calendar.known:
        click.echo("Chưa cập nhật giờ làm việc (bot hours set t2-t6 07:30-11:30 13:00-17:00).")
    for name, weekday in DAYS.items():
        click.echo(f"{name}\t{shown(calendar.weekly.get(weekday, ()))}")
    today = utc_now().astimezone(VIETNAM).date()
    for day in sorted(d for d in calendar.exceptional if d >= today):
        click.echo(f"{day.isoformat()}\t{shown(calendar.exceptional[day])}")
    for offset in range(120):
        day = date.fromordinal(today.toordinal() + offset)
        if (holiday := public_holiday(day)) and day not in calendar.exceptional:
            click.echo(f"{day.isoformat()}\t{CLOSED}: {holiday}")


@hours.command("set")
@click.argument("days")
@click.argument("periods", nargs=-1, required=True)
@_unit_option
def set_command(days: str, periods: tuple[str, ...], slug: str) -> None:
    """DAYS as t2-t6, t7, cn; PERIODS as 07:30-11:30 13:00-17:00, or nghỉ."""
    engine = _engine()
    unit_id = _unit_id(engine, slug)
    try:
        chosen, given = parse_days(days), parse_periods(periods)
    except BadHours as error:
        raise click.ClickException(str(error)) from error
    with writing(engine) as session:
        set_week(session, unit_id, dict.fromkeys(chosen, given), CLI, utc_now())
    click.echo(f"{days}\t{shown(given)}")


@hours.command("except")
@click.argument("day")
@click.argument("periods", nargs=-1)
@click.option("--reason", default="", help="Why, for colleagues.")
@click.option("--remove", is_flag=True, help="The day is like its weekday again.")
@_unit_option
def except_command(day: str, periods: tuple[str, ...], reason: str, remove: bool, slug: str) -> None:
    """DAY as 2026-08-22; PERIODS as in `set`; without them the day is closed."""
    engine = _engine()
    unit_id = _unit_id(engine, slug)
    try:
        which = date.fromisoformat(day)
        given = None if remove else parse_periods(periods)
    except BadHours as error:
        raise click.ClickException(str(error)) from error
    except ValueError as error:
        raise click.ClickException(f"không hiểu ngày «{day}»; ví dụ: 2026-08-22") from error
    with writing(engine) as session:
        if given is None:
            remove_day(session, unit_id, which, CLI, utc_now())
        else:
            set_day(session, unit_id, which, given, reason, CLI, utc_now())
    click.echo(f"{day}\t{'như ngày thường' if given is None else shown(given)}")


def _engine() -> Engine:
    try:
        return make_engine(load_settings().sql_url, pool_size=1)
    except SettingsError as error:
        raise click.ClickException(f"Cài đặt chưa đúng:\n{error}") from error


def _unit_id(engine: Engine, slug: str) -> int:
    with reading(engine) as session:
        found = session.scalar(select(Unit.id).where(Unit.slug == slug))
    if found is None:
        raise click.ClickException(f"không có đơn vị «{slug}»")
    return found
