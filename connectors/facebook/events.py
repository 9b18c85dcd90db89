"""Meta's webhook bodies as events: batches of entries, each with messages, standby or page changes.

Every item is read by itself, so one that cannot be read never takes its neighbours with it. Ids
come as strings or numbers, times as milliseconds or seconds. What is of no use, known or not,
becomes ``EventKind.OTHER`` and is counted by its name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import structlog

from connectors.channel import EchoAuthor, Event, EventKind
from connectors.facebook.attachments import read_attachments
from connectors.facebook.feed import read_change
from connectors.payload import digest, epoch_ms, identifier, items, load_object, mapping, string
from connectors.text import clean

CHANNEL = "facebook"
KEY_PREFIX = "bot:"
"""What our sends carry in ``metadata``, before the idempotency key."""

MAX_MID = 200
# Meta's pages print both, with 14 and with 15 digits.
PAGE_INBOX_APPS = frozenset({"26390203743090", "263902037430900"})
_GET_STARTED = frozenset({"GET_STARTED", "GET_STARTED_PAYLOAD"})
_MESSAGING_FIELDS = frozenset({"messages", "messaging_postbacks", "message_echoes", "messaging_referrals"})
_THREAD_CONTROL = ("pass_thread_control", "take_thread_control", "request_thread_control")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Item:
    """One element of ``messaging[]`` or ``standby[]``, its common parts read."""

    body: Mapping[str, Any]
    page: str
    user: str
    at_ms: int
    standby: bool
    app_id: str

    def event(self, kind: EventKind, event_id: str, name: str, **values: Any) -> Event:
        return Event(
            channel=CHANNEL,
            account_id=self.page,
            kind=kind,
            event_id=event_id,
            user_id=self.user,
            at_ms=self.at_ms,
            standby=self.standby,
            platform_event=name,
            **values,
        )

    def key(self, name: str) -> str:
        """The key of an item without an id of its own: the same whenever Meta repeats it."""
        return f"{name}:{digest(self.body)}"


def parse(raw: bytes, app_id: str = "") -> list[Event]:
    """Every event of a webhook body, in its order. ``app_id`` is our app's, to know our echoes.

    :raises ValueError: if ``raw`` is not a JSON object with an ``object``.
    """
    body = load_object(raw)
    kind = body.get("object")
    if not isinstance(kind, str):
        raise ValueError("the body has no object")
    if kind != "page":
        log.warning("facebook.not_a_page", object=kind[:40])
        return []
    events: list[Event] = []
    for entry in items(body.get("entry")):
        if isinstance(entry, dict):
            events.extend(_entry(entry, app_id))
        else:
            log.warning("facebook.entry_unreadable")
    return events


def _entry(entry: Mapping[str, Any], app_id: str) -> Iterator[Event]:
    page = identifier(entry.get("id"))
    at_ms = epoch_ms(entry.get("time"))
    for field in ("messaging", "standby"):
        for body in items(entry.get(field)):
            if isinstance(body, dict):
                yield _read(_item(body, page, at_ms, field == "standby", app_id))
            else:
                log.warning("facebook.item_unreadable", page=page, field=field)
    for change in items(entry.get("changes")):
        if not isinstance(change, dict):
            log.warning("facebook.item_unreadable", page=page, field="changes")
        elif string(change.get("field")) in _MESSAGING_FIELDS and isinstance(change.get("value"), dict):
            # The dashboard's "Test" button and one of Meta's pages wrap messages like this.
            yield _read(_item(change["value"], page, at_ms, False, app_id))
        else:
            yield read_change(change, CHANNEL, page, at_ms)


def _item(body: Mapping[str, Any], page: str, at_ms: int, standby: bool, app_id: str) -> _Item:
    sender = identifier(mapping(body.get("sender")).get("id"))
    recipient = identifier(mapping(body.get("recipient")).get("id"))
    page = page or (sender if _is_echo(body) else recipient)
    return _Item(
        body=body,
        page=page,
        # An echo is sent by the page; some old bodies say otherwise. The resident is never the page.
        user=recipient if sender in ("", page) and recipient != page else sender if sender != page else "",
        at_ms=epoch_ms(body.get("timestamp")) or at_ms,
        standby=standby,
        app_id=app_id,
    )


def _is_echo(body: Mapping[str, Any]) -> bool:
    return bool(mapping(body.get("message")).get("is_echo"))


def _read(item: _Item) -> Event:
    for name, reader in _READERS.items():
        part = item.body.get(name)
        if isinstance(part, dict):
            event = reader(item, part) if item.user else None
            return event or _other(item, name)
    for name in ("policy_enforcement", "policy-enforcement"):
        if isinstance(item.body.get(name), dict):
            return _policy(item, item.body[name])
    known = {"sender", "recipient", "timestamp"}
    return _other(item, next((str(key)[:60] for key in item.body if key not in known), "empty"))


def _other(item: _Item, name: str, **extra: Any) -> Event:
    return item.event(EventKind.OTHER, item.key(name), name, extra=extra)


def _message(item: _Item, message: Mapping[str, Any]) -> Event | None:
    mid = identifier(message.get("mid"), MAX_MID)
    if message.get("is_echo"):
        return _echo(item, message, mid)
    if message.get("is_deleted"):
        name = "message_deleted"
        return item.event(
            EventKind.OTHER,
            f"deleted:{mid or digest(item.body)}",
            name,
            message_id=mid or None,
            extra={"deleted": True},
        )
    text = clean(string(message.get("text")) or "") or _command(message)
    attachments = read_attachments(message)
    quick_reply = message.get("quick_reply")
    values: dict[str, Any] = {
        "event_id": mid or item.key("message"),
        "name": "messages",
        "text": text,
        "message_id": mid or None,
    }
    if isinstance(quick_reply, dict) and (payload := string(quick_reply.get("payload"))):
        return item.event(EventKind.BUTTON, payload=payload, **values)
    if not text and not attachments:
        return None
    reply_to = identifier(mapping(message.get("reply_to")).get("mid"), MAX_MID)
    extra = {"quote_id": reply_to} if reply_to else {}
    return item.event(EventKind.MESSAGE, attachments=attachments, extra=extra, **values)


def _command(message: Mapping[str, Any]) -> str | None:
    """A slash command from Messenger's menu, as if the resident had written its name."""
    for command in items(message.get("commands")):
        name = string(mapping(command).get("name"))
        if name:
            return clean(name)
    return None


def _echo(item: _Item, message: Mapping[str, Any], mid: str) -> Event:
    metadata = string(message.get("metadata")) or ""
    ours = metadata.startswith(KEY_PREFIX)
    app_id = identifier(message.get("app_id"))
    if ours or (app_id and app_id == item.app_id):
        author = EchoAuthor.US
    elif app_id in PAGE_INBOX_APPS:
        author = EchoAuthor.OFFICER
    else:
        author = EchoAuthor.OTHER_APP
    return item.event(
        EventKind.ECHO,
        mid or item.key("echo"),
        "message_echoes",
        text=clean(string(message.get("text")) or "") or None,
        attachments=read_attachments(message),
        message_id=mid or None,
        echo_author=author,
        echo_key=metadata.removeprefix(KEY_PREFIX) if ours else None,
        extra={"app_id": app_id} if app_id else {},
    )


def _postback(item: _Item, postback: Mapping[str, Any]) -> Event:
    """A tapped button. In standby the payload is missing: the title is all there is."""
    mid = identifier(postback.get("mid"), MAX_MID)
    payload = string(postback.get("payload"))
    opened = payload is not None and payload.upper() in _GET_STARTED
    return item.event(
        EventKind.OPENED if opened else EventKind.BUTTON,
        mid or item.key("postback"),
        "messaging_postbacks",
        text=clean(string(postback.get("title")) or "") or None,
        payload=payload,
        message_id=mid or None,
        extra=_referral_details(mapping(postback.get("referral"))),
    )


def _referral(item: _Item, referral: Mapping[str, Any]) -> Event:
    return item.event(
        EventKind.OPENED, item.key("referral"), "messaging_referrals", extra=_referral_details(referral)
    )


def _referral_details(referral: Mapping[str, Any]) -> dict[str, str]:
    return {name: text for name in ("ref", "source", "type") if (text := string(referral.get(name)))}


def _optin(item: _Item, optin: Mapping[str, Any]) -> Event | None:
    """The "send to Messenger" plugin opens a thread; subscriptions to marketing are of no use."""
    if string(optin.get("type")):
        return None
    ref = string(optin.get("ref"))
    return item.event(
        EventKind.OPENED, item.key("optin"), "messaging_optins", extra={"ref": ref} if ref else {}
    )


def _edit(item: _Item, edit: Mapping[str, Any]) -> Event | None:
    mid = identifier(edit.get("mid"), MAX_MID)
    if not mid:
        return None
    return item.event(
        EventKind.EDITED,
        f"edit:{mid}:{identifier(edit.get('num_edit')) or digest(item.body)}",
        "message_edits",
        text=clean(string(edit.get("text")) or "") or None,
        message_id=mid,
    )


def _delivery(item: _Item, delivery: Mapping[str, Any]) -> Event:
    mids = tuple(mid for mid in (identifier(m, MAX_MID) for m in items(delivery.get("mids"))) if mid)
    return _receipt(item, delivery, EventKind.DELIVERED, "message_deliveries", mids)


def _seen(item: _Item, read: Mapping[str, Any]) -> Event:
    return _receipt(item, read, EventKind.SEEN, "message_reads", ())


def _receipt(
    item: _Item, part: Mapping[str, Any], kind: EventKind, name: str, mids: tuple[str, ...]
) -> Event:
    watermark = epoch_ms(part.get("watermark")) or None
    key = f"{name}:{item.user}:{watermark}" if watermark else item.key(name)
    return item.event(
        kind, key, name, message_id=mids[-1] if mids else None, message_ids=mids, watermark_ms=watermark
    )


def _reaction(item: _Item, reaction: Mapping[str, Any]) -> Event | None:
    mid = identifier(reaction.get("mid"), MAX_MID)
    if not mid:
        return None
    extra = {name: text for name in ("action", "reaction", "emoji") if (text := string(reaction.get(name)))}
    return item.event(
        EventKind.REACTION, item.key("reaction"), "message_reactions", message_id=mid, extra=extra
    )


def _handover(name: str) -> Callable[[_Item, Mapping[str, Any]], Event]:
    def read(item: _Item, part: Mapping[str, Any]) -> Event:
        owners = ("previous_owner_app_id", "new_owner_app_id", "requested_owner_app_id")
        extra: dict[str, Any] = {owner: app for owner in owners if (app := identifier(part.get(owner)))}
        extra["action"] = name.removesuffix("_thread_control")
        extra["to_us"] = bool(item.app_id) and extra.get("new_owner_app_id") == item.app_id
        if not item.app_id:
            extra["unsure"] = True  # without our app's id nobody can tell to whom the thread went
        return item.event(EventKind.HANDOVER, item.key(name), name, extra=extra)

    return read


def _policy(item: _Item, part: Mapping[str, Any]) -> Event:
    """Meta warns, blocks or unblocks the page: an alarm for the administrator, no resident in it."""
    action = string(part.get("action")) or ""
    return _other(item, "policy_enforcement", action=action, reason=string(part.get("reason")) or "")


_READERS: dict[str, Callable[[_Item, Mapping[str, Any]], Event | None]] = {
    "message": _message,
    "postback": _postback,
    "reaction": _reaction,
    "message_edit": _edit,
    "delivery": _delivery,
    "read": _seen,
    **{name: _handover(name) for name in _THREAD_CONTROL},
    "referral": _referral,
    "optin": _optin,
}
