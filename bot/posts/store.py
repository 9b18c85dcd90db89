"""What the desk does with posts: every move is one transaction, decided by bot/posts/lifecycle.py."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.posts import lifecycle
from bot.posts.content import Content, Known, problems, tidy
from bot.posts.lifecycle import Action, Actor, Refusal, Status
from bot.posts.rows import add_version, content_of, locked, note, standing_of, write_places
from bot.store.audit import officer_subject, record
from bot.store.models import Account
from bot.store.models_posts import Post, PostImage

PUBLISHING_CHANNELS = ("facebook", "zalo")
_NO_POST = Refusal("Không có bài này.")
_NO_WORD = Refusal("Khi trả lại, hãy ghi một lời để người viết biết cần sửa gì.")
_SILENT = frozenset({Action.SAVE})  # kept in the post's own story, too many for the audit


@dataclass(frozen=True, slots=True)
class Request:
    """One action of a person. ``version``: the newest that they saw; the rest as the action needs it."""

    action: Action
    version: int
    content: Content | None = None  # SAVE
    word: str = ""  # RETURN
    account_id: int | None = None  # WITHDRAW, RETRY: one target; None: all


def create(session: Session, actor: Actor, unit_id: int, content: Content, now: datetime) -> int | Refusal:
    """A new draft of ``unit_id``; returns its id."""
    if not actor.serves(unit_id):
        return Refusal("Bạn không viết bài cho đơn vị này.")
    post = Post(
        unit_id=unit_id, status=Status.DRAFT, version=1, origin="desk", source_pictures=[], word="",
        created_by=actor.officer_id, created_at=now, updated_at=now, source_link="",
    )  # fmt: skip
    session.add(post)
    session.flush()
    add_version(session, post.id, 1, _own(session, unit_id, tidy(content)), actor.officer_id, now)
    note(session, post, "create", now, actor.officer_id)
    return post.id


def perform(session: Session, actor: Actor, post_id: int, asked: Request, now: datetime) -> Refusal | None:
    """Do what ``asked`` says; None if it was done. In a writing session: the post is locked until its end."""
    post = locked(session, post_id)
    if post is None or not actor.serves(post.unit_id):
        return _NO_POST
    if asked.action is Action.RETURN and not asked.word.strip():
        return _NO_WORD
    before = standing_of(session, post)
    content = content_of(session, post.id, post.version) or Content()
    scheduled = content.scheduled_at
    after = lifecycle.act(
        before,
        actor,
        asked.action,
        asked.version,
        targets=content.targets,
        later=scheduled is not None and scheduled > now,
        account_id=asked.account_id,
    )
    if isinstance(after, Refusal):
        return after
    if asked.action in {Action.ASK, Action.APPROVE}:
        found = problems(content, accounts_of(session, post.unit_id), now)
        if found:
            return Refusal(" ".join(found))
    if asked.action is Action.SAVE:
        new = _own(session, post.unit_id, tidy(asked.content or content))
        if new == content:
            return None
        add_version(session, post.id, after.version, new, actor.officer_id, now)
    _write(actor, post, asked, after, now)
    if after.places != before.places:
        waits = asked.action is Action.APPROVE and scheduled is not None and scheduled > now
        write_places(session, post, after.places, scheduled if waits and scheduled else now)
    _remember(session, actor, post, asked, now)
    return None


def _write(actor: Actor, post: Post, asked: Request, after: lifecycle.Standing, now: datetime) -> None:
    post.status, post.version, post.approved_version = after.status, after.version, after.approved_version
    if asked.action is Action.APPROVE:
        post.approved_by, post.approved_at = actor.officer_id, now
    if asked.action in {Action.RETURN, Action.ASK}:
        post.word = asked.word.strip()[:1000] if asked.action is Action.RETURN else ""
    post.updated_at = now


def _remember(session: Session, actor: Actor, post: Post, asked: Request, now: datetime) -> None:
    word = asked.word.strip()[:1000]
    note(session, post, asked.action, now, actor.officer_id, account_id=asked.account_id, word=word)
    if asked.action not in _SILENT:
        subject = f"post:{post.id}"
        action = f"post.{asked.action}"
        record(session, now, officer_subject(actor.officer_id), action, subject, version=post.version)


def accounts_of(session: Session, unit_id: int) -> list[Known]:
    """Where posts of ``unit_id`` may go."""
    query = select(Account).where(Account.unit_id == unit_id, Account.channel.in_(PUBLISHING_CHANNELS))
    return [
        Known(row.id, row.channel, row.name or row.external_id, row.disabled_at is None)
        for row in session.scalars(query.order_by(Account.channel, Account.id))
    ]


def _own(session: Session, unit_id: int, content: Content) -> Content:
    """Without pictures that are not the unit's own: a name alone must not open another unit's."""
    if not content.images:
        return content
    query = select(PostImage.name).where(PostImage.name.in_(content.images), PostImage.unit_id == unit_id)
    known = set(session.scalars(query))
    if known.issuperset(content.images):
        return content
    images = tuple(name for name in content.images if name in known)
    return Content(
        content.title, content.text, content.link, content.hashtags, images, content.targets,
        content.scheduled_at, content.template,
    )  # fmt: skip
