"""The client of the Rasa server: one keep-alive session per thread, a short time-out, a breaker.

When Rasa is away a message must not pay the time-out each time: after a failure the breaker stays
open for ``PAUSE_S`` seconds, in which every call fails at once; then one caller tries again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import requests
import structlog
from requests.adapters import HTTPAdapter

from bot.understanding.names import INTENT_PREFIX

CONNECT_TIMEOUT_S = 0.5
READ_TIMEOUT_S = 2.0
PAUSE_S = 1.0
_SKILL_INTENTS_TEXT = """
abuse affirm anger bot_identity bye commune_digital_team commune_fee_holiday commune_merger
commune_ocop commune_online commune_payment commune_staff commune_vneid complaint contact_address
contact_hours contact_phone deny dossier_status emergency follow_up greeting handoff_wish menu
out_of_scope scam_check scam_victim thanks
"""
SKILL_INTENTS = frozenset(_SKILL_INTENTS_TEXT.split())

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Parse:
    """What Rasa says of a message; scores in 0..1. ``intents`` are known ones only, best first."""

    intents: tuple[tuple[str, float], ...] = ()
    aspects: Mapping[str, float] = field(default_factory=dict)
    nearest: float = 0.0
    known_share: float = 0.0


class RasaAway(Exception):
    """Rasa cannot be asked now."""


class RasaClient:
    """``POST /model/parse``. Thread-safe."""

    def __init__(self, url: str, token: str = "", *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._url = url.rstrip("/") + "/model/parse"
        self._params = {"token": token} if token else {}
        self._monotonic = monotonic
        self._local = threading.local()
        self._lock = threading.Lock()
        self._retry_at = 0.0

    def parse(self, text: str) -> Parse:
        """Ask Rasa about ``text``, which must not begin with '/': that would set the intent.

        :raises RasaAway: if it does not answer properly in time, or did not a moment ago.
        """
        text = text.lstrip(" /")
        if not text:
            return Parse()
        self._admit()
        try:
            parse = self._ask(text)
        except (requests.RequestException, ValueError, TypeError, KeyError, AttributeError) as error:
            self._trip()
            log.warning("rasa.away", error=type(error).__name__)
            raise RasaAway from error
        self._retry_at = 0.0
        return parse

    def _admit(self) -> None:
        """Let the call through, or only one caller when the pause is over."""
        with self._lock:
            if self._retry_at and self._monotonic() < self._retry_at:
                raise RasaAway
            if self._retry_at:
                self._retry_at = self._monotonic() + PAUSE_S

    def _trip(self) -> None:
        with self._lock:
            self._retry_at = self._monotonic() + PAUSE_S

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = requests.Session()
            session.trust_env = False
            session.mount("http://", HTTPAdapter(pool_connections=1, pool_maxsize=1))
            self._local.session = session
        return session

    def _ask(self, text: str) -> Parse:
        try:
            response = self._post(text)
        except requests.Timeout:
            raise
        except requests.ConnectionError:
            # Rasa closes a kept connection after some idle seconds; asking changes nothing, so ask again.
            response = self._post(text)
        response.raise_for_status()
        return _read(response.json())

    def _post(self, text: str) -> requests.Response:
        timeout = (CONNECT_TIMEOUT_S, READ_TIMEOUT_S)
        return self._session().post(self._url, params=self._params, json={"text": text}, timeout=timeout)


def _read(body: Mapping[str, Any]) -> Parse:
    intents = tuple(
        (str(item["name"]), float(item["confidence"]))
        for item in body["intent_ranking"]
        if item["name"] in SKILL_INTENTS or str(item["name"]).startswith(INTENT_PREFIX)
    )
    return Parse(
        intents=intents,
        aspects={str(name): float(score) for name, score in body.get("aspects", {}).items()},
        nearest=float(body.get("nearest", 0.0)),
        known_share=float(body.get("known_share", 0.0)),
    )
