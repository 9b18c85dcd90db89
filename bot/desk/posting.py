"""What the desk's pages of posts share: who acts, how a post will look, what an OA may still send."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from flask import request
from sqlalchemy.orm import Session

from bot.desk.context import the_desk
from bot.desk.guard import current, signed_in
from bot.desk.permissions import Permission
from bot.desk.wording import clock_words
from bot.posts.content import Content
from bot.posts.lifecycle import Actor
from bot.posts.pictures import address_of, house_of
from bot.posts.rendering import SEE_MORE_AFTER, article, page_post
from bot.store.models import Account
from connectors.facebook.posts import PagePost
from connectors.zalo.articles import Article

WINDOW = "Zalo chỉ cho gửi thông báo từ 06:00 đến 21:59."


@dataclass(frozen=True, slots=True)
class Preview:
    """A post as both show it. ``shown``: the part of the page's text above "Xem thêm", ``rest`` below."""

    house: str
    page: PagePost
    shown: str
    rest: str
    pictures: tuple[str, ...]
    article: Article


def actor() -> Actor:
    """Who asks, as bot/posts knows them."""
    me = current()
    return Actor(me.id, me.unit_id, me.all_units, me.may(Permission.POST_APPROVAL))


def allow_upload(permission: Permission, most: int) -> None:
    """A larger body than everywhere else (bytes), from whoever may send it; before the form is read."""
    officer = signed_in()
    if officer is not None and officer.may(permission) and not officer.must_change:
        request.max_content_length = most


def moment(at: datetime) -> str:
    return clock_words(at, the_desk().clock())


def preview_of(session: Session, unit_id: int, content: Content) -> Preview:
    """From the same functions that make what is sent; pictures by this site's own address."""
    house = house_of(session, unit_id, "")
    page = page_post(content, house)
    cut = _cut(page.message)
    return Preview(
        house.name,
        page,
        page.message[:cut],
        page.message[cut:],
        tuple(address_of("", name) for name in content.images),
        article(content, house, lambda name: address_of("", name)),
    )


def quota_words(account: Account) -> str:
    """How many broadcasts an OA has left, as it last told; what to mind before sending."""
    quota: Mapping[str, int | None] = account.quota or {}
    month, day = quota.get("month_left"), quota.get("day_left")
    if account.quota_at is None or (month is None and day is None):
        return f"Chưa biết hạn mức thông báo của OA này (Zalo chỉ cho hỏi khi đã có người nhắn tin). {WINDOW}"
    parts = []
    if month is not None:
        parts.append(f"tháng này còn {month}{_of(quota.get('month_total'))}")
    if day is not None:
        parts.append(f"hôm nay còn {day}{_of(quota.get('day_total'))}")
    told = f"Hạn mức thông báo: {', '.join(parts)} (hỏi Zalo lúc {moment(account.quota_at)}). {WINDOW}"
    if 0 in (month, day):
        told += " Đã hết hạn mức: bài vẫn lên Zalo, còn thông báo phải đợi."
    return told


def _of(total: int | None) -> str:
    return f"/{total}" if total is not None else ""


def _cut(message: str) -> int:
    """Where a page would shorten the text: at a word, only if something worth hiding follows."""
    if len(message) <= SEE_MORE_AFTER:
        return len(message)
    space = message.rfind(" ", 0, SEE_MORE_AFTER)
    return space if space > SEE_MORE_AFTER // 2 else SEE_MORE_AFTER
