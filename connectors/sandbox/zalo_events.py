"""Zalo's webhook bodies, from the documented shapes: ids are strings, ``timestamp`` is a string of ms."""

from __future__ import annotations

import json
from typing import Any

from connectors.sandbox.config import SandboxConfig

ATTACHMENTS = ("image", "gif", "audio", "video", "sticker", "file", "link", "location", "business_card")


def user_event(
    config: SandboxConfig, user_id: str, kind: str, at_ms: int, message: dict[str, Any]
) -> dict[str, Any]:
    """``user_send_<kind>``: the person is the sender."""
    return {
        "app_id": config.zalo_app_id,
        "sender": {"id": user_id},
        "user_id_by_app": id_by_app(user_id),
        "recipient": {"id": config.zalo_oa_id},
        "event_name": f"user_send_{kind}",
        "message": message,
        "timestamp": str(at_ms),
    }


def oa_event(
    config: SandboxConfig,
    user_id: str,
    name: str,
    at_ms: int,
    message: dict[str, Any],
    admin_id: str = "",
) -> dict[str, Any]:
    """An event whose sender is the OA: echoes (``oa_send_*``) and receipts.

    Only a person who writes in OA Manager has an ``admin_id``.
    """
    sender = {"id": config.zalo_oa_id, "admin_id": admin_id} if admin_id else {"id": config.zalo_oa_id}
    return {
        "app_id": config.zalo_app_id,
        "sender": sender,
        "user_id_by_app": id_by_app(user_id),
        "recipient": {"id": user_id},
        "event_name": name,
        "message": message,
        "timestamp": str(at_ms),
    }


def reaction_event(
    config: SandboxConfig, user_id: str, at_ms: int, message_id: str, icon: str
) -> dict[str, Any]:
    """The person put an icon on a message."""
    event = user_event(
        config, user_id, "text", at_ms, {"msg_id": message_id, "react_icon": icon or "/-heart"}
    )
    return {**event, "event_name": "user_reacted_message"}


def management_event(config: SandboxConfig, user_id: str, name: str, at_ms: int) -> dict[str, Any]:
    """Events without a message: follow, unfollow, user_click_chatnow, user_withdraw."""
    event: dict[str, Any] = {"oa_id": config.zalo_oa_id}
    if name in {"follow", "unfollow"}:
        event |= {"follower": {"id": user_id}, "source": "oa_profile"}
    else:
        event["user_id"] = user_id
    return event | {
        "user_id_by_app": id_by_app(user_id),
        "event_name": name,
        "app_id": config.zalo_app_id,
        "timestamp": str(at_ms),
    }


def submit_info_event(
    config: SandboxConfig, user_id: str, at_ms: int, name: str, phone: str
) -> dict[str, Any]:
    """The person filled in Zalo's own contact form."""
    info = {
        "name": name,
        "phone": phone,
        "user_dob": "01/01/1960",
        "gender": "female",
        "full_address": {"user_city": "Đồng Nai", "user_ward": "Xuân Định", "user_address": ""},
    }
    event = user_event(config, user_id, "text", at_ms, {})
    del event["message"]
    return {**event, "event_name": "user_submit_info", "info": info}


def attachment(kind: str, url: str, title: str = "") -> dict[str, Any]:
    """One element of ``message.attachments`` with the documented keys."""
    if kind == "location":
        return {
            "type": kind,
            "payload": {"coordinates": {"latitude": "10.7642473", "longitude": "107.2564314"}},
        }
    if kind == "business_card":
        card = {"phone": "84900000000", "qrCodeUrl": url}
        return {"type": "link", "payload": {"description": json.dumps(card), "url": url, "thumbnail": url}}
    payload: dict[str, Any] = {"url": url}
    if kind in {"image", "gif", "video", "link"}:
        payload["thumbnail"] = url
    if kind in {"video", "link"}:
        payload["description"] = title
    if kind == "sticker":
        payload["id"] = "bfe458bf64fa8da4d4eb"
    if kind == "file":
        name = title or "giay-to.pdf"
        checksum = "d41d8cd98f00b204e9800998ecf8427e"
        payload |= {"size": "1024000", "name": name, "checksum": checksum, "type": name.rsplit(".", 1)[-1]}
    return {"type": kind, "payload": payload}


def id_by_app(user_id: str) -> str:
    """The id that the app knows the person by: another one than the OA's."""
    return "55" + user_id[::-1]
