"""One webhook on its way, and one HTTP attempt to hand it over."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import Any

import urllib3

from connectors.sandbox.config import SandboxConfig
from connectors.sandbox.signing import facebook_bytes, facebook_signatures, zalo_bytes, zalo_signature
from connectors.sandbox.state import Platform


@dataclass(slots=True)
class Delivery:
    """A webhook body with its headers, and how the attempts went.

    ``first`` is set after the first attempt, ``done`` when no more will follow. ``status`` is the HTTP
    status of the last attempt, 0 if there was none (refused, timed out), ``state`` one of queued,
    retrying, acknowledged, given_up, dropped (the app is unsubscribed).
    """

    platform: Platform
    user_id: str
    event: str
    raw: bytes
    headers: dict[str, str]
    at_ms: int = 0
    attempts: int = 0
    status: int = 0
    ack_ms: float = 0.0
    error: str = ""
    state: str = "queued"
    message_id: str = ""  # the resident's message that it carries, if any
    copy_of: str = ""  # why this is not the first of its kind: duplicate, or nothing
    first: threading.Event = field(default_factory=threading.Event)
    done: threading.Event = field(default_factory=threading.Event)

    def to_dict(self, with_body: bool = False) -> dict[str, Any]:
        """Plain JSON types."""
        shown: dict[str, Any] = {
            "platform": self.platform.value,
            "user_id": self.user_id,
            "message_id": self.message_id,
            "event": self.event,
            "at_ms": self.at_ms,
            "attempts": self.attempts,
            "status": self.status,
            "ack_ms": round(self.ack_ms, 2),
            "error": self.error,
            "state": self.state,
            "copy_of": self.copy_of,
        }
        if with_body:
            shown["body"] = self.raw.decode("utf-8", "replace")
        return shown

    def twin(self) -> Delivery:
        """The same bytes once more."""
        return Delivery(
            self.platform, self.user_id, self.event, self.raw, self.headers, self.at_ms, copy_of="duplicate"
        )


def zalo_delivery(config: SandboxConfig, user_id: str, event: dict[str, Any]) -> Delivery:
    """A signed Zalo webhook."""
    raw = zalo_bytes(event)
    timestamp = str(event["timestamp"])
    signature = zalo_signature(config.zalo_app_id, raw, timestamp, config.zalo_oa_secret_key)
    headers = {"Content-Type": "application/json", "X-ZEvent-Signature": signature}
    return Delivery(Platform.ZALO, user_id, str(event["event_name"]), raw, headers)


def facebook_delivery(config: SandboxConfig, user_id: str, name: str, body: dict[str, Any]) -> Delivery:
    """A signed Facebook webhook; ``name`` is its kind, for logs."""
    raw = facebook_bytes(body)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "facebookexternalua",
        **facebook_signatures(raw, config.facebook_app_secret),
    }
    return Delivery(Platform.FACEBOOK, user_id, name, raw, headers)


@dataclass(frozen=True, slots=True)
class Attempt:
    """How one POST ended; ``status`` 0 with an ``error`` if no answer came in time."""

    status: int
    elapsed_ms: float
    error: str = ""
    body: str = ""


class Poster:
    """Posts webhooks over kept-alive connections, once each: retrying is the ladder's work."""

    def __init__(self, config: SandboxConfig) -> None:
        self._urls = {
            Platform.ZALO: config.zalo_webhook_url,
            Platform.FACEBOOK: config.facebook_webhook_url,
        }
        self._limits = {
            Platform.ZALO: config.zalo_webhook_timeout_s,
            Platform.FACEBOOK: config.facebook_webhook_timeout_s,
        }
        self._pool = urllib3.PoolManager(maxsize=config.webhook_threads, block=False, retries=False)

    def post(self, platform: Platform, raw: bytes, headers: dict[str, str]) -> Attempt:
        """One attempt within the platform's limit, redirects not followed."""
        limit = self._limits[platform]
        started = time.perf_counter()
        try:
            answer = self._pool.request(
                "POST",
                self._urls[platform],
                body=raw,
                headers=headers,
                timeout=urllib3.Timeout(total=limit),
                redirect=False,
                retries=False,
            )
        except urllib3.exceptions.HTTPError as error:
            return Attempt(0, (time.perf_counter() - started) * 1000, type(error).__name__)
        elapsed = (time.perf_counter() - started) * 1000
        return Attempt(answer.status, elapsed, body=answer.data[:2000].decode("utf-8", "replace"))

    def close(self) -> None:
        """Close the kept-alive connections."""
        self._pool.clear()
