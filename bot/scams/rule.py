"""The one rule: the points of all signs are added up; 3 are suspicious, 7 are danger.

A sign worth 7 is enough by itself (a link that fakes ".gov.vn"); ordinary signs take two or three together.
Likeness to known scams makes suspicious, never danger: what is called danger must show signs that one can
point at, since a lawful warning reads like what it warns of. What speaks against a scam (the bank's own
warning, an official link) takes away at most ``RELIEF`` points, so that nobody can talk a message clean; and
where a sign of danger stands alone it stays suspicious at least.
"""

from __future__ import annotations

from collections.abc import Iterable

from bot.scams.types import Level, Reason

SUSPICIOUS = 3.0
DANGER = 7.0
RELIEF = 8.0
LIKENESS = "likeness"
"""The code of the one sign that is a whole text's and no word's."""


def join(reasons: Iterable[Reason]) -> tuple[Level, float]:
    """The level and the sum of points that it comes from."""
    known = list(reasons)
    score = _sum(known)
    if any(reason.weight >= DANGER for reason in known):
        score = max(score, SUSPICIOUS)
    if _sum([r for r in known if r.code != LIKENESS or r.weight < 0]) >= DANGER:
        return Level.DANGER, score
    return (Level.SUSPICIOUS if score >= SUSPICIOUS else Level.CLEAR), score


def _sum(reasons: Iterable[Reason]) -> float:
    weights = [reason.weight for reason in reasons]
    return sum(w for w in weights if w > 0) + max(-RELIEF, sum(w for w in weights if w < 0))
