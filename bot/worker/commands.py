"""`bot worker`."""

from __future__ import annotations

import click

from bot.accounts.vault import VaultError
from bot.logs import configure_logs
from bot.priority import give_way
from bot.settings import SettingsError, load_settings

NICE = 5
"""Behind the web process: platforms count how long an acknowledgement takes (docs/performance.md)."""


@click.command()
def worker() -> None:
    """Work the inbound streams and the outbox, until SIGTERM."""
    from bot.worker.main import Worker  # loads the whole assistant: only for this command

    try:
        settings = load_settings()
    except SettingsError as error:
        raise click.ClickException(f"Cài đặt chưa đúng:\n{error}") from error
    configure_logs(settings.log_level)
    try:
        process = Worker(settings)
    except VaultError as error:
        raise click.ClickException(f"SECRET_KEY: {error}") from error
    give_way(NICE)
    process.run()
