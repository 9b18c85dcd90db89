"""Posts on the desk: who may do what, the editor, pictures, templates, the monthly sheet; both databases."""

from __future__ import annotations

import io
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
from openpyxl import load_workbook  # type: ignore[import-untyped]
from sqlalchemy import Engine, select, update

from bot.posts.lifecycle import Action, Status
from bot.posts.places import State
from bot.posts.sheet import month_of
from bot.store.engine import reading, writing
from bot.store.models import Account, Conversation
from bot.store.models_posts import (
    Comment,
    Organisation,
    Post,
    PostEvent,
    PostStat,
    Publication,
)
from tests.desk.conftest import WEDNESDAY_MORNING, ClientOf, DeskClient
from tests.desk.press import Press, fields, photo

NOW = WEDNESDAY_MORNING


@pytest.fixture
def desk_database_url(database_url: str) -> str:
    return database_url


@pytest.fixture
def press(desk_engine: Engine) -> Press:
    return Press(desk_engine)


# --- who may do what


def test_an_editor_sees_the_own_units_posts_only(client_of: ClientOf, press: Press) -> None:
    mine, other = press.add("Của hội"), press.add("Của ủy ban", 1, press.other)
    editor = client_of("editor", unit_id=2)
    page = editor.get("/desk/posts").text
    assert "Của hội" in page and "Của ủy ban" not in page
    assert editor.get(f"/desk/posts/{mine}").status_code == 200
    for path in (f"/desk/posts/{other}", f"/desk/posts/{other}/edit", f"/desk/posts/{other}/places"):
        assert editor.get(path).status_code == 404
    assert editor.submit(f"/desk/posts/{other}/act", action="ask", version=1).status_code == 404
    assert editor.submit(f"/desk/posts/{other}/edit", **fields(press)).status_code == 404
    assert press.row(other).status == Status.DRAFT


def test_an_editor_neither_approves_nor_reads_chats(client_of: ClientOf, press: Press) -> None:
    post = press.add()
    press.does(post, Action.ASK)
    editor = client_of("editor", unit_id=2)
    page = editor.get(f"/desk/posts/{post}").text
    assert "Duyệt bản" not in page and "Rút lại để sửa" in page
    assert editor.submit(f"/desk/posts/{post}/decide", action="approve", version=1).status_code == 403
    assert editor.submit(f"/desk/posts/{post}/act", action="approve", version=1).status_code == 400
    assert press.row(post).status == Status.ASKED
    assert editor.get("/desk/c/1").status_code == 403
    menu = editor.get("/desk/posts").text
    assert "Hộp thư" not in menu and "Tài khoản kết nối" not in menu


def test_a_supervisor_returns_with_a_word_or_approves(client_of: ClientOf, press: Press) -> None:
    post = press.add()
    press.does(post, Action.ASK)
    leader = client_of("supervisor", unit_id=2)
    assert 'aria-current="page">Chờ duyệt (1)' in leader.get("/desk/posts").text
    leader.submit(f"/desk/posts/{post}/decide", action="return", version=1, word="  ")
    assert press.row(post).status == Status.ASKED
    leader.submit(f"/desk/posts/{post}/decide", action="return", version=1, word="Thêm <b>giờ</b>")
    assert press.row(post).status == Status.RETURNED
    page = client_of("editor", unit_id=2).get(f"/desk/posts/{post}").text
    assert "Thêm &lt;b&gt;giờ" in page
    press.does(post, Action.ASK)
    leader.submit(f"/desk/posts/{post}/decide", action="approve", version=1)
    assert press.row(post).status == Status.PUBLISHING
    assert press.row(post).approved_by == leader.officer_id


def test_what_was_changed_after_it_was_read_is_not_approved(client_of: ClientOf, press: Press) -> None:
    post = press.add()
    press.does(post, Action.ASK)
    leader = client_of("supervisor", unit_id=2)
    client_of("editor", unit_id=2).submit(f"/desk/posts/{post}/edit", **fields(press))
    answer = leader.submit(f"/desk/posts/{post}/decide", action="approve", version=1)
    assert "vừa được người khác sửa" in leader.get(answer.location).text
    assert press.row(post).status == Status.ASKED


def test_approved_twice_at_the_same_moment_it_goes_out_once(client_of: ClientOf, press: Press) -> None:
    post = press.add()
    press.does(post, Action.ASK)
    leaders = [client_of("supervisor", unit_id=2) for _ in range(2)]
    tokens = [leader.csrf() for leader in leaders]
    gate = threading.Barrier(2)

    def approve(number: int) -> int:
        form = {"csrf_token": tokens[number], "action": "approve", "version": 1}
        gate.wait()
        return leaders[number].post(f"/desk/posts/{post}/decide", data=form).status_code

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(approve, range(2))) == [302, 302]
    with reading(press.engine) as session:
        events = session.scalars(select(PostEvent.action).where(PostEvent.post_id == post)).all()
        assert events.count("approve") == 1
        assert len(session.scalars(select(Publication).where(Publication.post_id == post)).all()) == 1
    pages = [leader.get(f"/desk/posts/{post}").text for leader in leaders]
    assert sum("Chưa làm được" in page for page in pages) == 1


def test_a_post_made_by_hand_is_not_posted_on_its_own_page_again(client_of: ClientOf, press: Press) -> None:
    post = press.add(to=press.oa)
    with writing(press.engine) as session:
        values = {"origin": "page", "source_account_id": press.page, "source_ref": "501_1"}
        session.execute(update(Post).where(Post.id == post).values(**values))
    editor = client_of("editor", unit_id=2)
    assert "(bài gốc đã ở đây)" in editor.get(f"/desk/posts/{post}/edit").text
    both = [str(press.page), str(press.oa)]
    editor.submit(f"/desk/posts/{post}/edit", **fields(press, target=both))
    assert [target["account_id"] for target in press.newest(post).targets] == [press.oa]


# --- the editor


def test_a_post_is_written_and_sent_for_approval(client_of: ClientOf, press: Press) -> None:
    editor = client_of("editor", unit_id=2)
    form = fields(
        press, target=[str(press.page), str(press.oa)], hashtags="NôngDân #lúa", link="https://vi.du.vn/a",
        scheduled_at="2026-11-26T07:30", then="ask", files=photo(), **{f"broadcast_{press.oa}": "on"},
    )  # fmt: skip
    answer = editor.submit("/desk/posts/new", **form)
    post = int(re.findall(r"/desk/posts/(\d+)$", answer.location)[0])
    row, version = press.row(post), press.newest(post)
    assert (row.status, row.unit_id, row.created_by) == (Status.ASKED, 2, editor.officer_id)
    assert version.hashtags == ["#NôngDân", "#lúa"] and len(version.images) == 1
    assert version.scheduled_at == datetime(2026, 11, 26, 0, 30, tzinfo=UTC)
    assert {t["account_id"]: t["broadcast"] for t in version.targets} == {press.page: False, press.oa: True}
    page = editor.get(answer.location).text
    assert "Chưa biết hạn mức" in page and "07:30 26/11" in page


def test_what_is_wrong_is_said_and_nothing_typed_is_lost(client_of: ClientOf, press: Press) -> None:
    editor = client_of("editor", unit_id=2)
    bad = (io.BytesIO(b"<svg onload=alert(1)>"), "x.svg")
    answer = editor.submit("/desk/posts/new", **fields(press, files=bad, scheduled_at="mai"))
    assert answer.status_code == 422
    for words in ("Bón đúng lúc.", "x.svg: Chỉ nhận ảnh", "Giờ đăng: hãy chọn"):
        assert words in answer.text
    with reading(press.engine) as session:
        assert session.scalars(select(Post.id)).all() == []


def test_a_version_that_somebody_else_saved_is_not_written_over(client_of: ClientOf, press: Press) -> None:
    post = press.add()
    first, second = client_of("editor", unit_id=2), client_of("editor", unit_id=2)
    first.submit(f"/desk/posts/{post}/edit", **fields(press, text="Bản của người thứ nhất"))
    answer = second.submit(f"/desk/posts/{post}/edit", **fields(press, text="Bản của người thứ hai"))
    assert answer.status_code == 422
    assert "vừa được người khác sửa" in answer.text and "Bản của người thứ hai" in answer.text
    assert press.newest(post).text == "Bản của người thứ nhất"


def test_another_units_account_or_picture_is_no_target(client_of: ClientOf, press: Press) -> None:
    post = press.add("Của ủy ban", 1, press.other)
    theirs = client_of("editor", unit_id=1)
    theirs.submit(f"/desk/posts/{post}/edit", **fields(press, target=str(press.other), files=photo()))
    (name,) = press.newest(post).images
    editor = client_of("editor", unit_id=2)
    form = fields(press, target=str(press.other), image=name, then="ask", unit_id=1)
    answer = editor.submit("/desk/posts/new", **form)
    made = int(answer.location.rsplit("/", 1)[1])
    assert press.row(made).unit_id == 2 and press.newest(made).images == []
    assert press.row(made).status == Status.DRAFT  # asked for, and refused
    assert "không thuộc đơn vị này" in editor.get(answer.location).text


def test_a_template_becomes_a_text_to_go_on_with(client_of: ClientOf, press: Press) -> None:
    editor = client_of("editor", unit_id=2)
    page = editor.get("/desk/posts/templates").text
    names = ("Hội họp", "Cảnh báo lừa đảo", "Sản phẩm của xã", "Khám bệnh", "Cảnh báo thời tiết")
    assert all(name in page for name in names)
    lacking = editor.submit("/desk/posts/templates/product", product="Mật ong", stars="6")
    assert lacking.status_code == 422 and "chọn 3, 4 hoặc 5" in lacking.text
    filled = {"product": "Mật ong", "stars": "4", "decision": "Quyết định 1", "trace": "893000"}
    answer = editor.submit("/desk/posts/templates/product", **filled)
    assert 'value="Mật ong – OCOP 4 sao"' in answer.text
    assert "Mã truy xuất nguồn gốc: 893000" in answer.text and "Giá:" not in answer.text
    assert editor.get("/desk/posts/templates/khong-co").status_code == 404


def test_the_preview_is_what_will_be_sent_and_tells_what_is_missing(
    client_of: ClientOf, press: Press
) -> None:
    with writing(press.engine) as session:
        session.add(
            Organisation(unit_id=2, signature="Hội Nông dân xã kính báo", hashtags=[], updated_at=NOW)
        )
    editor = client_of("editor", unit_id=2)
    page = editor.act("/desk/posts/preview", title="A & B", text="<script>alert(1)</script>").text
    assert "A &amp; B" in page and "<script>alert" not in page
    assert page.count("Hội Nông dân xã kính báo") == 2  # on both
    assert "Chưa chọn trang Facebook hay Zalo OA nào" in page


def test_pictures_are_taken_in_as_they_are_chosen(client_of: ClientOf, press: Press) -> None:
    editor = client_of("editor", unit_id=2)
    page = editor.act("/desk/posts/images", files=photo("PNG")).text
    (name,) = re.findall(r'name="image" value="([0-9a-f]{32}\.jpg)"', page)
    answer = editor.get(f"/media/posts/{name}")
    assert answer.mimetype == "image/jpeg" and answer.data.startswith(b"\xff\xd8")


def test_a_large_body_is_taken_from_editors_only(
    client_of: ClientOf, press: Press, stranger: DeskClient
) -> None:
    large = {"files": (io.BytesIO(b"x" * 3_000_000), "x.jpg")}
    assert client_of("editor", unit_id=2).act("/desk/posts/images", **large).status_code == 200
    large = {"files": (io.BytesIO(b"x" * 3_000_000), "x.jpg")}
    assert stranger.act("/desk/posts/images", **large).status_code == 413


# --- afterwards


def test_withdrawn_and_retried_by_target(client_of: ClientOf, press: Press) -> None:
    post = press.add()
    publication = press.published(post)
    editor = client_of("editor", unit_id=2)
    page = editor.get(f"/desk/posts/{post}").text
    assert "Gỡ<" in page and "Gửi lại" not in page
    with writing(press.engine) as session:
        session.execute(
            update(Publication)
            .where(Publication.id == publication)
            .values(state=State.FAILED, failed="publish", live_version=None, reason="Ảnh quá lớn.")
        )
        session.execute(update(Post).where(Post.id == post).values(status=Status.FAILED))
    page = editor.get(f"/desk/posts/{post}").text
    assert "Ảnh quá lớn." in page and "Gửi lại" in page
    editor.submit(f"/desk/posts/{post}/act", action="retry", version=1, account_id=press.page)
    assert press.row(post).status == Status.PUBLISHING
    editor.submit(f"/desk/posts/{post}/act", action="withdraw", version=1, account_id=press.page)
    assert press.row(post).status == Status.WITHDRAWN


def test_the_places_ask_for_a_new_page_once_the_post_has_moved(client_of: ClientOf, press: Press) -> None:
    post = press.add()
    press.approved(post)
    editor = client_of("editor", unit_id=2)
    same = editor.get(f"/desk/posts/{post}/places?status=publishing")
    assert "Chờ đăng" in same.text and "HX-Refresh" not in same.headers
    moved = editor.get(f"/desk/posts/{post}/places?status=scheduled")
    assert moved.headers["HX-Refresh"] == "true"


def test_quota_is_shown_before_sending(client_of: ClientOf, press: Press) -> None:
    quota = {"day_left": 1, "day_total": 1, "month_left": 0, "month_total": 4}
    with writing(press.engine) as session:
        session.execute(update(Account).where(Account.id == press.oa).values(quota=quota, quota_at=NOW))
    page = client_of("editor", unit_id=2).get("/desk/posts/new").text
    assert "tháng này còn 0/4, hôm nay còn 1/1" in page and "Đã hết hạn mức" in page


# --- the unit's own words, and the month


def test_a_supervisor_sets_signature_and_cover(client_of: ClientOf, press: Press) -> None:
    leader = client_of("supervisor", unit_id=2)
    form = {"kind": "nong-dan", "signature": "Hội kính báo", "hashtags": "hội", "cover": photo()}
    assert leader.submit("/desk/posts/house", **form).status_code == 302
    with reading(press.engine) as session:
        row = session.get_one(Organisation, 2)
    assert (row.kind, row.signature, row.hashtags) == ("nong-dan", "Hội kính báo", ["#hội"])
    assert f"/media/posts/{row.cover}" in leader.get("/desk/posts/house").text
    assert client_of("editor", unit_id=2).get("/desk/posts/house").status_code == 403


def test_the_months_sheet_counts_what_was_published_in_it(client_of: ClientOf, press: Press) -> None:
    now_id, before = press.add("Tháng này"), press.add("=Bài tháng mười")
    publication = press.published(now_id)
    press.published(before, datetime(2026, 10, 31, 16, 59, tzinfo=UTC))
    press.published(press.add("Của ủy ban", 1, press.other))
    with writing(press.engine) as session:
        for day, reach in ((24, 10), (25, 80)):
            session.add(
                PostStat(
                    publication_id=publication, day=date(2026, 11, day), reach=reach, reactions=7, came=0,
                    updated_at=NOW,
                )
            )  # fmt: skip
        chat = Conversation(
            account_id=press.page, user_ref="7", last_inbound_ms=5, created_at=NOW, updated_at=NOW
        )
        session.add(chat)
        session.flush()
        for number, given in enumerate(
            ({"replied_at": NOW, "conversation_id": chat.id}, {"hidden_at": NOW}, {})
        ):
            session.add(
                Comment(
                    account_id=press.page, publication_id=publication, post_ref="1", comment_ref=f"c{number}",
                    due_at=NOW, written_at=NOW, created_at=NOW, updated_at=NOW, understood=None, **given,
                )
            )  # fmt: skip
    editor = client_of("editor", unit_id=2)
    page = editor.get("/desk/posts/figures").text
    assert "Tháng này" in page and "Bài tháng mười" not in page and "Của ủy ban" not in page
    book = load_workbook(io.BytesIO(editor.get("/desk/posts/figures.xlsx?month=2026-11").data))
    head, line = book.active.iter_rows(values_only=True)
    found = dict(zip(head, line, strict=True))
    assert (found["Số người tiếp cận"], found["Cảm xúc"], found["Lượt xem"]) == (80, 7, None)
    counted = (
        "Bình luận nhận được",
        "Bình luận đã trả lời",
        "Bình luận đã ẩn",
        "Người dân nhắn trợ lý từ bài",
    )
    assert tuple(found[name] for name in counted) == (3, 1, 1, 1)
    october = editor.get("/desk/posts/figures.csv?month=2026-10").data.decode("utf-8-sig")
    assert "'=Bài tháng mười" in october and "23:59" in october


@pytest.mark.parametrize(
    ("text", "month"),
    [
        ("2026-10", date(2026, 10, 1)), ("", date(2026, 11, 1)), ("2027-01", date(2026, 11, 1)),
        ("tháng mười", date(2026, 11, 1)), ("1999-01", date(2026, 11, 1)),
    ],
)  # fmt: skip
def test_a_month_is_read_or_is_this_one(text: str, month: date) -> None:
    assert month_of(text, NOW) == month
    assert month_of(text, NOW + timedelta(hours=1)) == month
