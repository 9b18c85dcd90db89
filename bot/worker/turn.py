"""One event, one SQL transaction: the message that came, the conversation's new state, the answers.

Working the same event twice changes nothing: its id is unique per account in ``messages``, and the
second transaction fails on it as a whole.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Protocol

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from bot import metrics
from bot.accounts.registry import AccountRegistry, KnownAccount
from bot.clock import Clock, to_ms
from bot.dialogue.dossier_talk import Step, read_talk
from bot.dialogue.types import DialogueState, Heard, Outcome, Seen
from bot.dossiers.follows import Change, tell
from bot.dossiers.records import Person
from bot.handoff.ownership import Owner, may_bot_speak
from bot.store import conversations as conv
from bot.store.engine import change_in_session, reading, writing
from bot.store.models import Conversation
from bot.worker.applying import Forget, Office, apply_outcome, erase, understood_of
from bot.worker.echoes import handle_echo, officer_elsewhere, settle_echoes, write_receipts
from bot.worker.handover import handle_handover
from connectors.channel import Channel, Event, EventKind, Reply

log = structlog.get_logger(__name__)

TALK = {EventKind.MESSAGE, EventKind.BUTTON, EventKind.OPENED}
MAX_OVERTAKEN = 5


class Assistant(Protocol):
    """What answers: see bot/assistant.py."""

    def turn(self, state: DialogueState, heard: Heard, now: Any) -> Outcome: ...


Waiting = Callable[[int, datetime], tuple[Reply, Sequence[Change]] | None]
"""What could not be sent to a conversation before, see bot/worker/dossier_news.py."""


class _Overtaken(Exception):
    """The conversation changed between reading and writing: what was decided no longer holds."""


class Turns:
    """Works events.

    ``notify`` is told each conversation that has something to send. ``forget`` is told the channel
    and the user id of a resident whose data are erased, so that what is kept outside the database
    goes too; it may be called more than once. ``show_typing`` is told that an officer is writing, with the
    account's id; it returns at once. ``look`` reads an event's pictures; it may take seconds and is asked
    outside any transaction.
    """

    def __init__(
        self,
        engine: Engine,
        channels: Mapping[str, Channel],
        accounts: AccountRegistry,
        assistant: Assistant,
        notify: Callable[[int], None],
        clock: Clock,
        officer_idle: timedelta,
        forget: Forget = lambda _channel, _user_id, _files: None,
        show_typing: Callable[[Event, int], None] = lambda _event, _account_id: None,
        office: Office = Office(),  # noqa: B008 - frozen
        look: Callable[[Event], tuple[Seen, ...]] = lambda _event: (),
        waiting_news: Waiting = lambda _conversation_id, _now: None,
        on_feed: Callable[[Event, int], None] = lambda _event, _account_id: None,
    ) -> None:
        self._engine, self._channels, self._accounts = engine, channels, accounts
        self._assistant, self._notify, self._clock = assistant, notify, clock
        self._officer_idle, self._forget = officer_idle, forget
        self._show_typing, self._office, self._look = show_typing, office, look
        self._on_feed = on_feed
        self._waiting_news = waiting_news

    def handle(self, event: Event) -> None:
        """Work one event that is not a receipt.

        :raises sqlalchemy.exc.OperationalError: if the database is away; nothing was changed.
        """
        began = time.perf_counter()
        account = self._account(event)
        if account is None:
            return
        if event.kind in TALK:
            self._talk(event, account)
        elif event.kind is EventKind.ECHO:
            conversation_id = handle_echo(self._engine, account.id, event, self._clock())
            if conversation_id:
                self._notify(conversation_id)
        elif event.kind is EventKind.LEFT:
            self._change(event, account, lambda _s, c: setattr(c, "reachable", False))
        elif event.kind is EventKind.WITHDRAW:
            self._change(event, account, lambda s, c: self._erase(s, c, event, "user_withdraw"))
        elif event.kind is EventKind.CONTACT:
            self._contact(event, account)
        elif event.kind is EventKind.HANDOVER:
            self._handover(event, account)
        else:
            self._of_the_desk(event, account)
        metrics.TURN_SECONDS.observe(time.perf_counter() - began)

    def handle_receipts(self, events: Sequence[Event]) -> None:
        """Note together that messages were delivered or seen, or came back as echoes with our key.

        :raises sqlalchemy.exc.OperationalError: if the database is away; working them again changes nothing.
        """
        named = [(self._account(event), event) for event in events]
        known = [(account.id, event) for account, event in named if account]
        echoes = [pair for pair in known if pair[1].kind is EventKind.ECHO]
        held_up, strangers = settle_echoes(self._engine, echoes, self._clock())
        for conversation_id in held_up:
            self._notify(conversation_id)
        for event in strangers:
            self.handle(event)
        receipts = [pair for pair in known if pair[1].kind is not EventKind.ECHO]
        write_receipts(self._engine, receipts, self._clock())

    def _handover(self, event: Event, account: KnownAccount) -> None:
        channel, words = self._channels[event.channel], self._office.words
        to_send = handle_handover(self._engine, account.id, event, channel, words, self._clock)
        if to_send:
            self._notify(to_send)

    def _of_the_desk(self, event: Event, account: KnownAccount) -> None:
        if event.kind is EventKind.OUTBOX:
            self._outbox_has_more(event, account)
        elif event.kind is EventKind.FEED:
            self._on_feed(event, account.id)
        elif event.kind is EventKind.TYPING:
            self._show_typing(event, account.id)

    def _outbox_has_more(self, event: Event, account: KnownAccount) -> None:
        """The desk has written something for this resident."""
        with reading(self._engine) as session:
            before = conv.read_snapshot(session, account.id, event.user_id)
        if before.id is not None:
            self._notify(before.id)

    def _account(self, event: Event) -> KnownAccount | None:
        account = self._accounts.by_ref(event.channel, event.account_id)
        if account is None:
            log.warning("event.unknown_account", channel=event.channel, account=event.account_id)
        return account

    def _talk(self, event: Event, account: KnownAccount) -> None:
        for last_try in (*[False] * MAX_OVERTAKEN, True):
            try:
                self._answer(event, account)
            except (_Overtaken, StaleDataError):
                log.info("turn.overtaken", channel=event.channel)
                if last_try:
                    raise
            else:
                return

    def _contact(self, event: Event, account: KnownAccount) -> None:
        """Details that a resident shared: the second factor of a dossier if we wait for it, else kept."""
        with reading(self._engine) as session:
            state = DialogueState.from_dict(conv.read_snapshot(session, account.id, event.user_id).state)
        talk = read_talk(state.dossier, self._clock())
        if talk is not None and talk.step is Step.FACTOR and event.extra.get("phone"):
            self._talk(event, account)
        else:
            self._write(event, account, None)

    def _answer(self, event: Event, account: KnownAccount) -> None:
        with reading(self._engine) as session:
            if conv.already_worked(session, account.id, event.event_id):
                return
            before = conv.read_snapshot(session, account.id, event.user_id)
        outcome = None
        now = self._clock()
        if may_bot_speak(
            before.owner, before.officer_wrote_at, now, self._officer_idle, standby=event.standby
        ):
            state = DialogueState.from_dict(before.state)
            outcome = self._assistant.turn(state, self._heard(event, before, account), now)
        self._write(event, account, outcome, before)

    def _heard(self, event: Event, before: conv.Snapshot, account: KnownAccount) -> Heard:
        back = before.owner == Owner.OFFICER and before.waiting_since is not None  # idle, nothing answered
        return Heard(
            text=event.text,
            payload=event.payload,
            attachments=event.attachments,
            opened=event.kind is EventKind.OPENED,
            waiting=back or before.owner == Owner.WAITING,
            calendar=self._office.calendar(before.unit_id) if self._office.calendar else None,
            calendars=self._office.calendars(),
            seen=self._look(event) if event.attachments else (),
            person=Person(account.id, event.user_id, event.event_id),
            shared_phone=event.extra.get("phone") if event.kind is EventKind.CONTACT else None,
        )

    def _write(
        self,
        event: Event,
        account: KnownAccount,
        outcome: Outcome | None,
        before: conv.Snapshot | None = None,
    ) -> None:
        """The transaction of a turn; ``outcome`` None stores what came and says nothing.

        :raises _Overtaken: if the conversation is no longer as it was ``before``.
        """
        now = self._clock()
        kept = event if outcome is None or outcome.stored is None else replace(event, text=outcome.stored)
        news = self._waiting_news(before.id, now) if outcome and before and before.id else None

        def write(session: Session) -> int:
            found = conv.find_conversation(session, account.id, event.user_id)
            if before and conv.snapshot_of(found) != before:
                raise _Overtaken
            conversation = found or conv.open_conversation(session, account.id, event.user_id, now)
            if outcome and outcome.erase:
                self._erase(session, conversation, event, "resident")
            understood = understood_of(outcome)
            message_id = conv.add_inbound(session, conversation, kept, now, understood=understood)
            conversation.updated_at = now
            conversation.reachable = True
            conversation.last_inbound_ms = max(conversation.last_inbound_ms or 0, event.at_ms or to_ms(now))
            if event.standby:
                officer_elsewhere(conversation, now)
            if outcome:
                channel = self._channels[account.channel]
                told = [change for change in (news[1] if news else ()) if tell(session, change, now)]
                first = [news[0]] if news and told else []
                apply_outcome(
                    session, self._office, channel, conversation, message_id, outcome, kept, now, first
                )
            return conversation.id

        try:
            conversation_id = change_in_session(self._engine, write)
        except IntegrityError:
            with reading(self._engine) as session:
                if not conv.already_worked(session, account.id, event.event_id):
                    raise
            return
        if outcome:
            metrics.TURNS.labels(event.channel, outcome.behaviour, outcome.skill, "0").inc()
            self._notify(conversation_id)

    def _change(
        self, event: Event, account: KnownAccount, change: Callable[[Session, Conversation], None]
    ) -> None:
        now = self._clock()
        with writing(self._engine) as session:
            conversation = conv.open_conversation(session, account.id, event.user_id, now)
            change(session, conversation)

    def _erase(self, session: Session, conversation: Conversation, event: Event, actor: str) -> None:
        erase(session, conversation, event, actor, self._forget, self._clock())
