"""An officer's work in headless Chromium beside the resident's phone: every real process, the sandbox."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator

import pytest
import requests
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Route, expect
from sqlalchemy import Engine

from bot.clock import utc_now
from bot.desk.inbox import PER_OFFICER
from bot.desk.sessions import COOKIE
from bot.store.engine import writing
from bot.store.models import Canned
from bot.supervisor.stack import Stack
from tests.browsing import PHONE
from tests.desk.browsers import SHOWN_MS, OpenDesk
from tests.endtoend.town import Town

pytestmark = [pytest.mark.browser, pytest.mark.rasa]

WISH = "tôi muốn gặp cán bộ"
WEB_PROCESSES = 2
"""Of gunicorn_conf.py."""
OpenPhone = Callable[[str], Locator]


@pytest.fixture
def open_phone(chromium: Browser, stack: Stack) -> Iterator[OpenPhone]:
    """``open_phone("zalo")``: the sandbox's phone page in the hand of a new resident."""
    contexts: list[BrowserContext] = []

    def make(platform: str) -> Locator:
        context = chromium.new_context(locale="vi-VN", reduced_motion="reduce", **PHONE)
        contexts.append(context)
        context.set_default_timeout(SHOWN_MS)
        page = context.new_page()
        page.goto(stack.sandbox_url)
        expect(page.locator("body")).to_have_attribute("data-live", "on")
        if platform == "facebook":
            page.locator(".phone .switch button", has_text="Messenger").click()
        page.locator(".phone .person").select_option("+")
        return page.locator(f".phone[data-platform={platform}]")

    yield make
    for context in contexts:
        context.close()


def writes(phone: Locator, text: str) -> None:
    phone.get_by_label("Tin nhắn").fill(text)
    phone.get_by_role("button", name="Gửi", exact=True).click()


def reads(phone: Locator, words: str | re.Pattern[str]) -> None:
    """The resident's last bubble says this."""
    expect(phone.locator(".message").last).to_contain_text(words, timeout=SHOWN_MS)


def waiting(desk: Page, words: str) -> Locator:
    row = desk.locator(".chat-row", has_text=words)
    expect(row).to_be_visible(timeout=SHOWN_MS)
    return row


def claimed(desk: Page, phone: Locator, words: str) -> None:
    """The resident asks for a person, the officer takes the chat and may write."""
    writes(phone, words)
    reads(phone, "Cán bộ sẽ trả lời ngay tại đây")
    waiting(desk, words).click()
    desk.get_by_role("button", name="Tiếp nhận").click()
    expect(desk.locator("#text")).to_be_focused(timeout=SHOWN_MS)


def sends(desk: Page, text: str) -> None:
    desk.locator("#text").fill(text)
    desk.locator("#send").click()
    expect(desk.locator(".bubble.officer").last).to_contain_text(text)
    expect(desk.locator("#text")).to_have_value("")


def a_picture() -> dict[str, object]:
    content = io.BytesIO()
    Image.new("RGB", (600, 1800), (180, 120, 60)).save(content, "JPEG")
    return {"name": "giay-hen.jpg", "mimeType": "image/jpeg", "buffer": content.getvalue()}


@pytest.mark.parametrize("platform", ["zalo", "facebook"])
def test_by_the_keyboard_alone(
    open_desk: OpenDesk, open_phone: OpenPhone, stack_engine: Engine, platform: str
) -> None:
    with writing(stack_engine) as session:
        text = "Bà mang giấy chứng sinh tới một cửa nhé."
        session.add(
            Canned(unit_id=1, shortcut=f"cs-{platform}", title="Chứng sinh", text=text, updated_at=utc_now())
        )
    desk, phone = open_desk("Nguyễn Thị Hoa"), open_phone(platform)
    said = f"{WISH} bàn phím {platform}"
    writes(phone, said)
    row = waiting(desk, said)
    for _ in range(desk.locator(".chat-row").count()):
        desk.keyboard.press("j")
        if row.evaluate("row => row === document.activeElement"):
            break
    expect(row).to_be_focused()
    desk.keyboard.press("Enter")
    expect(desk.locator("#story")).to_be_focused()
    desk.keyboard.press("t")
    expect(desk.locator("#text")).to_be_focused()
    desk.keyboard.type("Chào bà ạ.")
    desk.keyboard.press("Control+Enter")
    reads(phone, "Cán bộ tư pháp – hộ tịch")
    reads(phone, "Chào bà ạ.")
    expect(desk.locator("#text")).to_have_value("")
    expect(desk.locator("#text")).to_be_focused()  # the next one at once
    desk.keyboard.type(f"/CS-{platform[:2]}")
    expect(desk.get_by_role("option", name="Chứng sinh")).to_be_visible()
    desk.keyboard.press("Tab")
    desk.keyboard.press("Control+Enter")
    reads(phone, "giấy chứng sinh tới một cửa")
    writes(phone, "dạ cảm ơn cô")
    expect(desk.locator(".bubble.resident").last).to_contain_text("dạ cảm ơn cô")
    desk.keyboard.press("Escape")
    desk.keyboard.press("n")
    desk.keyboard.type("Bà Sáu, cháu sinh ở nhà")
    desk.keyboard.press("Tab")
    desk.keyboard.press("Enter")
    expect(desk.locator(".bubble.note")).to_contain_text("Bà Sáu, cháu sinh ở nhà")
    desk.keyboard.press("g")
    expect(desk.get_by_role("button", name="Trả lại trợ lý")).to_be_focused()
    desk.keyboard.press("Enter")
    expect(desk.locator("#state")).to_have_text("Trợ lý đang trả lời")
    reads(phone, re.compile("Cán bộ đã trả lời xong.*hài lòng", re.DOTALL))
    expect(phone).not_to_contain_text("cháu sinh ở nhà")  # a note is for colleagues
    phone.get_by_role("button", name="Hài lòng", exact=True).click()
    reads(phone, "Cảm ơn ông/bà đã đánh giá")
    expect(desk.locator(".bubble").last).to_contain_text("Cảm ơn ông/bà đã đánh giá")


@pytest.mark.parametrize("platform", ["zalo", "facebook"])
def test_typing_and_images_both_ways(open_desk: OpenDesk, open_phone: OpenPhone, platform: str) -> None:
    desk, phone = open_desk("Lê Thị Hồng"), open_phone(platform)
    claimed(desk, phone, f"{WISH} gửi ảnh {platform}")
    desk.locator("#text").press_sequentially("Bà xem mẫu")
    if platform == "facebook":  # Zalo has no such signal
        expect(phone.locator(".typing")).to_be_visible(timeout=SHOWN_MS)
    desk.set_input_files("#image", a_picture())  # type: ignore[arg-type]
    expect(desk.locator("#image-name")).to_have_text("Ảnh: giay-hen.jpg")
    desk.get_by_role("button", name="Bỏ ảnh").click()
    expect(desk.locator("#image-name")).to_have_text("Thêm ảnh")
    desk.set_input_files("#image", a_picture())  # type: ignore[arg-type]
    sends(desk, "Bà xem mẫu này")
    expect(desk.locator(".bubble.officer img")).to_have_js_property("complete", True)
    assert desk.locator(".bubble.officer img").evaluate("image => image.naturalWidth") == 600
    expect(phone.get_by_role("log")).to_contain_text("Bà xem mẫu này", timeout=SHOWN_MS)
    address = desk.locator(".bubble.officer img").get_attribute("src")
    assert address is not None
    shown = phone.locator(f'img[src="{address}"], a[href="{address}"]')
    expect(shown.first).to_be_visible(timeout=SHOWN_MS)
    expect(phone.locator(".typing")).to_be_hidden()
    # From the resident: an address that can't be read is said, not shown as a broken picture.
    phone.locator(".more summary").click()
    phone.get_by_role("button", name="Gửi ảnh giấy tờ").click()
    last = desk.locator(".bubble.resident").last
    expect(last).to_contain_text("Không tải được ảnh", timeout=SHOWN_MS)
    expect(last).to_be_in_viewport()  # though the large picture above came late


def test_a_failed_message_is_sent_again(open_desk: OpenDesk, open_phone: OpenPhone, town: Town) -> None:
    desk, phone = open_desk("Trần Văn Bình"), open_phone("zalo")
    claimed(desk, phone, f"{WISH} tin hỏng")
    user = phone.get_attribute("data-user") or ""
    town.fault(kind="error_code", platform="zalo", user_id=user, code=-213, count=1)
    sends(desk, "Ông tới một cửa nhé")
    bubble = desk.locator(".bubble.officer").last
    expect(bubble).to_contain_text("không gửi được:", timeout=SHOWN_MS)
    expect(phone.get_by_role("log")).not_to_contain_text("tới một cửa")
    bubble.get_by_role("button", name="Gửi lại").click()
    reads(phone, "Ông tới một cửa nhé")
    expect(bubble).to_contain_text(re.compile("đã gửi|đã nhận|đã xem"), timeout=SHOWN_MS)
    expect(bubble.get_by_role("button", name="Gửi lại")).to_have_count(0)


def test_notes_labels_and_forwarding(open_desk: OpenDesk, open_phone: OpenPhone) -> None:
    desk, colleague = open_desk("Phạm Văn Nam"), open_desk("Đỗ Thị Yến")
    phone = open_phone("zalo")
    claimed(desk, phone, f"{WISH} chuyển tiếp")
    desk.locator("summary", has_text="Nhãn").click()
    desk.get_by_label("cần gọi lại").check()
    desk.get_by_label("Nhãn khác").fill("ấp 3")
    desk.get_by_role("button", name="Lưu nhãn").click()
    expect(desk.locator("#chat-head .label")).to_have_text(["cần gọi lại", "ấp 3"])
    # What comes meanwhile takes no half-written note away.
    desk.locator("summary", has_text="Ghi chú").click()
    desk.get_by_label("Chỉ cán bộ đọc được").fill("đã xem sổ hộ tịch")
    writes(phone, "còn chờ lâu không cô")
    expect(desk.locator(".bubble.resident").last).to_contain_text("còn chờ lâu")
    desk.get_by_role("button", name="Lưu ghi chú").click()
    expect(desk.locator(".bubble.note")).to_contain_text("đã xem sổ hộ tịch")
    desk.locator("summary", has_text="Chuyển").click()
    desk.get_by_label("Tới người").select_option(label="Đỗ Thị Yến (Cán bộ tư pháp – hộ tịch)")
    desk.get_by_label("Ghi chú cho người nhận").fill("bà cần bản sao")
    desk.locator("form button", has_text="Chuyển").click()
    expect(desk.locator("#composer")).to_contain_text("Đỗ Thị Yến đang giữ hội thoại này")
    reads(phone, "được chuyển đến cán bộ phụ trách")
    colleague.get_by_role("link", name=re.compile("Của tôi")).click()
    waiting(colleague, "còn chờ lâu không cô").click()
    expect(colleague.locator("#story")).to_contain_text("bà cần bản sao")
    sends(colleague, "Cháu là Yến, bà đợi cháu in bản sao")
    reads(phone, "Cháu là Yến")


def test_drafts_wait_and_the_story_keeps_its_place(open_desk: OpenDesk, town: Town) -> None:
    desk = open_desk("Võ Thị Lan")
    for number in (1, 2):
        town.says("zalo", f"90000000010{number}", f"{WISH} nháp {number}")
    waiting(desk, "nháp 2")
    waiting(desk, "nháp 1").click()
    desk.get_by_role("button", name="Tiếp nhận").click()
    for number in range(8):
        sends(desk, f"Dòng {number} " * 60)
    desk.locator("#text").fill("câu trả lời còn dở")
    waiting(desk, "nháp 2").click()
    expect(desk.locator("#composer")).to_contain_text("Tiếp nhận")
    desk.get_by_role("link", name=re.compile("Của tôi")).click()
    waiting(desk, "nháp 1").click()
    expect(desk.locator("#text")).to_have_value("câu trả lời còn dở")
    # What is written and chosen while a message is on its way stays for the next one.
    held: list[Route] = []
    desk.route("**/say", lambda route: held.append(route))
    with desk.expect_request("**/say"):
        desk.locator("#text").press("Control+Enter")
    desk.locator("#text").press_sequentially(" và thêm")
    desk.set_input_files("#image", a_picture())  # type: ignore[arg-type]
    held[0].continue_()
    desk.unroute("**/say")
    expect(desk.locator(".bubble.officer").last).to_contain_text("câu trả lời còn dở")
    expect(desk.locator("#text")).to_have_value(" và thêm")
    expect(desk.locator("#image-name")).to_have_text("Ảnh: giay-hen.jpg")
    story = desk.locator("#story")
    story.evaluate("story => { story.scrollTop = 100; }")
    town.says("zalo", "900000000101", "bà nhắn lúc cô đang đọc ở trên")
    expect(desk.locator(".bubble.resident").last).to_contain_text("đang đọc ở trên")
    assert story.evaluate("story => story.scrollTop") == 100
    story.evaluate("story => { story.scrollTop = story.scrollHeight; }")
    town.says("zalo", "900000000101", "bà nhắn lần nữa")
    expect(desk.locator(".bubble.resident", has_text="bà nhắn lần nữa")).to_be_in_viewport()
    expect(desk.locator("#text")).to_have_value(" và thêm")


def test_the_bell_and_the_notification(open_desk: OpenDesk, town: Town, stack: Stack) -> None:
    desk = open_desk("Bùi Văn Tâm")
    desk.context.grant_permissions(["notifications"], origin=stack.web_url)
    desk.add_init_script("Object.defineProperty(document, 'hidden', { get: () => window.away === true });")
    desk.reload()
    expect(desk.locator("#notify")).to_be_hidden()  # it has been allowed
    bell = desk.locator("#sound")
    expect(bell).to_have_text("Bật chuông")  # nobody touched the page yet: it would be silent
    bell.click()
    expect(bell).to_have_text("Chuông: bật")
    rung = int(desk.locator("#desk").get_attribute("data-rung") or 0)
    assert rung == 1
    desk.evaluate("() => { window.away = true; }")
    town.says("facebook", "900000000111", f"{WISH} chuông")
    expect(desk.locator("#desk")).to_have_attribute("data-rung", "2", timeout=SHOWN_MS)
    told = """async () => {
      const worker = await navigator.serviceWorker.getRegistration("/desk/static/");
      return (await worker.getNotifications()).map((note) => `${note.title} | ${note.body}`);
    }"""
    desk.wait_for_function(f"async () => (await ({told})()).length > 0")
    assert re.fullmatch(r"Có người dân đang chờ cán bộ \| Người dân \d+", desk.evaluate(told)[0])
    bell.click()
    expect(bell).to_have_text("Chuông: tắt")
    town.says("facebook", "900000000112", f"{WISH} im lặng")
    waiting(desk, "im lặng")
    expect(desk.locator("#desk")).to_have_attribute("data-rung", "2")


def test_beyond_the_streams_the_page_asks(open_desk: OpenDesk, town: Town, stack: Stack) -> None:
    desk = open_desk("Hồ Văn Sơn")
    token = next(c["value"] for c in desk.context.cookies() if c.get("name") == COOKIE)
    desk.goto("about:blank")
    others = requests.Session()
    others.cookies.set(COOKIE, token, path="/desk")
    streams: list[requests.Response] = []
    try:
        for _ in range(200):  # each web process has a gate of its own, and which of them answers is chance
            answer = others.get(f"{stack.web_url}/desk/feed", stream=True, timeout=10)
            streams += [answer] if answer.status_code == 200 else []
            if len(streams) == PER_OFFICER * WEB_PROCESSES:
                break
            if answer.status_code != 200:
                answer.close()
        desk.goto(f"{stack.web_url}/desk/")
        expect(desk.locator("#line")).to_have_text("Trực tuyến (cập nhật mỗi 3 giây)", timeout=SHOWN_MS)
        town.says("zalo", "900000000121", f"{WISH} hỏi vòng")
        waiting(desk, "hỏi vòng").click()
        desk.get_by_role("button", name="Tiếp nhận").click()
        expect(desk.locator("#text")).to_be_focused()
        town.says("zalo", "900000000121", "bà hỏi thêm")
        expect(desk.locator(".bubble.resident").last).to_contain_text("bà hỏi thêm", timeout=SHOWN_MS)
    finally:
        for stream in streams:
            stream.close()
