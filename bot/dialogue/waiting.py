"""While an officer is called: the resident may end it, or leave a phone number; all else is answered."""

from __future__ import annotations

import re
from dataclasses import replace

from bot.dialogue.turn import Turn
from bot.dialogue.types import Behaviour, Outcome
from bot.understanding.emergencies import is_emergency
from bot.understanding.folding import words
from bot.understanding.types import Skill
from connectors.channel import Reply

_PERSON = r"(?:can bo|nguoi that|nhan vien|nguoi)"
_POLITE = r"(?:da|vang|a|thoi|ok|uh?m?|toi|minh|em|con|chau|roi|the|vay)"
_BARE = re.compile(
    rf"(?:{_POLITE} )*(?:thoi khoi|khoi|(?:khong|ko|k) can|huy)"
    r"(?: (?:can|nua|dau|a|nhe|nha|vay|roi|thoi|khoi|cam on|cho|doi|gap))*"
)
_OF_OFFICER = re.compile(
    rf"(?:{_POLITE} )*(?:khong|ko|k|khoi|huy)"
    rf"(?: (?:can|muon|gap|cho|doi|noi chuyen|voi|nua|yeu cau|goi|khoi|phien|nho))* {_PERSON}"
    r"(?: (?:nua|dau|a|nhe|nha|tra loi|xa|roi|thoi|cam on))*"
)
# Vietnamese numbers as people type them: 0 or +84, nine or ten digits more, grouped or not.
_PHONE = re.compile(r"(?<!\d)(?:\+?84|0)(?:[ .\-]?\d){8,10}(?!\d)")
_ABOUT_PHONE = re.compile(
    r"\b(?:so|dien thoai|sdt|dt|cua|toi|em|minh|con|chau|la|day|nay|goi|lai|cho|nhe|nha|a|lien he|lien lac|"
    r"zalo|qua|theo|bac|ong|ba|anh|chi|xin|de|giup|voi|vao|duoc|can bo|nho|dum|va|hoac|dia chi|ten)\b"
)
_MOST_LEFT = 6
"""So many letters beside a number and words about it are no matter of their own."""


def phone_in(text: str | None) -> str | None:
    """The first phone number in ``text``, digits only ("+84…" as "0…"); None without one."""
    for found in _PHONE.finditer(text or ""):
        digits = re.sub(r"\D", "", found.group())
        digits = "0" + digits[2:] if digits.startswith("84") else digits
        if 10 <= len(digits) <= 11 and digits[1] != "0":
            return digits
    return None


def is_cancelled(turn: Turn, text: str) -> bool:
    """Whether the resident says that no officer is needed any more.

    A bare "thôi khỏi" after a question of ours answers that question.
    """
    said = " ".join(words(text)).strip(" .!,")
    return bool(_OF_OFFICER.fullmatch(said)) or (not turn.asked and bool(_BARE.fullmatch(said)))


def in_words(turn: Turn, text: str) -> Outcome | None:
    """What is said about the waiting itself; None for anything else, and while nobody is called."""
    if not turn.waiting:
        return None
    if is_cancelled(turn, text):
        return cancel(turn)
    if phone_in(text) and _is_only_contact(text):
        return _say(turn, turn.words.handoff.contact_noted)
    return None


def cancel(turn: Turn) -> Outcome:
    """The assistant has the conversation alone again; pressed later than that, it says so once more."""
    outcome = _say(turn, turn.words.handoff.cancelled)
    return replace(outcome, cancels_officer=turn.waiting)


def with_contact(turn: Turn, outcome: Outcome) -> Outcome:
    """The outcome with the phone number that stands in the message, confirmed, if an officer is called."""
    if outcome.erase or outcome.stored is not None or not (turn.waiting or outcome.handoff):
        return outcome
    phone = phone_in(turn.heard.text)
    if phone is None:
        return outcome
    noted = turn.words.handoff.contact_noted
    replies = outcome.replies
    if all(noted not in reply.text for reply in replies):
        replies = (*replies[:-1], replace(replies[-1], text=f"{replies[-1].text}\n{noted}"))
    return replace(outcome, replies=replies, contact=phone)


def _is_only_contact(text: str) -> bool:
    """Whether nothing is left to answer beside a phone number."""
    folded = " ".join(words(_PHONE.sub(" ", text)))
    if is_emergency(folded):
        return False
    return len(re.sub(r"[^a-z]", "", _ABOUT_PHONE.sub("", folded))) <= _MOST_LEFT


def _say(turn: Turn, text: str) -> Outcome:
    return turn.finish(
        Behaviour.SMALLTALK,
        Skill.HANDOFF,
        Reply(text, (turn.menu_button,)),
        aspect=None,
        misses=turn.state.misses,
        confidence=1.0,
    )
