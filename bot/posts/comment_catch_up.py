"""Comments that no webhook told of: what stands under recent posts is read now and then; old ones go."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Engine, delete, or_, select
from sqlalchemy.orm import Session

from bot.accounts.tokens import TokenSource
from bot.clock import Clock, to_ms
from bot.posts.following import Arrived, Following
from bot.store.engine import reading, writing
from bot.store.models import Account as AccountRow
from bot.store.models_posts import Comment, Post, Publication
from connectors.channel import Account, Health
from connectors.facebook.comments import FacebookComments, FoundComment

log = structlog.get_logger(__name__)

LOOKS_BACK = timedelta(days=7)
"""An older comment takes no private reply any more."""
MAX_POSTS = 30  # of a page, in one run


class CommentCatchUp:
    """Reads what is under the posts of the last days, of those pages that are connected."""

    def __init__(
        self,
        engine: Engine,
        following: Following,
        comments: Mapping[str, FacebookComments],
        tokens: TokenSource,
        clock: Clock,
        keep: timedelta,
    ) -> None:
        self._engine, self._following, self._comments = engine, following, comments
        self._tokens, self._clock, self._keep = tokens, clock, keep

    def run(self) -> None:
        with reading(self._engine) as session:
            query = select(AccountRow).where(
                AccountRow.channel.in_(self._comments), AccountRow.disabled_at.is_(None)
            )
            known = [(row.id, row.channel, row.created_at) for row in session.scalars(query)]
        for account_id, channel, connected_at in known:
            account = self._tokens.sendable(account_id)
            if account is not None:
                since = max(self._clock() - LOOKS_BACK, connected_at)
                self._page(account_id, account, self._comments[channel], since)

    def _page(self, account_id: int, account: Account, comments: FacebookComments, since: datetime) -> None:
        with reading(self._engine) as session:
            posts = _recent_posts(session, account_id, since)
        for post_ref in posts:
            found = comments.under(account, post_ref, to_ms(since))
            if isinstance(found, Health):
                log.info("comments.not_read", account=account_id)
                continue
            for item in found:
                if item.at_ms >= to_ms(since) // 1000 * 1000:
                    self._following.seen(account_id, _arrived(item, post_ref), edit=True)
                    self._following.hidden(account_id, item.id, item.hidden)
            self._missing(account_id, account, comments, post_ref, since, {item.id for item in found})

    def _missing(
        self,
        account_id: int,
        account: Account,
        comments: FacebookComments,
        post_ref: str,
        since: datetime,
        there: set[str],
    ) -> None:
        """What we know and the page no longer shows: asked for by name before it counts as deleted."""
        query = select(Comment.comment_ref).where(
            Comment.account_id == account_id,
            Comment.post_ref == post_ref,
            Comment.deleted_at.is_(None),
            Comment.written_at > since + timedelta(minutes=1),
        )
        with reading(self._engine) as session:
            lost = [ref for ref in session.scalars(query) if ref not in there]
        for ref in lost[:MAX_POSTS]:
            if comments.exists(account, ref) is False:
                self._following.removed(account_id, ref, post_ref)

    def forget(self) -> None:
        """Delete comments that are older than messages may be."""
        with writing(self._engine) as session:
            session.execute(delete(Comment).where(Comment.created_at < self._clock() - self._keep))


def _recent_posts(session: Session, account_id: int, since: datetime) -> list[str]:
    """Posts of a page, ours and those made by hand, and those that are talked about; the newest first."""
    ours = select(Publication.external_id).where(
        Publication.account_id == account_id,
        Publication.external_id.is_not(None),
        or_(Publication.published_at >= since, Publication.published_at.is_(None)),
        Publication.withdrawn_at.is_(None),
    )
    theirs = select(Post.source_ref).where(
        Post.source_account_id == account_id, Post.created_at >= since, Post.source_removed_at.is_(None)
    )
    talked = select(Comment.post_ref).where(Comment.account_id == account_id, Comment.created_at >= since)
    found: list[str] = []
    for query in (
        ours.order_by(Publication.id.desc()),
        theirs.order_by(Post.id.desc()),
        talked.order_by(Comment.id.desc()),
    ):
        found += [ref for ref in session.scalars(query.limit(10 * MAX_POSTS)) if ref]
    return list(dict.fromkeys(found))[:MAX_POSTS]


def _arrived(item: FoundComment, post_ref: str) -> Arrived:
    parent = "" if item.parent == post_ref else item.parent
    return Arrived(
        item.id, post_ref, item.message, item.at_ms, parent, item.author,
        item.author_name, item.picture, item.link,
    )  # fmt: skip
