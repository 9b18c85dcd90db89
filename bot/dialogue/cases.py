"""Answers to "which case?" in the resident's own words, and messages that are only a family's name.

A button's number or title needs none of this. "mất bản chính rồi" does: it names no paper and is understood
only beside the question just asked, or beside the procedure just answered.
"""

from __future__ import annotations

from bot.dialogue import answers, asking, procedures, variants
from bot.dialogue.turn import Turn
from bot.dialogue.types import Outcome
from bot.knowledge.variants import Case, Family
from bot.understanding.types import Aspect, Band, Skill


def in_words(turn: Turn) -> Outcome | None:
    """The answer on a case that the message tells, or the question that a family's bare name calls for."""
    understood = turn.understood
    if understood.skill not in (Skill.PROCEDURE, Skill.NONE) or not turn.knowledge.variants:
        return None
    if procedures.typed_codes(understood.text):
        return None
    joined = variants.joined_words(understood.text)
    return _case_of_topic(turn, joined) or _family_alone(turn, joined)


def _case_of_topic(turn: Turn, joined: str) -> Outcome | None:
    """'đăng ký lại thì sao' after the question, or after the answer, on birth certificates."""
    for family in _spoken_of(turn):
        told = variants.said(variants.without(family, turn.rejected), joined)
        top = variants.strongest(told, family.plain)
        if len(top) == 1 and _is_meant(turn, family, top[0], told[top[0]], joined):
            take = variants.Take(family, top[0].code, top[0])
            return procedures.decided(turn, take, procedures.aspects_asked(turn))
    return None


def _spoken_of(turn: Turn) -> list[Family]:
    """The family just asked about, else those of the procedure spoken of (or just rejected)."""
    families = turn.knowledge.variants
    asked = families.get(turn.state.memory.get("family", ""))
    if asked:
        return [asked]
    topics = {turn.state.topic, *turn.rejected} - {None}
    return [family for family in families.values() if topics & family.codes]


def _is_meant(turn: Turn, family: Family, case: Case, weight: int, joined: str) -> bool:
    """Whether the message means ``case``, which it tells with ``weight``, and no procedure elsewhere."""
    candidates = turn.understood.candidates
    elsewhere = bool(candidates) and candidates[0].code not in family.codes
    asked = turn.state.memory.get("family") == family.slug
    likely = not elsewhere or variants.share(candidates, case.code) >= variants.POSSIBLE
    if elsewhere and turn.understood.band is Band.SURE:
        return asked and likely and weight >= variants.PLAINLY
    return (asked and likely) or variants.is_bare_case(family, case, joined)


def _family_alone(turn: Turn, joined: str) -> Outcome | None:
    """A family's bare name of which the understanding made little, or no name at all (a follow-up)."""
    understood = turn.understood
    lost = understood.skill is Skill.NONE and understood.topic != "out_of_scope"
    unsure = understood.skill is Skill.PROCEDURE and understood.band is Band.UNSURE
    if not lost and not unsure and not understood.follow_up:
        return None
    best = {candidate.code for candidate in understood.candidates[:1]}
    for family in turn.knowledge.variants.values():
        ranked = not lost and best & family.codes  # then the ranking is heard first
        if ranked or not variants.is_bare(family, joined):
            continue
        left = variants.without(family, turn.rejected)
        decision = variants.by_name(left, joined, lambda cases: answers.differ(turn, cases, _asked(turn)))
        if decision:
            return procedures.decided(turn, decision, procedures.aspects_asked(turn))
    return None


def _asked(turn: Turn) -> tuple[Aspect, ...]:
    return procedures.aspects_asked(turn) or asking.DEFAULT
