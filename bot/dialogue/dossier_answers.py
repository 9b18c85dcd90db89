"""What is said about a dossier once its source was asked. Pure. No name and no number of a person."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.clock import VIETNAM
from bot.dialogue import handoff
from bot.dialogue.dossier_talk import Step, Talk
from bot.dialogue.dossier_trouble import explain, is_overdue
from bot.dialogue.dossier_types import Act, DossierReply, DossierRequest
from bot.dialogue.turn import Turn
from bot.dialogue.types import Behaviour, HandoffRequest, Outcome
from bot.dialogue.wording import Wording
from bot.dossiers.records import Dossier
from bot.dossiers.statuses import Status
from bot.dossiers.telling import lines
from bot.hours import Calendar
from bot.understanding.types import Skill
from connectors.channel import Button, Reply

_ASKED = {"asked": "dossier"}


def told(turn: Turn, request: DossierRequest, reply: DossierReply) -> Outcome:
    """The answer to a turn whose request was carried out."""
    if not reply.ready and request.act is not Act.STOP:
        return _public(turn, request)
    if reply.away:
        return _again(turn, request, turn.words.dossiers.away, keep=True)
    if reply.wait_until is not None:
        when = moment(reply.wait_until, turn.now)
        return _again(turn, request, turn.words.dossiers.wait.format(time=when), keep=True)
    if reply.missed:
        return _again(turn, request, turn.words.dossiers.missed, keep=True)
    return _TOLD[request.act](turn, request, reply)


def ask_for_code(turn: Turn, trouble: str = "") -> Outcome:
    """Which dossier?"""
    return _clarify(turn, turn.words.dossiers.ask_code, Talk(Step.CODE, trouble=trouble))


def not_a_code(turn: Turn, talk: Talk, stored: str) -> Outcome:
    """What was sent is no code and no factor; what it was is not kept."""
    words = turn.words.dossiers
    text = words.not_code if talk.step is Step.CODE else words.not_factor
    outcome = _clarify(turn, text, talk)
    return outcome if talk.step is Step.CODE else replace(outcome, stored=stored)


def sheet(wording: Wording, dossier: Dossier, now: datetime, calendar: Calendar | None) -> str:
    """All that is told of one dossier: what it is, how it stands, since when that is so (never "now")."""
    words = wording.dossiers
    head = words.head.format(code=dossier.code)
    if dossier.procedure:
        head = words.head_of.format(code=dossier.code, procedure=dossier.procedure)
    local = dossier.as_of.astimezone(VIETNAM)
    as_of = words.as_of.format(time=f"{local:%H:%M}", day=f"{local:%d/%m/%Y}")
    return "\n".join([head, *lines(dossier, wording.dossier_statuses, now, calendar), as_of])


def news(
    wording: Wording, dossiers: Sequence[Dossier], now: datetime, calendar: Calendar | None, *, late: bool
) -> Reply:
    """What changed of the dossiers that a resident follows.

    :param late: it could not be sent when it happened.
    """
    words = wording.dossiers
    sheets = [sheet(wording, dossier, now, calendar) for dossier in dossiers]
    text = "\n\n".join([words.news_late if late else words.news, *sheets])
    return Reply(text, (Button(words.stop_following, "#dossier:stop"),))


def _sheet(turn: Turn, dossier: Dossier) -> str:
    return sheet(turn.texts.wording, dossier, turn.now, turn.heard.calendar)


def moment(at: datetime, now: datetime) -> str:
    """ "14:05" today, "14:05 ngày 25/11" else; rounded up to the minute, so that it is over by then."""
    local = (at + timedelta(seconds=59)).astimezone(VIETNAM)
    if local.date() == now.astimezone(VIETNAM).date():
        return f"{local:%H:%M}"
    return f"{local:%H:%M} ngày {local.day}/{local.month}"


def _public(turn: Turn, request: DossierRequest) -> Outcome:
    """No source: where the resident can look it up, and the offer of an officer."""
    words = turn.words.dossiers
    text = words.with_code.format(code=request.code) if request.code else words.without_code
    return turn.finish(
        Behaviour.ANSWER,
        Skill.DOSSIER,
        Reply(text, (turn.officer_button("dossier"), turn.menu_button)),
        dossier=request.code or None,
        confidence=request.confidence,
        talk={},
    )


def _open(turn: Turn, request: DossierRequest, reply: DossierReply) -> Outcome:
    if reply.shown:
        return _show(turn, request, reply)
    text = turn.words.dossiers.ask_factor.format(code=request.code)
    return _clarify(turn, text, Talk(Step.FACTOR, request.code, request.trouble), request)


def _mine(turn: Turn, request: DossierRequest, reply: DossierReply) -> Outcome:
    if not reply.shown:
        return ask_for_code(turn, request.trouble)
    if len(reply.shown) == 1:
        return _show(turn, request, reply)
    replies = [Reply(_sheet(turn, dossier)) for dossier in reply.shown[:-1]]
    last = reply.shown[-1]
    return _finish(turn, [*replies, Reply(_sheet(turn, last), _buttons(turn, last, True))], last, request)


def _show(turn: Turn, request: DossierRequest, reply: DossierReply) -> Outcome:
    dossier = reply.shown[0]
    if request.trouble:
        return _trouble(turn, request, dossier, with_sheet=True)
    followed = dossier.code in reply.codes
    return _finish(turn, Reply(_sheet(turn, dossier), _buttons(turn, dossier, followed)), dossier, request)


def _retold(turn: Turn, request: DossierRequest, reply: DossierReply) -> Outcome:
    """What was shown before, asked about again."""
    if not reply.shown:
        return ask_for_code(turn, request.trouble)
    if request.trouble:
        return _trouble(turn, request, reply.shown[0], with_sheet=False)
    return _show(turn, request, reply)


def _trouble(turn: Turn, request: DossierRequest, dossier: Dossier, *, with_sheet: bool) -> Outcome:
    found = explain(turn, dossier, request.trouble, with_note=not with_sheet)
    text = f"{_sheet(turn, dossier)}\n\n{found.text}" if with_sheet else found.text
    if not found.hand_over:
        buttons = (turn.officer_button("dossier"), turn.menu_button)
        return _finish(turn, Reply(text, buttons), dossier, request)
    wish = HandoffRequest("dossier", dossier=dossier.code, procedure=dossier.procedure_code)
    told = turn.words.dossiers.handed_over.format(code=dossier.code)
    said = [text, told, handoff.when(turn, wish)]
    buttons = (turn.menu_button, Button(turn.words.buttons.no_officer, "#cancel"))
    reply = Reply("\n".join(said), buttons)
    outcome = _finish(turn, reply, dossier, request, behaviour=Behaviour.HANDOFF)
    return replace(outcome, handoff=wish)


def _follow(turn: Turn, request: DossierRequest, reply: DossierReply) -> Outcome:
    if request.code not in reply.codes:
        return ask_for_code(turn)
    words = turn.words.dossiers
    text = words.following.format(code=request.code)
    buttons = (Button(words.stop_following, "#dossier:stop"), turn.menu_button)
    return _say(turn, text, buttons, Talk(Step.SHOWN, request.code))


def _stop(turn: Turn, request: DossierRequest, reply: DossierReply) -> Outcome:
    words = turn.words.dossiers
    text = words.stopped.format(codes=", ".join(reply.codes)) if reply.codes else words.not_following
    return _say(turn, text, (turn.menu_button,), None)


_TOLD: Mapping[Act, Callable[[Turn, DossierRequest, DossierReply], Outcome]] = {
    Act.OPEN: _open,
    Act.LOOK: _show,
    Act.MINE: _mine,
    Act.AGAIN: _retold,
    Act.FOLLOW: _follow,
    Act.STOP: _stop,
}


def _buttons(turn: Turn, dossier: Dossier, followed: bool) -> tuple[Button, ...]:
    words = turn.words.dossiers
    buttons: list[Button] = []
    if not followed and dossier.status is not Status.RETURNED:
        buttons.append(Button(words.follow, "#dossier:follow"))
    if dossier.status in (Status.REFUSED, Status.STOPPED):
        buttons.append(Button(words.why_refused, "#dossier:refused"))
    elif dossier.status is Status.SUPPLEMENT:
        buttons.append(Button(words.what_missing, "#dossier:missing"))
    elif is_overdue(turn, dossier):
        buttons.append(Button(words.why_late, "#dossier:late"))
    return (*buttons, turn.officer_button("dossier"), turn.menu_button)


def _finish(
    turn: Turn,
    replies: Reply | list[Reply],
    dossier: Dossier,
    request: DossierRequest,
    behaviour: Behaviour = Behaviour.ANSWER,
) -> Outcome:
    return turn.finish(
        behaviour,
        Skill.DOSSIER,
        replies,
        memory=_ASKED,
        dossier=dossier.code,
        confidence=request.confidence,
        talk=Talk(Step.SHOWN, dossier.code).kept(turn.now),
    )


def _clarify(turn: Turn, text: str, talk: Talk, request: DossierRequest | None = None) -> Outcome:
    return turn.finish(
        Behaviour.CLARIFY,
        Skill.DOSSIER,
        Reply(text, (turn.officer_button("dossier"), turn.menu_button)),
        memory=_ASKED,
        dossier=(request.code if request else "") or None,
        confidence=request.confidence if request else turn.understood.confidence or 1.0,
        talk=talk.kept(turn.now),
    )


def _again(turn: Turn, request: DossierRequest, text: str, *, keep: bool) -> Outcome:
    """Nothing was shown; the code stays, so that only the factor need be sent again."""
    talk = Talk(Step.FACTOR, request.code, request.trouble) if request.code and keep else Talk(Step.CODE)
    return _clarify(turn, text, talk, request)


def _say(turn: Turn, text: str, buttons: tuple[Button, ...], talk: Talk | None) -> Outcome:
    return turn.finish(
        Behaviour.ANSWER,
        Skill.DOSSIER,
        Reply(text, buttons),
        memory=_ASKED if talk else None,
        confidence=1.0,
        talk=talk.kept(turn.now) if talk else None,
    )
