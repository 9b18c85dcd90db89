"""Which conversations an officer sees, and how long each can still be answered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import ColumnElement, and_, exists, or_, true

from bot.clock import to_ms
from bot.handoff.ownership import Owner
from bot.store.models import Conversation, Handoff
from connectors.facebook.client import HUMAN_WINDOW_MS
from connectors.zalo.client import WINDOW_MS as ZALO_WINDOW_MS

_WINDOWS_MS = {"zalo": ZALO_WINDOW_MS, "facebook": HUMAN_WINDOW_MS}


class Viewer(Protocol):
    """An officer; :class:`bot.desk.guard.SignedIn` is one."""

    @property
    def id(self) -> int: ...

    @property
    def unit_id(self) -> int: ...

    @property
    def all_units(self) -> bool: ...

    @property
    def queues(self) -> Sequence[str]: ...


def visible(officer: Viewer) -> ColumnElement[bool]:
    """A condition on :class:`Conversation`.

    The own unit's queues (all of the unit's if none is named), what the bot holds in the unit, and what is
    one's own. A complaint stays with those of its queue, whoever holds the chat now.
    """
    if officer.all_units:
        return true()
    own_unit = Conversation.unit_id == officer.unit_id
    if officer.queues:
        complaint = exists().where(Handoff.conversation_id == Conversation.id, Handoff.reason == "complaint")
        with_bot = and_(Conversation.owner == Owner.BOT.value, ~complaint)
        own_unit = and_(own_unit, or_(Conversation.queue.in_(list(officer.queues)), with_bot))
    mine = and_(Conversation.owner == Owner.OFFICER.value, Conversation.officer_id == officer.id)
    return or_(own_unit, mine)


def window_left(channel: str, last_inbound_ms: int, now: datetime) -> timedelta | None:
    """How long an officer may still write; zero if no longer. None: the channel has no limit.

    :param last_inbound_ms: when the resident last wrote, epoch milliseconds; 0 if never.
    """
    window = _WINDOWS_MS.get(channel)
    if window is None:
        return None
    left_ms = last_inbound_ms + window - to_ms(now)
    return timedelta(milliseconds=max(0, left_ms))
