"""Greeting, menu, thanks, abuse, and messages without text."""

from __future__ import annotations

import re

from bot.dialogue import dossiers, erasure, procedures, scam_check
from bot.dialogue.choices import parse
from bot.dialogue.turn import Introduction, Turn
from bot.dialogue.types import Behaviour, Outcome
from bot.understanding.types import Skill
from connectors.channel import Button, Reply

_NOT = "khong|ko|k|kg|hong|hok|hem"
_YES = re.compile(
    r"(?:(?:da|um|u|o|vang) )*(?:dung|phai|chuan)(?: (?:roi|r|vay|do|a|ne|nha|nhe|luon))*"
    r"|da(?: vang)?|vang(?: a)?|u+h?|um+|ok(?:e|i|ay)?|yes"
)
_NO = re.compile(rf"(?:da )?(?:{_NOT})(?: (?:phai|dung|vay|dau|cai nay|roi|a|nha|ma))*|sai(?: roi| bet)?|no")
_ENOUGH = re.compile(
    rf"(?:da )?(?:{_NOT}|thoi|khoi)(?: (?:can|hoi|gi|con|nua|a|nha|nhe|duoc roi|cam on))*|het roi|du roi"
)
"""'Không' where nothing was asked means "nothing more", not "wrong"."""


def respond(turn: Turn) -> Outcome:
    """Free text that is small talk."""
    words = turn.words.smalltalk
    topic = turn.understood.topic
    if topic == "menu":
        return menu(turn)
    if topic == "affirm":
        return affirm(turn)
    if topic == "deny":
        return deny(turn)
    if topic == "abuse":
        return _say(turn, words.abuse, (turn.officer_button(), turn.menu_button))
    if topic == "bot":
        return _say(turn, words.bot.format(commune=turn.commune), _menu(turn), Introduction.SAID)
    if topic in ("thanks", "bye"):
        return _say(turn, words.thanks if topic == "thanks" else words.bye)
    return greeting(turn)


def greeting(turn: Turn) -> Outcome:
    """The first contact says who speaks and what it can do; later greetings are short."""
    words = turn.words.smalltalk
    first = turn.heard.opened or not turn.state.greeted
    text = words.greeting.format(commune=turn.commune) if first else words.greeting_again
    return _say(turn, text, _menu(turn), Introduction.SAID)


def menu(turn: Turn) -> Outcome:
    """What can be asked for."""
    return _say(turn, turn.words.smalltalk.menu, _menu(turn))


def procedures_help(turn: Turn) -> Outcome:
    """How to ask for a procedure."""
    return _say(turn, turn.words.smalltalk.procedures)


def attachments(turn: Turn) -> Outcome:
    """No word that could be read: the assistant can't look into attachments yet."""
    words = turn.words.smalltalk
    kinds = {attachment.kind for attachment in turn.heard.attachments}
    if not kinds:
        return _ask_to_type(turn, words.empty)
    if kinds == {"sticker"}:
        return _say(turn, words.sticker, _menu(turn))
    for kind, text in (("image", words.picture), ("audio", words.voice)):
        if kind in kinds:
            return _ask_to_type(turn, text)
    return _ask_to_type(turn, words.file if kinds & {"file", "video"} else words.other_attachment)


def wordless(turn: Turn) -> Outcome:
    """Emoji or mere punctuation: no question, and no miss."""
    if "?" in turn.understood.folded:
        return _ask_to_type(turn, turn.words.smalltalk.empty)
    return _say(turn, turn.words.smalltalk.sticker, _menu(turn))


def plain_answer(turn: Turn) -> Outcome | None:
    """Yes and no in a word or two, by rule: they hang on what was asked, and must work without Rasa."""
    said = turn.understood.folded.strip(" .!,")
    if turn.asked in ("which", "erase", "dossier") and _YES.fullmatch(said):
        return affirm(turn)
    if not turn.asked and _ENOUGH.fullmatch(said):
        return _say(turn, turn.words.smalltalk.deny)
    return deny(turn) if _NO.fullmatch(said) else None


def affirm(turn: Turn) -> Outcome:
    """'đúng rồi' after a question that has one answer is that answer."""
    if turn.asked == "erase":
        return erasure.erase(turn)
    code = [offer for offer in turn.state.offers if offer.value.startswith("#dossier:code:")]
    if turn.asked == "dossier" and code:
        return dossiers.choose(turn, parse(code[0].value))
    choices = [offer for offer in turn.state.offers if offer.value.startswith("#p:")]
    if turn.asked == "which" and len(choices) == 1:
        return procedures.choose(turn, parse(choices[0].value))
    if turn.asked == "which":
        buttons = tuple(Button(offer.title, offer.value) for offer in turn.state.offers)
        reply = Reply(turn.words.procedures.choose, buttons)
        return turn.finish(Behaviour.CLARIFY, Skill.PROCEDURE, reply, memory=turn.state.memory)
    return _say(turn, turn.words.smalltalk.affirm)


def deny(turn: Turn) -> Outcome:
    """'không phải': of a question just asked, or of what was spoken of."""
    if turn.asked == "erase":
        return erasure.keep(turn)
    if turn.asked in (scam_check.ASKED, scam_check.CHECKED):
        return _say(turn, turn.words.smalltalk.deny, _menu(turn))
    if turn.asked == "dossier":
        return _say(turn, turn.words.smalltalk.deny, _menu(turn))
    if turn.asked or turn.state.topic:
        return procedures.drop(turn)
    return _say(turn, turn.words.smalltalk.deny, _menu(turn))


def _menu(turn: Turn) -> tuple[Button, ...]:
    titles = turn.words.buttons
    return (
        Button(titles.procedures, "#procedures"),
        Button(titles.scam, "#scam"),
        Button(titles.dossier, "#dossier"),
        Button(titles.commune, "#commune"),
        turn.officer_button(),
    )


def _ask_to_type(turn: Turn, text: str) -> Outcome:
    return turn.finish(
        Behaviour.CLARIFY,
        Skill.NONE,
        Reply(text, (turn.officer_button(), turn.menu_button)),
        misses=turn.state.misses,
        confidence=1.0,
    )


def _say(
    turn: Turn,
    text: str,
    buttons: tuple[Button, ...] = (),
    introduction: Introduction = Introduction.DUE,
) -> Outcome:
    reply = Reply(text, buttons)
    confidence = turn.understood.confidence if turn.understood.folded else 1.0
    return turn.finish(
        Behaviour.SMALLTALK, Skill.SMALLTALK, reply, introduction=introduction, confidence=confidence
    )
