"""What a turn's outcome changes, written within the turn's transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.alerts import reports
from bot.dialogue.types import Behaviour, Outcome
from bot.dialogue.wording import Wording
from bot.handoff import calls, idling
from bot.handoff.ownership import Owner
from bot.hours import Calendar
from bot.queues import Queue
from bot.store import conversations as conv
from bot.store import media
from bot.store.audit import record
from bot.store.models import Audit, Conversation, Unanswered
from connectors.channel import Channel, Event, Reply


def _no_seal(_phone: str) -> str:
    """Without a key nothing is kept."""
    return ""


Forget = Callable[[str, str, Sequence[str]], None]
"""(channel, the resident's id there, names of picture files): what an erasure takes outside the database."""


@dataclass(frozen=True, slots=True)
class Office:
    """What the worker knows of officers: the words, how to encrypt a phone number, a unit's hours."""

    words: Wording | None = None
    seal: Callable[[str], str] = _no_seal
    calendar: Callable[[int], Calendar] | None = None
    calendars: Callable[[], Mapping[str, Calendar]] = dict


def apply_outcome(
    session: Session,
    office: Office,
    channel: Channel,
    conversation: Conversation,
    message_id: int,
    outcome: Outcome,
    event: Event,
    now: datetime,
    first: Sequence[Reply] = (),
) -> None:
    """The answers into the outbox, the new state, and what became of an officer who is called.

    :param first: what is said before the answers.
    """
    replies = [*first, *outcome.replies]
    if conversation.owner == Owner.OFFICER:  # the bot speaks here only once the officer is idle
        say = idling.give_back(session, conversation, now)
        line = idling.told(office.words, say) if office.words else None
        replies[:0] = [Reply(line)] if line else []
    conversation.state = outcome.state.to_dict()
    for reply in replies:
        conv.add_reply(session, conversation, reply, channel.render(reply), now)
    if outcome.handoff:
        calls.call(session, conversation, outcome.handoff, event.text, now, office.calendar)
    if outcome.cancels_officer:
        calls.call_off(session, conversation, now)
    if outcome.contact:
        calls.keep_contact(session, conversation, outcome.contact, office.seal)
    _apply_scams(session, office, conversation, outcome, now)
    if outcome.rated:
        calls.rate(session, conversation, outcome.rated, now)
    if outcome.unanswered or outcome.behaviour is Behaviour.REFUSE:
        session.add(Unanswered(message_id=message_id, created_at=now))


def _apply_scams(
    session: Session, office: Office, conversation: Conversation, outcome: Outcome, now: datetime
) -> None:
    """What was checked, a report of it to the commune's police, and the wish for warnings."""
    if outcome.checked:
        reports.keep_checked(session, conversation.id, outcome.checked, office.seal, now)
    if outcome.reports:
        reports.report(session, conversation.id, calls.unit_of(session, Queue.POLICE.value), now)
    if outcome.warns is not None:
        reports.switch_warnings(session, conversation.id, outcome.warns, now)


def understood_of(outcome: Outcome | None) -> dict[str, Any] | None:
    """What is kept of how a message was understood: no words."""
    if outcome is None:
        return None
    return {
        "behaviour": outcome.behaviour,
        "skill": outcome.skill,
        "codes": list(outcome.codes),
        "aspects": list(outcome.aspects),
        "confidence": round(outcome.confidence, 4),
    }


def erase(
    session: Session,
    conversation: Conversation,
    event: Event,
    actor: str,
    forget: Forget,
    now: datetime,
) -> None:
    """Within the transaction, so that nothing that was not yet sent can be shown meanwhile."""
    session.flush()
    files = list(media.names_of(session, conversation.id))
    conv.erase(session, conversation.id)
    forget(event.channel, event.user_id, files)
    session.refresh(conversation)
    subject, detail = f"conversation:{conversation.id}", {"event": event.event_id}
    noted = session.scalars(select(Audit.detail).where(Audit.action == "erase", Audit.subject == subject))
    if detail not in noted.all():  # the same event again
        record(session, now, actor, "erase", subject, **detail)
