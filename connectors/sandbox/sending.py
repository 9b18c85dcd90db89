"""What every send of either stand-in goes through: faults before and after, the record, echo, receipts."""

from __future__ import annotations

import contextlib
import hashlib
import json
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Response, request

from connectors.sandbox import facebook_events, zalo_events
from connectors.sandbox.delivery import Delivery, facebook_delivery, zalo_delivery
from connectors.sandbox.faults import Fault, FaultKind, Faults
from connectors.sandbox.state import Message, Platform, Resident, SendRecord, World
from connectors.sandbox.webhooks import Dispatcher

HANG_MS = 30_000


@dataclass(frozen=True, slots=True)
class Outbound:
    """One send, checked and ready. ``echo`` makes the platform's echo webhook."""

    person: Resident
    message: Message
    body: dict[str, Any]
    echo: Delivery


class Sending:
    """Delivers what the assistant sends, with the faults that are on."""

    def __init__(self, world: World, faults: Faults, dispatcher: Dispatcher) -> None:
        self._world = world
        self.faults = faults
        self._dispatcher = dispatcher

    def before(self, platform: Platform, user_id: str, body: dict[str, Any]) -> Response | None:
        """Faults that strike before anything is delivered; None if the send may go on."""
        if delay := self.faults.strikes(FaultKind.DELAY, platform, user_id):
            time.sleep(delay.ms / 1000)
        if self.faults.strikes(FaultKind.DROP_BEFORE, platform, user_id):
            self.refused(platform, user_id, body, "drop_before")
            return hang_up(0)
        if fault := self.faults.strikes(FaultKind.ERROR_BEFORE, platform, user_id):
            self.refused(platform, user_id, body, "error_before")
            return gateway_error(fault)
        return None

    def linger(self, platform: Platform) -> None:
        """The wait after a call, whatever it did, while the platform is slow with everything."""
        if slow := self.faults.strikes(FaultKind.SLOW, platform, ""):
            time.sleep(slow.ms / 1000)

    def refused(self, platform: Platform, user_id: str, body: dict[str, Any], outcome: str) -> None:
        """Log a send that was not delivered."""
        self._world.record_send(
            SendRecord(platform, user_id, self._world.now_ms(), outcome, delivered=False, body=body)
        )

    def deliver(self, out: Outbound, answer: Callable[[], Response]) -> Response:
        """Put the message before the resident, echo it, and answer, unless a fault spoils the answer."""
        platform, user_id = out.message.platform, out.person.id
        failure = self.faults.strikes(FaultKind.ERROR_AFTER, platform, user_id)
        silence = self.faults.strikes(FaultKind.TIMEOUT_AFTER, platform, user_id)
        outcome = "timeout_after" if silence else "error_after" if failure else "ok"
        self._world.add(out.person, out.message)
        self._record(out, outcome)
        # the echo may overtake the answer, as it does on the real platforms
        if self._world.echoes and not self.faults.strikes(FaultKind.NO_ECHO, platform, user_id):
            self._dispatcher.submit(out.echo)
        self._receipts(out)
        if silence:
            return hang_up(silence.ms or HANG_MS)
        return gateway_error(failure) if failure else answer()

    def _record(self, out: Outbound, outcome: str) -> None:
        message = out.message
        key = message.metadata or hashlib.sha256(json.dumps(out.body, sort_keys=True).encode()).hexdigest()
        self._world.record_send(
            SendRecord(
                message.platform,
                message.user_id,
                message.at_ms,
                outcome,
                delivered=True,
                message_id=message.message_id,
                text=message.text,
                metadata=message.metadata,
                key=key,
                body=out.body,
            )
        )

    def _receipts(self, out: Outbound) -> None:
        platform, user_id = out.message.platform, out.person.id
        if not self._world.receipts or self.faults.strikes(FaultKind.NO_RECEIPT, platform, user_id):
            return
        make = _zalo_receipts if platform is Platform.ZALO else _facebook_receipts
        for delivery in make(self._world, user_id, out.message.message_id):
            self._dispatcher.submit(delivery)
        self._world.mark([out.message.message_id], "seen")


def _zalo_receipts(world: World, user_id: str, message_id: str) -> list[Delivery]:
    config, at_ms = world.config, world.now_ms()
    received = zalo_events.oa_event(config, user_id, "user_received_message", at_ms, {"msg_id": message_id})
    seen = zalo_events.oa_event(config, user_id, "user_seen_message", at_ms, {"msg_ids": [message_id]})
    return [zalo_delivery(config, user_id, received), zalo_delivery(config, user_id, seen)]


def _facebook_receipts(world: World, psid: str, message_id: str) -> list[Delivery]:
    config, at_ms = world.config, world.now_ms()
    bodies: dict[str, dict[str, Any]] = {
        "delivery": {"mids": [message_id], "watermark": at_ms},
        "read": {"watermark": at_ms},
    }
    deliveries = []
    for name, body in bodies.items():
        item = facebook_events.from_user(config, psid, at_ms, **{name: body})
        event = facebook_events.envelope(config, item, at_ms)
        deliveries.append(facebook_delivery(config, psid, name, event))
    return deliveries


def gateway_error(fault: Fault) -> Response:
    """What a broken gateway answers: no platform's JSON."""
    return Response("<html><body><h1>Bad Gateway</h1></body></html>", fault.status, mimetype="text/html")


def hang_up(after_ms: int) -> Response:
    """Silence for a while, then close the caller's connection without an answer.

    The connection is shut below the WSGI server, so that not even a status line goes out.
    """
    time.sleep(after_ms / 1000)
    connection = request.environ.get("gunicorn.socket") or request.environ.get("werkzeug.socket")
    if connection is not None:
        with contextlib.suppress(OSError):  # the caller gave up first
            connection.shutdown(socket.SHUT_RDWR)
    response = Response(status=500)
    response.headers["Connection"] = "close"
    return response
