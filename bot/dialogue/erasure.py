"""'Xóa dữ liệu của tôi': asked once more, then handed to the worker, which erases."""

from __future__ import annotations

import re
from dataclasses import replace

from bot.dialogue.choices import Choice
from bot.dialogue.turn import Turn
from bot.dialogue.types import Behaviour, DialogueState, Outcome
from bot.understanding.types import Skill, Understanding
from connectors.channel import Button, Reply

_DATA = r"(?:du lieu|thong tin|tin nhan|lich su|hoi thoai|cuoc tro chuyen|doan chat|noi dung)"
_MINE = r"(?:toi|minh|em|con|chau|ca nhan|chung toi)"
_WISH = re.compile(
    rf"\b(?:xoa|xoa bo|huy)\b(?: \w+){{0,3}}? {_DATA}\b.*\b{_MINE}\b"
    rf"|\bxoa het {_DATA}\b|\bxoa {_DATA}(?: ca nhan)?$|\brut (?:lai )?(?:su )?dong y\b"
)
_PAPERS = re.compile(r"\b(?:dang ky|can cuoc|ho khau|thuong tru|tam tru|vneid|ho tich|so do|co so du lieu)\b")
_TYPED_YES = re.compile(r"^(?:(?:co |dong y )?xoa(?: di| het| luon)?|dong y|co)$")
_TYPED_NO = re.compile(r"^(?:thoi|khoi|khong|ko|k|dung)\b")


def is_asked_for(understood: Understanding) -> bool:
    """Whether a resident wants what the assistant holds about them erased, and not an official record."""
    return bool(_WISH.search(understood.folded)) and not _PAPERS.search(understood.folded)


def is_confirmed(turn: Turn) -> bool:
    """Whether the question was just asked and the answer is yes in plain words."""
    return turn.asked == "erase" and bool(_TYPED_YES.match(turn.understood.folded.strip(" .!")))


def is_refused(turn: Turn) -> bool:
    """Whether the question was just asked and the answer is no in plain words."""
    return turn.asked == "erase" and bool(_TYPED_NO.match(turn.understood.folded))


def in_words(turn: Turn) -> Outcome | None:
    """The wish, and yes or no to the question, typed; None for anything else."""
    if is_confirmed(turn):
        return erase(turn)
    if is_refused(turn):
        return keep(turn)
    return ask(turn) if is_asked_for(turn.understood) else None


def ask(turn: Turn) -> Outcome:
    """What would be erased, and whether to do it."""
    titles = turn.words.buttons
    buttons = (Button(titles.erase_yes, "#erase:yes"), Button(titles.erase_no, "#skip"))
    return turn.finish(
        Behaviour.CLARIFY,
        Skill.NONE,
        Reply(turn.words.erasure.ask, buttons),
        memory={"asked": "erase"},
        confidence=1.0,
    )


def choose(turn: Turn, choice: Choice) -> Outcome:
    """The buttons; a 'yes' from long ago asks again."""
    if choice.detail == "yes" and turn.asked == "erase":
        return erase(turn)
    return ask(turn)


def erase(turn: Turn) -> Outcome:
    """Confirmed."""
    outcome = turn.finish(
        Behaviour.ANSWER, Skill.NONE, Reply(turn.words.erasure.done), erase=True, confidence=1.0
    )
    return replace(outcome, state=DialogueState())


def keep(turn: Turn) -> Outcome:
    """Thought better of it."""
    reply = Reply(turn.words.erasure.kept, (turn.menu_button,))
    return turn.finish(Behaviour.ANSWER, Skill.NONE, reply, confidence=1.0)
