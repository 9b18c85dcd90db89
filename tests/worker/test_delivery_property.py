"""Whatever happens while a call is under way, no message arrives twice, late or over an officer's head."""

from __future__ import annotations

import contextlib
import itertools
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from bot.store.conversations import UNDONE
from bot.store.engine import make_engine
from bot.store.migrate import upgrade
from bot.worker.echoes import OWNED
from connectors.channel import EchoAuthor, SendError, SendResult
from connectors.http import DEFAULT_TIMEOUT
from tests.worker.fakes import LOST, OFFICER_IDLE, Sent, Town


class Killed(BaseException):
    """The worker ends at this instruction."""


# What happens during one call: it is delivered before or after the interludes, or never.
CALLS = st.fixed_dictionaries(
    {
        "arrives": st.sampled_from(["before", "after", "never"]),
        "meanwhile": st.lists(
            st.sampled_from(["wait", "wait", "other sender", "other sender", "echo", "officer", "resident"]),
            max_size=5,
        ),
        "ends": st.sampled_from(["told", "told", "lost", "busy", "killed"]),
    }
)
LONGEST_CALL_S = sum(DEFAULT_TIMEOUT)


class Delivery(RuleBasedStateMachine):
    """One conversation, two senders, a truthful platform that may answer late, wrongly or not at all."""

    _users = itertools.count(1)
    _folder = tempfile.TemporaryDirectory(prefix="troly-")
    _engine: Any = None

    @classmethod
    def engine(cls) -> Any:
        if cls._engine is None:
            path = Path(cls._folder.name) / "property.db"
            upgrade(f"sqlite:///{path}")
            cls._engine = make_engine(f"sqlite:///{path}")
        return cls._engine

    @initialize()
    def begin(self) -> None:
        self.town = Town(self.engine())
        self.user = f"u{next(self._users)}"
        self.other = self.town.another_sender()
        self.script: list[dict[str, Any]] = []
        self.depth = 0
        self.call_began = self.town.clock()
        self.town.channel.plan = _Endless(self.call)  # type: ignore[assignment]
        self.resident_writes()

    # what may happen at any time

    @rule()
    def resident_writes(self) -> None:
        self.town.hears("x", user_id=self.user)

    @rule()
    def officer_writes(self) -> None:
        self.town.turns.handle(self.town.echo("để tôi", self.user, echo_author=EchoAuthor.OFFICER))

    @rule(seconds=st.sampled_from([0.5, 2, 16, 400]))
    def time_passes(self, seconds: float) -> None:
        self.town.clock.moves(seconds)

    @rule()
    def officer_falls_silent(self) -> None:
        self.town.clock.moves(OFFICER_IDLE.total_seconds())

    @rule(back=st.integers(1, 3))
    def echo_comes(self, back: int) -> None:
        if len(self.town.channel.delivered) >= back:
            number = len(self.town.channel.delivered) - back
            sent = self.town.channel.delivered[number]
            echo = self.town.echo(
                sent.text,
                self.user,
                echo_key=sent.context.idempotency_key,
                echo_author=EchoAuthor.US,
                message_id=f"m{number + 1}",
            )
            self.town.turns.handle(echo)

    @rule(script=st.lists(CALLS, max_size=3), second=st.booleans())
    def send(self, script: list[dict[str, Any]], second: bool) -> None:
        self.script = script
        self.run(self.other if second else self.town.sender)
        self.script = []

    def run(self, sender: Any) -> None:
        """As the dispatcher does: again and again while it is due."""
        conversation = self.town.conversation(self.user).id
        with contextlib.suppress(Killed):
            while (due := sender.run(conversation, lambda: True)) and due <= self.town.clock():
                pass

    # one call of the platform

    def call(self, sent: Sent) -> SendResult:
        conversation = self.town.conversation(self.user)
        assert conversation.owner == "bot", "the bot speaks into an officer's conversation"
        step = self.script.pop(0) if self.script else {"arrives": "before", "meanwhile": [], "ends": "told"}
        arrives, ends = step["arrives"], step["ends"]
        if ends == "busy":
            arrives = "never"
        elif ends == "told" and arrives == "never":
            arrives = "after"
        if self.depth == 0:
            self.call_began = self.town.clock()
        if arrives == "before":
            self.town.channel.delivers(sent)
        self.depth += 1
        try:
            for event in step["meanwhile"]:
                self.meanwhile(event)
        finally:
            self.depth -= 1
        if arrives == "after":
            self.town.channel.delivers(sent)
        if ends == "killed":
            raise Killed
        if ends == "lost":
            return LOST
        if ends == "busy":
            return SendResult(error=SendError("busy", "bận", retryable=True))
        keys = [s.context.idempotency_key for s in self.town.channel.delivered]
        return SendResult(message_id=f"m{keys.index(sent.context.idempotency_key) + 1}")

    def meanwhile(self, event: str) -> None:
        if event == "wait":
            spent = (self.town.clock() - self.call_began).total_seconds()
            self.town.clock.moves(max(0.0, min(8.0, LONGEST_CALL_S - spent)))
        elif event == "other sender":
            if self.depth < 3:
                self.run(self.other)
        elif event == "echo":
            self.echo_comes(1)
        elif event == "officer":
            self.officer_writes()
        else:
            self.resident_writes()

    # what must always hold

    @invariant()
    def nothing_arrives_twice_or_out_of_order(self) -> None:
        keys = [sent.context.idempotency_key for sent in self.town.channel.delivered]
        assert all(count == 1 for count in Counter(keys).values()), "a message arrived twice"
        order = [row.key for row in self.town.rows(self.user)]
        assert keys == [key for key in order if key in keys], "messages overtook each other"

    def teardown(self) -> None:
        if not hasattr(self, "town"):
            return
        self.script = []
        self.town.sends_all(self.user)
        self.nothing_arrives_twice_or_out_of_order()
        arrived = {sent.context.idempotency_key for sent in self.town.channel.delivered}
        for row in self.town.rows(self.user):
            assert row.status not in UNDONE
            assert (row.status == "sent") == (row.key in arrived), row.status
            assert row.status == "sent" or row.error_code == OWNED


class _Endless:
    """A plan that never runs out: every call is told by ``step``."""

    def __init__(self, step: Any) -> None:
        self._step = step

    def __bool__(self) -> bool:
        return True

    def popleft(self) -> Any:
        return self._step


TestDelivery = Delivery.TestCase
TestDelivery.settings = settings(max_examples=100, stateful_step_count=12, deadline=None)
