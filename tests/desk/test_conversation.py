"""One chat at the desk: what is shown of it, and what an officer does with it; on both databases."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, select

from bot.clock import to_ms
from bot.desk.context import Desk, keep
from bot.intake.accept import Accepted
from bot.store.engine import reading, writing
from bot.store.models import Audit, Canned, Conversation, Handoff, Message, Note, Outgoing, Unit
from connectors.channel import Event, EventKind
from tests.desk.chats import add_chat, add_message
from tests.desk.conftest import ClientOf, DeskClient, MovableClock, desk_of

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 64


@pytest.fixture
def desk_database_url(database_url: str) -> str:
    return database_url


@pytest.fixture
def nudges(desk_app: Flask) -> list[Event]:
    """What the desk asks of the worker."""
    found: list[Event] = []

    def accept(event: Event) -> Accepted:
        found.append(event)
        return Accepted.QUEUED

    keep(desk_app.extensions, dataclasses.replace(desk_of(desk_app), accept=accept))
    return found


@pytest.fixture
def chat(desk_engine: Engine, clock: MovableClock) -> int:
    return add_chat(desk_engine, clock(), "Cho tôi gặp cán bộ", owner="waiting")


def owner_of(engine: Engine, chat: int) -> tuple[str, int | None]:
    with reading(engine) as session:
        row = session.get_one(Conversation, chat)
        return row.owner, row.officer_id


def outbox(engine: Engine, chat: int) -> list[Outgoing]:
    with reading(engine) as session:
        return list(
            session.scalars(select(Outgoing).where(Outgoing.conversation_id == chat).order_by(Outgoing.id))
        )


def holding(client_of: ClientOf, chat: int, **fields: Any) -> DeskClient:
    """An officer who has taken the chat."""
    client = client_of(**fields)
    assert "Anh/chị đang giữ" in client.act(f"/desk/c/{chat}/claim").text
    return client


def test_nobody_writes_before_taking_it(client_of: ClientOf, desk_engine: Engine, chat: int) -> None:
    client = client_of()
    html = client.get(f"/desk/c/{chat}").text
    assert "Tiếp nhận" in html
    assert '<textarea name="text" id="text"' not in html
    said = client.act(f"/desk/c/{chat}/say", text="Chào bà", key="k" * 32)
    assert "không còn giữ" in said.text
    assert outbox(desk_engine, chat) == []


def test_taking_answering_and_giving_back(
    client_of: ClientOf, desk_engine: Engine, chat: int, nudges: list[Event]
) -> None:
    client = holding(client_of, chat)
    assert owner_of(desk_engine, chat) == ("officer", client.officer_id)
    for _ in range(2):  # the same form twice: one message
        client.act(f"/desk/c/{chat}/say", text="Chào bà, tôi là cán bộ", key="k" * 32)
    (row,) = outbox(desk_engine, chat)
    assert (row.author, row.status) == ("officer", "pending")
    assert nudges[0].kind is EventKind.OUTBOX
    page = client.get(f"/desk/c/{chat}").text
    assert "Chào bà, tôi là cán bộ" in page
    assert "đang gửi" in page
    client.act(f"/desk/c/{chat}/release")
    assert owner_of(desk_engine, chat) == ("bot", None)


def test_the_second_is_told_who_has_it(client_of: ClientOf, desk_engine: Engine, chat: int) -> None:
    first = holding(client_of, chat, name="Nguyễn Thị Hoa")
    second = client_of()
    assert "Nguyễn Thị Hoa đã tiếp nhận trước" in second.act(f"/desk/c/{chat}/claim").text
    assert "Nguyễn Thị Hoa đang giữ hội thoại này" in second.get(f"/desk/c/{chat}").text
    assert owner_of(desk_engine, chat) == ("officer", first.officer_id)
    for action in ("release", "say", "contact", "forward"):
        fields = {"text": "x", "place": "1:chung"}
        assert 'role="alert"' in second.act(f"/desk/c/{chat}/{action}", **fields).text
    assert owner_of(desk_engine, chat) == ("officer", first.officer_id)


def test_an_open_page_is_told_without_losing_its_draft(client_of: ClientOf, chat: int) -> None:
    client = holding(client_of, chat)
    key = f":{client.officer_id}"
    assert 'id="composer"' not in client.get(f"/desk/c/{chat}/live?composer={key}").text
    assert 'id="composer"' in client.get(f"/desk/c/{chat}/live?composer=free:0").text


def test_without_a_script_a_form_leads_back_to_the_page(client_of: ClientOf, chat: int) -> None:
    response = client_of().submit(f"/desk/c/{chat}/claim")
    assert (response.status_code, response.location) == (303, f"/desk/c/{chat}")


def test_the_window_closes_the_composer(
    client_of: ClientOf, desk_engine: Engine, clock: MovableClock, chat: int
) -> None:
    client = holding(client_of, chat)
    assert "để nhắn" in client.get(f"/desk/c/{chat}").text
    with writing(desk_engine) as session:
        session.get_one(Conversation, chat).last_inbound_ms = to_ms(clock() - timedelta(days=8))
    html = client.get(f"/desk/c/{chat}").text
    assert "Đã quá hạn nhắn tin của Zalo" in html
    assert 'id="write"' not in html
    said = client.act(f"/desk/c/{chat}/say", text="Chào", key="z" * 32)
    assert "quá hạn" in said.text
    assert outbox(desk_engine, chat) == []


def test_a_failed_message_tells_why_and_is_sent_again(
    client_of: ClientOf, desk_engine: Engine, chat: int, nudges: list[Event]
) -> None:
    client = holding(client_of, chat)
    client.act(f"/desk/c/{chat}/say", text="Chào bà", key="k" * 32)
    with writing(desk_engine) as session:
        row = session.scalars(select(Outgoing)).one()
        row.status, row.error_code, row.error_reason = "failed", "-230", "Người dân chưa nhắn trong 7 ngày"
    html = client.get(f"/desk/c/{chat}").text
    assert "không gửi được: Người dân chưa nhắn trong 7 ngày" in html
    assert "Gửi lại" in html
    client.act(f"/desk/c/{chat}/resend", row=row.id)
    assert outbox(desk_engine, chat)[0].status == "pending"


def test_a_row_of_another_chat_is_not_sent_again(
    client_of: ClientOf, desk_engine: Engine, chat: int, clock: MovableClock
) -> None:
    client = holding(client_of, chat)
    client.act(f"/desk/c/{chat}/say", text="Chào bà", key="k" * 32)
    with writing(desk_engine) as session:
        session.scalars(select(Outgoing)).one().status = "failed"
    other = add_chat(desk_engine, clock())
    assert 'role="alert"' in client.act(f"/desk/c/{other}/resend", row=1).text
    assert outbox(desk_engine, chat)[0].status == "failed"


def test_notes_and_labels_stay_among_officers(client_of: ClientOf, desk_engine: Engine, chat: int) -> None:
    client = client_of(name="Cô Hoa")
    client.act(f"/desk/c/{chat}/note", text="Gọi 0912345678 chiều nay")
    client.act(f"/desk/c/{chat}/labels", label=["đã hẹn"], more="nhà ở, ")
    html = client.get(f"/desk/c/{chat}").text
    assert "ghi chú riêng" in html
    assert "0912345678" not in html  # masked
    assert "chiều nay" in html
    with reading(desk_engine) as session:
        assert session.get_one(Conversation, chat).labels == ["đã hẹn", "nhà ở"]
    assert outbox(desk_engine, chat) == []


def test_forwarding_sends_it_to_the_other_queue(client_of: ClientOf, desk_engine: Engine, chat: int) -> None:
    client = holding(client_of, chat)
    client.act(f"/desk/c/{chat}/forward", place="1:đất đai–xây dựng", colleague="0", note="việc đất")
    assert owner_of(desk_engine, chat) == ("waiting", None)
    with reading(desk_engine) as session:
        assert session.get_one(Conversation, chat).queue == "đất đai–xây dựng"
        assert "việc đất" in [note.text for note in session.scalars(select(Note))]


@pytest.mark.parametrize("place", ["", "1", "1:không có", "999:chung", "x:chung"])
def test_nothing_is_forwarded_to_nowhere(
    client_of: ClientOf, desk_engine: Engine, chat: int, place: str
) -> None:
    client = holding(client_of, chat)
    assert 'role="alert"' in client.act(f"/desk/c/{chat}/forward", place=place).text
    assert owner_of(desk_engine, chat)[0] == "officer"


def test_the_phone_number_is_for_who_has_the_chat_and_each_look_is_on_record(
    client_of: ClientOf, desk: Desk, desk_engine: Engine, chat: int, clock: MovableClock
) -> None:
    with writing(desk_engine) as session:
        session.add(
            Handoff(
                conversation_id=chat, reason="wish", queue="chung", created_at=clock(),
                contact_cipher=desk.vault.seal("0912 345 678"),
            )
        )  # fmt: skip
    stranger = client_of()
    assert "0912 345 678" not in stranger.act(f"/desk/c/{chat}/contact").text
    client = holding(client_of, chat)
    assert "0912 345 678" not in client.get(f"/desk/c/{chat}").text
    assert "0912 345 678" in client.act(f"/desk/c/{chat}/contact").text
    with reading(desk_engine) as session:
        looks = session.scalars(select(Audit).where(Audit.action == "contact.shown")).all()
        assert [look.subject for look in looks] == [f"conversation:{chat}"]


def test_the_story_tells_what_the_bot_understood(
    client_of: ClientOf, desk: Desk, desk_engine: Engine, chat: int, clock: MovableClock
) -> None:
    code = next(p.code for p in desk.knowledge().served() if "khai sinh" in p.name.lower())
    with writing(desk_engine) as session:
        kept = session.get_one(Conversation, chat)
        understood = {"skill": "procedure", "codes": [code], "aspects": ["fee"], "confidence": 0.934}
        add_message(session, kept, "khai sinh hết nhiêu", clock(), understood=understood)
    html = client_of().get(f"/desk/c/{chat}").text
    assert "Lệ phí (chắc 93 %)" in html


def test_an_answer_stands_below_its_question(
    client_of: ClientOf, desk_engine: Engine, chat: int, clock: MovableClock
) -> None:
    with writing(desk_engine) as session:  # one transaction: both have the same time
        kept = session.get_one(Conversation, chat)
        add_message(session, kept, "câu hỏi mới", clock())
        add_message(session, kept, "lời đáp mới", clock(), author="bot")
    html = client_of().get(f"/desk/c/{chat}/panel").text
    assert html.index("câu hỏi mới") < html.index("lời đáp mới")


def test_residents_words_are_never_markup(
    client_of: ClientOf, desk_engine: Engine, clock: MovableClock
) -> None:
    chat = add_chat(desk_engine, clock(), "<script>alert(1)</script>", owner="waiting")
    html = client_of().get(f"/desk/c/{chat}").text
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert(1)" in html


def test_images_of_strange_places_are_not_loaded(
    client_of: ClientOf, desk_engine: Engine, chat: int, clock: MovableClock
) -> None:
    with writing(desk_engine) as session:
        kept = session.get_one(Conversation, chat)
        many = [
            {"kind": "image", "url": "https://photo.example/a.jpg"},
            {"kind": "image", "url": "http://photo.example/b.jpg"},
            {"kind": "file", "url": "javascript:alert(1)"},
        ]
        add_message(session, kept, "ảnh", clock(), attachments=many)
    html = client_of().get(f"/desk/c/{chat}").text
    assert 'src="https://photo.example/a.jpg"' in html
    assert "b.jpg" not in html
    assert "javascript:" not in html


def test_an_image_goes_out_and_can_be_fetched(
    client_of: ClientOf, desk_app: Flask, desk_engine: Engine, chat: int
) -> None:
    client = holding(client_of, chat)
    client.act(f"/desk/c/{chat}/say", text="", key="i" * 32, image=(BytesIO(PNG), "../x.png"))
    with reading(desk_engine) as session:
        (found,) = session.scalars(select(Message.attachments).where(Message.author == "officer"))
    address = found[0]["url"]
    path = "/media/" + address.rsplit("/", 1)[1]
    response = desk_app.test_client().get(path)
    assert (response.status_code, response.data) == (200, PNG)
    assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "content", [b"GIF89a....", b"<svg xmlns='http://www.w3.org/2000/svg'/>", PNG + b"\0" * 1024 * 1024]
)
def test_what_is_no_small_picture_is_refused(
    client_of: ClientOf, desk_engine: Engine, chat: int, content: bytes
) -> None:
    client = holding(client_of, chat)
    said = client.act(f"/desk/c/{chat}/say", text="xem ảnh", key="i" * 32, image=(BytesIO(content), "x.png"))
    assert 'role="alert"' in said.text
    assert "xem ảnh" in said.text  # the draft is kept
    assert outbox(desk_engine, chat) == []


@pytest.mark.parametrize("name", ["..%2f..%2ftroly.db", "a.png", "0" * 32 + ".svg"])
def test_media_serves_nothing_else(desk_app: Flask, name: str) -> None:
    assert desk_app.test_client().get(f"/media/{name}").status_code == 404


def test_typing_is_shown_only_by_who_has_it(client_of: ClientOf, chat: int, nudges: list[Event]) -> None:
    client_of().act(f"/desk/c/{chat}/typing")
    assert nudges == []
    client = holding(client_of, chat)
    client.act(f"/desk/c/{chat}/typing")
    assert [event.kind for event in nudges] == [EventKind.TYPING]


def test_prepared_replies_are_the_units_own(
    client_of: ClientOf, desk_engine: Engine, clock: MovableClock
) -> None:
    with writing(desk_engine) as session:
        session.add(Unit(id=2, slug="cong-an", name="Công an xã"))
        session.flush()
        for unit, shortcut in ((None, "chao"), (1, "hen"), (2, "congan")):
            session.add(
                Canned(unit_id=unit, shortcut=shortcut, title="Chào", text="Chào ông/bà", updated_at=clock())
            )
    found = client_of().get("/desk/composer/canned").json
    assert found is not None
    assert [one["shortcut"] for one in found] == ["chao", "hen"]


def test_an_answer_of_the_data_is_put_into_the_composer_only(
    client_of: ClientOf, desk_engine: Engine, chat: int
) -> None:
    client = holding(client_of, chat)
    html = client.get("/desk/composer/procedures?q=khai+sinh").text
    assert "hai sinh" in html
    code = html.split('data-code="', 1)[1].split('"', 1)[0]
    told = client.get(f"/desk/composer/answer?code={code}&aspect=documents").json
    assert told is not None
    assert "Nguồn: Cổng Dịch vụ công quốc gia" in told["text"]
    assert outbox(desk_engine, chat) == []
    assert client.get("/desk/composer/answer?code=nope&aspect=fee").status_code == 404
    assert "Không tìm thấy" in client.get("/desk/composer/procedures?q=qqqqzzzz").text
