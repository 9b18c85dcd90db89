"""A resident's wish for a person: called, called off, rated. Within the transaction of a turn."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.dialogue.types import HandoffRequest, Rated
from bot.handoff.ownership import Happening, Owner, move
from bot.handoff.ratings import BAD
from bot.handoff.records import OPEN, end_handoffs, record
from bot.hours import Calendar
from bot.privacy import mask
from bot.queues import UNIT_SLUGS
from bot.store.models import Conversation, Handoff, Rating, Unit

FIRST_UNIT = 1
KEEPS_QUEUE = "rating"
"""Who was not content goes back to those who answered."""
_RANK = {"emergency": 3, "complaint": 2, "scam": 1}
"""What is more urgent, or must not stay with the officers whom it is about, moves what waits already."""
MAX_MATTER = 300


def call(
    session: Session,
    conversation: Conversation,
    request: HandoffRequest,
    words: str | None,
    now: datetime,
    calendar: Callable[[int], Calendar] | None,
) -> None:
    """Record that a person is wanted, once while it waits; the conversation waits from now on.

    :param words: the message that asked for it; kept masked.
    """
    step = move(conversation.owner, Happening.WISH)
    if step is None:
        return  # an officer has it already
    waiting = _open(session, conversation.id) if conversation.owner == Owner.WAITING else None
    conversation.owner = step.owner.value
    conversation.waiting_since = conversation.waiting_since or now
    if waiting is not None and request.dossier:
        waiting.dossier = request.dossier
    if waiting is not None and _RANK.get(request.reason, 0) <= _RANK.get(waiting.reason, 0):
        return
    if request.reason != KEEPS_QUEUE:
        conversation.queue = request.queue
        conversation.unit_id = unit_of(session, request.queue)
    if waiting is not None:
        waiting.reason, waiting.queue = request.reason, conversation.queue
        waiting.unit_id = conversation.unit_id
        return
    session.add(
        Handoff(
            conversation_id=conversation.id,
            reason=request.reason,
            unit_id=conversation.unit_id,
            queue=conversation.queue,
            status="waiting",
            in_hours=calendar is None or calendar(conversation.unit_id).is_open(now),
            matter=(mask(words) or "")[:MAX_MATTER],
            dossier=request.dossier,
            created_at=now,
        )
    )


def call_off(session: Session, conversation: Conversation, now: datetime) -> None:
    """The resident needs nobody any more."""
    step = move(conversation.owner, Happening.CANCEL)
    if step is None:
        return
    conversation.owner, conversation.waiting_since, conversation.escalated_at = step.owner.value, None, None
    end_handoffs(session, conversation.id, "cancelled", now)
    record(session, conversation.id, None, "cancel", now)


def keep_contact(
    session: Session, conversation: Conversation, phone: str, seal: Callable[[str], str]
) -> None:
    """A phone number for the officer who will come, encrypted; the last one counts."""
    session.flush()
    handoff = _open(session, conversation.id)
    if handoff is not None:
        handoff.contact_cipher = seal(phone)


def rate(session: Session, conversation: Conversation, rated: Rated, now: datetime) -> None:
    """Note what a resident thinks of an officer's help: once per handoff, the last word counts.

    The id came from a button that anybody can type: one of another conversation is passed over.
    """
    mine = session.scalar(
        select(Handoff.id).where(Handoff.id == rated.handoff_id, Handoff.conversation_id == conversation.id)
    )
    if mine is None:
        return
    before = session.scalar(select(Rating).where(Rating.handoff_id == mine))
    if before is None:
        session.add(
            Rating(conversation_id=conversation.id, handoff_id=mine, score=rated.score, created_at=now)
        )
    else:
        worse = rated.score < before.score
        before.score, before.created_at = rated.score, now
        if not worse:
            return
    if rated.score == BAD:
        escalate_bad(session, conversation, now)


def escalate_bad(session: Session, conversation: Conversation, now: datetime) -> None:
    """The supervisors see who was not content, also if the resident asks for nobody."""
    if conversation.owner != Owner.OFFICER:  # whoever has it reads the rating in the story
        conversation.escalated_at = now
    record(session, conversation.id, None, "bad_rating", now)


def _open(session: Session, conversation_id: int) -> Handoff | None:
    """The request that is not ended yet."""
    return session.scalar(
        select(Handoff)
        .where(Handoff.conversation_id == conversation_id, Handoff.status.in_(OPEN))
        .order_by(Handoff.id.desc())
        .limit(1)
    )


def unit_of(session: Session, queue: str) -> int:
    """The unit that answers a queue."""
    slug = next((slug for name, slug in UNIT_SLUGS.items() if name.value == queue), None)
    found = session.scalar(select(Unit.id).where(Unit.slug == slug)) if slug else None
    return found or FIRST_UNIT
