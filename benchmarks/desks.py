"""What open desks cost: the acknowledgement while officers' pages listen, beside the same without them."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

from sqlalchemy import Engine

from benchmarks.servers import Side
from bot.clock import utc_now
from bot.desk.inbox import PER_OFFICER
from bot.desk.passwords import hash_password
from bot.desk.sessions import COOKIE, open_session
from bot.store.engine import make_engine, writing
from bot.store.models import Officer

DESKS = 60


@contextmanager
def open_desks(side: Side, count: int) -> Iterator[int]:
    """``count`` pages that listen to the live feed; yields how many were let in."""
    engine = make_engine(side.sql_url, pool_size=2)
    with ExitStack() as stack:
        stack.callback(engine.dispose)
        listening = 0
        for number in range(count):
            if number % PER_OFFICER == 0:
                token = _signed_in(engine, number)
            connection = stack.enter_context(
                closing(http.client.HTTPConnection("127.0.0.1", side.port, timeout=10))
            )
            headers = {"Cookie": f"{COOKIE}={token}", "Accept": "text/event-stream"}
            connection.request("GET", "/desk/feed", headers=headers)
            listening += connection.getresponse().status == 200
        yield listening


def _signed_in(engine: Engine, number: int) -> str:
    now = utc_now()
    with writing(engine) as session:
        officer = Officer(
            login=f"bench{number}", name="Bench", role="officer", password_hash=hash_password("bench"),
            must_change=False, created_at=now,
        )  # fmt: skip
        session.add(officer)
        session.flush()
        return open_session(session, officer, now)
