"""Facebook's webhook bodies: one entry with one item of ``messaging`` or ``standby``."""

from __future__ import annotations

from typing import Any

from connectors.sandbox.config import SandboxConfig

ATTACHMENTS = ("image", "audio", "video", "file", "sticker", "fallback", "location")


def envelope(
    config: SandboxConfig, item: dict[str, Any], at_ms: int, standby: bool = False
) -> dict[str, Any]:
    """One item as Meta posts it; ``standby`` when another app controls the thread."""
    entry = {"time": at_ms, "id": config.facebook_page_id, "standby" if standby else "messaging": [item]}
    return {"object": "page", "entry": [entry]}


def from_user(config: SandboxConfig, psid: str, at_ms: int, **body: Any) -> dict[str, Any]:
    """An item whose sender is the person."""
    return {"sender": {"id": psid}, "recipient": {"id": config.facebook_page_id}, "timestamp": at_ms, **body}


def echo(
    config: SandboxConfig, psid: str, at_ms: int, app_id: str, message: dict[str, Any]
) -> dict[str, Any]:
    """The page wrote: the page is the sender, the person the recipient. Meta's app ids are numbers here."""
    body = {"is_echo": True, **({"app_id": int(app_id)} if app_id else {}), **message}
    return {
        "sender": {"id": config.facebook_page_id},
        "recipient": {"id": psid},
        "timestamp": at_ms,
        "message": body,
    }


def attachment(kind: str, url: str, title: str = "") -> dict[str, Any]:
    """One element of ``message.attachments``."""
    if kind == "location":
        return {"type": kind, "payload": {"coordinates": {"lat": 10.7642473, "long": 107.2564314}}}
    if kind == "sticker":
        return {"type": kind, "payload": {"url": url, "sticker_id": 369239263222822}}
    if kind == "fallback":
        return {"type": kind, "title": title, "url": url, "payload": {"url": url, "title": title}}
    return {"type": kind, "payload": {"url": url}}
