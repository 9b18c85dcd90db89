"""Who handles what in the commune: those whom the commune names; nobody is guessed."""

from __future__ import annotations

from collections.abc import Sequence

from bot.dialogue import guided
from bot.dialogue.guides import Guide
from bot.dialogue.turn import Turn
from bot.dialogue.types import Behaviour, Outcome
from bot.knowledge.model import Officer
from bot.knowledge.units import inside
from bot.understanding.folding import fold
from bot.understanding.types import Skill
from connectors.channel import Reply

TOPIC = "staff"


def tell(turn: Turn, confidence: float | None = None) -> Outcome:
    """The officers of the matter that is named, or all; where dossiers go if they are not known."""
    guide = turn.texts.guide(TOPIC, turn.understood.folded)
    officers = of_matter(turn, guide) if guide else turn.knowledge.commune.officers
    if officers:
        text = listed(turn, officers, guide)
    else:
        what = guide.title if guide else turn.words.commune.staff_name
        text = turn.words.commune.staff_unknown.format(what=what, commune=turn.commune)
        if guide:
            text = f"{text}\n{guided.text_of(turn, guide)}"
    buttons = guided.buttons_of(turn, guide) if guide else (turn.officer_button(),)
    return turn.finish(
        Behaviour.ANSWER,
        Skill.COMMUNE,
        Reply(text, (*buttons, turn.menu_button)),
        confidence=confidence,
        unanswered=not officers,
    )


def of_matter(turn: Turn, guide: Guide) -> tuple[Officer, ...]:
    """The officers who handle the guide's matter; all of them for the guide on everything."""
    officers = turn.knowledge.commune.officers
    if guide.id == TOPIC:
        return officers
    return tuple(officer for officer in officers if _handles(officer, guide.fields))


def named_matter(turn: Turn) -> Guide | None:
    """The matter or person that the question names, if it names one."""
    guide = turn.texts.guide(TOPIC, turn.understood.folded)
    return guide if guide and guide.id != TOPIC else None


def listed(turn: Turn, officers: Sequence[Officer], guide: Guide | None) -> str:
    """The officers with role and phone, as the commune gave them."""
    commune, words = turn.knowledge.commune, turn.words.commune
    head = words.staff.format(commune=turn.commune)
    if guide and guide.id != TOPIC:
        head = words.staff_of.format(what=inside(guide.title), commune=turn.commune)
    lines = [f"• {o.role}: {o.name}" + (f", {o.phone}" if o.phone else "") for o in officers]
    source = words.source.format(source=commune_source(turn), month=guided.month(commune.as_of))
    return "\n".join([head, *lines, source])


def commune_source(turn: Turn) -> str:
    """Who vouches for the commune's own facts."""
    return f"UBND {turn.commune}"


def _handles(officer: Officer, fields: Sequence[str]) -> bool:
    role = f" {fold(officer.role)} "
    return any(field in officer.fields or f" {fold(field)} " in role for field in fields)
