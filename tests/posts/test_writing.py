"""What an editor writes: content, templates, pictures, and how both platforms show it."""

from __future__ import annotations

import io
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from sqlalchemy import Engine

from bot.posts.content import Content, Known, Target, hashtag, problems, split_hashtags, tidy
from bot.posts.lifecycle import Action, Actor, Refusal
from bot.posts.pictures import MAX_BYTES, BadPicture, add_picture, create_pictures_blueprint, prepared
from bot.posts.rendering import House, article, page_post, shortened
from bot.posts.store import Request, create, perform
from bot.posts.templates import fill, load_templates, missing
from bot.store.engine import writing
from bot.store.models import Account, Unit
from connectors.zalo.articles import MAX_DESCRIPTION, MAX_TITLE, until_window_s
from tests.posts.newsroom import a_picture

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
ACCOUNTS = (Known(1, "facebook", "Trang"), Known(2, "zalo", "OA"), Known(3, "facebook", "Cũ", usable=False))
GOOD = Content("Mời họp", "Họp lúc 8 giờ.", targets=(Target(1), Target(2, broadcast=True)))
HOUSE = House("Hội Nông dân xã Xuân Định", "Hội Nông dân xã", ("#XuânĐịnh",), "https://a.vn/cover.png")
FAQ = Path(__file__).parents[2] / "faq_data"


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"title": ""}, "tiêu đề"),
        ({"title": "a" * 151}, "151"),
        ({"text": ""}, "nội dung"),
        ({"images": tuple(str(n) for n in range(11))}, "tối đa 10"),
        ({"link": "javascript:alert(1)"}, "https://"),
        ({"link": "https://a.vn/x y"}, "https://"),
        ({"targets": ()}, "Chưa chọn"),
        ({"targets": (Target(9),)}, "không thuộc"),
        ({"targets": (Target(3),)}, "mất kết nối"),
        ({"targets": (Target(1, broadcast=True),)}, "Zalo OA"),
        ({"scheduled_at": NOW + timedelta(days=400)}, "một năm"),
    ],
)
def test_problems(changed: dict[str, object], word: str) -> None:
    assert not problems(GOOD, ACCOUNTS, NOW)
    found = problems(replace(GOOD, **changed), ACCOUNTS, NOW)  # type: ignore[arg-type]
    assert any(word in problem for problem in found)


@given(st.builds(Content, title=st.text(), text=st.text(), link=st.text(), hashtags=st.tuples(st.text())))
def test_tidying_is_done_once(content: Content) -> None:
    assert tidy(tidy(content)) == tidy(content)


@pytest.mark.parametrize(
    ("word", "tag"), [("ocop", "#ocop"), ("#Xuân Định", "#XuânĐịnh"), ("#", ""), ("2026", ""), ("a-b", "#ab")]
)
def test_hashtags(word: str, tag: str) -> None:
    assert hashtag(word) == tag


def test_hashtags_of_a_field() -> None:
    assert split_hashtags("#ocop  nông_dân #ocop") == ("#ocop", "#nông_dân")


def test_the_page_shows_it() -> None:
    content = replace(GOOD, link="https://a.vn/tin", hashtags=("#họp",))
    post = page_post(content, HOUSE)
    assert post.message == "Mời họp\n\nHọp lúc 8 giờ.\n\nHội Nông dân xã\n\n#họp #XuânĐịnh"
    assert post.link == "https://a.vn/tin"
    with_photos = page_post(replace(content, images=("a.jpg",)), HOUSE)
    assert not with_photos.link
    assert "https://a.vn/tin" in with_photos.message


def test_zalo_shows_it() -> None:
    content = replace(GOOD, text="Một <b>\n\nHai", images=("a.jpg", "b.jpg"), link="https://a.vn/tin")
    shown = article(content, HOUSE, lambda name: f"https://a.vn/{name}")
    assert shown.cover_url == "https://a.vn/a.jpg"
    assert [part.text or part.image_url for part in shown.body] == [
        "Một ‹b›", "Hai", "https://a.vn/b.jpg", "Xem thêm: https://a.vn/tin", "Hội Nông dân xã",
    ]  # fmt: skip
    assert article(GOOD, HOUSE, str).cover_url == HOUSE.cover_url


@settings(max_examples=200)
@given(st.text(), st.text(max_size=400))
def test_an_article_keeps_zalos_limits(text: str, title: str) -> None:
    body = article(Content(title=title, text=text), HOUSE, str).to_dict()
    assert len(body["title"]) <= MAX_TITLE
    assert len(body["description"]) <= MAX_DESCRIPTION
    assert len(body["author"]) <= 50
    assert "<" not in str([part.get("content") for part in body["body"]])


@given(st.text(), st.integers(5, 100))
def test_shortening(text: str, longest: int) -> None:
    assert len(shortened(text, longest)) <= longest


@pytest.mark.parametrize(
    ("hour", "minute", "wait"), [(6, 0, 0), (21, 59, 0), (22, 0, 8 * 3600 + 300), (5, 0, 3900), (0, 0, 21900)]
)
def test_the_window_of_broadcasts(hour: int, minute: int, wait: float) -> None:
    at = datetime(2026, 11, 24, hour, minute, tzinfo=UTC) - timedelta(hours=7)
    assert until_window_s(at) == wait


def test_every_template_can_be_filled_with_its_examples() -> None:
    templates = load_templates(FAQ)
    assert {"meeting", "scam", "product", "health", "weather"} <= set(templates)
    for template in templates.values():
        examples = {slot.name: slot.example or "4" for slot in template.fields}
        title, text = fill(template, examples)
        assert not missing(template, examples)
        assert "{" not in title + text
        assert not problems(Content(title, text, targets=(Target(1),)), ACCOUNTS, NOW)


def test_an_empty_field_takes_its_line_along() -> None:
    template = load_templates(FAQ)["product"]
    given_ = {"product": "Mật ong", "stars": "4", "decision": "QĐ 1", "trace": "893", "price": "  "}
    title, text = fill(template, given_)
    assert title == "Mật ong – OCOP 4 sao"
    assert "Giá" not in text
    assert "Mã truy xuất nguồn gốc: 893" in text
    assert not missing(template, given_)
    assert missing(template, {**given_, "stars": "6"}) == ("Số sao OCOP",)
    assert "Mã truy xuất nguồn gốc" in missing(template, {"product": "Mật ong"})


def test_a_value_is_no_slot() -> None:
    template = load_templates(FAQ)["weather"]
    _, text = fill(template, {"what": "{when}", "when": "mai", "where": "x", "advice": "y", "source": "z"})
    assert text.startswith("{when}: mai")


def test_a_picture_loses_what_the_camera_wrote_and_its_weight() -> None:
    photo = Image.effect_noise((5000, 4000), 90).convert("RGB")
    exif = Image.Exif()
    exif[0x0110] = "Điện thoại của ông A"
    exif[0x0112] = 6  # turned
    packed = io.BytesIO()
    photo.save(packed, "JPEG", exif=exif, quality=60)
    made = prepared(packed.getvalue())
    content, width, height = made.content, made.width, made.height
    assert len(content) <= MAX_BYTES
    assert height > width
    with Image.open(io.BytesIO(content)) as opened:
        assert not opened.getexif()


@pytest.mark.parametrize("content", [b"", b"GIF89a", b"<svg/>", b"\xff\xd8\xff broken"])
def test_what_is_no_picture_is_refused(content: bytes) -> None:
    with pytest.raises(BadPicture):
        prepared(content)


def _photos() -> list[bytes]:
    found = []
    for kind in ("JPEG", "PNG", "WEBP"):
        exif = Image.Exif()
        exif[0x0112] = 6
        packed = io.BytesIO()
        Image.effect_noise((24, 16), 80).convert("RGB").save(packed, kind, exif=exif)
        found.append(packed.getvalue())
    return found


PHOTOS = _photos()


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(PHOTOS),
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=6),
    st.integers(0, 60),
)
def test_a_spoilt_picture_is_taken_or_refused_and_nothing_else(
    photo: bytes, spots: list[tuple[int, int]], cut: int
) -> None:
    spoilt = bytearray(photo)
    for at, value in spots:
        spoilt[at % len(spoilt)] = value
    with suppress(BadPicture):
        prepared(bytes(spoilt[: len(spoilt) - cut]))


def test_a_picture_whose_head_is_cut_is_refused() -> None:
    """Pillow raises ValueError ("Truncated IHDR chunk"), not OSError."""
    spoilt = bytearray(PHOTOS[1])
    spoilt[8:12] = (5).to_bytes(4, "big")
    with pytest.raises(BadPicture):
        prepared(bytes(spoilt))


def test_a_picture_is_given_to_whoever_knows_its_name(engine: Engine) -> None:
    from flask import Flask

    with writing(engine) as session:
        name = add_picture(session, 1, prepared(a_picture()), NOW)
    app = Flask("t")
    app.register_blueprint(create_pictures_blueprint(engine))
    client = app.test_client()
    answer = client.get(f"/media/posts/{name}")
    assert answer.data.startswith(b"\xff\xd8")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert client.get(f"/media/posts/{'0' * 32}.jpg").status_code == 404
    assert client.get("/media/posts/x").status_code == 404


def test_the_store_refuses_what_is_not_its_own(engine: Engine) -> None:
    with writing(engine) as session:
        other = Unit(slug="khac", name="Khác")
        session.add_all([other, Account(channel="facebook", external_id="1", unit_id=1, created_at=NOW)])
        session.flush()
        theirs = add_picture(session, other.id, prepared(a_picture()), NOW)
        mine = add_picture(session, 1, prepared(a_picture()), NOW)
    editor, stranger = Actor(1, 1), Actor(2, other.id)
    content = Content("a", "b", images=(theirs, mine), targets=(Target(1),))
    with writing(engine) as session:
        assert isinstance(create(session, stranger, 1, content, NOW), Refusal)
        post = create(session, editor, 1, content, NOW)
        assert isinstance(post, int)
    with writing(engine) as session:
        assert isinstance(perform(session, stranger, post, Request(Action.ASK, 1), NOW), Refusal)
        assert perform(session, editor, post, Request(Action.ASK, 1), NOW) is None
        chief = Actor(3, 1, approves=True)
        refusal = perform(session, chief, post, Request(Action.RETURN, 1), NOW)
        assert refusal is not None
        assert "một lời" in refusal.reason
        assert perform(session, chief, post, Request(Action.RETURN, 1, word="Thêm giờ"), NOW) is None
    from bot.posts.reading import find
    from bot.store.engine import reading

    with reading(engine) as session:
        page = find(session, editor, post)
        assert page is not None
        assert page.content.images == (mine,)
        assert page.word == "Thêm giờ"
        assert find(session, stranger, post) is None
