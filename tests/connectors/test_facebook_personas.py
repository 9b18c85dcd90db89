"""Officers speak under a page's personas: made once, found again, done without where Meta refuses."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.channel import Account, Found, Lookup, SendResult
from tests.connectors.stub import Asked, Stub
from tests.connectors.test_facebook_client import CONTEXT, OK, PAGE, PSID, channel, failed

OFFICERS = {
    "message": {"text": "Cán bộ hộ tịch:\nChào bà"},
    "persona": {"name": "Cán bộ hộ tịch", "message": {"text": "Chào bà"}},
}
PICTURE = "https://xa.example/chat/static/officer.png"


class Personas:
    """A page's personas; ``refused``: what Meta says of a new one; ``gone``: of none it knows."""

    def __init__(self, refused: dict[str, Any] | None = None, gone: bool = False) -> None:
        self.made: list[dict[str, str]] = []
        self._refused, self._gone = refused, gone

    def __call__(self, asked: Asked) -> Any:
        if not asked.path.endswith("/personas"):
            unknown = self._gone and "persona_id" in asked.body
            return (400, {}, failed(100)) if unknown else (200, {}, OK)
        if asked.method == "GET":
            return 200, {}, {"data": self.made}
        if self._refused:
            return 400, {}, self._refused
        self.made.append({"id": f"7{len(self.made)}", "name": asked.query["name"]})
        return 200, {}, {"id": self.made[-1]["id"]}


def said(stub: Stub) -> list[dict[str, Any]]:
    """The messages that were sent: their words, and under whose name."""
    sent = [asked.body for asked in stub.asked if asked.path.endswith("/messages")]
    return [{"text": body["message"]["text"], "persona": body.get("persona_id")} for body in sent]


def test_an_officer_speaks_under_a_persona_made_once(stub: Stub) -> None:
    page = Personas()
    stub.answer = page
    facebook = channel(stub.url, persona_picture=PICTURE)
    for _ in range(2):
        assert facebook.send(PAGE, PSID, OFFICERS, CONTEXT) == SendResult(message_id="m_1")
    assert said(stub) == [{"text": "Chào bà", "persona": "70"}] * 2
    made = [asked.query for asked in stub.asked if asked.method == "POST" and "personas" in asked.path]
    assert [(one["name"], one["profile_picture_url"]) for one in made] == [("Cán bộ hộ tịch", PICTURE)]
    again = channel(stub.url, persona_picture=PICTURE)  # another process: what is there is found
    again.send(PAGE, PSID, OFFICERS, CONTEXT)
    assert len(page.made) == 1
    other = Account("facebook", "610000000000322", "token-2")
    page.made.clear()
    facebook.send(other, PSID, OFFICERS, CONTEXT)  # another page has its own
    assert len(page.made) == 1


@pytest.mark.parametrize("picture", ["", PICTURE])
def test_without_a_persona_a_line_names_the_role(stub: Stub, picture: str) -> None:
    stub.answer = Personas(refused=failed(200))
    facebook = channel(stub.url, persona_picture=picture)
    for _ in range(2):
        facebook.send(PAGE, PSID, OFFICERS, CONTEXT)
    assert said(stub) == [{"text": "Cán bộ hộ tịch:\nChào bà", "persona": None}] * 2
    assert len(stub.asked) == (4 if picture else 2)  # asked and refused once


def test_a_persona_that_is_gone_is_not_needed(stub: Stub) -> None:
    stub.answer = Personas(gone=True)
    facebook = channel(stub.url, persona_picture=PICTURE)
    for _ in range(2):
        assert facebook.send(PAGE, PSID, OFFICERS, CONTEXT).message_id == "m_1"
    in_words = {"text": "Cán bộ hộ tịch:\nChào bà", "persona": None}
    assert said(stub) == [{"text": "Chào bà", "persona": "70"}, in_words, in_words]


def test_a_long_role_is_cut(stub: Stub) -> None:
    stub.answer = page = Personas()
    wire = {**OFFICERS, "persona": {**OFFICERS["persona"], "name": "x" * 60}}
    channel(stub.url, persona_picture=PICTURE).send(PAGE, PSID, wire, CONTEXT)
    assert [one["name"] for one in page.made] == ["x" * 50]


def test_what_was_said_under_a_persona_is_found(stub: Stub) -> None:
    for words in ("Chào bà", "Cán bộ hộ tịch:\nChào bà"):
        at = "2026-11-24T09:50:48+0000"
        message = {"id": "m_9", "message": words, "created_time": at, "from": {"id": PAGE.id}}
        stub.reply({"data": [{"messages": {"data": [message]}}]})
        since = int(datetime(2026, 11, 24, 9, 50, tzinfo=UTC).timestamp() * 1000)
        assert channel(stub.url).find_sent(PAGE, PSID, OFFICERS, since) == Lookup(Found.SENT, "m_9")
