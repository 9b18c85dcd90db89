"""An assistant's reply as the bodies of ``POST /v3.0/oa/message/cs``, all but the recipient."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from connectors.buttons import CHOOSE, as_line, is_fetchable, is_web_address, phone_digits, with_lines
from connectors.channel import Button, ButtonKind, Reply, Wire
from connectors.text import clean, numbered, shorten, split_text

MAX_TEXT = 2000
MAX_BUTTONS = 5
MAX_TITLE = 100
MAX_PAYLOAD = 1000

_IMAGE = re.compile(r"\S+://[^\s?#]+\.(?:jpe?g|png)(?:[?#]\S*)?", re.IGNORECASE)


def render(reply: Reply) -> list[Wire]:
    """The messages that show ``reply``: the image with or before the first, the buttons on the last.

    More than five questions become numbered lines, because half of them as buttons would hide the
    others; links and phone numbers beyond the fifth button become lines of text.
    """
    buttons, text = _place_buttons(reply.buttons, clean(reply.text))
    image = reply.image_url
    if image and not (is_fetchable(image) and _IMAGE.fullmatch(image)):
        text = with_lines(text, [f"Ảnh: {image}"])
        image = None
    if buttons and not text:
        text = CHOOSE
    pieces = split_text(text, MAX_TEXT)
    messages: list[dict[str, Any]] = [{"text": piece} for piece in pieces]
    if image:
        if not messages or (len(messages) == 1 and buttons):
            messages.insert(0, {})
        messages[0]["attachment"] = _template(
            {"template_type": "media", "elements": [{"media_type": "image", "url": image}]}
        )
    if buttons:
        messages[-1]["attachment"] = _template({"buttons": buttons})
    return [{"message": message} for message in messages]


def _template(payload: dict[str, Any]) -> dict[str, Any]:
    return {"type": "template", "payload": payload}


def _place_buttons(buttons: Sequence[Button], text: str) -> tuple[list[dict[str, Any]], str]:
    """The buttons that Zalo can show, and the text with the lines that stand for the others."""
    questions = [button for button in buttons if button.kind is ButtonKind.QUESTION]
    others = [button for button in buttons if button.kind is not ButtonKind.QUESTION]
    if len(questions) > MAX_BUTTONS or not all(_fits(question) for question in questions):
        text = with_lines(text, [numbered(question.title for question in questions)])
        questions = []
    shown = [_button(question) for question in questions]
    lines = []
    for other in others:
        if len(shown) < MAX_BUTTONS and _tappable(other):
            shown.append(_button(other))
        else:
            lines.append(as_line(other))
    return shown, with_lines(text, lines)


def _fits(question: Button) -> bool:
    return 0 < len(clean(question.title)) <= MAX_TITLE and 0 < len(question.value) <= MAX_PAYLOAD


def _tappable(button: Button) -> bool:
    if not clean(button.title):
        return False
    return is_web_address(button.value) if button.kind is ButtonKind.LINK else bool(phone_code(button.value))


def _button(button: Button) -> dict[str, Any]:
    title = shorten(button.title, MAX_TITLE)
    if button.kind is ButtonKind.LINK:
        return {"title": title, "type": "oa.open.url", "payload": {"url": button.value.strip()}}
    if button.kind is ButtonKind.PHONE:
        return {"title": title, "type": "oa.open.phone", "payload": {"phone_code": phone_code(button.value)}}
    return {"title": title, "type": "oa.query.hide", "payload": button.value}


def phone_code(number: str) -> str:
    """``number`` as Zalo dials it: 84… for a national number, a short or 1900 number as it is.

    "" if it is no phone number.
    """
    digits = phone_digits(number)
    if digits.startswith("0") and len(digits) >= 10:
        return "84" + digits[1:]
    return digits
