"""The stand-in Zalo's articles and broadcasts: made at once, verified and listed a while later.

Faults are scoped by ``user_id``: an OA's id, or create, update, verify, remove, broadcast.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from flask import Blueprint, Response, g, jsonify, request

from connectors.sandbox.faults import Fault, FaultKind
from connectors.sandbox.sending import Sending, gateway_error, hang_up
from connectors.sandbox.state import Platform, World
from connectors.sandbox.zalo_answers import failure, success

VIETNAM = timezone(timedelta(hours=7))
HANG_MS = 30_000
DAILY = 1


@dataclass(slots=True)
class OaArticle:
    """One article; ``ready_ms``: from when it is verified and listed."""

    id: str
    oa: str
    body: dict[str, Any]
    at_ms: int
    ready_ms: int
    updated_ms: int = 0
    views: int = 0
    shares: int = 0

    def to_dict(self) -> dict[str, Any]:
        """What the control API and the page show."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(slots=True)
class _State:
    articles: dict[str, OaArticle] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)  # token -> article
    broadcasts: list[dict[str, Any]] = field(default_factory=list)
    made: int = 0


class Articles:
    """Views; each answers in Zalo's shapes. Thread-safe."""

    def __init__(self, world: World, sending: Sending) -> None:
        self._world, self._sending = world, sending
        self._lock = threading.RLock()
        self._state = _State()

    def reset(self) -> None:
        """OAs without articles."""
        with self._lock:
            self._state = _State()

    def of(self, oa: str) -> list[OaArticle]:
        """An OA's articles that are ready, newest first."""
        now = self._world.now_ms()
        with self._lock:
            found = [a for a in self._state.articles.values() if a.oa == oa and a.ready_ms <= now]
        return sorted(found, key=lambda article: article.at_ms, reverse=True)

    def create(self) -> Response:
        """``POST /v2.0/article/create``."""
        if (refusal := self._refusal("create")) is not None:
            return refusal
        body = _body()
        if problem := _problem(body):
            return failure(-201, problem)
        now = self._world.now_ms()
        ready = now + int(self._world.config.zalo_article_s * 1000)
        if slow := self._strikes(FaultKind.PROCESSING, "create"):
            ready = now + slow.ms
        article = OaArticle(secrets.token_hex(10), g.oa_id, body, now, ready)
        with self._lock:
            self._state.articles[article.id] = article
            self._state.made += 1
        self._world.emit("article", article.to_dict())
        return self._answer("create", lambda: success({"token": self._token(article)}))

    def update(self) -> Response:
        """``POST /v2.0/article/update``: as create, with the article's id."""
        if (refusal := self._refusal("update")) is not None:
            return refusal
        body = _body()
        article = self._own(body.get("id"))
        problem = _problem(body) if article else "id is invalid"
        if article is None or problem:
            return failure(-201, problem)
        article.body, article.updated_ms = body, self._world.now_ms()
        self._world.emit("article", article.to_dict())
        return self._answer("update", lambda: success({"token": self._token(article)}))

    def verify(self) -> Response:
        """``POST /v2.0/article/verify``: the id, or -214 while Zalo is at it."""
        if (refusal := self._refusal("verify")) is not None:
            return refusal
        article = self._own(self._state.tokens.get(str(_body().get("token"))))
        if article is None:
            return failure(-201, "token is invalid")
        if article.ready_ms > self._world.now_ms():
            return failure(-214)
        return self._answer("verify", lambda: success({"id": article.id}))

    def remove(self) -> Response:
        """``POST /v2.0/article/remove``."""
        if (refusal := self._refusal("remove")) is not None:
            return refusal
        article = self._own(_body().get("id"))
        if article is None:
            return failure(-201, "id is invalid")
        with self._lock:
            del self._state.articles[article.id]
        self._world.emit("article", {**article.to_dict(), "removed": True})
        return self._answer("remove", lambda: success({}))

    def detail(self) -> Response:
        """``GET /v2.0/article/getdetail?id=``."""
        article = self._own(request.args.get("id"))
        return success({"id": article.id, **article.body}) if article else failure(-201, "id is invalid")

    def listed(self) -> Response:
        """``GET /v2.0/article/getslice?offset=&limit=&type=``."""
        try:
            offset, limit = int(request.args.get("offset", 0)), int(request.args.get("limit", 5))
        except ValueError:
            return failure(-201, "offset and limit must be numbers")
        if request.args.get("type") not in {"normal", "video"}:
            return failure(-201, "type accept only 2 value normal and video.")
        if offset < 0 or not 0 < limit <= 10:
            return failure(-201, "limit must be at most 10")
        found = self.of(g.oa_id) if request.args["type"] == "normal" else []
        medias = [
            {
                "id": a.id,
                "type": "normal",
                "title": a.body["title"],
                "status": a.body.get("status", "hide"),
                "total_view": a.views,
                "total_share": a.shares,
                "create_date": a.at_ms,
                "update_date": a.updated_ms or a.at_ms,
                "thumb": a.body["cover"].get("photo_url", ""),
                "link_view": f"https://officialaccount.me/d?id={a.id}&pageId={a.oa}",
            }
            for a in found[offset : offset + limit]
        ]
        return success({"medias": medias, "total": len(found)})

    def broadcast(self) -> Response:
        """``POST /v2.0/oa/message`` with a target: an article to all followers. Other uses are shut down."""
        recipient = _body().get("recipient")
        if not isinstance(recipient, dict) or "target" not in recipient:
            return failure(-240)
        if (refusal := self._refusal("broadcast")) is not None:
            return refusal
        article = self._own(_attachment(_body()))
        if article is None or article.ready_ms > self._world.now_ms():
            return failure(-201, "attachment_id is invalid")
        now = datetime.fromtimestamp(self._world.now_ms() / 1000, UTC).astimezone(VIETNAM)
        if not 6 <= now.hour < 22:
            return failure(-234)
        quota = self.quota(g.oa_id)
        if not quota["daily_remain"] or not quota["monthly_remain"]:
            return failure(-211)
        sent = {
            "oa": g.oa_id,
            "article": article.id,
            "day": now.date().isoformat(),
            "at_ms": self._world.now_ms(),
        }
        with self._lock:
            self._state.broadcasts.append(sent)
        self._world.emit("broadcast", sent)
        return self._answer("broadcast", lambda: success({"message_id": secrets.token_hex(10)}))

    def quota(self, oa: str) -> dict[str, int]:
        """What may still be broadcast, as ``quota/message`` tells it."""
        today = (
            datetime.fromtimestamp(self._world.now_ms() / 1000, UTC).astimezone(VIETNAM).date().isoformat()
        )
        with self._lock:
            sent = [b for b in self._state.broadcasts if b["oa"] == oa]
        monthly = self._world.config.zalo_broadcasts_per_month
        return {
            "daily_remain": max(0, DAILY - sum(b["day"] == today for b in sent)),
            "daily_total": DAILY,
            "monthly_remain": max(0, monthly - sum(b["day"][:7] == today[:7] for b in sent)),
            "monthly_total": monthly,
        }

    def overview(self, oa: str) -> dict[str, Any]:
        """For the control API."""
        with self._lock:
            mine = [a.to_dict() for a in self._state.articles.values() if a.oa == oa]
            sent = [b for b in self._state.broadcasts if b["oa"] == oa]
            return {"articles": mine, "broadcasts": sent, "made": self._state.made}

    def set_figures(self, article_id: str, views: int, shares: int) -> bool:
        article = self._state.articles.get(article_id)
        if article is not None:
            article.views, article.shares = views, shares
        return article is not None

    def _token(self, article: OaArticle) -> str:
        token = secrets.token_urlsafe(30)
        with self._lock:
            self._state.tokens[token] = article.id
        return token

    def _own(self, article_id: object) -> OaArticle | None:
        article = self._state.articles.get(str(article_id or ""))
        return article if article and article.oa == g.oa_id else None

    def _refusal(self, what: str) -> Response | None:
        for scope in (what, g.oa_id):
            if spoiled := self._sending.before(Platform.ZALO, scope, {}):
                return spoiled
        fault = self._strikes(FaultKind.ERROR_CODE, what)
        return failure(fault.code or -200, fault.message) if fault else None

    def _strikes(self, kind: FaultKind, what: str) -> Fault | None:
        faults = self._sending.faults
        return faults.strikes(kind, Platform.ZALO, what) or faults.strikes(kind, Platform.ZALO, g.oa_id)

    def _answer(self, what: str, answer: Callable[[], Response]) -> Response:
        if silence := self._strikes(FaultKind.TIMEOUT_AFTER, what):
            return hang_up(silence.ms or HANG_MS)
        if broken := self._strikes(FaultKind.ERROR_AFTER, what):
            return gateway_error(broken)
        return answer()


def _body() -> dict[str, Any]:
    body = request.get_json(silent=True)
    return body if isinstance(body, dict) else {}


def _attachment(body: dict[str, Any]) -> object:
    try:
        (element,) = body["message"]["attachment"]["payload"]["elements"]
        return element["attachment_id"] if element["media_type"] == "article" else None
    except (KeyError, TypeError, ValueError):
        return None


def _problem(body: dict[str, Any]) -> str:
    """What Zalo would not take; empty if nothing."""
    limits = {"title": 150, "author": 50, "description": 300}
    for name, longest in limits.items():
        value = body.get(name)
        if not isinstance(value, str) or not value or len(value) > longest:
            return f"{name} is invalid"
    cover = body.get("cover")
    if not isinstance(cover, dict) or not str(cover.get("photo_url") or "").startswith("http"):
        return "cover is invalid"
    parts = body.get("body")
    if not isinstance(parts, list) or not parts:
        return "body is invalid"
    needs = {"text": "content", "image": "url", "video": "url", "product": "id"}
    if any(not isinstance(p, dict) or not p.get(needs.get(str(p.get("type")), "?")) for p in parts):
        return "body is invalid"
    return "" if body.get("status") in {"show", "hide"} else "status is invalid"


def articles_control(articles: Articles) -> Blueprint:
    """``/sandbox/api/oas``: what stands there, and its figures."""
    blueprint = Blueprint("sandbox_articles", __name__)

    @blueprint.get("/oas/<oa>/articles")
    def listed(oa: str) -> Response:
        return jsonify(articles.overview(oa))

    @blueprint.patch("/oas/articles/<article_id>")
    def figures(article_id: str) -> Response:
        body = request.get_json(silent=True) or {}
        done = articles.set_figures(article_id, int(body.get("views", 0)), int(body.get("shares", 0)))
        return jsonify(changed=done)

    return blueprint
