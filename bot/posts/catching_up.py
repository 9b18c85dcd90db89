"""What webhooks do not bring: posts of a downtime, pictures of posts made by hand, figures, quotas."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Engine, String, cast, func, select
from sqlalchemy.orm import Session

from bot.accounts.tokens import TokenSource
from bot.clock import VIETNAM, Clock, to_ms
from bot.images.fetching import NotFetched, Sources, TooLarge, fetch
from bot.posts.content import Content
from bot.posts.inbound import Feed, Mode, rule_of, since_ms
from bot.posts.lifecycle import Status
from bot.posts.pictures import BadPicture, Prepared, add_picture, prepared
from bot.posts.places import State
from bot.posts.rows import add_version, content_of, locked, note
from bot.store.engine import reading, writing
from bot.store.models import Account, Conversation
from bot.store.models_posts import Comment, PageRule, Post, PostStat, Publication
from connectors.channel import Health
from connectors.facebook.posts import FacebookPosts
from connectors.zalo.articles import ZaloArticles

log = structlog.get_logger(__name__)

OVERLAP = timedelta(hours=1)
"""Looked at again each time: Meta's list may lag behind what it shows."""
PICTURES_FOR = timedelta(hours=2)
"""Addresses of pictures lapse; so long they are tried."""
PICTURES_AT_ONCE = 50
"""Posts whose pictures one run looks at."""
FIGURES_FOR = timedelta(days=30)
QUOTA_EVERY = timedelta(minutes=30)


class CatchUp:
    """Jobs of one worker; each may fail for one account and goes on with the next."""

    def __init__(
        self,
        engine: Engine,
        feed: Feed,
        tokens: TokenSource,
        clock: Clock,
        sources: Sources,
        facebook: FacebookPosts | None = None,
        zalo: ZaloArticles | None = None,
        download: Callable[[str], bytes] = fetch,
    ) -> None:
        self._engine, self._feed, self._tokens, self._clock = engine, feed, tokens, clock
        self._sources, self._facebook, self._zalo, self._download = sources, facebook, zalo, download

    def posts(self) -> int:
        """Every page's posts since the last look; returns how many were new."""
        if self._facebook is None:
            return 0
        new = 0
        for account_id in self._accounts("facebook"):
            now = self._clock()
            page = self._tokens.sendable(account_id)
            if page is None:
                continue
            with reading(self._engine) as session:
                since = since_ms(session, account_id, now)
            found = self._facebook.since(page, since - int(OVERLAP.total_seconds() * 1000))
            if isinstance(found, Health):
                log.warning("posts.catch_up_failed", account=account_id)
                continue
            new += sum(self._feed.posted(account_id, post) is not None for post in found)
            self._caught_up(account_id, now)
        return new

    def _caught_up(self, account_id: int, now: datetime) -> None:
        with writing(self._engine) as session:
            row = session.get(PageRule, account_id)
            if row is None:
                row = PageRule(account_id=account_id, mode=Mode.OFFER, updated_at=now)
                session.add(row)
            row.seen_until_ms, row.caught_up_at = to_ms(now), now

    def pictures(self) -> int:
        """Fetch what posts made by hand show; a post whose rule asks for approval asks once it has them."""
        query = select(Post.id, Post.source_pictures, Post.created_at).where(
            Post.origin == "page",
            Post.status.in_((Status.NOTED, Status.OFFERED)),
            cast(Post.source_pictures, String) != "[]",
        )
        with reading(self._engine) as session:
            waiting = session.execute(query.order_by(Post.id).limit(PICTURES_AT_ONCE)).all()
        done = 0
        for post_id, addresses, created_at in waiting:
            fetched = self._fetched(addresses)
            if fetched is not None or self._clock() - created_at > PICTURES_FOR:
                self._keep(post_id, addresses, fetched or [])
                done += 1
        return done

    def _fetched(self, addresses: list[Any]) -> list[Prepared | BadPicture] | None:
        """All of them, made ready, or None if one can't be had now."""
        found: list[Prepared | BadPicture] = []
        for address in addresses:
            if not self._sources.allow("facebook", str(address)):
                continue
            try:
                found.append(_ready(self._download(str(address))))
            except TooLarge:
                found.append(BadPicture("Ảnh quá lớn, không tải về được."))
            except NotFetched as error:
                log.info("posts.picture_not_fetched", error=str(error))
                return None
        return found

    def _keep(self, post_id: int, addresses: list[Any], pictures: list[Prepared | BadPicture]) -> None:
        now = self._clock()
        with writing(self._engine) as session:
            post = locked(session, post_id)
            if post is None or post.source_pictures != addresses:
                return
            post.source_pictures = []
            if post.status not in {Status.NOTED, Status.OFFERED}:
                return  # somebody is at it: their pictures stand
            names = []
            for picture in pictures:
                if isinstance(picture, Prepared):
                    names.append(add_picture(session, post.unit_id, picture, now))
                else:
                    note(session, post, "picture_refused", now, word=str(picture))
            self._with_pictures(session, post, tuple(names), now)

    @staticmethod
    def _with_pictures(session: Session, post: Post, names: tuple[str, ...], now: datetime) -> None:
        old = content_of(session, post.id, post.version) or Content()
        if names:
            post.version += 1
            add_version(session, post.id, post.version, replace(old, images=names), None, now)
        rule = rule_of(session, session.get_one(Account, post.source_account_id))
        if post.status == Status.OFFERED and rule.mode is Mode.ASK and old.targets:
            post.status = Status.ASKED
        post.updated_at = now

    def figures(self) -> int:
        """Today's figures of what was published in the last month; returns how many were told."""
        now, told = self._clock(), 0
        query = select(Publication.id, Publication.account_id, Publication.external_id, Account.channel)
        query = query.join(Account, Account.id == Publication.account_id).where(
            Publication.state == State.PUBLISHED,
            Publication.published_at >= now - FIGURES_FOR,
            Publication.external_id.is_not(None),
        )
        with reading(self._engine) as session:
            rows = session.execute(query).all()
        for publication_id, account_id, external_id, channel in rows:
            values = self._figures(account_id, channel, external_id or "")
            if values is not None:
                self._keep_figures(publication_id, values, now)
                told += 1
        return told

    def _figures(self, account_id: int, channel: str, external_id: str) -> Mapping[str, int | None] | None:
        account = self._tokens.sendable(account_id)
        if account is None:
            return None
        if channel == "facebook" and self._facebook is not None:
            told = self._facebook.figures(account, external_id)
            if isinstance(told, Health):
                return None
            names = ("reach", "views", "reactions", "comments", "shares")
            return {name: getattr(told, name) for name in names}
        if channel == "zalo" and self._zalo is not None:
            article = self._zalo.figures(account, external_id)
            return None if isinstance(article, Health) else {"views": article.views, "shares": article.shares}
        return None

    def _keep_figures(self, publication_id: int, values: Mapping[str, int | None], now: datetime) -> None:
        day = now.astimezone(VIETNAM).date()
        with writing(self._engine) as session:
            query = select(PostStat).where(PostStat.publication_id == publication_id, PostStat.day == day)
            row = session.scalars(query).one_or_none()
            if row is None:
                row = PostStat(publication_id=publication_id, day=day, came=0, updated_at=now)
                session.add(row)
            for name, value in values.items():
                setattr(row, name, value)
            came = (
                select(func.count(func.distinct(Conversation.id)))
                .join(Comment, Comment.conversation_id == Conversation.id)
                .where(Comment.publication_id == publication_id, Conversation.last_inbound_ms > 0)
            )
            row.came, row.updated_at = session.scalar(came) or 0, now

    def quotas(self) -> int:
        """What each OA may still broadcast, asked of one of its followers; shown before sending."""
        now, told = self._clock(), 0
        for account_id in self._accounts("zalo") if self._zalo else ():
            with reading(self._engine) as session:
                at = session.scalar(select(Account.quota_at).where(Account.id == account_id))
                newest = select(Conversation.user_ref).where(Conversation.account_id == account_id)
                follower = session.scalar(newest.order_by(Conversation.updated_at.desc()).limit(1))
            account = self._tokens.sendable(account_id)
            fresh = at is not None and now - at < QUOTA_EVERY
            if account is None or follower is None or fresh or self._zalo is None:
                continue
            quota = self._zalo.quota(account, follower)
            if isinstance(quota, Health):
                continue
            names = ("day_left", "day_total", "month_left", "month_total")
            with writing(self._engine) as session:
                row = session.get_one(Account, account_id)
                row.quota, row.quota_at = {name: getattr(quota, name) for name in names}, now
            told += 1
        return told

    def _accounts(self, channel: str) -> list[int]:
        query = select(Account.id).where(Account.channel == channel, Account.disabled_at.is_(None))
        with reading(self._engine) as session:
            return list(session.scalars(query.order_by(Account.id)))


def _ready(content: bytes) -> Prepared | BadPicture:
    """Before the transaction: it takes its time."""
    try:
        return prepared(content)
    except BadPicture as error:
        return error
