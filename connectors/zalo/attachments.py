"""The attachments of a Zalo message, in the assistant's words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from connectors.channel import Attachment
from connectors.payload import identifier, items, mapping, number, string

_KINDS = {
    "image": "image",
    "gif": "image",
    "audio": "audio",
    "voice": "audio",
    "video": "video",
    "file": "file",
    "sticker": "sticker",
    "location": "location",
    "link": "link",
    "links": "link",
}
MEDIA_DOMAINS = ("zdn.vn", "zadn.vn")
"""Where Zalo keeps what residents send; everything under them is Zalo's own."""
_DETAILS = ("thumbnail", "description", "checksum", "type", "zinstant_id")


def read_attachments(message: Mapping[str, Any], promised: str | None) -> tuple[Attachment, ...]:
    """Every attachment of ``message``; ``promised`` is the kind that its event's name tells, if any.

    A message that promises an attachment and holds none still gets an empty one, so that the
    resident is told that it could not be read.
    """
    found = tuple(
        _attachment(item, promised) for item in items(message.get("attachments")) if isinstance(item, dict)
    )
    if not found and promised is not None:
        return (Attachment(_KINDS.get(promised, "other")),)
    return found


def _attachment(item: Mapping[str, Any], promised: str | None) -> Attachment:
    payload = mapping(item.get("payload"))
    card = _business_card(payload)
    if card is not None:
        return Attachment("other", title=string(card.get("caption")), data={**card, "type": "business_card"})
    kind = _KINDS.get(str(item.get("type")), _KINDS.get(promised or "", "other"))
    data: dict[str, Any] = {key: text for key in _DETAILS if (text := string(payload.get(key)))}
    if sticker_id := identifier(payload.get("id")):
        data["id"] = sticker_id
    if (size := number(payload.get("size"))) is not None:
        data["size"] = int(size)
    if kind == "location":
        coordinates = mapping(payload.get("coordinates"))
        for name in ("latitude", "longitude"):
            value = number(coordinates.get(name))
            if value is not None:
                data[name] = value
    title = string(payload.get("name")) or string(payload.get("text")) or string(payload.get("description"))
    return Attachment(kind, url=_url(payload), title=title, data=data)


def _url(payload: Mapping[str, Any]) -> str | None:
    return string(payload.get("url")) or string(payload.get("link_url"))


def _business_card(payload: Mapping[str, Any]) -> dict[str, str] | None:
    """A business card is a "link" whose description is JSON text with a phone number and a QR code."""
    description = string(payload.get("description"))
    if not description or not description.lstrip().startswith("{"):
        return None
    try:
        card = json.loads(description)
    except (ValueError, RecursionError):
        return None
    if not isinstance(card, dict) or not {"phone", "qrCodeUrl"} & card.keys():
        return None
    return {key: str(card[key]) for key in ("phone", "qrCodeUrl", "caption", "gUid") if card.get(key)}
