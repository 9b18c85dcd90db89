"""The assistant: one turn of a conversation, from what was heard to what is said and changed.

It keeps nothing between turns: the worker, and `bot ask`, hand in the state and store the new one.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Protocol

from bot.dialogue.choices import chosen
from bot.dialogue.guides import Texts
from bot.dialogue.respond import respond, respond_to_choice
from bot.dialogue.turn import NOTHING, Turn
from bot.dialogue.types import DialogueState, Heard, Outcome
from bot.handoff.queues import queue_for
from bot.knowledge.loading import Knowledge, load_knowledge
from bot.settings import Settings
from bot.texts import load_texts
from bot.understanding.deciding import Thresholds
from bot.understanding.types import Understanding
from bot.understanding.understander import build_understander


class Understands(Protocol):
    """What reads free text; see :class:`bot.understanding.understander.Understander`."""

    def understand(self, text: str, topic: str | None = None) -> Understanding: ...


class Assistant:
    """Answers turns. Thread-safe."""

    def __init__(self, knowledge: Knowledge, understander: Understands, texts: Texts) -> None:
        self._knowledge, self._understander, self._texts = knowledge, understander, texts

    def turn(self, state: DialogueState, heard: Heard, now: datetime) -> Outcome:
        """What to say to ``heard`` and what to remember.

        Buttons, typed numbers and attachments never cost a call of the NLU engine.

        :param now: aware; dates in answers are those of Viet Nam.
        """
        turn = Turn(state, heard, NOTHING, self._knowledge, self._texts, now)
        choice = chosen(state, heard)
        if choice is not None:
            return self._routed(respond_to_choice(turn, choice))
        if heard.text and heard.text.strip():
            understood = self._understander.understand(heard.text, state.topic)
            turn = replace(turn, understood=understood)
        return self._routed(respond(turn))

    def _routed(self, outcome: Outcome) -> Outcome:
        """The outcome with its handoff in the right queue."""
        if outcome.handoff is None:
            return outcome
        procedure = self._knowledge.get(outcome.state.topic or "")
        queue = queue_for(outcome.handoff.reason, procedure.field if procedure else None)
        return replace(outcome, handoff=replace(outcome.handoff, queue=queue.value))


def build_assistant(settings: Settings) -> Assistant:
    """The assistant of a process; without ``settings.rasa_url`` it works on the matcher alone.

    :raises bot.knowledge.loading.KnowledgeError: if faq_data is broken.
    """
    knowledge = load_knowledge(settings.faq_dir, settings.commune)
    thresholds = Thresholds(sure=settings.band_sure, unsure=settings.band_unsure)
    understander = build_understander(settings.rasa_url or None, knowledge, thresholds, settings.rasa_token)
    return Assistant(knowledge, understander, load_texts(settings.faq_dir))
