"""What is measured: the assistant as a webhook message meets it, and simpler ways as baselines."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

import requests
from rapidfuzz import fuzz, process

from bot.assistant import Assistant
from bot.dialogue.types import Behaviour, DialogueState, Heard
from bot.knowledge.loading import Knowledge
from bot.settings import ROOT
from bot.texts import load_texts
from bot.understanding.client import Parse, RasaClient
from bot.understanding.cues import aspects_by_words
from bot.understanding.deciding import Thresholds
from bot.understanding.folding import normalise, words
from bot.understanding.names import Name, code_of, names_by_code
from bot.understanding.types import Skill, Understanding
from bot.understanding.understander import Understander

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
BEHAVIOURS = {Behaviour.ANSWER: "answer", Behaviour.CLARIFY: "clarify", Behaviour.REFUSE: "apologize"}
STOCK_TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True)
class Reply:
    """What a system made of a question. ``about_procedure``: it took it for a question on a procedure."""

    behaviour: str
    codes: tuple[str, ...]
    aspects: frozenset[str]
    confidence: float
    about_procedure: bool


class System(Protocol):
    """Answers question after question; ``start`` forgets the conversation."""

    name: str

    def start(self) -> None: ...

    def ask(self, text: str) -> Reply: ...


class TimedClient(RasaClient):
    """The client, and how long its last call took, in ms."""

    last_ms = 0.0

    def parse(self, text: str) -> Parse:
        began = time.perf_counter()
        try:
            return super().parse(text)
        finally:
            self.last_ms = (time.perf_counter() - began) * 1000


@dataclass
class Noting:
    """The understander; keeps its last reading for the codes beyond those that were offered."""

    inner: Understander
    last: Understanding | None = None

    def understand(self, text: str, topic: str | None = None) -> Understanding:
        self.last = self.inner.understand(text, topic)
        return self.last


class Ours:
    """The assistant. ``client`` None: Rasa away, the matcher alone."""

    def __init__(
        self, name: str, knowledge: Knowledge, client: TimedClient | None, limits: Thresholds
    ) -> None:
        self.name, self.client = name, client
        self._understander = Noting(Understander(knowledge, client, limits))
        self._assistant = Assistant(knowledge, self._understander, load_texts(ROOT / "faq_data"))
        self._state = DialogueState()

    def start(self) -> None:
        self._state = DialogueState()

    def ask(self, text: str) -> Reply:
        self._understander.last = None
        outcome = self._assistant.turn(self._state, Heard(text=text), NOW)
        self._state = outcome.state
        last = self._understander.last
        guessed = [c.code for c in last.candidates if c.code not in outcome.codes] if last else []
        codes = (*outcome.codes, *guessed)
        return Reply(
            BEHAVIOURS.get(outcome.behaviour, outcome.behaviour.value),
            codes,
            frozenset(aspect.value for aspect in outcome.aspects),
            outcome.confidence,
            outcome.skill is Skill.PROCEDURE and bool(codes),
        )


@dataclass
class Includes:
    """Keywords as chat-bot builders do it: the longest known name that the message holds."""

    knowledge: Knowledge
    name: str = "keywords (includes)"
    names: list[tuple[str, str]] = field(init=False)

    def __post_init__(self) -> None:
        listed = _folded(names_by_code(self.knowledge))
        self.names = sorted(listed, key=lambda pair: -len(pair[0]))

    def start(self) -> None:
        """Nothing is remembered."""

    def ask(self, text: str) -> Reply:
        said = " ".join(words(text))
        found = [code for name, code in self.names if name in said]
        codes = tuple(dict.fromkeys(found))[:5]
        return _reply(codes, said, 1.0 if codes else 0.0, "answer" if codes else "apologize")


@dataclass
class Rapidfuzz:
    """rapidfuzz's token_set_ratio over all names, and nothing else."""

    knowledge: Knowledge
    name: str = "rapidfuzz alone"
    names: list[tuple[str, str]] = field(init=False)

    def __post_init__(self) -> None:
        self.names = _folded(names_by_code(self.knowledge))

    def start(self) -> None:
        """Nothing is remembered."""

    def ask(self, text: str) -> Reply:
        said = " ".join(words(text))
        best = process.extract(said, [name for name, _ in self.names], scorer=fuzz.token_set_ratio, limit=20)
        codes = tuple(dict.fromkeys(self.names[i][1] for _, _, i in best))[:5]
        score = best[0][1] / 100 if best else 0.0
        behaviour = "answer" if score >= 0.8 else "clarify" if score >= 0.6 else "apologize"
        return _reply(codes, said, score, behaviour)


class RasaStock:
    """A Rasa server with its own light pipeline, and the threshold of its FallbackClassifier."""

    name = "Rasa's stock pipeline"
    fallback = 0.3

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/") + "/model/parse"
        self._session = requests.Session()

    def start(self) -> None:
        """NLU alone remembers nothing."""

    def ask(self, text: str) -> Reply:
        body = {"text": normalise(text).lstrip("/") or "."}
        answer = self._session.post(self._url, json=body, timeout=STOCK_TIMEOUT_S)
        answer.raise_for_status()
        ranking = answer.json()["intent_ranking"]
        codes = tuple(code for item in ranking if (code := code_of(item["name"])))
        best = ranking[0]
        sure = code_of(best["name"]) is not None and best["confidence"] >= self.fallback
        said = " ".join(words(text))
        return _reply(codes[:5], said, best["confidence"], "answer" if sure else "apologize")


def _folded(names: Mapping[str, Sequence[Name]]) -> list[tuple[str, str]]:
    return [(" ".join(words(name.text)), code) for code, many in names.items() for name in many]


def _reply(codes: tuple[str, ...], said: str, confidence: float, behaviour: str) -> Reply:
    aspects = aspects_by_words(said) or (("documents",) if behaviour == "answer" else ())
    return Reply(behaviour, codes, frozenset(str(a) for a in aspects), confidence, bool(codes))
