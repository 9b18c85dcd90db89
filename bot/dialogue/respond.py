"""From one turn to its outcome: which skill answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot.dialogue import (
    cases,
    commune,
    contact,
    dossiers,
    emergency,
    erasure,
    handoff,
    merger,
    misses,
    procedures,
    ratings,
    scams,
    smalltalk,
    waiting,
)
from bot.dialogue.choices import Choice, Kind
from bot.dialogue.turn import Turn
from bot.dialogue.types import Outcome
from bot.understanding.types import Band, Skill

_SKILLS: Mapping[Skill, Callable[[Turn], Outcome]] = {
    Skill.PROCEDURE: procedures.respond,
    Skill.SCAM: scams.respond,
    Skill.DOSSIER: dossiers.respond,
    Skill.HANDOFF: handoff.respond,
    Skill.CONTACT: contact.respond,
    Skill.COMMUNE: commune.respond,
    Skill.SMALLTALK: smalltalk.respond,
}

_CHOICES: Mapping[Kind, Callable[[Turn, Choice], Outcome]] = {
    Kind.PROCEDURE: procedures.choose,
    Kind.MORE: procedures.choose_more,
    Kind.FAMILY: procedures.choose_family,
    Kind.MENU: lambda turn, choice: smalltalk.menu(turn),
    Kind.START: lambda turn, choice: smalltalk.greeting(turn),
    Kind.PROCEDURES: lambda turn, choice: smalltalk.procedures_help(turn),
    Kind.OFFICER: lambda turn, choice: handoff.call_officer(turn, choice.detail or "wish", confidence=1.0),
    Kind.SKIP: lambda turn, choice: smalltalk.deny(turn),
    Kind.SCAM: scams.choose,
    Kind.WARN: scams.choose_warnings,
    Kind.DOSSIER: dossiers.choose,
    Kind.COMMUNE: commune.choose,
    Kind.UNIT: merger.choose,
    Kind.ERASE: erasure.choose,
    Kind.CANCEL: lambda turn, choice: waiting.cancel(turn),
    Kind.RATE: ratings.choose,
    Kind.STALE: misses.stale,
}


def respond_to_choice(turn: Turn, choice: Choice) -> Outcome:
    """A tapped button or a typed number."""
    return _CHOICES[choice.kind](turn, choice)


def respond(turn: Turn) -> Outcome:
    """Free text, already understood, or attachments without text."""
    understood = turn.understood
    if not understood.folded:
        return scams.pictures(turn) or smalltalk.attachments(turn)
    if not any(character.isalnum() for character in understood.folded):
        return smalltalk.wordless(turn)
    if understood.skill is Skill.HANDOFF and understood.topic == "emergency":
        return emergency.respond(turn)
    by_rule = erasure.in_words(turn) or smalltalk.plain_answer(turn)
    if by_rule:
        return by_rule
    brought = scams.after_reading(turn)
    if brought:
        return brought
    case = cases.in_words(turn)
    if case:
        return case
    if understood.skill is Skill.NONE and understood.topic == "out_of_scope":
        return misses.out_of_scope(turn)
    if understood.skill is Skill.NONE and understood.topic == "elsewhere":
        return misses.elsewhere(turn)
    skill = _SKILLS.get(understood.skill)
    if skill is None or (understood.band is Band.LOST and understood.skill is not Skill.PROCEDURE):
        return procedures.drop(turn) if turn.rejected else misses.lost(turn)
    return skill(turn)
