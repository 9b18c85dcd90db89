"""One event is one transaction, worked once, and an officer is never talked over."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select, update

from bot.dialogue.types import Behaviour, DialogueState, HandoffRequest, Heard, Outcome
from bot.store.engine import reading, writing
from bot.store.models import Audit, Conversation, Handoff, Message, Outgoing, Unanswered
from bot.understanding.types import Skill
from bot.worker.echoes import OWNED
from bot.worker.turn import _Overtaken
from connectors.channel import Attachment, EchoAuthor, Event, EventKind, Reply
from tests.worker.fakes import OFFICER_IDLE, Town, parrot

US, OFFICER, OTHER_APP = EchoAuthor.US, EchoAuthor.OFFICER, EchoAuthor.OTHER_APP


def outcome_with(**values: object) -> Callable[[DialogueState, Heard], Outcome]:
    return lambda state, heard: replace(parrot(state, heard), **values)  # type: ignore[arg-type]


def test_a_message_is_stored_answered_and_remembered(town: Town) -> None:
    town.turns.handle(town.event("u1", "khai sinh", event_id="e1", at_ms=1_780_000_000_123))
    assert town.story() == [("resident", "khai sinh"), ("bot", "1: khai sinh")]
    conversation = town.conversation()
    assert (conversation.owner, conversation.last_inbound_ms) == ("bot", 1_780_000_000_123)
    assert DialogueState.from_dict(conversation.state).memory == {"turn": 1}
    assert town.statuses() == ["pending"]
    assert town.notified == [conversation.id]
    with reading(town.engine) as session:
        message = session.scalars(select(Message).where(Message.event_id == "e1")).one()
    assert message.understood == {
        "behaviour": "answer",
        "skill": "procedure",
        "codes": ["1.001193"],
        "aspects": [],
        "confidence": 0.8765,
    }


def test_a_reply_of_several_calls_is_several_rows_in_order(town: Town) -> None:
    town.assistant.answer = outcome_with(replies=(Reply("a|b"), Reply("c")))
    town.hears("x")
    assert [row.wire["message"]["text"] for row in town.rows()] == ["a", "b", "c"]
    assert len({row.key for row in town.rows()}) == 3


@pytest.mark.parametrize(
    ("values", "heard"),
    [
        ({"text": "chào"}, Heard(text="chào")),
        ({"kind": EventKind.BUTTON, "text": "Lệ phí", "payload": "#p:1:fee"}, Heard("Lệ phí", "#p:1:fee")),
        ({"kind": EventKind.OPENED, "text": None}, Heard(opened=True)),
        (
            {"text": None, "attachments": (Attachment("image", "https://x/y"),)},
            Heard(attachments=(Attachment("image", "https://x/y"),)),
        ),
    ],
)
def test_what_the_assistant_hears(town: Town, values: dict[str, object], heard: Heard) -> None:
    town.turns.handle(town.event("u1", **values))
    assert town.assistant.heard == [heard]


@pytest.mark.parametrize(
    "kind", [EventKind.REACTION, EventKind.EDITED, EventKind.HANDOVER, EventKind.FEED, EventKind.OTHER]
)
def test_other_events_are_not_answered(town: Town, kind: EventKind) -> None:
    town.turns.handle(town.event(kind=kind))
    assert town.assistant.heard == []
    assert town.count(Outgoing) == 0


def test_shared_contact_details_are_stored_in_silence(town: Town) -> None:
    town.turns.handle(town.event("u1", "Tên: Lan, điện thoại 0912345678", kind=EventKind.CONTACT))
    assert town.story() == [("resident", "Tên: Lan, điện thoại ••••••••78")]
    assert town.assistant.heard == []


def test_an_event_of_an_unknown_account_changes_nothing(town: Town) -> None:
    before = town.dump()
    town.turns.handle(town.event(account_id="another"))
    assert town.dump() == before


def test_numbers_are_masked_in_what_is_stored(town: Town) -> None:
    town.hears("cccd 079204001234, sđt 0912 345 678")
    assert "079204001234" not in "".join(text or "" for _, text in town.story())
    assert town.story()[0] == ("resident", "cccd ••••••••••34, sđt ••••••••78")
    assert town.assistant.heard[0].text == "cccd 079204001234, sđt 0912 345 678"


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(0, 5), min_size=1, max_size=14), st.data())
def test_working_events_again_changes_nothing(
    engine: Engine, numbers: list[int], data: st.DataObject
) -> None:
    """Any interleaving of repeats leaves what one run over the first occurrences would leave."""
    town = Town(engine)
    user = f"u{town.count(Conversation)}-{data.draw(st.uuids())}"
    events = [
        town.event(user, "một"),
        town.event(user, "hai", kind=EventKind.BUTTON, payload="#menu"),
        town.echo("cán bộ viết", user, echo_author=OFFICER),
        town.event(user, None, kind=EventKind.LEFT),
        town.event(user, "ba"),
        town.event(user, "bốn", kind=EventKind.CONTACT),
    ]
    first: list[int] = []
    for number in numbers:
        before = town.dump()
        town.turns.handle(events[number])
        if number in first:
            assert town.dump() == before or number == 3  # "left" may be said again after a return
        else:
            first.append(number)
    stored = [n for n in first if n != 3]
    with reading(engine) as session:
        conversation_id = session.scalars(select(Conversation.id).where(Conversation.user_ref == user)).one()
        found = session.scalars(
            select(Message.event_id)
            .where(Message.conversation_id == conversation_id, Message.event_id.is_not(None))
            .order_by(Message.id)
        ).all()
    assert found == [events[n].event_id for n in stored]


def test_a_failure_inside_leaves_nothing(town: Town) -> None:
    before = town.dump()

    def breaks(reply: Reply) -> list[dict[str, object]]:
        raise RuntimeError

    town.assistant.answer = outcome_with(
        replies=(Reply("a"),), handoff=HandoffRequest("wish"), unanswered=True
    )
    town.channel.render = breaks  # type: ignore[method-assign]
    with pytest.raises(RuntimeError):
        town.hears("x")
    assert town.dump() == before
    assert town.notified == []


def test_a_refusal_and_a_gap_in_the_data_are_noted_for_review(town: Town) -> None:
    town.assistant.answer = outcome_with(unanswered=True)
    town.hears("thủ tục lạ")
    town.assistant.answer = outcome_with(behaviour=Behaviour.REFUSE, skill=Skill.NONE)
    town.hears("xyz")
    town.assistant.answer = parrot
    town.hears("khai sinh")
    with reading(town.engine) as session:
        noted = session.scalars(select(Message.text).join(Unanswered).order_by(Message.id)).all()
    assert noted == ["thủ tục lạ", "xyz"]


def test_a_wish_for_a_person_is_recorded_once_while_it_waits(town: Town) -> None:
    """Also in another queue: the resident waits once. What is more urgent moves it (tests/handoff)."""
    town.assistant.answer = outcome_with(handoff=HandoffRequest("wish", "tu-phap"))
    town.hears("gặp cán bộ", "gặp cán bộ đi")
    town.assistant.answer = outcome_with(handoff=HandoffRequest("anger", "cong-an"))
    town.hears("gọi công an")
    town.assistant.answer = outcome_with(handoff=HandoffRequest("wish", "tu-phap"))
    town.hears("alo", user_id="u2")
    with reading(town.engine) as session:
        rows = session.execute(select(Handoff.queue, Handoff.reason, Handoff.status)).all()
    assert sorted(tuple(row) for row in rows) == [
        ("tu-phap", "wish", "waiting"),
        ("tu-phap", "wish", "waiting"),
    ]


# --- ownership


@pytest.mark.parametrize("author", [OFFICER, OTHER_APP])
def test_an_officer_who_writes_elsewhere_has_the_conversation(town: Town, author: EchoAuthor) -> None:
    town.hears("một")
    town.turns.handle(town.echo("để tôi", echo_author=author, message_id="x1"))
    assert town.conversation().owner == "officer"
    town.hears("hai")
    assert town.story() == [
        ("resident", "một"),
        ("bot", "1: một"),
        ("officer", "để tôi"),
        ("resident", "hai"),
    ]
    assert len(town.assistant.heard) == 1
    (row,) = town.rows()  # what the bot had not yet said stays unsaid
    assert (row.status, row.error_code) == ("failed", OWNED)


def test_after_a_long_silence_of_the_officer_the_bot_answers_again(town: Town) -> None:
    town.hears("một")
    town.turns.handle(town.echo("để tôi", echo_author=OFFICER))
    town.clock.moves(OFFICER_IDLE.total_seconds() - 1)
    town.hears("hai")
    assert len(town.assistant.heard) == 1
    town.clock.moves(1)
    town.hears("ba")
    assert town.conversation().owner == "bot"
    assert town.story()[-1] == ("bot", "2: ba")


def test_while_another_app_owns_the_thread_the_bot_only_listens(town: Town) -> None:
    town.turns.handle(town.event("u1", "một", standby=True))
    assert town.story() == [("resident", "một")]
    assert town.assistant.heard == []


def test_an_officer_s_words_are_stored_once(town: Town) -> None:
    echo = town.echo("để tôi", echo_author=OFFICER)
    town.turns.handle(echo)
    town.turns.handle(echo)
    assert town.story() == [("officer", "để tôi")]


def test_an_officer_who_takes_over_during_a_turn_is_not_talked_over(town: Town) -> None:
    """The answer was made for a conversation that is no longer the bot's."""
    town.hears("một")

    def interrupted(state: DialogueState, heard: Heard) -> Outcome:
        town.assistant.answer = parrot
        town.turns.handle(town.echo("để tôi", echo_author=OFFICER))
        return parrot(state, heard)

    town.assistant.answer = interrupted
    town.hears("hai")
    assert town.conversation().owner == "officer"
    assert town.story()[-2:] == [("officer", "để tôi"), ("resident", "hai")]


def test_a_turn_that_was_overtaken_is_made_anew_on_the_new_state(town: Town) -> None:
    town.hears("một")

    def interrupted(state: DialogueState, heard: Heard) -> Outcome:
        town.assistant.answer = parrot
        with writing(town.engine) as session:
            session.execute(
                update(Conversation).values(
                    state=DialogueState(memory={"turn": 41}).to_dict(), version=Conversation.version + 1
                )
            )
        return parrot(state, heard)

    town.assistant.answer = interrupted
    town.hears("hai")
    assert town.story()[-1] == ("bot", "42: hai")
    assert len(town.rows()) == 2


def test_a_conversation_that_never_rests_gives_up_without_a_trace(town: Town) -> None:
    town.hears("một")
    before = town.story()

    def restless(state: DialogueState, heard: Heard) -> Outcome:
        with writing(town.engine) as session:
            session.execute(
                update(Conversation).values(
                    officer_wrote_at=town.clock() + timedelta(seconds=len(town.assistant.heard)),
                    version=Conversation.version + 1,
                )
            )
        return parrot(state, heard)

    town.assistant.answer = restless
    with pytest.raises(_Overtaken):
        town.hears("hai")
    assert town.story() == before


# --- echoes of our own words


def test_who_left_is_not_reachable_until_they_write_again(town: Town) -> None:
    town.hears("một")
    town.turns.handle(town.event(kind=EventKind.LEFT, text=None))
    assert not town.conversation().reachable
    town.hears("hai")
    assert town.conversation().reachable


# --- erasure

SECRET = "chuyện riêng của tôi"


def full_conversation(town: Town) -> None:
    town.assistant.answer = lambda state, heard: replace(
        parrot(state, heard),
        state=DialogueState(memory={"said": SECRET}),
        replies=(Reply(f"về {SECRET}"),),
        handoff=HandoffRequest("wish"),
        unanswered=True,
    )
    town.hears(SECRET, f"nữa {SECRET}")
    town.turns.handle(
        town.event("u1", SECRET, attachments=(Attachment("image", f"https://x/{SECRET}"),), payload=SECRET)
    )
    town.sends()
    town.turns.handle(town.echo(f"cán bộ: {SECRET}", echo_author=OFFICER))
    assert SECRET in town.dump()


@pytest.mark.parametrize("times", [1, 2])
def test_a_withdrawal_erases_everything(town: Town, times: int) -> None:
    full_conversation(town)
    town.assistant.answer = outcome_with(handoff=HandoffRequest("wish"), unanswered=True)
    town.hears("giữ lại", user_id="u2")
    kept = len(town.story("u2"))
    withdrawal = town.event("u1", None, kind=EventKind.WITHDRAW, event_id="w1")
    for _ in range(times):
        town.turns.handle(withdrawal)
    assert SECRET not in town.dump()
    assert town.story() == []
    assert town.rows() == []
    assert (town.conversation().owner, town.conversation().state) == ("bot", {})
    assert town.count(Handoff) == town.count(Unanswered) == 1  # u2's
    assert len(town.story("u2")) == kept
    with reading(town.engine) as session:
        audit = session.scalars(select(Audit)).one()
    assert (audit.actor, audit.action, audit.subject) == (
        "user_withdraw",
        "erase",
        f"conversation:{town.conversation().id}",
    )
    assert set(town.forgotten) == {("zalo", "u1")}


def test_a_resident_s_own_erasure_keeps_only_the_confirmation(town: Town) -> None:
    full_conversation(town)
    town.clock.moves(OFFICER_IDLE.total_seconds())
    town.assistant.answer = lambda state, heard: Outcome(
        Behaviour.SMALLTALK, Skill.SMALLTALK, DialogueState(greeted=True), (Reply("Đã xóa."),), erase=True
    )
    button = town.event("u1", "Xóa", kind=EventKind.BUTTON, payload="#erase:yes")
    town.turns.handle(button)
    town.turns.handle(button)
    assert SECRET not in town.dump()
    assert town.story() == [("resident", "Xóa"), ("bot", "Đã xóa.")]
    assert town.statuses() == ["pending"]
    assert town.count(Audit) == 1
    assert town.forgotten == [("zalo", "u1")]
    town.sends_all()
    assert town.channel.texts()[-1] == "Đã xóa."


def test_if_what_is_outside_cannot_be_erased_nothing_is_and_it_is_tried_again(town: Town) -> None:
    full_conversation(town)
    before = town.dump()
    withdrawal = town.event("u1", None, kind=EventKind.WITHDRAW)
    real = town.turns._forget

    def away(_channel: str, _user: str, _files: Sequence[str]) -> None:
        raise ConnectionError

    town.turns._forget = away
    with pytest.raises(ConnectionError):
        town.turns.handle(withdrawal)
    assert town.dump() == before
    town.turns._forget = real
    town.turns.handle(withdrawal)
    assert SECRET not in town.dump()


def test_an_erasure_while_a_message_is_on_its_way(town: Town) -> None:
    """Its row is gone when the platform answers; nobody minds."""
    town.hears("một")

    def erased_meanwhile(sent: object) -> object:
        town.turns.handle(town.event("u1", None, kind=EventKind.WITHDRAW))
        return town.channel.delivers(sent)  # type: ignore[arg-type]

    town.channel.plan.append(erased_meanwhile)  # type: ignore[arg-type]
    town.sends_all()
    town.turns.handle(town.echo("1: một", echo_author=US, message_id="m1"))
    assert town.rows() == []
    assert town.conversation().owner == "bot"


def test_an_event_id_is_worked_once_per_account_whoever_it_names(town: Town) -> None:
    event: Event = town.event("u1", "một", event_id="same")
    town.turns.handle(event)
    town.turns.handle(replace(event, user_id="u2"))
    assert town.count(Conversation) == 1
