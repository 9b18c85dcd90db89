"""What people do: residents on their phones, officers in the platforms' own inboxes.

Every action puts a message into the conversation where there is one, and hands the platform's webhook
to the dispatcher.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from connectors.sandbox import defaults, facebook_events, zalo_events
from connectors.sandbox.delivery import Delivery, facebook_delivery, zalo_delivery
from connectors.sandbox.state import Author, Message, Platform, Resident, World
from connectors.sandbox.webhooks import Dispatcher

IMAGE_URL = "https://f6.photo.talk.zdn.vn/sandbox/anh-giay-to.jpg"

ZALO_KINDS = {
    "text", "payload", "follow", "unfollow", "click_chatnow", "withdraw", "submit_info", "reaction",
    *zalo_events.ATTACHMENTS,
}  # fmt: skip
FACEBOOK_KINDS = {
    "text", "payload", "quick_reply", "get_started", "referral", "reaction", "edited",
    *facebook_events.ATTACHMENTS,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Act:
    """One thing a resident does. ``message_id`` and ``at_ms`` may be chosen, to repeat or misdate events."""

    user_id: str
    kind: str = "text"
    text: str = ""
    payload: str = ""
    title: str = ""
    url: str = ""
    name: str = ""
    message_id: str = ""
    reply_to: str = ""
    at_ms: int = 0


@dataclass(frozen=True, slots=True)
class Done:
    """What came of an act: the message's id and the webhook on its way."""

    user_id: str
    message_id: str
    delivery: Delivery


class Actors:
    """Plays everybody but the assistant."""

    def __init__(self, world: World, dispatcher: Dispatcher) -> None:
        self._world = world
        self._dispatcher = dispatcher

    def resident(self, platform: Platform, act: Act) -> Done:
        """A resident acts.

        :raises ValueError: if the platform knows no such act.
        """
        kinds = ZALO_KINDS if platform is Platform.ZALO else FACEBOOK_KINDS
        if act.kind not in kinds:
            raise ValueError(f"kind must be one of {', '.join(sorted(kinds))}")
        person = self._world.resident(platform, act.user_id, act.name)
        if act.kind not in {"unfollow", "withdraw"}:
            self._world.interacted(person)
        act_on = self._zalo if platform is Platform.ZALO else self._facebook
        return act_on(person, act, act.message_id or self._world.new_message_id(platform))

    def _heard(self, person: Resident, act: Act, message_id: str, at_ms: int, kind: str) -> None:
        """Show what the resident wrote, unless this is a repetition of an event."""
        if self._world.message(message_id) is None:
            text = act.title or act.payload if act.kind in {"payload", "quick_reply"} else act.text
            message = Message(
                person.platform,
                person.id,
                message_id,
                Author.RESIDENT,
                at_ms,
                kind,
                text,
                payload=act.payload,
            )
            message.media_url = act.url if kind != "text" else ""
            self._world.add(person, message)

    def _zalo(self, person: Resident, act: Act, message_id: str) -> Done:
        config = self._world.config
        at_ms = act.at_ms or self._world.now_ms()
        if act.kind in {"follow", "unfollow", "click_chatnow", "withdraw"}:
            person.followed = {"follow": True, "unfollow": False}.get(act.kind, person.followed)
            name = {"click_chatnow": "user_click_chatnow", "withdraw": "user_withdraw"}.get(
                act.kind, act.kind
            )
            event = zalo_events.management_event(config, person.id, name, at_ms)
        elif act.kind == "submit_info":
            event = zalo_events.submit_info_event(config, person.id, at_ms, person.name, act.text)
        elif act.kind == "reaction":
            event = zalo_events.reaction_event(config, person.id, at_ms, message_id, act.payload)
        else:
            event = self._zalo_message(person, act, message_id, at_ms)
        return Done(person.id, message_id, self._submit(zalo_delivery(config, person.id, event), message_id))

    def _zalo_message(self, person: Resident, act: Act, message_id: str, at_ms: int) -> dict[str, Any]:
        body: dict[str, Any] = {"msg_id": message_id}
        if act.kind in {"text", "payload"}:
            # a tapped button comes back as ordinary text that carries the payload
            body["text"] = act.payload if act.kind == "payload" else act.text
            kind = "text"
        else:
            kind = act.kind
            if act.text:
                body["text"] = act.text
            body["attachments"] = [zalo_events.attachment(kind, act.url or IMAGE_URL, act.title)]
        if act.reply_to:
            body["quote_msg_id"] = act.reply_to
        self._heard(person, act, message_id, at_ms, kind)
        return zalo_events.user_event(self._world.config, person.id, kind, at_ms, body)

    def _facebook(self, person: Resident, act: Act, message_id: str) -> Done:
        config = self._world.config
        at_ms = act.at_ms or self._world.now_ms()
        body = self._facebook_body(person, act, message_id, at_ms)
        item = facebook_events.from_user(config, person.id, at_ms, **body)
        standby = bool(person.owner_app) and person.owner_app != config.facebook_app_id
        if standby and "postback" in item:
            item["postback"].pop("payload", None)  # given only to the app that controls the thread
        event = facebook_events.envelope(config, item, at_ms, standby)
        name = next(iter(body))
        return Done(
            person.id, message_id, self._submit(facebook_delivery(config, person.id, name, event), message_id)
        )

    def _facebook_body(self, person: Resident, act: Act, message_id: str, at_ms: int) -> dict[str, Any]:
        if act.kind == "reaction":
            reaction = {"mid": message_id, "action": "react", "emoji": act.text or "❤", "reaction": "love"}
            return {"reaction": reaction}
        if act.kind == "edited":
            return {"message_edit": {"mid": message_id, "text": act.text, "num_edit": 1}}
        if act.kind == "referral":
            return {"referral": {"ref": act.payload, "source": "SHORTLINK", "type": "OPEN_THREAD"}}
        if act.kind in {"payload", "get_started"}:
            payload = act.payload or "GET_STARTED"
            title = act.title or ("Bắt đầu" if act.kind == "get_started" else payload)
            self._heard(
                person, Act(person.id, "payload", payload=payload, title=title), message_id, at_ms, "text"
            )
            return {"postback": {"mid": message_id, "title": title, "payload": payload}}
        message: dict[str, Any] = {"mid": message_id}
        kind = "text" if act.kind in {"text", "quick_reply"} else act.kind
        if act.kind == "quick_reply":
            message |= {"text": act.title or act.payload, "quick_reply": {"payload": act.payload}}
        elif act.text:
            message["text"] = act.text
        if kind != "text":
            message["attachments"] = [facebook_events.attachment(kind, act.url or IMAGE_URL, act.title)]
        if act.reply_to:
            message["reply_to"] = {"mid": act.reply_to}
        self._heard(person, act, message_id, at_ms, kind)
        return {"message": message}

    def officer(
        self, platform: Platform, user_id: str, text: str, sender_id: str = "", take_control: bool = False
    ) -> Done:
        """An officer answers in OA Manager or in the Page Inbox.

        ``sender_id`` is the Zalo admin or the Facebook app ("none": an echo without an app id).
        ``take_control`` lets the Page Inbox keep the thread, so that the assistant's sends are refused.
        """
        person = self._world.resident(platform, user_id)
        message_id = self._world.new_message_id(platform)
        at_ms = self._world.now_ms()
        self._world.add(person, Message(platform, user_id, message_id, Author.OFFICER, at_ms, text=text))
        config = self._world.config
        if platform is Platform.ZALO:
            body = {"text": text, "msg_id": message_id}
            admin = sender_id or defaults.ZALO_ADMIN_ID
            event = zalo_events.oa_event(config, user_id, "oa_send_text", at_ms, body, admin)
            return Done(user_id, message_id, self._submit(zalo_delivery(config, user_id, event), message_id))
        app_id = "" if sender_id == "none" else sender_id or defaults.PAGE_INBOX_APP_ID
        if take_control:
            person.owner_app = app_id or defaults.PAGE_INBOX_APP_ID
        item = facebook_events.echo(config, user_id, at_ms, app_id, {"mid": message_id, "text": text})
        event = facebook_events.envelope(config, item, at_ms, standby=take_control)
        return Done(
            user_id, message_id, self._submit(facebook_delivery(config, user_id, "echo", event), message_id)
        )

    def _submit(self, delivery: Delivery, message_id: str) -> Delivery:
        delivery.message_id = message_id
        return self._dispatcher.submit(delivery)
