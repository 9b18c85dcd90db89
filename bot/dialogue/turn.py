"""One turn as its skills see it, and the one place where an :class:`Outcome` is put together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import Enum
from typing import Any

from bot.clock import VIETNAM
from bot.dialogue.guides import Texts
from bot.dialogue.types import Behaviour, DialogueState, HandoffRequest, Heard, Offer, Outcome
from bot.dialogue.wording import Wording
from bot.knowledge.loading import Knowledge
from bot.scams.types import Analysis, Level
from bot.understanding.types import Aspect, Skill, Understanding
from connectors.channel import Button, ButtonKind, Reply

NOTHING = Understanding(text="", folded="", skill=Skill.NONE)
"""Stands in where a button or an attachment was all there was."""


def in_sentence(name: str) -> str:
    """A commune's name as it stands inside a sentence."""
    return name[:1].lower() + name[1:]


def _nothing_checked(_text: str) -> Analysis:
    return Analysis(Level.CLEAR)


class Introduction(Enum):
    """Whether a turn tells who speaks."""

    DUE = 1  # a line before the first answer ever
    SAID = 2  # the reply's own text says it
    LATER = 3  # nothing may stand before this reply


@dataclass(frozen=True, slots=True)
class Turn:
    """What a skill may look at. ``understood`` is :data:`NOTHING` for buttons and attachments.

    ``rejected``: codes that the resident has just said are not meant; they are not answered or offered.
    ``check`` tells what a text smells of, the commune's own list included.
    """

    state: DialogueState
    heard: Heard
    understood: Understanding
    knowledge: Knowledge
    texts: Texts
    now: datetime
    rejected: frozenset[str] = frozenset()
    check: Callable[[str], Analysis] = _nothing_checked

    @property
    def words(self) -> Wording:
        return self.texts.wording

    @property
    def today(self) -> date:
        """The day in Viet Nam."""
        return self.now.astimezone(VIETNAM).date()

    @property
    def commune(self) -> str:
        """The commune's name inside a sentence: "xã Xuân Định"."""
        return in_sentence(self.knowledge.commune.name)

    @property
    def asked(self) -> str | None:
        """What the assistant asked in the turn before: "which", "paper", "erase" or nothing."""
        return self.state.memory.get("asked")

    @property
    def waiting(self) -> bool:
        """Whether an officer is called and has not come yet."""
        return self.heard.waiting

    @property
    def menu_button(self) -> Button:
        return Button(self.words.buttons.menu, "#menu")

    def officer_button(self, reason: str = "") -> Button:
        return Button(self.words.buttons.officer, f"#officer:{reason}" if reason else "#officer")

    def finish(
        self,
        behaviour: Behaviour,
        skill: Skill,
        replies: Reply | Sequence[Reply],
        *,
        topic: str | None = None,
        forget_topic: bool = False,
        aspect: Aspect | None = None,
        memory: Mapping[str, Any] | None = None,
        misses: int = 0,
        introduction: Introduction = Introduction.DUE,
        codes: tuple[str, ...] = (),
        aspects: tuple[Aspect, ...] = (),
        confidence: float | None = None,
        dossier: str | None = None,
        handoff: HandoffRequest | None = None,
        unanswered: bool = False,
        erase: bool = False,
        talk: Mapping[str, str] | None = None,
    ) -> Outcome:
        """The outcome of this turn.

        :param topic: the procedure spoken of now; None keeps the one before unless ``forget_topic``.
        :param memory: what the next turn alone may lean on; everything older is dropped.
        :param confidence: default: the understanding's.
        :param talk: the dossier that is spoken of from now on; None keeps the one before.
        """
        said = [replies] if isinstance(replies, Reply) else list(replies)
        if introduction is Introduction.DUE and not self.state.greeted:
            line = self.words.smalltalk.introduction.format(commune=self.commune)
            said[0] = replace(said[0], text=f"{line}\n\n{said[0].text}")
        kept_aspect = None if topic or forget_topic else self.state.aspect
        state = DialogueState(
            topic=None if forget_topic else topic or self.state.topic,
            aspect=aspect.value if aspect else kept_aspect,
            offers=_offers(said),
            misses=misses,
            greeted=self.state.greeted or introduction is not Introduction.LATER,
            memory=dict(memory or {}),
            dossier=dict(self.state.dossier if talk is None else talk),
            checked=dict(self.state.checked),
            warned=self.state.warned,
        )
        return Outcome(
            behaviour=behaviour,
            skill=skill,
            state=state,
            replies=tuple(said),
            codes=codes,
            aspects=aspects,
            confidence=self.understood.confidence if confidence is None else confidence,
            dossier=dossier,
            handoff=handoff,
            unanswered=unanswered,
            erase=erase,
        )


def _offers(replies: Sequence[Reply]) -> tuple[Offer, ...]:
    return tuple(
        Offer(button.title, button.value)
        for reply in replies
        for button in reply.buttons
        if button.kind is ButtonKind.QUESTION
    )
