"""The desk as officers use it: headless Chromium, every real process, the sandbox as Zalo and Facebook.

``DESK_SCREENSHOTS=1`` keeps pictures of the pages under docs/images.
"""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect
from sqlalchemy import Engine

from bot.clock import utc_now
from bot.store.engine import writing
from bot.store.models import Canned
from bot.supervisor.stack import Stack
from tests.browsing import PHONE
from tests.desk.browsers import OpenDesk, keep_picture
from tests.endtoend.test_browser import serious
from tests.endtoend.town import Town

pytestmark = [pytest.mark.browser, pytest.mark.rasa]

WISH = "tôi muốn gặp cán bộ"


@pytest.mark.parametrize("platform", ["zalo", "facebook"])
def test_from_the_wish_to_the_answer_and_back(
    open_desk: OpenDesk, town: Town, platform: str, stack: Stack
) -> None:
    user = f"90000000000{'1' if platform == 'zalo' else '2'}"
    page = open_desk("Nguyễn Thị Hoa")
    said = f"{WISH} về hộ tịch {platform}"
    town.says(platform, user, said)
    heard = town.heard(platform, user)
    row = page.locator(".chat-row", has_text=said)
    expect(row).to_be_visible(timeout=1000)  # from the answer that an officer is called: at most a second
    expect(page).to_have_title(re.compile(r"^\(\d+\)"))
    row.click()
    expect(page.locator("#composer")).to_contain_text("Tiếp nhận")
    keep_picture(page, f"waiting-{platform}")
    page.keyboard.press("t")
    expect(page.locator("#state")).to_have_text("Anh/chị đang giữ")
    expect(page.locator("#text")).to_be_focused()
    page.keyboard.type("Chào bà, bà cần giúp gì ạ?")
    page.keyboard.press("Control+Enter")
    answered = town.heard(platform, user, len(heard) + 1)
    assert "Chào bà, bà cần giúp gì ạ?" in answered[-1]["text"]
    told_by = answered[-1]["persona"] if platform == "facebook" else answered[-1]["text"]
    assert "Cán bộ tư pháp" in told_by
    expect(page.locator(".bubble.officer .delivery").last).to_have_text(re.compile("đã gửi|đã nhận|đã xem"))
    town.says(platform, user, "làm khai sinh cần giấy tờ gì")
    expect(page.locator(".bubble.resident").last).to_contain_text("làm khai sinh cần giấy tờ gì")
    assert len(town.settled(platform, user)) == len(answered)  # the bot says nothing
    keep_picture(page, f"chat-{platform}")
    assert serious(page) == []
    page.get_by_role("button", name="Trả lại trợ lý").click()
    expect(page.locator("#state")).to_have_text("Trợ lý đang trả lời")
    town.says(platform, user, "làm khai sinh cần giấy tờ gì")
    assert "chứng sinh" in town.settled(platform, user)[-1]["text"].lower()


def test_two_desks_see_one_another(open_desk: OpenDesk, town: Town) -> None:
    first, second = open_desk("Trần Văn Bình"), open_desk("Lê Thị Mai")
    said = f"{WISH} hai bàn"
    town.says("zalo", "900000000011", said)
    for page in (first, second):
        page.locator(".chat-row", has_text=said).click()
    first.keyboard.press("t")
    expect(second.locator("#state")).to_have_text("Trần Văn Bình đang giữ")
    expect(second.locator("#composer")).to_contain_text("Trần Văn Bình đang giữ hội thoại này")
    expect(second.locator(".chat-row", has_text=said)).to_have_count(0)  # no longer waits


def test_nothing_is_missed_after_a_cut(open_desk: OpenDesk, town: Town) -> None:
    page = open_desk("Phạm Văn Nam")
    page.context.set_offline(True)
    expect(page.locator("#line")).to_contain_text("Mất kết nối", timeout=30_000)
    said = f"{WISH} lúc mất mạng"
    town.says("zalo", "900000000021", said)
    town.heard("zalo", "900000000021")
    page.context.set_offline(False)
    expect(page.locator(".chat-row", has_text=said)).to_be_visible(timeout=10_000)
    expect(page.locator("#line")).to_have_text("Trực tuyến", timeout=10_000)


def test_nothing_is_missed_when_the_server_was_away(open_desk: OpenDesk, town: Town, stack: Stack) -> None:
    page = open_desk("Phạm Văn Bắc")
    stack.wait_restarted("web", stack.kill("web"))
    said = f"{WISH} sau khi máy chủ chết"
    town.says("zalo", "900000000022", said)
    expect(page.locator(".chat-row", has_text=said)).to_be_visible(timeout=10_000)
    expect(page.locator("#line")).to_have_text("Trực tuyến", timeout=10_000)


def test_on_a_phone_one_thing_at_a_time(open_desk: OpenDesk, town: Town) -> None:
    page = open_desk("Võ Thị Lan", PHONE)
    said = f"{WISH} điện thoại"
    town.says("facebook", "900000000031", said)
    row = page.locator(".chat-row", has_text=said)
    expect(row).to_be_visible()
    keep_picture(page, "phone-list")
    assert serious(page) == []
    row.click()
    expect(row).to_be_hidden()
    page.get_by_role("button", name="Tiếp nhận").click()
    box = page.locator("#text")
    expect(box).to_be_in_viewport()
    expect(page.locator("#send")).to_be_in_viewport()
    keep_picture(page, "phone-chat")
    assert serious(page) == []
    assert page.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth")
    page.get_by_role("link", name="← Danh sách").click()
    expect(page.locator("#rows")).to_be_visible()


def test_keyboard_canned_replies_and_answers(open_desk: OpenDesk, town: Town, stack_engine: Engine) -> None:
    with writing(stack_engine) as session:
        session.add(
            Canned(
                unit_id=None, shortcut="hen", title="Hẹn trả kết quả", updated_at=utc_now(),
                text="Ông/bà tới nhận kết quả theo giấy hẹn.",
            )
        )  # fmt: skip
    page = open_desk("Đỗ Văn Minh")
    said = f"{WISH} bàn phím"
    town.says("zalo", "900000000041", said)
    expect(page.locator(".chat-row", has_text=said)).to_be_visible()
    page.locator("#help").focus()
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    page.locator(".chat-row", has_text=said).focus()
    page.keyboard.press("Enter")
    expect(page.locator("#composer")).to_contain_text("Tiếp nhận")
    page.keyboard.press("t")
    expect(page.locator("#text")).to_be_focused()
    page.keyboard.type("/h")
    expect(page.get_by_role("option", name="hen")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator("#text")).to_have_value("Ông/bà tới nhận kết quả theo giấy hẹn.")
    page.locator("#answers summary").click()
    page.locator("#procedure").fill("khai sinh")
    page.locator("#procedures button", has_text="Giấy tờ").first.click()
    expect(page.locator("#text")).to_have_value(re.compile("Nguồn: Cổng Dịch vụ công"))
    keep_picture(page, "composer")
    assert serious(page) == []
