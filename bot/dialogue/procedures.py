"""Questions on administrative procedures: answer, ask back, or say that the data has nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from bot.dialogue import answers, asking, handoff, misses, variants
from bot.dialogue.choices import STALE, Choice
from bot.dialogue.turn import Turn
from bot.dialogue.types import Behaviour, Outcome
from bot.knowledge.model import MissingProcedure, Procedure
from bot.knowledge.render import short_name, title
from bot.knowledge.variants import Case, Family
from bot.understanding.cues import aspects_by_words
from bot.understanding.splitting import has_content
from bot.understanding.types import UNNAMED, Aspect, Band, Candidate, Skill
from connectors.channel import Reply

NEAR_TWINS = 0.03
"""Candidates whose scores differ by less are asked about, where their answers differ."""

_PROCEDURE_CODE = re.compile(r"(?<![\d.])(\d\.\d{6})(?!\d)", re.ASCII)
_OF_THI_SAO = frozenset({Aspect.STEPS, Aspect.CONDITIONS})
"""What "thì sao" alone sounds like a question for."""
_GOES_ON = re.compile(r"^(?:con|the con|vay con)\b|\b(?:thi sao|thi the nao)$")
"""'còn khai tử?': the part that was asked for before is meant, of another procedure."""


def respond(turn: Turn) -> Outcome:
    """Free text that the understanding takes for a question on a procedure."""
    understood = turn.understood
    if understood.follow_up or _leans(turn):
        return _follow_up(turn)
    if understood.topic == UNNAMED:
        return asking.ask_paper(turn, understood.aspects, _known(turn, understood.candidates))
    if not understood.candidates:
        return asking.ask_paper(turn, understood.aspects) if understood.aspects else misses.lost(turn)
    known = _known(turn, understood.candidates)
    if not known and turn.rejected:
        return drop(turn)
    if not known or understood.band is Band.LOST:
        return misses.lost(turn)
    aspects = aspects_asked(turn)
    replaced = _typed_replaced(turn, known[0].code)
    if replaced:
        return answer_code(turn, replaced, aspects)
    twin = _twin(turn, known, aspects)
    if twin:
        return twin
    if understood.band is Band.UNSURE:
        return asking.ask_back(turn, asking.offered(turn, known), aspects)
    rivals = _near_twins(turn, known, aspects)
    return asking.ask_back(turn, rivals, aspects) if rivals else answer_code(turn, known[0].code, aspects)


def choose(turn: Turn, choice: Choice) -> Outcome:
    """A button on a procedure, or on one case of it; a case that is no more is answered as a whole."""
    if choice.code not in turn.knowledge.procedures and choice.code not in turn.knowledge.missing:
        return misses.stale(turn, choice)
    families = turn.knowledge.variants.values()
    found = [(family, case) for family in families if (case := family.case(choice.code, choice.case))]
    if not choice.case or not found:
        return answer_code(turn, choice.code, choice.aspects, choice.page, confidence=1.0)
    family, case = found[0]
    return answer_code(turn, choice.code, choice.aspects, choice.page, 1.0, case, family)


def choose_family(turn: Turn, choice: Choice) -> Outcome:
    """The button that asks which of the near-twins is meant."""
    family = turn.knowledge.variants.get(choice.detail)
    if family is None:
        return misses.stale(turn, STALE)
    return asking.ask_case(turn, family, variants.offered(family), choice.aspects, confidence=1.0)


def _twin(turn: Turn, known: Sequence[Candidate], aspects: Sequence[Aspect]) -> Outcome | None:
    """What near-twins of the best candidate change about the answer; None: nothing."""
    joined = variants.joined_words(turn.understood.text)
    asked = tuple(aspects) or asking.DEFAULT
    decision = variants.decide(
        turn.knowledge.variants,
        known,
        joined,
        turn.understood.band,
        lambda cases: answers.differ(turn, cases, asked),
        turn.rejected,
    )
    return decided(turn, decision, aspects) if decision else None


def decided(turn: Turn, decision: variants.Decision, aspects: Sequence[Aspect]) -> Outcome:
    """The answer on one of several near-twins, or the question which one is meant."""
    family = decision.family
    if isinstance(decision, variants.Ask):
        return asking.ask_case(turn, family, decision.cases, aspects)
    asked = tuple(aspects) or asking.DEFAULT
    case = decision.case if decision.case and decision.case.group else None
    others = case is not None or decision.ordinary
    differ = others and answers.differ(turn, variants.offered(family), asked)
    return answer_code(turn, decision.code, aspects, case=case, family=family if differ else None)


def _typed_replaced(turn: Turn, code: str) -> str | None:
    """A typed code that ``code`` has replaced: whoever typed it is told so."""
    for typed in typed_codes(turn.understood.text):
        successor = turn.knowledge.successor(typed)
        if successor and successor.code == code:
            return typed
    return None


def typed_codes(text: str) -> list[str]:
    """The codes of procedures that stand in a message as numbers."""
    return [str(code) for code in _PROCEDURE_CODE.findall(text)]


def _leans(turn: Turn) -> bool:
    """Whether a part is asked for, of nothing that the message names, while a procedure is spoken of."""
    understood = turn.understood
    bare = not understood.candidates and not has_content(variants.joined_words(understood.text))
    return bool(bare and understood.aspects and turn.state.topic)


def _follow_up(turn: Turn) -> Outcome:
    """A message that leans on the procedure spoken of before."""
    asked = turn.understood.aspects
    code = turn.understood.candidates[0].code if turn.understood.candidates else turn.state.topic
    if code is None:
        return asking.ask_paper(turn, asked) if asked else misses.lost(turn)
    return answer_code(turn, code, asked) if asked else more_aspects(turn, code)


def aspects_asked(turn: Turn) -> tuple[Aspect, ...]:
    """What is asked for: in this message, or in one before that this message completes or corrects."""
    asked = turn.understood.aspects
    folded = turn.understood.folded.strip(" ?.!")
    goes_on = turn.state.aspect and (turn.rejected or _GOES_ON.search(folded))
    plain = {Aspect.STEPS}.issuperset(aspects_by_words(folded))
    if goes_on and plain and _OF_THI_SAO.issuperset(asked):
        return _as_aspects((turn.state.aspect or "",))
    return asked or _as_aspects(turn.state.memory.get("aspects", ()))


def _as_aspects(names: Iterable[str]) -> tuple[Aspect, ...]:
    """Remembered names as aspects; those that another version wrote and this one lacks are dropped."""
    known = {aspect.value for aspect in Aspect}
    return tuple(Aspect(name) for name in names if name in known)


def _known(turn: Turn, candidates: Sequence[Candidate]) -> list[Candidate]:
    """Candidates that the data knows, superseded ones replaced by what follows them, each once."""
    found: dict[str, Candidate] = {}
    for candidate in candidates:
        procedure = turn.knowledge.get(candidate.code)
        if procedure is None and candidate.code not in turn.knowledge.missing:
            continue
        successor = turn.knowledge.successor(candidate.code)
        code = successor.code if successor else candidate.code
        if code in turn.rejected:
            continue
        found.setdefault(code, Candidate(code, candidate.score))
    return list(found.values())


def _near_twins(turn: Turn, candidates: Sequence[Candidate], aspects: Sequence[Aspect]) -> list[Candidate]:
    """The candidates between which only the resident can decide; empty if there is nothing to ask."""
    best = candidates[0]
    near = [c for c in candidates[: asking.MOST_CANDIDATES] if best.score - c.score < NEAR_TWINS]
    first = turn.knowledge.get(best.code)
    if len(near) < 2 or first is None:
        return []
    others = [turn.knowledge.get(c.code) for c in near[1:]]
    asked = aspects or asking.DEFAULT
    alike = all(other is not None and answers.same_answer(turn, first, other, asked) for other in others)
    return [] if alike else near


def answer_code(
    turn: Turn,
    code: str,
    aspects: Sequence[Aspect],
    page: int = 1,
    confidence: float | None = None,
    case: Case | None = None,
    family: Family | None = None,
) -> Outcome:
    """The answer on a known code: the procedure's, its successor's, or that there is none.

    :param case: the one case of the procedure that is meant, where its papers differ by case.
    :param family: whose other cases are offered.
    """
    procedure = turn.knowledge.get(code)
    if procedure is None:
        missing = turn.knowledge.missing.get(code)
        return _missing(turn, missing, confidence) if missing else misses.lost(turn)
    if procedure.served:
        return _answer(turn, procedure, aspects, page, confidence, case=case, family=family)
    successor = turn.knowledge.successor(code)
    if successor is None:
        text = turn.words.procedures.superseded.format(**_replacement(procedure))
        return _no_data(turn, code, text, confidence)
    return _answer(turn, successor, aspects, 1, confidence, procedure)


def _answer(
    turn: Turn,
    procedure: Procedure,
    aspects: Sequence[Aspect],
    page: int,
    confidence: float | None,
    replaced: Procedure | None = None,
    case: Case | None = None,
    family: Family | None = None,
) -> Outcome:
    asked = tuple(aspects)[: answers.MOST_ASPECTS] or asking.DEFAULT
    told = answers.with_papers(procedure, asked)
    replies = answers.answer(turn, procedure, told, page, case, family)
    if replaced:
        line = turn.words.procedures.superseded_by.format(**_replacement(replaced))
        replies = [Reply(line), *replies]
    return turn.finish(
        Behaviour.ANSWER,
        Skill.PROCEDURE,
        replies,
        topic=procedure.code,
        aspect=asked[0],
        codes=(procedure.code, *_others(turn, procedure.code)),
        aspects=asked,
        confidence=confidence,
    )


def _others(turn: Turn, code: str) -> list[str]:
    """What else may have been meant, the likeliest first."""
    return [
        candidate.code for candidate in _known(turn, turn.understood.candidates) if candidate.code != code
    ]


def _replacement(procedure: Procedure) -> dict[str, str]:
    on = procedure.superseded.on if procedure.superseded else None
    return {"name": title(procedure), "day": f"{on.day}/{on.month}/{on.year}" if on else ""}


def _missing(turn: Turn, missing: MissingProcedure, confidence: float | None) -> Outcome:
    text = turn.words.procedures.missing.format(name=asking.missing_name(missing), commune=turn.commune)
    return _no_data(turn, missing.code, text, confidence)


def _no_data(turn: Turn, code: str, text: str, confidence: float | None) -> Outcome:
    return turn.finish(
        Behaviour.REFUSE,
        Skill.PROCEDURE,
        Reply(text, (turn.officer_button("missing"), turn.menu_button)),
        topic=code,
        codes=(code,),
        confidence=confidence,
        unanswered=True,
    )


def drop(turn: Turn) -> Outcome:
    """'không phải': what was guessed or answered is not meant, which is a miss too."""
    guessed = turn.asked in ("which", None)
    count = turn.state.misses + 1 if guessed else turn.state.misses
    if count >= misses.MOST_MISSES:
        return handoff.after_misses(turn, forget_topic=True)
    return turn.finish(
        Behaviour.CLARIFY,
        Skill.PROCEDURE,
        Reply(turn.words.procedures.dropped, (turn.menu_button, turn.officer_button())),
        forget_topic=True,
        misses=count,
        memory={"asked": "paper", "aspects": turn.state.memory.get("aspects", [])},
    )


def more_aspects(turn: Turn, code: str, confidence: float | None = None) -> Outcome:
    """Everything that can be asked about one procedure."""
    procedure = turn.knowledge.get(code)
    if procedure is None or not procedure.served:
        return answer_code(turn, code, (), confidence=confidence)
    text = turn.words.procedures.more_aspects.format(name=short_name(procedure))
    return turn.finish(
        Behaviour.CLARIFY,
        Skill.PROCEDURE,
        Reply(text, tuple(answers.all_aspects(procedure))),
        topic=procedure.code,
        codes=(procedure.code,),
        confidence=confidence,
    )


def choose_more(turn: Turn, choice: Choice) -> Outcome:
    """The button that asks for the other aspects."""
    if choice.code not in turn.knowledge.procedures:
        return misses.stale(turn, choice)
    return more_aspects(turn, choice.code, confidence=1.0)
