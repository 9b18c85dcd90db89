"""The tables of what organisations publish: posts with their versions, one publication per target, comments.

An organisation is a unit of bot/store/models.py (Hội Nông dân, Đoàn Thanh niên, …) with accounts of its own
(``accounts.unit_id``). No foreign keys to officers, as there.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, deferred, mapped_column

from bot.store.base import Base, Id


class Organisation(Base):
    """What posts of a unit have in common. ``kind``: nong-dan, phu-nu, doan, mttq, ccb, khac.

    ``signature`` stands below every post; ``cover`` is the picture of Zalo articles without one of their own
    (``post_images.name``).
    """

    __tablename__ = "organisations"

    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"), primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(20), default="khac")
    signature: Mapped[str] = mapped_column(default="")
    hashtags: Mapped[list[Any]] = mapped_column(default=list)
    cover: Mapped[str] = mapped_column(String(60), default="")
    updated_at: Mapped[datetime]


class AccountLink(Base):
    """An account that is being connected by OAuth: what must come back, once, within minutes."""

    __tablename__ = "account_links"

    state_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    channel: Mapped[str] = mapped_column(String(20))
    unit_id: Mapped[int] = mapped_column(Id)
    officer_id: Mapped[int] = mapped_column(Id)
    verifier_cipher: Mapped[str] = mapped_column(default="")  # PKCE's, encrypted
    found_cipher: Mapped[str] = mapped_column(default="")  # pages to choose from, with tokens, encrypted
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class Post(Base):
    """One thing to say, or said. ``status``: bot/posts/lifecycle.py.

    ``version`` is the newest, ``approved_version`` the one that may be published. ``origin``: desk, or page
    for a post made by hand on ``source_account_id`` (``source_ref``: its id there). ``source_pictures``:
    addresses that are still to be fetched. ``word``: why it was returned.
    """

    __tablename__ = "posts"
    __table_args__ = (
        UniqueConstraint("source_account_id", "source_ref"),
        Index("ix_posts_unit", "unit_id", "status", "updated_at"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    status: Mapped[str] = mapped_column(String(12))
    version: Mapped[int] = mapped_column(default=1)
    approved_version: Mapped[int | None]
    approved_by: Mapped[int | None] = mapped_column(Id)
    approved_at: Mapped[datetime | None]
    origin: Mapped[str] = mapped_column(String(6), default="desk")
    source_account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    source_ref: Mapped[str | None] = mapped_column(String(128))
    source_link: Mapped[str] = mapped_column(default="")
    source_pictures: Mapped[list[Any]] = mapped_column(default=list)
    source_changed_at: Mapped[datetime | None]  # edited on the page after it was taken up
    source_removed_at: Mapped[datetime | None]
    word: Mapped[str] = mapped_column(default="")
    created_by: Mapped[int | None] = mapped_column(Id)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class PostVersion(Base):
    """What was written, never changed afterwards: bot/posts/content.py."""

    __tablename__ = "post_versions"
    __table_args__ = (UniqueConstraint("post_id", "number"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"))
    number: Mapped[int]
    title: Mapped[str] = mapped_column(default="")
    text: Mapped[str] = mapped_column(default="")
    link: Mapped[str] = mapped_column(default="")
    hashtags: Mapped[list[Any]] = mapped_column(default=list)
    images: Mapped[list[Any]] = mapped_column(default=list)  # post_images.name, in order
    targets: Mapped[list[Any]] = mapped_column(default=list)  # [{account_id, broadcast}]
    scheduled_at: Mapped[datetime | None]  # None: at once
    template: Mapped[str] = mapped_column(String(30), default="")
    officer_id: Mapped[int | None] = mapped_column(Id)
    created_at: Mapped[datetime]


class PostImage(Base):
    """A picture of a post, without what a camera writes into it; in the database: any worker needs it."""

    __tablename__ = "post_images"

    name: Mapped[str] = mapped_column(
        String(60), primary_key=True
    )  # random, with its ending: part of its address
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    width: Mapped[int]
    height: Mapped[int]
    size: Mapped[int]
    alt: Mapped[str] = mapped_column(default="")
    content: Mapped[bytes] = deferred(mapped_column(LargeBinary))
    created_at: Mapped[datetime]


class PostEvent(Base):
    """Who did what with a post, when; ``officer_id`` None: the system."""

    __tablename__ = "post_events"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime]
    officer_id: Mapped[int | None] = mapped_column(Id)
    action: Mapped[str] = mapped_column(String(20))
    version: Mapped[int]
    account_id: Mapped[int | None] = mapped_column(Id)
    word: Mapped[str] = mapped_column(default="")


class Publication(Base):
    """One post on one account: ``version`` to ``unclear`` are the state machine of bot/posts/places.py.

    ``work`` keeps what a publication of several calls has reached (ids of uploaded photos, the article's
    token). ``attempts`` numbers the calls and fences them, as in the outbox; ``key`` never changes.
    """

    __tablename__ = "publications"
    __table_args__ = (
        UniqueConstraint("post_id", "account_id"),
        Index("ix_publications_wanted", "wanted", "due_at"),
        Index("ix_publications_external", "account_id", "external_id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    version: Mapped[int] = mapped_column(default=0)
    live_version: Mapped[int | None]
    key: Mapped[str] = mapped_column(String(40), unique=True)
    broadcast: Mapped[bool] = mapped_column(default=False)
    state: Mapped[str] = mapped_column(String(12), default="waiting")
    wanted: Mapped[str] = mapped_column(String(10), default="")
    begun: Mapped[bool] = mapped_column(default=False)
    failed: Mapped[str] = mapped_column(String(10), default="")
    unclear: Mapped[bool] = mapped_column(default=False)
    work: Mapped[dict[str, Any]] = mapped_column(default=dict)
    attempts: Mapped[int] = mapped_column(default=0)
    lookups: Mapped[int] = mapped_column(default=0)
    retries: Mapped[int] = mapped_column(default=0)  # failures in a row
    scheduled_at: Mapped[datetime | None]
    due_at: Mapped[datetime]
    attempted_at: Mapped[datetime | None]
    external_id: Mapped[str | None] = mapped_column(String(128))
    link: Mapped[str] = mapped_column(default="")
    error_code: Mapped[str] = mapped_column(String(40), default="")
    reason: Mapped[str] = mapped_column(default="")  # Vietnamese: why it waits or failed
    note: Mapped[str] = mapped_column(default="")  # Vietnamese: what else the editor should know
    published_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class PageRule(Base):
    """What becomes of posts made by hand on a page and of comments. ``mode``: bot/posts/inbound.py.

    ``seen_until_ms``: how far the page's posts are known; the catch-up begins there.
    """

    __tablename__ = "page_rules"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True, autoincrement=False)
    mode: Mapped[str] = mapped_column(String(8), default="offer")
    to_account_id: Mapped[int | None] = mapped_column(Id)  # the OA
    broadcast: Mapped[bool] = mapped_column(default=False)
    hashtag: Mapped[str] = mapped_column(String(60), default="")  # only posts that carry it; empty: all
    answer_comments: Mapped[bool] = mapped_column(default=True)
    hide_comments: Mapped[bool] = mapped_column(default=True)
    seen_until_ms: Mapped[int] = mapped_column(BigInteger, default=0)
    caught_up_at: Mapped[datetime | None]
    officer_id: Mapped[int | None] = mapped_column(Id)
    updated_at: Mapped[datetime]


class Comment(Base):
    """A comment under a page's post, followed through edits and deletion: bot/posts/comments.py.

    ``text`` masked. ``verdict``: the rule that decided; ``status``: what was done or waits. ``answer_key`` is
    set by an automatic answer and unique: at most one per person and post. ``private_ref`` is the message of
    the one private reply, ``conversation_id`` the chat that came of it.
    """

    __tablename__ = "comments"
    __table_args__ = (
        UniqueConstraint("account_id", "comment_ref"),
        Index("ix_comments_due", "status", "due_at"),
        Index("ix_comments_post", "account_id", "post_ref"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    publication_id: Mapped[int | None] = mapped_column(ForeignKey("publications.id", ondelete="SET NULL"))
    post_ref: Mapped[str] = mapped_column(String(128))
    comment_ref: Mapped[str] = mapped_column(String(128))
    parent_ref: Mapped[str] = mapped_column(String(128), default="")
    author_ref: Mapped[str] = mapped_column(String(128), default="")
    author_name: Mapped[str] = mapped_column(default="")
    text: Mapped[str] = mapped_column(default="")
    edits: Mapped[int] = mapped_column(default=0)
    link: Mapped[str] = mapped_column(default="")
    status: Mapped[str] = mapped_column(String(12), default="new")
    verdict: Mapped[str] = mapped_column(String(30), default="")
    understood: Mapped[dict[str, Any] | None]
    answer_key: Mapped[str | None] = mapped_column(String(64), unique=True)
    work: Mapped[dict[str, Any]] = mapped_column(default=dict)
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime]
    attempted_at: Mapped[datetime | None]
    hidden_at: Mapped[datetime | None]
    reply_ref: Mapped[str] = mapped_column(String(128), default="")
    replied_at: Mapped[datetime | None]
    private_ref: Mapped[str] = mapped_column(String(128), default="")
    private_at: Mapped[datetime | None]
    conversation_id: Mapped[int | None] = mapped_column(Id)
    error_code: Mapped[str] = mapped_column(String(40), default="")
    reason: Mapped[str] = mapped_column(default="")
    decided_by: Mapped[int | None] = mapped_column(Id)
    decided_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]
    written_at: Mapped[datetime]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class PostStat(Base):
    """What a publication had reached by the end of ``day`` (Viet Nam), as far as the platform tells."""

    __tablename__ = "post_stats"
    __table_args__ = (UniqueConstraint("publication_id", "day"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    publication_id: Mapped[int] = mapped_column(ForeignKey("publications.id", ondelete="CASCADE"))
    day: Mapped[date]
    reach: Mapped[int | None]
    views: Mapped[int | None]
    reactions: Mapped[int | None]
    comments: Mapped[int | None]
    shares: Mapped[int | None]
    came: Mapped[int] = mapped_column(default=0)  # residents who came to the bot from it
    updated_at: Mapped[datetime]
