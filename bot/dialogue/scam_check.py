"""One check of a message, link, number or picture, and the answer on it. Nothing is ever called safe."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.dialogue.scam_kinds import kind_in_words
from bot.dialogue.scam_types import Checked
from bot.dialogue.turn import Turn
from bot.dialogue.types import Behaviour, Outcome, Verdict
from bot.privacy import mask_forwarded, mask_link
from bot.scams.types import Analysis, Level, Reason
from bot.understanding.types import Skill
from connectors.channel import Button, Reply

MOST_REASONS = 4
MOST_HOSTS = 3
MOST_NOTES = 2
"""Lines told of what is no sign of a scam by itself."""
LONGEST_KEPT = 3000
"""Characters of a checked message that a report holds."""
ASKED = "scam"
"""``Turn.asked`` after a question for the thing itself: the next message is checked."""
CHECKED = "checked"
"""``Turn.asked`` after a verdict."""


@dataclass(frozen=True, slots=True)
class Thing:
    """What is checked: ``text`` is the message with what its pictures say; ``call``: it came by telephone."""

    text: str
    picture: bool = False
    code: bool = False
    call: bool = False


def thing_of(turn: Turn, text: str = "", *, call: bool = False) -> Thing:
    """The words and whatever was read in the pictures beside them."""
    read = [seen.text for seen in turn.heard.seen if seen.text]
    codes = [code for seen in turn.heard.seen for code in seen.codes]
    parts = [part for part in (text, *read, *codes) if part]
    return Thing("\n".join(parts), picture=bool(read), code=bool(codes), call=call)


def told(turn: Turn, thing: Thing, found: Analysis | None = None) -> Outcome:
    """The verdict: the line, its reasons, what to do, what can be tapped."""
    found = named(turn, thing, found or turn.check(thing.text))
    lines = _clear(turn, thing, found) if found.level is Level.CLEAR else _smells(turn, thing, found)
    outcome = turn.finish(
        Behaviour.ANSWER,
        Skill.SCAM,
        Reply("\n".join(lines), _buttons(turn, found)),
        memory={"asked": CHECKED},
        confidence=1.0,
    )
    return kept(outcome, thing, found)


def named(turn: Turn, thing: Thing, found: Analysis) -> Analysis:
    """What was found with the kind that its words name, where the check itself knows none."""
    if found.level is Level.CLEAR or found.kind in turn.knowledge.scams:
        return found
    return replace(found, kind=kind_in_words(turn, thing.text))


def kept(outcome: Outcome, thing: Thing, found: Analysis) -> Outcome:
    """The outcome with the verdict, and with what a report to the police would hold."""
    verdict = Verdict(found.level.value, found.kind, _texts(found.reasons))
    checked = Checked(
        text=mask_forwarded(thing.text[:LONGEST_KEPT]),
        level=verdict.level,
        kind=verdict.kind,
        reasons=tuple(mask_forwarded(reason) for reason in verdict.reasons),
        links=tuple(dict.fromkeys(mask_link(link.shown) for link in found.links)),
        hosts=tuple(
            dict.fromkeys(link.host.removeprefix("www.") for link in found.links if not link.official)
        ),
        phones=tuple(dict.fromkeys(phone.number for phone in found.phones if not phone.official)),
        accounts=tuple(dict.fromkeys(f"{a.number} {a.bank}".strip() for a in found.accounts)),
    )
    memory = {"level": verdict.level, "kind": verdict.kind, "reasons": list(checked.reasons)}
    return replace(
        outcome,
        verdict=verdict,
        checked=checked,
        stored=checked.text,
        state=replace(outcome.state, checked=memory),
    )


def again(turn: Turn) -> Outcome:
    """The last verdict once more: "cái này có phải lừa đảo không" right behind it."""
    words, last = turn.words.scams, turn.state.checked
    reasons = tuple(str(reason) for reason in last.get("reasons", ()))
    kind = last.get("kind")
    lines = [words.again]
    if last["level"] != Level.CLEAR:
        lines += [_head(turn, last["level"], kind), *(f"• {reason}" for reason in reasons)]
    outcome = turn.finish(
        Behaviour.ANSWER,
        Skill.SCAM,
        Reply("\n".join([*lines, words.do_doubt]), _buttons(turn, Analysis(Level(last["level"]), kind))),
        memory=turn.state.memory,
        confidence=1.0,
    )
    return replace(outcome, verdict=Verdict(last["level"], kind, reasons))


def _smells(turn: Turn, thing: Thing, found: Analysis) -> list[str]:
    words = turn.words.scams
    lines = [_head(turn, found.level, found.kind)]
    lines += [f"• {text}" for text in _texts(found.reasons)]
    lines.append(_advice(turn, thing, found))
    return [*lines, words.followed] if found.level is Level.DANGER else lines


def _head(turn: Turn, level: str, kind: str | None) -> str:
    words, known = turn.words.scams, turn.knowledge.scams.get(kind or "")
    danger = level == Level.DANGER
    if known is None:
        return words.danger if danger else words.suspicious
    return (words.danger_kind if danger else words.suspicious_kind).format(kind=known.name.split(":")[0])


def _advice(turn: Turn, thing: Thing, found: Analysis) -> str:
    words = turn.words.scams
    if found.level is Level.SUSPICIOUS:
        return words.do_doubt
    if found.links:
        return words.do_link
    if thing.call or (found.phones and not found.accounts):
        return words.do_call
    return words.do_pay


def _clear(turn: Turn, thing: Thing, found: Analysis) -> list[str]:
    """What was looked at, and what can't be known."""
    words = turn.words.scams
    lines = [words.clear.format(looked=_looked(turn, thing, found))]
    lines += [f"• {text}" for text in _texts(found.reasons)[:MOST_NOTES]]
    lines += [words.official_link.format(host=link.host) for link in found.links if link.official][:1]
    lines += [
        words.official_phone.format(number=phone.shown, whose=phone.official)
        for phone in found.phones
        if phone.official
    ][:1]
    return [*lines, words.picture_else] if thing.picture or thing.code else lines


def _looked(turn: Turn, thing: Thing, found: Analysis) -> str:
    words = turn.words.scams
    hosts = list(dict.fromkeys(link.host for link in found.links))
    shown = ", ".join(hosts[:MOST_HOSTS]) + (" …" if len(hosts) > MOST_HOSTS else "")
    looked = [
        (thing.code, words.looked_code),
        (thing.picture, words.looked_picture),
        (bool(hosts), words.looked_links.format(hosts=shown)),
        (bool(found.phones), words.looked_phones),
        (bool(found.accounts), words.looked_accounts),
    ]
    said = [text for is_there, text in looked if is_there]
    plain = not said or (not thing.picture and len(thing.text.split()) > MOST_HOSTS)
    return ", ".join([words.looked_words, *said] if plain else said)


def _texts(reasons: tuple[Reason, ...]) -> tuple[str, ...]:
    return tuple(reason.text for reason in reasons[:MOST_REASONS])


def _buttons(turn: Turn, found: Analysis) -> tuple[Button, ...]:
    titles = turn.words.buttons
    known = turn.knowledge.scams.get(found.kind or "")
    recognise = Button(titles.recognise, f"#scam:kind:{known.slug}" if known else "#scam:signs")
    report = Button(titles.report_police, "#scam:send")
    if found.level is Level.CLEAR:
        return report, recognise, Button(titles.police, "#officer:scam")
    return report, Button(titles.victim, "#scam:victim"), recognise
