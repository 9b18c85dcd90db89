"""The attachments of a Messenger message, in the assistant's words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.channel import Attachment
from connectors.payload import identifier, items, mapping, number, string

_KINDS = {
    "image": "image",
    "audio": "audio",
    "video": "video",
    "file": "file",
    "sticker": "sticker",
    "location": "location",
    "fallback": "link",
    "share": "link",
    "post": "link",
    "ig_post": "link",
    "reel": "link",
    "ig_reel": "link",
}

MEDIA_DOMAINS = ("fbcdn.net", "fbsbx.com")
"""Where Meta keeps what residents send; everything under them is Meta's own."""


def read_attachments(message: Mapping[str, Any]) -> tuple[Attachment, ...]:
    """Every attachment of ``message``; an empty one of kind "other" for content that Meta withholds."""
    found = [_attachment(item) for item in items(message.get("attachments")) if isinstance(item, dict)]
    # In the middle of 2026 a sticker came twice, once as an image with the same address.
    stickers = {attachment.url for attachment in found if attachment.kind == "sticker"}
    kept = tuple(a for a in found if a.kind != "image" or a.url is None or a.url not in stickers)
    if not kept and message.get("is_unsupported"):
        return (Attachment("other", data={"unsupported": True}),)
    return kept


def _attachment(item: Mapping[str, Any]) -> Attachment:
    payload = mapping(item.get("payload"))
    meta_type = str(item.get("type"))
    data: dict[str, Any] = {"type": meta_type} if meta_type not in _KINDS else {}
    for name in ("sticker_id", "reel_video_id", "id"):
        if given := identifier(payload.get(name)):
            data[name] = given
    kind = _KINDS.get(meta_type, "other")
    if "sticker_id" in data:
        kind = "sticker"
    if kind == "location":
        coordinates = mapping(payload.get("coordinates"))
        for name, key in (("latitude", "lat"), ("longitude", "long")):
            value = number(coordinates.get(key))
            if value is not None:
                data[name] = value
    return Attachment(
        kind,
        url=string(payload.get("url")) or string(item.get("url")),
        title=string(payload.get("title")) or string(item.get("title")),
        data=data,
    )
