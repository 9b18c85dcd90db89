"""Guides: short answers to what residents ask beside procedures (filing online, VNeID, OCOP …)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints, model_validator

from bot.dialogue.wording import Text, Title, Wording
from bot.knowledge.model import Code, Month

Topic = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]{1,30}$")]


class InForce(StrEnum):
    """Whether a guide's rule holds on a day."""

    YES = "yes"
    NOT_YET = "not_yet"
    OVER = "over"


class Guide(BaseModel):
    """One file of ``faq_data/guides/``; its name without ``.yml`` is the topic that the understanding gives.

    ``first`` and ``last`` bound a rule that begins or ends by itself (both days included). ``related``
    are procedures offered as buttons. A guide with a ``topic`` is a special case of the guide of that
    name: it answers where one of its folded ``words`` stands in the question. ``fields`` are those of
    the officers who handle its matter (``Officer.fields``), or words of their roles. ``next`` are other
    guides offered as buttons. One that is not ``listed`` has no button in the commune's menu.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Topic
    title: Text
    button: Title
    text: Text
    source: Text
    as_of: Month
    legal: Text | None = None
    first: date | None = None
    last: date | None = None
    topic: Topic | None = None
    words: tuple[Text, ...] = ()
    related: tuple[Code, ...] = ()
    next: tuple[Topic, ...] = ()
    fields: tuple[Text, ...] = ()
    listed: bool = True

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Guide:
        if self.first and self.last and self.last < self.first:
            raise ValueError("last phải sau first")
        return self

    def in_force(self, today: date) -> InForce:
        """Whether the guide's rule holds ``today``."""
        if self.first and today < self.first:
            return InForce.NOT_YET
        if self.last and today > self.last:
            return InForce.OVER
        return InForce.YES


@dataclass(frozen=True, slots=True)
class Texts:
    """Everything residents read that is written for the dialogue."""

    wording: Wording
    guides: Mapping[str, Guide]

    def guide(self, topic: str, folded: str = "") -> Guide | None:
        """The guide on ``topic``, or a special case of it if the question ``folded`` has its words."""
        for guide in self.guides.values():
            if guide.topic == topic and any(f" {word} " in f" {folded} " for word in guide.words):
                return guide
        return self.guides.get(topic)
