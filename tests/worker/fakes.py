"""A platform, an assistant and a clock in our hand, around the real database."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, func, select

from bot.accounts.registry import AccountRegistry
from bot.accounts.vault import Vault
from bot.dialogue.types import Behaviour, DialogueState, Heard, Outcome
from bot.store.engine import reading, writing
from bot.store.models import Account as AccountRow
from bot.store.models import Base, Conversation, Message, Outgoing
from bot.understanding.types import Skill
from bot.worker.delivery import ConversationSender
from bot.worker.outbox import Outbox
from bot.worker.turn import Turns
from connectors.channel import (
    Account,
    Event,
    EventKind,
    Found,
    Health,
    Lookup,
    Reply,
    SendContext,
    SendError,
    SendResult,
    Verification,
    Wire,
)
from tests.events import an_event

NOON = datetime(2026, 7, 1, 5, 0, tzinfo=UTC)
OFFICER_IDLE = timedelta(minutes=30)


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def moves(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


Step = SendResult | Callable[["Sent"], SendResult]


@dataclass(frozen=True)
class Sent:
    """One call of send()."""

    account: Account
    recipient: str
    wire: Wire
    context: SendContext

    @property
    def text(self) -> str:
        return str(self.wire["message"]["text"])


class FakeChannel:
    """A platform that does what ``plan`` says next, else delivers; thread-safe.

    ``delivered`` is what residents see, ``calls`` every call. ``lookups`` are the next answers of
    find_sent; without one, the truth.
    """

    def __init__(self, name: str = "zalo") -> None:
        self.name = name
        self.plan: deque[Step] = deque()
        self.lookups: deque[Lookup] = deque()
        self.calls: list[Sent] = []
        self.delivered: list[Sent] = []
        self.looked_up = 0
        self._lock = threading.Lock()

    def verify(self, headers: Mapping[str, str], raw: bytes) -> Verification:
        return Verification.OK

    def parse(self, raw: bytes) -> Sequence[Event]:
        return []

    def render(self, reply: Reply) -> Sequence[Wire]:
        return [{"message": {"text": part}} for part in reply.text.split("|")]

    def send(self, account: Account, recipient: str, wire: Wire, context: SendContext) -> SendResult:
        sent = Sent(account, recipient, wire, context)
        with self._lock:
            self.calls.append(sent)
            step = self.plan.popleft() if self.plan else self.delivers
        return step if isinstance(step, SendResult) else step(sent)

    def delivers(self, sent: Sent) -> SendResult:
        """It arrives, and we are told so."""
        with self._lock:
            self.delivered.append(sent)
            return SendResult(message_id=f"m{len(self.delivered)}")

    def delivers_silently(self, sent: Sent) -> SendResult:
        """It arrives, and we are not told: a time-out."""
        self.delivers(sent)
        return SendResult()

    def find_sent(self, account: Account, recipient: str, wire: Wire, since_ms: int) -> Lookup:
        with self._lock:
            self.looked_up += 1
            if self.lookups:
                return self.lookups.popleft()
            for number, sent in enumerate(self.delivered, start=1):
                if sent.recipient == recipient and sent.wire == wire and sent.context.now_ms >= since_ms:
                    return Lookup(Found.SENT, f"m{number}")
            return Lookup(Found.ABSENT)

    def typing(self, account: Account, recipient: str) -> None:
        """Nothing to show."""

    def health(self, account: Account) -> Health:
        return Health(True)

    def texts(self) -> list[str]:
        return [sent.text for sent in self.delivered]


def error(code: str = "1", **values: Any) -> SendResult:
    return SendResult(error=SendError(code, "lý do", **values))


LOST = SendResult()
"""Not delivered, and we are not told: a time-out."""


class FakeTokens:
    """Every account can send, unless ``frozen``; ``next_token`` is what a refused one is replaced with."""

    def __init__(self, channel: str = "zalo") -> None:
        self.channel = channel
        self.frozen = False
        self.token, self.next_token = "t1", ""
        self.refusals: list[str] = []

    def sendable(self, account_id: int) -> Account | None:
        return None if self.frozen else Account(self.channel, "oa", self.token)

    def refused(self, account_id: int, token: str) -> bool:
        self.refusals.append(token)
        if self.next_token:
            self.token, self.next_token = self.next_token, ""
            return True
        self.frozen = True
        return False


Answer = Callable[[DialogueState, Heard], Outcome]


def parrot(state: DialogueState, heard: Heard) -> Outcome:
    """Says what it heard and counts the turns."""
    turn = int(state.memory.get("turn", 0)) + 1
    said = heard.text or heard.payload or ("chào" if heard.opened else "tệp")
    return Outcome(
        Behaviour.ANSWER,
        Skill.PROCEDURE,
        replace(state, memory={"turn": turn}),
        replies=(Reply(f"{turn}: {said}"),),
        codes=("1.001193",),
        confidence=0.87654321,
    )


@dataclass
class FakeAssistant:
    """Answers with ``answer``; ``heard`` is what reached it. Thread-safe enough."""

    answer: Answer = parrot
    heard: list[Heard] = field(default_factory=list)

    def turn(self, state: DialogueState, heard: Heard, now: Any) -> Outcome:
        self.heard.append(heard)
        return self.answer(state, heard)


class Town:
    """The worker's insides on a real database with everything around it in our hand."""

    def __init__(self, engine: Engine, channel: str = "zalo") -> None:
        self.engine, self.clock = engine, Clock()
        self.channel, self.assistant, self.tokens = FakeChannel(channel), FakeAssistant(), FakeTokens(channel)
        self.notified: list[int] = []
        self.forgotten: list[tuple[str, str]] = []
        self.registry = AccountRegistry(engine, Vault("k"), self.clock)
        with writing(engine) as session:
            if not session.scalar(select(AccountRow.id)):
                session.add(AccountRow(channel=channel, external_id="oa", created_at=NOON))
        self.turns = Turns(
            engine,
            {channel: self.channel},
            self.registry,
            self.assistant,
            self.notified.append,
            self.clock,
            OFFICER_IDLE,
            lambda name, user, _files: self.forgotten.append((name, user)),
        )
        self.outbox = Outbox(engine)
        self.rate_waits: deque[float] = deque()
        self.sender = self.another_sender()

    def another_sender(self) -> ConversationSender:
        return ConversationSender(
            self.outbox,
            {self.channel.name: self.channel},
            self.tokens,
            lambda *_: self.rate_waits.popleft() if self.rate_waits else 0.0,
            self.clock,
        )

    def event(self, user_id: str = "u1", text: str | None = "chào", **values: Any) -> Event:
        return an_event(user_id, text, **{"channel": self.channel.name, **values})

    def hears(self, *texts: str, user_id: str = "u1") -> None:
        for text in texts:
            self.turns.handle(self.event(user_id, text))

    def echo(self, text: str | None, user_id: str = "u1", **values: Any) -> Event:
        return self.event(user_id, text, **{"kind": EventKind.ECHO, **values})

    def conversation(self, user_id: str = "u1") -> Conversation:
        with reading(self.engine) as session:
            return session.scalars(select(Conversation).where(Conversation.user_ref == user_id)).one()

    def sends(self, user_id: str = "u1") -> datetime | None:
        """One run of the sender; returns when it wants to come back."""
        return self.sender.run(self.conversation(user_id).id, lambda: True)

    def sends_all(self, user_id: str = "u1", at_most_s: float = 3 * 24 * 3600) -> None:
        """Run and let the time pass until nothing is left."""
        end = self.clock.now + timedelta(seconds=at_most_s)
        while (due := self.sends(user_id)) is not None:
            assert due <= end, f"still waiting until {due}"
            self.clock.now = max(self.clock.now, due)

    def rows(self, user_id: str = "u1") -> list[Outgoing]:
        query = (
            select(Outgoing)
            .join(Conversation, Conversation.id == Outgoing.conversation_id)
            .where(Conversation.user_ref == user_id)
            .order_by(Outgoing.id)
        )
        with reading(self.engine) as session:
            return list(session.scalars(query))

    def statuses(self, user_id: str = "u1") -> list[str]:
        return [row.status for row in self.rows(user_id)]

    def story(self, user_id: str = "u1") -> list[tuple[str, str | None]]:
        """(author, text) of the conversation's messages in order."""
        query = (
            select(Message.author, Message.text)
            .join(Conversation, Conversation.id == Message.conversation_id)
            .where(Conversation.user_ref == user_id)
            .order_by(Message.id)
        )
        with reading(self.engine) as session:
            return [(row[0], row[1]) for row in session.execute(query)]

    def count(self, table: type[Base]) -> int:
        with reading(self.engine) as session:
            return int(session.scalar(select(func.count()).select_from(table)) or 0)

    def dump(self) -> str:
        """Every value of every table, as text."""
        with reading(self.engine) as session:
            return "\n".join(
                repr(tuple(row))
                for table in Base.metadata.sorted_tables
                for row in session.execute(select(table))
            )

    def __repr__(self) -> str:
        return f"<{self.channel.name} town>"
