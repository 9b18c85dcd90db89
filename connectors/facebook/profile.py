"""What Messenger shows before and beside the conversation: greeting, "Get started", the menu."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from connectors.channel import Button, ButtonKind

GREETING_LIMIT = 160
MENU_LIMIT = 20
MENU_TITLE_LIMIT = 30


def messenger_profile(greeting: str, menu: Sequence[Button]) -> dict[str, Any]:
    """The body of ``POST /{page}/messenger_profile`` (10 calls in 10 minutes and page at most).

    ``menu`` holds question and link buttons. A first tap arrives as an OPENED event.

    :raises ValueError: if the greeting or the menu is longer than Messenger allows.
    """
    if len(greeting) > GREETING_LIMIT:
        raise ValueError(f"greeting has {len(greeting)} characters, Messenger allows {GREETING_LIMIT}")
    if len(menu) > MENU_LIMIT or any(len(button.title) > MENU_TITLE_LIMIT for button in menu):
        raise ValueError(f"menu: at most {MENU_LIMIT} entries of {MENU_TITLE_LIMIT} characters")
    return {
        "get_started": {"payload": "GET_STARTED"},
        "greeting": [{"locale": "default", "text": greeting}],
        "persistent_menu": [
            {
                "locale": "default",
                "composer_input_disabled": False,
                "call_to_actions": [_entry(button) for button in menu],
            }
        ],
    }


def _entry(button: Button) -> dict[str, str]:
    if button.kind is ButtonKind.LINK:
        return {"type": "web_url", "title": button.title, "url": button.value}
    return {"type": "postback", "title": button.title, "payload": button.value}
