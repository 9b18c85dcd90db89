"""Rows as the pure machines see them, and back: Standing, Place, Content."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.posts.content import Content, Target
from bot.posts.lifecycle import Standing, Status, overall
from bot.posts.places import Place, State, Wanted
from bot.store.models_posts import Post, PostEvent, PostVersion, Publication


def locked(session: Session, post_id: int) -> Post | None:
    """The post, which nobody else changes until this transaction ends; its publications neither."""
    return session.scalars(select(Post).where(Post.id == post_id).with_for_update()).one_or_none()


def publications_of(session: Session, post_id: int) -> list[Publication]:
    return list(
        session.scalars(select(Publication).where(Publication.post_id == post_id).order_by(Publication.id))
    )


def standing_of(session: Session, post: Post) -> Standing:
    """The post with its places."""
    newest = select(PostVersion.number).where(PostVersion.post_id == post.id)
    latest = session.scalar(newest.order_by(PostVersion.number.desc()).limit(1))
    return Standing(
        post.unit_id,
        Status(post.status),
        post.version,
        latest or post.version,
        post.approved_version,
        {row.account_id: place_of(row) for row in publications_of(session, post.id)},
    )


def place_of(row: Publication) -> Place:
    return Place(
        account_id=row.account_id,
        version=row.version,
        live_version=row.live_version,
        state=State(row.state),
        wanted=Wanted(row.wanted),
        begun=row.begun,
        failed=Wanted(row.failed),
        broadcast=row.broadcast,
        unclear=row.unclear,
    )


def put_place(row: Publication, place: Place) -> None:
    """Write ``place`` into its row."""
    row.version, row.live_version = place.version, place.live_version
    row.state, row.wanted, row.begun = place.state, place.wanted, place.begun
    row.failed, row.broadcast, row.unclear = place.failed, place.broadcast, place.unclear


def write_places(session: Session, post: Post, places: Mapping[int, Place], due: datetime) -> None:
    """What people want of each place; a worker begins at ``due``. One that is left out was never begun."""
    rows = {row.account_id: row for row in publications_of(session, post.id)}
    for account_id, row in rows.items():
        if account_id not in places:
            session.delete(row)
    for account_id, place in places.items():
        row = rows.get(account_id) or _new_row(session, post, account_id, due)
        if place_of(row) == place:
            continue
        if place.state is State.WAITING:  # from the beginning, also after a withdrawal or a failure
            row.external_id, row.link, row.published_at = None, "", None
            row.work = {} if row.state == State.WITHDRAWN else row.work
        put_place(row, place)
        row.due_at, row.lookups, row.retries = due, 0, 0
        row.error_code = row.reason = ""


def _new_row(session: Session, post: Post, account_id: int, now: datetime) -> Publication:
    row = Publication(
        post_id=post.id, account_id=account_id, key=secrets.token_hex(16), due_at=now, created_at=now,
        version=0, state=State.WAITING, wanted=Wanted.NOTHING, begun=False, failed=Wanted.NOTHING,
        unclear=False, broadcast=False, work={}, lookups=0, retries=0, attempts=0,
    )  # fmt: skip
    session.add(row)
    return row


def settle(session: Session, post: Post, now: datetime) -> None:
    """Give the post the status that its places have come to; ``post`` is locked."""
    session.flush()
    status = overall(standing_of(session, post)).status
    if status != post.status:
        post.status = status
    post.updated_at = now


def content_of(session: Session, post_id: int, number: int) -> Content | None:
    """One version of a post."""
    query = select(PostVersion).where(PostVersion.post_id == post_id, PostVersion.number == number)
    row = session.scalars(query).one_or_none()
    return read_version(row) if row else None


def read_version(row: PostVersion) -> Content:
    return Content(
        title=row.title,
        text=row.text,
        link=row.link,
        hashtags=tuple(row.hashtags),
        images=tuple(row.images),
        targets=tuple(Target(int(t["account_id"]), bool(t.get("broadcast"))) for t in row.targets),
        scheduled_at=row.scheduled_at,
        template=row.template,
    )


def add_version(
    session: Session, post_id: int, number: int, content: Content, officer_id: int | None, now: datetime
) -> None:
    """Store a version; it is never changed afterwards."""
    session.add(
        PostVersion(
            post_id=post_id,
            number=number,
            title=content.title,
            text=content.text,
            link=content.link,
            hashtags=list(content.hashtags),
            images=list(content.images),
            targets=_plain(content.targets),
            scheduled_at=content.scheduled_at,
            template=content.template,
            officer_id=officer_id,
            created_at=now,
        )
    )


def _plain(targets: Iterable[Target]) -> list[dict[str, object]]:
    return [{"account_id": target.account_id, "broadcast": target.broadcast} for target in targets]


def note(
    session: Session,
    post: Post,
    action: str,
    now: datetime,
    officer_id: int | None = None,
    *,
    account_id: int | None = None,
    word: str = "",
) -> None:
    """One line of the post's story, in the transaction of the change itself."""
    session.add(
        PostEvent(
            post_id=post.id, at=now, officer_id=officer_id, action=action, version=post.version,
            account_id=account_id, word=word,
        )
    )  # fmt: skip
