"""Zalo's tokens: a refresh that succeeds, is refused, is lost on the way, or never starts."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64decode
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from connectors.zalo import oauth
from connectors.zalo.oauth import RefreshError, RefreshRefused, RefreshUnknown, RefreshUnreachable, TokenPair
from tests.connectors.stub import Stub

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
TOKENS = {"access_token": "access-2", "refresh_token": "refresh-2", "expires_in": "90000"}


def refresh(url: str) -> TokenPair:
    return oauth.refresh(url, "app-1", "app-secret", "refresh-1", timeout=(1.0, 0.3), now=lambda: NOW)


def test_refresh(stub: Stub) -> None:
    stub.reply(TOKENS)
    assert refresh(stub.url) == TokenPair("access-2", "refresh-2", NOW + timedelta(hours=25))
    (asked,) = stub.asked
    assert (asked.method, asked.path) == ("POST", "/v4/oa/access_token")
    assert asked.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert asked.headers["secret_key"] == "app-secret"
    assert dict(parse_qsl(asked.raw.decode())) == {
        "refresh_token": "refresh-1",
        "app_id": "app-1",
        "grant_type": "refresh_token",
    }


@pytest.mark.parametrize(
    ("expires_in", "hours"), [(90000, 25), ("3600", 1), (None, 25), ("x", 25), (-5, 25), (1e300, 25), (0, 25)]
)
def test_lifetime_in_odd_forms(stub: Stub, expires_in: Any, hours: int) -> None:
    stub.reply({**TOKENS, "expires_in": expires_in})
    assert refresh(stub.url).expires_at == NOW + timedelta(hours=hours)


@pytest.mark.parametrize(
    ("status", "body", "kind", "code"),
    [
        (200, {"error": -14014, "error_name": "Invalid refresh token"}, RefreshRefused, "-14014"),
        (200, {"error": "-14002", "error_reason": "bad app id"}, RefreshRefused, "-14002"),
        (200, {"error": -14012, "access_token": "", "refresh_token": ""}, RefreshRefused, "-14012"),
        (400, b"", RefreshRefused, "http/400"),
        (200, {"error": -32}, RefreshUnreachable, "busy"),
        (429, b"", RefreshUnreachable, "busy"),
        (200, {}, RefreshUnknown, "http/200"),
        (200, {"access_token": "a"}, RefreshUnknown, "http/200"),
        (200, {"access_token": None, "refresh_token": None}, RefreshUnknown, "http/200"),
        (200, b"<html>", RefreshUnknown, "http/200"),
        (502, b"<html>", RefreshUnknown, "http/502"),
    ],
)
def test_no_tokens(stub: Stub, status: int, body: Any, kind: type[RefreshError], code: str) -> None:
    stub.reply(body, status)
    with pytest.raises(RefreshError) as caught:
        refresh(stub.url)
    assert (type(caught.value), caught.value.code) == (kind, code)


@pytest.mark.parametrize("failure", ["hang", "drop"])
def test_lost_on_the_way(stub: Stub, failure: str) -> None:
    stub.answer = lambda _: failure
    with pytest.raises(RefreshUnknown):
        refresh(stub.url)
    assert len(stub.asked) == 1


def test_never_started(refusing_url: str) -> None:
    with pytest.raises(RefreshUnreachable):
        refresh(refusing_url)


def test_tokens_are_not_shown() -> None:
    shown = repr(TokenPair("access-2", "refresh-2", NOW))
    assert "access-2" not in shown
    assert "refresh-2" not in shown


def test_code_is_exchanged_with_its_verifier(stub: Stub) -> None:
    stub.reply(TOKENS)
    verifier = oauth.new_verifier()
    url = oauth.consent_url(stub.url, "app-1", "https://xa.example/zalo", verifier, "state-1")
    query = dict(parse_qsl(urlsplit(url).query))
    assert urlsplit(url).path == "/v4/oa/permission"
    assert (query["app_id"], query["redirect_uri"], query["state"]) == (
        "app-1",
        "https://xa.example/zalo",
        "state-1",
    )
    assert len(verifier) == 43
    assert "=" not in query["code_challenge"]
    assert urlsafe_b64decode(query["code_challenge"] + "=") == hashlib.sha256(verifier.encode()).digest()
    pair = oauth.exchange_code(stub.url, "app-1", "app-secret", "code-1", verifier, now=lambda: NOW)
    assert pair.access_token == "access-2"
    assert dict(parse_qsl(stub.asked[0].raw.decode())) == {
        "code": "code-1",
        "app_id": "app-1",
        "grant_type": "authorization_code",
        "code_verifier": verifier,
    }
