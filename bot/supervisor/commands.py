"""`bot run`: everything on one machine, until Ctrl-C. `bot migrate`: the database alone."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from sqlalchemy.exc import SQLAlchemyError

from bot.desk.commands import nobody_yet
from bot.settings import SettingsError, load_settings
from bot.store.engine import make_engine
from bot.store.migrate import upgrade
from bot.supervisor import state as states
from bot.supervisor.console import Console
from bot.supervisor.runner import Supervisor
from bot.supervisor.service import SupervisorError
from bot.supervisor.services import NAMES, Plan, describe, empty_folder, make_plan, parse_only, reachable

NEEDS = {"worker": ("redis",), "web": ("redis",)}


@click.command()
@click.option("--only", default="", help=f"Services to run, with commas between them: {','.join(NAMES)}.")
@click.option("--parent", type=int, help="Pid of the process that starts this one: stop when it ends.")
@click.option("--quiet", is_flag=True, help="Say nothing on the terminal; var/log/supervisor.log has it.")
def run(only: str, parent: int | None, quiet: bool) -> None:
    """Start Redis, Rasa, the web process, the worker and the sandbox, and keep them running."""
    try:
        settings = load_settings()
    except SettingsError as error:
        raise click.ClickException(f"Cài đặt chưa đúng:\n{error}") from error
    var_dir = settings.var_dir.resolve()
    lock = states.take_lock(var_dir)
    if lock is None:
        raise click.ClickException(_already_running(var_dir))
    with lock:
        console = Console(var_dir / "log" / "supervisor.log", quiet)
        try:
            plan = make_plan(settings, parse_only(only), lambda url: _migrate(url, console))
            _supervise(plan, console, parent)
        except SupervisorError as error:
            console.say(f"Không chạy được.\n{error}")
            states.write_state(var_dir, states.State(pid=0, status=states.FAILED, error=str(error)))
            sys.exit(1)
        finally:
            console.close()


@click.command()
def migrate() -> None:
    """Bring the database to the shape that this version expects (`bot run` does it by itself)."""
    try:
        upgrade(load_settings().sql_url)
    except SettingsError as error:
        raise click.ClickException(f"Cài đặt chưa đúng:\n{error}") from error
    except SQLAlchemyError as error:
        raise click.ClickException(f"Cơ sở dữ liệu (DATABASE_URL) không dùng được: {error}") from error


def _supervise(plan: Plan, console: Console, parent: int | None) -> None:
    empty_folder(plan.metrics_dir)
    fixed = describe(plan)
    var_dir = plan.settings.var_dir

    def publish(children: dict[str, states.ChildState], status: str, error: str) -> None:
        fixed.services, fixed.status, fixed.error = children, status, error
        states.write_state(var_dir, fixed)

    supervisor = Supervisor(plan.services, NEEDS, console, publish)
    if parent is not None:
        supervisor.follow(parent)
    try:
        supervisor.run(lambda: _announce(plan, console))
    finally:
        if fixed.status != states.FAILED:
            states.state_path(var_dir).unlink(missing_ok=True)


def _migrate(sql_url: str, console: Console) -> None:
    console.say("Nâng cấp cơ sở dữ liệu …")
    try:
        upgrade(sql_url)
    except SQLAlchemyError as error:
        raise SupervisorError(f"Cơ sở dữ liệu (DATABASE_URL) không dùng được: {error}") from error


def _announce(plan: Plan, console: Console) -> None:
    """The addresses, when all is ready."""
    settings = plan.settings
    names = {service.name for service in plan.services}
    web = f"http://{reachable(settings.host)}:{settings.port}"
    lines = [f"Sẵn sàng sau {console.elapsed():.0f} giây."]
    if "web" in names:
        lines.append(f"  Trò chuyện trên web   {web}/chat")
    if "sandbox" in names:
        lines.append(f"  Điện thoại chạy thử   http://127.0.0.1:{settings.sandbox_port}/")
    if "web" in names:
        lines += [
            f"  Webhook Zalo          {web}/webhooks/zalo",
            f"  Webhook Facebook      {web}/webhooks/facebook",
            f"  Tình trạng            {web}/readyz",
        ]
    if "web" in names:
        lines.append(f"  Bàn làm việc          {web}/desk")
        if nobody_yet(make_engine(settings.sql_url)):
            lines.append("  Chưa có cán bộ; thêm quản trị: .venv/bin/bot officers add --role administrator")
    lines += [f"  Nhật ký               {settings.var_dir / 'log'}", "Dừng: Ctrl-C."]
    console.say("\n".join(lines))


def _already_running(var_dir: Path) -> str:
    state = states.read_state(var_dir)
    if state is None:
        return f"Trợ lý đang chạy rồi trong {var_dir}."
    where = f" tại http://127.0.0.1:{state.port}/chat" if "web" in state.services else ""
    return f"Trợ lý đang chạy rồi (pid {state.pid}){where}. Dừng bằng Ctrl-C ở đó, hoặc: kill {state.pid}"
