"""Posts made by hand on a connected page, and our own coming back: from webhooks and from the catch-up.

What a page's rule says of a new one: ``show`` (on the desk), ``offer`` (an editor may take it to the OA) or
``ask`` (approval is asked for at once). Nothing reaches Zalo without a supervisor's approval.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum

import structlog
from sqlalchemy import Engine, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.posts.content import MAX_IMAGES, MAX_TITLE, Content, Target, hashtag, split_hashtags, tidy
from bot.posts.lifecycle import Status
from bot.posts.pictures import house_of
from bot.posts.places import State, Wanted
from bot.posts.publishing import GONE
from bot.posts.rendering import page_post, shortened
from bot.posts.rows import add_version, content_of, locked, note, place_of, put_place, settle
from bot.store.engine import reading, writing
from bot.store.models import Account
from bot.store.models_posts import PageRule, Post, Publication
from connectors.channel import Event
from connectors.facebook.posts import FoundPost, permalink
from connectors.matching import same_text

log = structlog.get_logger(__name__)

POST_ITEMS = frozenset({"post", "status", "photo", "share", "album", "photo-album", "note", "video", "link"})
SHORT_TITLE = 90


class Mode(StrEnum):
    """``page_rules.mode``."""

    SHOW = "show"
    OFFER = "offer"
    ASK = "ask"


MODE_NAMES = {
    Mode.SHOW: "Chỉ hiện trên bàn làm việc",
    Mode.OFFER: "Đề nghị đưa lên Zalo",
    Mode.ASK: "Gửi duyệt ngay để đưa lên Zalo",
}


@dataclass(frozen=True, slots=True)
class Rule:
    """A page's rule; what it is without a row of its own."""

    mode: Mode = Mode.OFFER
    to_account_id: int | None = None
    broadcast: bool = False
    hashtag: str = ""


def rule_of(session: Session, account: Account) -> Rule:
    """The page's rule; the OA is the one it names, else the only one of its unit."""
    row = session.get(PageRule, account.id)
    rule = Rule(Mode(row.mode), row.to_account_id, row.broadcast, row.hashtag) if row else Rule()
    if rule.to_account_id is None:
        query = select(Account.id).where(
            Account.channel == "zalo", Account.unit_id == account.unit_id, Account.disabled_at.is_(None)
        )
        own = list(session.scalars(query))
        rule = replace(rule, to_account_id=own[0] if len(own) == 1 else None)
    return rule


class Feed:
    """What a page's feed tells. ``on_comment`` gets everything that is no post of the page itself."""

    def __init__(
        self, engine: Engine, clock: Clock, on_comment: Callable[[Event, int], None] = lambda *_: None
    ) -> None:
        self._engine, self._clock, self._on_comment = engine, clock, on_comment

    def take(self, event: Event, account_id: int) -> None:
        """Work one ``feed`` event; the same one twice changes nothing."""
        extra = event.extra
        ref = str(extra.get("post_id") or "")
        is_post = extra.get("item") in POST_ITEMS and "comment_id" not in extra
        if not (is_post and extra.get("own") and ref):
            self._on_comment(event, account_id)
            return
        verb = extra.get("verb")
        if verb == "remove":
            self.removed(account_id, ref)
        elif verb == "edit":
            self.edited(account_id, ref, event.text or "")
        elif verb in {"add", None} and str(extra.get("published", "1")) not in {"0", "false"}:
            photos = extra.get("photos") or ()
            pictures = tuple(map(str, photos)) if isinstance(photos, list) else ()
            if not pictures and extra.get("item") == "photo" and extra.get("link"):
                pictures = (str(extra["link"]),)
            self.posted(account_id, FoundPost(ref, event.text or "", event.at_ms, permalink(ref), pictures))

    def posted(self, account_id: int, found: FoundPost) -> int | None:
        """A post stands on the page: ours, known, or new; returns the id of a new one."""
        with reading(self._engine) as session:
            if self._known(session, account_id, found.id):
                return None
            mine = self._open_publication(session, account_id, found.message)
        if mine is not None and self._settle(mine, found):
            return None
        try:
            with writing(self._engine) as session:
                if self._known(session, account_id, found.id):
                    return None
                return self._new(session, session.get_one(Account, account_id), found)
        except IntegrityError:  # the webhook and the catch-up at the same moment
            return None

    @staticmethod
    def _known(session: Session, account_id: int, ref: str) -> bool:
        ours = select(Publication.id).where(
            Publication.account_id == account_id, Publication.external_id == ref
        )
        theirs = select(Post.id).where(Post.source_account_id == account_id, Post.source_ref == ref)
        return session.scalar(ours) is not None or session.scalar(theirs) is not None

    @staticmethod
    def _open_publication(session: Session, account_id: int, message: str) -> tuple[int, int] | None:
        """(publication, post) of ours that is being posted just now, with these words."""
        query = select(Publication).where(
            Publication.account_id == account_id,
            Publication.state.in_((State.PUBLISHING, State.UNKNOWN)),
            Publication.external_id.is_(None),
        )
        for row in session.scalars(query):
            content = content_of(session, row.post_id, row.version)
            post = session.get_one(Post, row.post_id)
            if content and same_text(
                page_post(content, house_of(session, post.unit_id, "")).message, message
            ):
                return row.id, row.post_id
        return None

    def _settle(self, mine: tuple[int, int], found: FoundPost) -> bool:
        """The page's own webhook is faster than, or instead of, the answer to our call."""
        now = self._clock()
        with writing(self._engine) as session:
            post, row = locked(session, mine[1]), session.get(Publication, mine[0])
            if post is None or row is None or row.state not in {State.PUBLISHING, State.UNKNOWN}:
                return row is not None and row.external_id == found.id
            version = int(row.work.get("version", row.version))
            put_place(row, place_of(row).arrived(version))
            row.work = {**{k: v for k, v in row.work.items() if k != "call"}, "id": found.id}
            row.attempts += 1
            row.external_id, row.link, row.published_at, row.due_at = found.id, found.link, now, now
            row.error_code = row.reason = ""
            note(session, post, "published", now, account_id=row.account_id)
            settle(session, post, now)
            log.info("posts.settled_by_webhook", publication=row.id)
            return True

    def _new(self, session: Session, account: Account, found: FoundPost) -> int:
        now = self._clock()
        rule = rule_of(session, account)
        content = content_from(found, rule)
        status = _status(rule, content, bool(found.pictures))
        post = Post(
            unit_id=account.unit_id, status=status, version=1, origin="page", source_account_id=account.id,
            source_ref=found.id, source_link=found.link, source_pictures=list(found.pictures[:MAX_IMAGES]),
            word="", created_by=None, created_at=now, updated_at=now,
        )  # fmt: skip
        session.add(post)
        session.flush()
        add_version(session, post.id, 1, content, None, now)
        note(session, post, "by_hand", now, account_id=account.id)
        log.info("posts.by_hand", post=post.id, account=account.id, status=status)
        return post.id

    def edited(self, account_id: int, ref: str, message: str) -> None:
        """Somebody, perhaps we, changed a post's words."""
        now = self._clock()
        with writing(self._engine) as session:
            post = self._from_page(session, account_id, ref)
            if post is None or not message:
                return
            content = content_of(session, post.id, post.version) or Content()
            rule = rule_of(session, session.get_one(Account, account_id))
            new = content_from(FoundPost(ref, message, 0), rule)
            if (new.title, new.text) == (content.title, content.text):
                return
            if post.status in {Status.NOTED, Status.OFFERED}:  # nobody has worked at it yet
                post.version += 1
                add_version(session, post.id, post.version, replace(new, images=content.images), None, now)
            else:
                post.source_changed_at = now
            post.updated_at = now
            note(session, post, "page_edited", now, account_id=account_id)

    def removed(self, account_id: int, ref: str) -> None:
        """A post was taken from the page, by us or by somebody there."""
        now = self._clock()
        with writing(self._engine) as session:
            post = self._from_page(session, account_id, ref)
            if post is not None and post.source_removed_at is None:
                post.source_removed_at = post.updated_at = now
                if post.status in {Status.NOTED, Status.OFFERED}:
                    post.status = Status.DROPPED
                note(session, post, "page_removed", now, account_id=account_id)
        self._ours_removed(account_id, ref, now)

    def _ours_removed(self, account_id: int, ref: str, now: datetime) -> None:
        """Unless a withdrawal of ours is under way, whose worker writes what came of it."""
        query = select(Publication.id, Publication.post_id).where(
            Publication.account_id == account_id, Publication.external_id == ref
        )
        with writing(self._engine) as session:
            for row_id, post_id in session.execute(query).all():
                post, row = locked(session, post_id), session.get(Publication, row_id)
                if post is None or row is None or row.state != State.PUBLISHED:
                    continue
                if row.wanted == Wanted.WITHDRAW:
                    continue
                put_place(row, place_of(row).gone())
                row.attempts += 1
                row.reason, row.withdrawn_at = GONE, now
                note(session, post, "gone", now, account_id=account_id, word=GONE)
                settle(session, post, now)

    @staticmethod
    def _from_page(session: Session, account_id: int, ref: str) -> Post | None:
        query = select(Post.id).where(Post.source_account_id == account_id, Post.source_ref == ref)
        post_id = session.scalar(query)
        return locked(session, post_id) if post_id is not None else None


def content_from(found: FoundPost, rule: Rule) -> Content:
    """The first draft of an article: the first line is the title if it can be one."""
    message = found.message.strip()
    head, _, rest = message.partition("\n")
    if rest.strip() and len(head.strip()) <= MAX_TITLE:
        title, text = head.strip(), rest.strip()
    else:
        title, text = shortened(message, SHORT_TITLE), message
    targets = (Target(rule.to_account_id, rule.broadcast),) if rule.to_account_id is not None else ()
    return tidy(Content(title=title, text=text, targets=targets))


def _status(rule: Rule, content: Content, pictures: bool) -> Status:
    tags = {tag.casefold() for tag in split_hashtags(f"{content.title}\n{content.text}")}
    wanted = not rule.hashtag or hashtag(rule.hashtag).casefold() in tags
    if rule.mode is Mode.SHOW or not wanted or not content.text:
        return Status.NOTED
    if rule.mode is Mode.ASK and content.targets and not pictures:
        return Status.ASKED
    return Status.OFFERED  # also until its pictures are there


def since_ms(session: Session, account_id: int, now: datetime) -> int:
    """From when on a page's posts are to be looked at."""
    row = session.get(PageRule, account_id)
    return row.seen_until_ms if row and row.seen_until_ms else int(now.astimezone(UTC).timestamp() * 1000)
