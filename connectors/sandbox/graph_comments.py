"""The stand-in Graph's comments: list, answer, hide, delete, private replies; and people who comment.

Faults are scoped by ``user_id``: a page's id, or ``comments`` (answers), ``hide``, ``private``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, abort, g, jsonify, request

from connectors.sandbox.comments import Comments, FbComment
from connectors.sandbox.graph_body import InvalidBodyError, Seen, read_message
from connectors.sandbox.graph_errors import bad_parameter, graph_error
from connectors.sandbox.graph_fields import Field, parse_fields, pick
from connectors.sandbox.graph_nodes import iso
from connectors.sandbox.graph_posts import GraphPosts, paged, resolve
from connectors.sandbox.pages import FbPost, Pages
from connectors.sandbox.state import Platform, Resident, World

PRIVATE_MS = 7 * 86_400_000
NOT_ELIGIBLE = (100, 2534025)
DEFAULT = {"created_time": Field(), "from": Field(), "message": Field()}
_KNOWN = frozenset(
    {
        "id", "message", "from", "parent", "created_time", "permalink_url", "is_hidden", "can_hide",
        "can_comment", "can_remove", "comment_count", "like_count", "attachment", "can_reply_privately",
        "private_reply_conversation", "message_tags", "object", "user_likes",
    }
)  # fmt: skip
Deliver = Callable[[Resident, dict[str, Any], Seen], Response]


class GraphComments:
    """Views; each takes the URL's parts and answers in Graph's shapes. ``deliver`` is the Send API's."""

    def __init__(
        self, world: World, pages: Pages, comments: Comments, posts: GraphPosts, deliver: Deliver
    ) -> None:
        self._world, self._pages, self._comments = world, pages, comments
        self._posts, self._deliver = posts, deliver

    def listed(self, version: str, node: str) -> Response:
        """``GET /{post or comment}/comments``."""
        del version
        post, comment = self._pages.find(node), self._comments.find(node)
        if post is None and comment is None:
            return graph_error(100, 33)
        found = self._comments.answers(node) if comment else self._comments.of(node)
        if post is not None and g.params.get("filter", "toplevel") != "stream":
            found = [item for item in found if not item.parent]
        order = str(g.params.get("order") or "chronological")
        if order not in {"chronological", "reverse_chronological", "ranked"}:
            return bad_parameter("param order must be one of {CHRONOLOGICAL, REVERSE_CHRONOLOGICAL, RANKED}")
        found.sort(key=lambda item: item.at_ms, reverse=order == "reverse_chronological")
        try:
            limit = max(1, min(int(g.params.get("limit") or 25), 100))
            since = int(g.params.get("since") or 0) * 1000
            start = int(str(g.params.get("after") or "0"))
        except ValueError as error:
            return graph_error(2500, message=str(error))
        asked = _fields()
        if isinstance(asked, Response):
            return asked
        found = [item for item in found if item.at_ms >= since]
        body = paged(found, start, limit, lambda item: pick(self._shown(item), asked))
        if str(g.params.get("summary") or "").lower() in {"true", "1", "total_count"}:
            body["summary"] = {"order": order, "total_count": len(found), "can_comment": True}
        return jsonify(body)

    def answer(self, version: str, node: str) -> Response:
        """``POST /{post or comment}/comments``: the page comments."""
        del version
        comment = self._comments.find(node)
        post = self._pages.find(comment.post if comment else node)
        if post is None:
            return graph_error(100, 33)
        if (refusal := self._posts.refusal(post.page, "comments")) is not None:
            return refusal
        message = str(g.params.get("message") or "")
        if not message and not g.params.get("attachment_url"):
            return bad_parameter("param message must be non-empty.")
        name = self._pages.config.pages[post.page][0]
        parent = (comment.parent or comment.id) if comment else ""
        made = self._comments.add(post, post.page, name, message, parent=parent)
        return self._posts.answer(post.page, "comments", lambda: self._after(made, {"id": made.id}))

    def node(self, node: str) -> Response | None:
        """``GET /{comment}``; None if it is no comment."""
        comment = self._comments.find(node)
        if comment is None:
            return None
        asked = _fields()
        return asked if isinstance(asked, Response) else jsonify(pick(self._shown(comment), asked))

    def change(self, node: str) -> Response | None:
        """``POST /{comment}``: hide it, or change the page's own words; None if it is no comment."""
        comment = self._comments.find(node)
        if comment is None:
            return None
        if (refusal := self._posts.refusal(comment.page, "hide")) is not None:
            return refusal
        if "is_hidden" in g.params:
            if comment.author == comment.page:
                return graph_error(200, message="(#200) You cannot hide your own comment")
            self._comments.hide(comment, str(g.params["is_hidden"]).lower() in {"true", "1"})
        elif comment.author != comment.page:
            return graph_error(200, message="(#200) Permissions error")
        else:
            self._comments.edit(comment, str(g.params.get("message") or ""))
        return self._posts.answer(comment.page, "hide", lambda: self._after(comment, {"success": True}))

    def delete(self, node: str) -> Response | None:
        """``DELETE /{comment}``; None if it is no comment."""
        comment = self._comments.find(node)
        if comment is None:
            return None
        if (refusal := self._posts.refusal(comment.page, "hide")) is not None:
            return refusal
        self._comments.remove(comment)
        return jsonify(success=True)

    def private(self, page: str, comment_id: str) -> Response:
        """``POST /{page}/messages`` with a comment as recipient: once, within 7 days."""
        page = resolve(page)
        if (refusal := self._posts.refusal(page, "private")) is not None:
            return refusal
        comment = self._comments.find(comment_id)
        if comment is None or comment.page != page:
            return graph_error(100, 33)
        if not self._may_reply(comment):
            return graph_error(*NOT_ELIGIBLE, "(#100) This comment is not eligible for a private reply")
        try:
            seen = read_message(g.params.get("message"))
        except InvalidBodyError as error:
            return bad_parameter(str(error))
        person = self._world.resident(Platform.FACEBOOK, comment.psid, comment.name)
        comment.private = f"t_{comment.psid}"
        self._world.emit("comment", comment.to_dict())
        body = {k: v for k, v in g.params.items() if k not in {"access_token", "appsecret_proof"}}
        answer = self._deliver(person, body, seen)
        return self._posts.answer(page, "private", lambda: answer)

    def _after(self, comment: FbComment, usual: dict[str, Any]) -> Response:
        """The answer to a change: the fields that were asked for with it, if any."""
        asked = _fields() if g.params.get("fields") else None
        if isinstance(asked, Response):
            return asked
        return jsonify(pick(self._shown(comment), asked) if asked else usual)

    def _may_reply(self, comment: FbComment) -> bool:
        young = self._world.now_ms() - comment.at_ms <= PRIVATE_MS
        return bool(comment.psid) and not comment.private and young

    def _shown(self, comment: FbComment) -> dict[str, Any]:
        answers = len(self._comments.answers(comment.id))
        shown: dict[str, Any] = {
            "id": comment.id,
            "created_time": iso(comment.at_ms),
            "from": {"name": comment.name, "id": comment.author},
            "message": comment.text,
            "permalink_url": f"https://www.facebook.com/{comment.post}?comment_id={comment.id.split('_')[1]}",
            "is_hidden": comment.hidden,
            "can_hide": comment.author != comment.page,
            "can_comment": True,
            "can_remove": True,
            "comment_count": answers,
            "like_count": 0,
            "user_likes": False,
            "can_reply_privately": self._may_reply(comment),
        }
        if comment.parent:
            shown["parent"] = {"id": comment.parent}
        if comment.picture:
            shown["attachment"] = {"type": "photo", "media": {"image": {"src": comment.picture}}}
        if comment.private:
            shown["private_reply_conversation"] = {"id": comment.private, "link": "/messages"}
        return shown


def _fields() -> dict[str, Field] | Response:
    try:
        asked = parse_fields(str(g.params.get("fields") or ""))
    except ValueError as error:
        return graph_error(2500, message=str(error))
    if unknown := set(asked) - _KNOWN:
        return graph_error(
            100, message=f"(#100) Tried accessing nonexisting field ({min(unknown)}) on node type (Comment)"
        )
    return asked or DEFAULT


class CommentsControl:
    """``/sandbox/api/pages/…/comments``: residents who comment, edit and delete; people who hide by hand."""

    def __init__(self, world: World, pages: Pages, comments: Comments) -> None:
        self._world, self._pages, self._comments = world, pages, comments

    def listed(self, post_id: str) -> Response:
        return jsonify(comments=[comment.to_dict() for comment in self._comments.of(post_id)])

    def add(self, post_id: str) -> Response:
        """``{"text", "user_id"?, "name"?, "parent"?, "picture"?}``."""
        post: FbPost = self._pages.find(post_id) or abort(404)
        body = request.get_json(silent=True) or {}
        psid = str(body.get("user_id") or self._world.new_user_id(Platform.FACEBOOK))
        more = {name: str(body.get(name) or "") for name in ("parent", "picture")}
        made = self._comments.by_person(
            post, psid, str(body.get("name") or ""), str(body.get("text") or ""), **more
        )
        return jsonify(made.to_dict())

    def change(self, comment_id: str) -> Response:
        """``{"text"?, "hidden"?}``."""
        found: FbComment = self._comments.find(comment_id) or abort(404)
        body = request.get_json(silent=True) or {}
        if "text" in body:
            self._comments.edit(found, str(body["text"]))
        if "hidden" in body:
            self._comments.hide(found, bool(body["hidden"]))
        return jsonify(found.to_dict())

    def remove(self, comment_id: str) -> Response:
        self._comments.remove(self._comments.find(comment_id) or abort(404))
        return jsonify(removed=True)

    def webhooks(self) -> Response:
        """``{"on"}``: whether webhooks of comments arrive at all."""
        self._comments.tells = bool((request.get_json(silent=True) or {}).get("on", True))
        return jsonify(on=self._comments.tells)


def comments_control(world: World, pages: Pages, comments: Comments) -> Blueprint:
    """The routes of :class:`CommentsControl`."""
    blueprint = Blueprint("sandbox_comments", __name__)
    control = CommentsControl(world, pages, comments)
    for method, rule, view in (
        ("GET", "/pages/posts/<post_id>/comments", control.listed),
        ("POST", "/pages/posts/<post_id>/comments", control.add),
        ("PATCH", "/pages/comments/<comment_id>", control.change),
        ("DELETE", "/pages/comments/<comment_id>", control.remove),
        ("POST", "/pages/comments/webhooks", control.webhooks),
    ):
        blueprint.add_url_rule(rule, f"{method} {rule}", view, methods=[method])
    return blueprint
