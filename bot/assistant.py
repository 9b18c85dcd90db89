"""The assistant: one turn of a conversation, from what was heard to what is said and changed.

It keeps nothing between turns: the worker, and `bot ask`, hand in the state and store the new one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from bot.dialogue import corrections, dossiers, pairs, scams, waiting
from bot.dialogue.choices import chosen
from bot.dialogue.dossier_answers import told
from bot.dialogue.dossier_talk import Step, read_talk
from bot.dialogue.dossier_types import NOT_READY, Dossiers
from bot.dialogue.guides import Texts
from bot.dialogue.handoff import queue_of
from bot.dialogue.respond import respond, respond_to_choice
from bot.dialogue.turn import NOTHING, Turn, in_sentence
from bot.dialogue.types import DialogueState, Heard, Outcome
from bot.knowledge.loading import Knowledge, load_knowledge
from bot.knowledge.model import Commune
from bot.scams.checking import Checker
from bot.scams.lists import load_lists
from bot.scams.types import NOTHING_KNOWN, Analysis, Known, Level
from bot.settings import Settings
from bot.texts import load_texts
from bot.understanding.cues import aspects_by_words
from bot.understanding.deciding import Thresholds
from bot.understanding.emergencies import is_emergency
from bot.understanding.folding import words
from bot.understanding.splitting import split
from bot.understanding.types import Band, Skill, Understanding
from bot.understanding.understander import build_understander

ABOUT_DOSSIERS = frozenset({"dossier", "wish", "anger", "complaint"})
"""What is wanted of an officer right after a dossier was shown is probably about it."""


class Understands(Protocol):
    """What reads free text; see :class:`bot.understanding.understander.Understander`."""

    def understand(self, text: str, topic: str | None = None) -> Understanding: ...


class Checks(Protocol):
    """What checks a message; see :class:`bot.scams.checking.Checker`."""

    def check(
        self, text: str, known: Known = NOTHING_KNOWN, kinds: Mapping[str, float] | None = None
    ) -> Analysis: ...


def _nothing_known() -> Known:
    return NOTHING_KNOWN


def _no_kinds(_text: str) -> Mapping[str, float] | None:
    return None


class Assistant:
    """Answers turns. Thread-safe. Without ``dossiers`` it knows of no source of them, and says so.

    ``checker`` checks what is brought as a scam, against ``known``, the commune's own list as it is now;
    ``kinds`` names the kind of one that was found.
    """

    def __init__(
        self,
        knowledge: Knowledge,
        understander: Understands,
        texts: Texts,
        dossiers: Dossiers | None = None,
        checker: Checks | None = None,
        known: Callable[[], Known] = _nothing_known,
        kinds: Callable[[str], Mapping[str, float] | None] = _no_kinds,
    ) -> None:
        self._knowledge, self._understander, self._texts = knowledge, understander, texts
        self._dossiers, self._checker, self._known, self._kinds = dossiers, checker, known, kinds

    @property
    def commune(self) -> str:
        """The commune's name inside a sentence: "xã Xuân Định"."""
        return in_sentence(self._knowledge.commune.name)

    @property
    def place(self) -> Commune:
        """The commune with its facts."""
        return self._knowledge.commune

    def turn(self, state: DialogueState, heard: Heard, now: datetime) -> Outcome:
        """What to say to ``heard`` and what to remember.

        Buttons, typed numbers and attachments never cost a call of the NLU engine; a text costs one, and up
        to three only where it plainly holds two questions.

        :param now: aware; dates in answers are those of Viet Nam.
        """
        turn = Turn(state, heard, NOTHING, self._knowledge, self._texts, now)
        if self._checker is not None:
            turn = replace(turn, check=self._check)
        choice = chosen(state, heard)
        if choice is not None:
            outcome = respond_to_choice(turn, choice)
        elif heard.text and heard.text.strip():
            brought = self._in_talk(turn, heard.text) or scams.in_words(turn, heard.text)
            outcome = brought or self._in_words(turn, heard.text)
        else:
            outcome = dossiers.shared(turn) or dossiers.in_pictures(turn) or respond(turn)
        outcome = self._looked_up(turn, outcome)
        return waiting.with_contact(turn, self._routed(turn, outcome))

    def _check(self, text: str) -> Analysis:
        assert self._checker is not None  # else no turn has this
        known = self._known()
        found = self._checker.check(text, known)
        if found.level is Level.CLEAR:
            return found
        return self._checker.check(text, known, self._kinds(text))

    def _in_talk(self, turn: Turn, text: str) -> Outcome | None:
        """What is understood from what was asked or is waited for, without the NLU engine."""
        if is_emergency(" ".join(words(text))):
            return None
        of_dossier = dossiers.in_words(turn, text) or dossiers.in_pictures(turn)
        return of_dossier or waiting.in_words(turn, text)

    def _looked_up(self, turn: Turn, outcome: Outcome) -> Outcome:
        """The answer once the source of dossiers was asked, where it must be asked first."""
        request, person = outcome.request, turn.heard.person
        if request is None:
            return outcome
        reply = NOT_READY
        if self._dossiers is not None and person is not None:
            reply = self._dossiers.carry_out(request, person, turn.now)
        answer = told(turn, request, reply)
        return replace(answer, stored=outcome.stored or answer.stored)

    def _in_words(self, turn: Turn, text: str) -> Outcome:
        """Free text: a correction, two questions, or (nearly always) one."""
        correction = corrections.read(text) if turn.state.topic or turn.asked == "which" else None
        if correction and not is_emergency(" ".join(words(text))):
            return respond(self._corrected(turn, correction))
        return self._two(turn, text) or respond(self._understood(turn, text))

    def _understood(self, turn: Turn, text: str) -> Turn:
        return replace(turn, understood=self._understander.understand(text, turn.state.topic))

    def _corrected(self, turn: Turn, correction: corrections.Correction) -> Turn:
        """The turn on what is meant, without what is not.

        Only another part of the same procedure may be meant ("không, tôi hỏi lệ phí"): then the topic stays.
        """
        if not corrections.names_something(correction):
            return self._understood(turn, correction.rest)
        rejected = corrections.rejected_codes(turn.state)
        fresh = replace(turn, state=replace(turn.state, topic=None))
        understood = self._understander.understand(correction.rest, None)
        if understood.skill not in (Skill.PROCEDURE, Skill.NONE):
            return replace(turn, understood=understood)
        asked = understood.aspects or aspects_by_words(correction.rejected)  # "… chứ không phải Y, cần gì"
        understood = replace(understood, aspects=asked)
        best = understood.candidates[0].code if understood.candidates else None
        if best in rejected and understood.band is Band.SURE and (understood.aspects or len(rejected) > 1):
            return replace(fresh, understood=understood)
        known = [
            self._knowledge.get(c.code) or self._knowledge.missing.get(c.code)
            for c in understood.candidates[1:]
        ]
        rejected |= corrections.called([p for p in known if p is not None], correction.rejected)
        if best in rejected and understood.band is Band.SURE:  # what is left is less than sure
            understood = replace(understood, band=Band.UNSURE)
        return replace(fresh, understood=understood, rejected=rejected)

    def _two(self, turn: Turn, text: str) -> Outcome | None:
        """The answer on two questions in one; None unless each has an answer on its own procedure."""
        parts = split(text)
        if parts is None or turn.asked == "erase" or is_emergency(" ".join(words(text))):
            return None
        one = respond(self._understood(turn, parts.first))
        if not pairs.is_answer(one):
            return None
        two = respond(self._understood(replace(turn, state=one.state), parts.second))
        if not pairs.is_answer(two) or pairs.is_same(one, two):
            return None
        return pairs.joined(turn, one, two, more=parts.more)

    def _routed(self, turn: Turn, outcome: Outcome) -> Outcome:
        """The outcome with its handoff in the right queue, and with the dossier that it may be about."""
        wish = outcome.handoff
        if wish is None:
            return outcome
        talk = read_talk(turn.state.dossier, turn.now)
        if talk and talk.step is Step.SHOWN and not wish.dossier and wish.reason in ABOUT_DOSSIERS:
            wish = replace(wish, dossier=talk.code)
        queue = queue_of(turn, wish, outcome.state.topic)
        return replace(outcome, handoff=replace(wish, queue=queue.value))


def build_checker(settings: Settings) -> Checker:
    """What checks messages in this process: its lists and model are read once."""
    return Checker(load_lists(settings.faq_dir))


def build_assistant(
    settings: Settings,
    dossiers: Dossiers | None = None,
    known: Callable[[], Known] = _nothing_known,
    checker: Checker | None = None,
) -> Assistant:
    """The assistant of a process; without ``settings.rasa_url`` it works on the matcher alone.

    ``checker``: one that is there already, else it is built.

    :raises bot.knowledge.loading.KnowledgeError: if faq_data is broken.
    """
    knowledge = load_knowledge(settings.faq_dir, settings.commune)
    thresholds = Thresholds(sure=settings.band_sure, unsure=settings.band_unsure)
    understander = build_understander(settings.rasa_url or None, knowledge, thresholds, settings.rasa_token)
    checker = checker or build_checker(settings)
    texts = load_texts(settings.faq_dir)
    return Assistant(knowledge, understander, texts, dossiers, checker, known, understander.scam_kinds)
