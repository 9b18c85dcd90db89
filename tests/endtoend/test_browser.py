"""The pages as people use them: headless Chromium against every real process."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from bot.supervisor.stack import Stack
from tests.browsing import DESKTOP, PHONE

pytestmark = [pytest.mark.browser, pytest.mark.rasa]

QUESTION = "dang ky khai sinh can giay to gi"
ANSWER = "Giấy chứng sinh"
SIZES = {"phone": PHONE, "desktop": DESKTOP}
ANSWER_MS = 15_000


@pytest.fixture(params=SIZES)
def page(request: pytest.FixtureRequest, chromium: Browser) -> Page:
    # Without motion: a bubble that is still fading in has not the contrast that it will have
    context = chromium.new_context(locale="vi-VN", reduced_motion="reduce", **SIZES[request.param])
    request.addfinalizer(context.close)
    context.set_default_timeout(ANSWER_MS)
    return context.new_page()


def serious(page: Page) -> list[str]:
    """The accessibility findings that keep somebody from using the page."""
    violations = Axe().run(page).response["violations"]
    return [
        f"{v['id']}: {n['html'][:120]} {n['failureSummary'][:200]}"
        for v in violations
        if v["impact"] in {"serious", "critical"}
        for n in v["nodes"]
    ]


def test_a_question_on_the_web_chat_is_answered_live(page: Page, stack: Stack) -> None:
    page.goto(f"{stack.web_url}/chat")
    box = page.get_by_role("textbox")
    box.fill(QUESTION)
    box.press("Enter")
    expect(page.get_by_role("log")).to_contain_text(ANSWER, timeout=ANSWER_MS)
    page.get_by_role("button", name="Bao lâu có").last.click()
    expect(page.get_by_role("log")).to_contain_text("thời gian giải quyết", timeout=ANSWER_MS)
    page.reload()
    expect(page.get_by_role("log")).to_contain_text(ANSWER, timeout=ANSWER_MS)
    assert serious(page) == []


@pytest.mark.parametrize("platform", ["zalo", "facebook"])
def test_the_phone_of_the_sandbox_talks_to_the_assistant(page: Page, stack: Stack, platform: str) -> None:
    page.goto(stack.sandbox_url)
    expect(page.locator("body")).to_have_attribute("data-live", "on")
    phone = page.locator(f".phone[data-platform={platform}]").first
    if not phone.count():
        page.locator(
            ".phone .switch button", has_text="Messenger" if platform == "facebook" else "Zalo"
        ).first.click()
    phone.get_by_label("Tin nhắn").fill(QUESTION)
    phone.get_by_role("button", name="Gửi").click()
    expect(phone.get_by_role("log")).to_contain_text(ANSWER, timeout=ANSWER_MS)
    phone.locator(".tap", has_text="Bao lâu có").last.click()
    expect(phone.get_by_role("log")).to_contain_text("thời gian giải quyết", timeout=ANSWER_MS)
    assert serious(page) == []
