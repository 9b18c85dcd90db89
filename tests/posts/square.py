"""A page where residents comment, and the worker's part in it, driven by hand."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from bot.assistant import Assistant as RealAssistant
from bot.dialogue.types import DialogueState, Heard, Outcome
from bot.posts.answering import Answering
from bot.posts.comment_catch_up import CommentCatchUp
from bot.posts.following import Following
from bot.scams.checking import Checker
from bot.settings import ROOT
from bot.store.engine import reading
from bot.store.models_comments import CommentAction
from bot.store.models_posts import Comment
from bot.texts import load_texts
from connectors.channel import EventKind
from connectors.facebook import events
from connectors.facebook.rendering import render
from tests.posts.newsroom import PAGE, Newsroom

FAQ = ROOT / "faq_data"
SAU, TAM = "24600000000000801", "24600000000000802"
QUESTION = "Làm khai sinh cho con cần giấy tờ gì ạ?"


class Square:
    """What residents do on the page, and what comes of it. ``asked``: what the assistant was asked."""

    def __init__(self, newsroom: Newsroom, assistant: RealAssistant, checker: Checker) -> None:
        self.news, self._assistant = newsroom, assistant
        self.sandbox, self.engine = newsroom.sandbox, newsroom.engine
        self.asked: list[str] = []
        self.words = load_texts(FAQ).wording.posts
        self.following = Following(
            self.engine, self, checker.check, self.words, render, newsroom.clock, frozenset()
        )
        self.answering = self.another_worker()
        pages = {"facebook": newsroom.facebook.comments}
        self.catch_up = CommentCatchUp(
            self.engine, self.following, pages, newsroom.tokens, newsroom.clock, timedelta(days=365)
        )
        self.post = self.posted()

    def another_worker(self) -> Answering:
        pages = {"facebook": self.news.facebook.comments}
        return Answering(self.engine, pages, self.news.tokens, self.news.clock)

    @property
    def commune(self) -> str:
        return self._assistant.commune

    def turn(self, state: DialogueState, heard: Heard, now: Any) -> Outcome:
        self.asked.append(heard.text or "")
        return self._assistant.turn(state, heard, now)

    def posted(self) -> str:
        return str(self.sandbox.api("POST", f"/pages/{PAGE}/posts", message="Mời họp chi hội")["id"])

    def comments(self, text: str, who: str = SAU, *, post: str = "", **more: str) -> str:
        values = {"user_id": who, "name": "Bà Sáu", "text": text, **more}
        return str(self.sandbox.api("POST", f"/pages/posts/{post or self.post}/comments", **values)["id"])

    def edits(self, comment: str, text: str) -> None:
        self.sandbox.api("PATCH", f"/pages/comments/{comment}", text=text)

    def deletes(self, comment: str) -> None:
        self.sandbox.api("DELETE", f"/pages/comments/{comment}")

    def webhooks(self) -> None:
        """Hand what the page's feed told to the worker."""
        self.sandbox.idle()
        hooks = sorted(self.news.assistant.hooks, key=lambda hook: _order(hook.body))
        self.news.assistant.clear()
        for hook in hooks:
            for event in events.parse(hook.raw, "") if hook.path.endswith("facebook") else ():
                if event.kind is EventKind.FEED:
                    self.following.take(event, self.news.page)

    def works(self, rounds: int = 8) -> None:
        """Webhooks and jobs until nothing is left, time passing where something waits."""
        for _ in range(rounds):
            self.webhooks()
            self.answering.run()
            left = self.undone()
            if not left:
                break
            firsts = {action.comment_id: action.due_at for action in reversed(left)}
            wait = min(firsts.values()) - self.news.clock()
            if wait > timedelta():
                self.news.moves(wait + timedelta(milliseconds=20))
        self.webhooks()

    def undone(self) -> list[CommentAction]:
        return [a for a in self.actions() if a.state in {"pending", "sending", "unknown"}]

    def actions(self) -> list[CommentAction]:
        with reading(self.engine) as session:
            return list(session.scalars(select(CommentAction).order_by(CommentAction.id)))

    def row(self, comment: str) -> Comment:
        with reading(self.engine) as session:
            return session.scalars(select(Comment).where(Comment.comment_ref == comment)).one()

    def on_page(self, comment: str) -> dict[str, Any]:
        return next(c for c in self.all_on_page() if c["id"] == comment)

    def all_on_page(self, post: str = "") -> list[dict[str, Any]]:
        return list(self.sandbox.get(f"/pages/posts/{post or self.post}/comments")["comments"])

    def answers(self, comment: str) -> list[str]:
        """What the page said in public to this comment."""
        return [c["text"] for c in self.all_on_page() if c["parent"] == comment and c["author"] == PAGE]

    def private(self, who: str = SAU) -> list[str]:
        """What the page said to this person in Messenger."""
        messages = self.sandbox.get(f"/transcript/facebook/{who}")["messages"]
        return [message["text"] for message in messages if message["author"] == "bot"]


def _order(body: dict[str, Any]) -> int:
    """The sandbox delivers over several threads: additions first, removals last."""
    values = [change["value"] for entry in body.get("entry", ()) for change in entry.get("changes", ())]
    verbs = ("add", "edited", "hide", "unhide", "remove")
    return max((verbs.index(value["verb"]) for value in values), default=0)
