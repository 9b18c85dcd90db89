"""The web process asks the worker to act: an event of our own, on the way of every other event.

So it reaches the one worker that owns the conversation's shard, in order, and also while Redis is away.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable

import structlog

from bot.clock import to_ms, utc_now
from bot.intake.spool import SpoolError
from connectors.channel import Event, EventKind

log = structlog.get_logger(__name__)


def nudge(
    accept: Callable[[Event], object], channel: str, account_ref: str, user_ref: str, kind: EventKind
) -> None:
    """Ask the worker to send what the conversation's outbox holds (OUTBOX) or to show typing (TYPING).

    Never fails: what is in the outbox is found within ten seconds without it.

    :param account_ref: the account's id on the platform (``accounts.external_id``).
    :param user_ref: the resident's id on that account (``conversations.user_ref``).
    """
    event = Event(
        channel=channel,
        account_id=account_ref,
        kind=kind,
        event_id=f"{kind}-{uuid.uuid4().hex}",
        user_id=user_ref,
        at_ms=to_ms(utc_now()),
        platform_event=f"desk.{kind}",
    )
    try:
        accept(event)
    except SpoolError as error:
        log.warning("nudge.lost", kind=kind, error=type(error).__name__)
