"""Claim, answer, forward, release on both databases: one owner, nobody talked over, the resident told."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.clock import to_ms
from bot.dialogue.types import HandoffRequest, Rated
from bot.handoff import transfer
from bot.handoff.idling import return_disabled
from bot.store.engine import reading, writing
from bot.store.models import Account, Audit, Conversation, Handoff, Message, Officer, Rating, Unit
from connectors.channel import EchoAuthor
from tests.handoff.conftest import VAULT, Hall
from tests.worker.fakes import OFFICER_IDLE, error
from tests.worker.test_turn import outcome_with


def wishes(hall: Hall, reason: str = "wish", queue: str = "chung", user_id: str = "u1") -> None:
    hall.assistant.answer = outcome_with(handoff=HandoffRequest(reason, queue))
    hall.turns.handle(hall.event(user_id, "gặp cán bộ", at_ms=to_ms(hall.clock())))


def test_fifty_officers_at_once_and_one_wins(hall: Hall) -> None:
    wishes(hall)
    conversation = hall.id_of()
    officers = [hall.officer(f"o{n}") for n in range(50)]
    start, results = threading.Barrier(50), {}

    def tries(officer: int) -> None:
        start.wait()
        results[officer] = transfer.claim(hall.engine, conversation, officer, hall.clock())

    threads = [threading.Thread(target=tries, args=(o,)) for o in officers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (winner,) = [o for o, claim in results.items() if claim.won]
    assert {claim.owner_id for claim in results.values()} == {winner}
    assert hall.conversation().officer_id == winner
    assert hall.notes() == ["claim"]
    (handoff,) = hall.handoffs()
    assert (handoff.status, handoff.officer_id) == ("taken", winner)


def test_a_claim_holds_back_what_the_bot_has_not_said(hall: Hall) -> None:
    hall.hears("một")
    assert hall.claims(hall.anna).won
    hall.sends()
    assert hall.channel.texts() == []
    assert hall.statuses() == ["failed"]
    hall.hears("hai")
    assert hall.story()[-1] == ("resident", "hai")
    (handoff,) = hall.handoffs()
    assert (handoff.reason, handoff.status) == ("step_in", "taken")


def test_claiming_one_s_own_again_changes_nothing(hall: Hall) -> None:
    wishes(hall)
    hall.claims(hall.anna)
    before = hall.dump()
    hall.clock.moves(5)
    assert hall.claims(hall.anna) == transfer.Claim(True, hall.anna)
    assert hall.dump() == before
    assert hall.claims(hall.binh) == transfer.Claim(False, hall.anna)


def test_a_chat_that_an_officer_has_elsewhere_can_be_claimed(hall: Hall) -> None:
    wishes(hall)
    hall.turns.handle(hall.echo("để tôi", echo_author=EchoAuthor.OFFICER))
    assert (hall.conversation().owner, hall.conversation().officer_id) == ("officer", None)
    assert hall.conversation().waiting_since is None
    assert hall.claims(hall.anna).won
    assert [h.officer_id for h in hall.handoffs()] == [hall.anna]


def test_who_writes_elsewhere_takes_it_from_the_desk(hall: Hall) -> None:
    wishes(hall)
    hall.claims(hall.anna)
    hall.turns.handle(hall.echo("để tôi", echo_author=EchoAuthor.OFFICER))
    assert hall.conversation().officer_id is None
    assert hall.says(hall.anna, "chào", "k1").problem == "not_owner"


def test_standby_gives_the_chat_to_somebody_elsewhere(hall: Hall) -> None:
    hall.hears("một")
    hall.turns.handle(hall.event("u1", "hai", standby=True))
    assert (hall.conversation().owner, hall.conversation().officer_id) == ("officer", None)


def test_another_inbox_that_controls_the_thread_has_the_chat(hall: Hall) -> None:
    wishes(hall)
    hall.claims(hall.anna)
    assert hall.says(hall.anna, "chào", "k1").problem is None
    hall.channel.plan.append(error("10/2018300", owned_elsewhere=True))
    hall.sends()
    assert (hall.conversation().owner, hall.conversation().officer_id) == ("officer", None)


# --- an officer's words


def test_an_officer_speaks_once_per_key_by_role(hall: Hall) -> None:
    wishes(hall)
    hall.sends()
    assert hall.says(hall.anna, "chào", "k1").problem == "not_owner"
    hall.claims(hall.anna)
    first = hall.says(hall.anna, " Ông bà gửi giấy tờ nhé, số 0912345678 ", "k1")
    assert first.problem is None
    assert hall.says(hall.anna, "Ông bà gửi giấy tờ nhé", "k1") == first
    hall.sends()
    assert hall.channel.texts()[-1] == "Cán bộ hộ tịch:\nÔng bà gửi giấy tờ nhé, số 0912345678"
    with reading(hall.engine) as session:
        message = session.get_one(Message, first.message_id)
    assert (message.author, message.officer_id) == ("officer", hall.anna)
    assert message.text == "Ông bà gửi giấy tờ nhé, số ••••••••78"
    assert message.folded == "ong ba gui giay to nhe, so ••••••••78"
    assert hall.conversation().waiting_since is None
    assert hall.handoffs()[0].answered_at == hall.clock()


@pytest.mark.parametrize(("text", "problem"), [("  ", "empty"), ("a" * 4001, "too_long")])
def test_what_can_t_be_sent(hall: Hall, text: str, problem: str) -> None:
    wishes(hall)
    hall.claims(hall.anna)
    assert hall.says(hall.anna, text, "k").problem == problem


def test_the_window_closes(hall: Hall) -> None:
    wishes(hall)
    hall.claims(hall.anna)
    hall.clock.moves(7 * 24 * 3600 - 1)
    assert hall.says(hall.anna, "còn kịp", "k1").problem is None
    hall.clock.moves(2)
    assert hall.says(hall.anna, "muộn", "k2").problem == "window_closed"
    with writing(hall.engine) as session:
        session.get_one(Conversation, hall.id_of()).reachable = False
    assert hall.says(hall.anna, "mất", "k3").problem == "unreachable"


@pytest.mark.parametrize(("channel", "days"), [("zalo", 7), ("facebook", 7), ("webchat", None)])
def test_windows(hall: Hall, channel: str, days: int | None) -> None:
    now = hall.clock()
    left = transfer.window_left(channel, to_ms(now - timedelta(days=1)), now)
    assert left == (None if days is None else timedelta(days=days - 1))
    if days:
        assert transfer.window_left(channel, to_ms(now - timedelta(days=8)), now) == timedelta(0)


def test_a_failed_message_is_sent_again(hall: Hall) -> None:
    wishes(hall)
    hall.sends()
    hall.claims(hall.anna)
    hall.says(hall.anna, "chào", "k1")
    hall.channel.plan.append(error("5"))
    hall.sends()
    row = hall.rows()[-1]
    assert row.status == "failed"
    assert not transfer.resend(hall.engine, row.id, hall.binh, hall.clock())
    assert transfer.resend(hall.engine, row.id, hall.anna, hall.clock())
    assert not transfer.resend(hall.engine, row.id, hall.anna, hall.clock())
    hall.sends()
    assert hall.rows()[-1].status == "sent"


# --- release, rating, forward


def test_a_release_tells_who_answers_and_asks_how_it_was(hall: Hall) -> None:
    wishes(hall)
    hall.claims(hall.anna)
    hall.says(hall.anna, "xong", "k1")
    assert not hall.releases(hall.binh)
    assert hall.releases(hall.anna)
    assert not hall.releases(hall.anna)
    hall.sends()
    assert hall.texts.wording.handoff.released in hall.channel.texts()[-1]
    (handoff,) = hall.handoffs()
    assert handoff.status == "done"
    offers = hall.conversation().state["offers"]
    assert [offer["value"] for offer in offers] == [f"#rate:5:{handoff.id}", f"#rate:1:{handoff.id}"]
    assert hall.notes() == ["claim", "release"]
    with reading(hall.engine) as session:
        actions = session.execute(select(Audit.actor, Audit.action).order_by(Audit.id)).all()
    assert [tuple(a) for a in actions] == [
        (f"officer:{hall.anna}", "conversation.claim"),
        (f"officer:{hall.anna}", "conversation.release"),
    ]


def test_a_rating_counts_once_and_only_of_the_own_conversation(hall: Hall) -> None:
    wishes(hall)
    (handoff,) = hall.handoffs()
    for score in (5, 1):
        hall.assistant.answer = outcome_with(rated=Rated(score, handoff.id))
        hall.hears("đánh giá")
        hall.hears("của người khác", user_id="u2")
    with reading(hall.engine) as session:
        (rating,) = session.scalars(select(Rating)).all()
    assert (rating.score, rating.conversation_id) == (1, hall.id_of())


def test_a_forwarded_chat_waits_in_the_other_queue(hall: Hall) -> None:
    wishes(hall)
    hall.claims(hall.anna)
    assert not hall.forwards(hall.binh)
    assert hall.forwards(hall.anna, note="hỏi về đất")
    row = hall.conversation()
    assert (row.owner, row.queue, row.officer_id) == ("waiting", "đất đai–xây dựng", None)
    assert row.waiting_since is not None
    assert [(h.reason, h.status) for h in hall.handoffs()] == [("wish", "done"), ("forward", "waiting")]
    hall.sends()
    assert hall.channel.texts()[-1] == hall.texts.wording.handoff.forwarded
    assert hall.claims(hall.binh).won


def test_a_chat_goes_straight_to_a_colleague(hall: Hall) -> None:
    wishes(hall)
    hall.claims(hall.anna)
    assert not hall.forwards(hall.anna, to=9999)
    assert hall.forwards(hall.anna, to=hall.binh)
    assert hall.conversation().officer_id == hall.binh
    hall.sends()  # also though an officer has it: it is the officer's own act
    assert hall.channel.texts()[-1] == hall.texts.wording.handoff.forwarded
    hall.hears("alo")
    assert len(hall.assistant.heard) == 1


# --- waiting, called off, idle, escalated


def test_a_wish_waits_and_the_bot_goes_on_answering(hall: Hall) -> None:
    wishes(hall)
    began = hall.conversation().waiting_since
    hall.clock.moves(60)
    wishes(hall)
    hall.assistant.answer = outcome_with(behaviour="answer")
    hall.hears("khai sinh")
    row = hall.conversation()
    assert (row.owner, row.waiting_since) == ("waiting", began)
    assert [heard.waiting for heard in hall.assistant.heard] == [False, True, True]
    assert len(hall.handoffs()) == 1


def test_a_complaint_moves_what_waits_to_the_general_queue(hall: Hall) -> None:
    wishes(hall, queue="hộ tịch–chứng thực")
    wishes(hall, "complaint", "chung")
    wishes(hall, "wish", "hộ tịch–chứng thực")
    assert hall.conversation().queue == "chung"
    assert [(h.reason, h.queue) for h in hall.handoffs()] == [("complaint", "chung")]


def test_the_police_have_their_own_unit_once_there_is_one(hall: Hall) -> None:
    wishes(hall, "emergency", "công an xã")
    assert hall.conversation().unit_id == 1
    with writing(hall.engine) as session:
        session.add(Unit(slug="cong-an", name="Công an xã"))
    wishes(hall, "emergency", "công an xã", user_id="u2")
    assert hall.conversation("u2").unit_id != 1


def test_the_resident_calls_it_off(hall: Hall) -> None:
    wishes(hall)
    hall.assistant.answer = outcome_with(cancels_officer=True)
    hall.hears("thôi khỏi")
    row = hall.conversation()
    assert (row.owner, row.waiting_since) == ("bot", None)
    assert [h.status for h in hall.handoffs()] == ["cancelled"]


def test_a_phone_number_is_kept_encrypted(hall: Hall) -> None:
    wishes(hall)
    hall.assistant.answer = outcome_with(contact="0912345678", replies=())
    hall.hears("số tôi 0912 345 678")
    assert "345678" not in hall.dump() and "345 678" not in hall.dump()
    assert VAULT.open(hall.handoffs()[0].contact_cipher) == "0912345678"


def test_an_idle_officer_s_chat_goes_back_and_the_resident_is_told_once(hall: Hall) -> None:
    wishes(hall)
    hall.claims(hall.anna)
    hall.says(hall.anna, "chờ tôi chút", "k1")
    hall.clock.moves(OFFICER_IDLE.total_seconds() - 1)
    assert hall.idles() == []
    hall.clock.moves(1)
    assert hall.idles() == [("zalo", "oa", "u1")]
    assert hall.idles() == []
    hall.sends_all()
    assert hall.channel.texts()[-1] == hall.texts.wording.handoff.idle
    assert hall.conversation().owner == "bot"
    assert [h.status for h in hall.handoffs()] == ["idle"]


def test_who_was_never_answered_waits_again(hall: Hall) -> None:
    wishes(hall)
    began = hall.conversation().waiting_since
    hall.claims(hall.anna)
    hall.clock.moves(OFFICER_IDLE.total_seconds())
    hall.assistant.answer = outcome_with()
    hall.hears("có ai không")  # before the clock's job finds it
    row = hall.conversation()
    assert (row.owner, row.officer_id, row.waiting_since) == ("waiting", None, began)
    assert hall.handoffs()[0].status == "waiting"
    assert hall.assistant.heard[-1].waiting
    assert hall.texts.wording.handoff.still_waiting in [text for _, text in hall.story()]


def test_a_long_wait_is_escalated_once(hall: Hall) -> None:
    wishes(hall)
    hall.clock.moves(14 * 60)
    assert hall.escalates() == 0
    hall.clock.moves(60)
    assert hall.escalates() == 1
    assert hall.escalates() == 0
    assert hall.conversation().escalated_at == hall.clock()
    assert hall.notes() == ["escalate"]


@pytest.mark.parametrize(
    ("scores", "told"), [([5], 0), ([1], 1), ([1, 1], 1), ([5, 1], 1), ([1, 5], 1), ([1, 5, 1], 2)]
)
def test_a_bad_rating_reaches_those_in_charge(hall: Hall, scores: list[int], told: int) -> None:
    wishes(hall)
    hall.claims(hall.anna)
    hall.releases(hall.anna)
    for score in scores:
        hall.assistant.answer = outcome_with(rated=Rated(score, hall.handoffs()[0].id))
        hall.hears("đánh giá")
    assert hall.notes().count("bad_rating") == told
    chat = hall.conversation()
    assert chat.owner == "bot"  # nobody was promised anything
    assert (chat.escalated_at is not None) is (told > 0)
    hall.claims(hall.binh)
    assert hall.releases(hall.binh)
    assert hall.conversation().escalated_at is None  # somebody looked after it


def test_chats_of_a_disabled_officer_wait_for_a_colleague(hall: Hall) -> None:
    for user in ("u1", "u2"):
        wishes(hall, user_id=user)
    hall.assistant.answer = outcome_with()
    hall.hears("chào", user_id="u3")
    hall.claims(hall.anna)
    hall.says(hall.anna, "chào bà", "k1")
    hall.claims(hall.binh, "u2")
    with writing(hall.engine) as session:
        session.get_one(Officer, hall.anna).disabled_at = hall.clock()
    words = hall.texts.wording
    returned = return_disabled(hall.engine, hall.channels, words, hall.clock())  # type: ignore[arg-type]
    assert [user for _, _, user in returned] == ["u1"]
    row = hall.conversation()
    assert (row.owner, row.officer_id, row.waiting_since) == ("waiting", None, hall.clock())
    assert hall.handoffs()[0].status == "waiting"
    assert hall.notes()[-1] == "disabled"
    hall.sends()
    assert hall.channel.texts()[-1] == words.handoff.forwarded
    assert (hall.conversation("u2").owner, hall.conversation("u3").owner) == ("officer", "bot")
    assert return_disabled(hall.engine, hall.channels, words, hall.clock()) == []  # type: ignore[arg-type]
    assert hall.claims(hall.binh).won


def test_erasure_takes_notes_ratings_and_contacts_with_it(hall: Hall) -> None:
    wishes(hall)
    hall.claims(hall.anna)
    transfer.note(hall.engine, hall.id_of(), hall.anna, "bí mật", hall.clock())
    transfer.label(hall.engine, hall.id_of(), hall.anna, ["bí mật"], hall.clock())
    hall.releases(hall.anna)
    hall.assistant.answer = outcome_with(rated=Rated(5, hall.handoffs()[0].id))
    hall.hears("hài lòng")
    hall.assistant.answer = outcome_with(erase=True)
    hall.hears("xóa")
    assert hall.count(Rating) == hall.count(Handoff) == 0
    assert hall.notes() == []
    assert hall.conversation().labels == []


# --- who sees what


@dataclass
class Viewer:
    """An officer as the desk knows one."""

    id: int = 1
    unit_id: int = 1
    all_units: bool = False
    queues: tuple[str, ...] = field(default_factory=tuple)


def test_who_sees_which_conversation(hall: Hall) -> None:
    wishes(hall, queue="hộ tịch–chứng thực", user_id="civil")
    wishes(hall, queue="đất đai–xây dựng", user_id="land")
    wishes(hall, "complaint", "chung", user_id="complaint")
    hall.assistant.answer = outcome_with(cancels_officer=True)
    hall.hears("thôi", user_id="complaint")  # with the bot again
    hall.assistant.answer = outcome_with()
    hall.hears("chào", user_id="with-bot")

    def sees(**values: object) -> set[str]:
        query = select(Conversation.user_ref).join(Account, Account.id == Conversation.account_id)
        with reading(hall.engine) as session:
            return set(session.scalars(query.where(transfer.visible(Viewer(**values)))))  # type: ignore[arg-type]

    everything = {"civil", "land", "complaint", "with-bot"}
    assert sees() == sees(all_units=True, unit_id=7) == everything
    assert sees(unit_id=7) == set()
    assert sees(queues=("hộ tịch–chứng thực",)) == {"civil", "with-bot"}
    assert sees(queues=("chung",)) == {"complaint", "with-bot"}
    hall.claims(hall.anna, "land")
    assert sees(id=hall.anna, queues=("chung",)) == {"complaint", "with-bot", "land"}
