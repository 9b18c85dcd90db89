"""Zalo's API over real HTTP: what is asked, and what every answer and failure means."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import pytest

from connectors.channel import Account, Found, Lookup, Reply, SendContext, SendError, SendResult
from connectors.zalo.channel import ZaloChannel
from connectors.zalo.errors import error_of
from tests.connectors.stub import Stub

DAY_MS = 24 * 3600 * 1000
NOW = 1_795_500_000_000
OA = Account("zalo", "4200000000000000654", "token-1")
USER = "5900000000000000987"
WIRE = {"message": {"text": "Xin chào"}}
CONTEXT = SendContext("key-1", last_inbound_ms=NOW - 1000, now_ms=NOW)


def channel(url: str, **options: Any) -> ZaloChannel:
    return ZaloChannel("1", "secret", url, timeout=(1.0, 0.3), **options)


def send(url: str, context: SendContext = CONTEXT, account: Account = OA, **options: Any) -> SendResult:
    return channel(url, **options).send(account, USER, WIRE, context)


def sent(message_id: Any = "63ecf43f0df7dba892e6") -> dict[str, Any]:
    return {"data": {"message_id": message_id, "user_id": USER}, "error": 0, "message": "Success"}


def test_request(stub: Stub) -> None:
    stub.reply(sent())
    assert send(stub.url, app_secret="app-secret") == SendResult(message_id="63ecf43f0df7dba892e6")
    (asked,) = stub.asked
    assert (asked.method, asked.path, asked.query) == ("POST", "/v3.0/oa/message/cs", {})
    assert asked.body == {"recipient": {"user_id": USER}, "message": {"text": "Xin chào"}}
    assert asked.headers["access_token"] == "token-1"
    assert asked.headers["Content-Type"] == "application/json"
    assert "Authorization" not in asked.headers
    proof = hmac.new(b"app-secret", b"token-1", hashlib.sha256).hexdigest()
    assert asked.headers["appsecret_proof"] == proof


def test_no_proof_unless_asked_for(stub: Stub) -> None:
    stub.reply(sent())
    send(stub.url)
    assert "appsecret_proof" not in stub.asked[0].headers


def test_rendered_wires_are_sent_as_they_are(stub: Stub) -> None:
    stub.reply(sent())
    zalo = channel(stub.url)
    for wire in zalo.render(Reply("a" * 3000, image_url="https://a.vn/1.png")):
        zalo.send(OA, USER, json.loads(json.dumps(wire)), CONTEXT)
    assert [asked.body["message"].keys() for asked in stub.asked] == [{"text", "attachment"}, {"text"}]


QUOTAS: list[dict[str, Any]] = [
    {"quota_type": "reply", "remain": "7", "total": "8"},
    {"quota_type": "sub_quota", "remain": "1990", "total": "2000", "expired_date": "11/02/2023"},
    {"quota_type": "purchase_quota", "owner_type": "OA", "owner_id": "4462152339089565647"},
    {"remain": 7, "total": 8},
]


@pytest.mark.parametrize("quota", QUOTAS)
def test_success_with_any_quota(stub: Stub, quota: dict[str, Any]) -> None:
    answer = sent()
    answer["data"]["quota"] = quota
    stub.reply(answer)
    assert send(stub.url).message_id == "63ecf43f0df7dba892e6"


@pytest.mark.parametrize(
    ("body", "message_id"),
    [
        (sent(1234567890123456789), "1234567890123456789"),
        ({**sent("m"), "error": "0"}, "m"),
        ({"error": 0, "message": "Success"}, None),
        ({"error": 0, "data": []}, None),
        ({"error": 0, "data": {"message_id": None}}, None),
    ],
)
def test_success_in_odd_forms(stub: Stub, body: Any, message_id: str | None) -> None:
    """Without an id the message is out, but unknown: the history tells the id."""
    stub.reply(body)
    assert send(stub.url) == SendResult(message_id=message_id)


RETRYABLE = {-32, -100, -200, -214, -234, -124, -216, -220}
REAUTH = {-124, -216, -220, -219, -223}
GONE = {-213, -217, -222, -227, -244}
WINDOW = {-230, -232, -305}
FINAL = {-201, -202, -204, -205, -207, -208, -209, -210, -211, -212, -215, -218, -221, -224, -233, -235}
FINAL |= {-237, -238, -240, -241, -242, -248, -249, -311, -320, -321, -403, -99999}


@pytest.mark.parametrize("as_text", [False, True])
@pytest.mark.parametrize("code", sorted(RETRYABLE | REAUTH | GONE | WINDOW | FINAL))
def test_error_table(stub: Stub, code: int, as_text: bool) -> None:
    stub.reply({"error": str(code) if as_text else code, "message": "whatever it says"})
    error = send(stub.url).error
    assert error is not None
    assert error.code == str(code)
    assert error.reason
    assert error.retryable == (code in RETRYABLE)
    assert error.needs_reauth == (code in REAUTH)
    assert error.recipient_gone == (code in GONE)
    assert error.window_closed == (code in WINDOW)
    assert not error.owned_elsewhere


@pytest.mark.parametrize(
    ("hour_utc", "wait_h"),
    [(15, 8 + 5 / 60), (22, 1 + 5 / 60), (23.5, 23 + 35 / 60)],
)
def test_night_window_waits_for_the_morning(hour_utc: float, wait_h: float) -> None:
    """06:05 in Vietnam is 23:05 UTC."""
    midnight_utc = 20_780 * DAY_MS
    error = error_of(-234, midnight_utc + round(hour_utc * 3_600_000))
    assert error.retry_after_s == pytest.approx(wait_h * 3600)


@pytest.mark.parametrize(
    ("status", "headers", "body", "result"),
    [
        (500, {}, b"<html>", SendResult()),
        (502, {}, b"", SendResult()),
        (504, {}, b"{}", SendResult()),
        (200, {}, b"<html>captive portal", SendResult()),
        (200, {}, b"[]", SendResult()),
        (200, {}, b"[" * 100_000, SendResult()),
        (404, {}, b"<html>", SendResult(error=SendError("http/404", "Zalo không nhận lệnh gửi (HTTP 404)."))),
        (302, {"Location": "http://127.0.0.1:1/"}, b"", "http/302"),
        (429, {"Retry-After": "7"}, b"", 7.0),
        (429, {"Retry-After": "soon"}, b"", None),
        (500, {}, {"error": -200, "message": "failed"}, "-200"),
    ],
)
def test_answers_that_are_not_the_apis(
    stub: Stub, status: int, headers: dict[str, str], body: Any, result: SendResult | str | float | None
) -> None:
    stub.reply(body, status, headers)
    got = send(stub.url)
    if isinstance(result, SendResult):
        assert got == result
    else:
        assert got.error is not None
        if isinstance(result, str):
            assert got.error.code == result
        else:
            assert (got.error.code, got.error.retryable) == ("http/429", True)
            assert got.error.retry_after_s == result
    assert len(stub.asked) == 1


@pytest.mark.parametrize("failure", ["hang", "drop"])
def test_time_out_and_broken_connection_are_unknown(stub: Stub, failure: str) -> None:
    stub.answer = lambda _: failure
    assert send(stub.url).unknown
    assert len(stub.asked) == 1


def test_refused_connection_may_be_repeated(refusing_url: str) -> None:
    error = send(refusing_url).error
    assert error is not None
    assert (error.code, error.retryable) == ("unreachable", True)


@pytest.mark.parametrize(
    ("age_ms", "called"),
    [(0, True), (7 * DAY_MS, True), (7 * DAY_MS + 1, False), (400 * DAY_MS, False)],
)
def test_window_of_seven_days(stub: Stub, age_ms: int, called: bool) -> None:
    stub.reply(sent())
    result = send(stub.url, SendContext("k", last_inbound_ms=NOW - age_ms, now_ms=NOW))
    assert bool(stub.asked) is called
    assert result.error is None if called else result.error is not None and result.error.window_closed


def test_unknown_last_message_is_left_to_zalo(stub: Stub) -> None:
    stub.reply(sent())
    assert send(stub.url, SendContext("k", now_ms=NOW)).message_id


@pytest.mark.parametrize("token", ["", "a b", "a\nb", "khóa"])
def test_unusable_token_is_not_sent(stub: Stub, token: str) -> None:
    error = send(stub.url, account=Account("zalo", "1", token)).error
    assert error is not None
    assert error.needs_reauth
    assert not stub.asked


def row(**values: Any) -> dict[str, Any]:
    base = {"src": 0, "time": NOW, "type": "text", "message": "Xin chào", "message_id": "m1"}
    return {**base, **values}


SENT, ABSENT, UNCERTAIN = Lookup(Found.SENT, "m1"), Lookup(Found.ABSENT), Lookup(Found.UNCERTAIN)


@pytest.mark.parametrize(
    ("rows", "answer"),
    [
        ([row()], SENT),
        ([row(message="Xin  cha\u0300o\n")], SENT),
        ([row(time=NOW - 1500)], SENT),
        ([row(time=NOW - 5000)], ABSENT),
        ([row(src=1)], ABSENT),
        ([row(src="0", time=str(NOW))], SENT),
        ([row(message="Chào")], ABSENT),
        ([row(type="photo", message="", description="Xin chào")], SENT),
        ([row(type="photo", message="", description="")], ABSENT),
        ([None, 3, {}, row(time=None), row()], SENT),
        ([], ABSENT),
        ([row(src=1, message_id=str(n)) for n in range(10)], UNCERTAIN),
    ],
)
def test_find_sent(stub: Stub, rows: list[Any], answer: Lookup) -> None:
    stub.reply({"error": 0, "data": rows})
    assert channel(stub.url).find_sent(OA, USER, WIRE, NOW) == answer
    assert stub.asked[0].path == "/v2.0/oa/conversation"
    assert json.loads(stub.asked[0].query["data"]) == {"user_id": USER, "offset": 0, "count": 10}


def test_find_sent_turns_the_page(stub: Stub) -> None:
    stub.replies(
        {"error": 0, "data": [row(src=1)] * 10},
        {"error": 0, "data": [row(src=1)] * 3 + [row()] + [row(time=1)] * 6},
    )
    assert channel(stub.url).find_sent(OA, USER, WIRE, NOW) == SENT
    assert [json.loads(asked.query["data"])["offset"] for asked in stub.asked] == [0, 10]


def test_find_sent_reads_no_further_than_needed(stub: Stub) -> None:
    stub.reply({"error": 0, "data": [row(src=1)] * 9 + [row(time=NOW - 60_000)]})
    assert channel(stub.url).find_sent(OA, USER, WIRE, NOW) == ABSENT
    assert len(stub.asked) == 1


@pytest.mark.parametrize("rows", [[row(type="photo", message="", description="")]])
def test_find_sent_picture_without_text(stub: Stub, rows: list[Any]) -> None:
    stub.reply({"error": 0, "data": rows})
    (wire,) = channel(stub.url).render(Reply("", image_url="https://a.vn/1.png"))
    assert channel(stub.url).find_sent(OA, USER, wire, NOW) == SENT


@pytest.mark.parametrize("body", [{"error": -216}, b"<html>", {"error": "?"}])
def test_find_sent_that_fails_is_uncertain(stub: Stub, body: Any) -> None:
    stub.reply(body)
    assert channel(stub.url).find_sent(OA, USER, WIRE, NOW) == UNCERTAIN


def test_find_sent_without_connection_or_token(stub: Stub, refusing_url: str) -> None:
    assert channel(refusing_url).find_sent(OA, USER, WIRE, NOW) == UNCERTAIN
    stub.answer = lambda _: "hang"
    assert channel(stub.url).find_sent(OA, USER, WIRE, NOW) == UNCERTAIN
    assert channel(stub.url).find_sent(Account("zalo", "1"), USER, WIRE, NOW) == UNCERTAIN


@pytest.mark.parametrize(
    ("body", "status", "ok", "detail"),
    [
        ({"error": 0, "data": {"oa_id": "4", "name": "UBND xã"}}, 200, True, ""),
        ({"error": -216}, 200, False, "Khóa truy cập Zalo không còn hiệu lực."),
        ({"error": "x"}, 200, False, "Zalo trả lời không đúng dạng."),
        (b"<html>", 503, False, "Zalo trả lời lỗi (HTTP 503)."),
    ],
)
def test_health(stub: Stub, body: Any, status: int, ok: bool, detail: str) -> None:
    stub.reply(body, status)
    health = channel(stub.url).health(OA)
    assert (health.ok, health.detail) == (ok, detail)
    assert (stub.asked[0].method, stub.asked[0].path) == ("GET", "/v2.0/oa/getoa")


def test_health_without_connection_or_token(refusing_url: str) -> None:
    assert not channel(refusing_url).health(OA).ok
    assert "khóa" in channel(refusing_url).health(Account("zalo", "1")).detail


def test_typing_calls_nothing(stub: Stub) -> None:
    channel(stub.url).typing(OA, USER)
    assert not stub.asked
