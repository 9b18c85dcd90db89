"""Counters that /metrics shows; the web processes and the worker share one multi-process folder."""

from __future__ import annotations

import os

from prometheus_client import REGISTRY as PROCESS_REGISTRY
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest, multiprocess

WEBHOOKS = Counter("troly_webhooks_total", "Webhook calls", ["channel", "outcome"])
EVENTS = Counter("troly_events_total", "Events accepted", ["channel", "kind", "outcome"])
ACK = Histogram(
    "troly_webhook_seconds",
    "From the call to its answer",
    ["channel"],
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2, 5),
)
TURNS = Counter("troly_turns_total", "Messages worked", ["channel", "behaviour", "skill", "degraded"])
TURN_SECONDS = Histogram(
    "troly_turn_seconds", "Work on one event", buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5)
)
EVENT_FAILURES = Counter("troly_event_failures_total", "Events that failed once", ["error"])
DEAD_LETTERS = Counter("troly_dead_letters_total", "Events given up")
SENDS = Counter("troly_sends_total", "API calls of the outbox", ["channel", "outcome"])
SEND_SECONDS = Histogram("troly_send_seconds", "One API call", ["channel"])
SPOOLED = Counter("troly_spool_drained_total", "Events moved from the disk to Redis")


def render_metrics() -> bytes:
    """All processes' metrics in Prometheus' text form."""
    if not os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        return generate_latest(PROCESS_REGISTRY)
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)
