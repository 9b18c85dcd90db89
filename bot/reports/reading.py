"""The rows of a report. No word of a resident is read here."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from bot.reports.figures import Talk, Wish
from bot.reports.period import Period, day_of
from bot.store.models import Account, Conversation, Handoff, Message, Note, Rating, Unanswered

BATCH = 5000
ESCALATED = ("escalate", "bad_rating")
"""The notes that are left when supervisors are told of a conversation."""

# The database takes what is counted out of what was understood: the rest of it is never parsed here.
_BEHAVIOUR = Message.understood["behaviour"].as_string().label("behaviour")
_CODE = Message.understood["codes"][0].as_string().label("code")


def read_talks(session: Session, period: Period, of_whom: ColumnElement[bool]) -> list[Talk]:
    """Every conversation in which something happened within ``period``, test chats left out.

    :param of_whom: a condition on :class:`Conversation`: whose the reader may count.
    """
    talks: dict[int, Talk] = {}

    def rows(wanted: Any, moment: Any) -> Iterable[Any]:
        """Those of the period, each with the talk that it belongs to."""
        # ``updated_at`` moves with every message: what was silent since before the period is left out
        counted = (~Conversation.is_test, Conversation.updated_at >= period.start, of_whom)
        wanted = wanted.where(*counted, moment >= period.start, moment < period.end)
        for row in session.execute(wanted.execution_options(yield_per=BATCH)):
            if row.id not in talks:
                talks[row.id] = Talk(row.id, "")
            yield talks[row.id], row

    said: Any = select(Conversation.id, Message.created_at, _BEHAVIOUR, _CODE)
    said = said.join_from(Message, Conversation, Conversation.id == Message.conversation_id)
    for talk, row in rows(said.where(Message.author == "resident"), Message.created_at):
        _add_message(talk, row)
    answers: Any = select(Conversation.id, func.count().label("number"))
    answers = answers.join_from(Message, Conversation, Conversation.id == Message.conversation_id)
    answers = answers.where(Message.author == "officer").group_by(Conversation.id)
    for talk, row in rows(answers, Message.created_at):
        talk.by_officer = row.number
    wishes: Any = select(Conversation.id, Handoff.created_at, Handoff.answered_at, Handoff.in_hours)
    wishes = wishes.join_from(Handoff, Conversation, Conversation.id == Handoff.conversation_id)
    for talk, row in rows(wishes, Handoff.created_at):
        waited = (row.answered_at - row.created_at).total_seconds() / 60 if row.answered_at else None
        talk.wishes.append(Wish(row.created_at, waited, row.in_hours))
    ratings: Any = select(Conversation.id, Rating.score, Rating.handoff_id)
    ratings = ratings.join_from(Rating, Conversation, Conversation.id == Rating.conversation_id)
    for talk, row in rows(ratings, Rating.created_at):
        talk.scores.append((row.score, row.handoff_id is not None))
    told: Any = select(Conversation.id).where(Note.kind.in_(ESCALATED))
    told = told.join_from(Note, Conversation, Conversation.id == Note.conversation_id)
    for talk, _ in rows(told, Note.created_at):
        talk.escalated += 1
    missed: Any = select(Conversation.id).join_from(Unanswered, Message, Message.id == Unanswered.message_id)
    missed = missed.join(Conversation, Conversation.id == Message.conversation_id)
    for talk, _ in rows(missed.where(Unanswered.reason == "missed"), Unanswered.created_at):
        talk.missed += 1
    _name(session, talks, period)
    return [talks[key] for key in sorted(talks)]


def _name(session: Session, talks: dict[int, Talk], period: Period) -> None:
    """Whose each talk is, and where it stands."""
    heads = select(Conversation.id, Account.channel, Conversation.unit_id, Conversation.queue)
    heads = heads.join(Account, Account.id == Conversation.account_id)
    for row in session.execute(heads.where(Conversation.updated_at >= period.start)):
        if (talk := talks.get(row.id)) is not None:
            talk.channel, talk.unit_id, talk.queue = row.channel, row.unit_id, row.queue


def _add_message(talk: Talk, row: Any) -> None:
    talk.received += 1
    talk.days.add(day_of(row.created_at))
    if row.behaviour == "answer":
        talk.answered += 1
        if row.code:
            talk.codes[row.code] += 1
