"""Officers' browsers: what the desk's browser tests share beside the fixtures of conftest.py."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page
from sqlalchemy import Engine

from bot.clock import utc_now
from bot.desk.sessions import COOKIE, open_session
from bot.settings import ROOT
from bot.store.engine import writing
from bot.store.models import Officer
from tests.browsing import DESKTOP

SHOWN_MS = 30_000
"""How long a page may take to show what the worker does; the machine may be busy."""

OpenDesk = Callable[..., Page]


def signed_in(
    chromium: Browser, engine: Engine, web_url: str, officer_id: int, size: dict[str, Any] = DESKTOP
) -> BrowserContext:
    """A browser of this officer; ``size`` is what ``new_context`` takes."""
    now = utc_now()
    with writing(engine) as session:
        token = open_session(session, session.get_one(Officer, officer_id), now)
    context = chromium.new_context(
        locale="vi-VN", timezone_id="Asia/Ho_Chi_Minh", reduced_motion="reduce", **size
    )
    context.set_default_timeout(SHOWN_MS)
    context.add_cookies([{"name": COOKIE, "value": token, "url": f"{web_url}/desk", "httpOnly": True}])
    return context


def fresh_login() -> str:
    """A name to sign in with that nobody has yet."""
    return f"o{time.time_ns()}"


def keep_picture(page: Page, name: str) -> None:
    """Under docs/images, if ``DESK_SCREENSHOTS`` is set."""
    if os.environ.get("DESK_SCREENSHOTS"):
        page.screenshot(path=ROOT / "docs" / "images" / f"desk-{name}.png")
