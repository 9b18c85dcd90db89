"""What Zalo accepts as the ``message`` of a consultation send, and what the resident sees of it."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from typing import Any

MAX_TEXT, MAX_BUTTONS, MAX_TITLE, MAX_QUERY, MAX_SMS = 2000, 5, 100, 1000, 160
MEDIA = {"image", "gif", "sticker"}


class InvalidBodyError(ValueError):
    """Zalo's -201: the parameter that is wrong, in its own words."""


@dataclass(frozen=True, slots=True)
class Seen:
    """The message as it appears on the phone."""

    kind: str = "text"
    text: str = ""
    buttons: list[dict[str, str]] = field(default_factory=list)
    media_url: str = ""


def read_message(message: Any) -> Seen:
    """Check a message and say what it shows.

    :raises InvalidBodyError: as Zalo refuses it.
    """
    if not isinstance(message, dict):
        raise InvalidBodyError("message is missing")
    text = message.get("text", "")
    if not isinstance(text, str) or len(unicodedata.normalize("NFC", text)) > MAX_TEXT:
        raise InvalidBodyError(f"text must be a string of at most {MAX_TEXT} characters")
    attachment = message.get("attachment")
    if attachment is None:
        if not text.strip():
            raise InvalidBodyError("text is empty")
        return Seen(text=text)
    if not isinstance(attachment, dict) or not isinstance(attachment.get("payload"), dict):
        raise InvalidBodyError("attachment needs a type and a payload")
    payload: dict[str, Any] = attachment["payload"]
    if attachment.get("type") == "file":
        return _file(payload)
    if attachment.get("type") != "template":
        raise InvalidBodyError("attachment type must be template or file")
    if "buttons" in payload:
        if not text.strip():
            raise InvalidBodyError("text is empty")
        return Seen(text=text, buttons=_buttons(payload["buttons"]))
    return _template(payload, text)


def _file(payload: dict[str, Any]) -> Seen:
    if not payload.get("token"):
        raise InvalidBodyError("file needs a token")
    return Seen(kind="file", text="Tệp đính kèm")


def _template(payload: dict[str, Any], text: str) -> Seen:
    elements = payload.get("elements")
    if not isinstance(elements, list) or len(elements) != 1 or not isinstance(elements[0], dict):
        raise InvalidBodyError("elements must hold exactly one element")
    element: dict[str, Any] = elements[0]
    match payload.get("template_type"):
        case "media":
            if element.get("media_type") not in MEDIA:
                raise InvalidBodyError("media_type must be image, gif or sticker")
            if bool(element.get("url")) == bool(element.get("attachment_id")):
                raise InvalidBodyError("an element has either url or attachment_id")
            return Seen(str(element["media_type"]), text, media_url=str(element.get("url") or ""))
        case "request_user_info":
            _limit(element.get("title"), 100, "title")
            _limit(element.get("subtitle"), 500, "subtitle")
            buttons = [{"title": "Chia sẻ thông tin", "action": "info", "value": ""}]
            return Seen("request_user_info", f"{element['title']}\n{element['subtitle']}", buttons)
        case other:
            raise InvalidBodyError(f"template_type {other} is not supported")


def _buttons(buttons: Any) -> list[dict[str, str]]:
    if not isinstance(buttons, list) or not 1 <= len(buttons) <= MAX_BUTTONS:
        raise InvalidBodyError(f"buttons must be 1 to {MAX_BUTTONS}")
    return [_button(b) for b in buttons]


def _button(button: Any) -> dict[str, str]:
    if not isinstance(button, dict):
        raise InvalidBodyError("a button must be an object")
    title = _limit(button.get("title"), MAX_TITLE, "button title")
    payload = button.get("payload")
    match button.get("type"):
        case "oa.open.url":
            url = payload.get("url") if isinstance(payload, dict) else None
            if not isinstance(url, str) or not url.startswith(("http://", "https://")):
                raise InvalidBodyError("oa.open.url needs payload.url")
            return {"title": title, "action": "url", "value": url}
        case "oa.query.show" | "oa.query.hide":
            return {
                "title": title,
                "action": "payload",
                "value": _limit(payload, MAX_QUERY, "button payload"),
            }
        case "oa.open.phone":
            phone = payload.get("phone_code") if isinstance(payload, dict) else None
            return {"title": title, "action": "phone", "value": _limit(phone, 20, "phone_code")}
        case "oa.open.sms":
            sms = payload if isinstance(payload, dict) else {}
            _limit(sms.get("content"), MAX_SMS, "sms content")
            return {"title": title, "action": "sms", "value": _limit(sms.get("phone_code"), 20, "phone_code")}
        case other:
            raise InvalidBodyError(f"button type {other} is not supported")


def _limit(value: Any, length: int, name: str) -> str:
    if not isinstance(value, str) or not value.strip() or len(unicodedata.normalize("NFC", value)) > length:
        raise InvalidBodyError(f"{name} must be a string of 1 to {length} characters")
    return value
