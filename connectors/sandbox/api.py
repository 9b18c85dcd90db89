"""The control API under ``/sandbox/api``: play residents and officers, switch faults, read what happened.

JSON in and out. A wrong request answers 400 with ``{"error": …}``. Used by tests, by the load test and
by the page. It can reach nothing but the assistant's two webhook addresses.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Sequence
from typing import Any, Protocol

from flask import Blueprint, Response, jsonify, request

from connectors.sandbox.actors import Act, Actors, Done
from connectors.sandbox.delivery import facebook_delivery, zalo_delivery
from connectors.sandbox.faults import Faults, parse_fault
from connectors.sandbox.signing import facebook_bytes, facebook_signatures, zalo_bytes, zalo_signature
from connectors.sandbox.state import Author, Platform, World
from connectors.sandbox.webhooks import Dispatcher
from connectors.sandbox.zalo_oauth import Mints

MAX_WAIT_S = 60.0
_ACT_FIELDS = ("kind", "text", "payload", "title", "url", "name", "message_id", "reply_to")


class Resettable(Protocol):
    """A part of the stand-ins that begins anew."""

    def reset(self) -> None: ...


class ControlApi:
    """The control calls. Held apart from Flask's routing so that each is one short method."""

    def __init__(
        self,
        world: World,
        faults: Faults,
        dispatcher: Dispatcher,
        actors: Actors,
        mint: Mints,
        rest: Sequence[Resettable],
    ) -> None:
        self._world = world
        self._faults = faults
        self._dispatcher = dispatcher
        self._actors = actors
        self._mint = mint
        self._rest = rest

    def resident(self, platform: str) -> Response:
        """``POST /residents/<platform>/send``: a resident acts; see :class:`Act`.

        ``wait`` (default true) waits for the webhook's first answer; "done" until it is through.
        """
        body = _body()
        return jsonify(self._act(Platform(platform), body, body.get("wait", True)))

    def batch(self) -> Response:
        """``POST /residents/batch {"acts": [{"platform", …}]}``: many acts, not waited for."""
        acts = _body().get("acts")
        if not isinstance(acts, list):
            raise ValueError("acts must be a list")
        return jsonify(acts=[self._act(Platform(str(a.get("platform"))), a, wait=False) for a in acts])

    def _act(self, platform: Platform, body: dict[str, Any], wait: object) -> dict[str, Any]:
        texts = {name: str(body[name]) for name in _ACT_FIELDS if body.get(name) is not None}
        user_id = str(body.get("user_id") or self._world.new_user_id(platform))
        act = Act(user_id, at_ms=int(body.get("at_ms") or 0), **texts)
        return _waited(self._actors.resident(platform, act), wait)

    def officer(self, platform: str) -> Response:
        """``POST /officers/<platform>/send {"user_id", "text", "sender_id"?, "take_control"?}``."""
        body = _body()
        done = self._actors.officer(
            Platform(platform),
            _required(body, "user_id"),
            _required(body, "text"),
            str(body.get("sender_id") or ""),
            bool(body.get("take_control")),
        )
        return jsonify(_waited(done, body.get("wait", True)))

    def raw(self, platform: str) -> Response:
        """``POST /raw/<platform>``: any body, signed as told, outside the queues.

        ``body`` is a string (sent as it is) or an object (sent in the platform's JSON); or ``base64``.
        ``signature``: "ok" (default), "none", "wrong", or the header's literal value. ``headers`` are added.
        """
        where, body = Platform(platform), _body()
        raw = self._raw_bytes(where, body)
        headers = {"Content-Type": "application/json", **self._signature(where, raw, body)}
        headers.update({str(k): str(v) for k, v in (body.get("headers") or {}).items()})
        return jsonify(self._dispatcher.post_raw(where, raw, headers))

    def event(self, platform: str) -> Response:
        """``POST /events/<platform> {"user_id", "event": {…}}``: any event, signed, queued, retried."""
        where, body = Platform(platform), _body()
        user_id, event = _required(body, "user_id"), body.get("event")
        if not isinstance(event, dict):
            raise ValueError("event must be an object")
        if where is Platform.ZALO:
            if not {"event_name", "timestamp"} <= event.keys():
                raise ValueError("a Zalo event needs event_name and timestamp")
            delivery = zalo_delivery(self._world.config, user_id, event)
        else:
            delivery = facebook_delivery(self._world.config, user_id, "event", event)
        self._dispatcher.submit(delivery)
        return jsonify(_waited(Done(user_id, "", delivery), body.get("wait", True)))

    @staticmethod
    def _raw_bytes(platform: Platform, body: dict[str, Any]) -> bytes:
        if "base64" in body:
            return base64.b64decode(str(body["base64"]))
        content = body.get("body", "")
        if isinstance(content, str):
            return content.encode()
        return zalo_bytes(content) if platform is Platform.ZALO else facebook_bytes(content)

    def _signature(self, platform: Platform, raw: bytes, body: dict[str, Any]) -> dict[str, str]:
        wanted = str(body.get("signature", "ok"))
        if wanted == "none":
            return {}
        if wanted not in {"ok", "wrong"}:
            name = "X-ZEvent-Signature" if platform is Platform.ZALO else "X-Hub-Signature-256"
            return {name: wanted}
        config = self._world.config
        spoil = "" if wanted == "ok" else "wrong"
        if platform is Platform.FACEBOOK:
            return facebook_signatures(raw, config.facebook_app_secret + spoil)
        content = body.get("body")
        timestamp = (
            str(content.get("timestamp", "")) if isinstance(content, dict) else str(body.get("timestamp", ""))
        )
        mac = zalo_signature(config.zalo_app_id, raw, timestamp, config.zalo_oa_secret_key + spoil)
        return {"X-ZEvent-Signature": mac}

    def transcript(self, platform: str, user_id: str) -> Response:
        """``GET /transcript/<platform>/<user_id>?after=&sent=&timeout=``: a conversation, oldest first.

        With ``sent=n`` it waits (up to ``timeout`` seconds) until the account has sent ``n`` messages
        after ``after``; ``complete`` tells whether it has.
        """
        where = Platform(platform)
        after, wanted = _number("after"), _number("sent")
        deadline = time.monotonic() + _wait_s()
        while True:
            mark = self._world.feed.last
            messages = self._world.transcript(where, user_id, after)
            complete = sum(m.author is Author.BOT for m in messages) >= wanted
            left = deadline - time.monotonic()
            if complete or left <= 0:
                return jsonify(messages=[m.to_dict() for m in messages], complete=complete)
            self._world.feed.wait(mark, left, limit=1)

    def conversations(self) -> Response:
        """``GET /conversations``: people by their last message."""
        people = [p for platform in Platform for p in self._world.recent(platform, 0, 500)]
        return jsonify(
            conversations=[
                {"platform": p.platform.value, "user_id": p.id, "name": p.name, "messages": len(p.messages)}
                for p in people
            ]
        )

    def sends(self) -> Response:
        """``GET /sends?after=&limit=&platform=&user_id=&timeout=``: calls of the send endpoints in order."""
        limit = min(_number("limit", 1000), 10_000)
        found = self._world.sends.wait(_number("after"), _wait_s(0), limit)
        platform, user_id = request.args.get("platform"), request.args.get("user_id")
        chosen = [
            {"number": number, **record.to_dict()}
            for number, record in found
            if (not platform or record.platform == platform) and (not user_id or record.user_id == user_id)
        ]
        return jsonify(sends=chosen, last=found[-1][0] if found else _number("after"))

    def webhooks(self) -> Response:
        """``GET /webhooks?after=&limit=``: webhooks that are through, with their bodies, oldest first."""
        found = self._dispatcher.log.after(_number("after"), min(_number("limit", 200), 5000))
        shown = [{"number": number, **delivery.to_dict(with_body=True)} for number, delivery in found]
        return jsonify(webhooks=shown, last=self._dispatcher.log.last)

    def state(self) -> Response:
        """``GET /state``: switches, counts, what is on its way."""
        world = self._world
        return jsonify(
            now_ms=world.now_ms(),
            open_webhooks=self._dispatcher.open,
            subscribed={p.value: self._dispatcher.subscribed(p) for p in Platform},
            delivered={p.value: n for p, n in world.delivered.items()},
            duplicates={p.value: n for p, n in world.duplicates.items()},
            token_refreshes=self._mint.refreshes,
            settings=self._settings(),
            faults=self._faults.active(),
        )

    def idle(self) -> Response:
        """``GET /idle?timeout=``: waits until no webhook is on its way."""
        return jsonify(idle=self._dispatcher.wait_idle(_wait_s()))

    def list_faults(self) -> Response:
        """``GET /faults``."""
        return jsonify(faults=self._faults.active())

    def add_fault(self) -> Response:
        """``POST /faults``: switch one on; see :mod:`connectors.sandbox.faults`."""
        fault = self._faults.add(parse_fault(_body()))
        self._show_faults()
        return jsonify(fault.to_dict())

    def remove_fault(self, fault_id: int) -> Response:
        """``DELETE /faults/<id>``."""
        removed = self._faults.remove(fault_id)
        self._show_faults()
        return jsonify(removed=removed)

    def clear_faults(self) -> Response:
        """``DELETE /faults``."""
        self._faults.clear()
        self._show_faults()
        return jsonify(removed=True)

    def _show_faults(self) -> None:
        self._world.emit("faults", {"faults": self._faults.active()})

    def _settings(self) -> dict[str, Any]:
        return {
            "echoes": self._world.echoes,
            "receipts": self._world.receipts,
            "ladder_factor": self._dispatcher.ladder_factor,
        }

    def change_settings(self) -> Response:
        """``PATCH /settings {"echoes"?, "receipts"?, "ladder_factor"?}``."""
        body = _body()
        if unknown := set(body) - set(self._settings()):
            raise ValueError(f"unknown setting {min(unknown)!r}")
        self._world.echoes = bool(body.get("echoes", self._world.echoes))
        self._world.receipts = bool(body.get("receipts", self._world.receipts))
        self._dispatcher.ladder_factor = float(body.get("ladder_factor", self._dispatcher.ladder_factor))
        self._world.emit("settings", self._settings())
        return jsonify(self._settings())

    def clock(self) -> Response:
        """``POST /clock {"shift_ms"}``: move the stand-ins' time; answers the new time."""
        self._world.shift_clock(int(_body().get("shift_ms", 0)))
        return jsonify(now_ms=self._world.now_ms())

    def subscribe(self, platform: str) -> Response:
        """``POST /subscribe/<platform>``: as an administrator does in the console after the ladder ended."""
        self._dispatcher.subscribe(Platform(platform))
        return jsonify(subscribed=True)

    def retry(self) -> Response:
        """``POST /retry``: every waiting retry happens now."""
        self._dispatcher.retry_now()
        return jsonify(open_webhooks=self._dispatcher.open)

    def release(self, user_id: str) -> Response:
        """``POST /release/<psid>``: the Page Inbox lets go of a Messenger thread."""
        self._world.resident(Platform.FACEBOOK, user_id).owner_app = ""
        return jsonify(released=True)

    def grant(self) -> Response:
        """``POST /zalo/grant``: a fresh token pair, as from Zalo's API Explorer."""
        return jsonify(self._mint.grant())

    def expire_token(self) -> Response:
        """``POST /zalo/expire-token``: the current access token answers -220 until it is refreshed."""
        self._mint.expire()
        return jsonify(expired=True)

    def reset(self) -> Response:
        """``POST /reset``: back to the first moment."""
        self._faults.clear()
        self._dispatcher.reset()
        self._mint.reset()
        for part in self._rest:
            part.reset()
        self._world.reset()
        return jsonify(reset=True)


def _body() -> dict[str, Any]:
    body = request.get_json(silent=True) if request.get_data() else {}
    if not isinstance(body, dict):
        raise ValueError("the body must be a JSON object")
    return body


def _required(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if value in (None, ""):
        raise ValueError(f"{name} is missing")
    return str(value)


def _number(name: str, default: int = 0) -> int:
    try:
        return int(request.args.get(name, default))
    except ValueError as error:
        raise ValueError(f"{name} must be a number") from error


def _wait_s(default: float = 10.0) -> float:
    try:
        return min(MAX_WAIT_S, float(request.args.get("timeout", default)))
    except ValueError as error:
        raise ValueError("timeout must be a number of seconds") from error


def _waited(done: Done, wait: object) -> dict[str, Any]:
    """The act's ids and how its webhook went, as far as it was waited for."""
    delivery = done.delivery
    if wait:
        (delivery.done if wait == "done" else delivery.first).wait(MAX_WAIT_S)
    return {"message_id": done.message_id, **delivery.to_dict()}


def api_blueprint(api: ControlApi) -> Blueprint:
    """The routes of the control API."""
    blueprint = Blueprint("sandbox_api", __name__)
    rules: list[tuple[str, str, Any]] = [
        ("POST", "/residents/<any(zalo,facebook):platform>/send", api.resident),
        ("POST", "/residents/batch", api.batch),
        ("POST", "/officers/<any(zalo,facebook):platform>/send", api.officer),
        ("POST", "/raw/<any(zalo,facebook):platform>", api.raw),
        ("POST", "/events/<any(zalo,facebook):platform>", api.event),
        ("GET", "/transcript/<any(zalo,facebook):platform>/<user_id>", api.transcript),
        ("GET", "/conversations", api.conversations),
        ("GET", "/sends", api.sends),
        ("GET", "/webhooks", api.webhooks),
        ("GET", "/state", api.state),
        ("GET", "/idle", api.idle),
        ("GET", "/faults", api.list_faults),
        ("POST", "/faults", api.add_fault),
        ("DELETE", "/faults", api.clear_faults),
        ("DELETE", "/faults/<int:fault_id>", api.remove_fault),
        ("PATCH", "/settings", api.change_settings),
        ("POST", "/clock", api.clock),
        ("POST", "/subscribe/<any(zalo,facebook):platform>", api.subscribe),
        ("POST", "/retry", api.retry),
        ("POST", "/release/<user_id>", api.release),
        ("POST", "/zalo/grant", api.grant),
        ("POST", "/zalo/expire-token", api.expire_token),
        ("POST", "/reset", api.reset),
    ]
    for number, (method, rule, view) in enumerate(rules):
        blueprint.add_url_rule(rule, f"{number}", view, methods=[method])

    @blueprint.errorhandler(ValueError)
    def wrong(error: ValueError) -> tuple[Response, int]:
        return jsonify(error=str(error)), 400

    return blueprint
