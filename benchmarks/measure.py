"""The measurements: each starts what it needs, stops it, and returns plain figures."""

from __future__ import annotations

import asyncio
import http.client
import itertools
import json
import math
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from urllib.parse import urlsplit

from benchmarks import desks, replies, servers
from benchmarks.http_client import Ack, post
from benchmarks.messages import people, webhook
from benchmarks.replies import Load, Watcher
from benchmarks.servers import Side

ACK_RATE, ACK_S = 100, 20.0
FLOOD_CONNECTIONS, FLOOD_S = 16, 6.0
WARM_UP_S = 5.0
PAUSE_S = 0.25


@dataclass(frozen=True)
class Speed:
    """One side with the stand-in answering after ``wait_ms``."""

    side: str
    wait_ms: int
    conversations: int
    replies: int
    unanswered: int
    replies_per_s: float
    reply_p50_ms: float
    reply_p95_ms: float
    acks_per_s: float
    ack_p50_ms: float
    ack_p99_ms: float


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that ``percent`` of them do not exceed; nan of nothing."""
    if not values:
        return math.nan
    return sorted(values)[max(0, math.ceil(len(values) * percent / 100) - 1)]


def steady_rate(at: Sequence[float]) -> float:
    """Per second, between the first and the last tenth: beginning and end are not the steady state."""
    times = sorted(at)
    first, last = len(times) // 10, len(times) * 9 // 10
    if last - first < 2 or times[last] <= times[first]:
        return math.nan
    return (last - first) / (times[last] - times[first])


def speeds(
    name: str,
    server: AbstractContextManager[Side],
    texts: Sequence[str],
    waits_ms: Sequence[int],
    conversations: int,
    seconds: float,
) -> list[Speed]:
    """One side: warmed up, then under load with each wait of the stand-in."""  # fmt: skip

    async def run(side: Side) -> list[Speed]:
        found = []
        async with replies.watching(side) as watcher:
            known = await replies.answers(side, watcher, texts)
            await replies.under_load(side, watcher, known, conversations, 50, WARM_UP_S)
            for wait_ms in waits_ms:
                await replies.settle(side)
                await replies.set_wait(side, wait_ms)
                load = await replies.under_load(side, watcher, known, conversations, 500, seconds)
                found.append(_speed(name, wait_ms, conversations, load))
        return found

    with server as side:
        return asyncio.run(run(side))


def _speed(name: str, wait_ms: int, conversations: int, load: Load) -> Speed:
    acks = [ack.seconds * 1000 for ack in load.acks if ack.status == 200]
    times = [reply * 1000 for reply in load.replies]
    rate = steady_rate(load.at)
    return Speed(
        side=name, wait_ms=wait_ms, conversations=conversations, replies=len(times),
        unanswered=load.unanswered + len(load.acks) - len(acks), replies_per_s=rate,
        reply_p50_ms=percentile(times, 50), reply_p95_ms=percentile(times, 95),
        acks_per_s=rate, ack_p50_ms=percentile(acks, 50), ack_p99_ms=percentile(acks, 99),
    )  # fmt: skip


def acks_without_rasa(texts: Sequence[str], open_desks: int = 0) -> dict[str, float]:
    """``ACK_RATE`` webhooks a second whatever happens to the earlier ones, while Rasa does not answer.

    :param open_desks: pages of officers that listen meanwhile.
    """

    async def run(side: Side) -> list[Ack]:
        persons = people(ACK_RATE)
        await replies.introduce(side, persons)
        asked = zip(range(int(ACK_RATE * ACK_S)), itertools.cycle(persons), itertools.cycle(texts))
        requests = [webhook(side.path, person, text) for _, person, text in asked]
        start, tasks = time.perf_counter() + 0.1, []
        for number, request in enumerate(requests):
            wanted = start + number / ACK_RATE
            await asyncio.sleep(max(0.0, wanted - time.perf_counter()))
            tasks.append(asyncio.create_task(post(side.port, request, wanted=wanted)))
        return await asyncio.gather(*tasks)

    nowhere = {"RASA_URL": servers.nowhere()}
    with (
        servers.ours(("redis", "worker", "web"), nowhere) as side,
        desks.open_desks(side, open_desks) as live,
    ):
        return _acks(asyncio.run(run(side)), ACK_S) | ({"desks": float(live)} if open_desks else {})


def acks_at_most() -> dict[str, float]:
    """As many webhooks as the web process takes, over ``FLOOD_CONNECTIONS`` at a time; no worker runs."""

    async def run(side: Side) -> tuple[list[Ack], float]:
        persons = people(200)
        requests = iter([webhook(side.path, persons[n % 200], "khai sinh") for n in range(12_000)])
        acks: list[Ack] = []
        began = time.perf_counter()

        async def one() -> None:
            for request in requests:
                acks.append(await post(side.port, request))
                if time.perf_counter() - began > FLOOD_S:
                    return

        await asyncio.gather(*(one() for _ in range(FLOOD_CONNECTIONS)))
        return acks, time.perf_counter() - began

    with servers.ours(("redis", "web")) as side:
        return _acks(*asyncio.run(run(side)))


def _acks(acks: Sequence[Ack], seconds: float) -> dict[str, float]:
    times = [ack.seconds * 1000 for ack in acks]
    failed = sum(ack.status != 200 for ack in acks)
    shown = {"acks": float(len(acks)), "failed": float(failed), "acks_per_s": len(acks) / seconds}
    return shown | {f"p{p}_ms": percentile(times, p) for p in (50, 95, 99)} | {"max_ms": max(times)}


def overhead(texts: Sequence[str]) -> dict[str, float]:
    """One message at a time: the whole way to the stand-in, less an NLU call for the same text."""

    async def one(side: Side, watcher: Watcher, person: str, text: str, wanted: str) -> float:
        request = webhook(side.path, person, text)
        began = time.time()
        acknowledged = asyncio.create_task(post(side.port, request))
        at = await replies.answer_to(watcher.follow(person), wanted, 10.0)
        await acknowledged
        return math.nan if at is None else (at - began) * 1000

    async def run(side: Side) -> list[tuple[float, float]]:
        nlu = _Nlu(side)
        person = people(1)[0]
        pairs = []
        async with replies.watching(side) as watcher:
            known = await replies.answers(side, watcher, texts)
            watcher.follow(person)
            await replies.introduce(side, [person])
            for text, wanted in list(known.items()) * 3:
                await asyncio.sleep(PAUSE_S)
                whole = await one(side, watcher, person, text, wanted)
                await asyncio.sleep(PAUSE_S)
                pairs.append((whole, nlu.parse_ms(text)))
        return pairs[len(known) :]  # the first round warms up

    with servers.ours() as side:
        pairs = [pair for pair in asyncio.run(run(side)) if not math.isnan(pair[0])]
    rest = [whole - nlu for whole, nlu in pairs]
    return {
        "messages": float(len(pairs)),
        "whole_p50_ms": percentile([whole for whole, _ in pairs], 50),
        "nlu_p50_ms": percentile([nlu for _, nlu in pairs], 50),
        "overhead_p50_ms": percentile(rest, 50),
        "overhead_p95_ms": percentile(rest, 95),
    }


class _Nlu:
    """The NLU server asked directly, over one kept connection."""

    def __init__(self, side: Side) -> None:
        where = urlsplit(side.rasa_url)
        self._connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=5)
        self._path = f"/model/parse?token={side.rasa_token}"

    def parse_ms(self, text: str) -> float:
        """One call."""
        body = json.dumps({"text": text}).encode()
        began = time.perf_counter()
        self._connection.request("POST", self._path, body, {"Content-Type": "application/json"})
        self._connection.getresponse().read()
        return (time.perf_counter() - began) * 1000


def as_rows(found: Sequence[Speed]) -> list[dict[str, float | str]]:
    """For the JSON file."""
    return [asdict(speed) for speed in found]
