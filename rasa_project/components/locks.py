"""A lock store that only says "not in_memory", so that Rasa honours SANIC_WORKERS.

``/model/parse`` keeps no conversation, so no lock is ever shared between the workers.
"""

from __future__ import annotations

from rasa.core.lock_store import InMemoryLockStore
from rasa.utils.endpoints import EndpointConfig


class PerProcessLockStore(InMemoryLockStore):
    """Locks of one server process."""

    def __init__(self, endpoint_config: EndpointConfig | None = None) -> None:
        super().__init__()
