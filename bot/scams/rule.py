"""The one rule: the points of all signs are added up; 3 are suspicious, 7 are danger.

A sign worth 7 is enough by itself (a link that fakes ".gov.vn"); ordinary signs take two or three together.
What speaks against a scam (the bank's own warning, an official link) takes away at most ``RELIEF`` points, so
that nobody can talk a message clean; and where a sign of danger stands alone it stays suspicious at least.
"""

from __future__ import annotations

from collections.abc import Iterable

from bot.scams.types import Level, Reason

SUSPICIOUS = 3.0
DANGER = 7.0
RELIEF = 8.0


def join(reasons: Iterable[Reason]) -> tuple[Level, float]:
    """The level and the sum of points that it comes from."""
    weights = [reason.weight for reason in reasons]
    speaking_for = sum(w for w in weights if w > 0)
    score = speaking_for + max(-RELIEF, sum(w for w in weights if w < 0))
    if any(w >= DANGER for w in weights):
        score = max(score, SUSPICIOUS)
    if score >= DANGER:
        return Level.DANGER, score
    return (Level.SUSPICIOUS if score >= SUSPICIOUS else Level.CLEAR), score
