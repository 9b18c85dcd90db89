"""Sending: in order, every answer of a platform obeyed, never twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from redis import ConnectionError as RedisConnectionError
from sqlalchemy import Engine, update

from bot.store.conversations import add_reply
from bot.store.engine import writing
from bot.store.models import Conversation, Outgoing
from bot.worker.delivery import (
    CALL_ENDS,
    ECHO_GRACE,
    GIVE_UP_AFTER,
    MAX_LOOKUPS,
    NO_TOKEN_PAUSE,
    RETRY_WAITS_S,
    UNCLEAR,
    ConversationSender,
)
from bot.worker.echoes import OWNED
from connectors.channel import Author, EchoAuthor, Found, Lookup, Reply, SendResult
from tests.worker.fakes import LOST, FakeTokens, Sent, Town, error

UNCERTAIN = Lookup(Found.UNCERTAIN)


class Killed(BaseException):
    """The worker ends here, at this very instruction."""


def test_messages_go_out_in_order(town: Town) -> None:
    town.hears("a", "b", "c")
    assert town.sends() is None
    assert town.channel.texts() == ["1: a", "2: b", "3: c"]
    assert town.statuses() == ["sent"] * 3
    assert [row.external_id for row in town.rows()] == ["m1", "m2", "m3"]


def test_what_a_channel_is_told(town: Town) -> None:
    town.turns.handle(town.event("u1", "a", at_ms=1_700_000_000_000))
    town.sends()
    (sent,) = town.channel.calls
    (row,) = town.rows()
    assert (sent.recipient, sent.account.id, sent.account.token) == ("u1", "oa", "t1")
    assert (sent.context.idempotency_key, sent.context.author) == (row.key, Author.BOT)
    assert sent.context.last_inbound_ms == 1_700_000_000_000
    assert sent.context.now_ms == int(town.clock().timestamp() * 1000)


def test_a_worker_that_may_not_act_does_nothing(town: Town) -> None:
    town.hears("a", "b")
    assert town.sender.run(town.conversation().id, lambda: False) is None
    assert town.channel.calls == []
    allowed = iter([True, False])
    town.sender.run(town.conversation().id, lambda: next(allowed))
    assert town.channel.texts() == ["1: a"]
    assert town.statuses() == ["sent", "pending"]


def test_the_rate_is_kept(town: Town) -> None:
    town.hears("a")
    town.rate_waits.append(0.25)
    assert town.sends() == town.clock() + timedelta(seconds=0.25)
    assert town.statuses() == ["pending"]
    assert town.sends() is None


# --- errors


def test_what_is_retryable_is_retried_with_growing_waits_before_anything_else(town: Town) -> None:
    town.hears("a", "b")
    town.channel.plan.extend([error("busy", retryable=True)] * (len(RETRY_WAITS_S) + 2))
    waits = []
    while (due := town.sends()) is not None:
        assert town.sends() == due  # not before its time
        waits.append((due - town.clock()).total_seconds())
        town.clock.now = due
    assert waits == [*RETRY_WAITS_S, RETRY_WAITS_S[-1], RETRY_WAITS_S[-1]]
    assert town.channel.texts() == ["1: a", "2: b"]
    assert [row.error_code for row in town.rows()] == [None, None]


def test_the_platform_may_ask_for_a_longer_wait(town: Town) -> None:
    town.hears("a")
    town.channel.plan.append(error("limit", retryable=True, retry_after_s=77))
    assert town.sends() == town.clock() + timedelta(seconds=77)


def test_an_outage_of_hours_is_waited_out(town: Town) -> None:
    town.hears("a")
    until = town.clock() + timedelta(hours=4)
    while town.clock() < until:
        town.channel.plan.append(error("down", retryable=True))
        due = town.sends()
        assert due is not None
        town.clock.now = due
    town.sends_all()
    assert town.channel.texts() == ["1: a"]


def test_after_a_day_it_is_given_up_and_the_next_goes_on(town: Town) -> None:
    town.hears("a")
    town.clock.moves(GIVE_UP_AFTER.total_seconds())
    town.hears("b")
    town.channel.plan.append(error("down", retryable=True))
    town.sends()
    assert town.statuses() == ["failed", "sent"]
    assert town.rows()[0].error_code == "down"
    assert "lý do" in (town.rows()[0].error_reason or "")


def test_a_plain_refusal_fails_that_message_alone(town: Town) -> None:
    town.hears("a", "b")
    town.channel.plan.append(error("100"))
    assert town.sends() is None
    assert town.statuses() == ["failed", "sent"]
    assert (town.rows()[0].error_code, town.rows()[0].error_reason) == ("100", "lý do")
    assert town.conversation().owner == "bot"


@pytest.mark.parametrize(
    ("flag", "reachable", "owner"),
    [("recipient_gone", False, "bot"), ("window_closed", True, "bot"), ("owned_elsewhere", True, "officer")],
)
def test_what_concerns_the_conversation_fails_the_rest_of_it(
    town: Town, flag: str, reachable: bool, owner: str
) -> None:
    town.hears("a", "b")
    town.hears("c", user_id="u2")
    town.channel.plan.append(error("7", **{flag: True}))
    assert town.sends() is None
    assert len(town.channel.calls) == 1
    assert [(row.status, row.error_code) for row in town.rows()] == [("failed", "7")] * 2
    assert (town.conversation().reachable, town.conversation().owner) == (reachable, owner)
    assert town.statuses("u2") == ["pending"]


def test_owned_elsewhere_silences_the_bot(town: Town) -> None:
    town.hears("a")
    town.channel.plan.append(error("7", owned_elsewhere=True))
    town.sends()
    town.hears("b")
    assert len(town.assistant.heard) == 1


def test_a_refused_token_is_renewed_and_the_message_sent_again(town: Town) -> None:
    town.hears("a")
    town.tokens.next_token = "t2"
    town.channel.plan.append(error("-216", needs_reauth=True))
    town.sends_all(at_most_s=0)
    assert [sent.account.token for sent in town.channel.calls] == ["t1", "t2"]
    assert town.statuses() == ["sent"]


def test_a_frozen_account_waits_and_goes_on_when_it_is_thawed(town: Town) -> None:
    town.hears("a", "b")
    town.channel.plan.append(error("190", needs_reauth=True))
    assert town.sends() == town.clock() + NO_TOKEN_PAUSE
    assert town.tokens.refusals == ["t1"]
    town.clock.moves(3600)
    assert town.sends() == town.clock() + NO_TOKEN_PAUSE
    assert len(town.channel.calls) == 1
    town.tokens.frozen, town.tokens.token = False, "t9"
    town.clock.moves(NO_TOKEN_PAUSE.total_seconds())
    town.sends_all()
    assert town.channel.texts() == ["1: a", "2: b"]


def test_a_platform_that_refuses_every_token_is_not_asked_without_a_pause(town: Town) -> None:
    class Renewing(FakeTokens):
        def refused(self, account_id: int, token: str) -> bool:
            self.refusals.append(token)
            return True

    town.tokens = Renewing()
    town.sender = town.another_sender()
    town.hears("a")
    town.channel.plan.extend([error("-216", needs_reauth=True)] * 2000)
    start = town.clock()
    calls_in_a_minute = 0
    while town.clock() < start + timedelta(minutes=1):
        due = town.sends()
        assert due is not None
        calls_in_a_minute += 1
        town.clock.now = max(due, town.clock())
    assert calls_in_a_minute <= 3 + 60 / NO_TOKEN_PAUSE.total_seconds() + 1


def test_while_redis_is_away_no_token_means_a_pause(town: Town) -> None:
    class Away(FakeTokens):
        def sendable(self, account_id: int) -> None:
            raise RedisConnectionError

    town.tokens = Away()
    town.sender = town.another_sender()
    town.hears("a")
    assert town.sends() == town.clock() + NO_TOKEN_PAUSE
    assert town.statuses() == ["pending"]


# --- unknown


def test_an_unknown_send_that_arrived_is_found_and_not_sent_again(town: Town) -> None:
    town.hears("a", "b")
    town.channel.plan.append(town.channel.delivers_silently)
    assert town.sends() == town.clock() + ECHO_GRACE
    assert town.statuses() == ["unknown", "pending"]
    assert town.channel.looked_up == 0  # the echo gets its chance first
    town.sends_all()
    assert town.channel.texts() == ["1: a", "2: b"]
    assert [row.external_id for row in town.rows()] == ["m1", "m2"]


def test_the_echo_settles_an_unknown_send_without_a_look_up(town: Town) -> None:
    town.hears("a", "b")
    town.channel.plan.append(town.channel.delivers_silently)
    town.sends()
    town.turns.handle(town.echo("1: a", echo_author=EchoAuthor.US, message_id="m1"))
    assert town.sends() is None
    assert town.channel.looked_up == 0
    assert town.channel.texts() == ["1: a", "2: b"]


def test_an_unknown_send_that_did_not_arrive_is_sent_again(town: Town) -> None:
    town.hears("a", "b")
    town.channel.plan.append(LOST)
    town.sends_all(at_most_s=ECHO_GRACE.total_seconds())
    assert town.channel.texts() == ["1: a", "2: b"]
    assert [sent.context.idempotency_key for sent in town.channel.calls[:2]] == [town.rows()[0].key] * 2


def test_a_platform_that_swallows_every_call_is_given_time(town: Town) -> None:
    town.hears("a")
    town.channel.plan.extend([LOST] * 6)
    town.sends_all()
    assert town.channel.texts() == ["1: a"]
    assert town.clock() - town.rows()[0].created_at > timedelta(seconds=sum(RETRY_WAITS_S[1:5]))


def test_a_look_up_that_does_not_know_is_asked_again_and_nothing_is_sent(town: Town) -> None:
    town.hears("a", "b")
    town.channel.plan.append(LOST)
    town.channel.lookups.extend([UNCERTAIN] * (MAX_LOOKUPS + 1))
    town.sends_all()
    assert town.channel.looked_up == MAX_LOOKUPS
    first, second = town.rows()
    assert (first.status, first.error_code, first.error_reason) == ("failed", *UNCLEAR)
    assert second.status == "sent"
    assert town.channel.texts() == ["2: b"]


def test_a_look_up_that_knows_later_settles(town: Town) -> None:
    town.hears("a")
    town.channel.plan.append(town.channel.delivers_silently)
    town.channel.lookups.extend([UNCERTAIN] * 3)
    town.sends_all()
    assert town.channel.texts() == ["1: a"]
    assert town.statuses() == ["sent"]


@pytest.mark.parametrize("delivered", [True, False])
def test_a_row_that_a_killed_worker_left_is_looked_up_when_its_call_has_ended(
    town: Town, delivered: bool
) -> None:
    town.hears("a", "b")

    def dies(sent: Sent) -> SendResult:
        if delivered:
            town.channel.delivers(sent)
        raise Killed

    town.channel.plan.append(dies)
    with pytest.raises(Killed):
        town.sends()
    assert town.statuses() == ["sending", "pending"]
    town.clock.moves(1)
    assert town.sends() == town.rows()[0].attempted_at + CALL_ENDS  # type: ignore[operator]
    assert town.statuses() == ["unknown", "pending"]
    assert town.channel.looked_up == 0
    town.sends_all()
    assert town.channel.texts() == ["1: a", "2: b"]


def test_a_call_that_outlives_its_worker_s_lease_is_not_repeated(town: Town) -> None:
    """The other worker finds the row in sending, waits until the call must have ended, and looks."""
    town.hears("a")
    other = town.another_sender()
    conversation = town.conversation().id

    def slow(sent: Sent) -> SendResult:
        town.clock.moves(5)
        due = other.run(conversation, lambda: True)
        assert due is not None
        town.clock.moves(7)
        assert other.run(conversation, lambda: True) == due
        return town.channel.delivers(sent)

    town.channel.plan.append(slow)
    assert town.sends() is None
    assert town.statuses() == ["sent"]
    town.clock.moves(60)
    assert other.run(conversation, lambda: True) is None
    assert len(town.channel.calls) == 1


@pytest.mark.parametrize("late", [LOST, error("busy", retryable=True), error("100")])
def test_what_an_earlier_call_reports_late_changes_nothing(town: Town, late: SendResult) -> None:
    """A sender that slept through everything (SIGSTOP) wakes up while the next call is under way."""
    town.hears("a")
    other = town.another_sender()
    conversation = town.conversation().id

    def second_call(sent: Sent) -> SendResult:
        first_sender_wakes()
        assert town.statuses() == ["sending"]
        return town.channel.delivers(sent)

    results: list[str] = []

    def first_sender_wakes() -> None:
        row = town.outbox.first_undone(conversation)
        assert row is not None
        stale = first_claim[0]
        if late.error is None:
            town.outbox.unknown(stale, town.clock(), 0)
        elif late.error.retryable:
            town.outbox.again(stale, town.clock(), "busy", "?")
        else:
            town.outbox.failed(stale, "100", "?", with_rest=False)
        results.append("woken")

    pending = town.outbox.first_undone(conversation)
    assert pending is not None
    first_claim = [town.outbox.claim(pending, town.clock())]
    assert first_claim[0] is not None
    town.channel.plan.append(second_call)
    while (due := other.run(conversation, lambda: True)) is not None:
        town.clock.now = max(due, town.clock())
    assert results == ["woken"]
    assert town.channel.texts() == ["1: a"]
    assert town.statuses() == ["sent"]


def test_a_late_word_that_it_was_sent_counts(town: Town) -> None:
    town.hears("a")
    pending = town.outbox.first_undone(town.conversation().id)
    assert pending is not None
    claimed = town.outbox.claim(pending, town.clock())
    assert claimed is not None
    town.outbox.unknown(claimed, town.clock(), 0)
    town.outbox.again(claimed, town.clock(), None, None)
    town.outbox.sent(claimed, "m7", town.clock())
    assert town.sends() is None
    assert town.channel.calls == []
    assert town.rows()[0].external_id == "m7"


# --- an officer takes over while something is under way


@pytest.mark.parametrize("then", [LOST, error("busy", retryable=True)], ids=["lost", "busy"])
def test_a_bot_s_message_that_failed_is_not_repeated_into_an_officer_s_conversation(
    town: Town, then: SendResult
) -> None:
    town.hears("a")

    def officer_meanwhile(sent: Sent) -> SendResult:
        town.turns.handle(town.echo("để tôi", echo_author=EchoAuthor.OFFICER))
        return then

    town.channel.plan.append(officer_meanwhile)
    town.sends_all()
    assert len(town.channel.calls) == 1
    assert [(row.status, row.error_code) for row in town.rows()] == [("failed", OWNED)]


def test_an_officer_s_own_message_goes_out_in_their_conversation(town: Town) -> None:
    town.hears("a")
    town.sends()
    town.turns.handle(town.echo("để tôi", echo_author=EchoAuthor.OFFICER))
    with writing(town.engine) as session:
        conversation = session.get_one(Conversation, town.conversation().id)
        add_reply(
            session,
            conversation,
            Reply("từ bàn"),
            town.channel.render(Reply("từ bàn")),
            town.clock(),
            "officer",
        )
    town.sends()
    assert town.channel.texts()[-1] == "từ bàn"
    assert town.channel.calls[-1].context.author is Author.OFFICER


# --- several senders


def run_over(sender: ConversationSender, conversation_ids: list[int]) -> None:
    for conversation_id in conversation_ids:
        sender.run(conversation_id, lambda: True)


def test_several_senders_at_once_send_nothing_twice(engine: Engine) -> None:
    """Real threads, several conversations, a platform that loses answers."""
    town = Town(engine)
    users = [f"u{n}" for n in range(6)]
    for user in users:
        town.hears("a", "b", "c", user_id=user)
    ids = [town.conversation(user).id for user in users]
    for number in range(8):
        town.channel.plan.append(town.channel.delivers_silently if number % 2 else LOST)
    senders = [town.another_sender() for _ in range(3)]
    with ThreadPoolExecutor(3) as pool:
        for _ in range(4):
            jobs = [pool.submit(run_over, sender, ids[n:] + ids[:n]) for n, sender in enumerate(senders)]
            for job in jobs:
                job.result(60)
            town.clock.moves(CALL_ENDS.total_seconds() + 1)
    for user in users:
        town.sends_all(user)
    for user in users:
        mine = [sent.text for sent in town.channel.delivered if sent.recipient == user]
        assert mine == ["1: a", "2: b", "3: c"]


def test_what_is_undone_is_found_with_its_key(town: Town) -> None:
    town.hears("a")
    town.hears("b", user_id="u2")
    town.sends("u2")
    conversation = town.conversation().id
    assert town.outbox.undone_conversations() == [(conversation, "zalo:oa:u1")]
    assert town.outbox.conversation_key(conversation) == "zalo:oa:u1"
    for status, found in (("sending", 1), ("unknown", 1), ("failed", 0), ("sent", 0)):
        with writing(town.engine) as session:
            session.execute(
                update(Outgoing).where(Outgoing.conversation_id == conversation).values(status=status)
            )
        assert len(town.outbox.undone_conversations()) == found, status
