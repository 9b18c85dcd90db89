"""Comments on the desk: what waits, what an officer does with them, who sees them; on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine, select

from bot.posts.comment_rows import Kind, Status, add_action, locked_comment
from bot.store.engine import reading, writing
from bot.store.models import Account, Audit, Unit
from bot.store.models_comments import CommentAction
from bot.store.models_posts import Comment
from tests.desk.conftest import WEDNESDAY_MORNING, ClientOf

NOW = WEDNESDAY_MORNING


@pytest.fixture
def desk_database_url(database_url: str) -> str:
    return database_url


class Square:
    """A page of unit 2 with comments, as the worker leaves them."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        with writing(engine) as session:
            session.add(Unit(id=2, slug="hoi-nong-dan", name="Hội Nông dân xã"))
            page = Account(channel="facebook", external_id="501", name="Nông dân", unit_id=2, created_at=NOW)
            session.add(page)
            session.flush()
            self.page = page.id

    def add(self, text: str = "giá phân bón bao nhiêu?", **fields: object) -> int:
        given = {"status": Status.WAITING, "verdict": "uncertain", "written_at": NOW, **fields}
        with writing(self.engine) as session:
            number = len(session.scalars(select(Comment.id)).all())
            row = Comment(
                account_id=self.page, post_ref="p", comment_ref=f"p_{number}", author_ref="77",
                author_name="Bà Ba", text=text, due_at=NOW, created_at=NOW, updated_at=NOW, understood=None,
                **given,
            )  # fmt: skip
            session.add(row)
            session.flush()
            return row.id

    def row(self, comment_id: int) -> Comment:
        with reading(self.engine) as session:
            return session.get_one(Comment, comment_id)

    def actions(self, comment_id: int) -> list[CommentAction]:
        query = select(CommentAction).where(CommentAction.comment_id == comment_id)
        with reading(self.engine) as session:
            return list(session.scalars(query.order_by(CommentAction.id)))


@pytest.fixture
def square(desk_engine: Engine) -> Square:
    return Square(desk_engine)


def test_what_waits_is_shown_to_the_pages_unit(client_of: ClientOf, square: Square) -> None:
    square.add("<b>sao ẩn tôi</b>")
    square.add("cảm ơn", status=Status.LEFT, verdict="kind")
    page = client_of("editor", unit_id=2).get("/desk/posts/comments").text
    assert "&lt;b&gt;sao ẩn tôi" in page and "Chờ người xem (1)" in page and "cảm ơn" not in page
    other = client_of("editor", unit_id=1).get("/desk/posts/comments").text
    assert "sao ẩn tôi" not in other and "Chờ người xem (0)" in other
    assert client_of("officer", unit_id=2).get("/desk/posts/comments").status_code == 403


def test_an_editor_gets_no_way_into_the_chat(client_of: ClientOf, square: Square) -> None:
    square.add(status=Status.DONE, conversation_id=5, replied_at=NOW)
    editor = client_of("editor", unit_id=2).get("/desk/posts/comments?tab=answered").text
    leader = client_of("supervisor", unit_id=2).get("/desk/posts/comments?tab=answered").text
    assert "Bà Ba" in editor and "/desk/c/5" not in editor
    assert "/desk/c/5" in leader


@pytest.mark.parametrize("act", ["reply", "private"])
def test_an_answer_is_left_to_the_worker(client_of: ClientOf, square: Square, act: str) -> None:
    comment = square.add()
    editor = client_of("editor", unit_id=2)
    empty = editor.submit(f"/desk/posts/comments/{comment}/act", act=act, text="  ")
    assert "Chưa viết câu trả lời" in editor.get(empty.location).text
    editor.submit(f"/desk/posts/comments/{comment}/act", act=act, text="Dạ, mời bà ghé hội.")
    (action,) = square.actions(comment)
    assert (action.kind, action.text, action.officer_id) == (act, "Dạ, mời bà ghé hội.", editor.officer_id)
    assert (action.state, bool(action.wire)) == ("pending", act == "private")
    row = square.row(comment)
    assert (row.status, row.decided_by, row.decided_at) == (Status.ACTING, editor.officer_id, NOW)
    again = editor.submit(f"/desk/posts/comments/{comment}/act", act="hide")
    assert "đang làm dở" in editor.get(again.location).text
    with reading(square.engine) as session:
        assert f"comment.{act}" in session.scalars(select(Audit.action)).all()


def test_one_private_reply_per_comment_within_seven_days(client_of: ClientOf, square: Square) -> None:
    editor = client_of("editor", unit_id=2)
    told, old = square.add("đã nhắn", private_at=NOW), square.add("cũ", written_at=NOW - timedelta(days=7))
    failed = square.add("không tới")
    with writing(square.engine) as session:
        row = locked_comment(session, failed)
        assert row is not None
        add_action(session, row, Kind.PRIVATE, NOW, text="x")
    with writing(square.engine) as session:
        session.scalars(select(CommentAction)).one().state = "failed"
    page = editor.get("/desk/posts/comments").text
    assert "Nhắn riêng (một lần)" not in page
    for comment, why in ((told, "đã dùng rồi"), (old, "Quá 7 ngày"), (failed, "đã dùng rồi")):
        answer = editor.submit(f"/desk/posts/comments/{comment}/act", act="private", text="Dạ.")
        assert why in editor.get(answer.location).text
    assert len(square.actions(told) + square.actions(old) + square.actions(failed)) == 1


def test_hidden_shown_again_and_left_alone(client_of: ClientOf, square: Square) -> None:
    editor = client_of("editor", unit_id=2)
    insult, odd = square.add("đồ tồi", hidden_at=NOW, verdict="insult"), square.add("hmm")
    assert "Hiện lại" in editor.get("/desk/posts/comments?tab=hidden").text
    editor.submit(f"/desk/posts/comments/{insult}/act", act="unhide")
    assert [action.kind for action in square.actions(insult)] == ["unhide"]
    editor.submit(f"/desk/posts/comments/{odd}/act", act="leave")
    assert square.row(odd).status == Status.LEFT and square.actions(odd) == []


def test_what_is_not_ones_own_or_gone_is_left(client_of: ClientOf, square: Square) -> None:
    comment, gone = square.add(), square.add("", status=Status.DELETED)
    path = f"/desk/posts/comments/{comment}/act"
    assert client_of("editor", unit_id=1).submit(path, act="hide").status_code == 404
    editor = client_of("editor", unit_id=2)
    assert editor.submit(path, act="erase").status_code == 400
    answer = editor.submit(f"/desk/posts/comments/{gone}/act", act="hide")
    assert "đã bị xóa" in editor.get(answer.location).text
    assert square.actions(comment) == square.actions(gone) == []


@pytest.mark.parametrize("text", ["Hồ sơ H19.29-260115-0007 của bà đã xong.", "Gọi anh Tư 0912345678 nhé."])
def test_no_dossier_and_no_number_in_public(client_of: ClientOf, square: Square, text: str) -> None:
    comment = square.add()
    editor = client_of("editor", unit_id=2)
    refused = editor.submit(f"/desk/posts/comments/{comment}/act", act="reply", text=text)
    assert "Hãy nhắn riêng" in editor.get(refused.location).text
    assert not square.actions(comment)
    editor.submit(f"/desk/posts/comments/{comment}/act", act="private", text=text)
    assert [action.kind for action in square.actions(comment)] == ["private"]
