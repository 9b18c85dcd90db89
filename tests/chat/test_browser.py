"""The chat page in headless Chromium, on a phone and on a desktop, with a fake assistant on the real feed."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, Route, expect

from bot.chat.config import ChatSettings
from bot.chat.limits import Rate
from connectors.channel import Account, Author, EventKind, Reply, SendContext
from tests.chat.conftest import DESKTOP, PHONE, SETTINGS, Site, Valkey

pytestmark = [pytest.mark.browser, pytest.mark.timeout(90)]

GREETING = "Chào ông/bà!"
FOCUSED = """() => {
    const e = document.activeElement;
    const label = e.labels && e.labels[0] ? e.labels[0].textContent : e.getAttribute("aria-label");
    return [e.textContent.trim() || label, getComputedStyle(e).outlineStyle];
}"""
LIVE = re.compile("GET /chat/stream")


def opened(page: Page, site: Site) -> Page:
    page.goto(f"{site.url}/chat")
    expect(page.get_by_text(GREETING)).to_be_visible()
    return page


def write(page: Page, text: str) -> None:
    page.get_by_label("Câu hỏi của ông/bà").fill(text)
    page.get_by_role("button", name="Gửi", exact=True).click()


def bubbles(page: Page) -> list[str]:
    return page.locator(".message .body").all_inner_texts()


def serious(page: Page) -> list[str]:
    violations = Axe().run(page).response["violations"]
    return [
        f"{v['id']}: {v['nodes'][0]['html']}" for v in violations if v["impact"] in ("serious", "critical")
    ]


def test_answers_come_live_and_survive_a_reload(any_page: Page, site: Site) -> None:
    page = opened(any_page, site)
    write(page, "xin chào")
    expect(page.get_by_text("Tôi nghe: xin chào")).to_be_visible()
    expect(page.locator(".mine .meta")).to_contain_text("Đã gửi")
    assert any(LIVE.match(line) for line in site.requests)
    page.get_by_role("button", name="Thủ tục", exact=True).click()
    page.get_by_role("button", name="Đăng ký khai sinh").click()
    expect(page.get_by_role("button", name="Lệ phí")).to_be_visible()
    assert [(e.kind, e.payload, e.text) for e in site.assistant.heard[1:]] == [
        (EventKind.MESSAGE, None, "xin chào"),
        (EventKind.BUTTON, "#menu", "Thủ tục"),
        (EventKind.BUTTON, "#p:1.001193", "Đăng ký khai sinh"),
    ]
    before = bubbles(page)
    page.reload()
    expect(page.get_by_role("button", name="Lệ phí")).to_be_visible()
    assert bubbles(page) == before
    write(page, "còn nữa")
    expect(page.get_by_text("Tôi nghe: còn nữa")).to_be_visible()
    assert Counter(e.kind for e in site.assistant.heard)[EventKind.OPENED] == 1
    assert len({e.user_id for e in site.assistant.heard}) == 1


def test_nothing_overflows_and_axe_is_content(any_page: Page, site: Site) -> None:
    page = opened(any_page, site)
    page.get_by_role("button", name="Thủ tục", exact=True).click()
    page.get_by_role("button", name="Đăng ký khai sinh").click()
    expect(page.get_by_role("link", name="Nộp qua mạng")).to_be_attached()
    session = site.session()
    officer = SendContext("o", author=Author.OFFICER)
    site.assistant.channel.send(Account("webchat", "web"), session, {"text": "Chào bà, tôi là Lan."}, officer)
    expect(page.get_by_text("tôi là Lan")).to_be_visible()
    page.get_by_role("button", name="Xóa cuộc trò chuyện trên máy này").click()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        assert serious(page) == []
    for width, height in (
        ((page.viewport_size or {}).get("width", 0), 740),
        (320, 256),
        (180, 370),
        (640, 400),
    ):
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (width, height)
        page.get_by_label("Câu hỏi của ông/bà").scroll_into_view_if_needed()
        expect(page.get_by_label("Câu hỏi của ông/bà")).to_be_in_viewport()


def test_keyboard_alone(open_context: Callable[..., BrowserContext], site: Site) -> None:
    page = opened(open_context(**DESKTOP).new_page(), site)

    def tab_to(name: str) -> None:
        for _ in range(20):
            page.keyboard.press("Tab")
            focused = page.evaluate(FOCUSED)
            if focused[0] == name:
                assert focused[1] == "solid", f"no visible focus on {name}"
                return
        raise AssertionError(f"Tab never came to {name}")

    tab_to("Xem thủ tục")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Đăng ký khai sinh")).to_be_visible()
    tab_to("Đăng ký khai sinh")
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Lệ phí")).to_be_visible()
    tab_to("Nói chuyện với cán bộ")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Tôi đã báo cán bộ")).to_be_visible()
    tab_to("Câu hỏi của ông/bà")
    page.keyboard.type("dòng một")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("dòng hai")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Tôi nghe: dòng một")).to_be_visible()
    assert site.assistant.heard[-1].text == "dòng một\ndòng hai"
    expect(page.get_by_label("Câu hỏi của ông/bà")).to_be_focused()
    expect(page.get_by_label("Câu hỏi của ông/bà")).to_have_value("")


def test_text_is_only_text(tab: Page, site: Site) -> None:
    page = opened(tab, site)
    write(page, "thẻ")
    expect(page.get_by_text("<b>không</b>")).to_be_visible()
    write(page, "lừa đảo http://vneid-capnhat.xyz")
    expect(page.get_by_text("Tôi nghe: lừa đảo")).to_be_visible()
    assert page.locator(".message b, .message img, .message script").count() == 0
    # The link that a resident asks about stays dead in their own message.
    assert page.locator(".mine a").count() == 0
    page.get_by_role("button", name="Thủ tục", exact=True).click()
    page.get_by_role("button", name="Đăng ký khai sinh").click()
    link = page.get_by_role("link", name="https://dichvucong.gov.vn/p/home")
    expect(link).to_have_attribute("href", "https://dichvucong.gov.vn/p/home")
    expect(link).to_have_attribute("rel", "noopener noreferrer nofollow")
    expect(page.get_by_role("link", name="Gọi bộ phận một cửa")).to_have_attribute("href", "tel:02513999999")


def test_screen_reader_hears_news_not_history(tab: Page, site: Site) -> None:
    page = opened(tab, site)
    log = page.get_by_role("log")
    expect(log).to_have_attribute("aria-live", "polite")
    page.add_init_script(
        "new MutationObserver(() => { const l = document.getElementById('log');"
        " if (l && l.children.length && !window.first) window.first = l.getAttribute('aria-live'); })"
        ".observe(document, {subtree: true, childList: true});"
    )
    page.reload()
    expect(page.get_by_text(GREETING)).to_be_visible()
    assert page.evaluate("window.first") == "off"
    expect(log).to_have_attribute("aria-live", "polite")
    expect(log).to_have_attribute("aria-busy", "false")


def test_two_tabs_and_typing(open_context: Callable[..., BrowserContext], site: Site) -> None:
    context = open_context(**PHONE)
    one = opened(context.new_page(), site)
    two = opened(context.new_page(), site)
    write(one, "từ tab một")
    for page in (one, two):
        expect(page.get_by_text("Tôi nghe: từ tab một")).to_be_visible()
        expect(page.locator(".mine .body")).to_have_text(["từ tab một"])
    site.assistant.channel.typing(Account("webchat", "web"), site.session())
    expect(two.get_by_text("Trợ lý đang soạn tin…")).to_be_visible()
    site.assistant.say(site.session(), "later", Reply("đây ạ"))
    expect(two.get_by_text("đây ạ")).to_be_visible()
    expect(two.get_by_text("Trợ lý đang soạn tin…")).to_be_hidden()


def test_offline_messages_wait_and_go_once(open_context: Callable[..., BrowserContext], site: Site) -> None:
    context = open_context(**PHONE)
    page = opened(context.new_page(), site)
    context.set_offline(True)
    expect(page.get_by_role("status")).to_contain_text("Mất kết nối")
    write(page, "một")
    write(page, "hai")
    expect(page.locator(".mine.failed .meta").first).to_contain_text("Chưa gửi được")
    expect(page.get_by_role("button", name="Gửi lại").first).to_be_visible()
    assert serious(page) == []
    assert [e.text for e in site.assistant.heard if e.text] == []
    context.set_offline(False)
    expect(page.get_by_text("Tôi nghe: hai")).to_be_visible()
    expect(page.get_by_role("status")).to_be_hidden()
    expect(page.locator(".failed")).to_have_count(0)
    assert [e.text for e in site.assistant.heard if e.text] == ["một", "hai"]
    assert bubbles(page)[1:3] == ["một", "hai"]


def test_an_outbox_survives_a_reload_and_a_lost_answer(
    open_context: Callable[..., BrowserContext], site: Site
) -> None:
    context = open_context(**PHONE)
    page = opened(context.new_page(), site)

    def lose_the_answer(route: Route) -> None:
        if route.request.method == "POST":
            route.fetch()
            route.abort("connectionreset")
        else:
            route.continue_()

    context.route("**/chat/messages*", lose_the_answer)
    write(page, "tin đã tới nơi")
    expect(page.get_by_text("Tôi nghe: tin đã tới nơi")).to_be_visible()
    context.unroute("**/chat/messages*")
    context.route("**/chat/messages*", lambda r: r.abort() if r.request.method == "POST" else r.continue_())
    write(page, "tin chưa đi")
    expect(page.locator(".mine.failed")).to_have_count(1)
    context.unroute("**/chat/messages*")
    page.reload()
    expect(page.get_by_text("Tôi nghe: tin chưa đi")).to_be_visible()
    assert [e.text for e in site.assistant.heard if e.text] == ["tin đã tới nơi", "tin chưa đi"]
    assert Counter(bubbles(page)) == Counter(set(bubbles(page)))


def test_a_refused_message_says_so(open_context: Callable[..., BrowserContext], site: Site) -> None:
    context = open_context(**PHONE)
    page = opened(context.new_page(), site)
    refusal = {"error": {"code": "too_large", "message": "Tin nhắn dài quá."}}
    context.route("**/chat/messages", lambda route: route.fulfill(status=413, json=refusal), times=1)
    write(page, "dài quá")
    expect(page.locator(".mine .meta")).to_contain_text("Lỗi: Tin nhắn dài quá.")
    page.get_by_role("button", name="Gửi lại").click()
    expect(page.get_by_text("Tôi nghe: dài quá")).to_be_visible()
    expect(page.locator(".mine")).to_have_count(1)


def test_start_again_on_a_shared_machine(tab: Page, site: Site) -> None:
    page = opened(tab, site)
    write(page, "chuyện riêng")
    expect(page.get_by_text("Tôi nghe: chuyện riêng")).to_be_visible()
    first = site.session()
    page.get_by_role("button", name="Xóa cuộc trò chuyện trên máy này").click()
    expect(page.get_by_role("button", name="Giữ lại")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_text("Tôi nghe: chuyện riêng")).to_be_visible()
    page.get_by_role("button", name="Xóa cuộc trò chuyện trên máy này").click()
    page.get_by_role("button", name="Xóa khỏi máy").click()
    expect(page.get_by_text("Tôi nghe: chuyện riêng")).to_have_count(0)
    expect(page.get_by_text(GREETING)).to_be_visible()
    assert site.session() != first
    page.reload()
    expect(page.get_by_text(GREETING)).to_be_visible()
    expect(page.get_by_text("chuyện riêng")).to_have_count(0)


def test_a_session_that_expired_is_replaced(tab: Page, site: Site) -> None:
    page = opened(tab, site)
    page.evaluate("localStorage.setItem('troly.session', 'no longer signed')")
    write(page, "vẫn hỏi được")
    expect(page.get_by_text("Tôi nghe: vẫn hỏi được")).to_be_visible()
    assert [e.text for e in site.assistant.heard if e.text] == ["vẫn hỏi được"]


def test_long_answers_are_read_from_their_beginning(tab: Page, site: Site) -> None:
    page = opened(tab, site)
    for _ in range(2):
        write(page, "dài")
    expect(page.get_by_text("15. Giấy tờ thứ 15").nth(1)).to_be_attached()
    expect(page.locator(".mine").last).to_be_in_viewport()
    # Somebody who scrolled up to read is left there, and told.
    page.locator("#talk").evaluate("e => { e.scrollTop = 0; e.dispatchEvent(new Event('scroll')); }")
    site.assistant.say(site.session(), "later", Reply("tin mới đây"))
    newer = page.get_by_role("button", name="Có tin mới")
    expect(newer).to_be_visible()
    assert page.locator("#talk").evaluate("e => e.scrollTop") == 0
    newer.click()
    expect(page.get_by_text("tin mới đây")).to_be_in_viewport()


def test_redis_restarts_under_an_open_page(tab: Page, site: Site, chat_valkey: Valkey) -> None:
    page = opened(tab, site)
    chat_valkey.stop()
    try:
        expect(page.get_by_role("status")).to_contain_text("Mất kết nối", timeout=20000)
    finally:
        chat_valkey.start()
    write(page, "còn đó không")
    expect(page.get_by_text("Tôi nghe: còn đó không")).to_be_visible(timeout=20000)
    expect(page.get_by_role("status")).to_be_hidden()


class TestCutStreams:
    """Streams that end all the time."""

    @pytest.fixture
    def chat_settings(self) -> ChatSettings:
        return replace(SETTINGS, stream_s=0.2)

    def test_nothing_is_lost_or_doubled(self, tab: Page, site: Site) -> None:
        page = opened(tab, site)
        session = site.session()

        def push() -> None:
            pause = threading.Event()
            for number in range(40):
                site.assistant.say(session, f"n{number}", Reply(f"tin số {number}"))
                pause.wait(0.05)

        thread = threading.Thread(target=push)
        thread.start()
        expect(page.get_by_text("tin số 39", exact=True)).to_be_attached(timeout=30000)
        thread.join()
        assert bubbles(page)[1:] == [f"tin số {n}" for n in range(40)]
        assert sum(bool(LIVE.match(line)) for line in site.requests) > 1


class TestNoStreams:
    """More residents than streams."""

    @pytest.fixture
    def chat_settings(self) -> ChatSettings:
        return replace(SETTINGS, max_streams=0)

    def test_the_page_asks_instead(self, tab: Page, site: Site) -> None:
        page = opened(tab, site)
        write(page, "có ai không")
        expect(page.get_by_text("Tôi nghe: có ai không")).to_be_visible()
        assert sum(bool(LIVE.match(line)) for line in site.requests) == 1


class TestTooFast:
    """A resident who taps faster than the limit."""

    @pytest.fixture
    def chat_settings(self) -> ChatSettings:
        return replace(SETTINGS, session_rate=Rate(burst=2, per_second=1))

    def test_the_page_waits_and_sends_everything(self, tab: Page, site: Site) -> None:
        page = opened(tab, site)
        for number in range(3):
            write(page, f"nhanh {number}")
        expect(page.locator(".mine .meta").last).to_contain_text("gửi nhanh quá")
        expect(page.get_by_text("Tôi nghe: nhanh 2")).to_be_visible()
        assert [e.text for e in site.assistant.heard if e.text] == ["nhanh 0", "nhanh 1", "nhanh 2"]
