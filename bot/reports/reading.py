"""The rows of a report. No word of a resident is read here."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from bot.reports.figures import Talk, Wish
from bot.reports.period import Period, day_of
from bot.store.models import Account, Conversation, Handoff, Message, Rating, Unanswered

BATCH = 5000


def read_talks(session: Session, period: Period, of_whom: ColumnElement[bool]) -> list[Talk]:
    """Every conversation in which something happened within ``period``, test chats left out.

    :param of_whom: a condition on :class:`Conversation`: whose the reader may count.
    """
    # ``updated_at`` moves with every message: the index leaves out what was silent since before the period
    counted = (~Conversation.is_test, Conversation.updated_at >= period.start, of_whom)
    talks: dict[int, Talk] = {}

    def within(wanted: Any, moment: Any) -> Any:
        return wanted.where(*counted, moment >= period.start, moment < period.end)

    def talk(row: Any) -> Talk:
        return talks.setdefault(row.id, Talk(row.id, row.channel, row.unit_id, row.queue))

    head = (Conversation.id, Account.channel, Conversation.unit_id, Conversation.queue)
    messages = select(*head, Message.author, Message.understood, Message.created_at).select_from(Message)
    messages = messages.join(Conversation, Conversation.id == Message.conversation_id)
    messages = within(messages.join(Account, Account.id == Conversation.account_id), Message.created_at)
    for row in session.execute(messages.execution_options(yield_per=BATCH)):
        if row.author == "resident":
            _add_message(talk(row), row)
        elif row.author == "officer":
            talk(row).by_officer += 1
    handoffs = select(*head, Handoff.created_at, Handoff.answered_at, Handoff.in_hours).select_from(Handoff)
    handoffs = handoffs.join(Conversation, Conversation.id == Handoff.conversation_id)
    handoffs = within(handoffs.join(Account, Account.id == Conversation.account_id), Handoff.created_at)
    for row in session.execute(handoffs):
        waited = (row.answered_at - row.created_at).total_seconds() / 60 if row.answered_at else None
        talk(row).wishes.append(Wish(row.created_at, waited, row.in_hours))
    ratings = select(*head, Rating.score, Rating.handoff_id).select_from(Rating)
    ratings = ratings.join(Conversation, Conversation.id == Rating.conversation_id)
    ratings = within(ratings.join(Account, Account.id == Conversation.account_id), Rating.created_at)
    for row in session.execute(ratings):
        talk(row).scores.append((row.score, row.handoff_id is not None))
    missed = select(*head).select_from(Unanswered).join(Message, Message.id == Unanswered.message_id)
    missed = missed.join(Conversation, Conversation.id == Message.conversation_id)
    missed = within(missed.join(Account, Account.id == Conversation.account_id), Unanswered.created_at)
    for row in session.execute(missed.where(Unanswered.reason == "missed")):
        talk(row).missed += 1
    return [talks[key] for key in sorted(talks)]


def _add_message(talk: Talk, row: Any) -> None:
    talk.received += 1
    talk.days.add(day_of(row.created_at))
    understood = row.understood or {}
    if understood.get("behaviour") == "answer":
        talk.answered += 1
        if codes := understood.get("codes"):
            talk.codes[codes[0]] += 1
