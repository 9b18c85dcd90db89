"""NLU data for Rasa made from the knowledge: one intent per procedure, the same output every time.

Residents' questions written by hand, and those learnt from the review, stand as they are. Names,
aliases and everyday names are put into the phrases of :mod:`bot.understanding.phrases`; the choice is
drawn from a generator seeded by the code, so that a changed entry changes only its own examples. A name
that two procedures share is left out here where it is nobody's alone.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from bot.knowledge.learned import OUTSIDE, LearnedSentence
from bot.knowledge.loading import Knowledge
from bot.knowledge.model import Questions
from bot.understanding.folding import normalise, words
from bot.understanding.names import Kind, Name, intent_of, names_by_code
from bot.understanding.phrases import BY_ASPECT, PAIRS, PLAIN
from bot.understanding.types import Aspect

PER_ASPECT = 2
"""Examples of each aspect that a procedure gets, beside the plain ones."""
PER_NAME = 2
"""Plain examples of each name, beside the bare name itself."""
MAX_NAMES = 24
_OPENING = 5
"""Words of its beginning that somebody keeps when the rest is shortened."""
_SAID_AT_MOST = 16
"""Words of a name that somebody types inside a question; longer ones are cut to a stretch of it."""

Asked = tuple[Aspect, ...]
_HEADER = "# Made by `bot train` from faq_data. Not committed, not edited.\n"


def examples_of(
    code: str,
    names: Sequence[Name],
    written: Questions | None = None,
    learned: Sequence[LearnedSentence] = (),
) -> Mapping[Asked, tuple[str, ...]]:
    """Distinct examples of one procedure, by aspects asked for: ``written``, drawn, ``learned``."""
    draw = random.Random(code)
    chosen = list(names[:MAX_NAMES])
    weights = [_weight(name) for name in chosen]
    found: dict[Asked, dict[str, None]] = defaultdict(dict)

    def say(phrase: str, name: Name, asked: Asked) -> None:
        found[asked].setdefault(normalise(phrase.replace("{n}", _said(name.text, draw))))

    for name in chosen:
        found[()].setdefault(normalise(name.text))
        for phrase in draw.sample(PLAIN, PER_NAME):
            say(phrase, name, ())
    for aspect, phrases in BY_ASPECT.items():
        for phrase in draw.sample(phrases, PER_ASPECT):
            say(phrase, draw.choices(chosen, weights)[0], (aspect,))
    for asked, phrase in draw.sample(PAIRS, 2):
        say(phrase, draw.choices(chosen, weights)[0], asked)
    for part, texts in written or Questions():
        for text in texts:
            found[() if part == "any" else (Aspect(part),)].setdefault(normalise(text))
    for one in learned:
        found[(Aspect(one.aspect),) if one.aspect else ()].setdefault(normalise(one.sentence))
    return {asked: tuple(texts) for asked, texts in found.items()}


def _weight(name: Name) -> float:
    """Everyday names are what people type; a very long official name is not."""
    if name.kind in (Kind.EVERYDAY, Kind.ALIAS):
        return 2.0
    return 1.0 if len(name.text.split()) <= _SAID_AT_MOST else 0.5


def _said(name: str, draw: random.Random) -> str:
    """The name as it stands inside a question, begun in lower case.

    Of a long one somebody says a stretch: its beginning, or how it begins and what is special later on.
    """
    parts = name.split()
    if len(parts) > _SAID_AT_MOST:
        length = draw.randint(9, _SAID_AT_MOST)
        if draw.random() < 0.4:
            parts = parts[:length]
        else:
            rest = length - _OPENING
            start = draw.randint(_OPENING, len(parts) - rest)
            parts = [*parts[:_OPENING], *parts[start : start + rest]]
    return name if len(parts) == 1 else " ".join([parts[0].lower(), *parts[1:]])


def generate(knowledge: Knowledge) -> tuple[str, str]:
    """The contents of ``procedures.yml`` (NLU data) and ``domain.yml`` (the intents)."""
    by_code = names_by_code(knowledge)
    owners = Counter(key for names in by_code.values() for key in {_key(name.text) for name in names})
    learned: dict[str, list[LearnedSentence]] = defaultdict(list)
    for sentence in knowledge.learned.sentences:
        learned[sentence.code].append(sentence)
    drawn = {
        code: examples_of(
            code,
            [name for name in names if owners[_key(name.text)] == 1] or names,
            knowledge.procedures[code].questions if code in knowledge.procedures else None,
            learned[code],
        )
        for code, names in by_code.items()
    }
    said_for = _codes_by_text(drawn)
    blocks = [
        _block(intent_of(code), asked, own)
        for code, examples in drawn.items()
        for asked, texts in examples.items()
        if (own := [text for text in texts if len(said_for[_key(text)]) == 1])
    ]
    outside = [normalise(text) for text in knowledge.learned.outside if _key(text) not in said_for]
    if outside:
        blocks.append(_block(OUTSIDE, (), outside))
    intents = [f"- {intent_of(code)}\n" for code in drawn]
    nlu = _HEADER + 'version: "3.1"\nnlu:\n' + "".join(blocks)
    return nlu, _HEADER + 'version: "3.1"\nintents:\n' + "".join(intents)


@lru_cache(maxsize=50_000)
def _key(text: str) -> str:
    return " ".join(words(text))


def _codes_by_text(drawn: Mapping[str, Mapping[Asked, Sequence[str]]]) -> Mapping[str, set[str]]:
    """Which codes an example was drawn for: one that several share teaches nothing."""
    found: dict[str, set[str]] = defaultdict(set)
    for code, examples in drawn.items():
        for texts in examples.values():
            for text in texts:
                found[_key(text)].add(code)
    return found


def _block(intent: str, asked: Asked, texts: Sequence[str]) -> str:
    metadata = f"  metadata: {{aspects: [{', '.join(asked)}]}}\n" if asked else ""
    lines = "".join(f"    - {_escaped(text)}\n" for text in texts)
    return f"- intent: {intent}\n{metadata}  examples: |\n{lines}"


def _escaped(text: str) -> str:
    """Rasa reads ``[x](y)`` and ``{...}`` inside an example as an entity."""
    return text.translate(str.maketrans("[]{}", "()()"))


def write(knowledge: Knowledge, folder: Path) -> None:
    """Write both files below ``folder``, each only when its content changed."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in zip(("procedures.yml", "domain.yml"), generate(knowledge), strict=True):
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != content:
            path.write_text(content, encoding="utf-8")
