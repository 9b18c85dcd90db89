"""The monthly sheet of an organisation: what it published, whom it reached, what was answered.

A figure that a platform does not tell stays empty: it is not zero. Reach and reactions are as the platform
last told them, at the end of the month or later; comments and residents who came are counted here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from bot.clock import VIETNAM
from bot.posts.comment_rows import Status as CommentStatus
from bot.posts.places import STATE_NAMES, State
from bot.store.models import Account, Conversation, Officer, Unit
from bot.store.models_posts import Comment, Post, PostStat, PostVersion, Publication

HEAD = (
    "Đơn vị", "Bài", "Nơi đăng", "Đăng lúc", "Người viết", "Tình trạng", "Số người tiếp cận", "Lượt xem",
    "Cảm xúc", "Bình luận (nền tảng báo)", "Chia sẻ", "Bình luận nhận được", "Bình luận đã trả lời",
    "Bình luận đã ẩn", "Người dân nhắn trợ lý từ bài", "Đường dẫn",
)  # fmt: skip
CHANNELS = {"facebook": "Facebook", "zalo": "Zalo"}


@dataclass(frozen=True, slots=True)
class SheetLine:
    """One post on one account. None: the platform does not tell."""

    unit: str
    post_id: int
    title: str
    channel: str
    place: str
    published_at: datetime
    author: str
    state: State
    link: str
    reach: int | None = None
    views: int | None = None
    reactions: int | None = None
    told_comments: int | None = None
    shares: int | None = None
    comments: int = 0
    answered: int = 0
    hidden: int = 0
    came: int = 0


@dataclass(frozen=True, slots=True)
class Total:
    """Of one organisation. ``posts``: different posts; None: no platform told."""

    unit: str
    posts: int
    reach: int | None
    reactions: int | None
    comments: int
    answered: int
    came: int


def month_of(text: str, now: datetime) -> date:
    """The first day of a month like "2026-11"; the current one if it is none, or lies ahead."""
    today = now.astimezone(VIETNAM).date()
    try:
        first = date.fromisoformat(f"{text}-01")
    except ValueError:
        return today.replace(day=1)
    return first if date(2020, 1, 1) <= first <= today else today.replace(day=1)


def following(month: date) -> date:
    """The first day of the next month."""
    return (month + timedelta(days=31)).replace(day=1)


def read_sheet(session: Session, visible: ColumnElement[bool], month: date) -> list[SheetLine]:
    """What was published in that month (Viet Nam), by organisation and time."""
    begin, end = (datetime.combine(day, time(), VIETNAM) for day in (month, following(month)))
    return _read(session, visible, Publication.published_at >= begin, Publication.published_at < end)


def lines_of(session: Session, post_id: int) -> list[SheetLine]:
    """One post: what came of it on each account."""
    return _read(session, Post.id == post_id, Publication.published_at.is_not(None))


def _read(session: Session, *conditions: ColumnElement[bool]) -> list[SheetLine]:
    title = (
        select(PostVersion.title)
        .where(PostVersion.post_id == Post.id, PostVersion.number == func.coalesce(_shown(), Post.version))
        .scalar_subquery()
    )
    query = (
        select(Publication, Post.id, title, Unit.name, Account, Officer.name)
        .join(Post, Post.id == Publication.post_id)
        .join(Unit, Unit.id == Post.unit_id)
        .join(Account, Account.id == Publication.account_id)
        .outerjoin(Officer, Officer.id == Post.created_by)
        .where(*conditions)
        .order_by(Unit.name, Publication.published_at, Publication.id)
    )
    rows = session.execute(query).all()
    ids = [row[0].id for row in rows]
    stats, counts = _stats(session, ids), _comments(session, ids)
    return [
        _line(publication, stats.get(publication.id), counts.get(publication.id), post_id, words, unit,
              account, author)
        for publication, post_id, words, unit, account, author in rows
    ]  # fmt: skip


def totals(lines: Iterable[SheetLine]) -> list[Total]:
    """One per organisation, in the order of the lines."""
    by_unit: dict[str, list[SheetLine]] = {}
    for line in lines:
        by_unit.setdefault(line.unit, []).append(line)
    return [
        Total(
            unit,
            len({line.post_id for line in own}),
            _sum(line.reach for line in own),
            _sum(line.reactions for line in own),
            sum(line.comments for line in own),
            sum(line.answered for line in own),
            sum(line.came for line in own),
        )
        for unit, own in by_unit.items()
    ]


def cells(line: SheetLine) -> Sequence[str | int]:
    """In the order of :data:`HEAD`."""
    told = (line.reach, line.views, line.reactions, line.told_comments, line.shares)
    return (
        line.unit,
        line.title,
        f"{CHANNELS.get(line.channel, line.channel)}: {line.place}",
        f"{line.published_at.astimezone(VIETNAM):%d/%m/%Y %H:%M}",
        line.author,
        STATE_NAMES[line.state],
        *("" if value is None else value for value in told),
        line.comments,
        line.answered,
        line.hidden,
        line.came,
        line.link,
    )


def _shown() -> ColumnElement[int | None]:
    return case((Publication.live_version.is_not(None), Publication.live_version), else_=Publication.version)


def _sum(values: Iterable[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def _line(
    row: Publication, stat: PostStat | None, counted: tuple[int, int, int, int] | None, post_id: int,
    title: str | None, unit: str, account: Account, author: str | None,
) -> SheetLine:  # fmt: skip
    assert row.published_at is not None  # the query's own condition
    comments, answered, hidden, came = counted or (0, 0, 0, 0)
    return SheetLine(
        unit, post_id, title or "", account.channel, account.name or account.external_id, row.published_at,
        author or "", State(row.state), row.link,
        reach=stat.reach if stat else None,
        views=stat.views if stat else None,
        reactions=stat.reactions if stat else None,
        told_comments=stat.comments if stat else None,
        shares=stat.shares if stat else None,
        comments=comments, answered=answered, hidden=hidden, came=came,
    )  # fmt: skip


def _stats(session: Session, ids: Sequence[int]) -> dict[int, PostStat]:
    """The newest figures of each publication."""
    query = select(PostStat).where(PostStat.publication_id.in_(ids)).order_by(PostStat.day)
    return {row.publication_id: row for row in session.scalars(query)}


def _comments(session: Session, ids: Sequence[int]) -> dict[int, tuple[int, int, int, int]]:
    """Comments, those that were answered, those that are hidden, and residents who came of them."""
    answered = case((Comment.replied_at.is_not(None) | Comment.private_at.is_not(None), 1), else_=0)
    query = (
        select(
            Comment.publication_id,
            func.count(),
            func.sum(answered),
            func.count(Comment.hidden_at),
            func.count(func.distinct(case((Conversation.last_inbound_ms > 0, Conversation.id)))),
        )
        .outerjoin(Conversation, Conversation.id == Comment.conversation_id)
        .where(Comment.publication_id.in_(ids), Comment.status != CommentStatus.OWN)
        .group_by(Comment.publication_id)
    )
    return {
        row[0]: (int(row[1]), int(row[2] or 0), int(row[3]), int(row[4])) for row in session.execute(query)
    }
