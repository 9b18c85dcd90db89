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
_LOSS = re.compile(
    r"\b(?:lua|bi hack|otp|chiem|hack|ke gian|ke xau|lua dao|ma xac (?:thuc|nhan|minh)|cho no|cho ho)\b"
)
"""Without such a word a loss may be of another kind: "đã lãnh tiền một lần rồi"."""
_DOUBT = re.compile(r"\b(?:lua|lua dao|gia|that|tin duoc|dang tin|scam|xem giup|coi giup|kiem tra|check)\b")
"""Without such a word a question about a page or a number may be of another kind."""
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

SURE_OTHER, CERTAIN_OTHER = 0.7, 0.9
"""Confidence from which on a question of another skill is one though it smells a little, or a lot. Ordinary
questions that do have 0.97 and more, scams that sound like a procedure 0.9 at most (tests/scams/dev.yml)."""
LONG = 7
"""Blanks in a message that is more than a question."""
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
    if wanted is Wanted.VICTIM and _LOSS.search(said):
        return victim(turn, text)
    if wanted is Wanted.ASKING and not _DOUBT.search(said):
        return None
    if wanted is Wanted.ASKING or (wanted and _EMPTY.fullmatch(said)):
        return _asking(turn, text)
    thing = thing_of(turn, text, call=wanted in (Wanted.STORY, Wanted.PHONE))
    if wanted in _PLAIN:
        return told(turn, thing)
    if turn.asked != ASKED and wanted not in (Wanted.FORWARDED, Wanted.STORY):
        return None
    found = turn.check(thing.text)
    certain = found.level is Level.DANGER and bool(found.links or found.phones or found.accounts)
    if not certain and (turn.asked != ASKED or found.level is Level.CLEAR):
        return None
    return victim(turn, text) if _DONE.search(said) else told(turn, thing, found)


def after_reading(turn: Turn) -> Outcome | None:
    """What words alone left open: a thing to be checked, unless it is plainly a question of another skill."""
    understood = turn.understood
    if understood.skill is Skill.SCAM:
        return None
    wanted = recognise(understood.text)
    if wanted is Wanted.VICTIM:
        return None if _is_other(understood, SURE_OTHER) else victim(turn, understood.text)
    if wanted is Wanted.ASKING:
        return None if _is_other(understood) else _asking(turn, understood.text)
    thing = thing_of(turn, understood.text, call=wanted is Wanted.STORY)
    is_thing = turn.asked == ASKED or wanted is not None or thing.picture or thing.code
    if not is_thing and _is_other(understood, CERTAIN_OTHER):
        return None  # nearly every message: it costs no check
    found = turn.check(thing.text)
    outside = wanted is Wanted.FORWARDED and turn.asked != ASKED and _is_outside(understood)
    if found.level is Level.CLEAR:
        bare = (
            wanted is Wanted.FORWARDED
            and turn.asked != ASKED
            and not (found.links or found.phones or found.accounts or understood.folded.count(" ") >= LONG)
        )
        is_told = is_thing and not (outside or bare or _is_other(understood))
        return told(turn, thing, found) if is_told else None
    if outside and found.level is Level.SUSPICIOUS and understood.folded.count(" ") < LONG:
        return None
    is_procedure = understood.skill is Skill.PROCEDURE and found.level is not Level.DANGER
    if _is_other(understood, SURE_OTHER if is_procedure else CERTAIN_OTHER):
        return None
    if is_thing:
        return victim(turn, understood.text) if _DONE.search(understood.folded) else told(turn, thing, found)
    is_open = understood.band is not Band.SURE or understood.skill is Skill.NONE
    is_tale = is_open and understood.folded.count(" ") >= LONG
    return told(turn, thing, found) if found.level is Level.DANGER or is_tale else None


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
    wanted = recognise(text)
    if turn.understood.topic == "victim" or wanted is Wanted.VICTIM:
        return victim(turn, text)
    if _WHERE_TO_REPORT.search(turn.understood.folded):
        return guided.tell(turn, Skill.SCAM, REPORTING, confidence=turn.understood.confidence)
    thing = thing_of(turn, text)
    found = turn.check(thing.text)
    is_thing = wanted not in (None, Wanted.ASKING)
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


def _is_outside(understood: Understanding) -> bool:
    """Whether it plainly asks for what no commune does: football, a forgotten password, the power bill."""
    is_named = understood.skill is Skill.NONE and understood.topic in ("out_of_scope", "elsewhere")
    return is_named and understood.confidence >= SURE_OTHER


def _is_other(understood: Understanding, least: float = 0.0) -> bool:
    """Whether the message is a question of another skill, with so much confidence at least."""
    is_known = understood.skill in _OTHER_SKILLS and understood.band is not Band.LOST
    return is_known and understood.confidence >= least


def _advise(turn: Turn, text: str, buttons: tuple[Button, ...]) -> Outcome:
    return turn.finish(
        Behaviour.ANSWER, Skill.SCAM, Reply(text, buttons), confidence=turn.understood.confidence or 1.0
    )
