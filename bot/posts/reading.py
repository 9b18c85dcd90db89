"""Lists and pages of posts, as the desk shows them. Reads only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, func, select, true
from sqlalchemy.orm import Session

from bot.posts.content import Content
from bot.posts.lifecycle import Actor, Standing, Status
from bot.posts.places import State, Wanted
from bot.posts.rows import read_version, standing_of
from bot.store.models import Account, Officer, Unit
from bot.store.models_posts import Post, PostEvent, PostVersion, Publication

PAGE = 30


class Tab(StrEnum):
    """The lists of the desk."""

    WRITING = "writing"
    ASKED = "asked"
    COMING = "coming"  # scheduled, or being published
    PUBLISHED = "published"
    OFFERED = "offered"
    DROPPED = "dropped"


TAB_NAMES = {
    Tab.WRITING: "Đang soạn",
    Tab.ASKED: "Chờ duyệt",
    Tab.COMING: "Sắp đăng",
    Tab.PUBLISHED: "Đã đăng",
    Tab.OFFERED: "Đăng tay trên trang",
    Tab.DROPPED: "Đã bỏ, đã gỡ",
}
_TABS = {
    Tab.WRITING: (Status.DRAFT, Status.RETURNED),
    Tab.ASKED: (Status.ASKED,),
    Tab.COMING: (Status.SCHEDULED, Status.PUBLISHING),
    Tab.PUBLISHED: (Status.PUBLISHED, Status.FAILED, Status.WITHDRAWING),
    Tab.OFFERED: (Status.OFFERED, Status.NOTED),
    Tab.DROPPED: (Status.DROPPED, Status.WITHDRAWN),
}


@dataclass(frozen=True, slots=True)
class PlaceLine:
    """One target as the desk shows it. ``reason``: why it waits or failed; ``note``: what else to know."""

    account_id: int
    channel: str
    name: str
    state: State
    wanted: Wanted
    failed: Wanted
    version: int
    live_version: int | None
    broadcast: bool
    link: str
    reason: str
    note: str
    due_at: datetime
    published_at: datetime | None
    withdrawn_at: datetime | None


@dataclass(frozen=True, slots=True)
class Line:
    """One post of a list."""

    id: int
    unit: str
    status: Status
    title: str
    author: str
    origin: str
    scheduled_at: datetime | None
    updated_at: datetime
    places: tuple[PlaceLine, ...]


@dataclass(frozen=True, slots=True)
class StoryLine:
    """Who did what, when; ``who`` empty: the system. ``action``: an Action, "create", or a worker's word."""

    at: datetime
    who: str
    action: str
    version: int
    account: str
    word: str


@dataclass(frozen=True, slots=True)
class VersionLine:
    """One version, newest first in lists."""

    number: int
    who: str
    at: datetime
    content: Content


@dataclass(frozen=True, slots=True)
class Page:
    """A post with everything about it."""

    id: int
    unit_id: int
    unit: str
    standing: Standing
    content: Content
    word: str
    origin: str
    source_link: str
    source_changed_at: datetime | None
    source_removed_at: datetime | None
    approved_by: str
    approved_at: datetime | None
    places: tuple[PlaceLine, ...]
    versions: tuple[VersionLine, ...]
    story: tuple[StoryLine, ...]


def visible(actor: Actor) -> ColumnElement[bool]:
    """A condition on :class:`Post`: what the officer may see."""
    return true() if actor.all_units else Post.unit_id == actor.unit_id


def counts(session: Session, actor: Actor) -> dict[Tab, int]:
    """How many posts each list holds."""
    query = select(Post.status, func.count()).where(visible(actor)).group_by(Post.status)
    found = {Status(status): number for status, number in session.execute(query)}
    return {tab: sum(found.get(status, 0) for status in statuses) for tab, statuses in _TABS.items()}


def listed(session: Session, actor: Actor, tab: Tab, page: int = 0) -> list[Line]:
    """Newest first, :data:`PAGE` a page."""
    current = and_(PostVersion.post_id == Post.id, PostVersion.number == Post.version)
    query = (
        select(Post, PostVersion.title, PostVersion.text, PostVersion.scheduled_at, Unit.name, Officer.name)
        .join(PostVersion, current)
        .join(Unit, Unit.id == Post.unit_id)
        .outerjoin(Officer, Officer.id == Post.created_by)
        .where(visible(actor), Post.status.in_(_TABS[tab]))
        .order_by(Post.updated_at.desc(), Post.id.desc())
        .offset(page * PAGE)
        .limit(PAGE)
    )
    rows = session.execute(query).all()
    places = place_lines(session, [row[0].id for row in rows])
    return [
        Line(
            post.id, unit, Status(post.status), title or text[:80], author or "", post.origin, scheduled_at,
            post.updated_at, places.get(post.id, ()),
        )
        for post, title, text, scheduled_at, unit, author in rows
    ]  # fmt: skip


def find(session: Session, actor: Actor, post_id: int) -> Page | None:
    """A post that the officer may see."""
    post = session.scalars(select(Post).where(Post.id == post_id, visible(actor))).one_or_none()
    if post is None:
        return None
    versions = version_lines(session, post_id)
    content = next((line.content for line in versions if line.number == post.version), Content())
    approver = session.get(Officer, post.approved_by) if post.approved_by else None
    unit = session.get(Unit, post.unit_id)
    return Page(
        id=post.id,
        unit_id=post.unit_id,
        unit=unit.name if unit else "",
        standing=standing_of(session, post),
        content=content,
        word=post.word,
        origin=post.origin,
        source_link=post.source_link,
        source_changed_at=post.source_changed_at,
        source_removed_at=post.source_removed_at,
        approved_by=approver.name if approver else "",
        approved_at=post.approved_at,
        places=place_lines(session, [post_id]).get(post_id, ()),
        versions=versions,
        story=story_of(session, post_id),
    )


def place_lines(session: Session, post_ids: Iterable[int]) -> dict[int, tuple[PlaceLine, ...]]:
    """The targets of each post."""
    query = (
        select(Publication, Account.channel, Account.name, Account.external_id)
        .join(Account, Account.id == Publication.account_id)
        .where(Publication.post_id.in_(list(post_ids)))
        .order_by(Publication.id)
    )
    found: dict[int, tuple[PlaceLine, ...]] = {}
    for row, channel, name, external_id in session.execute(query):
        line = PlaceLine(
            row.account_id, channel, name or external_id, State(row.state), Wanted(row.wanted),
            Wanted(row.failed), row.version, row.live_version, row.broadcast, row.link, row.reason, row.note,
            row.due_at, row.published_at, row.withdrawn_at,
        )  # fmt: skip
        found[row.post_id] = (*found.get(row.post_id, ()), line)
    return found


def version_lines(session: Session, post_id: int) -> tuple[VersionLine, ...]:
    """Every version, newest first."""
    query = (
        select(PostVersion, Officer.name)
        .outerjoin(Officer, Officer.id == PostVersion.officer_id)
        .where(PostVersion.post_id == post_id)
        .order_by(PostVersion.number.desc())
    )
    return tuple(
        VersionLine(row.number, name or "", row.created_at, read_version(row))
        for row, name in session.execute(query)
    )


def story_of(session: Session, post_id: int) -> tuple[StoryLine, ...]:
    """What happened to the post, oldest first."""
    query = (
        select(PostEvent, Officer.name, Account.name, Account.external_id)
        .outerjoin(Officer, Officer.id == PostEvent.officer_id)
        .outerjoin(Account, Account.id == PostEvent.account_id)
        .where(PostEvent.post_id == post_id)
        .order_by(PostEvent.id)
    )
    return tuple(
        StoryLine(row.at, who or "", row.action, row.version, account or external_id or "", row.word)
        for row, who, account, external_id in session.execute(query)
    )
