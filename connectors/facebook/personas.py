"""Under which name an officer's message stands in Messenger: Meta's personas, by account and role.

Created once a page with ``POST /{page}/personas``, found again with ``GET``; a name has at most 50 characters
and needs the address of a picture (developers.facebook.com, Messenger Platform, Personas, 22 April 2026).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import structlog

from connectors.channel import Account, Health
from connectors.payload import identifier, items, mapping

MAX_NAME = 50
LISTED = 100
"""Personas of a page that are looked through; a commune has a dozen."""
AGAIN_S = 600.0
"""A role that Meta refused is asked for again after this long; till then a line of text names it."""

Ask = Callable[[str, Account, str, Mapping[str, str]], Mapping[str, Any] | Health]
"""(method, account, path, parameters) → the body of a successful call, or what went wrong."""

log = structlog.get_logger(__name__)


class Personas:
    """The personas of all pages, kept by account and name. Thread-safe.

    :param picture: the address of what is shown beside the name; empty: no personas.
    """

    def __init__(self, ask: Ask, picture: str, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._ask, self._picture, self._monotonic = ask, picture, monotonic
        self._kept: dict[tuple[str, str], str] = {}
        self._refused: dict[tuple[str, str], float] = {}  # when it may be asked for again
        self._lock = threading.Lock()

    def find(self, account: Account, name: str) -> str | None:
        """The id of the persona called ``name``, made if need be; None if Meta gives none now."""
        key = (account.id, name[:MAX_NAME].strip())
        if not self._picture or not key[1]:
            return None
        if kept := self._kept.get(key):  # without the lock: another page's call may be under way
            return kept
        with self._lock:  # one call makes it; the others wait for that one
            if key not in self._kept:
                if self._monotonic() < self._refused.get(key, 0.0):
                    return None
                found = self._listed(account, key[1]) or self._made(account, key[1])
                if not found:
                    self._refused[key] = self._monotonic() + AGAIN_S
                    return None
                self._kept[key] = found
            return self._kept[key]

    def forget(self, account: Account, name: str) -> None:
        """A message under this name was refused: it may be gone."""
        key = (account.id, name[:MAX_NAME].strip())
        with self._lock:
            self._kept.pop(key, None)
            self._refused[key] = self._monotonic() + AGAIN_S

    def _listed(self, account: Account, name: str) -> str:
        body = self._ask("GET", account, "/personas", {"fields": "id,name", "limit": str(LISTED)})
        if isinstance(body, Health):
            return ""
        named = (mapping(one) for one in items(body.get("data")))
        return next((identifier(one.get("id")) for one in named if one.get("name") == name), "")

    def _made(self, account: Account, name: str) -> str:
        body = self._ask("POST", account, "/personas", {"name": name, "profile_picture_url": self._picture})
        if isinstance(body, Health):
            log.warning("facebook.no_persona", account=account.id, reason=body.detail)
            return ""
        return identifier(body.get("id"))
