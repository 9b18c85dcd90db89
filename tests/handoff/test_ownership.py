"""Every owner against every happening: the whole machine, as a table."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.handoff.ownership import Happening, Move, Owner, Say, is_idle, may_bot_speak, move

B, W, O = Owner.BOT, Owner.WAITING, Owner.OFFICER  # noqa: E741
NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
IDLE = timedelta(minutes=30)

TABLE = {
    Happening.WISH: (Move(W, Say.CALLED), Move(W), None),
    Happening.CANCEL: (None, Move(B, Say.CANCELLED), None),
    Happening.CLAIM: (Move(O), Move(O), Move(O)),
    Happening.OFFICER_ELSEWHERE: (Move(O), Move(O), Move(O)),
    Happening.OFFICER_WROTE: (None, None, Move(O)),
    Happening.RELEASE: (None, None, Move(B, Say.RELEASED)),
    Happening.FORWARD: (None, None, Move(W, Say.FORWARDED)),
    Happening.IDLE: (None, None, Move(B, Say.IDLE)),
    Happening.RESIDENT_WROTE: (Move(B), Move(W), Move(O)),
}
"""By happening: from bot, from waiting, from officer."""


@pytest.mark.parametrize("happening", list(Happening))
@pytest.mark.parametrize("owner", list(Owner))
def test_the_whole_machine(owner: Owner, happening: Happening) -> None:
    expected = TABLE[happening][list(Owner).index(owner)]
    assert move(owner, happening) == expected
    assert move(owner.value, happening) == expected  # as it is stored


def test_an_idle_officer_who_never_answered_gives_the_chat_back_to_the_queue() -> None:
    assert move(O, Happening.IDLE, answered=False) == Move(W, Say.STILL_WAITING)
    assert move(B, Happening.IDLE, answered=False) is None


@pytest.mark.parametrize(
    ("owner", "last_sign", "standby", "expected"),
    [
        (B, None, False, True),
        (W, None, False, True),
        (W, None, True, False),
        (B, None, True, False),
        (O, NOW - IDLE + timedelta(seconds=1), False, False),
        (O, NOW - IDLE, False, True),
        (O, NOW - IDLE, True, False),
        (O, None, False, True),
    ],
)
def test_who_may_speak(owner: Owner, last_sign: datetime | None, standby: bool, expected: bool) -> None:
    assert may_bot_speak(owner, last_sign, NOW, IDLE, standby=standby) is expected


def test_only_an_officer_is_idle() -> None:
    assert not is_idle(B, NOW - 2 * IDLE, NOW, IDLE)
    assert not is_idle(W, None, NOW, IDLE)
