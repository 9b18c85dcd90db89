"""Fifty officers take one conversation at once over HTTP, on the real web server: exactly one gets it."""

from __future__ import annotations

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
from sqlalchemy import select

from bot.clock import utc_now
from bot.desk.sessions import COOKIE, open_session
from bot.store.engine import make_engine, reading, writing
from bot.store.models import Conversation, Handoff, Note, Officer
from bot.supervisor.stack import Stack
from tests.desk.chats import add_chat
from tests.desk.conftest import add_officer

OFFICERS = 50


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_exactly_one_of_fifty_wins(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    url = (
        str(request.getfixturevalue("postgres_url"))
        if kind == "postgres"
        else f"sqlite:///{tmp_path / 'troly.db'}"
    )
    with Stack(tmp_path / "var", ("redis", "web"), env={"DATABASE_URL": url}) as stack:
        engine = make_engine(url)
        now = utc_now()
        chat = add_chat(engine, now, owner="waiting")
        browsers = []
        for number in range(OFFICERS):
            officer_id = add_officer(engine, now=now, name=f"Cán bộ {number}")
            with writing(engine) as session:
                token = open_session(session, session.get_one(Officer, officer_id), now)
            browser = requests.Session()
            browser.cookies.set(COOKIE, token)
            page = browser.get(f"{stack.web_url}/desk/c/{chat}", timeout=30).text
            found = re.search(r'name="csrf-token" content="([^"]+)"', page)
            assert found
            browser.headers.update({"X-CSRFToken": found[1], "HX-Request": "true"})
            browsers.append(browser)
        barrier = threading.Barrier(OFFICERS)

        def claim(browser: requests.Session) -> str:
            barrier.wait()
            response = browser.post(f"{stack.web_url}/desk/c/{chat}/claim", timeout=60)
            assert response.status_code == 200
            return response.text

        with ThreadPoolExecutor(OFFICERS) as pool:
            answers = list(pool.map(claim, browsers))
        winners = [number for number, html in enumerate(answers) if "Anh/chị đã tiếp nhận" in html]
        assert len(winners) == 1
        losers = [html for number, html in enumerate(answers) if number not in winners]
        assert all(f"Cán bộ {winners[0]} đã tiếp nhận trước" in html for html in losers)
        with reading(engine) as session:
            holder = session.get_one(Conversation, chat).officer_id
            assert session.get_one(Officer, holder).name == f"Cán bộ {winners[0]}"
            assert len(session.scalars(select(Note).where(Note.kind == "claim")).all()) == 1
            assert len(session.scalars(select(Handoff)).all()) == 1
        engine.dispose()
