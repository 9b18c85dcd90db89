"""The Rasa server that is measured with."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.settings import load_settings
from bot.supervisor.stack import Stack


@contextmanager
def running_rasa() -> Iterator[tuple[str, str]]:
    """The Rasa server of the settings, or one of our own for as long as this takes: its URL and token."""
    settings = load_settings()
    if settings.rasa_url:
        yield str(settings.rasa_url), settings.rasa_token
        return
    with tempfile.TemporaryDirectory(prefix="evaluate-") as folder, Stack(Path(folder), ("rasa",)) as stack:
        yield stack.env["RASA_URL"], stack.env.get("RASA_TOKEN", "")
