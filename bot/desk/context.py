"""What the desk's views work with; one per process, kept in the Flask application."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import cast

from flask import current_app
from redis import Redis
from sqlalchemy import Engine

from bot.accounts.vault import Vault
from bot.clock import Clock
from bot.dialogue.guides import Texts
from bot.intake.accept import Accepted
from bot.knowledge.loading import Knowledge
from bot.settings import Settings
from connectors.channel import Channel, Event

_KEY = "desk"


@dataclass(frozen=True, slots=True)
class Desk:
    """``accept`` hands an event to the worker, as webhooks do; ``redis`` holds limits only.

    ``knowledge`` and ``texts`` are read when they are first asked for: webhooks do without them.
    """

    settings: Settings
    engine: Engine
    redis: Redis
    vault: Vault
    channels: Mapping[str, Channel]
    knowledge: Callable[[], Knowledge]
    texts: Callable[[], Texts]
    accept: Callable[[Event], Accepted]
    clock: Clock


def keep(app_extensions: dict[str, object], desk: Desk) -> None:
    """Make ``desk`` what :func:`the_desk` finds."""
    app_extensions[_KEY] = desk


def the_desk() -> Desk:
    """The desk of the application that works this request."""
    return cast("Desk", current_app.extensions[_KEY])
