"""Comments from a resident's words to the page's answers, over the real web and worker; no Rasa."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.store.engine import reading
from bot.store.models_comments import CommentAction
from bot.store.models_posts import Comment
from bot.supervisor.stack import Stack
from connectors.sandbox import defaults
from tests.endtoend.insides import Insides
from tests.endtoend.town import Town

pytestmark = pytest.mark.rasa  # among the slow ones, though the matcher answers alone here

PAGE = defaults.FACEBOOK_PAGE_ID
QUESTION = "Làm khai sinh cho con cần giấy tờ gì ạ?"
PUBLIC = "Câu trả lời đã được gửi vào tin nhắn riêng của ông/bà."
DEADLINE_S = 60


@pytest.fixture(scope="module")
def page_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    env = {"SANDBOX_LADDER_FACTOR": "0.01"}
    processes = ("redis", "sandbox", "worker", "web")
    with Stack(Path(tmp_path_factory.mktemp("comments")), processes, env=env) as running:
        yield running


class Wall:
    """A post of the page and who comments under it."""

    def __init__(self, stack: Stack, psid: str) -> None:
        self.town, self.insides, self.psid = Town(stack), Insides(stack), psid
        self.town.clear_faults()
        self.post = self.town.api("POST", f"/pages/{PAGE}/posts", json={"message": "Mời họp"})["id"]

    def says(self, text: str) -> str:
        body = {"user_id": self.psid, "name": "Bà Sáu", "text": text}
        return str(self.town.api("POST", f"/pages/posts/{self.post}/comments", json=body)["id"])

    def seen(self, comment: str) -> dict[str, Any] | None:
        found = self.town.api("GET", f"/pages/posts/{self.post}/comments")["comments"]
        return next((item for item in found if item["id"] == comment), None)

    def answers(self, comment: str) -> list[str]:
        found = self.town.api("GET", f"/pages/posts/{self.post}/comments")["comments"]
        return [item["text"] for item in found if item["parent"] == comment]

    def private(self) -> list[str]:
        found = self.town.api("GET", f"/transcript/facebook/{self.psid}")["messages"]
        return [item["text"] for item in found if item["author"] == "bot"]

    def row(self, comment: str) -> Comment | None:
        with reading(self.insides.engine) as session:
            return session.scalars(select(Comment).where(Comment.comment_ref == comment)).one_or_none()

    def status(self, comment: str) -> str:
        row = self.row(comment)
        return row.status if row else ""


@pytest.fixture
def wall(page_stack: Stack, request: pytest.FixtureRequest) -> Iterator[Wall]:
    number = sum(map(ord, request.node.name)) % 10_000
    wall = Wall(page_stack, f"2460000000{number:07d}")
    yield wall
    wall.town.clear_faults()


def until(true: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not true():
        assert time.monotonic() < deadline, f"not within {DEADLINE_S} s: {what}"
        time.sleep(0.1)


def test_answered_in_public_and_in_private_and_the_talk_goes_on(wall: Wall) -> None:
    comment = wall.says(QUESTION)
    until(lambda: wall.status(comment) == "done", "answered")
    (public,) = wall.answers(comment)
    assert PUBLIC in public
    (told,) = wall.private()
    assert "chứng sinh" in told.casefold()
    wall.town.says("facebook", wall.psid, "còn lệ phí?")  # of what the private reply was about
    until(lambda: len(wall.private()) == 2, "the chat goes on")
    assert "phí" in wall.private()[1]
    assert len(wall.answers(comment)) == 1


def test_hidden_and_told(wall: Wall) -> None:
    comment = wall.says("Gọi giúp tôi số 0912345678")
    until(lambda: (wall.seen(comment) or {})["hidden"] and wall.private(), "hidden and told")
    assert len(wall.private()) == 1 and not wall.answers(comment)
    row = wall.row(comment)
    assert row is not None and "0912345678" not in row.text


def test_an_insult_is_hidden_and_waits(wall: Wall) -> None:
    comment = wall.says("Đồ ngu")
    until(lambda: (wall.seen(comment) or {})["hidden"], "hidden")
    assert wall.status(comment) == "waiting" and not wall.private()


def test_edited(wall: Wall) -> None:
    comment = wall.says("Năm nay có hội chợ nữa không ta?")
    until(lambda: wall.status(comment) == "waiting", "waits for a person")
    wall.town.api("PATCH", f"/pages/comments/{comment}", json={"text": QUESTION})
    until(lambda: wall.status(comment) == "done", "answered after the edit")
    assert len(wall.private()) == 1 and len(wall.answers(comment)) == 1


def test_deleted(wall: Wall) -> None:
    comment = wall.says(QUESTION)
    until(lambda: wall.status(comment) == "done", "answered")
    wall.town.api("DELETE", f"/pages/comments/{comment}")
    until(lambda: wall.status(comment) == "deleted", "deleted")
    row = wall.row(comment)
    assert row is not None and not row.text and not row.author_name


@pytest.mark.fault
@pytest.mark.parametrize("call", ["private", "comments"])
def test_the_worker_is_killed_in_the_middle_of_a_call(wall: Wall, page_stack: Stack, call: str) -> None:
    """Facebook carries the call out all the same; each answer is there once in the end."""
    wall.town.fault(kind="delay", platform="facebook", user_id=call, count=1, ms=2500)
    comment = wall.says(QUESTION)
    if call == "comments":
        until(wall.private, "the private reply is out")
    until(lambda: _sending(wall), "the call is under way")
    page_stack.kill("worker")
    until(lambda: wall.status(comment) == "done", "answered after the restart")
    assert len(wall.private()) == 1
    assert len(wall.answers(comment)) == 1


@pytest.mark.fault
def test_the_worker_is_killed_before_the_call_went_out(wall: Wall, page_stack: Stack) -> None:
    """Facebook never got it: it is looked up, and only then sent again."""
    wall.town.fault(kind="drop_before", platform="facebook", user_id="comments", count=1)
    comment = wall.says(QUESTION)
    until(wall.private, "the private reply is out")
    page_stack.kill("worker")
    until(lambda: wall.status(comment) == "done", "answered after the restart")
    assert len(wall.private()) == 1 and len(wall.answers(comment)) == 1


def _sending(wall: Wall) -> bool:
    with reading(wall.insides.engine) as session:
        return session.scalar(select(CommentAction.id).where(CommentAction.state == "sending")) is not None
