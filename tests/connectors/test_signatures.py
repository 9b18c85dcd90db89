"""Signatures: right, wrong, missing, oddly written, re-serialised; and Meta's subscription check."""

from __future__ import annotations

import hashlib
import hmac
import json

import pytest

from connectors.channel import Verification
from connectors.facebook import signature
from connectors.facebook.channel import FacebookChannel
from connectors.zalo.channel import ZaloChannel

OK, PROBE, MISSING, WRONG = Verification.OK, Verification.PROBE, Verification.MISSING, Verification.WRONG

APP, SECRET = "360846524940903967", "test_oa_secret"
# Made by hand from Zalo's formula; not from Zalo.
VECTOR = (
    '{"app_id":"360846524940903967","sender":{"id":"246845883529197922"},"user_id_by_app":"552177279717587730",'
    '"recipient":{"id":"388613280878808645"},"event_name":"user_send_text","message":{"text":"Xin chào",'
    '"msg_id":"96d3cdf3af150460909"},"timestamp":"1727000000000"}'
).encode()
DIGEST = "213a88883347403ccc29969ee9b731133eb5e941379bdc3d8dc2e98c382eb19c"


def zalo(app_id: str = APP, secret: str = SECRET) -> ZaloChannel:
    return ZaloChannel(app_id, secret)


def zalo_digest(raw: bytes, timestamp: str, app_id: str = APP, secret: str = SECRET) -> str:
    return hashlib.sha256(app_id.encode() + raw + timestamp.encode() + secret.encode()).hexdigest()


@pytest.mark.parametrize(
    ("header", "outcome"),
    [
        (f"mac={DIGEST}", OK),
        (f"mac = {DIGEST}", OK),
        (f" MAC={DIGEST.upper()} ", OK),
        (DIGEST, OK),
        (None, MISSING),
        ("", WRONG),
        ("mac=", WRONG),
        (f"mac={DIGEST[:-1]}0", WRONG),
        (f"mac={DIGEST}00", WRONG),
        (f"sha256={DIGEST}", WRONG),
        ("mac=" + "đ" * 64, WRONG),
        (f"mac={hmac.new(SECRET.encode(), VECTOR, hashlib.sha256).hexdigest()}", WRONG),
    ],
)
def test_zalo_headers(header: str | None, outcome: Verification) -> None:
    headers = {} if header is None else {"X-ZEvent-Signature": header}
    assert zalo().verify(headers, VECTOR) is outcome


def test_zalo_wrong_secret_or_app() -> None:
    headers = {"X-ZEvent-Signature": f"mac={DIGEST}"}
    assert zalo(secret="app_secret_instead").verify(headers, VECTOR) is WRONG
    assert zalo(app_id="388613280878808645").verify(headers, VECTOR) is WRONG


def test_zalo_body_is_not_reserialised() -> None:
    """The same event in other bytes has another signature."""
    headers = {"X-ZEvent-Signature": f"mac={DIGEST}"}
    assert zalo().verify(headers, json.dumps(json.loads(VECTOR)).encode()) is WRONG
    assert zalo().verify(headers, VECTOR.replace(b"\xc3\xa0", b"a\xcc\x80")) is WRONG


@pytest.mark.parametrize(
    ("raw", "timestamp"),
    [
        (b'{"event_name":"follow","timestamp":1727000000000}', "1727000000000"),
        (b'{"event_name":"follow","timestamp":"15503500848"}', "15503500848"),
        (b'{"event_name":"follow","timestamp": 1.727E12 }', "1.727E12"),
        (b'{"event_name":"follow"}', ""),
        (b'{ "timestamp" : "1" , "a" : "\\u00e0\\/" }', "1"),
    ],
)
def test_zalo_timestamp_is_taken_as_written(raw: bytes, timestamp: str) -> None:
    assert zalo().verify({"X-ZEvent-Signature": "mac=" + zalo_digest(raw, timestamp)}, raw) is OK
    assert zalo().verify({"X-ZEvent-Signature": "mac=" + zalo_digest(raw, timestamp + "0")}, raw) is WRONG


@pytest.mark.parametrize("raw", [b"{}", b" { } \n"])
@pytest.mark.parametrize("headers", [{}, {"X-ZEvent-Signature": "mac=00"}])
def test_zalo_probe(raw: bytes, headers: dict[str, str]) -> None:
    assert zalo().verify(headers, raw) is PROBE


@pytest.mark.parametrize(
    "raw", [b"", b"null", b"[]", b"\xff", b"[" * 100_000, b'{"timestamp":{}}', b'{"timestamp":"\\ud800"}']
)
def test_zalo_nonsense(raw: bytes) -> None:
    assert zalo().verify({}, raw) is MISSING
    assert zalo().verify({"X-ZEvent-Signature": f"mac={DIGEST}"}, raw) is WRONG


@pytest.mark.parametrize(("app_id", "secret"), [("", SECRET), (APP, "")])
def test_zalo_without_a_secret_does_not_start(app_id: str, secret: str) -> None:
    with pytest.raises(ValueError, match="Zalo needs"):
        ZaloChannel(app_id, secret)


# Golden values of other people's test suites, computed again here.
META_BODY = (
    rb'{"object":"page","entry":[{"id":"1","time":1,"messaging":'
    rb'[{"message":{"mid":"m_1","text":"Xin ch\u00e0o"}}]}]}'
)
META_VECTORS = [
    (b"hello world", "f39034b29165ec6a5104d9aef27266484ab26c8caa7bca8bcb2dd02e8be61b17"),
    (b"hello world2", "60905fdf409d0b4f721e99f6f25b31567a68a6b45e933d814e17a246be4c5a53"),
    (META_BODY, "10c3cc39eab020aaa10d8e8eddf5db3ec70ee4150aeb112c08cb53fcc813b70c"),
]


def facebook(*secrets: str, verify_token: str = "word") -> FacebookChannel:
    return FacebookChannel(secrets or ("sesame",), verify_token)


@pytest.mark.parametrize(("raw", "digest"), META_VECTORS)
def test_facebook_vectors(raw: bytes, digest: str) -> None:
    assert facebook().verify({"X-Hub-Signature-256": f"sha256={digest}"}, raw) is OK
    assert facebook().verify({"X-Hub-Signature-256": f"sha256={digest}"}, raw + b" ") is WRONG
    assert facebook("other").verify({"X-Hub-Signature-256": f"sha256={digest}"}, raw) is WRONG


def test_facebook_escaping_is_part_of_what_is_signed() -> None:
    r"""A real "à" instead of "\u00e0" is another body, and so is "/" instead of "\/"."""
    digest = META_VECTORS[2][1]
    plain = META_BODY.replace(rb"\u00e0", "à".encode())
    assert facebook().verify({"X-Hub-Signature-256": f"sha256={digest}"}, plain) is WRONG
    odd = rb'{ "object":"page" , "x":"https:\/\/a.vn\/\u1ebf" }'
    signed = "sha256=" + hmac.new(b"sesame", odd, hashlib.sha256).hexdigest()
    assert facebook().verify({"X-Hub-Signature-256": signed}, odd) is OK
    assert facebook().verify({"X-Hub-Signature-256": signed}, json.dumps(json.loads(odd)).encode()) is WRONG


@pytest.mark.parametrize(
    ("headers", "outcome"),
    [
        ({}, MISSING),
        (
            {"X-Hub-Signature": "sha1=" + hmac.new(b"sesame", b"hello world", hashlib.sha1).hexdigest()},
            MISSING,
        ),
        ({"X-Hub-Signature-256": ""}, WRONG),
        ({"X-Hub-Signature-256": META_VECTORS[0][1]}, WRONG),
        ({"X-Hub-Signature-256": "sha256=" + META_VECTORS[0][1].upper()}, WRONG),
        ({"X-Hub-Signature-256": "SHA256=" + META_VECTORS[0][1]}, WRONG),
        ({"X-Hub-Signature-256": "nope=00"}, WRONG),
        ({"X-Hub-Signature-256": "md5=" + "0" * 32}, WRONG),
        ({"X-Hub-Signature-256": "sha256=" + META_VECTORS[0][1] + "\n"}, WRONG),
        ({"X-Hub-Signature-256": "sha256=" + "ế" * 64}, WRONG),
        ({"X-Hub-Signature-256": "sha1=" + META_VECTORS[0][1]}, WRONG),
    ],
)
def test_facebook_headers(headers: dict[str, str], outcome: Verification) -> None:
    assert facebook().verify(headers, b"hello world") is outcome


def test_facebook_secret_rotation() -> None:
    headers = {"X-Hub-Signature-256": f"sha256={META_VECTORS[0][1]}"}
    assert facebook("new", "sesame").verify(headers, b"hello world") is OK
    assert facebook("sesame", "old").verify(headers, b"hello world") is OK
    assert facebook("new", "newer").verify(headers, b"hello world") is WRONG


def test_an_empty_secret_verifies_nothing() -> None:
    headers = {"X-Hub-Signature-256": signature.sign(b"hello world", "")}
    assert signature.verify(headers, b"hello world", ("",)) is WRONG


@pytest.mark.parametrize("secrets", [(), ("",), ("", "")])
def test_facebook_without_a_secret_does_not_start(secrets: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="Facebook needs"):
        FacebookChannel(secrets, "word")


SUBSCRIBE = {"hub.mode": "subscribe", "hub.verify_token": "word", "hub.challenge": "1158201444"}


@pytest.mark.parametrize(
    ("args", "token", "challenge"),
    [
        (SUBSCRIBE, "word", "1158201444"),
        ({**SUBSCRIBE, "hub.challenge": "<b>"}, "word", "<b>"),
        ({**SUBSCRIBE, "hub.verify_token": "wörd"}, "word", None),
        ({**SUBSCRIBE, "hub.verify_token": ""}, "", None),
        ({**SUBSCRIBE, "hub.mode": "unsubscribe"}, "word", None),
        ({"hub.mode": "subscribe", "hub.challenge": "1"}, "word", None),
        ({"hub.mode": "subscribe", "hub.verify_token": "word"}, "word", None),
        ({}, "word", None),
    ],
)
def test_facebook_subscription(args: dict[str, str], token: str, challenge: str | None) -> None:
    assert facebook(verify_token=token).verify_subscription(args) == challenge
