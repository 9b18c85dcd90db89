"""Where a dossier stands: from words to what must be asked of its source. The answers: dossier_answers.py.

A dossier is shown to whoever knows its code and the second factor, so every question here ends in a request
(:class:`bot.dialogue.dossier_types.DossierRequest`) that the assistant carries out.
"""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import urlsplit

from bot.dialogue.choices import Choice
from bot.dialogue.dossier_answers import ask_for_code, not_a_code
from bot.dialogue.dossier_talk import Step, Talk, read_talk
from bot.dialogue.dossier_types import Act, DossierRequest
from bot.dialogue.dossier_words import (
    complaint_in,
    factor_alone,
    factor_beside,
    hidden,
    is_try_at_code,
    trouble_in,
    wants_follow,
    wants_stop,
    without,
)
from bot.dialogue.turn import Turn
from bot.dialogue.types import Behaviour, Outcome
from bot.dossiers.records import Digits, SharedPhone
from bot.understanding.dossier_codes import Found, Nearly, find
from bot.understanding.types import Skill
from connectors.channel import Button, Reply

LONGEST = 100
"""Characters of a message that is about a code and nothing else."""
_LINK = re.compile(r"://|\bwww\.|[a-z-]{3,}\.[a-z]{2,}", re.IGNORECASE)


def respond(turn: Turn) -> Outcome:
    """Free text that is about a dossier."""
    text = turn.understood.text
    found = find(text)
    if isinstance(found, Found):
        return _with_code(turn, found.code, text)
    if isinstance(found, Nearly):
        return _nearly(turn, found.code)
    trouble = trouble_in(text, in_talk=True)
    talk = read_talk(turn.state.dossier, turn.now)
    if talk and talk.step is Step.SHOWN and trouble:
        return _ask(turn, DossierRequest(Act.AGAIN, talk.code, trouble=trouble))
    return _ask(turn, DossierRequest(Act.MINE, trouble=trouble or ""))


def in_words(turn: Turn, text: str) -> Outcome | None:
    """A code, and what is said in a talk about a dossier, understood by words alone; None for all else."""
    if wants_stop(text):
        return _ask(turn, DossierRequest(Act.STOP, _code_in(text)))
    if len(text) > LONGEST or _LINK.search(text):  # a story, or a link: perhaps a fraud's
        return None
    talk = read_talk(turn.state.dossier, turn.now)
    found = find(text, asked=talk is not None and talk.step is Step.CODE)
    if isinstance(found, Found):
        return _with_code(turn, found.code, text, talk.trouble if talk else "")
    if isinstance(found, Nearly):
        return _nearly(turn, found.code)
    if talk is not None:
        return _in_talk(turn, talk, text)
    trouble = complaint_in(text)
    return _ask(turn, DossierRequest(Act.MINE, trouble=trouble)) if trouble else None


def _in_talk(turn: Turn, talk: Talk, text: str) -> Outcome | None:
    """An answer to our question for the factor or the code, or a word on what was shown."""
    if talk.step is Step.FACTOR and (factor := factor_alone(text)):
        return _look(turn, talk, Digits(factor), hidden(text))
    if talk.step is not Step.SHOWN:
        tried = turn.asked == "dossier" and is_try_at_code(text)
        return not_a_code(turn, talk, hidden(text)) if tried else None
    if trouble := trouble_in(text, in_talk=turn.asked == "dossier"):
        return _ask(turn, DossierRequest(Act.AGAIN, talk.code, trouble=trouble))
    return _ask(turn, DossierRequest(Act.FOLLOW, talk.code, shown=True)) if wants_follow(text) else None


def in_pictures(turn: Turn) -> Outcome | None:
    """A code in the QR of a receipt that was photographed; None without one.

    Text in a picture counts only while we wait for a code, and so does a web address that is no authority's:
    who sends those otherwise may want to know whether they are a fraud.
    """
    talk = read_talk(turn.state.dossier, turn.now)
    waits = talk is not None and talk.step is not Step.SHOWN
    for seen in turn.heard.seen:
        for read in (*seen.codes, *([seen.text] if waits else [])):
            found = find(read) if waits or is_receipt(read) else None
            if isinstance(found, Found):
                trouble = talk.trouble if talk else ""
                return _ask(turn, DossierRequest(Act.OPEN, found.code, trouble=trouble))
            if isinstance(found, Nearly):
                return _nearly(turn, found.code)
    return None


def is_receipt(code: str) -> bool:
    """Whether a QR code can be a receipt's: no address, or one of an authority."""
    if "://" not in code:
        return True
    host = urlsplit(code.strip()).hostname or ""
    return host == "gov.vn" or host.endswith(".gov.vn")


def shared(turn: Turn) -> Outcome | None:
    """The platform tells the resident's own number: the factor, if one is due."""
    talk = read_talk(turn.state.dossier, turn.now)
    if turn.heard.shared_phone is None or talk is None or talk.step is not Step.FACTOR:
        return None
    return _look(turn, talk, SharedPhone(turn.heard.shared_phone), None)


def choose(turn: Turn, choice: Choice) -> Outcome:
    """The buttons."""
    talk = read_talk(turn.state.dossier, turn.now)
    act, _, code = choice.detail.partition(":")
    if act == "code":
        return _ask(turn, DossierRequest(Act.OPEN, code, trouble=talk.trouble if talk else ""))
    if act == "stop":
        return _ask(turn, DossierRequest(Act.STOP))
    if act and (talk is None or talk.step is not Step.SHOWN):  # the talk that the button belongs to is over
        return ask_for_code(turn)
    if act == "follow" and talk:
        return _ask(turn, DossierRequest(Act.FOLLOW, talk.code, shown=True))
    if act and talk:
        return _ask(turn, DossierRequest(Act.AGAIN, talk.code, trouble=act))
    return _ask(turn, DossierRequest(Act.MINE))


def _with_code(turn: Turn, code: str, text: str, trouble: str = "") -> Outcome:
    """A code, perhaps with the factor beside it, perhaps with what is wrong."""
    typed = as_typed(text, code)
    rest = without(text, typed)
    trouble = trouble_in(rest, in_talk=True) or trouble
    factor = factor_beside(rest) if typed else None
    if factor is None:
        return _ask(turn, DossierRequest(Act.OPEN, code, trouble=trouble))
    request = DossierRequest(Act.LOOK, code, Digits(factor), trouble=trouble)
    return _ask(turn, request, stored=hidden(text, typed))


def _look(turn: Turn, talk: Talk, factor: Digits | SharedPhone, stored: str | None) -> Outcome:
    return _ask(turn, DossierRequest(Act.LOOK, talk.code, factor, trouble=talk.trouble), stored=stored)


def _nearly(turn: Turn, code: str) -> Outcome:
    """A code that is one but for a slip: asked back, never guessed."""
    words = turn.words.dossiers
    buttons = (Button(words.this_code, f"#dossier:code:{code}"), turn.menu_button)
    talk = read_talk(turn.state.dossier, turn.now)
    return turn.finish(
        Behaviour.CLARIFY,
        Skill.DOSSIER,
        Reply(words.nearly.format(code=code), buttons),
        memory={"asked": "dossier"},
        talk=Talk(Step.CODE, trouble=talk.trouble if talk else "").kept(turn.now),
        confidence=1.0,
    )


def _ask(turn: Turn, request: DossierRequest, stored: str | None = None) -> Outcome:
    """No answer yet: what must be asked first."""
    confidence = turn.understood.confidence or 1.0
    return Outcome(
        Behaviour.ANSWER,
        Skill.DOSSIER,
        turn.state,
        confidence=confidence,
        dossier=request.code or None,
        request=replace(request, confidence=confidence),
        stored=stored,
    )


def _code_in(text: str) -> str:
    found = find(text)
    return found.code if isinstance(found, Found) else ""


def as_typed(text: str, code: str) -> str:
    """The piece of ``text`` that is ``code``, however it was punctuated; empty if it can't be told."""
    letters = [character for character in code if character.isalnum()]
    pattern = r"[\s.,\-–—/_]{0,3}".join(f"[{c}Oo]" if c == "0" else re.escape(c) for c in letters)
    found = re.search(pattern, text, re.IGNORECASE)
    return found.group() if found else ""
