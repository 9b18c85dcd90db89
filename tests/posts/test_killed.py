"""kill -9 of a worker at every point of a post with photos: one post in the end, no photo lost."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.posts.places import State
from bot.store.engine import reading
from bot.store.models_posts import Publication
from connectors.sandbox import defaults
from tests.posts.newsroom import PAGE, Newsroom
from tests.sandbox.helpers import ROOT

pytestmark = pytest.mark.fault
HANG_MS = 3_000
"""How long the platform holds a call up; the worker is killed within."""


def a_worker(newsroom: Newsroom) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.posts.lonely_worker"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    given = {
        "database": str(newsroom.engine.url),
        "graph": f"{newsroom.sandbox.base}/graph",
        "page": PAGE,
        "token": defaults.FACEBOOK_PAGE_TOKEN,
        "shift_s": newsroom.clock.shift.total_seconds(),
    }
    process.stdin.write(json.dumps(given))
    process.stdin.close()
    assert process.stdout.readline() == "begun\n"
    return process


def wait_for(happened: Callable[[], bool], about: str) -> None:
    deadline = time.monotonic() + 30
    while not happened():
        assert time.monotonic() < deadline, about
        time.sleep(0.02)


def struck(newsroom: Newsroom) -> bool:
    """The fault that holds the call up has begun: a counted fault is gone from the list then."""
    return not newsroom.sandbox.get("/faults")["faults"]


def hung_and_killed(newsroom: Newsroom, kind: str, scope: str) -> None:
    """A worker is killed while its call of ``scope`` has no answer."""
    newsroom.sandbox.fault(kind, platform="facebook", user_id=scope, count=1, ms=HANG_MS)
    worker = a_worker(newsroom)
    try:
        wait_for(lambda: struck(newsroom), "the call hangs")
    finally:
        worker.kill()
        worker.wait(10)


@pytest.mark.parametrize(
    ("kind", "scope"),
    [("timeout_after", "photos"), ("timeout_after", "feed"), ("delay", "feed")],
    ids=[
        "during an upload",
        "after the post is out",
        "before the post is out, which then comes all the same",
    ],
)
def test_killed_between_upload_and_publish(newsroom: Newsroom, kind: str, scope: str) -> None:
    post = newsroom.approved(newsroom.page, pictures=3)
    hung_and_killed(newsroom, kind, scope)
    newsroom.sandbox.api("DELETE", "/faults")
    assert newsroom.place(post, newsroom.page).state is State.PUBLISHING
    newsroom.runs()  # another worker leaves it alone while the call may still be under way
    assert newsroom.place(post, newsroom.page).state is State.PUBLISHING
    if kind == "delay":
        wait_for(lambda: bool(newsroom.on_page()), "the platform carries the call out, late")
    newsroom.moves(timedelta(seconds=91))
    newsroom.runs_out()
    (shown,) = newsroom.on_page()
    assert len(shown["photos"]) == 3
    with reading(newsroom.engine) as session:
        work = session.scalars(select(Publication.work)).one()
    assert sorted(work["photos"].values()) == sorted(shown["photos"])
    assert newsroom.place(post, newsroom.page).state is State.PUBLISHED
