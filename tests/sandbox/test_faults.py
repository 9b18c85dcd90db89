"""Every fault, over real HTTP; the page and its live feed."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.sandbox.helpers import Assistant, Sandbox

USERS = {"zalo": "246845883529197922", "facebook": "24600000000000601"}
PLATFORMS = pytest.mark.parametrize("platform", ["zalo", "facebook"])


def send(sandbox: Sandbox, platform: str, text: str = "a") -> requests.Response:
    """One send by the assistant."""
    if platform == "zalo":
        return sandbox.zalo(sandbox.token(), USERS["zalo"], {"text": text})
    return sandbox.graph(USERS["facebook"], {"text": text, "metadata": f"key-{text}"})


def outcomes(sandbox: Sandbox) -> list[tuple[str, bool]]:
    return [(s["outcome"], s["delivered"]) for s in sandbox.sends()]


def greet(sandbox: Sandbox, platform: str) -> str:
    sandbox.says(platform, USERS[platform])
    return USERS[platform]


@PLATFORMS
def test_delay(sandbox: Sandbox, platform: str) -> None:
    user = greet(sandbox, platform)
    sandbox.fault("delay", ms=300, user_id=user)
    started = time.monotonic()
    assert send(sandbox, platform).status_code == 200
    assert time.monotonic() - started >= 0.3


@PLATFORMS
def test_slow_answers_late_what_was_done_at_once(sandbox: Sandbox, platform: str) -> None:
    greet(sandbox, platform)
    sandbox.fault("slow", ms=300, platform=platform)
    started = time.monotonic()
    assert send(sandbox, platform).status_code == 200
    assert time.monotonic() - started >= 0.3
    assert outcomes(sandbox) == [("ok", True)]


@PLATFORMS
@pytest.mark.parametrize(("kind", "delivered"), [("error_before", False), ("error_after", True)])
def test_gateway_errors(
    sandbox: Sandbox, assistant: Assistant, platform: str, kind: str, delivered: bool
) -> None:
    greet(sandbox, platform)
    sandbox.fault(kind, status=503, count=1)
    assert send(sandbox, platform).status_code == 503
    assert outcomes(sandbox) == [(kind, delivered)]
    sandbox.idle()
    assert len(assistant.hooks) == 1 + 3 * delivered, "echo and receipts only for what was delivered"
    assert send(sandbox, platform).status_code == 200, "once only"
    assert sandbox.get("/state")["duplicates"][platform] == delivered


@PLATFORMS
@pytest.mark.parametrize(("kind", "delivered"), [("drop_before", False), ("timeout_after", True)])
def test_broken_connections(
    sandbox: Sandbox, assistant: Assistant, platform: str, kind: str, delivered: bool
) -> None:
    greet(sandbox, platform)
    sandbox.fault(kind, ms=200, count=1)
    with pytest.raises(requests.ConnectionError):
        send(sandbox, platform)
    assert outcomes(sandbox) == [(kind, delivered)]
    sandbox.idle()
    assert len(assistant.hooks) == 1 + 3 * delivered


@PLATFORMS
def test_a_caller_that_gives_up_first(sandbox: Sandbox, platform: str) -> None:
    user = greet(sandbox, platform)
    sandbox.fault("timeout_after", ms=1500, count=1)
    url = f"{sandbox.base}/zalo/v3.0/oa/message/cs"
    body: dict[str, Any] = {"recipient": {"user_id": user}, "message": {"text": "a"}}
    headers = {"access_token": sandbox.token()}
    if platform == "facebook":
        url = f"{sandbox.base}/graph/v25.0/me/messages"
        body = {"recipient": {"id": user}, "message": {"text": "a"}}
        headers = {"Authorization": "Bearer sandbox-page-token"}
    with pytest.raises(requests.Timeout):
        requests.post(url, json=body, headers=headers, timeout=0.3)
    assert outcomes(sandbox) == [("timeout_after", True)]
    assert send(sandbox, platform, "b").status_code == 200


def test_rate_limits(sandbox: Sandbox) -> None:
    for platform in USERS:
        greet(sandbox, platform)
    sandbox.fault("rate_limit", count=2, platform="zalo")
    sandbox.fault("rate_limit", count=1, platform="facebook")
    first = send(sandbox, "zalo")
    assert (first.status_code, first.json()["error"]) == (200, -32)
    assert first.headers["X-RateLimit-Remain"] == "0"
    assert [send(sandbox, "zalo").json()["error"] for _ in range(2)] == [-32, 0]
    limited = send(sandbox, "facebook")
    assert limited.json()["error"]["code"] == 613
    assert json.loads(limited.headers["X-App-Usage"])["call_count"] == 100
    assert send(sandbox, "facebook").status_code == 200


def test_expired_tokens(sandbox: Sandbox) -> None:
    for platform in USERS:
        greet(sandbox, platform)
    pair = sandbox.api("POST", "/zalo/grant")
    sandbox.fault("token_expired", count=1, platform="zalo")
    errors = [
        sandbox.zalo(pair["access_token"], USERS["zalo"], {"text": "a"}).json()["error"] for _ in range(2)
    ]
    assert errors == [-220, -220], "until it is refreshed"
    fresh = sandbox.refresh(pair["refresh_token"])
    assert sandbox.zalo(fresh["access_token"], USERS["zalo"], {"text": "a"}).json()["error"] == 0
    sandbox.api("POST", "/zalo/expire-token")
    assert sandbox.zalo(fresh["access_token"], USERS["zalo"], {"text": "a"}).json()["error"] == -220
    fault = sandbox.fault("token_expired", platform="facebook")
    error = send(sandbox, "facebook").json()["error"]
    assert (error["code"], error["error_subcode"]) == (190, 463)
    sandbox.api("DELETE", f"/faults/{fault['id']}")
    assert send(sandbox, "facebook").status_code == 200


@pytest.mark.parametrize(
    ("platform", "fault", "told"),
    [
        ("zalo", {"code": -227}, (-227, 0)),
        ("zalo", {"code": -211, "message": "Out"}, (-211, 0)),
        ("facebook", {"code": 1200}, (1200, 0)),
        ("facebook", {"code": 2}, (2, 0)),
        ("facebook", {"code": 551, "subcode": 1545041}, (551, 1545041)),
        ("facebook", {"code": 190, "subcode": 460}, (190, 460)),
        ("facebook", {"code": 12345, "message": "Whatever"}, (12345, 0)),
    ],
)
def test_any_platform_error(
    sandbox: Sandbox, platform: str, fault: dict[str, Any], told: tuple[int, int]
) -> None:
    greet(sandbox, platform)
    sandbox.fault("error_code", count=1, platform=platform, **fault)
    body = send(sandbox, platform).json()
    found = (
        (body["error"], 0)
        if platform == "zalo"
        else (body["error"]["code"], body["error"].get("error_subcode", 0))
    )
    assert found == told
    assert [delivered for _, delivered in outcomes(sandbox)] == [False]


@PLATFORMS
def test_duplicate_webhooks(sandbox: Sandbox, assistant: Assistant, platform: str) -> None:
    sandbox.fault("duplicate", count=1)
    greet(sandbox, platform)
    sandbox.idle()
    first, second = assistant.hooks
    assert first.raw == second.raw


@PLATFORMS
def test_out_of_order_webhooks(sandbox: Sandbox, assistant: Assistant, platform: str) -> None:
    sandbox.fault("out_of_order", count=1)
    user = USERS[platform]
    for text in ("một", "hai", "ba"):
        sandbox.says(platform, user, text, wait=False)
    sandbox.idle()
    bodies = [h.body if platform == "zalo" else h.body["entry"][0]["messaging"][0] for h in assistant.hooks]
    assert [b["message"]["text"] for b in bodies] == ["hai", "một", "ba"]
    times = [int(b["timestamp"]) for b in bodies]
    assert times[0] >= times[1]


def test_a_held_webhook_comes_at_last(sandbox: Sandbox, assistant: Assistant) -> None:
    sandbox.fault("out_of_order", count=1)
    assert sandbox.says("zalo", "77", wait="done")["state"] == "acknowledged"
    assert len(assistant.hooks) == 1


@PLATFORMS
def test_no_echo_and_no_receipts(sandbox: Sandbox, assistant: Assistant, platform: str) -> None:
    user = greet(sandbox, platform)
    sandbox.fault("no_echo", user_id=user)
    sandbox.fault("no_receipt", user_id=user, count=1)
    send(sandbox, platform)
    sandbox.idle()
    assert len(assistant.hooks) == 1
    sandbox.api("PATCH", "/settings", receipts=False)
    sandbox.api("DELETE", "/faults")
    send(sandbox, platform, "b")
    sandbox.idle()
    assert [h.name for h in assistant.hooks[1:]] == ["oa_send_text" if platform == "zalo" else "echo"]


def test_faults_of_one_person_spare_the_others(sandbox: Sandbox) -> None:
    token = sandbox.token()
    for user in ("71", "72"):
        sandbox.says("zalo", user)
    sandbox.fault("error_before", user_id="71")
    assert sandbox.zalo(token, "71", {"text": "a"}).status_code == 502
    assert sandbox.zalo(token, "72", {"text": "a"}).status_code == 200


def test_oauth_fault_after_the_grant_burns_the_refresh_token(sandbox: Sandbox) -> None:
    sandbox.fault("timeout_after", user_id="oauth", ms=1, count=1)
    with pytest.raises(requests.ConnectionError):
        sandbox.refresh("sandbox-refresh-token")
    assert sandbox.refresh("sandbox-refresh-token")["error"] == -14014


@PLATFORMS
def test_sends_count_duplicates(sandbox: Sandbox, platform: str) -> None:
    greet(sandbox, platform)
    for text in ("a", "b", "a"):
        send(sandbox, platform, text)
    sends = sandbox.sends()
    assert [(s["text"], s["copy"]) for s in sends] == [("a", 1), ("b", 1), ("a", 2)]
    assert sends[0]["key"] == sends[2]["key"] != sends[1]["key"]
    state = sandbox.get("/state")
    assert (state["delivered"][platform], state["duplicates"][platform]) == (3, 1)
    assert (
        sandbox.get(f"/sends?after={sends[1]['number']}&timeout=0")["sends"][0]["number"]
        == sends[2]["number"]
    )


def test_transcript_waits_for_answers(sandbox: Sandbox) -> None:
    greet(sandbox, "zalo")
    assert sandbox.get(f"/transcript/zalo/{USERS['zalo']}?sent=1&timeout=0.1")["complete"] is False
    send(sandbox, "zalo")
    found = sandbox.get(f"/transcript/zalo/{USERS['zalo']}?sent=1")
    assert found["complete"] is True
    assert [m["author"] for m in found["messages"]] == ["resident", "bot"]


def test_page_and_its_policy(sandbox: Sandbox) -> None:
    page = sandbox.http.get(f"{sandbox.base}/", timeout=20)
    assert page.status_code == 200
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert 'lang="vi"' in page.text
    assert "<style" not in page.text
    assert "style=" not in page.text
    for name in (
        "main.js",
        "phone.js",
        "tools.js",
        "people.js",
        "dom.js",
        "sandbox.css",
        "icon.svg",
        "giay-to.svg",
    ):
        assert sandbox.http.get(f"{sandbox.base}/sandbox/static/{name}", timeout=20).status_code == 200


def entries(stream: requests.Response) -> Iterator[tuple[str, dict[str, Any]]]:
    """The events of the live feed with their numbers, as they come."""
    stream.encoding = "utf-8"
    number = ""
    for line in stream.iter_lines(chunk_size=1, decode_unicode=True):
        if line.startswith("id: "):
            number = line[4:]
        if line.startswith("data: "):
            yield number, json.loads(line[6:])


def first(feed: Iterator[tuple[str, dict[str, Any]]], kind: str) -> tuple[str, dict[str, Any]]:
    """The next event of this kind."""
    return next((number, entry.get("data", {})) for number, entry in feed if entry["type"] == kind)


def test_feed_goes_on_where_it_was(sandbox: Sandbox) -> None:
    url = f"{sandbox.base}/sandbox/feed"
    with requests.get(url, stream=True, timeout=20) as stream:
        feed = entries(stream)
        first(feed, "hello")
        sandbox.says("zalo", "77", "một")
        number, data = first(feed, "message")
        assert data["text"] == "một"
    sandbox.says("zalo", "77", "hai")
    with requests.get(url, headers={"Last-Event-ID": number}, stream=True, timeout=20) as stream:
        assert first(entries(stream), "message")[1]["text"] == "hai"
