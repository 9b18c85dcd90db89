"""A person is asked for, or is needed. The request is recorded; the assistant goes on answering."""

from __future__ import annotations

from datetime import datetime

from bot.clock import VIETNAM
from bot.dialogue.turn import Turn
from bot.dialogue.types import Behaviour, HandoffRequest, Outcome
from bot.queues import Queue, queue_for
from bot.understanding.folding import words as folded_words
from bot.understanding.types import Band, Skill
from connectors.channel import Button, Reply

_WEEKDAYS = ("thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy", "Chủ nhật")
_NOON = 12


def respond(turn: Turn) -> Outcome:
    """A wish, a complaint or anger in free text (emergencies have their own module)."""
    if turn.understood.band is Band.UNSURE:
        return _offer(turn)
    return call_officer(turn, turn.understood.topic or "wish")


def call_officer(turn: Turn, reason: str, confidence: float | None = None) -> Outcome:
    """Record that a person is needed, and say so: once while one is already called."""
    words = turn.words.handoff
    first = {"complaint": words.complaint, "anger": words.anger, "scam": words.police}
    request = HandoffRequest(reason)
    if turn.waiting:
        lines = [first.get(reason, words.again), when(turn, request)]
    else:
        lines = [first.get(reason, words.wish), when(turn, request), words.contact, words.meanwhile]
    return turn.finish(
        Behaviour.HANDOFF,
        Skill.HANDOFF,
        Reply("\n".join(lines), _buttons(turn)),
        confidence=confidence,
        handoff=request,
    )


def after_misses(turn: Turn, *, forget_topic: bool = False) -> Outcome:
    """The second message in a row that was not understood."""
    words = turn.words.handoff
    request = HandoffRequest("misses")
    lines = [turn.words.misses.lost, words.again] if turn.waiting else [words.misses, when(turn, request)]
    return turn.finish(
        Behaviour.HANDOFF,
        Skill.HANDOFF,
        Reply("\n".join(lines), _buttons(turn)),
        handoff=request,
        forget_topic=forget_topic,
        unanswered=True,
    )


def when(turn: Turn, request: HandoffRequest) -> str:
    """When an officer will answer: by the calendar of those who do, else by the hours the commune told."""
    words = turn.words.handoff
    calendar = turn.heard.calendars.get(queue_of(turn, request), turn.heard.calendar)
    if calendar is not None and calendar.known:
        closes, opens = calendar.closes(turn.now), calendar.next_open(turn.now)
        if closes is not None:
            return words.open_now.format(until=closes.astimezone(VIETNAM).strftime("%H:%M"))
        if opens is not None:
            return words.open_at.format(time=day_and_time(opens, turn.now))
    hours = turn.knowledge.commune.hours
    return words.hours_known.format(hours=hours) if hours else words.hours_unknown


def queue_of(turn: Turn, request: HandoffRequest, topic: str | None = None) -> Queue:
    """Where ``request`` waits: by its reason, by what the message names, by the procedure spoken of.

    :param topic: the procedure that the answer is about, if it is another than before.
    """
    procedure = turn.knowledge.get(request.procedure or topic or turn.state.topic or "")
    said = "" if turn.heard.payload else " ".join(folded_words(turn.heard.text or ""))
    return queue_for(request.reason, procedure.field if procedure else None, said)


def day_and_time(moment: datetime, now: datetime) -> str:
    """As people say it: "13:30 chiều nay", "07:30 sáng mai, thứ Năm", "07:30 sáng thứ Hai 30/11"."""
    local, today = moment.astimezone(VIETNAM), now.astimezone(VIETNAM).date()
    part = "sáng" if local.hour < _NOON else "chiều"
    weekday = _WEEKDAYS[local.weekday()]
    days = (local.date() - today).days
    if days == 0:
        return f"{local:%H:%M} {part} nay"
    if days == 1:
        return f"{local:%H:%M} {part} mai, {weekday}"
    return f"{local:%H:%M} {part} {weekday} {local.day}/{local.month}"


def _buttons(turn: Turn) -> tuple[Button, ...]:
    return (turn.menu_button, Button(turn.words.buttons.no_officer, "#cancel"))


def _offer(turn: Turn) -> Outcome:
    """Perhaps a person is wanted: ask."""
    buttons = (turn.officer_button(), Button(turn.words.buttons.none_of_these, "#skip"))
    return turn.finish(Behaviour.CLARIFY, Skill.HANDOFF, Reply(turn.words.handoff.offer, buttons))
