"""The stand-in Graph's posts: feed, photos, lists, edits, deletion, insights; and people who post by hand.

Faults are scoped by ``user_id``: a page's id, or ``feed``, ``photos``, ``edit``, ``delete``, ``insights``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, g, jsonify, request

from connectors.sandbox.faults import Fault, FaultKind
from connectors.sandbox.graph_errors import bad_parameter, graph_error
from connectors.sandbox.graph_fields import Field, parse_fields, pick
from connectors.sandbox.graph_nodes import iso
from connectors.sandbox.media import Media, origin
from connectors.sandbox.pages import FbPost, Pages
from connectors.sandbox.sending import Sending, gateway_error, hang_up
from connectors.sandbox.state import Platform, World

T = TypeVar("T")

HANG_MS = 30_000
MAX_PHOTO = 10 * 1024 * 1024
DUPLICATE_MS = 10 * 60_000
EARLIEST_MS, LATEST_MS = 10 * 60_000, 30 * 86_400_000
METRICS = {"post_total_media_view_unique", "post_media_view", "post_reactions_by_type_total", "post_clicks"}
_MAGIC = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"RIFF")


class GraphPosts:
    """Views; each takes the URL's parts and answers in Graph's shapes."""

    def __init__(self, world: World, sending: Sending, pages: Pages, media: Media) -> None:
        self._world, self._sending, self._pages, self._media = world, sending, pages, media
        self._config = world.config

    def feed(self, version: str, page: str) -> Response:
        """``POST /{page}/feed``."""
        del version
        page = resolve(page)
        if (refusal := self.refusal(page, "feed")) is not None:
            return refusal
        message, link = str(g.params.get("message") or ""), str(g.params.get("link") or "")
        photos = _media(g.params)
        scheduled = g.params.get("scheduled_publish_time")
        published = str(g.params.get("published", True)).lower() in {"true", "1"}
        problem = self._problem(page, message, link, photos, scheduled, published)
        if problem is not None:
            return problem
        post = self._pages.add(
            page,
            message,
            link=link,
            photos=photos,
            pictures=[self._pages.photos[photo].url for photo in photos],
            scheduled_ms=int(scheduled) * 1000 if scheduled else 0,
            published=published,
        )
        return self.answer(page, "feed", lambda: jsonify(id=post.id))

    def _problem(
        self, page: str, message: str, link: str, photos: list[str], scheduled: Any, published: bool
    ) -> Response | None:
        if not (message or link or photos):
            return bad_parameter("You must provide at least one of message, link or attached_media.")
        if photos and link:
            return bad_parameter("link cannot be used with attached_media.")
        for photo in photos:
            known = self._pages.photos.get(photo)
            if known is None or known.page != page or known.used:
                return bad_parameter("Param attached_media is invalid.")
        if scheduled:
            ahead = int(scheduled) * 1000 - self._world.now_ms() if str(scheduled).isdecimal() else -1
            if published or not EARLIEST_MS <= ahead <= LATEST_MS:
                return bad_parameter("The specified scheduled publish time is invalid.")
        if self._config.facebook_refuses_duplicates and published:
            newest = self._pages.of(page)[:1]
            fresh = newest and self._world.now_ms() - newest[0].at_ms < DUPLICATE_MS
            if fresh and message and newest[0].message == message:
                return graph_error(506, 1404082, "(#506) Duplicate status message")
        return None

    def photo(self, version: str, page: str) -> Response:
        """``POST /{page}/photos``: a file in ``source``, or a ``url``."""
        del version
        page = resolve(page)
        if (refusal := self.refusal(page, "photos")) is not None:
            return refusal
        url, size = str(g.params.get("url") or ""), 0
        file = request.files.get("source")
        if file is not None:
            content = file.read(MAX_PHOTO + 1)
            if len(content) > MAX_PHOTO or not content.startswith(_MAGIC):
                return graph_error(324, message="(#324) Missing or invalid image file")
            url, size = f"{origin()}/sandbox/media/{self._media.keep(content)}", len(content)
        if not url:
            return graph_error(324, message="(#324) Missing or invalid image file")
        photo = self._pages.add_photo(page, url, size)
        if str(g.params.get("published", True)).lower() in {"false", "0"}:
            return self.answer(page, "photos", lambda: jsonify(id=photo.id))
        words = str(g.params.get("caption") or g.params.get("message") or "")
        post = self._pages.add(page, words, photos=[photo.id], pictures=[url])
        return self.answer(page, "photos", lambda: jsonify(id=photo.id, post_id=post.id))

    def listed(self, version: str, page: str, edge: str) -> Response:
        """``GET /{page}/feed``, ``posts``, ``published_posts``, ``scheduled_posts``."""
        del version
        page = resolve(page)
        if page not in self._config.pages:
            return graph_error(100, 33)
        posts = self._pages.of(page, published=edge != "scheduled_posts")
        try:
            asked = parse_fields(str(g.params.get("fields") or ""))
            limit = max(1, min(int(g.params.get("limit") or 25), 100))
            since, until = (int(g.params.get(name) or 0) * 1000 for name in ("since", "until"))
            start = int(str(g.params.get("after") or "0"))
        except ValueError as error:
            return graph_error(2500, message=str(error))
        posts = [p for p in posts if p.at_ms >= since and (not until or p.at_ms <= until)]
        wanted = asked or {"id": Field(), "message": Field(), "created_time": Field()}
        return jsonify(paged(posts, start, limit, lambda post: pick(self.shown(post), wanted)))

    def node(self, node: str) -> Response | None:
        """``GET /{post}``; None if it is no post."""
        post = self._pages.find(node)
        if post is None:
            return None
        try:
            asked = parse_fields(str(g.params.get("fields") or ""))
        except ValueError as error:
            return graph_error(2500, message=str(error))
        return jsonify(pick(self.shown(post), asked or {"message": Field(), "created_time": Field()}))

    def edit(self, version: str, node: str) -> Response:
        """``POST /{post}``: its words, if this app made it."""
        del version
        post = self._pages.find(node)
        if post is None or post.page != g.page_id:
            return graph_error(100, 33)
        if (refusal := self.refusal(post.page, "edit")) is not None:
            return refusal
        if post.by_hand:
            return graph_error(200, message="(#200) This post wasn't created by the application")
        message = str(g.params.get("message") or "")
        if not message:
            return bad_parameter("param message must be non-empty.")
        self._pages.edit(post, message)
        return self.answer(post.page, "edit", lambda: jsonify(success=True))

    def delete(self, node: str) -> Response | None:
        """``DELETE /{post}``; None if it is no post."""
        post = self._pages.find(node)
        if post is None or post.page != g.page_id:
            return None
        if (refusal := self.refusal(post.page, "delete")) is not None:
            return refusal
        self._pages.remove(post)
        return self.answer(post.page, "delete", lambda: jsonify(success=True))

    def insights(self, version: str, node: str) -> Response:
        """``GET /{post}/insights?metric=``."""
        del version
        post = self._pages.find(node)
        if post is None:
            return graph_error(100, 33)
        names = [n for n in str(g.params.get("metric") or "").split(",") if n]
        if not names:
            return graph_error(3001, 1504028, "(#3001) No metric was specified to be fetched.")
        if unknown := set(names) - METRICS:
            return bad_parameter(f"The value must be a valid insights metric: {min(unknown)}")
        values = {"post_total_media_view_unique": post.views * 2 // 3, "post_media_view": post.views}
        data = [
            {
                "name": name,
                "period": "lifetime",
                "values": [{"value": values.get(name, 0)}],
                "id": f"{post.id}/insights/{name}/lifetime",
            }
            for name in names
        ]
        return jsonify(data=data)

    def shown(self, post: FbPost) -> dict[str, Any]:
        """A post with everything that one may ask for."""
        name = self._config.pages[post.page][0]
        media = [{"media": {"image": {"src": url}}, "type": "photo"} for url in post.pictures]
        attachments = media if len(media) < 2 else [{"subattachments": {"data": media}, "type": "album"}]
        shown: dict[str, Any] = {
            "id": post.id,
            "message": post.message,
            "created_time": iso(post.at_ms),
            "updated_time": iso(post.edited_ms or post.at_ms),
            "permalink_url": f"https://www.facebook.com/{post.id}",
            "is_published": post.published,
            "from": {"name": name, "id": post.page},
            "attachments": {"data": attachments},
            "reactions": {"data": [], "summary": {"total_count": post.reactions, "viewer_reaction": "NONE"}},
            "comments": {"data": [], "summary": {"order": "ranked", "total_count": len(post.comments)}},
            "shares": {"count": post.shares},
        }
        if post.pictures:
            shown["full_picture"] = post.pictures[0]
        if post.scheduled_ms and not post.published:
            shown["scheduled_publish_time"] = post.scheduled_ms // 1000
        if not post.by_hand:
            shown["application"] = {"id": self._config.facebook_app_id, "name": "Trợ lý xã"}
        return shown

    def refusal(self, page: str, what: str) -> Response | None:
        """What stands against a change: another page's token, or a fault before anything is done."""
        if page not in self._config.pages:
            return graph_error(100, 33)
        if page != g.page_id:
            return graph_error(200, message="(#200) The user hasn't authorized the application to do this")
        for scope in (what, page):
            if spoiled := self._sending.before(Platform.FACEBOOK, scope, {}):
                return spoiled
        if fault := self.strikes(FaultKind.ERROR_CODE, what, page):
            return graph_error(fault.code or 2, fault.subcode, fault.message)
        return None

    def strikes(self, kind: FaultKind, what: str, page: str) -> Fault | None:
        faults = self._sending.faults
        return faults.strikes(kind, Platform.FACEBOOK, what) or faults.strikes(kind, Platform.FACEBOOK, page)

    def answer(self, page: str, what: str, answer: Callable[[], Response]) -> Response:
        """The answer to what was done, unless a fault spoils it."""
        if silence := self.strikes(FaultKind.TIMEOUT_AFTER, what, page):
            return hang_up(silence.ms or HANG_MS)
        if failure := self.strikes(FaultKind.ERROR_AFTER, what, page):
            return gateway_error(failure)
        return answer()


def resolve(page: str) -> str:
    """``me`` is the page of the token."""
    return str(g.page_id) if page == "me" else page


def paged(
    found: Sequence[T], start: int, limit: int, show: Callable[[T], Mapping[str, Any]]
) -> dict[str, Any]:
    """One page of a list as Graph gives it; ``next`` asks the same question, further on."""
    shown = found[start : start + limit]
    body: dict[str, Any] = {"data": [show(item) for item in shown]}
    if shown:
        after = str(start + len(shown))
        body["paging"] = {"cursors": {"before": str(start), "after": after}}
        if start + limit < len(found):
            asked = {name: value for name, value in request.args.items() if name != "appsecret_proof"}
            body["paging"]["next"] = f"{request.base_url}?{urlencode({**asked, 'after': after})}"
    return body


def _media(params: dict[str, Any]) -> list[str]:
    """``attached_media`` as a list, or in the form ``attached_media[0]``."""
    given = params.get("attached_media")
    if not isinstance(given, list):
        given = [value for name, value in sorted(params.items()) if name.startswith("attached_media[")]
    return [str(item["media_fbid"]) for item in given if isinstance(item, dict) and "media_fbid" in item]


class PagesControl:
    """``/sandbox/api/pages``: who posts by hand, and what stands there."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    def posts(self, page: str) -> Response:
        return jsonify(posts=[p.to_dict() for p in self._pages.of(page)], made=self._pages.made)

    def post(self, page: str) -> Response:
        if page not in self._pages.config.pages:
            abort(404)
        body = request.get_json(silent=True) or {}
        message, link = str(body.get("message") or ""), str(body.get("link") or "")
        pictures = [str(url) for url in body.get("pictures") or []]
        made = self._pages.add(page, message, link=link, pictures=pictures, by_hand=True)
        return jsonify(made.to_dict())

    def change(self, post_id: str) -> Response:
        found = self._found(post_id)
        body = request.get_json(silent=True) or {}
        for name in ("views", "reactions", "shares"):
            if name in body:
                setattr(found, name, int(body[name]))
        if "message" in body:
            self._pages.edit(found, str(body["message"]))
        return jsonify(found.to_dict())

    def remove(self, post_id: str) -> Response:
        self._pages.remove(self._found(post_id))
        return jsonify(removed=True)

    def _found(self, post_id: str) -> FbPost:
        return self._pages.find(post_id) or abort(404)


def pages_control(pages: Pages) -> Blueprint:
    """The routes of :class:`PagesControl`."""
    blueprint, control = Blueprint("sandbox_pages", __name__), PagesControl(pages)
    for method, rule, view in (
        ("GET", "/pages/<page>/posts", control.posts),
        ("POST", "/pages/<page>/posts", control.post),
        ("PATCH", "/pages/posts/<post_id>", control.change),
        ("DELETE", "/pages/posts/<post_id>", control.remove),
    ):
        blueprint.add_url_rule(rule, f"{method} {rule}", view, methods=[method])
    return blueprint
