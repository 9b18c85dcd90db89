"""The project's own knowledge, loaded once, and the captured records that the importer is tested on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bot.knowledge.loading import Knowledge, load_knowledge

ROOT = Path(__file__).resolve().parents[2]
FAQ_DIR = ROOT / "faq_data"
RECORDS = Path(__file__).parent / "data" / "records.json"


@pytest.fixture(scope="session")
def knowledge() -> Knowledge:
    return load_knowledge(FAQ_DIR, "xuan-dinh")


@pytest.fixture
def records() -> dict[str, dict[str, Any]]:
    """Captured records by code, fresh for every test, so that a test may break one."""
    return {record["code"]: record for record in json.loads(RECORDS.read_text(encoding="utf-8"))}
