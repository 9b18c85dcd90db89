"""``changes[]``: posts, comments, reactions and mentions on a page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.channel import Event, EventKind
from connectors.payload import digest, epoch_ms, identifier, items, mapping, string
from connectors.text import clean

# Meta says the same thing in two words.
_VERBS = {"edited": "edit", "delete": "remove"}
_FIELDS = frozenset({"feed", "mention"})


def read_change(change: Mapping[str, Any], channel: str, page: str, at_ms: int) -> Event:
    """One change as an event. ``extra`` of a FEED event has ``item``, ``verb`` (edit and edited are
    one, remove and delete too), ``post_id``, ``comment_id``, ``parent_id``, ``from_id`` and ``from_name``
    as far as Meta tells, ``own`` if the page itself did it and ``top_level`` for a comment on a post.

    ``user_id`` is the author's id on this page, "" if not told; it is not a recipient of messages.
    """
    field = string(change.get("field")) or "unnamed"
    value = change.get("value")
    if field not in _FIELDS or not isinstance(value, dict):
        return Event(
            channel,
            page,
            EventKind.OTHER,
            f"{field[:60]}:{digest(change)}",
            "",
            at_ms,
            platform_event=field[:60],
        )
    details = _details(value, page)
    subject = details.get("comment_id") or details.get("post_id") or details.get("item", "")
    return Event(
        channel=channel,
        account_id=page,
        kind=EventKind.FEED,
        event_id=f"{field}:{subject}:{details.get('verb', '')}:{digest(value)}"[:300],
        user_id=details.get("from_id", ""),
        at_ms=epoch_ms(value.get("created_time")) or at_ms,
        text=clean(string(value.get("message")) or "") or None,
        message_id=subject or None,
        platform_event=field,
        extra=details,
    )


def _details(value: Mapping[str, Any], page: str) -> dict[str, Any]:
    author = mapping(value.get("from"))
    ids = {
        "post_id": value.get("post_id"),
        "comment_id": value.get("comment_id"),
        "parent_id": value.get("parent_id"),
        "from_id": author.get("id") or value.get("sender_id") or value.get("user_id"),
        "reaction_type": value.get("reaction_type"),
        "published": value.get("published"),
    }
    details: dict[str, Any] = {name: text for name, given in ids.items() if (text := identifier(given))}
    words = {
        "item": value.get("item"),
        "verb": value.get("verb"),
        "from_name": author.get("name") or value.get("sender_name"),
        "link": value.get("link"),
        "photo": value.get("photo"),
    }
    details |= {name: clean(word) for name, given in words.items() if (word := string(given))}
    verb = details.get("verb", "")
    if verb:
        details["verb"] = _VERBS.get(verb, verb)
    photos = [photo for photo in items(value.get("photos")) if string(photo)]
    if photos:
        details["photos"] = photos
    if "comment_id" in details:
        details["top_level"] = details.get("parent_id", details.get("post_id")) == details.get("post_id")
    details["own"] = details.get("from_id") == page
    return details
