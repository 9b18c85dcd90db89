"""The greeting and the menu that Messenger shows."""

from __future__ import annotations

import pytest

from connectors.channel import Button, ButtonKind
from connectors.facebook.profile import messenger_profile


def test_a_start_button_a_greeting_and_a_menu() -> None:
    menu = [Button("Gặp cán bộ", "#officer"), Button("Trang xã", "https://example.vn", ButtonKind.LINK)]
    assert messenger_profile("Chào", menu) == {
        "get_started": {"payload": "GET_STARTED"},
        "greeting": [{"locale": "default", "text": "Chào"}],
        "persistent_menu": [
            {
                "locale": "default",
                "composer_input_disabled": False,
                "call_to_actions": [
                    {"type": "postback", "title": "Gặp cán bộ", "payload": "#officer"},
                    {"type": "web_url", "title": "Trang xã", "url": "https://example.vn"},
                ],
            }
        ],
    }


@pytest.mark.parametrize(
    ("greeting", "menu"),
    [("x" * 161, []), ("", [Button("a", "#a")] * 21), ("", [Button("x" * 31, "#a")])],
    ids=["greeting", "entries", "title"],
)
def test_what_messenger_would_refuse_is_named(greeting: str, menu: list[Button]) -> None:
    with pytest.raises(ValueError, match=r"Messenger allows|at most"):
        messenger_profile(greeting, menu)
