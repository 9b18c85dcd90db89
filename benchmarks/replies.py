"""Full replies: from posting a message until the stand-in's send endpoint has got the answer to it.

An answer belongs to a message because of its text: before the clock starts every question is asked alone
and the text that it gets is noted. In a conversation the next message follows the answer.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from benchmarks.http_client import Ack, call, post
from benchmarks.messages import people, webhook
from benchmarks.servers import Side

POLL_S = 0.04
CALIBRATION_S = 10.0
QUIET_S = 0.3
GIVE_UP_S = 120.0
Sent = tuple[str, float]
"""The text, and when the stand-in got it, in seconds since the epoch."""


@dataclass
class Load:
    """What a run under load showed; times in seconds."""

    acks: list[Ack] = field(default_factory=list)
    replies: list[float] = field(default_factory=list)
    at: list[float] = field(default_factory=list)
    unanswered: int = 0


class Watcher:
    """Follows the stand-in's record of sends, for everybody who waits for one."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._queues: dict[str, asyncio.Queue[Sent]] = {}

    def follow(self, person: str) -> asyncio.Queue[Sent]:
        """All that this person is sent from now on."""
        return self._queues.setdefault(person, asyncio.Queue())

    async def run(self) -> None:
        """Until it is cancelled."""
        last = 0
        while True:
            path = f"/sandbox/api/sends?after={last}&timeout=5&limit=500"
            answer = await call(self._port, "GET", path)
            last = answer["last"]
            for sent in answer["sends"]:
                queue = self._queues.get(sent["user_id"])
                if queue is not None and sent["delivered"]:
                    queue.put_nowait((sent["text"], sent["at_ms"] / 1000 + 0.0005))  # cut to whole ms there
            await asyncio.sleep(POLL_S)


@asynccontextmanager
async def watching(side: Side) -> AsyncIterator[Watcher]:
    """A watcher for the length of the block."""
    watcher = Watcher(side.sandbox_port)
    task = asyncio.create_task(watcher.run())
    try:
        yield watcher
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def introduce(side: Side, persons: Sequence[str]) -> None:
    """Everybody says hello through the stand-in, which then lets the page answer them."""
    for person in persons:
        act = {"user_id": person, "text": "xin chào", "wait": "done"}
        await call(side.sandbox_port, "POST", "/sandbox/api/residents/facebook/send", act)
    await settle(side)


async def settle(side: Side, quiet_s: float = 1.0) -> None:
    """Wait until nothing is sent any more and no webhook is under way."""
    path, last = "/sandbox/api/sends?limit=10000&timeout={}&after={}", 0
    while (now := (await call(side.sandbox_port, "GET", path.format(quiet_s, last)))["last"]) != last:
        last = now
    await call(side.sandbox_port, "GET", "/sandbox/api/idle?timeout=60")


async def answers(side: Side, watcher: Watcher, texts: Sequence[str]) -> dict[str, str]:
    """Question -> the first text that it gets, for the questions whose text is theirs alone."""
    person = people(1)[0]
    queue = watcher.follow(person)
    await introduce(side, [person])
    found: dict[str, str] = {}
    for text in texts:
        while not queue.empty():
            queue.get_nowait()
        await post(side.port, webhook(side.path, person, text))
        try:
            async with asyncio.timeout(CALIBRATION_S):
                first, _ = await queue.get()
        except TimeoutError:
            continue
        await asyncio.sleep(QUIET_S)
        if first not in found.values():
            found[text] = first
    return found


async def answer_to(queue: asyncio.Queue[Sent], wanted: str, limit_s: float) -> float | None:
    """When the wanted text came; None if it did not."""
    try:
        async with asyncio.timeout(limit_s):
            while True:
                text, at = await queue.get()
                if text == wanted:
                    return at
    except TimeoutError:
        return None


async def under_load(
    side: Side, watcher: Watcher, known: dict[str, str], conversations: int, each: int, stop_after_s: float
) -> Load:
    """Conversations side by side, ``each`` messages long; none begins a message after ``stop_after_s``."""
    persons = people(conversations)
    queues = {person: watcher.follow(person) for person in persons}
    await introduce(side, persons)
    texts = list(known)
    plan: dict[str, list[tuple[str, bytes]]] = {
        person: [
            (text, webhook(side.path, person, text))
            for text in (texts[(n * 7 + i) % len(texts)] for i in range(each))
        ]
        for n, person in enumerate(persons)
    }
    load, posts = Load(), []
    began = time.monotonic()

    async def talk(person: str) -> None:
        for text, request in plan[person]:
            if time.monotonic() - began > stop_after_s:
                return
            at = time.time()
            posts.append(asyncio.create_task(post(side.port, request, GIVE_UP_S)))
            got = await answer_to(queues[person], known[text], GIVE_UP_S)
            if got is None:
                load.unanswered += 1
                return
            load.replies.append(got - at)
            load.at.append(got)

    await asyncio.gather(*(talk(person) for person in persons))
    load.acks = list(await asyncio.gather(*posts))
    return load


async def set_wait(side: Side, ms: int) -> None:
    """From now on every call to the stand-in is answered after ``ms``."""
    await call(side.sandbox_port, "DELETE", "/sandbox/api/faults")
    if ms:
        fault: dict[str, Any] = {"kind": "slow", "platform": "facebook", "ms": ms}
        await call(side.sandbox_port, "POST", "/sandbox/api/faults", fault)
