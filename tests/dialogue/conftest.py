"""The project's own knowledge and texts, and an understander that reads from a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest

from bot.assistant import Assistant
from bot.dialogue.guides import Texts
from bot.dialogue.types import Behaviour, DialogueState, Heard, Outcome
from bot.knowledge.loading import Knowledge, load_knowledge
from bot.settings import ROOT
from bot.texts import load_texts
from bot.understanding.folding import fold, normalise
from bot.understanding.types import Aspect, Band, Candidate, Skill, Understanding

FAQ_DIR = ROOT / "faq_data"
NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
LOST = Understanding(text="", folded="", skill=Skill.NONE)


def means(
    skill: Skill = Skill.PROCEDURE,
    topic: str = "",
    codes: Mapping[str, float] | None = None,
    aspects: tuple[Aspect, ...] = (),
    band: Band = Band.SURE,
    follow_up: bool = False,
    dossier: str | None = None,
) -> Understanding:
    """A reading, to be put in a table."""
    return replace(
        LOST,
        skill=skill,
        topic=topic,
        candidates=tuple(Candidate(code, score) for code, score in (codes or {}).items()),
        aspects=aspects,
        confidence={Band.SURE: 0.9, Band.UNSURE: 0.5, Band.LOST: 0.1}[band],
        band=band,
        follow_up=follow_up,
        dossier=dossier,
    )


def answered(outcome: Outcome, count: int = 1) -> tuple[str, ...]:
    """The first ``count`` codes of an answer, which are what it is on; of anything else all codes.

    Behind them an answer names what else may have been meant.
    """
    is_answer = outcome.behaviour in (Behaviour.ANSWER, Behaviour.REFUSE)
    return outcome.codes[:count] if is_answer else outcome.codes


def text_of(outcome: Outcome) -> str:
    """All that is said, without the buttons."""
    return "\n".join(reply.text for reply in outcome.replies)


@dataclass
class FakeUnderstander:
    """Understands what its table holds and nothing else; a follow-up leans on the topic."""

    table: dict[str, Understanding] = field(default_factory=dict)

    def understand(self, text: str, topic: str | None = None) -> Understanding:
        text = normalise(text)
        found = self.table.get(text, LOST)
        if found.follow_up and topic:
            found = replace(found, candidates=(Candidate(topic, 1.0),))
        return replace(found, text=text, folded=fold(text))


class Talk:
    """One conversation: each turn's state is the next one's, as the worker would store it."""

    def __init__(self, assistant: Assistant, understander: FakeUnderstander, now: datetime = NOW) -> None:
        self.assistant, self.understander, self.now = assistant, understander, now
        self.state = DialogueState()

    def hear(self, heard: Heard) -> Outcome:
        outcome = self.assistant.turn(self.state, heard, self.now)
        self.state = DialogueState.from_dict(outcome.state.to_dict())
        return outcome

    def say(self, text: str, meaning: Understanding | None = None) -> Outcome:
        if meaning is not None:
            self.understander.table[normalise(text)] = meaning
        return self.hear(Heard(text=text))

    def tap(self, payload: str) -> Outcome:
        return self.hear(Heard(payload=payload))


@pytest.fixture(scope="session")
def knowledge() -> Knowledge:
    return load_knowledge(FAQ_DIR, "xuan-dinh")


@pytest.fixture(scope="session")
def texts() -> Texts:
    return load_texts(FAQ_DIR)


@pytest.fixture
def talk(knowledge: Knowledge, texts: Texts) -> Talk:
    understander = FakeUnderstander()
    return Talk(Assistant(knowledge, understander, texts), understander)
