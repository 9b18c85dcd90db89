"""Who answers a conversation: one state machine for all channels. Pure.

::

      wish            claim, officer_elsewhere
    bot ───> waiting ─────────────────────────> officer
     ▲ ▲ cancel │                                  │ │
     │ └────────┘     forward, idle (unanswered)   │ │
     │          ▲──────────────────────────────────┘ │
     └───────────────── release, idle ───────────────┘

An officer can also step in on a chat that the bot still holds. ``waiting`` is a promise to the resident,
not a silence: the bot goes on answering until an officer has the chat.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Owner(StrEnum):
    """Who has a conversation, as stored in ``conversations.owner``."""

    BOT = "bot"
    WAITING = "waiting"  # an officer is called; the bot goes on answering
    OFFICER = "officer"  # ``officer_id`` tells who; None: somewhere else than on the desk


class Happening(StrEnum):
    """What can happen to the ownership of a conversation."""

    WISH = "wish"  # a person is wanted or needed
    CANCEL = "cancel"  # the resident no longer wants one
    CLAIM = "claim"  # an officer takes it on the desk
    OFFICER_ELSEWHERE = "officer_elsewhere"  # an officer wrote in Zalo's or Facebook's own inbox
    OFFICER_WROTE = "officer_wrote"  # on the desk
    RELEASE = "release"  # the officer gives it back
    FORWARD = "forward"  # the officer gives it to another queue
    IDLE = "idle"  # the officer has been silent for too long
    RESIDENT_WROTE = "resident_wrote"


class Say(StrEnum):
    """What the resident is to be told about it."""

    NOTHING = "nothing"
    CALLED = "called"  # an officer was called, and when one will answer
    CANCELLED = "cancelled"  # the bot answers again
    RELEASED = "released"  # the bot answers again; how was it?
    FORWARDED = "forwarded"  # another officer will answer
    IDLE = "idle"  # the bot answers again, though nobody said so
    STILL_WAITING = "still_waiting"  # the officer who took it has not answered: another one is called


@dataclass(frozen=True, slots=True)
class Move:
    """The next owner, and what is said."""

    owner: Owner
    say: Say = Say.NOTHING


_MOVES: Mapping[tuple[Owner, Happening], Move] = {
    (Owner.BOT, Happening.WISH): Move(Owner.WAITING, Say.CALLED),
    (Owner.BOT, Happening.CLAIM): Move(Owner.OFFICER),
    (Owner.BOT, Happening.OFFICER_ELSEWHERE): Move(Owner.OFFICER),
    (Owner.BOT, Happening.RESIDENT_WROTE): Move(Owner.BOT),
    (Owner.WAITING, Happening.WISH): Move(Owner.WAITING),  # called already: once is enough
    (Owner.WAITING, Happening.CANCEL): Move(Owner.BOT, Say.CANCELLED),
    (Owner.WAITING, Happening.CLAIM): Move(Owner.OFFICER),
    (Owner.WAITING, Happening.OFFICER_ELSEWHERE): Move(Owner.OFFICER),
    (Owner.WAITING, Happening.RESIDENT_WROTE): Move(Owner.WAITING),
    (Owner.OFFICER, Happening.CLAIM): Move(Owner.OFFICER),  # only from elsewhere: see transfer.claim
    (Owner.OFFICER, Happening.OFFICER_ELSEWHERE): Move(Owner.OFFICER),
    (Owner.OFFICER, Happening.OFFICER_WROTE): Move(Owner.OFFICER),
    (Owner.OFFICER, Happening.RELEASE): Move(Owner.BOT, Say.RELEASED),
    (Owner.OFFICER, Happening.FORWARD): Move(Owner.WAITING, Say.FORWARDED),
    (Owner.OFFICER, Happening.IDLE): Move(Owner.BOT, Say.IDLE),
    (Owner.OFFICER, Happening.RESIDENT_WROTE): Move(Owner.OFFICER),
}


def move(owner: Owner | str, happening: Happening, *, answered: bool = True) -> Move | None:
    """What ``happening`` makes of a conversation of ``owner``; None if it can't happen there.

    :param answered: False while the resident still waits for an officer's first words: then an idle
        officer's chat goes back to the queue, not to the bot, so that nobody waits unseen.
    """
    if happening is Happening.IDLE and owner == Owner.OFFICER and not answered:
        return Move(Owner.WAITING, Say.STILL_WAITING)
    return _MOVES.get((Owner(owner), happening))


def is_idle(owner: Owner | str, last_sign: datetime | None, now: datetime, idle: timedelta) -> bool:
    """Whether an officer has the chat but has given no sign for ``idle``; without any sign at all, too."""
    return owner == Owner.OFFICER and (last_sign is None or now - last_sign >= idle)


def may_bot_speak(
    owner: Owner | str, last_sign: datetime | None, now: datetime, idle: timedelta, *, standby: bool = False
) -> bool:
    """Asked first on every event of a resident.

    :param last_sign: when the officer last wrote or took the chat (``conversations.officer_wrote_at``).
    :param standby: the platform says that another app has the thread.
    """
    if standby:
        return False
    return owner != Owner.OFFICER or is_idle(owner, last_sign, now, idle)
