"""The same way with PostgreSQL in SQLite's place."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.supervisor.stack import Stack
from tests.endtoend.insides import Insides
from tests.endtoend.town import Town

pytestmark = [pytest.mark.rasa, pytest.mark.postgres]


def test_an_answer_on_postgres(tmp_path: Path, postgres_url: str) -> None:
    with Stack(tmp_path, env={"DATABASE_URL": postgres_url}) as stack:
        town = Town(stack)
        for platform, user in (("zalo", "7700000001"), ("facebook", "8800000001")):
            town.says(platform, user, "dang ky khai sinh can giay to gi")
            assert any("Giấy chứng sinh" in m["text"] for m in town.settled(platform, user))
            assert Insides(stack).outbox(user)
