"""The `bot` command; each sub-command is loaded only when it is used."""

from __future__ import annotations

from importlib import import_module

import click

COMMANDS = {
    "accounts": "bot.accounts.commands:accounts",
    "ask": "bot.ask:ask",
    "check": "bot.checking:check",
    "dead": "bot.intake.commands:dead",
    "dossiers": "bot.dossiers.commands:dossiers",
    "evaluate": "bot.understanding.commands:evaluate",
    "faq": "bot.knowledge.commands:faq",
    "hours": "bot.handoff.commands:hours",
    "migrate": "bot.supervisor.commands:migrate",
    "officers": "bot.desk.commands:officers",
    "review": "bot.learning.commands:review",
    "run": "bot.supervisor.commands:run",
    "scams": "bot.scams.commands:scams",
    "settings": "bot.checking:settings_command",
    "train": "bot.understanding.commands:train",
    "worker": "bot.worker.commands:worker",
}


class _Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        command = getattr(import_module(module), name)
        assert isinstance(command, click.Command)
        return command


@click.group(cls=_Lazy)
def main() -> None:
    """Trợ lý xã."""
