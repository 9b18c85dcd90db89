"""A town with a desk: officers, the real words, and what the desk's functions need."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, select

from bot.accounts.vault import Vault
from bot.dialogue.guides import Texts
from bot.handoff import transfer
from bot.handoff.idling import escalate, return_idle
from bot.hours import Calendar
from bot.settings import ROOT
from bot.store.engine import reading, writing
from bot.store.models import Handoff, Note, Officer, Unit
from bot.texts import load_texts
from bot.worker.applying import Office
from bot.worker.turn import Turns
from tests.worker.fakes import OFFICER_IDLE, Town

TEXTS = load_texts(ROOT / "faq_data")
VAULT = Vault("k")


class Hall(Town):
    """:class:`Town` with the desk's side: ``anna`` and ``binh`` are officers' ids."""

    def __init__(self, engine: Engine, channel: str = "zalo") -> None:
        super().__init__(engine, channel)
        self.texts: Texts = TEXTS
        self.calendar = Calendar()
        self.turns = Turns(
            engine,
            {channel: self.channel},
            self.registry,
            self.assistant,
            self.notified.append,
            self.clock,
            OFFICER_IDLE,
            lambda name, user, _files: self.forgotten.append((name, user)),
            office=Office(TEXTS.wording, VAULT.seal, lambda _unit: self.calendar),
        )
        with writing(engine) as session:
            if session.scalar(select(Unit.id)) is None:  # a test database was emptied of it
                session.add(Unit(slug="ubnd", name="Ủy ban nhân dân xã"))
        self.anna, self.binh = self.officer("anna"), self.officer("binh")

    def officer(self, login: str) -> int:
        with writing(self.engine) as session:
            found = session.scalar(select(Officer.id).where(Officer.login == login))
            if found:
                return found
            row = Officer(
                login=login, name=login, persona="Cán bộ hộ tịch", role="officer", password_hash="x",
                queues=[], created_at=self.clock(),
            )  # fmt: skip
            session.add(row)
            session.flush()
            return row.id

    @property
    def channels(self) -> dict[str, object]:
        return {self.channel.name: self.channel}

    def id_of(self, user_id: str = "u1") -> int:
        return self.conversation(user_id).id

    def claims(self, officer: int, user_id: str = "u1") -> transfer.Claim:
        return transfer.claim(self.engine, self.id_of(user_id), officer, self.clock())

    def releases(self, officer: int, user_id: str = "u1") -> bool:
        return transfer.release(
            self.engine,
            self.channels,
            self.texts,
            self.id_of(user_id),
            officer,
            self.clock(),  # type: ignore[arg-type]
        )

    def forwards(self, officer: int, user_id: str = "u1", *, to: int | None = None, note: str = "") -> bool:
        return transfer.forward(
            self.engine, self.channels, self.texts, self.id_of(user_id), officer, unit_id=1,  # type: ignore[arg-type]
            queue="đất đai–xây dựng", to_officer_id=to, note=note, now=self.clock(),
        )  # fmt: skip

    def says(self, officer: int, text: str, key: str, user_id: str = "u1") -> transfer.Said:
        return transfer.officer_says(
            self.engine,
            self.channels,
            self.id_of(user_id),
            officer,
            text,
            self.clock(),
            key=key,  # type: ignore[arg-type]
        )

    def idles(self) -> list[tuple[str, str, str]]:
        return return_idle(
            self.engine,
            self.channels,
            self.texts.wording,
            self.clock(),
            OFFICER_IDLE,  # type: ignore[arg-type]
        )

    def escalates(self, minutes: int = 15) -> int:
        return escalate(self.engine, lambda _unit: self.calendar, self.clock(), minutes)

    def handoffs(self) -> list[Handoff]:
        with reading(self.engine) as session:
            return list(session.scalars(select(Handoff).order_by(Handoff.id)))

    def notes(self) -> list[str]:
        with reading(self.engine) as session:
            return list(session.scalars(select(Note.kind).order_by(Note.id)))


@pytest.fixture
def hall(engine: Engine) -> Hall:
    return Hall(engine)
