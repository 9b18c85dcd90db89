"""What is written in a post, and what would keep it from being published. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

MAX_TITLE = 150
"""Zalo's limit of an article's title."""
MAX_TEXT = 20_000
MAX_IMAGES = 10
MAX_HASHTAGS = 10
MAX_HASHTAG = 60
MAX_LINK = 2000
FURTHEST = timedelta(days=365)
"""Nobody plans further; a wrong year in the form is meant to be noticed."""


@dataclass(frozen=True, slots=True)
class Target:
    """One account to publish on; ``broadcast``: its followers are told (Zalo only)."""

    account_id: int
    broadcast: bool = False


@dataclass(frozen=True, slots=True)
class Content:
    """One version. ``images`` are names of ``post_images`` in order; ``scheduled_at`` None: at once."""

    title: str = ""
    text: str = ""
    link: str = ""
    hashtags: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    targets: tuple[Target, ...] = ()
    scheduled_at: datetime | None = None
    template: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """An account as far as a post must know it. ``channel``: facebook or zalo."""

    account_id: int
    channel: str
    name: str = ""
    usable: bool = True


def tidy(content: Content) -> Content:
    """The content as it is stored: NFC, no trailing blanks, hashtags with their sign, targets once each."""
    return Content(
        title=" ".join(_clean(content.title).split()),
        text=_clean(content.text),
        link=content.link.strip(),
        hashtags=tuple(dict.fromkeys(filter(None, map(hashtag, content.hashtags))))[:MAX_HASHTAGS],
        images=tuple(dict.fromkeys(content.images)),
        targets=tuple({target.account_id: target for target in content.targets}.values()),
        scheduled_at=content.scheduled_at,
        template=content.template,
    )


def hashtag(word: str) -> str:
    """``#`` and letters, digits and underscores; "" if nothing of it is left."""
    kept = "".join(c for c in unicodedata.normalize("NFC", word) if c.isalnum() or c == "_")
    return f"#{kept[: MAX_HASHTAG - 1]}" if kept and not kept.isdigit() else ""


def split_hashtags(text: str) -> tuple[str, ...]:
    """Those that a form's field or a post's text holds, in order."""
    return tuple(dict.fromkeys(filter(None, map(hashtag, text.replace("#", " #").split()))))


def problems(content: Content, accounts: Sequence[Known], now: datetime) -> tuple[str, ...]:
    """What must be mended before approval is asked for, in Vietnamese; empty if nothing.

    :param accounts: the accounts of the post's unit.
    """
    known = {account.account_id: account for account in accounts}
    found = [*_of_words(content), *_of_targets(content, known)]
    if content.scheduled_at is not None and content.scheduled_at > now + FURTHEST:
        found.append("Giờ đăng xa quá một năm; xem lại năm đã chọn.")
    return tuple(found)


def _of_words(content: Content) -> Iterable[str]:
    if not content.title:
        yield "Bài chưa có tiêu đề."
    if len(content.title) > MAX_TITLE:
        yield f"Tiêu đề dài {len(content.title)} ký tự, Zalo nhận tối đa {MAX_TITLE}."
    if not content.text:
        yield "Bài chưa có nội dung."
    if len(content.text) > MAX_TEXT:
        yield f"Nội dung dài {len(content.text)} ký tự, tối đa {MAX_TEXT}."
    if len(content.images) > MAX_IMAGES:
        yield f"Bài có {len(content.images)} ảnh, tối đa {MAX_IMAGES}."
    if content.link and not _is_link(content.link):
        yield "Đường dẫn phải bắt đầu bằng https:// và không có khoảng trắng."


def _of_targets(content: Content, accounts: Mapping[int, Known]) -> Iterable[str]:
    if not content.targets:
        yield "Chưa chọn trang Facebook hay Zalo OA nào để đăng."
    for target in content.targets:
        known = accounts.get(target.account_id)
        if known is None:
            yield "Có nơi đăng không thuộc đơn vị này."
        elif not known.usable:
            yield f"{known.name or 'Một nơi đăng'} đang tắt hoặc mất kết nối."
        elif target.broadcast and known.channel != "zalo":
            yield "Chỉ Zalo OA gửi được thông báo tới người quan tâm."


def _clean(text: str) -> str:
    lines = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    kept = "\n".join("".join(c for c in line if c == "\t" or c.isprintable()).rstrip() for line in lines)
    return kept.strip()


def _is_link(link: str) -> bool:
    if len(link) > MAX_LINK or any(c.isspace() for c in link):
        return False
    try:
        parts = urlsplit(link)
        return parts.scheme in {"https", "http"} and "." in (parts.hostname or "")
    except ValueError:
        return False
