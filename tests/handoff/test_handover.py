"""Facebook's notices of who controls a thread: the owner follows; on both databases."""

from __future__ import annotations

from typing import Any

import pytest

from bot.dialogue.types import HandoffRequest
from connectors.channel import EventKind
from tests.handoff.conftest import Hall
from tests.worker.test_turn import outcome_with

TO_INBOX = {"action": "pass", "new_owner_app_id": "263902037430900", "to_us": False}
TAKEN = {"action": "take", "new_owner_app_id": "263902037430900", "to_us": False}
TO_US = {"action": "pass", "new_owner_app_id": "77", "to_us": True}
RELEASED = {"action": "pass", "to_us": False}


def moves(hall: Hall, extra: dict[str, Any]) -> None:
    hall.turns.handle(hall.event("u1", None, kind=EventKind.HANDOVER, extra=extra))


@pytest.mark.parametrize("notice", [TO_INBOX, TAKEN])
def test_the_bot_is_silent_while_another_app_has_the_thread(hall: Hall, notice: dict[str, Any]) -> None:
    hall.hears("chào")
    for _ in range(2):  # a repeated notice changes nothing
        moves(hall, notice)
    row = hall.conversation()
    assert (row.owner, row.officer_id) == ("officer", None)
    assert hall.notes() == ["elsewhere"]
    said = len(hall.rows())
    hall.hears("còn ai không")
    assert len(hall.rows()) == said


@pytest.mark.parametrize("notice", [TO_US, RELEASED])
def test_a_thread_that_comes_back_is_the_bots(hall: Hall, notice: dict[str, Any]) -> None:
    hall.hears("chào")
    moves(hall, TO_INBOX)
    for _ in range(2):
        moves(hall, notice)
    assert hall.conversation().owner == "bot"
    hall.sends()
    assert hall.channel.texts()[-1] == hall.texts.wording.handoff.idle
    assert hall.channel.texts().count(hall.texts.wording.handoff.idle) == 1
    said = len(hall.rows())
    hall.hears("chào lại")
    assert len(hall.rows()) > said


def test_who_was_never_answered_waits_again(hall: Hall) -> None:
    hall.assistant.answer = outcome_with(handoff=HandoffRequest("wish"))
    hall.hears("gặp cán bộ")
    moves(hall, TAKEN)
    assert hall.conversation().owner == "officer"
    moves(hall, TO_US)
    assert hall.conversation().owner == "waiting"
    assert hall.handoffs()[0].status == "waiting"


@pytest.mark.parametrize("notice", [TO_INBOX, TO_US, RELEASED])
def test_an_officer_of_the_desk_keeps_the_chat(hall: Hall, notice: dict[str, Any]) -> None:
    hall.hears("chào")
    hall.claims(hall.anna)
    moves(hall, notice)
    assert (hall.conversation().owner, hall.conversation().officer_id) == ("officer", hall.anna)


@pytest.mark.parametrize(
    "notice",
    [{"action": "request", "requested_owner_app_id": "5", "to_us": False}, {**TO_INBOX, "unsure": True}],
)
def test_what_tells_nothing_changes_nothing(hall: Hall, notice: dict[str, Any]) -> None:
    hall.hears("chào")
    moves(hall, notice)
    assert hall.conversation().owner == "bot"
