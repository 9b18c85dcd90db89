"""What a conversation remembers of the dossier that is spoken of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

FRESH = timedelta(minutes=30)
"""So long a question of ours stands, and a dossier that was shown may be spoken of without its factor."""


class Step(StrEnum):
    """Where the talk is."""

    CODE = "code"  # we asked for the code
    FACTOR = "factor"  # we asked for the second factor of ``code``
    SHOWN = "shown"  # ``code`` was shown


@dataclass(frozen=True, slots=True)
class Talk:
    """``trouble``: what the resident finds wrong, to be answered once the dossier may be shown."""

    step: Step
    code: str = ""
    trouble: str = ""

    def kept(self, now: datetime) -> Mapping[str, str]:
        """For ``DialogueState.dossier``."""
        return {"step": self.step.value, "code": self.code, "trouble": self.trouble, "at": now.isoformat()}


def read_talk(kept: Mapping[str, str], now: datetime) -> Talk | None:
    """The inverse of :meth:`Talk.kept`; None if nothing is spoken of, or not any more."""
    try:
        began = datetime.fromisoformat(kept["at"])
        step = Step(kept["step"])
    except (KeyError, ValueError):
        return None
    if not timedelta(0) <= now - began < FRESH:
        return None
    return Talk(step, kept.get("code", ""), kept.get("trouble", ""))
