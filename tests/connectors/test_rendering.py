"""Replies as wires, within each platform's limits, with every word and button still reachable."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.channel import Button, ButtonKind, Persona, Reply
from connectors.facebook import rendering as facebook
from connectors.zalo import rendering as zalo

IMAGE = "https://xuandinh.example/so-do.png"
LINK = Button("Cổng dịch vụ công", "https://dichvucong.gov.vn/p/home", ButtonKind.LINK)
PHONE = Button("Gọi một cửa", "0251 3000 111", ButtonKind.PHONE)
POLICE = Button("Công an", "113", ButtonKind.PHONE)


def asks(*titles: str) -> tuple[Button, ...]:
    return tuple(Button(title, f"#q:{index}") for index, title in enumerate(titles, 1))


def zalo_buttons(*titles: str) -> list[dict[str, Any]]:
    return [{"title": t, "type": "oa.query.hide", "payload": f"#q:{i}"} for i, t in enumerate(titles, 1)]


def zalo_template(payload: dict[str, Any]) -> dict[str, Any]:
    return {"type": "template", "payload": payload}


ZALO_IMAGE = zalo_template({"template_type": "media", "elements": [{"media_type": "image", "url": IMAGE}]})
ZALO_CASES: dict[str, tuple[Reply, list[dict[str, Any]]]] = {
    "text": (Reply("Xin chào"), [{"text": "Xin chào"}]),
    "nothing": (Reply(" "), []),
    "long text": (Reply("a" * 1500 + "\n\n" + "b" * 1500), [{"text": "a" * 1500}, {"text": "b" * 1500}]),
    "decomposed": (Reply("a\u0300" * 2000), [{"text": "à" * 2000}]),
    "questions": (
        Reply("Hỏi gì?", asks("Lệ phí", "Nộp ở đâu")),
        [{"text": "Hỏi gì?", "attachment": zalo_template({"buttons": zalo_buttons("Lệ phí", "Nộp ở đâu")})}],
    ),
    "buttons on the last part": (
        Reply("a" * 1500 + "\n\n" + "b" * 1500, asks("Lệ phí")),
        [
            {"text": "a" * 1500},
            {"text": "b" * 1500, "attachment": zalo_template({"buttons": zalo_buttons("Lệ phí")})},
        ],
    ),
    "buttons without text": (
        Reply("", asks("Lệ phí")),
        [{"text": "Ông/bà chọn giúp:", "attachment": zalo_template({"buttons": zalo_buttons("Lệ phí")})}],
    ),
    "six questions": (
        Reply("Chọn", asks(*"ABCDEF")),
        [{"text": "Chọn\n\nÔng/bà nhắn số để chọn:\n1. A\n2. B\n3. C\n4. D\n5. E\n6. F"}],
    ),
    "a title that is too long": (
        Reply("Chọn", asks("Lệ phí", "x" * 101)),
        [{"text": f"Chọn\n\nÔng/bà nhắn số để chọn:\n1. Lệ phí\n2. {'x' * 101}"}],
    ),
    "link and phone": (
        Reply("Đây", (LINK, PHONE, POLICE)),
        [
            {
                "text": "Đây",
                "attachment": zalo_template(
                    {
                        "buttons": [
                            {"title": LINK.title, "type": "oa.open.url", "payload": {"url": LINK.value}},
                            {
                                "title": PHONE.title,
                                "type": "oa.open.phone",
                                "payload": {"phone_code": "842513000111"},
                            },
                            {"title": "Công an", "type": "oa.open.phone", "payload": {"phone_code": "113"}},
                        ]
                    }
                ),
            }
        ],
    ),
    "links beyond the fifth": (
        Reply("Đây", (*asks(*"ABCD"), LINK, PHONE)),
        [
            {
                "text": f"Đây\n\n{PHONE.title}: {PHONE.value}",
                "attachment": zalo_template(
                    {
                        "buttons": [
                            *zalo_buttons(*"ABCD"),
                            {"title": LINK.title, "type": "oa.open.url", "payload": {"url": LINK.value}},
                        ]
                    }
                ),
            }
        ],
    ),
    "a link that no phone opens": (
        Reply("Đây", (Button("Tệp", "javascript:alert(1)", ButtonKind.LINK),)),
        [{"text": "Đây\n\nTệp: javascript:alert(1)"}],
    ),
    "image with text": (Reply("Sơ đồ", image_url=IMAGE), [{"text": "Sơ đồ", "attachment": ZALO_IMAGE}]),
    "image alone": (Reply("", image_url=IMAGE), [{"attachment": ZALO_IMAGE}]),
    "image and buttons": (
        Reply("Sơ đồ", asks("Lệ phí"), IMAGE),
        [
            {"attachment": ZALO_IMAGE},
            {"text": "Sơ đồ", "attachment": zalo_template({"buttons": zalo_buttons("Lệ phí")})},
        ],
    ),
    "image, long text and buttons": (
        Reply("a" * 1500 + "\n\n" + "b" * 1500, asks("Lệ phí"), IMAGE),
        [
            {"text": "a" * 1500, "attachment": ZALO_IMAGE},
            {"text": "b" * 1500, "attachment": zalo_template({"buttons": zalo_buttons("Lệ phí")})},
        ],
    ),
    "an image that Zalo does not take": (
        Reply("Sơ đồ", image_url="https://xuandinh.example/so-do.webp"),
        [{"text": "Sơ đồ\n\nẢnh: https://xuandinh.example/so-do.webp"}],
    ),
}


@pytest.mark.parametrize("case", ZALO_CASES)
def test_zalo(case: str) -> None:
    reply, messages = ZALO_CASES[case]
    assert zalo.render(reply) == [{"message": message} for message in messages]


def quick(*titles: str) -> list[dict[str, str]]:
    return [
        {"content_type": "text", "title": title, "payload": f"#q:{index}"}
        for index, title in enumerate(titles, 1)
    ]


def template(text: str, *buttons: dict[str, str]) -> dict[str, Any]:
    return {
        "type": "template",
        "payload": {"template_type": "button", "text": text, "buttons": list(buttons)},
    }


FB_IMAGE = {"attachment": {"type": "image", "payload": {"url": IMAGE}}}
FB_LINK = {"type": "web_url", "url": LINK.value, "title": "Cổng dịch vụ công"}
FB_PHONE = {"type": "phone_number", "title": "Gọi một cửa", "payload": "+842513000111"}
LIST_3 = "Ông/bà nhắn số để chọn:\n1. Đăng ký khai sinh\n2. Đăng ký khai sinh lưu động\n3. Kết hôn"
FACEBOOK_CASES: dict[str, tuple[Reply, list[dict[str, Any]]]] = {
    "text": (Reply("Xin chào"), [{"text": "Xin chào"}]),
    "nothing": (Reply(""), []),
    "long text": (Reply("a" * 1500 + "\n\n" + "b" * 1500), [{"text": "a" * 1500}, {"text": "b" * 1500}]),
    "questions": (
        Reply("Hỏi gì?", asks("Lệ phí", "Nộp ở đâu")),
        [{"text": "Hỏi gì?", "quick_replies": quick("Lệ phí", "Nộp ở đâu")}],
    ),
    "questions without text": (
        Reply("", asks("Lệ phí")),
        [{"text": "Ông/bà chọn giúp:", "quick_replies": quick("Lệ phí")}],
    ),
    "a long title is cut after a word": (
        Reply("Hỏi gì?", asks("Giấy xác nhận tình trạng hôn nhân", "Lệ phí")),
        [{"text": "Hỏi gì?", "quick_replies": quick("Giấy xác nhận tình…", "Lệ phí")}],
    ),
    "titles that would be mistaken": (
        Reply("Chọn", asks("Đăng ký khai sinh", "Đăng ký khai sinh lưu động", "Kết hôn")),
        [{"text": f"Chọn\n\n{LIST_3}", "quick_replies": quick("1", "2", "3")}],
    ),
    "thirteen": (
        Reply("Chọn", asks(*(f"Mục {n}" for n in range(1, 14)))),
        [{"text": "Chọn", "quick_replies": quick(*(f"Mục {n}" for n in range(1, 14)))}],
    ),
    "fourteen": (
        Reply("Chọn", asks(*(f"Mục {n}" for n in range(1, 15)))),
        [
            {
                "text": "Chọn\n\nÔng/bà nhắn số để chọn:\n"
                + "\n".join(f"{n}. Mục {n}" for n in range(1, 15)),
                "quick_replies": quick(*(str(n) for n in range(1, 14))),
            }
        ],
    ),
    "link and phone": (Reply("Đây", (LINK, PHONE)), [{"attachment": template("Đây", FB_LINK, FB_PHONE)}]),
    "a short number is text": (Reply("Gấp", (POLICE,)), [{"text": "Gấp\n\nCông an: 113"}]),
    "the fourth link is text": (
        Reply("Đây", (LINK, LINK, LINK, LINK)),
        [{"attachment": template(f"Đây\n\n{LINK.title}: {LINK.value}", FB_LINK, FB_LINK, FB_LINK)}],
    ),
    "links under the last words": (
        Reply("a" * 600 + "\n\n" + "b" * 600, (LINK,)),
        [{"text": "a" * 600}, {"attachment": template("b" * 600, FB_LINK)}],
    ),
    "links and questions": (
        Reply("Đây", (*asks("Lệ phí"), LINK)),
        [{"attachment": template("Đây", FB_LINK), "quick_replies": quick("Lệ phí")}],
    ),
    "image before the text with quick replies": (
        Reply("Sơ đồ", asks("Lệ phí"), IMAGE),
        [FB_IMAGE, {"text": "Sơ đồ", "quick_replies": quick("Lệ phí")}],
    ),
    "image alone": (Reply("", image_url=IMAGE), [FB_IMAGE]),
    "image and buttons without text": (
        Reply("", asks("Lệ phí"), IMAGE),
        [FB_IMAGE, {"text": "Ông/bà chọn giúp:", "quick_replies": quick("Lệ phí")}],
    ),
    "an image that is not https": (
        Reply("Sơ đồ", image_url="http://a.vn/1.png"),
        [{"text": "Sơ đồ\n\nẢnh: http://a.vn/1.png"}],
    ),
}


@pytest.mark.parametrize("case", FACEBOOK_CASES)
def test_facebook(case: str) -> None:
    reply, messages = FACEBOOK_CASES[case]
    assert facebook.render(reply) == [{"message": message} for message in messages]


@pytest.mark.parametrize(
    ("titles", "full", "unclear"),
    [
        (["Lệ phí", "Nộp ở đâu"], ["Lệ phí", "Nộp ở đâu"], False),
        (["Lệ phí", "lệ phí"], ["Lệ phí", "lệ phí"], True),
        (["Lệ phí", ""], ["Lệ phí", ""], True),
        (["Cấp lại…", "Cấp…"], ["Cấp lại giấy", "Cấp mới giấy"], True),
        (["Cấp lại…", "Kết hôn"], ["Cấp lại giấy", "Kết hôn"], False),
    ],
)
def test_ambiguous(titles: list[str], full: list[str], unclear: bool) -> None:
    assert facebook.ambiguous(titles, full) is unclear


@pytest.mark.parametrize(
    ("number", "zalo_code", "facebook_code"),
    [
        ("0251 3000 111", "842513000111", "+842513000111"),
        ("0900000001", "84900000001", "+84900000001"),
        ("+84 900 000 001", "84900000001", "+84900000001"),
        ("113", "113", None),
        ("1900 1096", "19001096", None),
        ("không có", "", None),
        ("025 1300", "0251300", None),
        ("0251 3000 111 222", "842513000111222", None),
    ],
)
def test_phone_numbers(number: str, zalo_code: str, facebook_code: str | None) -> None:
    assert zalo.phone_code(number) == zalo_code
    assert facebook.international(number) == facebook_code


button = st.builds(
    Button,
    title=st.text(min_size=1, max_size=130),
    value=st.sampled_from(["#menu", "#p:1.001193:fee", "https://a.vn", "0900000001", "113"]),
    kind=st.sampled_from(ButtonKind),
)
reply = st.builds(
    Reply,
    text=st.text(max_size=200) | st.text(alphabet="aế .\n", min_size=600, max_size=5000),
    buttons=st.lists(button, max_size=16).map(tuple),
    image_url=st.none() | st.just(IMAGE),
)


@given(reply)
def test_zalo_limits(reply: Reply) -> None:
    wires = zalo.render(reply)
    for position, wire in enumerate(wires):
        message = wire["message"]
        assert len(message.get("text", "")) <= 2000
        assert message.get("text") or "attachment" in message
        buttons = message.get("attachment", {}).get("payload", {}).get("buttons", [])
        assert len(buttons) <= 5
        assert not buttons or position == len(wires) - 1
        assert all(0 < len(b["title"]) <= 100 for b in buttons)
    assert_all_there(reply, wires)


@given(reply)
def test_facebook_limits(reply: Reply) -> None:
    wires = facebook.render(reply)
    for position, wire in enumerate(wires):
        message = wire["message"]
        assert len(message.get("text", "")) <= 1900
        quick_replies = message.get("quick_replies", [])
        assert len(quick_replies) <= 13
        assert not quick_replies or position == len(wires) - 1
        assert all(0 < len(q["title"]) <= 20 for q in quick_replies)
        payload = message.get("attachment", {}).get("payload", {})
        if "buttons" in payload:
            assert 0 < len(payload["text"]) <= 640
            assert 1 <= len(payload["buttons"]) <= 3
            assert all(0 < len(b["title"]) <= 20 for b in payload["buttons"])
    assert_all_there(reply, wires)


def assert_all_there(reply: Reply, wires: list[dict[str, Any]]) -> None:
    """Every word is in some message, and every button is one or stands in the text."""
    shown = "".join(_texts(wire["message"]) for wire in wires)
    squeezed = _squeeze(shown)
    assert _squeeze(zalo.clean(reply.text)) in squeezed
    tappable = str(wires)
    for wanted in reply.buttons:
        assert (
            wanted.value in tappable
            or _squeeze(wanted.title) in squeezed
            or re.sub(r"^0", "84", wanted.value) in tappable
            or _squeeze(zalo.clean(wanted.title)) in squeezed
        )


def _texts(message: dict[str, Any]) -> str:
    payload = message.get("attachment", {}).get("payload", {})
    return str(message.get("text", "")) + str(payload.get("text", ""))


def _squeeze(text: str) -> str:
    return "".join(text.split())


def test_facebook_says_how_a_message_reads_under_a_persona() -> None:
    line = "Cán bộ hộ tịch:\nChào bà"
    (wire,) = facebook.render(Reply(line, persona=Persona("Cán bộ hộ tịch", "Chào bà")))
    assert wire == {
        "message": {"text": line}, "persona": {"name": "Cán bộ hộ tịch", "message": {"text": "Chào bà"}},
    }  # fmt: skip


def test_a_picture_alone_keeps_its_line_under_a_persona() -> None:
    """The line is a message of its own: how many there are is settled before Meta is asked."""
    wires = facebook.render(Reply("Cán bộ gửi ảnh:", image_url=IMAGE, persona=Persona("Cán bộ", "")))
    assert [wire["persona"]["message"] for wire in wires] == [wire["message"] for wire in wires]
    assert len(wires) == 2


def test_a_picture_of_this_machine_is_a_picture() -> None:
    """In the sandbox the desk's pictures have no https address, and arrive as pictures nonetheless."""
    image = "http://127.0.0.1:8000/media/0123.png"
    assert facebook.render(Reply("", image_url=image)) == [
        {"message": {"attachment": {"type": "image", "payload": {"url": image}}}}
    ]
    (wire,) = zalo.render(Reply("Sơ đồ", image_url=image))
    assert wire["message"]["attachment"]["payload"]["elements"] == [{"media_type": "image", "url": image}]
