"""How a post gets onto each platform, call by call; which calls may have to be looked up.

A publication is a chain of calls, each claimed and committed by bot/posts/publishing.py. ``work`` is what the
chain has reached so far; it is only ever extended.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from bot.posts.content import Content
from bot.posts.rendering import House, article, page_post
from connectors.channel import Account, Lookup, SendResult
from connectors.facebook.posts import DUPLICATES, GONE, NO_PREVIEW, FacebookPosts, PagePost, permalink
from connectors.zalo.articles import NO_ARTICLE, PROCESSING, Article, ZaloArticles

Work = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Material:
    """What is published. ``picture`` gives a picture's bytes, ``address`` where anybody gets it."""

    content: Content
    house: House
    picture: Callable[[str], bytes]
    address: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Step:
    """One call of a chain. ``risky``: if unclear, it is looked up before it is made again."""

    name: str
    detail: str = ""
    risky: bool = False


class Platform(Protocol):
    """One kind of account. Nothing here raises for what a platform answers."""

    settles: timedelta
    """For so long after an unclear call "it is not there" is not yet believed."""

    def step(self, material: Material, work: Work) -> Step | None:
        """The next call of publishing; None if it is there (``work["id"]``)."""
        ...

    def make(self, account: Account, step: Step, material: Material, work: Work) -> SendResult: ...

    def reached(self, step: Step, done: str, work: Work) -> dict[str, Any]:
        """``work`` after ``step`` gave the id ``done``."""
        ...

    def mended(self, step: Step, code: str, work: Work) -> dict[str, Any] | None:
        """``work`` with which to try again after the error ``code``; None: no way."""
        ...

    def find(
        self, account: Account, material: Material, work: Work, since_ms: int, others: Collection[str]
    ) -> Lookup: ...

    def edit_step(self, material: Material, work: Work) -> Step | None:
        """The next call of an edit; None if it is through."""
        ...

    def withdraw(self, account: Account, external_id: str) -> SendResult: ...

    def broadcast(self, account: Account, external_id: str, now: datetime) -> SendResult: ...

    def is_gone(self, code: str) -> bool:
        """Whether an error says that it is no longer there."""
        ...

    def must_look(self, step: Step, code: str) -> bool:
        """Whether an error leaves open that it was published already."""
        ...

    def is_waiting(self, code: str) -> bool:
        """Whether an error only says that the platform is not ready yet."""
        ...

    def link(self, account: Account, external_id: str) -> str: ...


class FacebookPlatform:
    """Photos one by one, unpublished; then the post that attaches them."""

    settles = timedelta(seconds=20)

    def __init__(self, posts: FacebookPosts) -> None:
        self._posts = posts

    def step(self, material: Material, work: Work) -> Step | None:
        if work.get("id"):
            return None
        for name in material.content.images:
            if name not in work.get("photos", {}):
                return Step("photo", name)
        return Step("feed", risky=True)

    def make(self, account: Account, step: Step, material: Material, work: Work) -> SendResult:
        if step.name == "photo":
            return self._posts.upload_photo(account, step.detail, material.picture(step.detail))
        post = self._post(material, work)
        if step.name == "edit":
            return self._posts.edit(account, str(work["id"]), post)
        return self._posts.publish(account, post, [work["photos"][n] for n in material.content.images])

    def reached(self, step: Step, done: str, work: Work) -> dict[str, Any]:
        if step.name == "photo":
            return {**work, "photos": {**work.get("photos", {}), step.detail: done}}
        if step.name == "edit":
            return {**work, "edited": True}
        return {**work, "id": done}

    def mended(self, step: Step, code: str, work: Work) -> dict[str, Any] | None:
        if code.split("/")[0] == NO_PREVIEW and not work.get("no_link"):
            return {**work, "no_link": True}
        lapsed = step.name == "feed" and code.split("/")[0] == "100" and work.get("photos")
        if lapsed and not work.get("uploaded_anew"):  # unpublished photos last about a day
            return {**work, "photos": {}, "uploaded_anew": True}
        return None

    def find(
        self, account: Account, material: Material, work: Work, since_ms: int, others: Collection[str]
    ) -> Lookup:
        return self._posts.find(account, self._post(material, work), since_ms, others)

    def edit_step(self, material: Material, work: Work) -> Step | None:
        return None if work.get("edited") else Step("edit")

    def withdraw(self, account: Account, external_id: str) -> SendResult:
        return self._posts.delete(account, external_id)

    def broadcast(self, account: Account, external_id: str, now: datetime) -> SendResult:
        raise AssertionError("a page has no broadcasts: bot/posts/content.py refuses them")

    def is_gone(self, code: str) -> bool:
        return code in GONE

    def must_look(self, step: Step, code: str) -> bool:
        return code in DUPLICATES

    def is_waiting(self, code: str) -> bool:
        return False

    def link(self, account: Account, external_id: str) -> str:
        return permalink(external_id)

    @staticmethod
    def _post(material: Material, work: Work) -> PagePost:
        post = page_post(material.content, material.house)
        if post.link and work.get("no_link"):
            link = "" if post.link in post.message else f"\n\n{post.link}"
            return PagePost(post.message + link)
        return post


class ZaloPlatform:
    """The article, handed over and verified. Followers are told afterwards, on their own."""

    settles = timedelta(minutes=10)

    def __init__(self, articles: ZaloArticles) -> None:
        self._articles = articles

    def step(self, material: Material, work: Work) -> Step | None:
        if work.get("id"):
            return None
        return Step("verify") if work.get("token") else Step("create", risky=True)

    def make(self, account: Account, step: Step, material: Material, work: Work) -> SendResult:
        if step.name == "verify":
            return self._articles.verify(account, str(work["token"]))
        if step.name == "edit":
            return self._articles.update(account, str(work["id"]), self._article(material))
        return self._articles.create(account, self._article(material))

    def reached(self, step: Step, done: str, work: Work) -> dict[str, Any]:
        if step.name != "verify":
            return {**work, "token": done}
        kept = {name: value for name, value in work.items() if name != "token"}
        return {**kept, "edited": True} if work.get("id") else {**kept, "id": done}

    def mended(self, step: Step, code: str, work: Work) -> dict[str, Any] | None:
        return None

    def find(
        self, account: Account, material: Material, work: Work, since_ms: int, others: Collection[str]
    ) -> Lookup:
        return self._articles.find(account, self._article(material), since_ms, others)

    def edit_step(self, material: Material, work: Work) -> Step | None:
        if work.get("edited"):
            return None
        return Step("verify") if work.get("token") else Step("edit")

    def withdraw(self, account: Account, external_id: str) -> SendResult:
        result = self._articles.remove(account, external_id)
        gone = result.error is not None and result.error.code in NO_ARTICLE
        return SendResult(message_id=external_id) if gone else result

    def broadcast(self, account: Account, external_id: str, now: datetime) -> SendResult:
        return self._articles.broadcast(account, external_id, now)

    def is_gone(self, code: str) -> bool:
        return False  # -201 says the same of an article that is gone and of one that is wrong

    def must_look(self, step: Step, code: str) -> bool:
        """A token that Zalo no longer knows was of an article all the same."""
        return step.name == "verify" and code in NO_ARTICLE

    def is_waiting(self, code: str) -> bool:
        return code == PROCESSING

    def link(self, account: Account, external_id: str) -> str:
        listed = self._articles.figures(account, external_id)
        return getattr(listed, "link", "")

    @staticmethod
    def _article(material: Material) -> Article:
        return article(material.content, material.house, material.address)
