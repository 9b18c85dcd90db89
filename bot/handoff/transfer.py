"""Ownership in SQL: each function is one transaction, for the desk and for the worker.

Every change of the owner is one conditional UPDATE, so of two who try at once one wins. Each leaves a note
for the desk and a line of the audit. What it tells the resident is in the outbox by then: the caller nudges
the worker (bot/intake/nudge.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, or_, select, update
from sqlalchemy.orm import Session

from bot.dialogue.guides import Texts
from bot.dialogue.types import DialogueState
from bot.handoff.ownership import Owner
from bot.handoff.ratings import rating_reply, with_offers
from bot.handoff.records import end_handoffs, label, note, record, rows_of, take_handoffs, touch
from bot.handoff.speaking import Said, officer_says, resend
from bot.handoff.visibility import visible, window_left
from bot.store import conversations as conv
from bot.store.engine import change_in_session
from bot.store.models import Account, Conversation, Handoff, Officer
from connectors.channel import Author, Channel, Reply

__all__ = [
    "Claim", "Said", "claim", "forward", "label", "note", "officer_says", "release", "resend", "visible",
    "window_left",
]  # fmt: skip

HELD, HELD_REASON = "owned", "Cán bộ đã trả lời trước"
STEPPED_IN = "step_in"
"""The reason of a handoff that nobody asked for: an officer stepped in."""


@dataclass(frozen=True, slots=True)
class Claim:
    """``owner_id``: who has it now; None if it was not won and no officer of the desk has it."""

    won: bool
    owner_id: int | None


def claim(engine: Engine, conversation_id: int, officer_id: int, now: datetime) -> Claim:
    """Take a conversation, from the queue, from the bot or from the platform's own inbox.

    One conditional UPDATE: of many who try at once exactly one wins, the others are told who has it.
    What the bot has not sent yet stays unsent. Taking one's own again changes nothing.
    """

    def write(session: Session) -> Claim:
        free = or_(Conversation.owner != Owner.OFFICER.value, Conversation.officer_id.is_(None))
        taken = (
            touch(conversation_id, now)
            .where(free)
            .values(owner=Owner.OFFICER.value, officer_id=officer_id, officer_wrote_at=now)
        )
        if not rows_of(session, taken):
            owner = session.scalar(select(Conversation.officer_id).where(Conversation.id == conversation_id))
            return Claim(owner == officer_id, owner)
        conv.hold_back(session, conversation_id, HELD, HELD_REASON)
        took = _take_from_elsewhere(session, conversation_id, officer_id)
        took += take_handoffs(session, conversation_id, officer_id, now)
        if not took:
            _stepped_in(session, conversation_id, officer_id, now)
        record(session, conversation_id, officer_id, "claim", now)
        return Claim(True, officer_id)

    return change_in_session(engine, write)


def release(
    engine: Engine,
    channels: Mapping[str, Channel],
    texts: Texts,
    conversation_id: int,
    officer_id: int,
    now: datetime,
) -> bool:
    """Give one's conversation back to the bot; the resident is told, and asked for a rating.

    Returns False if it is not this officer's.
    """

    def write(session: Session) -> bool:
        chat = _chat(session, conversation_id)
        back = {
            "owner": Owner.BOT.value,
            "officer_id": None,
            "officer_wrote_at": None,
            "waiting_since": None,
            "escalated_at": None,
        }
        if chat is None or not _mine(session, conversation_id, officer_id, now, back):
            return False
        conversation, channel = chat
        handoff_id = session.scalar(
            select(Handoff.id)
            .where(Handoff.conversation_id == conversation_id, Handoff.status == "taken")
            .order_by(Handoff.id.desc())
            .limit(1)
        )
        reply = rating_reply(texts.wording, handoff_id)
        state = with_offers(DialogueState.from_dict(conversation.state), reply)
        session.execute(touch(conversation_id, now).values(state=state.to_dict()))
        conv.add_reply(session, conversation, reply, channels[channel].render(reply), now)
        end_handoffs(session, conversation_id, "done", now)
        record(session, conversation_id, officer_id, "release", now)
        return True

    return change_in_session(engine, write)


def forward(
    engine: Engine,
    channels: Mapping[str, Channel],
    texts: Texts,
    conversation_id: int,
    officer_id: int,
    *,
    unit_id: int,
    queue: str,
    to_officer_id: int | None = None,
    note: str = "",
    now: datetime,
) -> bool:
    """Pass one's conversation to another queue, or straight to a colleague; the resident is told.

    The note is for colleagues. Returns False if it is not this officer's, or the colleague can't take it.
    """

    def write(session: Session) -> bool:
        chat = _chat(session, conversation_id)
        if chat is None or (to_officer_id is not None and not _serves(session, to_officer_id)):
            return False
        owner = Owner.WAITING if to_officer_id is None else Owner.OFFICER
        values = {
            "owner": owner.value,
            "unit_id": unit_id,
            "queue": queue,
            "officer_id": to_officer_id,
            "officer_wrote_at": None if to_officer_id is None else now,
            "waiting_since": chat[0].waiting_since or now,
            "escalated_at": None,
        }
        if not _mine(session, conversation_id, officer_id, now, values):
            return False
        end_handoffs(session, conversation_id, "done", now)
        session.add(
            Handoff(
                conversation_id=conversation_id,
                reason="forward",
                unit_id=unit_id,
                queue=queue,
                status="waiting" if to_officer_id is None else "taken",
                officer_id=to_officer_id,
                taken_at=None if to_officer_id is None else now,
                created_at=now,
            )
        )
        # The officer's own act, so it may go out while an officer has the chat.
        reply = Reply(texts.wording.handoff.forwarded)
        wires = channels[chat[1]].render(reply)
        conv.add_reply(session, chat[0], reply, wires, now, Author.OFFICER, officer_id=officer_id)
        detail = {"unit": unit_id, "queue": queue, "to": to_officer_id}
        record(session, conversation_id, officer_id, "forward", now, note, **detail)
        return True

    return change_in_session(engine, write)


def _chat(session: Session, conversation_id: int) -> tuple[Conversation, str] | None:
    """The conversation and its channel's name."""
    row = session.execute(
        select(Conversation, Account.channel)
        .join(Account, Account.id == Conversation.account_id)
        .where(Conversation.id == conversation_id)
    ).first()
    return (row[0], row[1]) if row else None


def _mine(
    session: Session, conversation_id: int, officer_id: int, now: datetime, values: Mapping[str, object]
) -> bool:
    """Change the conversation if this officer has it; whether it did."""
    mine = touch(conversation_id, now).where(
        Conversation.owner == Owner.OFFICER.value, Conversation.officer_id == officer_id
    )
    return rows_of(session, mine.values(**values)) == 1


def _serves(session: Session, officer_id: int) -> bool:
    found = session.get(Officer, officer_id)
    return found is not None and found.disabled_at is None and found.role in ("officer", "supervisor")


def _take_from_elsewhere(session: Session, conversation_id: int, officer_id: int) -> int:
    """A request that somebody had before, here or in the platform's own inbox, goes on under this name."""
    mine = (
        update(Handoff)
        .where(Handoff.conversation_id == conversation_id, Handoff.status == "taken")
        .values(officer_id=officer_id)
        .execution_options(synchronize_session=False)
    )
    return rows_of(session, mine)


def _stepped_in(session: Session, conversation_id: int, officer_id: int, now: datetime) -> None:
    where = session.execute(
        select(Conversation.unit_id, Conversation.queue).where(Conversation.id == conversation_id)
    ).one()
    session.add(
        Handoff(
            conversation_id=conversation_id,
            reason=STEPPED_IN,
            unit_id=where.unit_id,
            queue=where.queue,
            status="taken",
            officer_id=officer_id,
            created_at=now,
            taken_at=now,
        )
    )
