"""The live source against a server on loopback: mapping, refusals, time-out, breaker."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bot.dossiers.fields import BadMapping, parse_fields
from bot.dossiers.http_source import Breaker, HttpSource
from bot.dossiers.records import Digits, SourceAway
from bot.dossiers.statuses import Shade, Status
from tests.dossiers.helpers import CODE, HASHER, IDENTITY, NOW, PHONE

FIELDS = parse_fields(
    "code=data.0.maHoSo status=data.0.trangThai due=data.0.ngayHenTra note=data.0.ghiChu as_of=data.0.luc,"
    "phone=data.0.sdt identity=data.0.cccd"
)
DOSSIER = {
    "maHoSo": CODE, "trangThai": "Chờ ký duyệt", "ngayHenTra": "04/12/2026", "sdt": PHONE, "cccd": IDENTITY,
    "ghiChu": "gọi 0912345678", "luc": "24/11/2026 16:30",
}  # fmt: skip


class Server:
    """Answers every question with one prepared answer."""

    def __init__(self) -> None:
        self.status, self.body, self.delay_s = 200, json.dumps({"data": [DOSSIER]}).encode(), 0.0
        self.asked: list[tuple[str, str | None]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked.append((self.path, self.headers.get("Authorization")))
                time.sleep(outer.delay_s)
                self.send_response(outer.status)
                if outer.status == 302:
                    self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", str(len(outer.body)))
                self.end_headers()
                self.wfile.write(outer.body)

            def log_message(self, *_: object) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/x/{{code}}"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.stop()


def source(server: Server, timeout_s: float = 5.0, breaker: Breaker | None = None) -> HttpSource:
    return HttpSource(server.url, "token", FIELDS, timeout_s, HASHER, lambda: NOW, breaker)


def test_the_answer_is_mapped(server: Server) -> None:
    found = source(server).find(CODE)
    assert found is not None
    dossier = found.dossier
    assert (dossier.code, dossier.status, dossier.shade) == (CODE, Status.RECEIVED, Shade.SIGNING)
    assert (dossier.due, dossier.note) == (date(2026, 12, 4), "gọi ••••••••78")
    assert dossier.as_of == datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
    for digits in (PHONE[-4:], IDENTITY[-4:]):
        assert HASHER.matches(found.factors, CODE, Digits(digits))
    assert server.asked == [(f"/x/{CODE}", "Bearer token")]


def test_a_code_can_not_leave_its_place_in_the_address(server: Server) -> None:
    source(server).find("03706/2026/07906")
    assert server.asked[0][0] == "/x/03706%2F2026%2F07906"


@pytest.mark.parametrize(
    ("status", "body"),
    [(404, b"{}"), (200, b"null"), (200, b"{}"), (200, b'{"data": [{"maHoSo": "H19-261102-0009"}]}')],
)
def test_no_dossier(server: Server, status: int, body: bytes) -> None:
    server.status, server.body = status, body
    assert source(server).find(CODE) is None


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, b""),
        (401, b"{}"),
        (302, b""),
        (200, b"<html>"),
        (200, b""),
        (200, b"[" * 1_100_000),
        (200, b"[" * 900_000),
        (200, b"\xff"),
    ],
)
def test_an_answer_that_says_nothing_is_no_denial(server: Server, status: int, body: bytes) -> None:
    server.status, server.body = status, body
    with pytest.raises(SourceAway):
        source(server).find(CODE)


def test_it_waits_no_longer_than_its_time_out(server: Server) -> None:
    server.delay_s = 3
    began = time.monotonic()
    with pytest.raises(SourceAway):
        source(server, timeout_s=0.2).find(CODE)
    assert time.monotonic() - began < 2


def test_nobody_there() -> None:
    with pytest.raises(SourceAway):
        HttpSource("http://127.0.0.1:9/{code}", "", FIELDS, 1, HASHER, lambda: NOW).find(CODE)


def test_after_failures_it_rests_and_one_call_tries_again(server: Server) -> None:
    at = [0.0]
    asked = source(server, breaker=Breaker(failures=3, rest_s=30, now=lambda: at[0]))
    server.status = 503
    for _ in range(5):
        with pytest.raises(SourceAway):
            asked.find(CODE)
    assert len(server.asked) == 3
    at[0] = 31
    for _ in range(3):
        with pytest.raises(SourceAway):
            asked.find(CODE)
    assert len(server.asked) == 4
    server.status, at[0] = 200, 62
    assert asked.find(CODE) is not None
    assert asked.find(CODE) is not None


@pytest.mark.parametrize(
    "text", ["", "code=a status=b", "code=a phone=c", "code=a status=b phone", "x=y code=a status=b phone=c"]
)
def test_a_mapping_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(BadMapping):
        parse_fields(text)
