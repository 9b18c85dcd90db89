"""The stand-in for ``graph.facebook.com``: the Send API, and the gate that every call passes."""

from __future__ import annotations

import json
import re
from typing import Any

from flask import Blueprint, Response, g, jsonify, request

from connectors.sandbox import facebook_events
from connectors.sandbox.delivery import facebook_delivery
from connectors.sandbox.faults import FaultKind
from connectors.sandbox.graph_body import (
    SENDER_ACTIONS,
    TAGS,
    TYPES,
    InvalidBodyError,
    Seen,
    read_body,
    read_message,
)
from connectors.sandbox.graph_comments import GraphComments
from connectors.sandbox.graph_errors import bad_parameter, graph_error
from connectors.sandbox.graph_nodes import GraphNodes
from connectors.sandbox.graph_oauth import FacebookLogin
from connectors.sandbox.graph_posts import GraphPosts
from connectors.sandbox.rate import RateMeter
from connectors.sandbox.sending import Outbound, Sending
from connectors.sandbox.signing import appsecret_proof
from connectors.sandbox.state import Author, Message, Platform, Resident, World

HOUR_MS = 3_600_000
_VERSION = re.compile(r"^v\d{1,2}\.\d$")


class GraphGate:
    """Token, proof, version and rate, before any call; usage headers after it."""

    def __init__(self, world: World, sending: Sending, login: FacebookLogin) -> None:
        self._config = world.config
        self._sending = sending
        self._login = login
        self._rate = RateMeter(world.config.facebook_rate_per_min)

    def before(self) -> Response | None:
        """An error if the call must not go on."""
        g.usage = 1
        version = (request.view_args or {}).get("version", "v0.0")
        if not _VERSION.match(version):
            return graph_error(2500, message=f"Unknown path components: /{version}")
        if "ids" in request.args:
            return bad_parameter("The ids parameter was removed.")
        params = read_body()
        g.params = params
        psid = _recipient_id(params)
        g.page_id = self._config.facebook_page_id
        if request.path.endswith("/oauth/access_token"):
            return None  # its own secret proves the caller
        refusal = self._token(params, psid) or self._limit(psid)
        if refusal is not None and request.path.endswith("/messages") and request.method == "POST":
            code = refusal.get_json()["error"]["code"]
            self._sending.refused(Platform.FACEBOOK, psid, {}, str(code))
        return refusal

    def _token(self, params: dict[str, Any], psid: str) -> Response | None:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
        token = token or str(params.get("access_token") or "")
        if not token:
            return graph_error(104)
        if not self._known(token):
            return graph_error(190)
        if self._sending.faults.strikes(FaultKind.TOKEN_EXPIRED, Platform.FACEBOOK, psid or g.page_id):
            return graph_error(190, 463)
        proof = params.get("appsecret_proof")
        if proof and proof != appsecret_proof(self._config.facebook_app_secret, token):
            return graph_error(100, message="Invalid appsecret_proof provided in the API argument")
        return None

    def _known(self, token: str) -> bool:
        """Whether we gave out this token; notes whose it is."""
        page = next((page for page, (_, own) in self._config.pages.items() if own == token), "")
        if page:
            g.page_id = page
            return True
        g.user_pages = self._login.pages_of(token)
        app_token = f"{self._config.facebook_app_id}|{self._config.facebook_app_secret}"
        return token == app_token or g.user_pages is not None

    def _limit(self, psid: str) -> Response | None:
        allowed, left = self._rate.take()
        if self._rate.per_minute:
            g.usage = min(100, 100 - 100 * left // self._rate.per_minute)
        if not allowed or self._sending.faults.strikes(FaultKind.RATE_LIMIT, Platform.FACEBOOK, psid):
            g.usage = 100
            return graph_error(613)
        return None

    def after(self, response: Response) -> Response:
        """The usage headers, in percent; and the wait of a Graph that is slow with everything."""
        self._sending.linger(Platform.FACEBOOK)
        usage = {"call_count": g.get("usage", 1), "total_cputime": 1, "total_time": 1}
        wait = 1 if usage["call_count"] >= 100 else 0
        business = {"type": "messenger", **usage, "estimated_time_to_regain_access": wait}
        response.headers["X-App-Usage"] = json.dumps(usage)
        response.headers["X-Business-Use-Case-Usage"] = json.dumps(
            {g.get("page_id", self._config.facebook_page_id): [business]}
        )
        response.headers["facebook-api-version"] = (request.view_args or {}).get("version", "")
        return response


class SendApi:
    """``POST /{page}/messages``."""

    def __init__(self, world: World, sending: Sending, nodes: GraphNodes) -> None:
        self._world = world
        self._config = world.config
        self._sending = sending
        self._nodes = nodes

    def send(self, version: str, page: str) -> Response:
        """A message or a sender action to one person."""
        del version
        if page not in {"me", self._config.facebook_page_id}:
            return graph_error(100, 33)
        body: dict[str, Any] = {
            k: v for k, v in g.params.items() if k not in {"access_token", "appsecret_proof"}
        }
        psid = _recipient_id(body)
        if not psid:
            return bad_parameter("param recipient must be non-empty.")
        if "sender_action" in body:
            return self._action(psid, body)
        if spoiled := self._sending.before(Platform.FACEBOOK, psid, body):
            return spoiled
        if fault := self._sending.faults.strikes(FaultKind.ERROR_CODE, Platform.FACEBOOK, psid):
            return self._refuse(psid, body, graph_error(fault.code or 2, fault.subcode, fault.message))
        try:
            seen = read_message(body.get("message"))
        except InvalidBodyError as error:
            return self._refuse(psid, body, bad_parameter(str(error)))
        if "persona_id" in body and not self._nodes.persona(str(body["persona_id"])):
            return self._refuse(psid, body, bad_parameter("param persona_id is invalid."))
        person = self._world.find(Platform.FACEBOOK, psid)
        if person is None:
            return self._refuse(psid, body, graph_error(100, 2018001))
        refusal = self._window(person, body)
        if refusal is not None:
            return self._refuse(psid, body, refusal)
        return self.deliver(person, body, seen)

    def _action(self, psid: str, body: dict[str, Any]) -> Response:
        if body["sender_action"] not in SENDER_ACTIONS:
            return bad_parameter("param sender_action is invalid.")
        if "message" in body:
            return bad_parameter("sender_action cannot be sent with a message.")
        if self._world.find(Platform.FACEBOOK, psid) is None:
            return graph_error(100, 2018001)
        self._world.emit("typing", {"platform": "facebook", "user_id": psid, "action": body["sender_action"]})
        return jsonify(recipient_id=psid)

    def _window(self, person: Resident, body: dict[str, Any]) -> Response | None:
        """May this kind of message be sent to this person now?"""
        kind = body.get("messaging_type", "RESPONSE")
        if kind not in TYPES:
            return bad_parameter(
                "param messaging_type must be one of RESPONSE, UPDATE, MESSAGE_TAG, UTILITY."
            )
        tag = body.get("tag")
        if kind == "MESSAGE_TAG" and tag not in TAGS:
            return bad_parameter("param tag is invalid or was removed.")
        if kind == "UTILITY":
            return bad_parameter("message template does not exist.")
        hours = 7 * 24 if kind == "MESSAGE_TAG" else 24
        if self._world.now_ms() - person.last_interaction_ms > hours * HOUR_MS:
            return graph_error(10, 2018278)
        if person.owner_app and person.owner_app != self._config.facebook_app_id:
            return graph_error(10, 2018300)
        return None

    def _refuse(self, psid: str, body: dict[str, Any], answer: Response) -> Response:
        error = answer.get_json()["error"]
        subcode = error.get("error_subcode")
        code = f"{error['code']}/{subcode}" if subcode else str(error["code"])
        self._sending.refused(Platform.FACEBOOK, psid, body, code)
        return answer

    def deliver(self, person: Resident, body: dict[str, Any], seen: Seen) -> Response:
        """Put a checked message before the person, and echo it."""
        mid, at_ms = self._world.new_message_id(Platform.FACEBOOK), self._world.now_ms()
        message = Message(
            Platform.FACEBOOK, person.id, mid, Author.BOT, at_ms,
            seen.kind, seen.text, seen.buttons, seen.media_url, metadata=seen.metadata,
            persona=self._nodes.persona(str(body.get("persona_id") or "")),
        )  # fmt: skip
        echoed: dict[str, Any] = {"mid": mid}
        if seen.kind == "text":
            echoed["text"] = seen.text
        if seen.metadata:
            echoed["metadata"] = seen.metadata
        sent = body["message"]
        if attachment := sent.get("attachment"):
            echoed["attachments"] = [attachment]
        item = facebook_events.echo(self._config, person.id, at_ms, self._config.facebook_app_id, echoed)
        event = facebook_events.envelope(self._config, item, at_ms)
        echo = facebook_delivery(self._config, person.id, "echo", event)
        out = Outbound(person, message, body, echo)
        return self._sending.deliver(out, lambda: jsonify(recipient_id=person.id, message_id=mid))


def _recipient_id(params: dict[str, Any]) -> str:
    recipient = params.get("recipient")
    if isinstance(recipient, dict):
        return str(recipient.get("id") or "")
    return str(recipient or "")


def graph_blueprint(
    gate: GraphGate,
    sender: SendApi,
    nodes: GraphNodes,
    posts: GraphPosts,
    comments: GraphComments,
    login: FacebookLogin,
) -> Blueprint:
    """All Graph routes behind one gate; the one-segment node route comes last."""

    def node(version: str, node: str) -> Response:
        return posts.node(node) or comments.node(node) or nodes.node(version, node)

    def change_node(version: str, node: str) -> Response:
        return comments.change(node) or posts.edit(version, node)

    def delete_node(version: str, node: str) -> Response:
        return posts.delete(node) or comments.delete(node) or nodes.delete_node(version, node)

    def message(version: str, page: str) -> Response:
        recipient = g.params.get("recipient")
        if isinstance(recipient, dict) and recipient.get("comment_id"):
            return comments.private(page, str(recipient["comment_id"]))
        return sender.send(version, page)

    blueprint = Blueprint("graph", __name__)
    blueprint.before_request(gate.before)
    blueprint.after_request(gate.after)
    rules: list[tuple[str, str, Any]] = [
        ("POST", "/<version>/<page>/messages", message),
        ("GET", "/<version>/debug_token", nodes.debug_token),
        ("GET", "/<version>/<page>/conversations", nodes.conversations),
        ("GET", "/<version>/<node>/messages", nodes.thread_messages),
        ("GET", "/<version>/<page>/thread_owner", nodes.thread_owner),
        (
            "POST",
            "/<version>/<page>/<any(pass,take,release,request,extend):verb>_thread_control",
            nodes.control,
        ),
        ("GET", "/<version>/<page>/subscribed_apps", nodes.subscribed_apps),
        ("POST", "/<version>/<page>/subscribed_apps", nodes.subscribe),
        ("DELETE", "/<version>/<page>/subscribed_apps", nodes.unsubscribe),
        ("GET", "/<version>/<page>/messenger_profile", nodes.messenger_profile),
        ("POST", "/<version>/<page>/messenger_profile", nodes.set_messenger_profile),
        ("DELETE", "/<version>/<page>/messenger_profile", nodes.delete_messenger_profile),
        ("GET", "/<version>/<page>/personas", nodes.personas),
        ("POST", "/<version>/<page>/personas", nodes.add_persona),
        ("POST", "/<version>/<page>/message_attachments", nodes.upload),
        ("GET", "/<version>/oauth/access_token", login.token),
        ("POST", "/<version>/oauth/access_token", login.token),
        ("GET", "/<version>/me/accounts", login.accounts),
        ("POST", "/<version>/<page>/feed", posts.feed),
        ("POST", "/<version>/<page>/photos", posts.photo),
        (
            "GET",
            "/<version>/<page>/<any(feed,posts,published_posts,scheduled_posts):edge>",
            posts.listed,
        ),
        ("GET", "/<version>/<node>/insights", posts.insights),
        ("GET", "/<version>/<node>/comments", comments.listed),
        ("POST", "/<version>/<node>/comments", comments.answer),
        ("GET", "/<version>/<node>", node),
        ("POST", "/<version>/<node>", change_node),
        ("DELETE", "/<version>/<node>", delete_node),
    ]
    for number, (method, rule, view) in enumerate(rules):
        blueprint.add_url_rule(rule, f"{number}", view, methods=[method])
    return blueprint
