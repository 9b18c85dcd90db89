"""What stands on the stand-in pages: posts, their photos, who made them. In memory, guarded by one lock."""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass, field
from typing import Any

from connectors.sandbox.config import SandboxConfig
from connectors.sandbox.delivery import facebook_delivery
from connectors.sandbox.state import World
from connectors.sandbox.webhooks import Dispatcher

MAX_POSTS = 2000


@dataclass(slots=True)
class FbPost:
    """One post. ``by_hand``: a person made it on the page. ``comments`` belong to graph_comments."""

    id: str
    page: str
    message: str
    at_ms: int
    link: str = ""
    photos: list[str] = field(default_factory=list)  # ids
    pictures: list[str] = field(default_factory=list)  # addresses
    by_hand: bool = False
    scheduled_ms: int = 0
    published: bool = True
    edited_ms: int = 0
    views: int = 0
    reactions: int = 0
    shares: int = 0
    comments: list[Any] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """What the control API and the page show."""
        return {name: getattr(self, name) for name in self.__slots__ if name != "comments"}


@dataclass(slots=True)
class Photo:
    """An uploaded photo; ``used`` by a post."""

    id: str
    page: str
    url: str
    size: int = 0
    used: bool = False


class Pages:
    """All posts of all pages. Thread-safe."""

    def __init__(self, world: World, dispatcher: Dispatcher) -> None:
        self._world, self._dispatcher = world, dispatcher
        self.config: SandboxConfig = world.config
        self.lock = threading.RLock()
        self.reset()

    def reset(self) -> None:
        """Empty pages."""
        with self.lock:
            self.posts: dict[str, FbPost] = {}
            self.photos: dict[str, Photo] = {}
            self.made = 0  # posts ever made through the API

    def add_photo(self, page: str, url: str, size: int = 0) -> Photo:
        photo = Photo(str(secrets.randbelow(9 * 10**14) + 10**14), page, url, size)
        with self.lock:
            self.photos[photo.id] = photo
        return photo

    def add(self, page: str, message: str, **values: Any) -> FbPost:
        """A new post; its webhook goes out once it is published."""
        number = str(secrets.randbelow(9 * 10**14) + 10**14)
        post = FbPost(f"{page}_{number}", page, message, self._world.now_ms(), **values)
        with self.lock:
            self.posts[post.id] = post
            self.made += not post.by_hand
            for photo in post.photos:
                self.photos[photo].used = True
            while len(self.posts) > MAX_POSTS:
                self.posts.pop(next(iter(self.posts)))
        if post.published:
            self.tell(post, "add")
        self._world.emit("post", post.to_dict())
        return post

    def edit(self, post: FbPost, message: str) -> None:
        post.message, post.edited_ms = message, self._world.now_ms()
        self.tell(post, "edited")
        self._world.emit("post", post.to_dict())

    def remove(self, post: FbPost) -> None:
        with self.lock:
            self.posts.pop(post.id, None)
        self.tell(post, "remove")
        self._world.emit("post", {**post.to_dict(), "removed": True})

    def find(self, post_id: str) -> FbPost | None:
        self.tick()
        return self.posts.get(post_id)

    def of(self, page: str, published: bool = True) -> list[FbPost]:
        """A page's posts, newest first."""
        self.tick()
        with self.lock:
            found = [p for p in self.posts.values() if p.page == page and p.published is published]
        return sorted(found, key=lambda post: (post.at_ms, post.id), reverse=True)

    def tick(self) -> None:
        """Publish what was scheduled for now."""
        with self.lock:
            due = [
                p for p in self.posts.values()
                if not p.published and p.scheduled_ms and p.scheduled_ms <= self._world.now_ms()
            ]  # fmt: skip
            for post in due:
                post.published, post.at_ms = True, post.scheduled_ms
        for post in due:
            self.tell(post, "add")

    def tell(self, post: FbPost, verb: str) -> None:
        """The ``feed`` webhook, as Meta sends it for a page's own posts, whoever made them."""
        value: dict[str, Any] = {
            "from": {"id": post.page, "name": self.config.pages[post.page][0]},
            "item": "photo" if len(post.pictures) == 1 else "status",
            "verb": verb,
            "post_id": post.id,
            "created_time": post.at_ms // 1000,
        }
        if verb != "remove":
            value |= {"message": post.message, "published": 1}
            if post.link:
                value |= {"item": "share", "link": post.link}
            if len(post.pictures) == 1:
                value["link"] = post.pictures[0]
            elif post.pictures:
                value["photos"] = post.pictures
        self.send_change(post.page, value)

    def send_change(self, page: str, value: dict[str, Any]) -> None:
        """Any change of a page's feed, signed and queued."""
        entry = {
            "id": page,
            "time": self._world.now_ms() // 1000,
            "changes": [{"field": "feed", "value": value}],
        }
        body = {"object": "page", "entry": [entry]}
        self._dispatcher.submit(facebook_delivery(self.config, page, "feed", body))
