"""The lists: who waits, mine, with the bot, history."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from bot.desk.guard import needs
from bot.desk.permissions import Permission


def add_routes(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/", view_func=inbox)


@needs(Permission.CHATS)
def inbox() -> ResponseReturnValue:
    return render_template("desk/inbox.html")
