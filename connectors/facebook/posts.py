"""Posts of a page: photos, the post itself, edits, deletion, what is there, how it does.

Nothing here has an idempotency key: after an unclear outcome :meth:`FacebookPosts.find` reads the page's own
posts before anything is posted again. Source: Pages API, posts (2026), page insights (March 2026).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from connectors.channel import Account, Found, Health, Lookup, SendError, SendResult
from connectors.facebook.graph import Graph, created_ms
from connectors.http import Timeout
from connectors.matching import same_text, sent_since
from connectors.payload import identifier, items, mapping, number, string

UPLOAD_TIMEOUT: Timeout = (3.05, 60.0)
PUBLISH_TIMEOUT: Timeout = (3.05, 30.0)
SCHEDULE_EARLIEST_S = 10 * 60
SCHEDULE_LATEST_S = 30 * 24 * 3600
"""Meta schedules a post between these two from now."""
RECENT = 50
MAX_PAGES = 10
DUPLICATE = "506"
DUPLICATES = frozenset({DUPLICATE, "506/1404082", "368/1404082"})
"""Meta says that the same was posted already: to be looked for, not posted again."""
GONE = frozenset({"100/33", "9000001"})
NO_PREVIEW = "1609005"
_FIELDS = "id,message,created_time,permalink_url"
_PICTURES = "attachments{media,subattachments}"
_REASONS = {
    "100": "Facebook không nhận nội dung bài này.",
    "10": "Ứng dụng chưa được cấp quyền đăng bài trên trang.",
    "3": "Ứng dụng chưa được cấp quyền đăng bài trên trang.",
    "200": "Ứng dụng chưa được cấp quyền đăng bài trên trang.",
    "368": "Facebook tạm chặn trang đăng bài vì thao tác quá nhiều.",
    NO_PREVIEW: "Facebook không đọc được đường dẫn trong bài.",
    "324": "Facebook không đọc được một ảnh của bài.",
    "36000": "Ảnh quá lớn, Facebook không nhận.",
}


@dataclass(frozen=True, slots=True)
class PagePost:
    """What a page says. ``link``: shown with a preview; only without photos."""

    message: str
    link: str = ""


@dataclass(frozen=True, slots=True)
class FoundPost:
    """A post as the page has it. ``pictures`` are addresses that lapse after a while."""

    id: str
    message: str
    at_ms: int
    link: str = ""
    pictures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Figures:
    """How a post does; None where Facebook does not tell (pages below 100 likes, a new post)."""

    reach: int | None = None
    views: int | None = None
    reactions: int | None = None
    comments: int | None = None
    shares: int | None = None


class FacebookPosts:
    """Posts of all pages of an app. Thread-safe; errors are values."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    def upload_photo(self, account: Account, name: str, content: bytes) -> SendResult:
        """Put a photo on the page unpublished; the result's id is what a post attaches.

        Doing it twice leaves one that nobody sees and that Meta forgets.
        """
        files = {"source": (name, content, "image/jpeg")}
        return self._send(
            account, "/photos", form={"published": "false"}, files=files, timeout=UPLOAD_TIMEOUT
        )

    def publish(
        self, account: Account, post: PagePost, photos: Sequence[str] = (), scheduled_s: int | None = None
    ) -> SendResult:
        """Post at once, or leave it to Facebook to post at ``scheduled_s`` (epoch seconds)."""
        body: dict[str, Any] = {"message": post.message, "published": scheduled_s is None}
        if photos:
            body["attached_media"] = [{"media_fbid": photo} for photo in photos]
        elif post.link:
            body["link"] = post.link
        if scheduled_s is not None:
            body["scheduled_publish_time"] = scheduled_s
        return self._send(account, "/feed", body=body, timeout=PUBLISH_TIMEOUT)

    def find(self, account: Account, post: PagePost, since_ms: int, others: Collection[str] = ()) -> Lookup:
        """Is a post of this text on the page, made at or after ``since_ms``? ABSENT holds for now.

        :param others: ids of posts that are known to be others, though they say the same.
        """
        if self._graph.refusal(account) is not None:
            return Lookup(Found.UNCERTAIN)
        found = self._read(
            account, f"/{account.id}/published_posts", {"fields": _FIELDS, "limit": str(RECENT)}
        )
        if isinstance(found, Health):
            return Lookup(Found.UNCERTAIN)
        posts = [_found(mapping(item)) for item in items(found.get("data"))]
        recent = [item for item in posts if sent_since(item.at_ms, since_ms // 1000 * 1000)]
        for item in recent:
            if item.id and item.id not in others and same_text(post.message, item.message):
                return Lookup(Found.SENT, item.id)
        return Lookup(Found.UNCERTAIN if len(recent) >= RECENT else Found.ABSENT)

    def edit(self, account: Account, post_id: str, post: PagePost) -> SendResult:
        """Change the words; photos and link stay as they are. Only posts made by the same app."""
        return self._done(account, "POST", post_id, {"message": post.message})

    def delete(self, account: Account, post_id: str) -> SendResult:
        """Take a post away; one that is gone already counts as done."""
        result = self._done(account, "DELETE", post_id, None)
        gone = result.error is not None and result.error.code in GONE
        return SendResult(message_id=post_id) if gone else result

    def since(self, account: Account, since_ms: int) -> list[FoundPost] | Health:
        """The page's published posts from ``since_ms`` on, oldest first, with their pictures."""
        params = {"fields": f"{_FIELDS},{_PICTURES}", "limit": str(RECENT), "since": str(since_ms // 1000)}
        posts: list[FoundPost] = []
        for _ in range(MAX_PAGES):
            page = self._read(account, f"/{account.id}/published_posts", params)
            if isinstance(page, Health):
                return page
            found = [_found(mapping(item)) for item in items(page.get("data"))]
            posts += [post for post in found if post.id and post.at_ms >= since_ms // 1000 * 1000]
            after = string(mapping(mapping(page.get("paging")).get("cursors")).get("after"))
            if not found or not after or "next" not in mapping(page.get("paging")):
                break
            params = {**params, "after": after}
        return sorted(posts, key=lambda post: post.at_ms)

    def read(self, account: Account, post_id: str) -> FoundPost | Health:
        """One post, with its pictures."""
        body = self._read(account, f"/{post_id}", {"fields": f"{_FIELDS},{_PICTURES}"})
        return body if isinstance(body, Health) else _found(body)

    def figures(self, account: Account, post_id: str) -> Figures | Health:
        """Reactions, comments and shares; reach and views where the page is large enough for them."""
        summary = "limit(0).summary(total_count)"
        fields = f"shares,reactions.{summary},comments.{summary}"
        body = self._read(account, f"/{post_id}", {"fields": fields})
        if isinstance(body, Health):
            return body
        metrics = "post_total_media_view_unique,post_media_view"
        seen = self._read(account, f"/{post_id}/insights", {"metric": metrics})
        values = {} if isinstance(seen, Health) else _insights(seen)
        return Figures(
            values.get("post_total_media_view_unique"),
            values.get("post_media_view"),
            _count(mapping(mapping(body.get("reactions")).get("summary")).get("total_count")),
            _count(mapping(mapping(body.get("comments")).get("summary")).get("total_count")),
            _count(mapping(body.get("shares")).get("count")) or 0,
        )

    def _read(self, account: Account, path: str, params: Mapping[str, str]) -> Mapping[str, Any] | Health:
        return self._graph.ask("GET", account, path, params)

    def _send(self, account: Account, path: str, **call: Any) -> SendResult:
        """A call whose answer's ``id`` says that it was done; success without one is unknown."""
        return self._graph.deliver(
            account,
            lambda: self._graph.call("POST", account, f"/{account.id}{path}", **call),
            lambda body: identifier(body.get("id"), 200),
            _explained,
        )

    def _done(
        self, account: Account, method: str, post_id: str, body: Mapping[str, Any] | None
    ) -> SendResult:
        """A call whose answer is ``success``."""
        return self._graph.deliver(
            account,
            lambda: self._graph.call(method, account, f"/{post_id}", body=body, timeout=PUBLISH_TIMEOUT),
            lambda answer: post_id if answer.get("success") is True else "",
            _explained,
        )


def _explained(error: SendError) -> SendError:
    """In words that fit a post."""
    reason = error.reason.replace("từ chối tin", "từ chối bài")
    return replace(error, reason=_REASONS.get(error.code.split("/")[0], reason))


def may_schedule(at_s: float, now_s: float) -> bool:
    """Whether Facebook itself takes a post for ``at_s`` (epoch seconds)."""
    return SCHEDULE_EARLIEST_S <= at_s - now_s <= SCHEDULE_LATEST_S


def permalink(post_id: str) -> str:
    """Where anybody sees the post."""
    return f"https://www.facebook.com/{post_id}"


def _found(item: Mapping[str, Any]) -> FoundPost:
    post_id = identifier(item.get("id"), 200)
    return FoundPost(
        post_id,
        string(item.get("message")) or "",
        created_ms(item.get("created_time")),
        string(item.get("permalink_url")) or permalink(post_id),
        tuple(dict.fromkeys(_pictures(item))),
    )


def _pictures(item: Mapping[str, Any]) -> list[str]:
    found = []
    for attachment in items(mapping(item.get("attachments")).get("data")):
        parts = items(mapping(mapping(attachment).get("subattachments")).get("data")) or [attachment]
        for part in parts:
            source = string(mapping(mapping(mapping(part).get("media")).get("image")).get("src"))
            if source:
                found.append(source)
    return found


def _insights(body: Mapping[str, Any]) -> dict[str, int]:
    found: dict[str, int] = {}
    for metric in items(body.get("data")):
        values = items(mapping(metric).get("values"))
        value = _count(mapping(values[-1]).get("value")) if values else None
        name = string(mapping(metric).get("name"))
        if name and value is not None:
            found[name] = value
    return found


def _count(value: Any) -> int | None:
    given = number(value)
    return int(given) if given is not None else None
