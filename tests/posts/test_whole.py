"""The real worker and web process beside the sandbox: published, kill -9, a post made by hand."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import Engine, select

from bot.clock import utc_now
from bot.posts.content import Content, Target
from bot.posts.lifecycle import Action, Actor, Status
from bot.posts.pictures import add_picture, prepared
from bot.posts.reading import find
from bot.posts.store import Request, create, perform
from bot.settings import load_settings
from bot.store.engine import make_engine, reading, writing
from bot.store.models import Account
from bot.store.models_posts import Post
from bot.supervisor.stack import Stack
from connectors.sandbox import defaults
from tests.posts.newsroom import a_picture

pytestmark = pytest.mark.fault
CHIEF = Actor(1, 1, approves=True)
PAGE, OA = defaults.FACEBOOK_PAGE_ID, defaults.ZALO_OA_ID


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Without Rasa: posts need no understanding."""
    env = {"SANDBOX_FACEBOOK_REFUSES_DUPLICATES": "0", "SANDBOX_ZALO_ARTICLE_S": "1"}
    with Stack(tmp_path_factory.mktemp("posts"), ("redis", "sandbox", "worker", "web"), env=env) as running:
        yield running


@pytest.fixture(scope="module")
def engine(stack: Stack) -> Iterator[Engine]:
    engine = make_engine(load_settings(stack.env, dotenv=Path("/nonexistent")).sql_url)
    yield engine
    engine.dispose()


def until(happened: Callable[[], Any], about: str, timeout_s: float = 60) -> None:
    deadline = time.monotonic() + timeout_s
    while not happened():
        assert time.monotonic() < deadline, about
        time.sleep(0.1)


def api(stack: Stack, method: str, path: str, **body: Any) -> Any:
    answer = requests.request(method, f"{stack.sandbox_url}/sandbox/api{path}", json=body, timeout=30)
    assert answer.ok, answer.text
    return answer.json()


def approved(engine: Engine, title: str, pictures: int) -> int:
    now = utc_now()
    with writing(engine) as session:
        targets = tuple(Target(row) for row in session.scalars(
            select(Account.id).where(Account.channel.in_(("facebook", "zalo")))
        ))  # fmt: skip
        names = tuple(add_picture(session, 1, prepared(a_picture(n)), now) for n in range(pictures))
        post = create(session, CHIEF, 1, Content(title, "Họp lúc 8 giờ.", images=names, targets=targets), now)
        assert isinstance(post, int)
    for action in (Action.ASK, Action.APPROVE):
        with writing(engine) as session:
            assert perform(session, CHIEF, post, Request(action, 1), now) is None
    return post


def status(engine: Engine, post_id: int) -> Status:
    with reading(engine) as session:
        page = find(session, CHIEF, post_id)
    assert page is not None
    return page.standing.status


def test_published_and_its_pictures_are_where_zalo_looks_for_them(stack: Stack, engine: Engine) -> None:
    post = approved(engine, "Mời họp", pictures=2)
    until(lambda: status(engine, post) is Status.PUBLISHED, "published on both")
    (shown,) = api(stack, "GET", f"/pages/{PAGE}/posts")["posts"]
    assert len(shown["photos"]) == 2
    (article,) = api(stack, "GET", f"/oas/{OA}/articles")["articles"]
    cover = requests.get(article["body"]["cover"]["photo_url"], timeout=10)
    assert cover.content.startswith(b"\xff\xd8")


def test_kill_9_of_the_worker_in_the_middle(stack: Stack, engine: Engine) -> None:
    before = api(stack, "GET", f"/pages/{PAGE}/posts")["made"]
    posts = [approved(engine, f"Bài {n}", pictures=3) for n in range(3)]
    until(lambda: api(stack, "GET", f"/pages/{PAGE}/posts")["made"] > before, "the first is out")
    pid = stack.kill("worker")
    stack.wait_restarted("worker", pid)
    until(lambda: all(status(engine, post) is Status.PUBLISHED for post in posts), "all are out", 150)
    shown = [post["message"].split("\n")[0] for post in api(stack, "GET", f"/pages/{PAGE}/posts")["posts"]]
    assert sorted(shown) == ["Bài 0", "Bài 1", "Bài 2", "Mời họp"]
    articles = api(stack, "GET", f"/oas/{OA}/articles")["articles"]
    assert len(articles) == 4


def test_a_post_by_hand_reaches_the_desk_through_the_webhook(stack: Stack, engine: Engine) -> None:
    ref = api(stack, "POST", f"/pages/{PAGE}/posts", message="Tin của hội\nHôm nay hội họp.")["id"]

    def offered() -> list[Post]:
        with reading(engine) as session:
            return list(session.scalars(select(Post).where(Post.source_ref == ref)))

    until(offered, "the desk shows it")
    assert offered()[0].status == Status.OFFERED
    with reading(engine) as session:  # our own posts came back by the same webhook and are none
        assert len(session.scalars(select(Post).where(Post.origin == "page")).all()) == 1
