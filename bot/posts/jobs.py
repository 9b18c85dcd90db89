"""What is to be published now: rows taken one call at a time, every move conditional and locked.

A claim commits before its call: ``work["call"]`` names it, ``attempts`` fences it, ``due_at`` says until when
others leave it alone. A row that is due and still has a call was left by a killed worker.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from bot.posts.content import Content
from bot.posts.lifecycle import Status
from bot.posts.pictures import house_of
from bot.posts.places import Place, Wanted
from bot.posts.rendering import House
from bot.posts.rows import content_of, locked, note, place_of, put_place, settle
from bot.store.engine import reading, writing
from bot.store.models import Account
from bot.store.models_posts import Post, Publication

MAX_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Task:
    """One publication as a worker works it; ``content`` is of ``place.version``."""

    id: int
    post_id: int
    account_id: int
    channel: str
    account_ref: str
    place: Place
    attempts: int
    lookups: int
    retries: int
    work: dict[str, Any]
    external_id: str | None
    due_at: datetime
    since: datetime  # the first call ever: what is looked up is not older
    hoped: datetime  # the first call for what is wanted now: patience ends a day later
    content: Content
    house: House


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a call came to: the place's move, and what else is written. ``story``: a line for the editor."""

    move: Callable[[Place], Place]
    due_at: datetime
    work: dict[str, Any] | None = None
    lookups: int = 0
    retries: int = 0
    external_id: str | None = None
    link: str | None = None
    code: str = ""
    reason: str = ""
    note: str | None = None
    story: str = ""
    published_at: datetime | None = None
    withdrawn_at: datetime | None = None


class Jobs:
    """The rows. ``public_address``: where pictures are found."""

    def __init__(self, engine: Engine, public_address: str) -> None:
        self._engine, self._public = engine, public_address

    def due(self, now: datetime) -> list[int]:
        """What wants something now, the longest waiting first."""
        query = (
            select(Publication.id)
            .where(Publication.wanted != Wanted.NOTHING, Publication.due_at <= now)
            .order_by(Publication.due_at, Publication.id)
            .limit(MAX_AT_ONCE)
        )
        with reading(self._engine) as session:
            return list(session.scalars(query))

    def read(self, task_id: int) -> Task | None:
        """The row as it is; None if nothing is wanted of it any more."""
        with reading(self._engine) as session:
            row = session.get(Publication, task_id)
            return self._task(session, row) if row is not None else None

    def others(self, task: Task) -> frozenset[str]:
        """What stands on the account for other posts, which may say the same."""
        query = select(Publication.external_id).where(
            Publication.account_id == task.account_id,
            Publication.id != task.id,
            Publication.external_id.is_not(None),
        )
        newest = query.order_by(Publication.id.desc()).limit(500)
        with reading(self._engine) as session:
            return frozenset(ref for ref in session.scalars(newest) if ref)

    def claim(self, task: Task, call: str, now: datetime, until: datetime) -> Task | None:
        """Before a call; None if somebody changed the row meanwhile."""
        with writing(self._engine) as session:
            post = locked(session, task.post_id)
            row = session.get(Publication, task.id)
            if post is None or row is None or row.attempts != task.attempts or place_of(row) != task.place:
                return None
            put_place(row, place_of(row).claimed())
            row.attempts, row.attempted_at, row.due_at = task.attempts + 1, now, until
            first = {} if "since" in row.work else {"since": now.isoformat()}
            hope = {} if task.place.begun else {"hoped": now.isoformat()}
            row.work = {**row.work, **first, **hope, "call": call, "version": row.version}
            settle(session, post, now)
            session.flush()
            return self._task(session, row)

    def finish(self, task: Task, outcome: Outcome, now: datetime) -> bool:
        """Write what a call came to, upon whatever people want by now; False if it is too late for that."""
        with writing(self._engine) as session:
            post = locked(session, task.post_id)
            row = session.get(Publication, task.id)
            if post is None or row is None or row.attempts != task.attempts:
                return False
            before = place_of(row)
            put_place(row, outcome.move(before))
            row.attempts = task.attempts + 1  # what another worker has read meanwhile no longer counts
            work = dict(task.work if outcome.work is None else outcome.work)
            work.pop("call", None)
            row.work = work
            row.due_at = now if row.wanted != before.wanted else outcome.due_at
            row.lookups, row.retries = outcome.lookups, outcome.retries
            row.error_code, row.reason = outcome.code[:40], outcome.reason
            for name in ("external_id", "link", "note", "published_at", "withdrawn_at"):
                if getattr(outcome, name) is not None:
                    setattr(row, name, getattr(outcome, name))
            if outcome.story:
                note(session, post, outcome.story, now, account_id=row.account_id, word=outcome.reason)
            if outcome.external_id:
                _drop_twin(session, row.account_id, outcome.external_id)
            settle(session, post, now)
            return True

    def postpone(self, task: Task, due_at: datetime, reason: str) -> None:
        """Nothing was called: look again at ``due_at``."""
        with writing(self._engine) as session:
            row = session.get(Publication, task.id)
            if row is not None and row.attempts == task.attempts:
                row.due_at, row.reason = due_at, reason

    def set_aside(self, task_id: int, due_at: datetime, reason: str) -> None:
        """Something of ours broke while it was worked: not before ``due_at`` again."""
        with writing(self._engine) as session:
            row = session.get(Publication, task_id)
            if row is not None:
                row.due_at, row.reason = due_at, reason

    def _task(self, session: Session, row: Publication) -> Task | None:
        if row.wanted == Wanted.NOTHING:
            return None
        account = session.get_one(Account, row.account_id)
        post = session.get_one(Post, row.post_id)
        return Task(
            row.id, row.post_id, row.account_id, account.channel, account.external_id, place_of(row),
            row.attempts, row.lookups, row.retries, dict(row.work), row.external_id, row.due_at,
            _time(row, "since"), _time(row, "hoped"),
            content_of(session, row.post_id, row.version) or Content(),
            house_of(session, post.unit_id, self._public),
        )  # fmt: skip


def _time(row: Publication, name: str) -> datetime:
    return datetime.fromisoformat(row.work[name]) if name in row.work else row.created_at


def _drop_twin(session: Session, account_id: int, external_id: str) -> None:
    """Our own post, which its webhook had shown as one made by hand before we knew its id."""
    twins = select(Post).where(Post.source_account_id == account_id, Post.source_ref == external_id)
    for twin in session.scalars(twins):
        if twin.status in {Status.NOTED, Status.OFFERED} or (
            twin.status == Status.ASKED and twin.created_by is None
        ):
            twin.status = Status.DROPPED
