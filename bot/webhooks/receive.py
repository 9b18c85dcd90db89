"""What every platform's webhook does with a POST."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import cast

import structlog
from flask import Response, request

from bot import metrics
from bot.intake.accept import Intake
from bot.intake.spool import SpoolError
from connectors.channel import Channel, Verification

log = structlog.get_logger(__name__)

MAX_BODY = 2 * 1024 * 1024
"""Facebook batches up to 1,000 updates; nothing legitimate is larger."""


def receive(channel: Channel, intake: Intake) -> Response:
    """Answer one POST: 200 kept, 400 not the platform's JSON, 403 badly signed, 413 too large,
    503 neither Redis nor the disk could keep it (the platform sends it again)."""
    began = time.perf_counter()
    status, outcome = _work(channel, intake)
    metrics.WEBHOOKS.labels(channel.name, outcome).inc()
    metrics.ACK.labels(channel.name).observe(time.perf_counter() - began)
    return Response("ok" if status == 200 else outcome, status, mimetype="text/plain")


def _work(channel: Channel, intake: Intake) -> tuple[int, str]:
    if (request.content_length or 0) > MAX_BODY:
        return 413, "too_large"
    raw = request.get_data(cache=True)  # the very bytes: the signature is over them
    headers = cast("Mapping[str, str]", request.headers)  # werkzeug's look-up ignores case, as wanted
    verification = channel.verify(headers, raw)
    if verification is Verification.PROBE:
        return 200, "probe"
    if verification is not Verification.OK:
        log.warning("webhook.refused", channel=channel.name, signature=verification)
        return 403, f"signature_{verification}"
    try:
        events = channel.parse(raw)
    except ValueError:
        log.warning("webhook.malformed", channel=channel.name, size=len(raw))
        return 400, "malformed"
    try:
        for event, accepted in zip(events, intake.accept_all(events), strict=True):
            metrics.EVENTS.labels(channel.name, event.kind, accepted).inc()
    except SpoolError as error:
        log.error("webhook.not_kept", channel=channel.name, error=str(error))
        return 503, "not_kept"
    return 200, "kept"
