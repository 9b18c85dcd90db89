"""The commune's warnings to those who asked for them: once each, by day, while the platform allows it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Engine, Row, exists, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.dialogue.wording import Wording
from bot.handoff.ownership import Owner
from bot.handoff.records import rows_of, touch
from bot.store import conversations as conv
from bot.store.engine import change_in_session, reading
from bot.store.models import Account, Conversation
from bot.store.models_scams import ScamSubscription, ScamWarned, ScamWarning
from bot.worker.manners import DECENT, Hours, is_decent, window_open
from connectors.channel import Button, Channel, Reply

log = structlog.get_logger(__name__)

FRESH = timedelta(days=7)
"""A warning is news for a week; whoever could not be written to until then does without."""
AT_ONCE = 200

Key = tuple[str, str, str]
"""Channel, account and resident, as the platform calls them."""


def send_warnings(
    engine: Engine,
    channels: Mapping[str, Channel],
    words: Wording,
    commune: str,
    now: datetime,
    notify: Callable[[Key], None],
    hours: Hours = DECENT,
) -> int:
    """Put what is due into the outbox, each in a transaction of its own; returns how many.

    :param notify: told of each conversation that has something to send.
    """
    if not is_decent(now, hours):
        return 0
    with reading(engine) as session:
        found = [row for row in _due(session, now) if window_open(row.channel, row.last_inbound_ms, now)]
    sent = 0
    for row in found[:AT_ONCE]:
        channel = channels.get(row.channel)
        if channel is not None and _send_one(engine, channel, words, commune, row, now):
            notify((row.channel, row.external_id, row.user_ref))
            sent += 1
    if sent:
        log.info("warnings.sent", count=sent)
    return sent


def _due(session: Session, now: datetime) -> Sequence[Row[int, int, str, str, str, str, int]]:
    """Fresh confirmed warnings for each subscriber who has not got them, the oldest first."""
    got = exists().where(
        ScamWarned.warning_id == ScamWarning.id, ScamWarned.conversation_id == Conversation.id
    )
    query = (
        select(
            ScamWarning.id, Conversation.id.label("conversation_id"), ScamWarning.text, Account.channel,
            Account.external_id, Conversation.user_ref, Conversation.last_inbound_ms,
        )
        .select_from(ScamWarning)
        .join(ScamSubscription, ScamSubscription.ended_at.is_(None))
        .join(Conversation, Conversation.id == ScamSubscription.conversation_id)
        .join(Account, Account.id == Conversation.account_id)
        .where(
            ScamWarning.status == "confirmed",
            ScamWarning.confirmed_at > now - FRESH,
            ScamWarning.confirmed_at > ScamSubscription.since,
            Conversation.reachable,
            Conversation.owner != Owner.OFFICER.value,
            ~got,
        )
        .order_by(ScamWarning.id, Conversation.id)
    )  # fmt: skip
    return session.execute(query).all()


def _send_one(
    engine: Engine,
    channel: Channel,
    words: Wording,
    commune: str,
    row: Row[int, int, str, str, str, str, int],
    now: datetime,
) -> bool:
    """False if it is not due any more: another worker, an officer or the resident was faster."""

    def write(session: Session) -> bool:
        subscribed = session.scalar(
            select(ScamSubscription.since).where(
                ScamSubscription.conversation_id == row.conversation_id, ScamSubscription.ended_at.is_(None)
            )
        )
        still = touch(row.conversation_id, now).where(Conversation.owner != Owner.OFFICER.value)
        if subscribed is None or not rows_of(session, still):
            return False
        session.add(ScamWarned(warning_id=row.id, conversation_id=row.conversation_id, at=now))
        session.flush()
        conversation = session.get_one(Conversation, row.conversation_id)
        text = words.scams.warning.format(commune=commune, text=row.text)
        reply = Reply(text, (Button(words.buttons.warn_off, "#warn:off"),))
        conv.add_reply(session, conversation, reply, channel.render(reply), now)
        return True

    try:
        return change_in_session(engine, write)
    except IntegrityError:  # another worker has sent it
        return False
