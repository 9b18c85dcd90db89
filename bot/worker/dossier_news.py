"""Residents who follow a dossier are told of its changes: once, together, at decent hours, inside the window.

What can't be sent waits for the resident's next message and is shown with the answer to it; the officers see
in the chat and on the dossier's page that it waits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby

import structlog
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from bot.dialogue.dossier_answers import news
from bot.dialogue.dossier_talk import Step, Talk, read_talk
from bot.dialogue.wording import Wording
from bot.dossiers import follows
from bot.dossiers.records import Dossier, Source, SourceAway
from bot.handoff.ownership import Owner
from bot.handoff.records import record, touch
from bot.hours import Calendar
from bot.store import conversations as conv
from bot.store.engine import change_in_session, reading
from bot.store.models import Account, Conversation
from bot.worker.manners import DECENT, Hours, is_decent, window_open
from connectors.channel import Channel, Reply

log = structlog.get_logger(__name__)

Key = tuple[str, str, str]
"""(channel, account's id on the platform, resident's id there): see bot.intake.nudge."""
MOST = 500
"""Followers that one run tells at most; the rest in the next."""
REFUSED_LOOKED_AT = timedelta(days=2)
UNSENT = "unsent"
"""The kind of the officers' note."""


class DossierNews:
    """Tells followers. Several workers may run it at once: each follow is told by one of them."""

    def __init__(
        self,
        engine: Engine,
        source: Source,
        channels: Mapping[str, Channel],
        words: Wording,
        calendar: Callable[[int], Calendar],
        hours: Hours = DECENT,
    ) -> None:
        self._engine, self._source, self._channels = engine, source, channels
        self._words, self._calendar, self._hours = words, calendar, hours

    def run(self, now: datetime) -> list[Key]:
        """Put what is new into the outboxes; returns whose.

        :raises sqlalchemy.exc.OperationalError: if the database is away.
        """
        if self._source.name == "none":
            return []
        self._take_back(now)
        if not is_decent(now, self._hours):
            return []
        told: list[Key] = []
        changes = sorted(self._changes(), key=lambda change: (change.conversation_id, change.follow_id))
        for _, group in groupby(changes, key=lambda change: change.conversation_id):
            key = self._tell(list(group), now)
            if key:
                told.append(key)
        return told

    def waiting(self, conversation_id: int, now: datetime) -> tuple[Reply, list[follows.Change]] | None:
        """News that could not be sent, for the answer to the resident's next message; None without any."""
        if self._source.name == "none":
            return None
        with reading(self._engine) as session:
            kept = follows.unsent(session, conversation_id)
            if not kept:
                return None
            unit_id = session.scalar(select(Conversation.unit_id).where(Conversation.id == conversation_id))
        changes = [
            follows.Change(follow_id, conversation_id, dossier, told)
            for follow_id, code, told in kept
            if (dossier := self._find(code)) is not None
        ]
        if not changes:
            return None
        return self._reply(changes, unit_id or 1, now, late=True), changes

    def _changes(self) -> list[follows.Change]:
        if self._source.name == "table":
            with reading(self._engine) as session:
                return follows.changed_in_table(session, MOST)
        with reading(self._engine) as session:
            codes = follows.active_codes(session)
        found: list[follows.Change] = []
        for code in codes:  # outside the session: each is a call over the network
            dossier = self._find(code)
            if dossier is not None:
                with reading(self._engine) as session:
                    found += follows.changed(session, dossier)
        return found[:MOST]

    def _find(self, code: str) -> Dossier | None:
        try:
            found = self._source.find(code)
        except SourceAway:
            return None
        return found.dossier if found else None

    def _tell(self, changes: Sequence[follows.Change], now: datetime) -> Key | None:
        """One conversation's news, in one transaction."""
        conversation_id = changes[0].conversation_id

        def write(session: Session) -> Key | None:
            chat = session.get(Conversation, conversation_id, with_for_update=True)
            if chat is None or chat.owner == Owner.OFFICER:
                return None  # the bot does not talk into an officer's chat; later
            account = session.get_one(Account, chat.account_id)
            reason = _obstacle(chat, account.channel, now)
            if reason or account.channel not in self._channels:
                self._keep(session, changes, reason or follows.UNREACHABLE, now)
                return None
            mine = [change for change in changes if follows.tell(session, change, now)]
            if not mine:
                return None
            reply = self._reply(mine, chat.unit_id, now, late=False)
            wires = self._channels[account.channel].render(reply)
            conv.add_reply(session, chat, reply, wires, now, key=follows.notice_key(chat.id, now))
            chat.state = _spoken_of(chat.state, mine, now)
            chat.updated_at = now
            return account.channel, account.external_id, chat.user_ref

        try:
            return change_in_session(self._engine, write)
        except StaleDataError:  # a turn was faster; the next run looks again
            return None

    def _reply(self, changes: Sequence[follows.Change], unit_id: int, now: datetime, *, late: bool) -> Reply:
        return news(
            self._words, [change.dossier for change in changes], now, self._calendar(unit_id), late=late
        )

    def _keep(self, session: Session, changes: Sequence[follows.Change], reason: str, now: datetime) -> None:
        codes = follows.keep_unsent(session, changes, reason, now)
        if codes:
            _note(session, changes[0].conversation_id, codes, now)
            log.info("dossier.news_wait", conversation=changes[0].conversation_id, reason=reason)

    def _take_back(self, now: datetime) -> None:
        """What the platform refused after all waits too."""

        def write(session: Session) -> None:
            taken = follows.take_back_refused(session, now - REFUSED_LOOKED_AT, now)
            for conversation_id, codes in taken.items():
                _note(session, conversation_id, codes, now)

        change_in_session(self._engine, write)


def _obstacle(chat: Conversation, channel: str, now: datetime) -> str:
    if not chat.reachable:
        return follows.UNREACHABLE
    return "" if window_open(channel, chat.last_inbound_ms, now) else follows.WINDOW_CLOSED


def _note(session: Session, conversation_id: int, codes: Sequence[str], now: datetime) -> None:
    """For the officers."""
    record(session, conversation_id, None, UNSENT, now, ", ".join(codes))
    session.flush()
    session.execute(touch(conversation_id, now))


def _spoken_of(
    state: Mapping[str, object], changes: Sequence[follows.Change], now: datetime
) -> dict[str, object]:
    """The conversation's memory, with the last dossier of the notice as the one that is spoken of.

    Not while the assistant waits for another one's code or factor.
    """
    kept = state.get("dossier")
    talk = read_talk(kept, now) if isinstance(kept, Mapping) else None
    if talk is not None and talk.step is not Step.SHOWN:
        return dict(state)
    return {**state, "dossier": dict(Talk(Step.SHOWN, changes[-1].dossier.code).kept(now))}
