"""The desk's forms and figures in headless Chromium: second factor, hours, replies, review, reports."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pyotp
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import Engine

from bot.clock import VIETNAM, utc_now
from bot.store.engine import make_engine, writing
from bot.store.models import Conversation, Handoff, Unanswered
from bot.supervisor.stack import Stack
from tests.desk.browsers import fresh_login, signed_in
from tests.desk.chats import add_chat, add_message
from tests.desk.conftest import PASSWORD, add_officer

pytestmark = pytest.mark.browser

MISSED = "xin cái giấy chưa vợ chưa chồng để cưới"
UNDERSTOOD = {"behaviour": "refuse", "skill": "none", "codes": [], "confidence": 0.2}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with Stack(Path(tmp_path_factory.mktemp("forms")), ("redis", "web")) as running:
        yield running


@pytest.fixture(scope="module")
def engine(stack: Stack) -> Iterator[Engine]:
    engine = make_engine(f"sqlite:///{stack.var_dir / 'troly.db'}")
    yield engine
    engine.dispose()


OpenPage = Callable[[str, str], Page]


@pytest.fixture
def open_page(chromium: Browser, stack: Stack, engine: Engine) -> Iterator[OpenPage]:
    """``open_page("supervisor", "hours")``: this page in the browser of a new officer."""
    contexts: list[BrowserContext] = []

    def make(role: str, path: str) -> Page:
        officer_id = add_officer(engine, role, utc_now(), name="Nguyễn Thị Hoa", login=fresh_login())
        contexts.append(signed_in(chromium, engine, stack.web_url, officer_id))
        page = contexts[-1].new_page()
        page.goto(f"{stack.web_url}/desk/{path}")
        return page

    yield make
    for context in contexts:
        context.close()


def test_a_second_factor_is_set_up_and_asked_for(chromium: Browser, stack: Stack, engine: Engine) -> None:
    login = fresh_login()
    add_officer(engine, "officer", utc_now(), name="Nguyễn Thị Hoa", login=login)
    context = chromium.new_context(locale="vi-VN")
    page = context.new_page()

    def sign_in(code: str = "") -> None:
        page.get_by_label("Tên đăng nhập").fill(login)
        page.get_by_label("Mật khẩu").fill(PASSWORD)
        page.get_by_label("Mã xác thực").fill(code)
        page.get_by_role("button", name="Đăng nhập").click()

    page.goto(f"{stack.web_url}/desk/account")
    sign_in()
    page.get_by_role("link", name="Bật xác thực hai lớp").click()
    expect(page.locator(".qr")).to_have_js_property("complete", True)
    assert page.locator(".qr").evaluate("image => image.naturalWidth") > 0
    page.get_by_text("Không quét được?").click()
    authenticator = pyotp.TOTP(page.locator(".secret").inner_text().replace(" ", ""))
    page.get_by_label("Mã xác thực").fill("000000")
    page.get_by_label("Mật khẩu đang dùng").fill(PASSWORD)
    page.get_by_role("button", name="Bật xác thực hai lớp").click()
    expect(page.get_by_role("alert")).to_contain_text("Mã xác thực không đúng")
    page.get_by_label("Mã xác thực").fill(authenticator.now())
    page.get_by_label("Mật khẩu đang dùng").fill(PASSWORD)
    page.get_by_role("button", name="Bật xác thực hai lớp").click()
    expect(page.get_by_text("Đã bật xác thực hai lớp.")).to_be_visible()
    page.get_by_role("button", name="Đăng xuất", exact=True).click()
    page.goto(f"{stack.web_url}/desk/account")
    sign_in()
    expect(page.get_by_role("alert")).to_contain_text("mã xác thực không đúng")
    sign_in(authenticator.at(utc_now() + timedelta(seconds=30)))  # each code is taken once only
    expect(page.get_by_role("heading", name="Tài khoản của tôi")).to_be_visible()
    context.close()


def test_hours_and_a_day_off(open_page: OpenPage) -> None:
    page = open_page("supervisor", "hours")
    page.get_by_label("Thứ Hai, sáng, từ").fill("11:30")
    page.get_by_label("Thứ Hai, sáng, đến").fill("07:30")
    page.get_by_role("button", name="Lưu giờ làm việc").click()
    expect(page.get_by_role("alert")).to_contain_text("giờ đóng phải sau giờ mở")
    page.get_by_label("Thứ Hai, sáng, từ").fill("07:30")
    page.get_by_label("Thứ Hai, sáng, đến").fill("11:30")
    page.get_by_role("button", name="Lưu giờ làm việc").click()
    expect(page.get_by_text("Đã lưu giờ làm việc")).to_be_visible()
    expect(page.get_by_label("Thứ Hai, sáng, đến")).to_have_value("11:30")
    ahead = (utc_now() + timedelta(days=9)).astimezone(VIETNAM).date()
    page.get_by_label("Ngày", exact=True).fill(ahead.isoformat())
    page.get_by_label("Lý do").fill("tập huấn")
    page.get_by_role("button", name="Lưu ngày đặc biệt").click()
    row = page.get_by_role("row", name=f"{ahead:%d/%m/%Y}")
    expect(row).to_contain_text("nghỉ")
    expect(row).to_contain_text("tập huấn")
    row.get_by_role("button").click()
    expect(page.get_by_text("Đã bỏ ngày đặc biệt.")).to_be_visible()


def test_a_prepared_reply_from_adding_to_removing(open_page: OpenPage) -> None:
    page = open_page("supervisor", "canned")
    page.get_by_role("button", name="Thêm câu trả lời").click()
    page.get_by_label("Phím tắt").fill("Giờ làm")
    page.get_by_label("Tên gọi").fill("Giờ làm việc")
    page.get_by_label("Nội dung").fill("Một cửa mở 7 giờ 30.")
    page.get_by_label("Dùng cho").select_option(label="Mọi đơn vị")
    page.get_by_role("button", name="Lưu").click()
    expect(page.get_by_role("alert")).to_contain_text("chữ không dấu")
    expect(page.get_by_label("Nội dung")).to_have_value("Một cửa mở 7 giờ 30.")
    page.get_by_label("Phím tắt").fill("/gio")
    page.get_by_role("button", name="Lưu").click()
    row = page.get_by_role("row", name="/gio")
    expect(row).to_contain_text("Mọi đơn vị")
    row.get_by_role("link", name="Sửa").click()
    page.get_by_label("Nội dung").fill("Một cửa mở 7 giờ.")
    page.get_by_role("button", name="Lưu").click()
    expect(row).to_contain_text("Một cửa mở 7 giờ.")
    row.get_by_role("button", name="Xóa").click()
    expect(page.get_by_text("Đã xóa câu trả lời mẫu.")).to_be_visible()
    expect(row).to_have_count(0)


def test_a_missed_question_is_assigned_and_taken_back(open_page: OpenPage, engine: Engine) -> None:
    chat = add_chat(engine, utc_now(), "chào cô")
    with writing(engine) as session:
        kept = session.get_one(Conversation, chat)
        message = add_message(session, kept, MISSED, utc_now(), understood=UNDERSTOOD)
        session.add(Unanswered(message_id=message, created_at=utc_now()))
    page = open_page("supervisor", "review")
    question = page.get_by_role("row", name=MISSED)
    question.get_by_role("link", name="Xem và gán").click()
    page.get_by_label("Tìm thủ tục").press_sequentially("xác nhận tình trạng hôn nhân")
    found = page.locator("#found label", has_text="tình trạng hôn nhân").first
    found.click()
    chosen = found.inner_text().split()[0]
    page.get_by_label("Hỏi về phần nào").select_option(label="Hồ sơ")
    page.get_by_role("button", name="Gán vào thủ tục").click()
    expect(page.get_by_text("Gán vào thủ tục: 1 câu.")).to_be_visible()
    expect(question).to_contain_text(f"Gán vào thủ tục: {chosen}")
    question.get_by_role("button", name="Hoàn tác").click()
    expect(page.get_by_text("Đã mở lại câu hỏi.")).to_be_visible()
    expect(question.get_by_role("link", name="Xem và gán")).to_be_visible()


def test_from_a_bar_to_its_conversations_and_into_files(
    open_page: OpenPage, engine: Engine, tmp_path: Path
) -> None:
    at = utc_now() - timedelta(minutes=10)
    chat = add_chat(engine, at, "tôi muốn gặp cán bộ", "facebook")
    with writing(engine) as session:
        session.add(
            Handoff(
                conversation_id=chat, reason="wish", queue="chung", status="done", created_at=at, taken_at=at,
                answered_at=at + timedelta(minutes=3), ended_at=at,
            )
        )  # fmt: skip
    page = open_page("supervisor", "reports")
    canvas = page.locator('canvas[data-chart="waits"]')
    bar = canvas.evaluate(
        """canvas => {
          const chart = Chart.getChart(canvas), shown = chart.getDatasetMeta(0).data;
          const at = chart.data.datasets[0].data.findIndex((value) => value > 0);
          return { x: shown[at].x, y: (shown[at].y + shown[at].base) / 2 };
        }"""
    )
    canvas.hover(position=bar)
    expect(canvas).to_have_css("cursor", "pointer")
    canvas.click(position=bar)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Hội thoại:")
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(1)
    expect(rows.locator("th a")).to_have_text(str(chat))
    for name, kind in (("Tải CSV", "csv"), ("Tải Excel", "xlsx")):
        with page.expect_download() as download:
            page.get_by_role("button", name=name).click()
        assert download.value.suggested_filename.endswith(f".{kind}")
        download.value.save_as(tmp_path / kind)
    text = (tmp_path / "csv").read_text("utf-8-sig")
    assert len(text.splitlines()) == 2
    assert "Facebook" in text
    assert zipfile.is_zipfile(tmp_path / "xlsx")
    rows.locator("th a").click()
    expect(page.locator("#chat-head h2")).to_have_text(f"Người dân {chat}")
