"""The widget on a commune's own site: another origin, with a strict Content-Security-Policy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import redis
from axe_playwright_python.sync_playwright import Axe
from flask import Flask, Response
from playwright.sync_api import BrowserContext, FrameLocator, Page, expect

from connectors.channel import Reply
from tests.chat.conftest import DESKTOP, PHONE, SETTINGS, FakeAssistant, make_app, served

pytestmark = [pytest.mark.browser, pytest.mark.timeout(60)]

HOST_PAGE = (Path(__file__).parent / "data" / "host.html").read_text(encoding="utf-8")


@dataclass
class Host:
    """The commune's site; ``chat`` is the origin of the assistant that it embeds."""

    url: str
    chat: str = ""


@pytest.fixture
def host() -> Iterator[Host]:
    app = Flask("tests.chat.host")
    place = Host("")

    @app.get("/")
    def home() -> Response:
        response = Response(HOST_PAGE.replace("@CHAT@", place.chat))
        response.headers["Content-Security-Policy"] = (
            f"default-src 'self'; script-src {place.chat}; frame-src {place.chat}"
        )
        return response

    with served(app) as place.url:
        yield place


@pytest.fixture
def embedded(client: redis.Redis, assistant: FakeAssistant, host: Host) -> Iterator[Host]:
    settings = replace(SETTINGS, widget_origins=(host.url,))
    with served(make_app(client, assistant.accept, settings)) as host.chat:
        yield host


def launcher(page: Page) -> FrameLocator:
    page.get_by_role("button", name="Hỏi Trợ lý xã Thử Nghiệm").click()
    chat = page.frame_locator("#troly-xa-frame")
    expect(chat.get_by_text("Chào ông/bà!")).to_be_visible()
    return chat


def test_on_a_desktop(
    open_context: Callable[..., BrowserContext], embedded: Host, assistant: FakeAssistant
) -> None:
    page = open_context(**DESKTOP).new_page()
    page.goto(embedded.url)
    assert page.locator("iframe").count() == 0
    chat = launcher(page)
    expect(chat.get_by_label("Câu hỏi của ông/bà")).to_be_focused()
    page.keyboard.type("xin chào")
    page.keyboard.press("Enter")
    expect(chat.get_by_text("Tôi nghe: xin chào")).to_be_visible()
    violations = Axe().run(page).response["violations"]
    assert [v["id"] for v in violations if v["impact"] in ("serious", "critical")] == []
    page.keyboard.press("Escape")
    expect(page.locator("#troly-xa-frame")).to_be_hidden()
    expect(page.get_by_role("button", name="Hỏi Trợ lý")).to_be_focused()
    assistant.say(assistant.heard[-1].user_id, "later", Reply("cán bộ đã xem"))
    expect(page.get_by_role("button", name="(có tin mới)")).to_be_visible()
    page.keyboard.press("Enter")
    expect(chat.get_by_text("cán bộ đã xem")).to_be_in_viewport()
    page.get_by_role("button", name="Đóng hộp trò chuyện").click()
    expect(page.locator("#troly-xa-frame")).to_be_hidden()


def test_on_a_phone_it_fills_the_screen(open_context: Callable[..., BrowserContext], embedded: Host) -> None:
    page = open_context(**PHONE).new_page()
    page.goto(embedded.url)
    chat = launcher(page)
    assert page.locator("#troly-xa-frame").bounding_box() == {"x": 0, "y": 0, "width": 360, "height": 740}
    expect(page.locator("#troly-xa-button")).to_be_hidden()
    chat.get_by_role("button", name="Đóng hộp trò chuyện").click()
    expect(page.locator("#troly-xa-frame")).to_be_hidden()
    expect(page.locator("#troly-xa-button")).to_be_focused()


def test_without_local_storage(open_context: Callable[..., BrowserContext], embedded: Host) -> None:
    """Browsers may forbid it to an iframe on somebody else's site."""
    context = open_context(**PHONE)
    context.add_init_script(
        "Object.defineProperty(window, 'localStorage', "
        "{get() { throw new DOMException('no', 'SecurityError'); }});"
    )
    page = context.new_page()
    page.goto(embedded.url)
    chat = launcher(page)
    chat.get_by_label("Câu hỏi của ông/bà").fill("vẫn được")
    page.keyboard.press("Enter")
    expect(chat.get_by_text("Tôi nghe: vẫn được")).to_be_visible()


def test_a_site_that_is_not_listed_cannot_embed(
    open_context: Callable[..., BrowserContext], client: redis.Redis, assistant: FakeAssistant, host: Host
) -> None:
    with served(make_app(client, assistant.accept)) as host.chat:
        page = open_context(refusals_expected=True, **DESKTOP).new_page()
        page.goto(host.url)
        with page.expect_console_message(lambda message: "frame-ancestors" in message.text):
            page.get_by_role("button", name="Hỏi Trợ lý").click()
        assert page.frame_locator("#troly-xa-frame").get_by_label("Câu hỏi của ông/bà").count() == 0
        assert assistant.heard == []
