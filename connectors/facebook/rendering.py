"""An assistant's reply as the bodies of ``POST /{page}/messages``, all but recipient and type."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from connectors.buttons import CHOOSE, as_line, is_fetchable, is_web_address, phone_digits, with_lines
from connectors.channel import Button, ButtonKind, Reply, Wire
from connectors.text import clean, numbered, shorten, split_text

MAX_TEXT = 1900  # Meta allows 2000, and does not say how it counts
MAX_QUICK_REPLIES = 13
MAX_TITLE = 20
MAX_TEMPLATE_TEXT = 640
MAX_TEMPLATE_BUTTONS = 3


def render(reply: Reply) -> list[Wire]:
    """The messages that show ``reply``: the image first, then text, buttons on the last.

    Questions become quick replies, which vanish with the next message and so must come last; links
    and phone numbers become a button template under the last words. Questions whose titles would
    be mistaken for each other when cut to 20 characters become numbered lines, with the numbers as
    quick replies. With a persona each message also says how it reads under that name.
    """
    if reply.persona is None:
        return [{"message": message} for message in _messages(reply)]
    messages = _messages(reply)
    bare = _messages(replace(reply, text=reply.persona.text))
    if len(bare) != len(messages):  # the line that names the role is a message of its own, or split the text
        bare = messages
    return [
        {"message": message, "persona": {"name": reply.persona.name, "message": under_name}}
        for message, under_name in zip(messages, bare, strict=True)
    ]


def _messages(reply: Reply) -> list[dict[str, Any]]:
    text = clean(reply.text)
    questions = [button for button in reply.buttons if button.kind is ButtonKind.QUESTION]
    text, quick_replies = _place_questions(text, questions)
    others = [button for button in reply.buttons if button.kind is not ButtonKind.QUESTION]
    text, template_buttons = _place_others(text, others)
    messages: list[dict[str, Any]] = []
    if reply.image_url and is_fetchable(reply.image_url):
        messages.append({"attachment": {"type": "image", "payload": {"url": reply.image_url}}})
    elif reply.image_url:
        text = with_lines(text, [f"Ảnh: {reply.image_url}"])
    messages += _texts(text or (CHOOSE if quick_replies or template_buttons else ""), template_buttons)
    if quick_replies:
        messages[-1]["quick_replies"] = quick_replies
    return messages


def _texts(text: str, template_buttons: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """``text`` in messages, the last one with the template's buttons if there are any."""
    pieces = split_text(text, MAX_TEXT)
    if not template_buttons:
        return [{"text": piece} for piece in pieces]
    head, last = _last_words(pieces[-1])
    payload = {"template_type": "button", "text": last, "buttons": template_buttons}
    plain = [*pieces[:-1], *([head] if head else [])]
    return [
        *({"text": piece} for piece in plain),
        {"attachment": {"type": "template", "payload": payload}},
    ]


def _last_words(piece: str) -> tuple[str, str]:
    """``piece`` parted so that the end fits into a template."""
    last = split_text(piece, MAX_TEMPLATE_TEXT)[-1]
    return piece[: len(piece) - len(last)].rstrip(), last


def _place_questions(text: str, questions: Sequence[Button]) -> tuple[str, list[dict[str, Any]]]:
    """The quick replies, and the text with numbered lines if the titles alone cannot tell."""
    if not questions:
        return text, []
    titles = [shorten(question.title, MAX_TITLE) for question in questions]
    if len(questions) > MAX_QUICK_REPLIES or ambiguous(titles, [q.title for q in questions]):
        text = with_lines(text, [numbered(question.title for question in questions)])
        titles = [str(number) for number in range(1, len(questions) + 1)]
    return text, [
        {"content_type": "text", "title": title, "payload": question.value}
        for title, question in list(zip(titles, questions, strict=True))[:MAX_QUICK_REPLIES]
    ]


def ambiguous(titles: Sequence[str], full: Sequence[str]) -> bool:
    """Whether a title is empty, doubled, or cut to what another one begins with too."""
    if not all(titles) or len({title.casefold() for title in titles}) < len(titles):
        return True
    for index, title in enumerate(titles):
        stem = title.removesuffix("…").casefold()
        if title.endswith("…") and any(
            " ".join(clean(other).split()).casefold().startswith(stem)
            for position, other in enumerate(full)
            if position != index
        ):
            return True
    return False


def _place_others(text: str, others: Sequence[Button]) -> tuple[str, list[dict[str, Any]]]:
    """The template's buttons, and the text with a line for each link or number that is not one."""
    shown: list[dict[str, Any]] = []
    lines = []
    for button in others:
        made = _template_button(button) if len(shown) < MAX_TEMPLATE_BUTTONS else None
        if made is None:
            lines.append(as_line(button))
        else:
            shown.append(made)
    return with_lines(text, lines), shown


def _template_button(button: Button) -> dict[str, Any] | None:
    title = shorten(button.title, MAX_TITLE)
    if not title:
        return None
    if button.kind is ButtonKind.LINK and is_web_address(button.value):
        return {"type": "web_url", "url": button.value.strip(), "title": title}
    number = international(button.value) if button.kind is ButtonKind.PHONE else None
    return {"type": "phone_number", "title": title, "payload": number} if number else None


def international(number: str) -> str | None:
    """``number`` as +84…; None for short and 1900 numbers, which cannot be dialled that way."""
    digits = phone_digits(number)
    if digits.startswith("0") and 10 <= len(digits) <= 11:
        return "+84" + digits[1:]
    if digits.startswith("84") and 11 <= len(digits) <= 12:
        return "+" + digits
    return None
