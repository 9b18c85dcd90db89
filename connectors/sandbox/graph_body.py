"""What the Send API accepts as a message, and what the resident sees of it."""

from __future__ import annotations

import json
import unicodedata
from dataclasses import dataclass, field
from typing import Any

from flask import request

MAX_TEXT, MAX_METADATA, MAX_PAYLOAD, MAX_TITLE = 2000, 1000, 1000, 20
MAX_QUICK_REPLIES, MAX_TEMPLATE_TEXT, MAX_BUTTONS, MAX_ELEMENTS = 13, 640, 3, 10
SENDER_ACTIONS = {"typing_on", "typing_off", "mark_seen", "react", "unreact"}
TYPES = {"RESPONSE", "UPDATE", "MESSAGE_TAG", "UTILITY"}
TAGS = {"HUMAN_AGENT", "CUSTOMER_FEEDBACK"}
MEDIA = {"image", "audio", "video", "file"}


class InvalidBodyError(ValueError):
    """Graph's #100: the parameter that is wrong."""


@dataclass(frozen=True, slots=True)
class Seen:
    """The message as it appears on the phone, and as the echo repeats it."""

    kind: str = "text"
    text: str = ""
    buttons: list[dict[str, str]] = field(default_factory=list)
    media_url: str = ""
    metadata: str = ""


def read_body() -> dict[str, Any]:
    """The parameters of a call: JSON, or a form whose fields may hold JSON, over the query string."""
    values: dict[str, Any] = {**request.args.to_dict()}
    body = request.get_json(silent=True)
    if isinstance(body, dict):
        return values | body
    for name, text in request.form.items():
        values[name] = _maybe_json(text)
    return values


def _maybe_json(text: str) -> Any:
    if text[:1] not in {"{", "["}:
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def read_message(message: Any) -> Seen:
    """Check a message and say what it shows.

    :raises InvalidBodyError: as Graph refuses it.
    """
    if not isinstance(message, dict):
        raise InvalidBodyError("param message must be non-empty.")
    metadata = _text(message.get("metadata", ""), MAX_METADATA, "metadata", empty=True)
    text = _text(message.get("text", ""), MAX_TEXT, "message[text]", empty=True)
    attachment = message.get("attachment")
    if bool(text) == bool(attachment):
        raise InvalidBodyError("message must have either text or attachment.")
    replies = _quick_replies(message.get("quick_replies", []))
    if attachment is None:
        return Seen("text", text, replies, metadata=metadata)
    if not isinstance(attachment, dict) or not isinstance(attachment.get("payload"), dict):
        raise InvalidBodyError("param message[attachment] needs type and payload.")
    payload: dict[str, Any] = attachment["payload"]
    kind = attachment.get("type")
    if kind in MEDIA:
        if not (payload.get("url") or payload.get("attachment_id")):
            raise InvalidBodyError("attachment payload needs url or attachment_id.")
        return Seen(str(kind), "", replies, str(payload.get("url") or ""), metadata)
    if kind != "template":
        raise InvalidBodyError(f"attachment type {kind} is invalid.")
    shown, buttons = _template(payload)
    return Seen("template", shown, buttons + replies, metadata=metadata)


def _template(payload: dict[str, Any]) -> tuple[str, list[dict[str, str]]]:
    match payload.get("template_type"):
        case "button":
            text = _text(payload.get("text"), MAX_TEMPLATE_TEXT, "payload[text]")
            return text, _buttons(payload.get("buttons"))
        case "generic":
            elements = payload.get("elements")
            if not isinstance(elements, list) or not 1 <= len(elements) <= MAX_ELEMENTS:
                raise InvalidBodyError(f"elements must be 1 to {MAX_ELEMENTS}.")
            lines: list[str] = []
            buttons: list[dict[str, str]] = []
            for element in elements:
                if not isinstance(element, dict):
                    raise InvalidBodyError("an element must be an object.")
                lines.append(_text(element.get("title"), 80, "element title"))
                lines.append(_text(element.get("subtitle", ""), 80, "element subtitle", empty=True))
                buttons += _buttons(element["buttons"]) if element.get("buttons") else []
            return "\n".join(line for line in lines if line), buttons
        case other:
            raise InvalidBodyError(f"template_type {other} is invalid.")


def _buttons(buttons: Any) -> list[dict[str, str]]:
    if not isinstance(buttons, list) or not 1 <= len(buttons) <= MAX_BUTTONS:
        raise InvalidBodyError(f"buttons must be 1 to {MAX_BUTTONS}.")
    return [_button(b) for b in buttons]


def _button(button: Any) -> dict[str, str]:
    if not isinstance(button, dict):
        raise InvalidBodyError("a button must be an object.")
    title = _text(button.get("title"), MAX_TITLE, "button title")
    match button.get("type"):
        case "postback":
            value = _text(button.get("payload"), MAX_PAYLOAD, "button payload")
            return {"title": title, "action": "payload", "value": value}
        case "web_url":
            url = _text(button.get("url"), 2000, "button url")
            if not url.startswith(("http://", "https://")):
                raise InvalidBodyError("button url must be absolute.")
            return {"title": title, "action": "url", "value": url}
        case "phone_number":
            number = _text(button.get("payload"), 20, "button payload")
            if not number.startswith("+"):
                raise InvalidBodyError("phone number must start with + and the country code.")
            return {"title": title, "action": "phone", "value": number}
        case other:
            raise InvalidBodyError(f"button type {other} is invalid.")


def _quick_replies(replies: Any) -> list[dict[str, str]]:
    if not isinstance(replies, list) or len(replies) > MAX_QUICK_REPLIES:
        raise InvalidBodyError(f"quick_replies must be at most {MAX_QUICK_REPLIES}.")
    shown = []
    for reply in replies:
        if not isinstance(reply, dict) or reply.get("content_type") not in {
            "text",
            "user_phone_number",
            "user_email",
        }:
            raise InvalidBodyError("quick reply content_type must be text, user_phone_number or user_email.")
        title = _text(reply.get("title"), MAX_TITLE, "quick reply title")
        value = _text(reply.get("payload"), MAX_PAYLOAD, "quick reply payload")
        shown.append({"title": title, "action": "quick", "value": value})
    return shown


def _text(value: Any, limit: int, name: str, empty: bool = False) -> str:
    """``value`` if it is a string within its limit, counted in NFC characters."""
    if not isinstance(value, str) or (not empty and not value.strip()):
        raise InvalidBodyError(f"param {name} must be a non-empty UTF-8 encoded string.")
    if len(unicodedata.normalize("NFC", value)) > limit:
        raise InvalidBodyError(f"Length of param {name} must be less than or equal to {limit}")
    return value
