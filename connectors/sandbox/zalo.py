"""The stand-in for ``openapi.zalo.me``: always HTTP 200, with ``error`` in the body."""

from __future__ import annotations

import json
import secrets
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from flask import Blueprint, Response, g, request

from connectors.sandbox import defaults, zalo_events
from connectors.sandbox.delivery import zalo_delivery
from connectors.sandbox.faults import FaultKind
from connectors.sandbox.rate import RateMeter
from connectors.sandbox.sending import Outbound, Sending
from connectors.sandbox.signing import appsecret_proof
from connectors.sandbox.state import Author, Message, Platform, Resident, World
from connectors.sandbox.zalo_answers import failure, success
from connectors.sandbox.zalo_articles import Articles
from connectors.sandbox.zalo_body import InvalidBodyError, Seen, read_message
from connectors.sandbox.zalo_oauth import Mints

WINDOW_MS = 7 * 86_400_000
VIETNAM = timezone(timedelta(hours=7))
PHOTO_KINDS = {"text": "text", "image": "photo", "gif": "GIF", "audio": "voice", "link": "link",
               "sticker": "sticker", "location": "location"}  # fmt: skip


class ZaloApi:
    """The OA OpenAPI calls that the stand-in knows."""

    def __init__(self, world: World, sending: Sending, mint: Mints, articles: Articles) -> None:
        self._world = world
        self._config = world.config
        self._sending = sending
        self._mint = mint
        self._articles = articles
        self._rate = RateMeter(world.config.zalo_rate_per_min)

    def gate(self) -> Response | None:
        """Token, proof and rate, before any call."""
        g.rate_left = 4000
        token = request.headers.get("access_token", "")
        user_id = _peek_user()
        code, g.oa_id = self._mint.check(token)
        if self._sending.faults.strikes(FaultKind.TOKEN_EXPIRED, Platform.ZALO, user_id or g.oa_id):
            self._mint.expire(g.oa_id)
            code, g.oa_id = self._mint.check(token)
        proof = request.headers.get("appsecret_proof")
        if not code and proof is not None and proof != appsecret_proof(self._config.zalo_app_secret, token):
            code = -242
        if not code:
            allowed, g.rate_left = self._rate.take()
            if not allowed:
                code = -32
        if not code and self._sending.faults.strikes(FaultKind.RATE_LIMIT, Platform.ZALO, user_id):
            g.rate_left, code = 0, -32
        if code and request.method == "POST":
            self._sending.refused(Platform.ZALO, user_id, {}, str(code))
        return failure(code) if code else None

    def rate_headers(self, response: Response) -> Response:
        """The headers that every answer carries; and the wait of a Zalo that is slow with everything."""
        self._sending.linger(Platform.ZALO)
        response.headers["X-RateLimit-Limit"] = str(self._rate.per_minute or 4000)
        response.headers["X-RateLimit-Remain"] = str(g.get("rate_left", 0))
        return response

    def send(self) -> Response:
        """``POST /v3.0/oa/message/cs``."""
        body = request.get_json(silent=True)
        if not isinstance(body, dict):
            return failure(-201, "body must be JSON")
        recipient = body.get("recipient")
        user_id = recipient.get("user_id") if isinstance(recipient, dict) else None
        if not isinstance(user_id, str) or not user_id.isdecimal():
            return self._refuse(str(user_id or ""), body, -201, "user_id is invalid")
        if spoiled := self._sending.before(Platform.ZALO, user_id, body):
            return spoiled
        if fault := self._sending.faults.strikes(FaultKind.ERROR_CODE, Platform.ZALO, user_id):
            return self._refuse(user_id, body, fault.code or -200, fault.message)
        try:
            seen = read_message(body.get("message"))
        except InvalidBodyError as error:
            return self._refuse(user_id, body, -201, str(error))
        person = self._world.find(Platform.ZALO, user_id)
        if person is None:
            return self._refuse(user_id, body, -201, "user_id is invalid")
        if self._world.now_ms() - person.last_interaction_ms > WINDOW_MS:
            return self._refuse(user_id, body, -230)
        return self._deliver(person, body, seen)

    def _refuse(self, user_id: str, body: dict[str, Any], code: int, message: str = "") -> Response:
        self._sending.refused(Platform.ZALO, user_id, body, str(code))
        return failure(code, message)

    def _deliver(self, person: Resident, body: dict[str, Any], seen: Seen) -> Response:
        message_id, at_ms = self._world.new_message_id(Platform.ZALO), self._world.now_ms()
        message = Message(
            Platform.ZALO, person.id, message_id, Author.BOT, at_ms,
            seen.kind, seen.text, seen.buttons, seen.media_url,
        )  # fmt: skip
        echoed: dict[str, Any] = {"msg_id": message_id}
        if seen.text:
            echoed["text"] = seen.text
        name = (
            f"oa_send_{seen.kind}"
            if seen.kind in {"text", "image", "gif", "sticker", "file"}
            else "oa_send_template"
        )
        if seen.media_url:
            echoed["attachments"] = [zalo_events.attachment(seen.kind, seen.media_url)]
        event = zalo_events.oa_event(self._config, person.id, name, at_ms, echoed)
        out = Outbound(person, message, body, zalo_delivery(self._config, person.id, event))
        data: dict[str, Any] = {"message_id": message_id, "user_id": person.id, "sent_time": str(at_ms)}
        quota = self._quota(person)
        return self._sending.deliver(out, lambda: success({"quota": quota, **data} if quota else data))

    def _quota(self, person: Resident) -> dict[str, str] | None:
        """Which quota pays for this message: free replies, then the package, then money (no block)."""
        with self._world.lock:
            fresh = (
                self._world.now_ms() - person.last_interaction_ms <= self._config.zalo_reply_window_s * 1000
            )
            total = self._config.zalo_reply_quota
            if fresh and person.replies_used < total:
                person.replies_used += 1
                return {
                    "quota_type": "reply",
                    "remain": str(total - person.replies_used),
                    "total": str(total),
                }
            package = self._config.zalo_package_quota
            if self._world.package_used < package:
                self._world.package_used += 1
                remain = str(package - self._world.package_used)
                until = datetime.now(UTC) + timedelta(days=30)
                return {
                    "quota_type": "sub_quota",
                    "remain": remain,
                    "total": str(package),
                    "expired_date": until.astimezone(VIETNAM).strftime("%d/%m/%Y"),
                }
        return None

    def quota(self) -> Response:
        """``POST /v3.0/oa/quota/message``: what may still be sent to one person."""
        user_id = _peek_user()
        person = self._world.find(Platform.ZALO, user_id)
        if person is None:
            return failure(-201, "user_id is invalid")
        total = self._config.zalo_reply_quota
        return success(
            {
                "last_interaction": str(person.last_interaction_ms),
                "cs_reply": {"remain": max(0, total - person.replies_used), "total": total},
                "promotion": self._articles.quota(g.oa_id),
            }
        )

    def conversation(self) -> Response:
        """``GET /v2.0/oa/conversation``: one person's messages, newest first."""
        data = _query()
        user_id = str(data.get("user_id", ""))
        span = _span(data)
        if span is None or not user_id:
            return failure(-201, "offset and count must be numbers, count at most 10")
        person = self._world.find(Platform.ZALO, user_id)
        if person is None:
            return failure(-201, "user_id is invalid")
        messages = self._world.conversation(Platform.ZALO, user_id, *span)
        return success([self._line(person, m) for m in messages])

    def recent(self) -> Response:
        """``GET /v2.0/oa/listrecentchat``: the last message of each conversation, newest first."""
        span = _span(_query())
        if span is None:
            return failure(-201, "offset and count must be numbers, count at most 10")
        people = self._world.recent(Platform.ZALO, *span)
        return success([self._line(p, p.messages[-1]) for p in people if p.messages])

    def _line(self, person: Resident, message: Message) -> dict[str, Any]:
        mine = message.author is not Author.RESIDENT
        ends = [(person.id, person.name), (self._config.zalo_oa_id, defaults.ZALO_OA_NAME)]
        (from_id, from_name), (to_id, to_name) = reversed(ends) if mine else ends
        line: dict[str, Any] = {
            "src": 0 if mine else 1,
            "time": message.at_ms,
            "type": PHOTO_KINDS.get(message.kind, "text"),
            "message": message.payload or message.text,
            "message_id": message.message_id,
            "from_id": from_id,
            "to_id": to_id,
            "from_display_name": from_name,
            "from_avatar": "",
            "to_display_name": to_name,
            "to_avatar": "",
        }
        return line | ({"thumb": message.media_url, "url": message.media_url} if message.media_url else {})

    def profile(self) -> Response:
        """``GET /v3.0/oa/user/detail``."""
        user_id = str(_query().get("user_id", ""))
        person = self._world.find(Platform.ZALO, user_id)
        if person is None:
            return failure(-201, "user_id is invalid")
        seen = datetime.fromtimestamp(person.last_interaction_ms / 1000, VIETNAM)
        data: dict[str, Any] = {
            "user_id": user_id,
            "user_id_by_app": zalo_events.id_by_app(user_id),
            "user_external_id": "",
            "display_name": person.name,
            "user_alias": person.name,
            "is_sensitive": False,
            "user_last_interaction_date": seen.strftime("%d/%m/%Y"),
            "user_is_follower": person.followed,
            "avatar": "",
            "avatars": {"120": "", "240": ""},
            "dynamic_param": "",
            "tags_and_notes_info": {"notes": [], "tag_names": []},
        }
        if person.followed:
            data["shared_info"] = dict.fromkeys(("address", "city", "district", "name", "user_dob"), "")
            data["shared_info"]["phone"] = 0
        return success(data)

    def account(self) -> Response:
        """``GET /v2.0/oa/getoa``."""
        return success(
            {
                "oa_id": g.oa_id,
                "oaid": g.oa_id,
                "name": self._config.oas[g.oa_id],
                "description": "Tài khoản thử nghiệm trong sandbox",
                "is_verified": True,
                "oa_type": 4,
                "cate_name": "Cơ quan nhà nước",
                "num_follower": 1200,
                "package_name": "Tăng trưởng",
                "package_valid_through_date": "31/12/2027",
                "package_auto_renew_date": "",
                "linked_ZCA": "",
            }
        )

    def upload(self, kind: str) -> Response:
        """``POST /v2.0/oa/upload/<kind>``."""
        file = request.files.get("file")
        if file is None or kind not in {"image", "gif", "file"}:
            return failure(-201, "file is missing")
        limit = 1_000_000 if kind == "image" else 5_000_000
        if len(file.read(limit + 1)) > limit:
            return failure(-201, "file is too large")
        return success({"token" if kind == "file" else "attachment_id": secrets.token_urlsafe(27)})


def _query() -> dict[str, Any]:
    """The JSON in ``?data=`` of a GET call; empty if it is none."""
    try:
        data = json.loads(request.args.get("data", "{}"))
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}


def _span(data: dict[str, Any]) -> tuple[int, int] | None:
    """Offset and count of a listing, None if they are refused."""
    try:
        offset, count = int(data.get("offset", 0)), int(data.get("count", 5))
    except (TypeError, ValueError):
        return None
    return (offset, count) if offset >= 0 and 0 < count <= 10 else None


def _peek_user() -> str:
    """Whom a call is about, before it is checked."""
    body = request.get_json(silent=True) if request.method == "POST" else _query()
    if not isinstance(body, dict):
        return ""
    recipient = body.get("recipient")
    return str((recipient if isinstance(recipient, dict) else body).get("user_id") or "")


def zalo_blueprint(api: ZaloApi, articles: Articles) -> Blueprint:
    """All OpenAPI routes behind one gate."""
    blueprint = Blueprint("zalo", __name__)
    blueprint.before_request(api.gate)
    blueprint.after_request(api.rate_headers)
    rules: list[tuple[str, str, Any]] = [
        ("POST", "/v3.0/oa/message/cs", api.send),
        ("POST", "/v3.0/oa/quota/message", api.quota),
        ("GET", "/v3.0/oa/user/detail", api.profile),
        ("GET", "/v2.0/oa/conversation", api.conversation),
        ("GET", "/v2.0/oa/listrecentchat", api.recent),
        ("GET", "/v2.0/oa/getoa", api.account),
        ("POST", "/v2.0/oa/upload/<kind>", api.upload),
        ("POST", "/v2.0/oa/message", articles.broadcast),
        ("POST", "/v2.0/article/create", articles.create),
        ("POST", "/v2.0/article/update", articles.update),
        ("POST", "/v2.0/article/verify", articles.verify),
        ("POST", "/v2.0/article/remove", articles.remove),
        ("GET", "/v2.0/article/getdetail", articles.detail),
        ("GET", "/v2.0/article/getslice", articles.listed),
    ]
    for method, rule, view in rules:
        blueprint.add_url_rule(rule, f"{method} {rule}".replace(".", "_"), view, methods=[method])
    return blueprint
