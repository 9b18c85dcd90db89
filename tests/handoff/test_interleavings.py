"""Whatever happens in whatever order: one owner, the bot silent under an officer, nobody waiting unseen."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from bot.clock import to_ms
from bot.dialogue.types import HandoffRequest
from bot.handoff.ownership import Owner
from bot.store.engine import make_engine
from bot.store.migrate import upgrade
from connectors.channel import Author, EchoAuthor, SendResult
from tests.handoff.conftest import Hall
from tests.worker.fakes import LOST, OFFICER_IDLE, Sent, error
from tests.worker.test_turn import outcome_with

OFFICERS = st.sampled_from(["anna", "binh"])


class Conversations(RuleBasedStateMachine):
    """One resident, two officers, the platform's own inbox, the clock and a worker that sends."""

    @initialize()
    def opens(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        url = f"sqlite:///{Path(self.folder.name) / 't.db'}"
        upgrade(url)
        self.hall = Hall(make_engine(url))
        self.number, self.wanted, self.number_of_rows = 0, False, 0
        self.talked_over: list[str] = []
        self.hall.channel.delivers = self._watched(self.hall.channel.delivers)  # type: ignore[method-assign]
        self.resident_writes()

    def teardown(self) -> None:
        if hasattr(self, "hall"):
            self.hall.engine.dispose()
            self.folder.cleanup()

    def _watched(self, deliver):  # type: ignore[no-untyped-def]
        def delivers(sent: Sent) -> SendResult:
            row = self.hall.conversation()
            if sent.context.author is Author.BOT and row.owner == Owner.OFFICER:
                self.talked_over.append(sent.text)
            return deliver(sent)  # type: ignore[no-any-return]

        return delivers

    def _hears(self, text: str, standby: bool = False) -> None:
        now, count = self.hall.clock(), len(self.hall.assistant.heard)
        officer_s = self.number_of_rows > 0 and self._is_officer_s()
        self.hall.turns.handle(self.hall.event("u1", text, at_ms=to_ms(now), standby=standby))
        self.number_of_rows = len(self.hall.rows())
        if officer_s:  # stored, and nothing else
            assert self.hall.conversation().owner == Owner.OFFICER
            assert len(self.hall.assistant.heard) == count

    def _is_officer_s(self) -> bool:
        """An officer has the chat and was seen within the idle time."""
        row = self.hall.conversation()
        seen = row.officer_wrote_at
        return row.owner == Owner.OFFICER and bool(seen and self.hall.clock() - seen < OFFICER_IDLE)

    @rule()
    def resident_writes(self) -> None:
        self.hall.assistant.answer = outcome_with()
        self._hears("khai sinh")

    @rule(reason=st.sampled_from(["wish", "complaint", "emergency"]))
    def resident_wishes(self, reason: str) -> None:
        self.hall.assistant.answer = outcome_with(handoff=HandoffRequest(reason, "chung"))
        heard = len(self.hall.assistant.heard)
        self._hears("gặp cán bộ")
        self.wanted |= len(self.hall.assistant.heard) > heard

    @rule()
    def resident_calls_it_off(self) -> None:
        waiting = self.hall.conversation().owner == Owner.WAITING
        self.hall.assistant.answer = outcome_with(cancels_officer=waiting)
        self._hears("thôi khỏi")
        self.wanted &= not waiting

    @rule(name=OFFICERS)
    def claims(self, name: str) -> None:
        before = self.hall.conversation()
        officer = getattr(self.hall, name)
        free = before.owner != Owner.OFFICER or before.officer_id in (None, officer)
        assert self.hall.claims(officer).won is free

    @rule(name=OFFICERS)
    def says(self, name: str) -> None:
        officer, before = getattr(self.hall, name), self.hall.conversation()
        self.number += 1
        said = self.hall.says(officer, f"lời {self.number}", f"k{self.number}")
        mine = before.owner == Owner.OFFICER and before.officer_id == officer
        assert (said.problem is None) is mine
        self.wanted &= not mine

    @rule(name=OFFICERS)
    def releases(self, name: str) -> None:
        if self.hall.releases(getattr(self.hall, name)):
            self.wanted = False

    @rule(name=OFFICERS, straight=st.booleans())
    def forwards(self, name: str, straight: bool) -> None:
        if self.hall.forwards(getattr(self.hall, name), to=self.hall.binh if straight else None):
            self.wanted = True

    @rule()
    def writes_elsewhere(self) -> None:
        self.number += 1
        self.hall.turns.handle(self.hall.echo(f"để tôi {self.number}", echo_author=EchoAuthor.OFFICER))
        self.wanted = False

    @rule()
    def another_app_has_the_thread(self) -> None:
        self._hears("alo", standby=True)

    @rule(share=st.sampled_from([0.3, 0.6, 1.0]))
    def time_passes(self, share: float) -> None:
        self.hall.clock.moves(OFFICER_IDLE.total_seconds() * share)

    @rule()
    def the_clock_s_jobs(self) -> None:
        self.hall.idles()
        self.hall.escalates()
        row = self.hall.conversation()
        late = row.waiting_since and (self.hall.clock() - row.waiting_since).total_seconds() >= 15 * 60
        assert row.owner != Owner.WAITING or not late or row.escalated_at is not None

    @rule(ends=st.sampled_from(["told", "told", "lost", "busy", "elsewhere"]))
    def worker_sends(self, ends: str) -> None:
        plan = {
            "lost": LOST,
            "busy": error("4", retryable=True),
            "elsewhere": error("10/2018300", owned_elsewhere=True),
        }
        if ends in plan:
            self.hall.channel.plan.append(plan[ends])
        self.hall.sends()
        self.hall.channel.plan.clear()

    @invariant()
    def the_bot_never_talks_over_an_officer(self) -> None:
        if hasattr(self, "hall"):
            assert self.talked_over == []

    @invariant()
    def there_is_exactly_one_owner(self) -> None:
        if not hasattr(self, "hall"):
            return
        row = self.hall.conversation()
        assert row.owner in set(Owner)
        if row.owner != Owner.OFFICER:
            assert row.officer_id is None and row.officer_wrote_at is None
        else:
            assert row.officer_wrote_at is not None

    @invariant()
    def nobody_waits_unseen(self) -> None:
        """Who wants an officer and has had no answer is in the list of those who wait, or somebody has it."""
        if not hasattr(self, "hall"):
            return
        row = self.hall.conversation()
        found = [h.status for h in self.hall.handoffs() if h.status in ("waiting", "taken")]
        assert len(found) <= 1  # nobody waits twice
        open_ = set(found)
        if self.wanted:
            assert row.owner != Owner.BOT and row.waiting_since is not None
        if row.owner == Owner.WAITING:
            assert row.waiting_since is not None and "waiting" in open_
        if row.owner == Owner.BOT:
            assert row.waiting_since is None and not open_ & {"waiting", "taken"}


Conversations.TestCase.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
TestConversations = Conversations.TestCase
