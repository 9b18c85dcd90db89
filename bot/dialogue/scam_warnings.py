"""Who wants the commune's new warnings says so, and says when it is enough."""

from __future__ import annotations

import re
from dataclasses import replace

from bot.dialogue.scam_check import CHECKED
from bot.dialogue.turn import Turn
from bot.dialogue.types import Behaviour, Outcome
from bot.understanding.folding import fold, normalise, words
from bot.understanding.types import Skill
from connectors.channel import Button, Reply

_END = r"(?: (?:lua dao|moi|tuan|hang tuan|moi tuan|cua xa|nua|a|nhe|nha|voi|di|cho toi|qua zalo))*"
_ON = re.compile(
    r"(?:(?:toi|em|minh|con|cho toi|cho|xin|muon|bac) )*(?:dang ky )?(?:nhan |theo doi )?"
    r"(?:cac |tin |ban )*canh bao" + _END
)
_OFF = re.compile(
    r"(?:(?:toi|em|minh|con|cho toi|xin|muon|lam on) )*(?:dung|ngung|huy|tat|thoi|bo|khong|ko)"
    r"(?: (?:gui|nhan|dang ky|theo doi|muon|nua|can))*(?: (?:cac|tin|ban))* canh bao" + _END
)
_STOP = frozenset(
    {
        "dừng",
        "dung",
        "dừng lại",
        "dung lai",
        "dừng ạ",
        "dừng nhé",
        "dừng đi",
        "ngừng",
        "ngung",
        "stop",
        "hủy",
        "huỷ",
    }
)
"""As typed, for those who get warnings: "đúng" is no "dừng", and "dung" may be either."""


def in_words(turn: Turn, text: str) -> Outcome | None:
    """The wish to get warnings or to get no more; None for all else."""
    said = " ".join(words(text)).strip(" .!,")
    if _OFF.fullmatch(said):
        return off(turn)
    if _ON.fullmatch(said):
        return on(turn)
    typed = normalise(text).casefold().strip(" .!,")
    if not turn.state.warned or typed not in _STOP or turn.asked == "erase":
        return None
    is_plain = typed != fold(typed)  # written with its mark it is no "đúng"
    return off(turn) if is_plain or turn.asked in (None, CHECKED) else None


def on(turn: Turn) -> Outcome:
    """Warnings are wanted."""
    texts, titles = turn.words.scams, turn.words.buttons
    said = texts.warn_on_already if turn.state.warned else texts.warn_on
    return _switched(turn, said, Button(titles.warn_off, "#warn:off"), wanted=True)


def off(turn: Turn) -> Outcome:
    """No warnings are wanted any more."""
    texts, titles = turn.words.scams, turn.words.buttons
    said = texts.warn_off if turn.state.warned else texts.warn_off_already
    return _switched(turn, said, Button(titles.warn_on, "#warn:on"), wanted=False)


def _switched(turn: Turn, text: str, button: Button, *, wanted: bool) -> Outcome:
    outcome = turn.finish(
        Behaviour.ANSWER, Skill.SCAM, Reply(text, (button, turn.menu_button)), confidence=1.0
    )
    return replace(outcome, warns=wanted, state=replace(outcome.state, warned=wanted))
