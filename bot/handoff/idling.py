"""What happens by the clock: an officer who is silent for too long, a resident who waits for too long."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import structlog
from sqlalchemy import ColumnElement, Engine, or_, select
from sqlalchemy.orm import Session

from bot.dialogue.wording import Wording
from bot.handoff.ownership import Happening, Owner, Say, move
from bot.handoff.records import OPEN, end_handoffs, record, rows_of, touch
from bot.hours import Calendar
from bot.store import conversations as conv
from bot.store.engine import change_in_session, reading
from bot.store.models import Account, Conversation, Handoff, Officer
from connectors.channel import Channel, Reply

log = structlog.get_logger(__name__)

Key = tuple[str, str, str]
"""(channel, account's id on the platform, resident's id there): see bot.intake.nudge."""


def give_back(session: Session, conversation: Conversation, now: datetime) -> Say:
    """An idle officer's conversation: to the bot, or back to the queue if the resident never got an answer.

    Returns what the resident is to be told. Changes ``conversation`` itself, which its version guards.
    """
    answered = conversation.waiting_since is None
    step = move(conversation.owner, Happening.IDLE, answered=answered)
    assert step is not None  # only an officer can be idle
    conversation.owner = step.owner.value
    conversation.officer_id = conversation.officer_wrote_at = None
    conversation.updated_at = now
    if answered:
        end_handoffs(session, conversation.id, "idle", now)
    else:
        _wait_again(session, conversation, now)
    record(session, conversation.id, None, "idle", now)
    return step.say


def told(words: Wording, say: Say) -> str | None:
    """The line about who answers next, after an officer fell silent."""
    return {Say.IDLE: words.handoff.idle, Say.STILL_WAITING: words.handoff.still_waiting}.get(say)


def return_idle(
    engine: Engine, channels: Mapping[str, Channel], words: Wording, now: datetime, idle: timedelta
) -> list[Key]:
    """Every conversation of an idle officer goes back, and its resident is told; returns them."""
    query = (
        select(Conversation.id, Account.channel, Account.external_id, Conversation.user_ref)
        .join(Account, Account.id == Conversation.account_id)
        .where(Conversation.owner == Owner.OFFICER.value, _silent(now - idle))
    )
    with reading(engine) as session:
        found = session.execute(query).all()
    returned: list[Key] = []
    for conversation_id, channel, account_ref, user_ref in found:
        if _return_one(engine, channels, words, conversation_id, channel, now, idle):
            returned.append((channel, account_ref, user_ref))
    return returned


def _return_one(
    engine: Engine,
    channels: Mapping[str, Channel],
    words: Wording,
    conversation_id: int,
    channel: str,
    now: datetime,
    idle: timedelta,
) -> bool:
    def write(session: Session) -> bool:
        # Taken by a conditional UPDATE: an officer's word or another worker may have been faster.
        mine = touch(conversation_id, now).where(
            Conversation.owner == Owner.OFFICER.value, _silent(now - idle)
        )
        if not rows_of(session, mine):
            return False
        conversation = session.get_one(Conversation, conversation_id)
        text = told(words, give_back(session, conversation, now))
        if text and conversation.reachable and channel in channels:
            reply = Reply(text)
            conv.add_reply(session, conversation, reply, channels[channel].render(reply), now)
        return True

    return change_in_session(engine, write)


def return_disabled(
    engine: Engine, channels: Mapping[str, Channel], words: Wording, now: datetime
) -> list[Key]:
    """Every conversation of an officer who may no longer sign in waits for a colleague; returns them."""
    query = (
        select(Conversation.id, Account.channel, Account.external_id, Conversation.user_ref)
        .join(Account, Account.id == Conversation.account_id)
        .where(*_of_disabled())
    )
    with reading(engine) as session:
        found = session.execute(query).all()
    return [
        (channel, account_ref, user_ref)
        for conversation_id, channel, account_ref, user_ref in found
        if _to_queue(engine, channels, words, conversation_id, channel, now)
    ]


def _of_disabled() -> tuple[ColumnElement[bool], ...]:
    gone = select(Officer.id).where(Officer.disabled_at.is_not(None))
    return Conversation.owner == Owner.OFFICER.value, Conversation.officer_id.in_(gone)


def _to_queue(
    engine: Engine,
    channels: Mapping[str, Channel],
    words: Wording,
    conversation_id: int,
    channel: str,
    now: datetime,
) -> bool:
    def write(session: Session) -> bool:
        if not rows_of(session, touch(conversation_id, now).where(*_of_disabled())):
            return False  # somebody else has it by now
        conversation = session.get_one(Conversation, conversation_id)
        step = move(conversation.owner, Happening.FORWARD)
        assert step is not None  # an officer's can always be passed on
        conversation.owner = step.owner.value
        conversation.officer_id = conversation.officer_wrote_at = None
        conversation.waiting_since = conversation.waiting_since or now
        _wait_again(session, conversation, now)
        record(session, conversation.id, None, "disabled", now)
        if conversation.reachable and channel in channels:
            reply = Reply(words.handoff.forwarded)
            conv.add_reply(session, conversation, reply, channels[channel].render(reply), now)
        return True

    return change_in_session(engine, write)


def _silent(since: datetime) -> ColumnElement[bool]:
    return or_(Conversation.officer_wrote_at.is_(None), Conversation.officer_wrote_at <= since)


def escalate(engine: Engine, calendar: Callable[[int], Calendar], now: datetime, after_minutes: int) -> int:
    """Residents who have waited for so many minutes of open time are shown to the supervisors.

    Returns how many conversations that are now.
    """
    query = select(Conversation.id, Conversation.unit_id, Conversation.waiting_since).where(
        Conversation.owner == Owner.WAITING.value,
        Conversation.escalated_at.is_(None),
        Conversation.waiting_since <= now - timedelta(minutes=after_minutes),
    )
    with reading(engine) as session:
        found = session.execute(query).all()
    late = [
        row.id
        for row in found
        if calendar(row.unit_id).open_minutes_between(row.waiting_since, now) >= after_minutes
    ]
    for conversation_id in late:
        _escalate_one(engine, conversation_id, now)
    return len(late)


def _escalate_one(engine: Engine, conversation_id: int, now: datetime) -> None:
    def write(session: Session) -> None:
        still = touch(conversation_id, now).where(
            Conversation.owner == Owner.WAITING.value, Conversation.escalated_at.is_(None)
        )
        if rows_of(session, still.values(escalated_at=now)):
            record(session, conversation_id, None, "escalate", now)
            log.warning("conversation.waits_too_long", conversation=conversation_id)

    change_in_session(engine, write)


def _wait_again(session: Session, conversation: Conversation, now: datetime) -> None:
    """The open request waits again, also one that nobody took: another app had the thread."""
    handoff = session.scalar(
        select(Handoff)
        .where(Handoff.conversation_id == conversation.id, Handoff.status.in_(OPEN))
        .order_by(Handoff.id.desc())
        .limit(1)
    )
    if handoff is None:
        handoff = Handoff(
            conversation_id=conversation.id,
            reason="wish",
            unit_id=conversation.unit_id,
            queue=conversation.queue,
            created_at=now,
        )
        session.add(handoff)
    handoff.status, handoff.officer_id, handoff.taken_at = "waiting", None, None
