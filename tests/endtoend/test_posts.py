"""An organisation's post in a browser, through the sandbox.

Accounts connected by OAuth, a post written from a template, returned, changed, approved, scheduled, published
on both, its comments answered, edited, withdrawn; a post made by hand on the page that goes to Zalo.
"""

from __future__ import annotations

import io
import re
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import Engine, select, update

from bot.clock import VIETNAM, utc_now
from bot.store.engine import make_engine, reading, writing
from bot.store.models import Account, Unit
from bot.store.models_posts import Post, Publication
from bot.supervisor.stack import Stack
from connectors.sandbox import defaults
from tests.browsing import DESKTOP, PHONE
from tests.desk.browsers import fresh_login, keep_picture, signed_in
from tests.desk.conftest import add_officer
from tests.endtoend.test_browser import serious
from tests.endtoend.town import Town

pytestmark = [pytest.mark.browser, pytest.mark.rasa]

PUBLISHED_MS = 45_000
PAGE_ID, OA_ID = defaults.FACEBOOK_PAGE2_ID, defaults.ZALO_OA2_ID
MEETING = {
    "Cuộc họp": "sinh hoạt chi hội quý IV",
    "Đơn vị mời": "Chi hội Nông dân ấp 3",
    "Khách mời": "toàn thể hội viên",
    "Thời gian": "8 giờ, thứ Bảy 28/11/2026",
    "Địa điểm": "Nhà văn hóa ấp 3",
}
RESIDENT = "24600000000000901"
SORRY = "Dạ, hội xin lỗi, hội sẽ gọi lại ngay ạ."
OpenAs = Callable[..., Page]


@pytest.fixture(scope="module")
def engine(stack: Stack) -> Iterator[Engine]:
    engine = make_engine(f"sqlite:///{stack.var_dir / 'troly.db'}")
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def farmers(engine: Engine) -> int:
    """Hội Nông dân, a unit of its own."""
    with writing(engine) as session:
        unit = Unit(slug="hoi-nong-dan", name="Hội Nông dân xã")
        session.add(unit)
        session.flush()
        return unit.id


@pytest.fixture
def open_as(chromium: Browser, stack: Stack, engine: Engine, farmers: int) -> Iterator[OpenAs]:
    """``open_as("editor")``: a new officer of the organisation, in a browser of their own."""
    contexts: list[BrowserContext] = []

    def make(role: str, size: dict[str, Any] = DESKTOP, unit_id: int = farmers) -> Page:
        officer_id = add_officer(
            engine, role, utc_now(), name=f"Người {role}", login=fresh_login(), unit_id=unit_id
        )
        context = signed_in(chromium, engine, stack.web_url, officer_id, size)
        contexts.append(context)
        return context.new_page()

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def connected(open_as: OpenAs, stack: Stack, engine: Engine, farmers: int) -> None:
    """The organisation's page and OA, by both platforms' own pages of consent; once."""
    with reading(engine) as session:
        if session.scalar(select(Account.id).where(Account.unit_id == farmers)):
            return
    desk = open_as("supervisor")
    _begin(desk, stack, "Zalo OA", "Sang Zalo")
    desk.get_by_role("radio").nth(1).check()
    desk.get_by_role("button", name="Cho phép").click()
    expect(desk.get_by_role("status")).to_contain_text("Đã kết nối Hội Nông dân xã")
    _begin(desk, stack, "Trang Facebook", "Sang Facebook")
    desk.get_by_role("button", name="Cho phép").click()
    desk.get_by_label("Hội Nông dân xã").check()
    desk.get_by_role("button", name="Kết nối").click()
    expect(desk.get_by_role("status")).to_contain_text("Đã kết nối Hội Nông dân xã")
    expect(desk.get_by_role("row").filter(has_text=PAGE_ID)).to_contain_text("Hoạt động")
    keep_picture(desk, "accounts")
    assert serious(desk) == []


def _begin(desk: Page, stack: Stack, channel: str, onwards: str) -> None:
    desk.goto(f"{stack.web_url}/desk/accounts")
    desk.get_by_label("Kết nối", exact=True).select_option(label=channel)
    desk.get_by_role("button", name="Tiếp tục").click()
    desk.get_by_role("button", name=onwards).click()


def picture(colour: str) -> dict[str, Any]:
    out = io.BytesIO()
    Image.new("RGB", (800, 600), colour).save(out, "JPEG")
    return {"name": f"{colour}.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


def on_the_page(town: Town) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = town.api("GET", f"/pages/{PAGE_ID}/posts")["posts"]
    return found


def in_the_oa(town: Town) -> list[dict[str, Any]]:
    return [article["body"] for article in town.api("GET", f"/oas/{OA_ID}/articles")["articles"]]


def places(desk: Page) -> Any:
    return desk.locator("#places")


def test_a_post_from_the_first_word_to_its_withdrawal(
    open_as: OpenAs, connected: None, stack: Stack, engine: Engine, town: Town
) -> None:
    editor, leader = open_as("editor"), open_as("supervisor")
    address = _written(editor, stack)
    _returned(leader, address)
    _changed(editor, address)
    _approved_for_later(leader, address)
    assert on_the_page(town) == [] and in_the_oa(town) == []
    _its_time_comes(engine, address)
    expect(places(leader).get_by_text("Đã đăng", exact=True)).to_have_count(2, timeout=PUBLISHED_MS)
    (post,), (article,) = on_the_page(town), in_the_oa(town)
    assert "sinh hoạt chi hội quý IV" in post["message"] and "ông Nam" in post["message"]
    assert len(post["pictures"]) == 2
    assert article["title"] == "Mời dự sinh hoạt chi hội quý IV"
    expect(leader.get_by_role("link", name=re.compile("Xem bài"))).to_have_count(2)
    keep_picture(leader, "post")
    assert serious(leader) == []
    _comments_are_answered(editor, stack, town, post["id"])
    _edited(editor, leader, address, town)
    leader.goto(address)
    leader.get_by_role("button", name="Gỡ ở mọi nơi").click()
    expect(places(leader).get_by_text("Đã gỡ", exact=True)).to_have_count(2, timeout=PUBLISHED_MS)
    assert on_the_page(town) == [] and in_the_oa(town) == []
    expect(leader.locator(".history")).to_contain_text("Trả lại bài")


def _written(editor: Page, stack: Stack) -> str:
    """From a template, with pictures, sent for approval; returns the post's address."""
    editor.goto(f"{stack.web_url}/desk/posts")
    editor.get_by_role("button", name="Viết theo mẫu").click()
    editor.get_by_role("link", name="Hội họp").click()
    for label, words in MEETING.items():
        editor.get_by_label(label, exact=True).fill(words)
    editor.get_by_role("button", name="Điền vào bài").click()
    editor.set_input_files("#files", [picture("red"), picture("blue")])
    expect(editor.locator(".picture")).to_have_count(2)
    expect(editor.locator("#preview .shots img")).to_have_count(2)
    expect(editor.locator(".mock.zalo h3")).to_have_text("Mời dự sinh hoạt chi hội quý IV")
    keep_picture(editor, "post-edit")
    assert serious(editor) == []
    editor.get_by_role("button", name="Lưu và gửi duyệt").click()
    expect(editor.get_by_role("status")).to_have_text("Đã lưu và gửi duyệt.")
    expect(editor.get_by_role("button", name="Duyệt bản 1")).to_have_count(0)
    return editor.url


def _returned(leader: Page, address: str) -> None:
    leader.goto(address)
    leader.get_by_label("Trả lại với lời nhắn").fill("Ghi thêm người liên hệ")
    leader.get_by_role("button", name="Trả lại", exact=True).click()
    expect(leader.get_by_role("status")).to_have_text("Đã trả lại cho người viết.")


def _changed(editor: Page, address: str) -> None:
    editor.goto(address)
    expect(editor.get_by_text("Ghi thêm người liên hệ").first).to_be_visible()
    editor.get_by_role("button", name="Sửa bài").click()
    text = editor.get_by_label("Nội dung")
    text.fill(f"{text.input_value()}\nLiên hệ: ông Nam, chi hội trưởng")
    at = utc_now().astimezone(VIETNAM) + timedelta(hours=2)
    editor.get_by_label("Hẹn giờ đăng").fill(f"{at:%Y-%m-%dT%H:%M}")
    editor.get_by_role("button", name="Lưu và gửi duyệt").click()
    expect(editor.get_by_role("status")).to_have_text("Đã lưu và gửi duyệt.")


def _approved_for_later(leader: Page, address: str) -> None:
    leader.goto(address)
    leader.get_by_role("button", name="Duyệt bản 2").click()
    expect(leader.get_by_text("Đã hẹn giờ").first).to_be_visible()
    expect(places(leader)).to_contain_text("Chờ đăng")


def _its_time_comes(engine: Engine, address: str) -> None:
    """The clock of the real worker can't be moved: its appointment is."""
    post_id = int(address.rsplit("/", 1)[1])
    with writing(engine) as session:
        session.execute(update(Publication).where(Publication.post_id == post_id).values(due_at=utc_now()))


def _comments_are_answered(editor: Page, stack: Stack, town: Town, post: str) -> None:
    """One by the assistant, in public and in private; a complaint by the editor; a number is hidden."""
    asked = _comment(town, post, RESIDENT, "Làm khai sinh cho con cần giấy tờ gì ạ?")
    complaint = _comment(town, post, "24600000000000902", "Cán bộ làm ăn chán quá, gọi mãi không ai nghe máy")
    number = _comment(town, post, "24600000000000903", "Gọi lại cho tôi số 0912 345 678 nhé")
    _until(lambda: _under(town, post)[asked]["private"] and _answers(town, post, asked))
    heard = town.heard("facebook", RESIDENT)[-1]["text"]
    assert "Giấy chứng sinh" in heard
    assert "tin nhắn riêng" in _answers(town, post, asked)[0]
    assert "Giấy chứng sinh" not in _answers(town, post, asked)[0]
    _until(lambda: _under(town, post)[number]["hidden"])
    editor.goto(f"{stack.web_url}/desk/posts/comments")
    waiting = editor.locator("article.comment").filter(has_text="không ai nghe máy")
    assert serious(editor) == []
    keep_picture(editor, "comments")
    summary = waiting.locator("summary")
    if not waiting.get_by_role("textbox").is_visible():
        summary.click()
    waiting.get_by_role("textbox").fill(SORRY)
    waiting.get_by_role("button", name="Trả lời công khai").click()
    _until(lambda: _answers(town, post, complaint) == [SORRY])


def _comment(town: Town, post: str, user: str, text: str) -> str:
    made = town.api("POST", f"/pages/posts/{post}/comments", json={"user_id": user, "text": text})
    return str(made["id"])


def _under(town: Town, post: str) -> dict[str, dict[str, Any]]:
    found = town.api("GET", f"/pages/posts/{post}/comments")["comments"]
    return {comment["id"]: comment for comment in found}


def _answers(town: Town, post: str, comment: str) -> list[str]:
    return [one["text"] for one in _under(town, post).values() if one["parent"] == comment]


def _until(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + PUBLISHED_MS / 1000
    while not true():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.2)


def _edited(editor: Page, leader: Page, address: str, town: Town) -> None:
    """A correction after publishing goes the same way; the page's post is changed, not made anew."""
    before = on_the_page(town)[0]["id"]
    editor.goto(f"{address}/edit")
    text = editor.get_by_label("Nội dung")
    text.fill(text.input_value().replace("8 giờ", "9 giờ"))
    editor.get_by_label("Hẹn giờ đăng").fill("")
    editor.get_by_role("button", name="Lưu", exact=True).click()
    editor.get_by_role("button", name="Gửi duyệt").click()
    leader.goto(address)
    leader.get_by_role("button", name="Duyệt bản 3").click()
    deadline = time.monotonic() + PUBLISHED_MS / 1000
    while "9 giờ" not in on_the_page(town)[0]["message"]:
        assert time.monotonic() < deadline, on_the_page(town)
        leader.wait_for_timeout(200)
    assert [post["id"] for post in on_the_page(town)] == [before]


def test_a_post_made_by_hand_on_the_page_goes_to_zalo_after_approval(
    open_as: OpenAs, connected: None, stack: Stack, engine: Engine, town: Town
) -> None:
    words = "Hội thi cơm ngon ấp 5\nMời bà con tới xem lúc 17 giờ chiều nay."
    town.api("POST", f"/pages/{PAGE_ID}/posts", json={"message": words})
    town.wait_quiet()
    editor, leader = open_as("editor", PHONE), open_as("supervisor")
    editor.goto(f"{stack.web_url}/desk/posts?tab=offered")
    editor.get_by_role("link", name="Hội thi cơm ngon ấp 5").click()
    editor.get_by_role("button", name="Soạn bài").click()
    assert serious(editor) == []
    editor.get_by_role("button", name="Lưu và gửi duyệt").click()
    expect(editor.get_by_role("status")).to_have_text("Đã lưu và gửi duyệt.")
    leader.goto(editor.url)
    leader.get_by_role("button", name=re.compile("Duyệt bản")).click()
    expect(places(leader)).to_contain_text("Đã đăng", timeout=PUBLISHED_MS)
    assert [article["title"] for article in in_the_oa(town)] == ["Hội thi cơm ngon ấp 5"]
    with reading(engine) as session:  # its own post on the page is not offered a second time
        assert len(session.scalars(select(Post.id).where(Post.source_account_id.is_not(None))).all()) == 1


def test_a_page_that_lost_its_token_is_told_and_goes_on_once_it_is_connected_again(
    open_as: OpenAs, connected: None, stack: Stack, town: Town
) -> None:
    town.fault(kind="error_code", platform="facebook", user_id=PAGE_ID, code=190, count=1)
    editor, leader = open_as("editor"), open_as("supervisor")
    editor.goto(f"{stack.web_url}/desk/posts/new")
    editor.get_by_label("Tiêu đề").fill("Tiêm phòng cho trâu bò")
    editor.get_by_label("Nội dung").fill("Sáng thứ Hai, tại nhà văn hóa.")
    editor.get_by_role("button", name="Lưu và gửi duyệt").click()
    leader.goto(editor.url)
    leader.get_by_role("button", name="Duyệt bản 1").click()
    page = places(leader).get_by_role("row").filter(has_text="Facebook")
    expect(places(leader).get_by_text("Đã đăng", exact=True)).to_have_count(1, timeout=PUBLISHED_MS)
    expect(page).to_contain_text("kết nối", timeout=PUBLISHED_MS)  # lost, or: sign in again
    address = leader.url
    leader.goto(f"{stack.web_url}/desk/accounts")
    expect(leader.get_by_role("row").filter(has_text=PAGE_ID)).to_contain_text("Mất kết nối")
    _begin(leader, stack, "Trang Facebook", "Sang Facebook")
    leader.get_by_role("button", name="Cho phép").click()
    leader.get_by_label("Hội Nông dân xã").check()
    leader.get_by_role("button", name="Kết nối").click()
    expect(leader.get_by_role("row").filter(has_text=PAGE_ID)).to_contain_text("Hoạt động")
    leader.goto(address)
    expect(places(leader).get_by_text("Đã đăng", exact=True)).to_have_count(2, timeout=60_000)
    told = [post for post in on_the_page(town) if "Tiêm phòng" in post["message"]]
    assert len(told) == 1


def test_another_units_editor_sees_none_of_it(open_as: OpenAs, connected: None, stack: Stack) -> None:
    other = open_as("editor", unit_id=1)
    other.goto(f"{stack.web_url}/desk/posts?tab=dropped")
    expect(other.get_by_text("Không có bài nào ở mục này.")).to_be_visible()
    answer = other.goto(f"{stack.web_url}/desk/posts/1")
    assert answer is not None and answer.status == 404
