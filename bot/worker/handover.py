"""Facebook says who controls a thread: another app or the page's inbox took it, or gave it back.

A notice may be missing (then an echo, standby or error 10/2018300 tells the same), and repeating one changes
nothing. See docs/decisions/0004-ownership.md.
"""

from __future__ import annotations

import structlog
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.dialogue.wording import Wording
from bot.handoff.idling import give_back, told
from bot.handoff.ownership import Owner
from bot.handoff.records import record, take_handoffs
from bot.store import conversations as conv
from bot.store.engine import change_in_session
from bot.store.models import Conversation
from bot.worker.echoes import OWNED, OWNED_REASON, officer_elsewhere
from connectors.channel import Channel, Event, Reply

log = structlog.get_logger(__name__)

MOVES = ("pass", "take")


def handle_handover(
    engine: Engine, account_id: int, event: Event, channel: Channel, words: Wording | None, clock: Clock
) -> int | None:
    """Follow a thread that moved; returns the conversation if there is something to send.

    An officer of the desk keeps the chat when it moves: whether the platform still lets them write, each
    message tells. ``extra["unsure"]``: our app's id is not known, so nobody can tell whom it went to.
    """
    if event.extra.get("action") not in MOVES or event.extra.get("unsure"):
        return None
    to_us = bool(event.extra.get("to_us"))
    if not to_us and event.extra["action"] == "pass" and not event.extra.get("new_owner_app_id"):
        to_us = True  # released: to nobody, so we may answer

    def write(session: Session) -> int | None:
        conversation = conv.open_conversation(session, account_id, event.user_id, clock())
        elsewhere = conversation.owner == Owner.OFFICER and conversation.officer_id is None
        if to_us and elsewhere:
            return _back(session, conversation, channel, words, clock)
        if not to_us and conversation.owner != Owner.OFFICER:
            _elsewhere(session, conversation, clock)
        return None

    return change_in_session(engine, write)


def _elsewhere(session: Session, conversation: Conversation, clock: Clock) -> None:
    now = clock()
    record(session, conversation.id, None, "elsewhere", now)
    log.info("conversation.thread_elsewhere", conversation=conversation.id)
    officer_elsewhere(conversation, now)
    take_handoffs(session, conversation.id, None, now)
    conv.hold_back(session, conversation.id, OWNED, OWNED_REASON)


def _back(
    session: Session, conversation: Conversation, channel: Channel, words: Wording | None, clock: Clock
) -> int | None:
    """To the bot, or to the queue if the resident was never answered; who answers next is said."""
    now = clock()
    text = told(words, give_back(session, conversation, now)) if words else None
    if not text or not conversation.reachable:
        return None
    reply = Reply(text)
    conv.add_reply(session, conversation, reply, channel.render(reply), now)
    return conversation.id
