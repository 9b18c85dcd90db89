"""The Graph API over real HTTP: what is asked, and what every answer, header and failure means."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.channel import Account, Author, Found, Lookup, SendContext, SendResult
from connectors.facebook.channel import FacebookChannel
from connectors.facebook.throttle import Brake, Usage, read_usage
from tests.connectors.stub import Stub

HOUR_MS = 3600 * 1000
NOW = 1_795_500_000_000
PAGE = Account("facebook", "610000000000321", "token-1")
PSID = "24001112223334445"
WIRE = {"message": {"text": "Xin chào"}}
CONTEXT = SendContext("key-1", last_inbound_ms=NOW - 1000, now_ms=NOW)
OK = {"recipient_id": PSID, "message_id": "m_1"}


class Clock:
    """Seconds, set by hand."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def channel(url: str, clock: Clock | None = None, **options: Any) -> FacebookChannel:
    brake = Brake(clock or Clock())
    return FacebookChannel(("secret", "old"), "word", url, timeout=(1.0, 0.3), brake=brake, **options)


def send(url: str, context: SendContext = CONTEXT, account: Account = PAGE) -> SendResult:
    return channel(url).send(account, PSID, WIRE, context)


def failed(code: Any, subcode: Any = None, **more: Any) -> dict[str, Any]:
    error = {
        "message": "whatever it says",
        "type": "OAuthException",
        "code": code,
        "fbtrace_id": "A1",
        **more,
    }
    return {"error": error if subcode is None else {**error, "error_subcode": subcode}}


def test_request(stub: Stub) -> None:
    stub.reply(OK)
    assert send(stub.url) == SendResult(message_id="m_1")
    (asked,) = stub.asked
    assert (asked.method, asked.path) == ("POST", f"/v25.0/{PAGE.id}/messages")
    assert asked.headers["Authorization"] == "Bearer token-1"
    proof = hmac.new(b"secret", b"token-1", hashlib.sha256).hexdigest()
    assert asked.query == {"appsecret_proof": proof}
    assert asked.body == {
        "recipient": {"id": PSID},
        "messaging_type": "RESPONSE",
        "message": {"text": "Xin chào", "metadata": "bot:key-1"},
    }


def test_without_proof(stub: Stub) -> None:
    stub.reply(OK)
    channel(stub.url, prove_calls=False).send(PAGE, PSID, WIRE, CONTEXT)
    assert stub.asked[0].query == {}


def test_wire_with_a_recipient_of_its_own(stub: Stub) -> None:
    """A private reply to a comment."""
    stub.reply(OK)
    wire = {"recipient": {"comment_id": "901_903"}, "message": {"text": "a"}}
    channel(stub.url).send(PAGE, "", wire, CONTEXT)
    assert stub.asked[0].body["recipient"] == {"comment_id": "901_903"}


BOT, OFFICER = Author.BOT, Author.OFFICER
RESPONSE = {"messaging_type": "RESPONSE"}
HUMAN = {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}


@pytest.mark.parametrize(
    ("author", "age_ms", "declared"),
    [
        (BOT, 0, RESPONSE),
        (BOT, 24 * HOUR_MS, RESPONSE),
        (BOT, 24 * HOUR_MS + 1, None),
        (BOT, 6 * 24 * HOUR_MS, None),
        (OFFICER, 24 * HOUR_MS, RESPONSE),
        (OFFICER, 24 * HOUR_MS + 1, HUMAN),
        (OFFICER, 7 * 24 * HOUR_MS, HUMAN),
        (OFFICER, 7 * 24 * HOUR_MS + 1, None),
    ],
)
def test_window(stub: Stub, author: Author, age_ms: int, declared: dict[str, str] | None) -> None:
    stub.reply(OK)
    result = send(stub.url, SendContext("k", author, NOW - age_ms, NOW))
    if declared is None:
        assert result.error is not None
        assert (result.error.code, result.error.window_closed) == ("window", True)
        assert not stub.asked
    else:
        body = stub.asked[0].body
        assert {key: body[key] for key in ("messaging_type", "tag") if key in body} == declared


def test_unknown_last_message_is_left_to_meta(stub: Stub) -> None:
    stub.reply(OK)
    assert send(stub.url, SendContext("k", now_ms=NOW)).message_id == "m_1"


LIMITED = {"4", "17", "32", "341", "613", "80001", "80006"}
RETRYABLE = {
    "1",
    "2",
    "1200",
    "190",
    "190/458",
    "190/459",
    "190/460",
    "190/463",
    "190/464",
    "190/467",
} | LIMITED
RETRYABLE |= {"190/492", "1/99"}
REAUTH = {code for code in RETRYABLE if code.startswith("190")}
WINDOW = {"10/2018278", "10/2534022", "10/2018065"}
GONE = {"10/2018108", "10/1893015", "100/2018001", "200/1545041", "551", "551/1545041", "9000001"}
OWNED = {"10/2018300", "2018300", "2018321"}
FINAL = {
    "613/2018338",
    "10/1893063",
    "10",
    "10/7",
    "200",
    "3",
    "27",
    "230",
    "294",
    "200/2018028",
    "200/2018027",
}
FINAL |= {"200/2018021", "100", "100/7", "100/2018008", "100/2018047", "100/2018074", "100/2018109"}
FINAL |= {"100/2018294", "100/33", "100/2534025", "100/2018218", "368", "368/1390008", "368/4854002", "506"}
FINAL |= {"506/1404082", "1609005", "36000", "10303", "424242"}
EVERY_CODE = sorted(RETRYABLE | WINDOW | GONE | OWNED | FINAL)


@pytest.mark.parametrize("status", [200, 400, 403])
@pytest.mark.parametrize("code", EVERY_CODE)
def test_error_table(stub: Stub, code: str, status: int) -> None:
    """By code and subcode, whatever the HTTP status."""
    number, _, subcode = code.partition("/")
    stub.reply(failed(int(number), int(subcode) if subcode else None), status)
    error = send(stub.url).error
    assert error is not None
    assert error.code == code
    assert error.reason
    assert error.retryable == (code in RETRYABLE)
    assert error.needs_reauth == (code in REAUTH)
    assert error.window_closed == (code in WINDOW)
    assert error.recipient_gone == (code in GONE)
    assert error.owned_elsewhere == (code in OWNED)
    assert error.retry_after_s == (60.0 if code in LIMITED else None)


@pytest.mark.parametrize(
    ("body", "status", "code", "retryable"),
    [
        (failed("190", "460"), 400, "190/460", True),
        (failed(424242, is_transient=True), 400, "424242", True),
        (failed(424242), 503, "424242", True),
        (failed(424242), 429, "424242", True),
        ({"error": {}}, 400, "0", False),
        ({"error": "text"}, 400, "0", False),
        ({"error": {"code": None}}, 500, "0", True),
        ({**OK, **failed(100)}, 200, "100", False),
    ],
)
def test_errors_in_odd_forms(stub: Stub, body: Any, status: int, code: str, retryable: bool) -> None:
    stub.reply(body, status)
    error = send(stub.url).error
    assert error is not None
    assert (error.code, error.retryable) == (code, retryable)


@pytest.mark.parametrize(
    ("status", "body", "unknown"),
    [
        (200, b"<html>", True),
        (200, {}, True),
        (200, {"recipient_id": PSID}, True),
        (500, b"", True),
        (502, b"<html>", True),
        (504, OK, True),
        (404, b"<html>", False),
        (302, b"", False),
        (429, b"", False),
    ],
)
def test_answers_that_are_not_the_apis(stub: Stub, status: int, body: Any, unknown: bool) -> None:
    stub.reply(body, status)
    result = send(stub.url)
    assert result.unknown is unknown
    assert result.message_id is None
    assert unknown or (result.error is not None and result.error.code == f"http/{status}")


@pytest.mark.parametrize("failure", ["hang", "drop"])
def test_time_out_and_broken_connection_are_unknown(stub: Stub, failure: str) -> None:
    stub.answer = lambda _: failure
    assert send(stub.url).unknown
    assert len(stub.asked) == 1


def test_refused_connection_may_be_repeated(refusing_url: str) -> None:
    error = send(refusing_url).error
    assert error is not None
    assert (error.code, error.retryable) == ("unreachable", True)


@pytest.mark.parametrize("token", ["", "a b", "a\r\nb"])
def test_unusable_token_is_not_sent(stub: Stub, token: str) -> None:
    error = send(stub.url, account=Account("facebook", "1", token)).error
    assert error is not None
    assert error.needs_reauth
    assert not stub.asked


BUC = "X-Business-Use-Case-Usage"


def buc(**values: Any) -> str:
    return json.dumps({"112130216863063": [{"type": "messenger", "call_count": 1, **values}]})


@pytest.mark.parametrize(
    ("headers", "usage"),
    [
        ({}, Usage()),
        ({"X-App-Usage": '{"call_count":91,"total_cputime":15,"total_time":12}'}, Usage(91.0)),
        ({"X-Page-Usage": '{"call_count":1,"total_cputime":"96"}'}, Usage(96.0)),
        ({BUC: buc(estimated_time_to_regain_access=3)}, Usage(1.0, 180.0)),
        ({BUC: buc(total_time=97), "X-App-Usage": '{"call_count":5}'}, Usage(97.0)),
        ({BUC: "nonsense", "X-App-Usage": "[]", "X-Page-Usage": "{"}, Usage()),
        ({BUC: '{"1":[null,3],"2":4}'}, Usage()),
        ({BUC: buc(estimated_time_to_regain_access=10**9)}, Usage(1.0, 24 * 3600.0)),
    ],
)
def test_usage_headers(headers: dict[str, str], usage: Usage) -> None:
    assert read_usage(headers) == usage


@pytest.mark.parametrize(
    ("body", "status", "headers", "wait_s"),
    [
        (OK, 200, {"X-App-Usage": '{"call_count":95}'}, 60.0),
        (OK, 200, {BUC: buc(estimated_time_to_regain_access=5)}, 300.0),
        (failed(613), 400, {}, 60.0),
        (failed(80001), 400, {BUC: buc(estimated_time_to_regain_access=5)}, 300.0),
        (failed(4), 403, {"Retry-After": "90"}, 90.0),
        (OK, 200, {"X-App-Usage": '{"call_count":94}'}, 0.0),
        (failed(613, 2018338), 400, {}, 0.0),
    ],
)
def test_a_page_at_its_limit_is_left_alone(
    stub: Stub, body: Any, status: int, headers: dict[str, str], wait_s: float
) -> None:
    clock = Clock()
    facebook = channel(stub.url, clock)
    stub.reply(body, status, headers)
    facebook.send(PAGE, PSID, WIRE, CONTEXT)
    stub.reply(OK)
    if wait_s:
        clock.now += wait_s - 1
        error = facebook.send(PAGE, PSID, WIRE, CONTEXT).error
        assert error is not None
        assert (error.code, error.retryable, error.retry_after_s) == ("throttled", True, pytest.approx(1.0))
        assert facebook.find_sent(PAGE, PSID, WIRE, NOW) == Lookup(Found.UNCERTAIN)
        facebook.typing(PAGE, PSID)
        assert len(stub.asked) == 1
        other_page = Account("facebook", "2", "token-2")
        assert facebook.send(other_page, PSID, WIRE, CONTEXT).message_id == "m_1"
        clock.now += 1
    assert facebook.send(PAGE, PSID, WIRE, CONTEXT).message_id == "m_1"


def test_the_longer_stop_holds() -> None:
    clock = Clock()
    brake = Brake(clock)
    brake.stop("1", 300)
    brake.stop("1", 60)
    assert (brake.wait_s("1"), brake.wait_s("2")) == (300, 0)
    clock.now += 400
    assert brake.wait_s("1") == 0


def message(at_ms: int = NOW, **values: Any) -> dict[str, Any]:
    created = datetime.fromtimestamp(at_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")
    base = {
        "id": "m_1",
        "message": "Xin chào",
        "created_time": created,
        "from": {"id": PAGE.id, "name": "UBND"},
    }
    return {**base, **values}


TEMPLATE = {"type": "template", "payload": {"template_type": "button", "text": "Đây", "buttons": []}}
TEMPLATE_WIRE = {"message": {"attachment": TEMPLATE}}
SENT, ABSENT, UNCERTAIN = Lookup(Found.SENT, "m_1"), Lookup(Found.ABSENT), Lookup(Found.UNCERTAIN)


@pytest.mark.parametrize(
    ("wire", "messages", "answer"),
    [
        (WIRE, [message()], SENT),
        (WIRE, [message(message="Xin cha\u0300o ")], SENT),
        (WIRE, [message(NOW - 1000)], SENT),
        (WIRE, [message(NOW - 60_000)], ABSENT),
        (WIRE, [message(**{"from": {"id": PSID}})], ABSENT),
        (WIRE, [message(**{"from": {"id": int(PAGE.id)}})], SENT),
        (WIRE, [message(message="khác")], ABSENT),
        (WIRE, [message(created_time="?"), None, 5, {}], ABSENT),
        (WIRE, [], ABSENT),
        (WIRE, [message(message=str(n)) for n in range(20)], UNCERTAIN),
        (TEMPLATE_WIRE, [message(message="")], SENT),
        (TEMPLATE_WIRE, [message(message="Đây")], SENT),
        (TEMPLATE_WIRE, [message(message="khác")], ABSENT),
    ],
)
def test_find_sent(stub: Stub, wire: dict[str, Any], messages: list[Any], answer: Lookup) -> None:
    stub.reply({"data": [{"id": "t_1", "messages": {"data": messages}}]})
    assert channel(stub.url).find_sent(PAGE, PSID, wire, NOW) == answer
    (asked,) = stub.asked
    assert (asked.method, asked.path) == ("GET", f"/v25.0/{PAGE.id}/conversations")
    assert asked.query["user_id"] == PSID
    assert asked.query["fields"] == "messages.limit(20){id,message,created_time,from}"


@pytest.mark.parametrize(
    ("body", "status", "answer"),
    [
        ({"data": []}, 200, ABSENT),
        (failed(190), 400, UNCERTAIN),
        (b"<html>", 200, UNCERTAIN),
        ({}, 500, UNCERTAIN),
    ],
)
def test_find_sent_other_answers(stub: Stub, body: Any, status: int, answer: Lookup) -> None:
    stub.reply(body, status)
    assert channel(stub.url).find_sent(PAGE, PSID, WIRE, NOW) == answer


def test_find_sent_without_connection_or_token(stub: Stub, refusing_url: str) -> None:
    assert channel(refusing_url).find_sent(PAGE, PSID, WIRE, NOW) == UNCERTAIN
    assert channel(stub.url).find_sent(Account("facebook", "1"), PSID, WIRE, NOW) == UNCERTAIN


def test_typing(stub: Stub, refusing_url: str) -> None:
    stub.reply({"recipient_id": PSID})
    channel(stub.url).typing(PAGE, PSID)
    assert stub.asked[0].body == {"recipient": {"id": PSID}, "sender_action": "typing_on"}
    stub.reply(failed(190), 400)
    channel(stub.url).typing(PAGE, PSID)
    channel(refusing_url).typing(PAGE, PSID)


@pytest.mark.parametrize(
    ("body", "status", "ok", "detail"),
    [
        ({"id": PAGE.id, "name": "UBND xã"}, 200, True, ""),
        ({"id": "1", "name": "khác"}, 200, False, "Khóa truy cập là của trang Facebook khác."),
        (failed(190, 460), 400, False, "Khóa truy cập của trang không còn hiệu lực, cần đăng nhập lại."),
        (b"<html>", 503, False, "Facebook trả lời lỗi (HTTP 503)."),
    ],
)
def test_health(stub: Stub, body: Any, status: int, ok: bool, detail: str) -> None:
    stub.reply(body, status)
    health = channel(stub.url).health(PAGE)
    assert (health.ok, health.detail) == (ok, detail)
    assert (stub.asked[0].method, stub.asked[0].path) == ("GET", "/v25.0/me")


def test_health_without_connection_or_token(refusing_url: str) -> None:
    assert not channel(refusing_url).health(PAGE).ok
    assert not channel(refusing_url).health(Account("facebook", "1")).ok


OUR_APP = "710000000000001"


@pytest.mark.parametrize(
    ("body", "status", "ok"),
    [
        ({"data": [{"id": "5"}, {"id": int(OUR_APP), "subscribed_fields": ["messages"]}]}, 200, True),
        ({"data": [{"id": "5"}]}, 200, False),
        ({"data": [None, 3]}, 200, False),
        (failed(190), 400, False),
    ],
)
def test_subscription(stub: Stub, body: Any, status: int, ok: bool) -> None:
    stub.reply(body, status)
    health = channel(stub.url, app_id=OUR_APP).subscription(PAGE)
    assert (health.ok, bool(health.detail)) == (ok, not ok)
    assert (stub.asked[0].method, stub.asked[0].path) == ("GET", f"/v25.0/{PAGE.id}/subscribed_apps")


@pytest.mark.parametrize(
    ("body", "status", "ok"),
    [({"success": True}, 200, True), ({"success": False}, 200, False), (failed(100), 400, False)],
)
def test_subscribe(stub: Stub, body: Any, status: int, ok: bool) -> None:
    stub.reply(body, status)
    health = channel(stub.url, app_id=OUR_APP).subscribe(PAGE)
    assert (health.ok, bool(health.detail)) == (ok, not ok)
    asked = stub.asked[0]
    assert (asked.method, asked.path) == ("POST", f"/v25.0/{PAGE.id}/subscribed_apps")
    assert {"messages", "message_echoes", "standby", "feed"} <= set(
        asked.query["subscribed_fields"].split(",")
    )
