"""What became of an old unit, what a unit of today consists of; names that fit several are asked back."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date
from functools import lru_cache

from bot.dialogue import guided
from bot.dialogue.choices import STALE, Choice
from bot.dialogue.misses import stale
from bot.dialogue.turn import Turn
from bot.dialogue.types import Behaviour, Outcome
from bot.knowledge.units import District, Old, Unit, Units, inside
from bot.understanding.folding import Token, tokens
from bot.understanding.gazetteer import Gazetteer, Mention, Named, Place, is_spelt, meant
from bot.understanding.places import asks_for_parts
from bot.understanding.types import Skill
from connectors.channel import Button, Reply

OLD_PAPERS = "old_papers"
_MOST_SUBJECTS = 3
_gazetteer = lru_cache(maxsize=4)(Gazetteer)


def respond(turn: Turn, confidence: float | None = None) -> Outcome:
    """Free text on a merger, or the button of the menu."""
    if _is_on_papers(turn):  # or on where to go now that there are no districts
        return guided.tell(turn, Skill.COMMUNE, OLD_PAPERS, confidence)
    units = turn.knowledge.units
    typed = tokens(turn.understood.text)
    said = [word for token in typed for word in token.words]
    if units is None or not said:
        return _ours(turn, confidence)
    found = _gazetteer(units).read(said)
    if found.hamlet:
        text = turn.words.units.hamlet
        return _finish(turn, Behaviour.CLARIFY, [text], (turn.officer_button(), turn.menu_button), confidence)
    if found.unknown:
        return _unknown(turn, units, confidence)
    if found.guesses:
        return _guess(turn, found.guesses, confidence)
    if not found.mentions:
        return _ours(turn, confidence)
    misspelt = [m.named for m in found.mentions if not is_spelt(_as_typed(turn, typed, m), m.named)]
    if misspelt:
        return _guess(turn, misspelt, confidence)
    parts = asks_for_parts(" ".join(said))
    return _told(turn, units, found.mentions[:_MOST_SUBJECTS], parts, confidence)


def choose(turn: Turn, choice: Choice) -> Outcome:
    """A place that was offered as a button."""
    units = turn.knowledge.units
    place = _chosen(units, choice.detail) if units else None
    if units is None or place is None:
        return stale(turn, STALE)
    if isinstance(place, Named):
        return _told(turn, units, (Mention(0, 1, place),), False, 1.0)
    return _answer(turn, units, (place,), 1.0)


def _as_typed(turn: Turn, typed: Sequence[Token], mention: Mention) -> str:
    """The mention's name as the resident typed it."""
    owners = [token for token in typed for _ in token.words]
    name = dict.fromkeys(owners[slice(*mention.name)])
    return " ".join(turn.understood.text[token.start : token.end] for token in name)


def _chosen(units: Units, detail: str) -> Place | Named | None:
    kind, _, code = detail.partition(":")
    if kind == "now":
        return units.by_code.get(code)
    if kind == "old":
        return units.old.get(code)
    return units.districts.get(detail) or _gazetteer(units).named(detail.replace("-", " "))


def _is_on_papers(turn: Turn) -> bool:
    """Whether papers with an old name are asked about, or dossiers, and not the place."""
    guide = turn.texts.guide(OLD_PAPERS, turn.understood.folded)
    said = f" {turn.understood.folded} "
    return guide is not None and any(f" {word} " in said for word in guide.words)


def _told(
    turn: Turn, units: Units, mentions: Sequence[Mention], parts: bool, confidence: float | None
) -> Outcome:
    """Every place that is named, or a question where one name fits several."""
    places: list[Place] = []
    for mention in mentions:
        options = meant(mention, parts=parts)
        if len(options) > 1 or (options and isinstance(options[0], Old) and len(options[0].now) > 1):
            return _ask(turn, units, mention.named, options, confidence)
        places += [place for place in options if place not in places]
    return _answer(turn, units, places, confidence) if places else _unknown(turn, units, confidence)


def _answer(turn: Turn, units: Units, places: Sequence[Place], confidence: float | None) -> Outcome:
    lines = [line for place in places for line in _lines(turn, units, place)]
    now = list(dict.fromkeys(unit for place in places for unit in _units_of(place)))
    if len(now) == 1:
        lines += _made_of(turn, units, now[0])
    lines += [note for place in places if isinstance(place, Old) for note in _other(turn, units, place)]
    buttons = (Button(turn.words.commune.old_papers, f"#commune:{OLD_PAPERS}"), turn.officer_button())
    return _finish(turn, Behaviour.ANSWER, [*lines, _source(turn, units)], buttons, confidence)


def _lines(turn: Turn, units: Units, place: Place) -> Iterable[str]:
    """The answer's first line on one place."""
    words = turn.words.units
    province = inside(units.province.name)
    if isinstance(place, Unit):
        yield words.now.format(now=place.name, province=province)
    elif isinstance(place, District):
        names = ", ".join(unit.name for unit in place.units)
        day = _day(units.province.merged_on)
        yield words.district.format(district=place.name, day=day, count=len(place.units), units=names)
    elif isinstance(place, Old):
        district = _district(units, place)
        if len(place.now) > 1:
            both = " và ".join(unit.name for unit in place.now)
            yield words.split.format(old=place.unit.name, district=district, units=both)
        else:
            now = place.now[0].name
            yield words.old.format(old=place.unit.name, district=district, now=now, province=province)
    else:
        yield words.province.format(
            joined=", ".join(place.joined),
            earlier=inside(place.earlier),
            province=province,
            merged=_day(place.merged_on),
            city=_day(place.city_on),
            count=len(units.units),
            communes=units.count("xã"),
            wards=units.count("phường"),
        )


def _units_of(place: Place) -> tuple[Unit, ...]:
    if isinstance(place, Unit):
        return (place,)
    return place.now if isinstance(place, Old) else ()


def _made_of(turn: Turn, units: Units, unit: Unit) -> Iterable[str]:
    words = turn.words.units
    olds = (units.old[old.code] for old in unit.merged_from)
    listed = "\n".join(words.part.format(old=o.unit.name, district=_district(units, o)) for o in olds)
    day = _day(units.province.merged_on)
    yield words.parts.format(now=unit.name, count=len(unit.merged_from), day=day, units=listed)
    if unit.earlier:
        city = _day(units.province.city_on)
        yield words.changed.format(earlier=unit.earlier, now=unit.name, day=city)


def _other(turn: Turn, units: Units, old: Old) -> Iterable[str]:
    """That today another unit bears the old one's name."""
    other = units.same_name(old)
    if other:
        parts = ", ".join(part.name for part in other.merged_from)
        yield turn.words.units.other.format(name=other.name, parts=parts)


def _district(units: Units, old: Old) -> str:
    """The old unit's district inside a sentence, with the province if that was another."""
    district = inside(old.unit.district)
    same = old.unit.province == units.province.earlier
    return district if same else f"{district}, {inside(old.unit.province)}"


def _ask(
    turn: Turn, units: Units, named: Named, options: Sequence[Place], confidence: float | None
) -> Outcome:
    """Which of the places of one name is meant; what was divided is told with both its parts."""
    words = turn.words.units
    if len(options) == 1 and isinstance(options[0], Old):
        lines = [*_lines(turn, units, options[0]), _source(turn, units)]
        buttons = [Button(unit.name, f"#unit:now:{unit.code}") for unit in options[0].now]
        return _finish(turn, Behaviour.CLARIFY, lines, (*buttons, turn.officer_button()), confidence)
    districts = [option.unit.district for option in options if isinstance(option, Old)]
    listed = "\n".join(_option(turn, units, option) for option in options)
    buttons = [_button(turn, option, districts) for option in options]
    text = words.which.format(name=_shown(named), options=listed)
    return _finish(turn, Behaviour.CLARIFY, [text], buttons, confidence)


def _option(turn: Turn, units: Units, option: Place) -> str:
    words = turn.words.units
    if isinstance(option, Old):
        return words.option_old.format(old=option.unit.name, district=_district(units, option))
    text = words.option_now if isinstance(option, Unit) else words.option_district
    return text.format(name=option.name if isinstance(option, Unit) else inside(option.name))


def _button(turn: Turn, option: Place, districts: Sequence[str]) -> Button:
    """Old units of one name by their district; by their own names where the district is the same."""
    if isinstance(option, Old):
        alone = districts.count(option.unit.district) == 1
        return Button(option.unit.district if alone else option.unit.name, f"#unit:old:{option.unit.code}")
    if isinstance(option, Unit):
        return Button(option.name, f"#unit:now:{option.code}")
    slug = option.slug if isinstance(option, District) else ""
    return Button(turn.words.units.whole_district, f"#unit:{slug}")


def _guess(turn: Turn, guesses: Sequence[Named], confidence: float | None) -> Outcome:
    listed = "\n".join(f"• {_shown(named)}" for named in guesses)
    buttons = [Button(_shown(named), f"#unit:{named.key.replace(' ', '-')}") for named in guesses]
    text = turn.words.units.guess.format(options=listed)
    return _finish(turn, Behaviour.CLARIFY, [text], (*buttons, turn.officer_button()), confidence)


def _shown(named: Named) -> str:
    """The name as people write it, without a type; both spellings where diacritics tell two apart."""
    return " / ".join({_toneless_place(name): name for name in named.names}.values())


def _toneless_place(name: str) -> str:
    """One spelling for "Hoà" and "Hòa"."""
    return " ".join("".join(sorted(unicodedata.normalize("NFD", part))) for part in name.split())


def _unknown(turn: Turn, units: Units, confidence: float | None) -> Outcome:
    province = inside(units.province.name)
    text = turn.words.units.unknown.format(province=province, count=len(units.units))
    buttons = (turn.officer_button(), turn.menu_button)
    return _finish(turn, Behaviour.REFUSE, [text], buttons, confidence, unanswered=True)


def _ours(turn: Turn, confidence: float | None) -> Outcome:
    """No place is named: this commune, and how to ask for another."""
    commune, units = turn.knowledge.commune, turn.knowledge.units
    if not commune.merged_from or units is None:
        return guided.tell(turn, Skill.COMMUNE, "merger", confidence)
    words = turn.words.commune
    listed = "\n".join(f"• {old.name} ({inside(old.district)} cũ)" for old in commune.merged_from)
    day = _day(units.province.merged_on)
    text = words.merger.format(commune=commune.full_name, day=day, units=listed)
    source = words.source.format(source=commune.source, month=guided.month(commune.as_of))
    buttons = (Button(words.old_papers, f"#commune:{OLD_PAPERS}"), turn.officer_button(), turn.menu_button)
    return _finish(turn, Behaviour.ANSWER, [text, words.merger_elsewhere, source], buttons, confidence)


def _source(turn: Turn, units: Units) -> str:
    return turn.words.commune.source.format(source=units.legal, month=guided.month(units.as_of))


def _day(day: date) -> str:
    return f"{day.day}/{day.month}/{day.year}"


def _finish(
    turn: Turn,
    behaviour: Behaviour,
    lines: Sequence[str],
    buttons: Sequence[Button],
    confidence: float | None,
    unanswered: bool = False,
) -> Outcome:
    reply = Reply("\n".join(lines), tuple(buttons))
    return turn.finish(behaviour, Skill.COMMUNE, reply, confidence=confidence, unanswered=unanswered)
