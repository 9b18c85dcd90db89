"""Questions on administrative procedures: answer, ask back, or say that the data has nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from bot.dialogue import answers, handoff, misses, variants
from bot.dialogue.choices import STALE, Choice, payload
from bot.dialogue.turn import Turn
from bot.dialogue.types import Behaviour, Outcome
from bot.knowledge.model import MissingProcedure, Procedure
from bot.knowledge.render import short_name, title
from bot.knowledge.variants import Case, Family
from bot.understanding.cues import aspects_by_words
from bot.understanding.splitting import has_content
from bot.understanding.types import UNNAMED, Aspect, Band, Candidate, Skill
from connectors.channel import Button, Reply

DEFAULT = (Aspect.DOCUMENTS,)
MOST_CANDIDATES = 3
LONGEST_NAME = 40
"""Characters of a procedure's name on a button."""
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
        return ask_paper(turn, understood.aspects, _known(turn, understood.candidates))
    if not understood.candidates:
        return ask_paper(turn, understood.aspects) if understood.aspects else misses.lost(turn)
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
        return ask_back(turn, _offered(turn, known), aspects)
    rivals = _near_twins(turn, known, aspects)
    return ask_back(turn, rivals, aspects) if rivals else answer_code(turn, known[0].code, aspects)


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
    return ask_case(turn, family, variants.offered(family), choice.aspects, confidence=1.0)


def _twin(turn: Turn, known: Sequence[Candidate], aspects: Sequence[Aspect]) -> Outcome | None:
    """What near-twins of the best candidate change about the answer; None: nothing."""
    joined = variants.joined_words(turn.understood.text)
    asked = tuple(aspects) or DEFAULT
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
        return ask_case(turn, family, decision.cases, aspects)
    asked = tuple(aspects) or DEFAULT
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
        return ask_paper(turn, asked) if asked else misses.lost(turn)
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


def _offered(turn: Turn, candidates: Sequence[Candidate]) -> list[Candidate]:
    """Those to ask about: one that has no answer any more only where it is the best or alone."""
    answerable = [c for c in candidates[1:] if (p := turn.knowledge.get(c.code)) is None or p.served]
    return [candidates[0], *answerable][:MOST_CANDIDATES]


def _near_twins(turn: Turn, candidates: Sequence[Candidate], aspects: Sequence[Aspect]) -> list[Candidate]:
    """The candidates between which only the resident can decide; empty if there is nothing to ask."""
    best = candidates[0]
    near = [c for c in candidates[:MOST_CANDIDATES] if best.score - c.score < NEAR_TWINS]
    first = turn.knowledge.get(best.code)
    if len(near) < 2 or first is None:
        return []
    others = [turn.knowledge.get(c.code) for c in near[1:]]
    asked = aspects or DEFAULT
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
    asked = tuple(aspects)[: answers.MOST_ASPECTS] or DEFAULT
    replies = answers.answer(turn, procedure, asked, page, case, family)
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
    text = turn.words.procedures.missing.format(name=_missing_name(missing), commune=turn.commune)
    return _no_data(turn, missing.code, text, confidence)


def _missing_name(missing: MissingProcedure) -> str:
    name = missing.name or (missing.aliases[0] if missing.aliases else f"thủ tục mã {missing.code}")
    return name[:1].upper() + name[1:]


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


def ask_back(turn: Turn, candidates: Sequence[Candidate], aspects: Sequence[Aspect]) -> Outcome:
    """ "Có phải ông/bà hỏi …?" with a button per candidate, which carries the aspects asked for."""
    asked = tuple(aspects)[: answers.MOST_ASPECTS]
    names = _names(turn, candidates)
    buttons = [Button(name, payload(code, asked)) for code, name in names.items()]
    words = turn.words
    text = words.procedures.ask_back
    if len(names) == 1:
        text = words.procedures.ask_back_one.format(name=next(iter(names.values())))
    return turn.finish(
        Behaviour.CLARIFY,
        Skill.PROCEDURE,
        Reply(text, (*buttons, Button(words.buttons.none_of_these, "#skip"))),
        codes=tuple(names),
        aspects=asked or DEFAULT,
        misses=turn.state.misses,
        memory={"asked": "which", "aspects": [aspect.value for aspect in asked]},
    )


def ask_case(
    turn: Turn,
    family: Family,
    cases: Sequence[Case],
    aspects: Sequence[Aspect],
    confidence: float | None = None,
) -> Outcome:
    """The family's own question, with a button per case, which carries the aspects asked for."""
    asked = tuple(aspects)[: answers.MOST_ASPECTS]
    buttons = [Button(case.label, payload(case.code, asked, case=case.id or "")) for case in cases]
    if len(buttons) < answers.MOST_BUTTONS:
        buttons.append(Button(turn.words.buttons.none_of_these, "#skip"))
    return turn.finish(
        Behaviour.CLARIFY,
        Skill.PROCEDURE,
        Reply(family.question, tuple(buttons)),
        codes=tuple(sorted(dict.fromkeys(case.code for case in cases), key=_rank(turn))),
        aspects=asked or DEFAULT,
        confidence=confidence,
        misses=turn.state.misses,
        memory={"asked": "which", "family": family.slug, "aspects": [aspect.value for aspect in asked]},
    )


def _rank(turn: Turn) -> Callable[[str], int]:
    """The place of a code among what was understood; behind them all if it is not among them."""
    places = {candidate.code: i for i, candidate in enumerate(turn.understood.candidates)}
    return lambda code: places.get(code, len(places))


def _names(turn: Turn, candidates: Sequence[Candidate]) -> dict[str, str]:
    """A short name by code; where two are alike, the codes tell them apart."""
    short: dict[str, str] = {}
    for candidate in candidates:
        procedure = turn.knowledge.get(candidate.code)
        if procedure is not None:
            short[candidate.code] = short_name(procedure)
        else:
            short[candidate.code] = _cut(_missing_name(turn.knowledge.missing[candidate.code]))
    alike = list(short.values())
    return {
        code: f"{name[: LONGEST_NAME - len(code) - 1]} {code}" if alike.count(name) > 1 else name
        for code, name in short.items()
    }


def _cut(name: str) -> str:
    """A name that was not written for a button, cut at a word."""
    if len(name) <= LONGEST_NAME:
        return name
    return name[: LONGEST_NAME - 1].rsplit(" ", 1)[0] + "…"


def ask_paper(turn: Turn, aspects: Sequence[Aspect] = (), suggested: Sequence[Candidate] = ()) -> Outcome:
    """A part was asked for, or some paper, of nothing that is known: which? With a few suggestions."""
    asked = tuple(aspects)[: answers.MOST_ASPECTS]
    names = _names(turn, suggested[:MOST_CANDIDATES])
    buttons = [Button(name, payload(code, asked)) for code, name in names.items()]
    return turn.finish(
        Behaviour.CLARIFY,
        Skill.PROCEDURE,
        Reply(turn.words.procedures.ask_paper, (*buttons, turn.menu_button, turn.officer_button())),
        codes=tuple(names),
        aspects=tuple(aspects),
        memory={"asked": "paper", "aspects": [aspect.value for aspect in aspects]},
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
