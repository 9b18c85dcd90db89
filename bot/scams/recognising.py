"""Whether a message is something to be checked, and in which way. Pure, on the text alone.

The order of :class:`Wanted` is the order of urgency: who has already lost something comes first.
"""

from __future__ import annotations

from enum import StrEnum


class Wanted(StrEnum):
    """Why a message is brought to the check."""

    VICTIM = "victim"
    """Has paid, given a code, installed something: first aid before anything else."""
    LINK = "link"
    """A link and nothing else."""
    PHONE = "phone"
    """A phone number and nothing else, or with "số này là ai", "số này lừa đảo không"."""
    ACCOUNT = "account"
    """A bank account number and nothing else (a bank's or holder's name may stand beside it)."""
    STORY = "story"
    """What a caller or a stranger said and wanted: "có người gọi xưng công an bảo …"."""
    FORWARDED = "forwarded"
    """A message of somebody else's, passed on: an SMS, an offer, a notice."""
    ASKING = "asking"
    """Asks whether it is a scam and brings nothing to be looked at: "cái này có phải lừa đảo không"."""


def recognise(text: str) -> Wanted | None:
    """How ``text`` is meant, or None where it is an ordinary question.

    A message that is a question on procedures must give None even if it names a bank, a fee or VNeID.
    """
    return None


def looks_forwarded(text: str) -> bool:
    """Whether ``text`` is somebody else's message, passed on to be looked at (LINK to FORWARDED)."""
    return recognise(text) in (
        Wanted.LINK,
        Wanted.PHONE,
        Wanted.ACCOUNT,
        Wanted.STORY,
        Wanted.FORWARDED,
    )
