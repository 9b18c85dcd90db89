"""Articles of an OA and broadcasts of them: create, verify, update, remove, list; window and quota.

Creating is asynchronous: ``create`` gives a token, ``verify`` turns it into the article's id once Zalo is
done with the pictures (-214 until then). Nothing has an idempotency key: after an unclear ``create`` the OA's
newest articles are read; after an unclear broadcast nothing can be read: it is never sent again on a guess.
Sources: Zalo's Article API and Broadcast as restated in 2024–2026, its Java SDK.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta, timezone
from typing import Any

from connectors.channel import Account, Found, Health, Lookup, SendError, SendResult
from connectors.http import (
    Answer,
    HttpClient,
    MaybeSent,
    NeverSent,
    Timeout,
    deliver,
    usable_token,
    without_body,
)
from connectors.matching import same_text, sent_since
from connectors.payload import epoch_ms, identifier, items, mapping, number, string
from connectors.zalo.client import appsecret_proof
from connectors.zalo.errors import NO_TOKEN, error_of

MAX_TITLE, MAX_AUTHOR, MAX_DESCRIPTION = 150, 50, 300
PROCESSING = "-214"
SLOW: Timeout = (3.05, 30.0)
PAGE = 10
MAX_PAGES = 3
VIETNAM = timezone(timedelta(hours=7))
OPENS, CLOSES = time(6, 0), time(22, 0)
"""Broadcasts go out from 06:00 to 21:59 in Viet Nam."""
OUT_OF_QUOTA = frozenset({"-211", "-218"})
NO_ARTICLE = frozenset({"-201"})
_REASONS = {
    "-201": "Zalo không nhận nội dung bài này.",
    "-223": "Ứng dụng chưa được OA cấp quyền đăng bài.",
    "-224": "Gói dịch vụ của Zalo OA không cho đăng bài qua ứng dụng.",
    "-211": "Zalo OA đã dùng hết hạn mức thông báo.",
}


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One part of an article: words or a picture."""

    text: str = ""
    image_url: str = ""


@dataclass(frozen=True, slots=True)
class Article:
    """An article as it is to be shown."""

    title: str
    author: str
    description: str
    cover_url: str
    body: tuple[Paragraph, ...]
    comments: bool = True

    def to_dict(self) -> dict[str, Any]:
        """The body of ``create`` and ``update``."""
        return {
            "type": "normal",
            "title": self.title[:MAX_TITLE],
            "author": self.author[:MAX_AUTHOR],
            "cover": {"cover_type": "photo", "photo_url": self.cover_url, "status": "show"},
            "description": self.description[:MAX_DESCRIPTION],
            "body": [
                {"type": "image", "url": part.image_url}
                if part.image_url
                else {"type": "text", "content": part.text}
                for part in self.body
            ],
            "status": "show",
            "comment": "show" if self.comments else "hide",
        }


@dataclass(frozen=True, slots=True)
class FoundArticle:
    """An article as the OA lists it."""

    id: str
    title: str
    at_ms: int
    link: str = ""
    views: int | None = None
    shares: int | None = None


@dataclass(frozen=True, slots=True)
class Quota:
    """Broadcasts that one follower may still get."""

    day_left: int | None = None
    day_total: int | None = None
    month_left: int | None = None
    month_total: int | None = None

    @property
    def used_up(self) -> bool:
        return 0 in {self.day_left, self.month_left}


class ZaloArticles:
    """Articles of all OAs of an app. Thread-safe; errors are values."""

    def __init__(self, http: HttpClient, app_secret: str = "") -> None:
        self._http = http
        self._app_secret = app_secret

    def create(self, account: Account, article: Article) -> SendResult:
        """Hand an article over; the result's id is the token for :meth:`verify`."""
        return self._post(account, "/v2.0/article/create", article.to_dict(), "token")

    def update(self, account: Account, article_id: str, article: Article) -> SendResult:
        """Replace an article; again a token."""
        return self._post(account, "/v2.0/article/update", {"id": article_id, **article.to_dict()}, "token")

    def verify(self, account: Account, token: str) -> SendResult:
        """The article's id, or the retryable error :data:`PROCESSING`. Asking again changes nothing."""
        return self._post(account, "/v2.0/article/verify", {"token": token}, "id")

    def remove(self, account: Account, article_id: str) -> SendResult:
        """Take an article away."""
        result = self._post(account, "/v2.0/article/remove", {"id": article_id}, "")
        return SendResult(message_id=article_id) if result.message_id is not None else result

    def broadcast(self, account: Account, article_id: str, now: datetime) -> SendResult:
        """Tell all followers of an article. Outside the window nothing is called."""
        wait_s = until_window_s(now)
        if wait_s > 0:
            reason = "Zalo chỉ cho gửi thông báo từ 06:00 đến 21:59, sẽ gửi lúc 06:05."
            return SendResult(error=SendError("-234", reason, retryable=True, retry_after_s=wait_s))
        element = {"media_type": "article", "attachment_id": article_id}
        payload = {"template_type": "media", "elements": [element]}
        message = {"attachment": {"type": "template", "payload": payload}}
        body = {"recipient": {"target": {}}, "message": message}
        return self._post(account, "/v2.0/oa/message", body, "message_id", now)

    def find(self, account: Account, article: Article, since_ms: int, others: Collection[str] = ()) -> Lookup:
        """Is an article of this title there, made at or after ``since_ms``?

        ABSENT holds for now: one that Zalo is still working on is not listed yet.

        :param others: ids of articles that are known to be others, though their title is the same.
        """
        for page in range(MAX_PAGES):
            found = self.listed(account, page * PAGE)
            if isinstance(found, Health):
                return Lookup(Found.UNCERTAIN)
            recent = [item for item in found if sent_since(item.at_ms, since_ms // 1000 * 1000)]
            for item in recent:
                if item.id and item.id not in others and same_text(article.title, item.title):
                    return Lookup(Found.SENT, item.id)
            if len(recent) < PAGE:
                return Lookup(Found.ABSENT)
        return Lookup(Found.UNCERTAIN)

    def listed(self, account: Account, offset: int = 0) -> list[FoundArticle] | Health:
        """The OA's articles, newest first, :data:`PAGE` at a time."""
        params = {"offset": str(offset), "limit": str(PAGE), "type": "normal"}
        data = self._get(account, "/v2.0/article/getslice", params)
        if isinstance(data, Health):
            return data
        return [_found(mapping(item)) for item in items(data.get("medias"))]

    def figures(self, account: Account, article_id: str) -> FoundArticle | Health:
        """An article with its views, as far as it is among the newest."""
        for page in range(MAX_PAGES):
            found = self.listed(account, page * PAGE)
            if isinstance(found, Health):
                return found
            for item in found:
                if item.id == article_id:
                    return item
            if len(found) < PAGE:
                break
        return Health(False, "Không còn thấy bài này trong danh sách mới của OA.")

    def quota(self, account: Account, follower: str) -> Quota | Health:
        """What may still be broadcast; Zalo tells it for one follower only."""
        body = {"user_id": follower}
        data = self._ask(account, "POST", "/v3.0/oa/quota/message", body=body)
        if isinstance(data, Health):
            return data
        told = mapping(data.get("promotion"))
        return Quota(*(_count(told.get(name)) for name in _QUOTA))

    def _post(
        self, account: Account, path: str, body: Mapping[str, Any], wanted: str, now: datetime | None = None
    ) -> SendResult:
        if not usable_token(account.token):
            return SendResult(error=NO_TOKEN)
        now_ms = int((now or datetime.now(UTC)).timestamp() * 1000)

        def read(answer: Answer) -> SendResult:
            if answer.body is None or "error" not in answer.body:
                return without_body(answer, "Zalo")
            error = _error(answer, now_ms)
            if error is not None:
                return SendResult(error=error)
            done = identifier(mapping(answer.body.get("data")).get(wanted), 500) if wanted else "ok"
            return SendResult(message_id=done or None)

        return deliver(
            lambda: self._http.call("POST", path, headers=self._headers(account), body=body, timeout=SLOW),
            read,
            "Zalo",
        )

    def _get(self, account: Account, path: str, params: Mapping[str, str]) -> Mapping[str, Any] | Health:
        return self._ask(account, "GET", path, params=params)

    def _ask(self, account: Account, method: str, path: str, **call: Any) -> Mapping[str, Any] | Health:
        if not usable_token(account.token):
            return Health(False, NO_TOKEN.reason)
        try:
            answer = self._http.call(method, path, headers=self._headers(account), **call)
        except (NeverSent, MaybeSent):
            return Health(False, "Chưa kết nối được tới Zalo.")
        error = _error(answer, 0)
        if error is not None or answer.body is None:
            return Health(False, error.reason if error else "Zalo trả lời không đúng dạng.")
        return mapping(answer.body.get("data"))

    def _headers(self, account: Account) -> dict[str, str]:
        headers = {"access_token": account.token}
        if self._app_secret:
            headers["appsecret_proof"] = appsecret_proof(self._app_secret, account.token)
        return headers


_QUOTA = ("daily_remain", "daily_total", "monthly_remain", "monthly_total")


def until_window_s(now: datetime) -> float:
    """Seconds until broadcasts may go out; 0 within the window. Five past six: Zalo's clock may lag."""
    local = now.astimezone(VIETNAM)
    if OPENS <= local.time() < CLOSES:
        return 0.0
    morning = local.replace(hour=6, minute=5, second=0, microsecond=0)
    if morning <= local:
        morning += timedelta(days=1)
    return (morning - local).total_seconds()


def _error(answer: Answer, now_ms: int) -> SendError | None:
    code = number(answer.body.get("error")) if answer.body and "error" in answer.body else None
    if code is None:
        return SendError(f"http/{answer.status}", f"Zalo trả lời lỗi (HTTP {answer.status}).")
    if not code:
        return None
    error = error_of(int(code), now_ms)
    reason = error.reason.replace("từ chối tin", "từ chối bài")
    return replace(error, reason=_REASONS.get(error.code, reason))


def _found(item: Mapping[str, Any]) -> FoundArticle:
    return FoundArticle(
        identifier(item.get("id"), 200),
        string(item.get("title")) or "",
        epoch_ms(item.get("create_date")),
        string(item.get("link_view")) or "",
        _count(item.get("total_view")),
        _count(item.get("total_share")),
    )


def _count(value: Any) -> int | None:
    given = number(value)
    return int(given) if given is not None else None
