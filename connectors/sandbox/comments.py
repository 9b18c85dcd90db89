"""Comments under the stand-in pages' posts. In memory; guarded by the pages' lock."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from connectors.sandbox.pages import FbPost, Pages
from connectors.sandbox.state import World

MAX_COMMENTS = 5000
_AUTHOR = "5"
"""Before a person's id in Messenger: the id under which the same person comments. Meta's differ too."""


@dataclass(slots=True)
class FbComment:
    """One comment. ``author`` is the page's id for its own; ``psid``: the person in Messenger.

    ``parent``: "" directly under the post. ``private`` is the message of its private reply.
    """

    id: str
    post: str
    page: str
    author: str
    name: str
    text: str
    at_ms: int
    psid: str = ""
    parent: str = ""
    picture: str = ""
    hidden: bool = False
    edited_ms: int = 0
    private: str = ""

    def to_dict(self) -> dict[str, Any]:
        """What the control API and the page show."""
        return {name: getattr(self, name) for name in self.__slots__}


class Comments:
    """All comments of all pages. Thread-safe. ``tells`` off: Meta's webhooks get lost."""

    def __init__(self, world: World, pages: Pages) -> None:
        self._world, self._pages = world, pages
        self.reset()

    def reset(self) -> None:
        with self._pages.lock:
            self._all: dict[str, FbComment] = {}
            self.tells = True

    def add(self, post: FbPost, author: str, name: str, text: str, **values: Any) -> FbComment:
        """A new comment; its webhook goes out."""
        number = secrets.randbelow(9 * 10**14) + 10**14
        made = FbComment(
            f"{post.id.split('_')[1]}_{number}", post.id, post.page, author, name, text, self._world.now_ms(),
            **values,
        )  # fmt: skip
        with self._pages.lock:
            self._all[made.id] = made
            post.comments.append(made)
            while len(self._all) > MAX_COMMENTS:
                self._all.pop(next(iter(self._all)))
        self.tell(made, "add")
        return made

    def by_person(self, post: FbPost, psid: str, name: str, text: str, **values: Any) -> FbComment:
        """A resident comments."""
        return self.add(post, _AUTHOR + psid, name or f"Người dân {psid[-4:]}", text, psid=psid, **values)

    def find(self, comment_id: str) -> FbComment | None:
        return self._all.get(comment_id)

    def of(self, post_id: str) -> list[FbComment]:
        """Everything under a post, oldest first."""
        with self._pages.lock:
            return [comment for comment in self._all.values() if comment.post == post_id]

    def answers(self, comment_id: str) -> list[FbComment]:
        with self._pages.lock:
            return [comment for comment in self._all.values() if comment.parent == comment_id]

    def edit(self, comment: FbComment, text: str) -> None:
        comment.text, comment.edited_ms = text, self._world.now_ms()
        self.tell(comment, "edited")

    def hide(self, comment: FbComment, hidden: bool) -> None:
        if comment.hidden is not hidden:
            comment.hidden = hidden
            self.tell(comment, "hide" if hidden else "unhide")

    def remove(self, comment: FbComment) -> None:
        """With the answers to it."""
        for answer in self.answers(comment.id):
            self.remove(answer)
        with self._pages.lock:
            self._all.pop(comment.id, None)
            post = self._pages.posts.get(comment.post)
            if post is not None and comment in post.comments:
                post.comments.remove(comment)
        self.tell(comment, "remove")

    def tell(self, comment: FbComment, verb: str) -> None:
        """The ``feed`` webhook, also for the page's own; a removal carries no words."""
        value: dict[str, Any] = {
            "from": {"id": comment.author, "name": comment.name},
            "post": {"status_type": "mobile_status_update", "is_published": True, "id": comment.post},
            "item": "comment",
            "verb": verb,
            "comment_id": comment.id,
            "parent_id": comment.parent or comment.post,
            "post_id": comment.post,
            "created_time": comment.at_ms // 1000,
        }
        if verb == "remove":
            del value["created_time"]
        else:
            if comment.text:
                value["message"] = comment.text
            if comment.picture:
                value["photo"] = comment.picture
        if self.tells:
            self._pages.send_change(comment.page, value)
        self._world.emit("comment", {**comment.to_dict(), "removed": verb == "remove"})
