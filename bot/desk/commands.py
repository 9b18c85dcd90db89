"""`bot officers`: accounts of the desk from the machine itself; how the first administrator is made."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import click
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from bot.clock import VIETNAM, utc_now
from bot.desk import roster
from bot.desk.permissions import ROLE_NAMES, Role
from bot.settings import load_settings
from bot.store.audit import CLI, record
from bot.store.engine import make_engine, reading, writing
from bot.store.models import Officer, Unit

_LOGIN = click.argument("login")


@click.group()
def officers() -> None:
    """Officers who sign in on the desk (/desk)."""


@officers.command("list")
def list_officers() -> None:
    """Show every officer."""
    with reading(_engine()) as session:
        for row, unit in session.execute(select(Officer, Unit.slug).join(Unit).order_by(Officer.login)):
            seen = (
                f"{row.last_seen_at.astimezone(VIETNAM):%H:%M %d/%m/%Y}" if row.last_seen_at else "chưa vào"
            )
            state = "ngừng dùng" if row.disabled_at else seen
            click.echo(f"{row.login}\t{row.name}\t{ROLE_NAMES[Role(row.role)]}\t{unit}\t{state}")


@officers.command("add")
@click.option("--login", prompt="Tên đăng nhập (chữ không dấu, ví dụ nguyen.thi.hoa)")
@click.option("--name", prompt="Họ tên")
@click.option(
    "--role", prompt="Vai trò", type=click.Choice([role.value for role in Role]), default=Role.OFFICER.value
)
@click.option("--unit", default="ubnd", show_default=True, help="Its code, see: bot officers units.")
@click.option("--persona", default="Cán bộ xã", show_default=True, help="What residents read.")
def add_officer(login: str, name: str, role: str, unit: str, persona: str) -> None:
    """Add an officer; prints a one-time password. The first one must be an administrator."""
    engine, issued = _engine(), roster.issue()
    with writing(engine) as session:
        unit_id = session.scalar(select(Unit.id).where(Unit.slug == unit))
        entry = roster.Entry(login.strip().lower(), name.strip(), persona.strip(), role, unit_id or 0)
        if problems := roster.problems_of(session, entry):
            raise click.ClickException("\n".join(problems.values()))
        roster.add(session, entry, issued, CLI, utc_now())
    _tell(entry.login, issued)


@officers.command("disable")
@_LOGIN
def disable_officer(login: str) -> None:
    """Nobody signs in as LOGIN any more, and whoever did is out at once."""
    _change(login, roster.disable)
    click.echo(f"Đã ngừng dùng {login}; mọi thiết bị đã bị đăng xuất.")


@officers.command("enable")
@_LOGIN
def enable_officer(login: str) -> None:
    """LOGIN may sign in again."""
    _change(login, roster.enable)
    click.echo(f"{login} dùng lại được.")


@officers.command("reset")
@_LOGIN
def reset_officer(login: str) -> None:
    """A new one-time password for LOGIN; the second factor is taken off, every session ends."""
    issued = roster.issue()
    _change(login, lambda session, officer, actor, now: roster.reset(session, officer, issued, actor, now))
    _tell(login, issued)


@officers.group("units", invoke_without_command=True)
@click.pass_context
def units(context: click.Context) -> None:
    """Units whose officers answer; without a command: list them."""
    if context.invoked_subcommand is None:
        with reading(_engine()) as session:
            for row in session.scalars(select(Unit).order_by(Unit.id)):
                click.echo(f"{row.slug}\t{row.name}")


@units.command("add")
@click.argument("slug")
@click.argument("name")
def add_unit(slug: str, name: str) -> None:
    """Add a unit, e.g. `bot officers units add cong-an "Công an xã"`."""
    if not (slug.isascii() and slug.replace("-", "").isalnum() and slug == slug.lower() and len(slug) <= 40):
        raise click.BadParameter("chỉ gồm chữ không dấu, số và gạch nối", param_hint="SLUG")
    with writing(_engine()) as session:
        if session.scalar(select(Unit.id).where(Unit.slug == slug)):
            raise click.ClickException(f"đơn vị {slug} có rồi")
        unit = Unit(slug=slug, name=name.strip())
        session.add(unit)
        session.flush()
        record(session, utc_now(), CLI, "unit_added", f"unit:{unit.id}", slug=slug)
    click.echo(f"Đã thêm đơn vị {slug}.")


def nobody_yet(engine: Engine) -> bool:
    """Whether the desk has no officer who could sign in."""
    with reading(engine) as session:
        return not session.scalar(select(func.count()).where(Officer.disabled_at.is_(None)))


def _engine() -> Engine:
    return make_engine(load_settings().sql_url)


def _change(login: str, action: Callable[[Session, Officer, str, datetime], None]) -> None:
    with writing(_engine()) as session:
        officer = session.scalar(select(Officer).where(Officer.login == login.strip().lower()))
        if officer is None:
            raise click.ClickException(f"không có cán bộ {login}; xem: bot officers list")
        action(session, officer, CLI, utc_now())


def _tell(login: str, issued: roster.Issued) -> None:
    click.echo(f"Tên đăng nhập: {login}")
    click.echo(f"Mật khẩu dùng một lần: {issued.password}")
    click.echo("Mật khẩu chỉ hiện lần này; đăng nhập lần đầu tại /desk sẽ phải đặt mật khẩu riêng.")
