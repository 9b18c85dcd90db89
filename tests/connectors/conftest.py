"""Fixtures of the connectors' tests."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from tests.connectors.stub import Stub, serving


@pytest.fixture
def stub() -> Iterator[Stub]:
    with serving() as running:
        yield running


@pytest.fixture
def refusing_url() -> Iterator[str]:
    """An address on which nobody listens: the port is bound, so that no one else takes it."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"
