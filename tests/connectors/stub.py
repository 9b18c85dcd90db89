"""A platform on loopback that answers what a test tells it to, or fails in the way it is told."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Asked:
    """One request as it came in."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    raw: bytes
    peer: int  # the caller's port: the same one while a connection is reused

    @property
    def body(self) -> Any:
        return json.loads(self.raw)


@dataclass
class Stub:
    """``answer(request)`` gives (status, headers, body), or one of "hang" and "drop"."""

    url: str
    answer: Callable[[Asked], Any]
    asked: list[Asked] = field(default_factory=list)
    release: threading.Event = field(default_factory=threading.Event)

    def reply(self, body: Any, status: int = 200, headers: dict[str, str] | None = None) -> None:
        self.answer = lambda _: (status, headers or {}, body)

    def replies(self, *bodies: Any) -> None:
        """One after the other; the last one for good."""
        left = list(bodies)
        self.answer = lambda _: (200, {}, left.pop(0) if len(left) > 1 else left[0])


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    stub: Stub

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        query = dict(parse_qsl(parts.query))
        headers = dict(self.headers.items())
        asked = Asked(self.command, parts.path, query, headers, raw, self.client_address[1])
        self.stub.asked.append(asked)
        answer = self.stub.answer(asked)
        if answer == "hang":
            self.stub.release.wait(10)
        if answer in ("hang", "drop"):
            self.close_connection = True
            return
        status, extra_headers, body = answer
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in extra_headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = _serve

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


@contextmanager
def serving() -> Iterator[Stub]:
    """A running stub; it answers ``{}`` until it is told otherwise."""
    stub = Stub("", lambda _: (200, {}, {}))
    handler = type("Handler", (_Handler,), {"stub": stub})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    stub.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield stub
    finally:
        stub.release.set()
        server.shutdown()
        server.server_close()
        thread.join()
