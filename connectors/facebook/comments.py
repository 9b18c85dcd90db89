"""Comments under a page's posts: answer in public and in private, hide, read.

A comment takes one private reply, within 7 days, which is a message of the Send API; its thread opens once
the person answers. Nothing here has an idempotency key, but what was done can be read (:meth:`find_reply`,
:meth:`find_private`), and hiding twice is hiding once. Source: Comment node, private replies (2026).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connectors.channel import Account, Found, Health, Lookup, SendResult, Wire
from connectors.facebook.events import KEY_PREFIX
from connectors.facebook.graph import Graph, created_ms
from connectors.http import MaybeSent, NeverSent
from connectors.matching import same_text, sent_since
from connectors.payload import identifier, items, mapping, string

RECENT = 50
MAX_PAGES = 10
MAX_TEXT = 8000  # what Facebook takes as a comment
GONE = frozenset({"100/33", "9000001"})
"""The comment, or its post, was deleted, or is no longer shown to the page."""
NOT_ELIGIBLE = "100/2534025"
"""No private reply: there was one already, or the comment is too old."""
_FIELDS = "id,message,from{id,name},parent{id},created_time,permalink_url,is_hidden,attachment"


@dataclass(frozen=True, slots=True)
class FoundComment:
    """A comment as the page has it. ``author``: "" if Facebook does not tell; ``parent``: "" on the post."""

    id: str
    message: str
    at_ms: int
    author: str = ""
    author_name: str = ""
    parent: str = ""
    link: str = ""
    hidden: bool = False
    picture: bool = False


@dataclass(frozen=True, slots=True)
class PrivateResult:
    """A private reply: the outcome, and the id by which the person can be written to ("" if not told)."""

    result: SendResult
    recipient: str = ""


class FacebookComments:
    """Comments of all pages of an app. Thread-safe; errors are values."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    def reply(self, account: Account, comment_id: str, text: str) -> SendResult:
        """Answer for all to see; the result's id is the answer's."""
        return self._graph.deliver(
            account,
            lambda: self._graph.call("POST", account, f"/{comment_id}/comments", body={"message": text}),
            lambda body: identifier(body.get("id"), 200),
        )

    def hide(self, account: Account, comment_id: str, hidden: bool = True) -> SendResult:
        """Show a comment to its writer and friends only, or to all again."""
        return self._graph.deliver(
            account,
            lambda: self._graph.call("POST", account, f"/{comment_id}", body={"is_hidden": hidden}),
            lambda body: comment_id if body.get("success") is True else "",
        )

    def private_reply(self, account: Account, comment_id: str, wire: Wire, key: str) -> PrivateResult:
        """Answer in Messenger. ``wire`` is one rendered message; ``key`` comes back with its echo."""
        message = {**mapping(wire.get("message")), "metadata": KEY_PREFIX + key}
        body = {"recipient": {"comment_id": comment_id}, "message": message}
        recipient = ""

        def read(answer: Mapping[str, Any]) -> str:
            nonlocal recipient
            recipient = identifier(answer.get("recipient_id"))
            return identifier(answer.get("message_id"), 200)

        result = self._graph.deliver(
            account, lambda: self._graph.call("POST", account, f"/{account.id}/messages", body=body), read
        )
        return PrivateResult(result, recipient)

    def find_reply(self, account: Account, comment_id: str, text: str, since_ms: int) -> Lookup:
        """Did the page answer this comment with ``text`` at or after ``since_ms``? ABSENT holds for now."""
        found = self._list(account, comment_id, since_ms)
        if isinstance(found, Health):
            return Lookup(Found.UNCERTAIN)
        since = since_ms // 1000 * 1000  # Meta tells whole seconds
        for item in found:
            ours = item.author in {account.id, ""} and sent_since(item.at_ms, since)
            if ours and same_text(text, item.message):
                return Lookup(Found.SENT, item.id)
        return Lookup(Found.ABSENT)

    def find_private(self, account: Account, comment_id: str) -> Lookup:
        """Was this comment answered in private? The id is the conversation's, not a message's.

        ABSENT only if it could be answered still: one that can't be, and shows no conversation, is UNCERTAIN.
        """
        if self._graph.refusal(account) is not None:
            return Lookup(Found.UNCERTAIN)
        fields = {"fields": "can_reply_privately,private_reply_conversation{id}"}
        body = self._graph.ask("GET", account, f"/{comment_id}", fields)
        if isinstance(body, Health):
            return Lookup(Found.UNCERTAIN)
        conversation = identifier(mapping(body.get("private_reply_conversation")).get("id"), 200)
        if conversation:
            return Lookup(Found.SENT, conversation)
        return Lookup(Found.ABSENT if body.get("can_reply_privately") is True else Found.UNCERTAIN)

    def person_in(self, account: Account, conversation_id: str) -> str:
        """Who can be written to in a conversation; "" if that is not told."""
        body = self._graph.ask("GET", account, f"/{conversation_id}", {"fields": "participants"})
        if isinstance(body, Health):
            return ""
        people = [mapping(item) for item in items(mapping(body.get("participants")).get("data"))]
        found = {identifier(person.get("id")) for person in people} - {account.id, ""}
        return found.pop() if len(found) == 1 else ""

    def exists(self, account: Account, comment_id: str) -> bool | None:
        """Whether a comment is still there; None if that can't be told now."""
        if self._graph.refusal(account) is not None:
            return None
        try:
            answer = self._graph.call("GET", account, f"/{comment_id}", {"fields": "id"})
        except (NeverSent, MaybeSent):
            return None
        error = self._graph.watch(account, answer)
        if error is not None:
            return False if error.code in GONE else None
        return True if answer.body and answer.body.get("id") else None

    def under(self, account: Account, post_id: str, since_ms: int = 0) -> list[FoundComment] | Health:
        """Comments and answers under a post, oldest first, those before ``since_ms`` left out."""
        refusal = self._graph.refusal(account)
        if refusal is not None:
            return Health(False, refusal.reason)
        return self._list(account, post_id, since_ms)

    def _list(self, account: Account, node: str, since_ms: int) -> list[FoundComment] | Health:
        params = {
            "fields": _FIELDS, "filter": "stream", "order": "reverse_chronological", "limit": str(RECENT)
        }  # fmt: skip
        found: list[FoundComment] = []
        for _ in range(MAX_PAGES):
            page = self._graph.ask("GET", account, f"/{node}/comments", params)
            if isinstance(page, Health):
                return page
            read = [_found(mapping(item)) for item in items(page.get("data"))]
            found += [item for item in read if item.id and item.at_ms >= since_ms // 1000 * 1000 - 2000]
            after = string(mapping(mapping(page.get("paging")).get("cursors")).get("after"))
            oldest = read[-1].at_ms if read else 0
            if not after or "next" not in mapping(page.get("paging")) or oldest < since_ms:
                break
            params = {**params, "after": after}
        found.reverse()  # Meta tells whole seconds: within one, its own order counts
        return sorted(found, key=lambda item: item.at_ms)


def _found(item: Mapping[str, Any]) -> FoundComment:
    author = mapping(item.get("from"))
    return FoundComment(
        id=identifier(item.get("id"), 200),
        message=string(item.get("message")) or "",
        at_ms=created_ms(item.get("created_time")),
        author=identifier(author.get("id")),
        author_name=string(author.get("name")) or "",
        parent=identifier(mapping(item.get("parent")).get("id"), 200),
        link=string(item.get("permalink_url")) or "",
        hidden=item.get("is_hidden") is True,
        picture=bool(mapping(item.get("attachment"))),
    )
