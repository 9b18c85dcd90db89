"""The client of the Rasa server: kept connections, a short time-out, a breaker.

urllib3 and not requests on top of it: every message comes through here, and requests would double the
processor time of the call (measured: 1.25 and 0.74 ms). Calls to platforms go through requests.

When Rasa is away a message must not pay the time-out each time: after a failure the breaker stays
open for ``PAUSE_S`` seconds, in which every call fails at once; then one caller tries again.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import structlog
import urllib3
from urllib3.exceptions import HTTPError
from urllib3.exceptions import TimeoutError as HttpTimeout
from urllib3.util import Timeout, parse_url

from bot.understanding.names import INTENT_PREFIX

CONNECT_TIMEOUT_S = 0.5
READ_TIMEOUT_S = 2.0
PAUSE_S = 1.0
KEPT = 32
"""Connections that are kept; at most one is in use per shard."""
_JSON = {"Content-Type": "application/json"}
_SKILL_INTENTS_TEXT = """
abuse affirm anger bot_identity bye commune_digital_team commune_fee_holiday commune_merger
commune_ocop commune_online commune_payment commune_staff commune_vneid complaint contact_address
contact_hours contact_phone deny dossier_status elsewhere emergency follow_up greeting handoff_wish menu
out_of_scope procedure_unnamed scam_check scam_victim thanks
"""
SKILL_INTENTS = frozenset(_SKILL_INTENTS_TEXT.split())

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Parse:
    """What Rasa says of a message; all in 0..1.

    ``intents``: known ones with their probability, best first. ``neighbours``: of each of them the
    cosine to its nearest training example. ``known_share``: of the words, how many training has.
    ``scam_kinds``: the likeliest kinds if it is a scam ("none": it is not; see components/scam_kinds.py).
    """

    intents: tuple[tuple[str, float], ...] = ()
    aspects: Mapping[str, float] = field(default_factory=dict)
    neighbours: Mapping[str, float] = field(default_factory=dict)
    known_share: float = 0.0
    scam_kinds: Mapping[str, float] = field(default_factory=dict)

    @property
    def nearest(self) -> float:
        """The cosine to the nearest training example of all."""
        return max(self.neighbours.values(), default=0.0)


class RasaAway(Exception):
    """Rasa cannot be asked now."""


class RasaClient:
    """``POST /model/parse``. Thread-safe."""

    def __init__(self, url: str, token: str = "", *, monotonic: Callable[[], float] = time.monotonic) -> None:
        address = parse_url(url)
        self._pool = urllib3.connection_from_url(
            url, maxsize=KEPT, timeout=Timeout(connect=CONNECT_TIMEOUT_S, read=READ_TIMEOUT_S), retries=False
        )
        query = "?" + urlencode({"token": token}) if token else ""
        self._path = (address.path or "").rstrip("/") + "/model/parse" + query
        self._monotonic = monotonic
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
        except (HTTPError, ValueError, TypeError, KeyError, AttributeError) as error:
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

    def _ask(self, text: str) -> Parse:
        try:
            answer = self._post(text)
        except HttpTimeout:
            raise
        except HTTPError:
            # Rasa closes a kept connection after some idle seconds; asking changes nothing, so ask again.
            answer = self._post(text)
        if answer.status != 200:
            raise ValueError(f"HTTP {answer.status}")
        return _read(json.loads(answer.data))

    def _post(self, text: str) -> urllib3.BaseHTTPResponse:
        body = json.dumps({"text": text}).encode()
        return self._pool.request("POST", self._path, body=body, headers=_JSON)


def _read(body: Mapping[str, Any]) -> Parse:
    intents = tuple(
        (str(item["name"]), float(item["confidence"]))
        for item in body["intent_ranking"]
        if item["name"] in SKILL_INTENTS or str(item["name"]).startswith(INTENT_PREFIX)
    )
    return Parse(
        intents=intents,
        aspects={str(name): float(score) for name, score in body.get("aspects", {}).items()},
        neighbours={str(name): float(cosine) for name, cosine in body.get("neighbours", {}).items()},
        known_share=float(body.get("known_share", 0.0)),
        scam_kinds={str(kind): float(share) for kind, share in body.get("scam_kinds", {}).items()},
    )
