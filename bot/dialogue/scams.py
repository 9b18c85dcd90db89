"""Scams: what is brought to be checked, first aid, kinds, reports. The check itself: scam_check.py."""

from __future__ import annotations

import re
from dataclasses import replace

from bot.dialogue import guided, scam_kinds, scam_warnings
from bot.dialogue.choices import Choice
from bot.dialogue.scam_check import ASKED, CHECKED, again, kept, thing_of, told
from bot.dialogue.turn import Turn
from bot.dialogue.types import Behaviour, Outcome
from bot.scams.recognising import Wanted, recognise
from bot.scams.types import Level
from bot.understanding.emergencies import is_emergency
from bot.understanding.folding import words as folded_words
from bot.understanding.types import Band, Skill, Understanding
from connectors.channel import Button, Reply

_WHERE_TO_REPORT = re.compile(
    r"\b(?:bao|to cao|to giac|trinh bao|phan anh)(?: (?:tin|so|vu|cong an|lua dao|bi lua))*"
    r" (?:o dau|o cho nao|cho nao|cho ai|voi ai|so nao|dau)\b"
)
_DONE = re.compile(
    r"\b(?:chuyen|chuyen khoan|nap|dong|doc|nhap|cung cap|dua|gui|bam|cai|tai|quet|dang nhap)\b.{1,60}"
    r"\b(?:roi|mat|xong)\b.{0,40}\b(?:gio|bay gio|phai|lam) (?:sao|lam sao|phai lam|lam gi|the nao|gi)\b"
)
"""What was done already, and what now."""
_NO_THING = (
    "cai|tin|nhan|nay|day|do|kia|co|phai|la|lua|dao|khong|ko|a|ha|vay|the|anh|hinh|link|so|dien|thoai|cuoc|goi|dung"
    "|chua|cho|toi|em|minh|con|hoi|xem|giup|voi|oi|ban|bac|chi|ong|ba|sms|web|trang|app|nhi|nhe|nha|that|gia|da"
    "|thua|noi"
)
_EMPTY = re.compile(rf"(?:{_NO_THING})(?: (?:{_NO_THING}))*")
"""A question made of these words alone brings nothing that could be checked."""
_OTHER_SKILLS = frozenset(
    {Skill.COMMUNE, Skill.CONTACT, Skill.DOSSIER, Skill.HANDOFF, Skill.SMALLTALK, Skill.PROCEDURE}
)
_PLAIN = frozenset({Wanted.LINK, Wanted.PHONE, Wanted.ACCOUNT})
"""Nothing but the thing itself: there is no other way to mean it."""

REPORTING = "scam_report"
"""The guide that names where to report."""


def in_words(turn: Turn, text: str) -> Outcome | None:
    """What words alone tell to be about a scam, before anything else is understood; None for all else.

    A message that may be an ordinary question is left to :func:`after_reading`.
    """
    said = " ".join(folded_words(text))
    if is_emergency(said):
        return None
    wanted = recognise(text)
    wish = scam_warnings.in_words(turn, text) or scam_kinds.asked_for(turn, text, smells=wanted is not None)
    if wish:
        return wish
    if wanted is Wanted.VICTIM:
        return victim(turn, text)
    if wanted is Wanted.ASKING or (wanted and _EMPTY.fullmatch(said)):
        return _asking(turn, text)
    thing = thing_of(turn, text, call=wanted in (Wanted.STORY, Wanted.PHONE))
    if wanted in _PLAIN:
        return told(turn, thing)
    if wanted is None and turn.asked != ASKED:
        return None
    found = turn.check(thing.text)
    if found.level is Level.CLEAR:
        return None
    return victim(turn, text) if _DONE.search(said) else told(turn, thing, found)


def after_reading(turn: Turn) -> Outcome | None:
    """What is a thing to be checked once it is known to be no question of another skill."""
    understood = turn.understood
    if understood.skill is Skill.SCAM or _is_other(understood):
        return None
    thing = thing_of(turn, understood.text)
    if turn.asked == ASKED or recognise(understood.text) is not None or thing.picture or thing.code:
        return told(turn, thing)
    found = turn.check(thing.text)
    return told(turn, thing, found) if found.level is Level.DANGER else None


def pictures(turn: Turn) -> Outcome | None:
    """Pictures without a word: what they say is checked; None if there was nobody to look at them."""
    if not turn.heard.seen:
        return None
    thing = thing_of(turn)
    if thing.text:
        return told(turn, thing)
    words = turn.words.scams
    problems = [seen.problem for seen in turn.heard.seen if seen.problem]
    texts = {"size": words.picture_size, "away": words.picture_away, "text": words.picture_text}
    text = texts[problems[0]] if problems else words.picture_empty
    return turn.finish(
        Behaviour.CLARIFY,
        Skill.NONE,
        Reply(text, (turn.officer_button(), turn.menu_button)),
        memory=turn.state.memory,
        misses=turn.state.misses,
        confidence=1.0,
    )


def respond(turn: Turn) -> Outcome:
    """Free text that the understanding takes for one about a scam."""
    text = turn.understood.text
    if turn.understood.topic == "victim":
        return victim(turn, text)
    if _WHERE_TO_REPORT.search(turn.understood.folded):
        return guided.tell(turn, Skill.SCAM, REPORTING, confidence=turn.understood.confidence)
    thing = thing_of(turn, text)
    found = turn.check(thing.text)
    is_thing = recognise(text) not in (None, Wanted.ASKING)
    if found.level is not Level.CLEAR or turn.asked == ASKED or is_thing:
        return told(turn, thing, found)
    return _asking(turn, text)


def choose(turn: Turn, choice: Choice) -> Outcome:
    """The buttons of this skill."""
    name, _, slug = choice.detail.partition(":")
    if name == "victim":
        return victim(turn, "")
    if name == "report":
        return guided.tell(turn, Skill.SCAM, REPORTING, confidence=1.0)
    if name == "send":
        return _report(turn)
    if name == "kinds":
        return scam_kinds.overview(turn)
    if name == "group":
        return scam_kinds.tell_group(turn, slug)
    if name == "kind":
        return scam_kinds.tell(turn, slug)
    if name == "example":
        return scam_kinds.tell_example(turn, slug)
    return _signs(turn) if name == "signs" else _ask(turn)


def choose_warnings(turn: Turn, choice: Choice) -> Outcome:
    """The buttons that switch the commune's warnings on and off."""
    return scam_warnings.on(turn) if choice.detail == "on" else scam_warnings.off(turn)


def victim(turn: Turn, text: str) -> Outcome:
    """First aid, then the offer of the commune's police. What was told can be reported to them as well."""
    titles = turn.words.buttons
    thing = thing_of(turn, text)
    is_told = bool(thing.text) and len(thing.text.split()) > 1
    buttons = [Button(titles.police, "#officer:scam"), Button(titles.report, "#scam:report")]
    if is_told or turn.state.checked:
        buttons.insert(1, Button(titles.report_police, "#scam:send"))
    outcome = _advise(turn, turn.words.scams.victim, tuple(buttons))
    if not is_told:
        return outcome
    found = turn.check(thing.text)
    outcome = kept(outcome, thing, found)
    return outcome if found.level is not Level.CLEAR else replace(outcome, verdict=None)  # a loss is told


def _asking(turn: Turn, text: str) -> Outcome:
    """ "Cái này có phải lừa đảo không": of a picture beside it, of what was checked just now, or of what?"""
    if thing_of(turn).text:
        return told(turn, thing_of(turn, text))
    found = turn.check(text)
    if found.level is not Level.CLEAR:
        return told(turn, thing_of(turn, text), found)
    if any(seen.problem for seen in turn.heard.seen):
        return pictures(turn) or _ask(turn)
    return again(turn) if turn.asked == CHECKED and turn.state.checked else _ask(turn)


def _ask(turn: Turn) -> Outcome:
    """For the thing itself."""
    titles = turn.words.buttons
    buttons = (
        Button(titles.victim, "#scam:victim"),
        Button(titles.recognise, "#scam:signs"),
        Button(titles.all_kinds, "#scam:kinds"),
        Button(titles.report, "#scam:report"),
        Button(titles.police, "#officer:scam"),
    )
    return turn.finish(
        Behaviour.CLARIFY,
        Skill.SCAM,
        Reply(turn.words.scams.ask, buttons),
        memory={"asked": ASKED},
        confidence=turn.understood.confidence or 1.0,
    )


def _report(turn: Turn) -> Outcome:
    """What was checked last goes to the commune's police, once."""
    words, titles, last = turn.words.scams, turn.words.buttons, turn.state.checked
    if not last:
        return _advise(turn, words.nothing_to_report, (Button(titles.report, "#scam:report"),))
    offered = () if turn.state.warned else (Button(titles.warn_on, "#warn:on"),)
    text = words.reported_already if last.get("reported") else words.reported
    outcome = _advise(turn, text, (Button(titles.police, "#officer:scam"), *offered))
    marked = replace(outcome.state, checked={**last, "reported": True})
    return replace(outcome, state=marked, reports=not last.get("reported"))


def _signs(turn: Turn) -> Outcome:
    titles = turn.words.buttons
    buttons = (
        Button(titles.all_kinds, "#scam:kinds"),
        Button(titles.victim, "#scam:victim"),
        Button(titles.report, "#scam:report"),
    )
    return _advise(turn, turn.words.scams.signs, buttons)


def _is_other(understood: Understanding) -> bool:
    """Whether the message is plainly a question of another skill."""
    return understood.skill in _OTHER_SKILLS and understood.band is not Band.LOST


def _advise(turn: Turn, text: str, buttons: tuple[Button, ...]) -> Outcome:
    return turn.finish(
        Behaviour.ANSWER, Skill.SCAM, Reply(text, buttons), confidence=turn.understood.confidence or 1.0
    )
