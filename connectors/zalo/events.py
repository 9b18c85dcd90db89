"""Zalo's webhook bodies as events. One POST carries one event; ids are strings beyond 2**53.

The names and shapes are those of ``docs.zaloplatforms.com/docs/OA/webhook`` (2024-2026). What the
assistant has no use for, known or not, becomes ``EventKind.OTHER`` and is counted by its name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from connectors.channel import EchoAuthor, Event, EventKind
from connectors.payload import digest, epoch_ms, identifier, items, load_object, mapping, string
from connectors.text import clean
from connectors.zalo.attachments import read_attachments

CHANNEL = "zalo"

# A tapped button comes back as the resident's own text; our payloads are one word with a "#".
_PAYLOAD = re.compile(r"#\S{1,199}")
_PHONE = re.compile(r"(?:84|0)\d{8,10}")
_SEND_KIND = re.compile(r"user_send_([a-z_]+)")


@dataclass(frozen=True, slots=True)
class _Parts:
    """The envelope, read once: ``account`` is the OA and ``user`` the resident, "" if not given."""

    name: str
    body: Mapping[str, Any]
    message: Mapping[str, Any]
    account: str
    user: str
    at_ms: int

    @property
    def msg_id(self) -> str:
        return identifier(self.message.get("msg_id"))

    def event(self, kind: EventKind, event_id: str, **values: Any) -> Event:
        return Event(
            channel=CHANNEL,
            account_id=self.account,
            kind=kind,
            event_id=event_id,
            user_id=self.user,
            at_ms=self.at_ms,
            platform_event=self.name,
            **values,
        )

    def once(self, *subject: str) -> str:
        """The key of an event that carries no message: its name, time and subject."""
        return ":".join([self.name, identifier(self.body.get("timestamp")) or "0", *subject])


def parse(raw: bytes, oa_ids: tuple[str, ...] = ()) -> list[Event]:
    """The events of one webhook body; none for the console's probe ``{}``.

    ``oa_ids`` are the OAs that are known: with them the resident is told from the OA even where
    Zalo's documents leave open who is the sender.

    :raises ValueError: if ``raw`` is not a JSON object.
    """
    body = load_object(raw)
    if not body:
        return []
    parts = _envelope(body, oa_ids)
    read = _READERS.get(parts.name) or _reader_by_prefix(parts.name)
    event = read(parts) if parts.user else None
    return [event or _other(parts)]


def _envelope(body: Mapping[str, Any], oa_ids: tuple[str, ...]) -> _Parts:
    name = identifier(body.get("event_name"), longest=60) or "unnamed"
    sender = identifier(mapping(body.get("sender")).get("id"))
    recipient = identifier(mapping(body.get("recipient")).get("id"))
    if _sent_by_oa(name, sender, recipient, oa_ids):
        account, user = sender, recipient
    else:
        account, user = recipient, sender
    account = account or identifier(body.get("oa_id")) or identifier(body.get("oaId"))
    if not account and len(oa_ids) == 1:
        account = oa_ids[0]
    follower = identifier(mapping(body.get("follower")).get("id"))
    return _Parts(
        name=name,
        body=body,
        message=mapping(body.get("message")),
        account=account,
        user=user or follower or identifier(body.get("user_id")),
        at_ms=epoch_ms(body.get("timestamp")),
    )


def _sent_by_oa(name: str, sender: str, recipient: str, oa_ids: tuple[str, ...]) -> bool:
    if sender in oa_ids or recipient in oa_ids:
        return sender in oa_ids
    return name.startswith("oa_") or name in {"user_received_message", "user_seen_message"}


def _reader_by_prefix(name: str) -> Callable[[_Parts], Event | None]:
    """Readers of the families; a kind of message that Zalo adds later is still a message."""
    if name.startswith("user_send_") and not name.startswith("user_send_group_"):
        return _message
    if name.startswith("oa_send_") and not name.startswith(("oa_send_group_", "oa_send_anonymous_")):
        return _echo
    return _other


def _message(parts: _Parts) -> Event | None:
    """A resident's message, or the tap of a button."""
    text = _text(parts)
    attachments = read_attachments(parts.message, _attachment_kind(parts.name))
    if not text and not attachments:
        return None
    if text and parts.name == "user_send_text" and _PAYLOAD.fullmatch(text):
        return parts.event(
            EventKind.BUTTON, _message_key(parts), payload=text, message_id=parts.msg_id or None
        )
    return parts.event(
        EventKind.MESSAGE,
        _message_key(parts),
        text=text,
        attachments=attachments,
        message_id=parts.msg_id or None,
        extra=_quote(parts),
    )


def _attachment_kind(name: str) -> str | None:
    """The kind that the event's name promises, for when the attachment itself is missing."""
    match = _SEND_KIND.fullmatch(name)
    return match[1] if match and match[1] != "text" else None


def _echo(parts: _Parts) -> Event | None:
    """Something that the OA sent; ``admin_id`` is there only if a person wrote it in OA Manager."""
    if not parts.msg_id and not parts.message:
        return None
    admin = identifier(mapping(parts.body.get("sender")).get("admin_id"))
    attachments = read_attachments(parts.message, None)
    return parts.event(
        EventKind.ECHO,
        _message_key(parts),
        text=_text(parts),
        attachments=attachments,
        message_id=parts.msg_id or None,
        echo_author=EchoAuthor.OFFICER if admin else EchoAuthor.US,
        extra={"admin_id": admin} if admin else {},
    )


def _delivered(parts: _Parts) -> Event | None:
    """A receipt. ZNS, Zalo's notices to phone numbers, uses the same name for its own."""
    is_zns = "delivery_time" in parts.message or "tracking_id" in parts.message
    if is_zns or not parts.msg_id or _PHONE.fullmatch(parts.user):
        return None
    return parts.event(EventKind.DELIVERED, f"{parts.name}:{parts.msg_id}", message_id=parts.msg_id)


def _seen(parts: _Parts) -> Event | None:
    given = [*items(parts.message.get("msg_ids")), parts.message.get("msg_id")]
    ids = tuple(dict.fromkeys(i for i in map(identifier, given) if i))
    if not ids:
        return None
    key = ids[0] if len(ids) == 1 else digest(ids)
    return parts.event(EventKind.SEEN, f"{parts.name}:{key}", message_id=ids[-1], message_ids=ids)


def _reaction(parts: _Parts) -> Event | None:
    icon = string(parts.message.get("react_icon")) or ""
    if not parts.msg_id:
        return None
    return parts.event(
        EventKind.REACTION,
        parts.once(parts.msg_id, digest(icon)),
        message_id=parts.msg_id,
        extra={"reaction": icon},
    )


def _opened(parts: _Parts) -> Event:
    source = string(parts.body.get("source"))
    return parts.event(EventKind.OPENED, parts.once(parts.user), extra={"source": source} if source else {})


def _left(parts: _Parts) -> Event:
    return parts.event(EventKind.LEFT, parts.once(parts.user))


def _withdraw(parts: _Parts) -> Event:
    return parts.event(EventKind.WITHDRAW, parts.once(parts.user))


def _contact(parts: _Parts) -> Event | None:
    """The platform's own form; the keys changed with the reform of districts and wards."""
    info = mapping(parts.body.get("info"))
    address = mapping(info.get("full_address"))
    found = {
        "name": info.get("name"),
        "phone": info.get("phone"),
        "birth_date": info.get("user_dob"),
        "gender": info.get("gender"),
        "address": address.get("user_address") or info.get("address"),
        "ward": address.get("user_ward") or info.get("ward"),
        "district": info.get("district"),
        "city": address.get("user_city") or info.get("city"),
    }
    extra = {key: text for key, value in found.items() if (text := clean(_scalar(value)))}
    if not extra:
        return None
    return parts.event(EventKind.CONTACT, parts.once(parts.user), extra=extra)


def _scalar(value: Any) -> str:
    """Text or a number as text; a phone of 0 stands for none."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value) if value else ""
    return value if isinstance(value, str) else ""


def _other(parts: _Parts) -> Event:
    """Everything else: management, groups, ZNS, commerce, the website widget, and names yet unknown."""
    extra: dict[str, Any] = {}
    if parts.name == "permission_revoked":
        extra["revoked"] = True
    return parts.event(EventKind.OTHER, f"{parts.name}:{parts.msg_id or digest(parts.body)}", extra=extra)


def _message_key(parts: _Parts) -> str:
    return parts.msg_id or parts.once(parts.user, digest(parts.message))


def _text(parts: _Parts) -> str | None:
    return clean(string(parts.message.get("text")) or "") or None


def _quote(parts: _Parts) -> dict[str, str]:
    quoted = identifier(parts.message.get("quote_msg_id"))
    return {"quote_id": quoted} if quoted else {}


_READERS: dict[str, Callable[[_Parts], Event | None]] = {
    "user_received_message": _delivered,
    "user_seen_message": _seen,
    "user_reacted_message": _reaction,
    "user_click_chatnow": _opened,
    "follow": _opened,
    "unfollow": _left,
    "user_submit_info": _contact,
    "user_withdraw": _withdraw,
    "oa_send_consent": _other,
}
