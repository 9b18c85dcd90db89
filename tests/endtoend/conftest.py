"""The whole assistant, once per module."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.supervisor.stack import Stack
from tests.endtoend.town import Town


@pytest.fixture(scope="package")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Every process, with platforms whose hour is 36 seconds."""
    with Stack(Path(tmp_path_factory.mktemp("all")), env={"SANDBOX_LADDER_FACTOR": "0.01"}) as running:
        yield running


@pytest.fixture
def town(stack: Stack) -> Iterator[Town]:
    """Its sandbox, without faults."""
    town = Town(stack)
    town.clear_faults()
    yield town
    town.clear_faults()
