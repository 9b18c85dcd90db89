"""The dialogue's wishes about dossiers, carried out: the guard, the source, who follows.

It runs before the turn's transaction, in short ones of its own. Working an event twice changes nothing: the
guard knows the attempt by the event, and following or ending twice is the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

import structlog
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from bot.dialogue.dossier_types import NOT_READY, Act, DossierReply, DossierRequest
from bot.dossiers import follows
from bot.dossiers.factors import Hasher
from bot.dossiers.guard import Entry
from bot.dossiers.ledger import SqlBooks
from bot.dossiers.records import Dossier, Found, LooksUp, Person, Source, SourceAway
from bot.store.engine import change_in_session, reading

log = structlog.get_logger(__name__)

MOST_SHOWN = 5
"""Followed dossiers that one answer shows."""
_AWAY = DossierReply(ready=True, away=True)


class DossierPort:
    """See :class:`bot.dialogue.dossier_types.Dossiers`. Thread-safe."""

    def __init__(self, engine: Engine, source: Source, guard: LooksUp, hasher: Hasher) -> None:
        self._engine, self._source, self._guard, self._hasher = engine, source, guard, hasher
        self._acts: Mapping[Act, Callable[[DossierRequest, Person, datetime], DossierReply]] = {
            Act.OPEN: self._open,
            Act.LOOK: self._look,
            Act.MINE: self._mine,
            Act.AGAIN: self._again,
            Act.FOLLOW: self._follow,
        }

    def carry_out(self, request: DossierRequest, who: Person, now: datetime) -> DossierReply:
        """What the source or the books say.

        :raises sqlalchemy.exc.OperationalError: if the database is away.
        """
        if request.act is Act.STOP:
            return self._stop(request, who, now)
        if not self._source.ready():
            return NOT_READY
        try:
            return self._acts[request.act](request, who, now)
        except SourceAway:
            return _AWAY

    def _open(self, request: DossierRequest, who: Person, now: datetime) -> DossierReply:
        """Whoever follows a dossier has proven before that it is theirs."""
        codes = self._followed(who)
        if request.code not in codes:
            return DossierReply(ready=True)
        return self._seen_again((request.code,), codes, who, now)

    def _mine(self, request: DossierRequest, who: Person, now: datetime) -> DossierReply:
        codes = self._followed(who)
        return self._seen_again(codes[:MOST_SHOWN], codes, who, now)

    def _again(self, request: DossierRequest, who: Person, now: datetime) -> DossierReply:
        return self._seen_again((request.code,), self._followed(who), who, now)

    def _look(self, request: DossierRequest, who: Person, now: datetime) -> DossierReply:
        assert request.factor is not None  # a look-up without a factor is none
        answer = self._guard.ask(who, request.code, request.factor, now)
        if answer.found is Found.AWAY:
            return _AWAY
        if answer.found is Found.WAIT:
            return DossierReply(ready=True, wait_until=answer.wait_until)
        if answer.dossier is None:
            return DossierReply(ready=True, missed=True)
        return DossierReply(ready=True, shown=(answer.dossier,), codes=self._followed(who))

    def _follow(self, request: DossierRequest, who: Person, now: datetime) -> DossierReply:
        dossier = self._find(request.code)
        if dossier is None:
            return DossierReply(ready=True)

        def write(session: Session) -> bool:
            return follows.begin(session, who.account_id, who.user_ref, dossier, now)

        begun = change_in_session(self._engine, write)
        return DossierReply(ready=True, codes=(request.code,) if begun else ())

    def _stop(self, request: DossierRequest, who: Person, now: datetime) -> DossierReply:
        def write(session: Session) -> tuple[str, ...]:
            return follows.end(session, who.account_id, who.user_ref, request.code, now)

        return DossierReply(ready=True, codes=change_in_session(self._engine, write))

    def _seen_again(
        self, wanted: tuple[str, ...], followed: tuple[str, ...], who: Person, now: datetime
    ) -> DossierReply:
        """Dossiers that need no factor any more, each with a line in the books of who looked."""
        found = [dossier for code in wanted if (dossier := self._find(code)) is not None]
        if found:
            change_in_session(self._engine, lambda session: self._note(session, found, who, now))
        return DossierReply(ready=True, shown=tuple(found), codes=followed)

    def _note(self, session: Session, shown: list[Dossier], who: Person, now: datetime) -> None:
        books, person = SqlBooks(session), self._hasher.person(who.account_id, who.user_ref)
        for dossier in shown:
            event_id = f"{who.event_id}#{dossier.code}"[-300:]
            if books.find(who.account_id, event_id) is None:  # else the same event again
                mine = replace(who, event_id=event_id)
                books.add(Entry(0, mine, person, dossier.code, "again", now, Found.HIT))

    def _followed(self, who: Person) -> tuple[str, ...]:
        with reading(self._engine) as session:
            return follows.followed(session, who.account_id, who.user_ref)

    def _find(self, code: str) -> Dossier | None:
        found = self._source.find(code)
        return found.dossier if found else None
