"""One sandbox and one fake assistant for all tests of this folder; each test starts from a reset."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.sandbox.helpers import Assistant, Sandbox


@pytest.fixture(scope="session")
def running() -> Iterator[tuple[Sandbox, Assistant]]:
    assistant = Assistant()
    sandbox = Sandbox(
        assistant,
        ladder_factor=0.001,
        zalo_webhook_timeout_s=1,
        facebook_webhook_timeout_s=1,
        webhook_threads=8,
    )
    yield sandbox, assistant
    sandbox.stop()
    assistant.server.shutdown()


@pytest.fixture
def sandbox(running: tuple[Sandbox, Assistant]) -> Sandbox:
    box, helper = running
    box.api("POST", "/reset")
    box.idle()
    helper.clear()
    return box


@pytest.fixture
def assistant(running: tuple[Sandbox, Assistant], sandbox: Sandbox) -> Assistant:
    return running[1]


@pytest.fixture
def start() -> Iterator[Callable[..., tuple[Sandbox, Assistant]]]:
    """Another sandbox with other settings."""
    started: list[tuple[Sandbox, Assistant]] = []

    def begin(**settings: object) -> tuple[Sandbox, Assistant]:
        assistant = Assistant()
        started.append((Sandbox(assistant, **settings), assistant))
        return started[-1]

    yield begin
    for box, helper in started:
        box.stop()
        helper.server.shutdown()
