"""What one reads and sets on the stand-in Graph: the page, people, conversations, profile, subscriptions."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Any

from flask import Response, g, jsonify, request

from connectors.sandbox import defaults
from connectors.sandbox.graph_errors import bad_parameter, graph_error
from connectors.sandbox.graph_fields import Field, parse_fields, pick
from connectors.sandbox.graph_oauth import SCOPES
from connectors.sandbox.state import Author, Message, Platform, Resident, World
from connectors.sandbox.webhooks import Dispatcher

USER_FIELDS = {"id", "name", "first_name", "last_name", "profile_pic"}
SUBSCRIPTIONS = {
    "messages", "messaging_postbacks", "message_echoes", "message_reads", "message_deliveries",
    "message_reactions", "message_edits", "messaging_referrals", "messaging_optins", "messaging_handovers",
    "messaging_policy_enforcement", "standby", "feed", "mention", "inbox_labels",
}  # fmt: skip
PROFILE = {"get_started", "greeting", "ice_breakers", "persistent_menu", "commands", "whitelisted_domains"}
NEWEST = 20  # the Conversations API gives details of about so many messages


def iso(at_ms: int) -> str:
    """Graph's time format, whole seconds."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")


class GraphNodes:
    """Views of everything but the Send API. Each takes the URL's parts and answers in Graph's shapes."""

    def __init__(self, world: World, dispatcher: Dispatcher) -> None:
        self._world = world
        self._config = world.config
        self._dispatcher = dispatcher
        self.reset()

    def reset(self) -> None:
        """Back to a page that is subscribed and has no profile."""
        self._fields = sorted(SUBSCRIPTIONS)
        self._profile: dict[str, Any] = {}
        self._personas: dict[str, dict[str, Any]] = {}

    def _is_page(self, page: str) -> bool:
        return page == "me" or page in self._config.pages

    @staticmethod
    def _asked() -> dict[str, Field]:
        return parse_fields(str(g.params.get("fields") or ""))

    def node(self, version: str, node: str) -> Response:
        """``GET /{id}``: the page, a person, a conversation, a message, a persona or the app."""
        del version
        try:
            asked = self._asked()
        except ValueError as error:
            return graph_error(2500, message=str(error))
        if self._is_page(node):
            return jsonify(
                pick(
                    self._page(g.page_id if node == "me" else node), asked or {"id": Field(), "name": Field()}
                )
            )
        if node == self._config.facebook_app_id:
            return jsonify(id=node, name="Trợ lý xã")
        if node.startswith("t_") and (person := self._world.find(Platform.FACEBOOK, node[2:])):
            return jsonify(pick(self._conversation(person), asked))
        if (message := self._world.message(node)) is not None:
            return jsonify(pick(self._message(message), asked or {"id": Field(), "created_time": Field()}))
        if node in self._personas:
            return jsonify(self._personas[node])
        person = self._world.find(Platform.FACEBOOK, node)
        if person is None:
            return graph_error(100, 33)
        if unknown := set(asked) - USER_FIELDS:
            return bad_parameter(f"Tried accessing nonexistent field ({min(unknown)})")
        first, _, last = person.name.rpartition(" ")
        profile = {"id": node, "name": person.name, "first_name": last, "last_name": first, "profile_pic": ""}
        return jsonify(pick(profile, asked))

    def delete_node(self, version: str, node: str) -> Response:
        """``DELETE /{persona}``."""
        del version
        return jsonify(success=True) if self._personas.pop(node, None) else graph_error(100, 33)

    def _page(self, page: str) -> dict[str, Any]:
        return {
            "id": page,
            "name": self._config.pages[page][0],
            "username": "ubnd.sandbox",
            "about": "Trang thử nghiệm trong sandbox",
            "category": "Government organization",
            "link": f"https://www.facebook.com/{page}",
            "fan_count": 1200,
            "followers_count": 1250,
            "is_published": True,
            "messaging_feature_status": {"hop_v2": True},
            "tasks": ["MESSAGING", "MODERATE", "CREATE_CONTENT"],
        }

    def _ends(self, person: Resident) -> tuple[dict[str, str], dict[str, str]]:
        page = self._config.facebook_page_id
        return (
            {"name": person.name, "email": f"{person.id}@facebook.com", "id": person.id},
            {"name": defaults.FACEBOOK_PAGE_NAME, "email": f"{page}@facebook.com", "id": page},
        )

    def _message(self, message: Message) -> dict[str, Any]:
        person = self._world.resident(Platform.FACEBOOK, message.user_id)
        theirs, ours = self._ends(person)
        sender, receiver = (theirs, ours) if message.author is Author.RESIDENT else (ours, theirs)
        shown: dict[str, Any] = {
            "id": message.message_id,
            "created_time": iso(message.at_ms),
            "from": sender,
            "to": {"data": [receiver]},
            "message": message.text,
        }
        if message.media_url:
            attachment = {"id": "1", "mime_type": "image/jpeg", "image_data": {"url": message.media_url}}
            shown["attachments"] = {"data": [attachment]}
        return shown

    def _conversation(self, person: Resident, limit: int = NEWEST) -> dict[str, Any]:
        messages = self._world.conversation(Platform.FACEBOOK, person.id, 0, min(limit, NEWEST))
        newest = messages[0].at_ms if messages else 0
        return {
            "id": f"t_{person.id}",
            "link": f"/{self._config.facebook_page_id}/inbox/{person.id}/",
            "updated_time": iso(newest),
            "message_count": len(person.messages),
            "snippet": messages[0].text[:80] if messages else "",
            "unread_count": 0,
            "can_reply": True,
            "is_owner": not person.owner_app or person.owner_app == self._config.facebook_app_id,
            "participants": {"data": list(self._ends(person))},
            "senders": {"data": list(self._ends(person))},
            "messages": {"data": [self._message(m) for m in messages]},
        }

    def conversations(self, version: str, page: str) -> Response:
        """``GET /{page}/conversations``, of one person with ``user_id``."""
        del version
        if not self._is_page(page):
            return graph_error(100, 33)
        try:
            asked = self._asked()
            limit = int(g.params.get("limit") or 25)
        except ValueError as error:
            return graph_error(2500, message=str(error))
        psid = str(g.params.get("user_id") or "")
        if psid:
            person = self._world.find(Platform.FACEBOOK, psid)
            people = [person] if person and person.messages else []
        else:
            people = self._world.recent(Platform.FACEBOOK, 0, max(1, min(limit, 50)))
        wanted = asked or {"id": Field(), "link": Field(), "updated_time": Field()}
        return jsonify(data=[pick(self._conversation(p), wanted) for p in people])

    def thread_messages(self, version: str, node: str) -> Response:
        """``GET /t_{id}/messages``."""
        del version
        person = self._world.find(Platform.FACEBOOK, node.removeprefix("t_"))
        if person is None:
            return graph_error(100, 33)
        try:
            asked = self._asked() or {"id": Field(), "created_time": Field()}
        except ValueError as error:
            return graph_error(2500, message=str(error))
        return jsonify(data=[pick(m, asked) for m in self._conversation(person)["messages"]["data"]])

    def thread_owner(self, version: str, page: str) -> Response:
        """``GET /{page}/thread_owner?recipient=``: empty while the thread is idle."""
        del version
        person = self._world.find(Platform.FACEBOOK, str(g.params.get("recipient") or ""))
        if person is None or not self._is_page(page):
            return graph_error(100, 2018001)
        if not person.owner_app:
            return jsonify(data=[])
        until = str((self._world.now_ms() + 86_400_000) // 1000)
        return jsonify(data=[{"thread_owner": {"app_id": person.owner_app, "expiration": until}}])

    def control(self, version: str, page: str, verb: str) -> Response:
        """``POST /{page}/{verb}_thread_control``."""
        del version
        recipient = g.params.get("recipient")
        psid = str(recipient.get("id") if isinstance(recipient, dict) else recipient or "")
        person = self._world.find(Platform.FACEBOOK, psid)
        if person is None or not self._is_page(page):
            return graph_error(100, 2018001)
        if verb == "take":
            return graph_error(
                27, message="(#27) This app cannot take thread control: there is no default app."
            )
        if verb == "pass":
            person.owner_app = str(g.params.get("target_app_id") or "")
        elif verb == "release":
            person.owner_app = ""
        return jsonify(success=True)

    def subscribed_apps(self, version: str, page: str) -> Response:
        """``GET /{page}/subscribed_apps``: without our app after the retry ladder ended."""
        del version, page
        app = {"name": "Trợ lý xã", "id": self._config.facebook_app_id, "subscribed_fields": self._fields}
        return jsonify(data=[app] if self._dispatcher.subscribed(Platform.FACEBOOK) else [])

    def subscribe(self, version: str, page: str) -> Response:
        """``POST /{page}/subscribed_apps?subscribed_fields=``: replaces the list."""
        del version, page
        given = g.params.get("subscribed_fields") or ""
        names = given if isinstance(given, list) else [f.strip() for f in str(given).split(",") if f.strip()]
        if not names or (unknown := set(names) - SUBSCRIPTIONS):
            wrong = min(unknown) if names else ""
            return bad_parameter(f"Param subscribed_fields must be valid: {wrong!r} is not.")
        self._fields = sorted(names)
        self._dispatcher.subscribe(Platform.FACEBOOK)
        return jsonify(success=True)

    def unsubscribe(self, version: str, page: str) -> Response:
        """``DELETE /{page}/subscribed_apps``."""
        del version, page
        self._dispatcher.unsubscribe(Platform.FACEBOOK)
        return jsonify(success=True)

    def messenger_profile(self, version: str, page: str) -> Response:
        """``GET /{page}/messenger_profile?fields=``."""
        del version, page
        names = [f for f in str(g.params.get("fields") or "").split(",") if f]
        if unknown := set(names) - PROFILE:
            return bad_parameter(f"Tried accessing nonexistent field ({min(unknown)})")
        found = {name: self._profile[name] for name in names if name in self._profile}
        return jsonify(data=[found] if found else [])

    def set_messenger_profile(self, version: str, page: str) -> Response:
        """``POST /{page}/messenger_profile``."""
        del version, page
        given = {k: v for k, v in g.params.items() if k in PROFILE}
        if not given:
            return bad_parameter("Requires one of the params: " + ",".join(sorted(PROFILE)))
        if "persistent_menu" in given and not ({"get_started"} & (given.keys() | self._profile.keys())):
            return bad_parameter("You must set a Get Started button if you want to use persistent menu.")
        if len(given.get("ice_breakers", [])) > 4:
            return bad_parameter("ice_breakers must be at most 4.")
        self._profile |= given
        return jsonify(result="success")

    def delete_messenger_profile(self, version: str, page: str) -> Response:
        """``DELETE /{page}/messenger_profile`` with a list of fields."""
        del version, page
        names = g.params.get("fields") or []
        for name in names if isinstance(names, list) else str(names).split(","):
            self._profile.pop(str(name), None)
        return jsonify(result="success")

    def persona(self, persona_id: str) -> str:
        """The name of a persona; empty if there is none of this id."""
        return str(self._personas.get(persona_id, {}).get("name") or "")

    def personas(self, version: str, page: str) -> Response:
        """``GET /{page}/personas``."""
        del version, page
        return jsonify(data=list(self._personas.values()))

    def add_persona(self, version: str, page: str) -> Response:
        """``POST /{page}/personas``."""
        del version, page
        name = g.params.get("name")
        if not isinstance(name, str) or not 1 <= len(name) <= 50:
            return bad_parameter("param name must be a string of 1 to 50 characters.")
        picture = str(g.params.get("profile_picture_url") or "")
        if not picture.startswith(("https://", "http://127.0.0.1", "http://localhost")):
            return bad_parameter("param profile_picture_url must be a valid URL.")
        persona_id = str(secrets.randbelow(9 * 10**14) + 10**14)
        self._personas[persona_id] = {"id": persona_id, "name": name, "profile_picture_url": picture}
        return jsonify(id=persona_id)

    def upload(self, version: str, page: str) -> Response:
        """``POST /{page}/message_attachments``."""
        del version, page
        if "message" not in g.params:
            return bad_parameter("param message must be non-empty.")
        return jsonify(attachment_id=str(secrets.randbelow(9 * 10**15) + 10**15))

    def debug_token(self, version: str) -> Response:
        """``GET /debug_token?input_token=``."""
        del version
        token = request.args.get("input_token")
        page = next((page for page, (_, own) in self._config.pages.items() if own == token), "")
        if not page:
            error = {"code": 190, "message": "Invalid OAuth access token."}
            return jsonify(data={"error": error, "is_valid": False, "scopes": []})
        return jsonify(
            data={
                "app_id": self._config.facebook_app_id,
                "type": "PAGE",
                "application": "Trợ lý xã",
                "data_access_expires_at": 0,
                "expires_at": 0,
                "is_valid": True,
                "profile_id": page,
                "scopes": list(SCOPES),
                "user_id": "122000000000001",
            }
        )
