"""Webhooks out: one conversation's events in order, the platforms' retry ladders, their unsubscribing.

The next event of a conversation is handed over only after the one before it was acknowledged or given
up, as the platforms mostly do. A failed event climbs its ladder; when the ladder ends, the app is
unsubscribed, and events are dropped until somebody subscribes it again.
"""

from __future__ import annotations

import heapq
import itertools
import queue
import threading
import time
from collections import deque
from collections.abc import Callable

import structlog

from connectors.sandbox.delivery import Delivery, Poster
from connectors.sandbox.faults import FaultKind, Faults
from connectors.sandbox.journal import Journal
from connectors.sandbox.state import Platform, World

log = structlog.get_logger(__name__)

LADDERS_S: dict[Platform, tuple[float, ...]] = {
    Platform.ZALO: (30, 300, 900, 1800, 3600),
    Platform.FACEBOOK: (1, 5, 60, 300, 900, 1800, 3600),
}
"""When a failed webhook is tried again, in seconds after its first attempt."""

HOLD_S = 0.5
"""How long an event that shall be overtaken waits for another one."""

Key = tuple[Platform, str]


class Dispatcher:
    """Hands webhooks over from a few threads. Thread-safe; :meth:`close` ends its threads."""

    def __init__(self, world: World, faults: Faults) -> None:
        self._world = world
        self._faults = faults
        self._poster = Poster(world.config)
        self._lock = threading.Lock()
        self._idle = threading.Condition(self._lock)
        self._queues: dict[Key, deque[Delivery]] = {}
        self._held: dict[Key, Delivery] = {}
        self._ready: queue.SimpleQueue[tuple[Key, Delivery] | None] = queue.SimpleQueue()
        self._unsubscribed: set[Platform] = set()
        self._open = 0
        self.log: Journal[Delivery] = Journal(5_000)
        self.ladder_factor = world.config.ladder_factor
        self._timer = _Timer()
        self._threads = [
            threading.Thread(target=self._work, name=f"webhook-{n}", daemon=True)
            for n in range(world.config.webhook_threads)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, delivery: Delivery) -> Delivery:
        """Queue a webhook behind the earlier ones of its conversation."""
        key = (delivery.platform, delivery.user_id)
        delivery.at_ms = self._world.now_ms()
        deliveries = [delivery]
        if self._faults.strikes(FaultKind.DUPLICATE, *key):
            deliveries.append(delivery.twin())
        hold = self._faults.strikes(FaultKind.OUT_OF_ORDER, *key) is not None
        with self._lock:
            if delivery.platform in self._unsubscribed:
                self._drop(delivery)
                return delivery
            self._open += len(deliveries)
            if hold and key not in self._held:
                self._held[key] = deliveries.pop(0)
                self._timer.at(time.monotonic() + HOLD_S, lambda: self._release(key))
            else:
                held = self._held.pop(key, None)
                deliveries += [held] if held else []
            self._enqueue(key, deliveries)
        return delivery

    def _enqueue(self, key: Key, deliveries: list[Delivery]) -> None:
        if not deliveries:
            return
        waiting = self._queues.get(key)
        if waiting is None:
            self._queues[key] = deque(deliveries)
            self._ready.put((key, deliveries[0]))
        else:
            waiting.extend(deliveries)

    def _release(self, key: Key) -> None:
        """Nothing overtook the held event in time: let it go."""
        with self._lock:
            held = self._held.pop(key, None)
            if held:
                self._enqueue(key, [held])

    def _drop(self, delivery: Delivery) -> None:
        delivery.state = "dropped"
        delivery.error = "unsubscribed"
        self._finish(delivery)

    def _finish(self, delivery: Delivery) -> None:
        number = self.log.append(delivery)
        delivery.first.set()
        delivery.done.set()
        self._world.emit("webhook", {"number": number, **delivery.to_dict()})

    def _is_head(self, key: Key, delivery: Delivery) -> bool:
        """Is it still this delivery's turn? Not after a reset."""
        waiting = self._queues.get(key)
        return waiting is not None and waiting[0] is delivery

    def _work(self) -> None:
        while (turn := self._ready.get()) is not None:
            key, delivery = turn
            with self._lock:
                current = self._is_head(key, delivery)
            if not current:
                continue
            if key[0] in self._unsubscribed:
                delivery.error = "unsubscribed"
                self._after(key, delivery, "dropped")
            else:
                self._attempt(key, delivery)

    def _attempt(self, key: Key, delivery: Delivery) -> None:
        headers = delivery.headers
        if delivery.attempts and delivery.platform is Platform.ZALO:
            headers = {**headers, "num_retry": str(delivery.attempts)}
        result = self._poster.post(delivery.platform, delivery.raw, headers)
        delivery.attempts += 1
        delivery.status, delivery.ack_ms, delivery.error = result.status, result.elapsed_ms, result.error
        if result.status == 200:
            self._after(key, delivery, "acknowledged")
            return
        ladder = LADDERS_S[delivery.platform]
        step = delivery.attempts - 1
        if step < len(ladder):
            delivery.state = "retrying"
            wait = (ladder[step] - (ladder[step - 1] if step else 0)) * self.ladder_factor
            self._timer.at(time.monotonic() + wait, lambda: self._ready.put((key, delivery)))
            delivery.first.set()
            self._world.emit("webhook", delivery.to_dict())
            return
        self.unsubscribe(delivery.platform)
        self._after(key, delivery, "given_up")

    def _after(self, key: Key, delivery: Delivery, state: str) -> None:
        """The head of the queue is through: go on with the next one, or leave."""
        delivery.state = state
        with self._lock:
            if self._is_head(key, delivery):
                waiting = self._queues[key]
                waiting.popleft()
                self._open -= 1
                if waiting:
                    self._ready.put((key, waiting[0]))
                else:
                    del self._queues[key]
            if not self._open:
                self._idle.notify_all()
        self._finish(delivery)

    def subscribed(self, platform: Platform) -> bool:
        """Does the app still get this platform's webhooks?"""
        return platform not in self._unsubscribed

    def subscribe(self, platform: Platform) -> None:
        """Subscribe the app again, as an administrator does in the console."""
        with self._lock:
            self._unsubscribed.discard(platform)
        self._world.emit("subscription", {"platform": platform.value, "subscribed": True})

    def unsubscribe(self, platform: Platform) -> None:
        """Send this platform's webhooks no more: the ladder ended, or somebody asked for it."""
        log.warning("sandbox.unsubscribed", platform=platform.value)
        with self._lock:
            self._unsubscribed.add(platform)
        self._world.emit("subscription", {"platform": platform.value, "subscribed": False})

    @property
    def open(self) -> int:
        """Webhooks not yet acknowledged or given up."""
        return self._open

    def wait_idle(self, timeout_s: float) -> bool:
        """Wait until no webhook is on its way; False if some still are."""
        with self._lock:
            return self._idle.wait_for(lambda: not self._open, timeout_s)

    def retry_now(self) -> None:
        """Let every waiting retry happen at once."""
        self._timer.hurry()

    def reset(self) -> None:
        """Forget what is queued; attempts under way end on their own."""
        with self._lock:
            self._timer.clear()
            for waiting in self._queues.values():
                for delivery in waiting:
                    delivery.state = "dropped"
                    delivery.first.set()
                    delivery.done.set()
            self._queues.clear()
            self._held.clear()
            self._unsubscribed.clear()
            self._open = 0
            self.ladder_factor = self._world.config.ladder_factor
            self._idle.notify_all()
        self.log.clear()

    def close(self) -> None:
        """End the threads; nothing is delivered any more."""
        self._timer.close()
        for _ in self._threads:
            self._ready.put(None)
        for thread in self._threads:
            thread.join(timeout=6)
        self._poster.close()

    def post_raw(self, platform: Platform, raw: bytes, headers: dict[str, str]) -> dict[str, object]:
        """Post any bytes at once, outside every queue: for probes with bad signatures and bodies."""
        result = self._poster.post(platform, raw, headers)
        return {
            "status": result.status,
            "ack_ms": round(result.elapsed_ms, 2),
            "error": result.error,
            "body": result.body,
        }


class _Timer:
    """Calls things later, from one thread."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self._count = itertools.count()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="webhook-timer", daemon=True)
        self._thread.start()

    def at(self, when: float, call: Callable[[], None]) -> None:
        """Call ``call`` at ``when`` on the monotonic clock."""
        with self._changed:
            heapq.heappush(self._heap, (when, next(self._count), call))
            self._changed.notify()

    def hurry(self) -> None:
        """Everything is due now."""
        with self._changed:
            self._heap = [(0.0, order, call) for _, order, call in self._heap]
            heapq.heapify(self._heap)
            self._changed.notify()

    def clear(self) -> None:
        """Forget everything."""
        with self._changed:
            self._heap.clear()

    def close(self) -> None:
        """End the thread."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._closed and (not self._heap or self._heap[0][0] > time.monotonic()):
                    self._changed.wait(self._heap[0][0] - time.monotonic() if self._heap else None)
                if self._closed:
                    return
                _, _, call = heapq.heappop(self._heap)
            call()
