"""A light HTTP client for load: asyncio, one connection per request, as platforms behind a proxy arrive."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Ack:
    """One answered POST. ``status`` is 0 if the connection broke; ``seconds`` from the wanted start."""

    status: int
    seconds: float


class _Exchange(asyncio.Protocol):
    """Sends one request and resolves when the whole answer is there."""

    def __init__(self, request: bytes, done: asyncio.Future[bytes]) -> None:
        self._request, self._done = request, done
        self._got = bytearray()
        self._needed = -1

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        transport.write(self._request)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        self._got += data
        if self._needed < 0 and (head := self._got.find(b"\r\n\r\n")) >= 0:
            length = self._got[:head].lower().find(b"content-length:")
            if length >= 0:
                self._needed = head + 4 + int(self._got[length + 15 : head].split(b"\r\n", 1)[0])
        if 0 <= self._needed <= len(self._got):
            self._resolve()
            self._transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        self._resolve()

    def _resolve(self) -> None:
        if not self._done.done():
            self._done.set_result(bytes(self._got))


async def exchange(port: int, request: bytes, timeout_s: float) -> bytes:
    """The raw answer; empty if the server closed without one or was not in time."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[bytes] = loop.create_future()
    try:
        transport, _ = await loop.create_connection(lambda: _Exchange(request, done), "127.0.0.1", port)
    except OSError:
        return b""
    try:
        async with asyncio.timeout(timeout_s):
            return await done
    except TimeoutError:
        return b""
    finally:
        transport.close()


async def post(port: int, request: bytes, timeout_s: float = 30.0, wanted: float | None = None) -> Ack:
    """POST; the clock starts at ``wanted`` (``time.perf_counter``), so that a late start counts too."""
    began = time.perf_counter() if wanted is None else wanted
    answer = await exchange(port, request, timeout_s)
    status = int(answer[9:12]) if answer.startswith(b"HTTP/1.") else 0
    return Ack(status, time.perf_counter() - began)


async def call(port: int, method: str, path: str, body: Any = None, timeout_s: float = 60.0) -> Any:
    """A JSON call.

    :raises RuntimeError: if it was not answered with 200.
    """
    raw = b"" if body is None else json.dumps(body).encode()
    answer = await exchange(port, request_bytes(method, path, raw), timeout_s)
    if not answer.startswith((b"HTTP/1.1 200", b"HTTP/1.0 200")):
        raise RuntimeError(f"{method} {path.split('?')[0]}: {answer[:200]!r}")
    return json.loads(answer.split(b"\r\n\r\n", 1)[1])


def request_bytes(method: str, path: str, body: bytes, headers: dict[str, str] | None = None) -> bytes:
    """A whole HTTP/1.1 request."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "Connection: close"]
    lines += [f"Content-Length: {len(body)}", "Content-Type: application/json"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body
