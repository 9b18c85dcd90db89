"""Webhooks out: shapes, signatures, order, the retry ladder, unsubscribing, probes."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from typing import Any

import pytest

from connectors.sandbox import defaults
from tests.sandbox.helpers import Assistant, Hook, Sandbox

TEXT = "Tôi muốn đăng ký khai sinh https://a.vn/b"


def zalo_signed(hook: Hook) -> bool:
    """The documented formula, over the bytes as they arrived."""
    parts = [defaults.ZALO_APP_ID.encode(), hook.raw, hook.body["timestamp"].encode()]
    mac = hashlib.sha256(b"".join([*parts, defaults.ZALO_OA_SECRET_KEY.encode()])).hexdigest()
    return hook.headers["x-zevent-signature"] == f"mac={mac}"


def facebook_signed(hook: Hook) -> bool:
    mac = hmac.new(defaults.FACEBOOK_APP_SECRET.encode(), hook.raw, hashlib.sha256).hexdigest()
    return hook.headers["x-hub-signature-256"] == f"sha256={mac}"


def test_zalo_text(sandbox: Sandbox, assistant: Assistant) -> None:
    done = sandbox.says("zalo", "246845883529197922", TEXT, message_id="m1", at_ms=1727000000123)
    assert (done["status"], done["state"], done["message_id"]) == (200, "acknowledged", "m1")
    assert done["ack_ms"] > 0
    hook = assistant.wait(1)[0]
    assert hook.path == "/webhooks/zalo"
    assert zalo_signed(hook)
    assert hook.body == {
        "app_id": defaults.ZALO_APP_ID,
        "sender": {"id": "246845883529197922"},
        "user_id_by_app": hook.body["user_id_by_app"],
        "recipient": {"id": defaults.ZALO_OA_ID},
        "event_name": "user_send_text",
        "message": {"msg_id": "m1", "text": TEXT},
        "timestamp": "1727000000123",
    }
    assert TEXT.encode() in hook.raw


def test_facebook_text(sandbox: Sandbox, assistant: Assistant) -> None:
    sandbox.says("facebook", "24600000000000601", TEXT, message_id="m_1")
    hook = assistant.wait(1)[0]
    assert hook.path == "/webhooks/facebook"
    assert facebook_signed(hook)
    item = hook.body["entry"][0]["messaging"][0]
    assert item["message"] == {"mid": "m_1", "text": TEXT}
    assert (item["sender"]["id"], item["recipient"]["id"]) == ("24600000000000601", defaults.FACEBOOK_PAGE_ID)
    assert b"T\\u00f4i mu\\u1ed1n" in hook.raw
    assert b"https:\\/\\/a.vn\\/b" in hook.raw
    # a receiver that re-serialises before it verifies must fail on this text
    again = json.dumps(hook.body, separators=(",", ":")).encode()
    assert again != hook.raw


@pytest.mark.parametrize(
    ("platform", "act", "name", "found"),
    [
        ("zalo", {"kind": "payload", "payload": "#menu"}, "user_send_text", {"message": {"text": "#menu"}}),
        ("zalo", {"kind": "image"}, "user_send_image", {"message": {"attachments": [{"type": "image"}]}}),
        ("zalo", {"kind": "file"}, "user_send_file", {"message": {"attachments": [{"type": "file"}]}}),
        ("zalo", {"kind": "location"}, "user_send_location",
         {"message": {"attachments": [{"type": "location"}]}}),
        ("zalo", {"kind": "business_card"}, "user_send_business_card",
         {"message": {"attachments": [{"type": "link"}]}}),
        ("zalo", {"kind": "follow"}, "follow", {"follower": {"id": "77"}, "oa_id": defaults.ZALO_OA_ID}),
        ("zalo", {"kind": "unfollow"}, "unfollow", {"follower": {"id": "77"}}),
        ("zalo", {"kind": "click_chatnow"}, "user_click_chatnow", {"user_id": "77"}),
        ("zalo", {"kind": "withdraw"}, "user_withdraw", {"user_id": "77"}),
        ("zalo", {"kind": "submit_info", "text": "0900000000"}, "user_submit_info",
         {"info": {"phone": "0900000000"}}),
        ("zalo", {"kind": "reaction", "message_id": "x"}, "user_reacted_message",
         {"message": {"msg_id": "x"}}),
        ("zalo", {"kind": "text", "reply_to": "y"}, "user_send_text", {"message": {"quote_msg_id": "y"}}),
        ("facebook", {"kind": "payload", "payload": "#menu", "title": "Menu"}, "postback",
         {"postback": {"payload": "#menu", "title": "Menu"}}),
        ("facebook", {"kind": "quick_reply", "payload": "#skip", "title": "Không"}, "message",
         {"message": {"text": "Không", "quick_reply": {"payload": "#skip"}}}),
        ("facebook", {"kind": "get_started", "payload": "#start"}, "postback",
         {"postback": {"payload": "#start"}}),
        ("facebook", {"kind": "image"}, "message", {"message": {"attachments": [{"type": "image"}]}}),
        ("facebook", {"kind": "sticker"}, "message", {"message": {"attachments": [{"type": "sticker"}]}}),
        ("facebook", {"kind": "referral", "payload": "qr-1"}, "referral", {"referral": {"ref": "qr-1"}}),
        ("facebook", {"kind": "reaction", "message_id": "m_x"}, "reaction", {"reaction": {"mid": "m_x"}}),
        ("facebook", {"kind": "edited", "text": "sửa", "message_id": "m_x"}, "message_edit",
         {"message_edit": {"mid": "m_x", "text": "sửa"}}),
    ],
)  # fmt: skip
def test_acts(
    sandbox: Sandbox,
    assistant: Assistant,
    platform: str,
    act: dict[str, str],
    name: str,
    found: dict[str, Any],
) -> None:
    sandbox.api("POST", f"/residents/{platform}/send", user_id="77", **act)
    hook = assistant.wait(1)[0]
    assert hook.name == name
    assert zalo_signed(hook) if platform == "zalo" else facebook_signed(hook)
    event = hook.body if platform == "zalo" else hook.body["entry"][0]["messaging"][0]
    assert contains(event, found), event


def contains(whole: Any, part: Any) -> bool:
    """Is ``part`` within ``whole``?"""
    if isinstance(part, dict):
        return all(key in whole and contains(whole[key], value) for key, value in part.items())
    if isinstance(part, list):
        return len(whole) == len(part) and all(contains(a, b) for a, b in zip(whole, part, strict=True))
    return bool(whole == part)


def test_officer_in_oa_manager_has_an_admin_id(sandbox: Sandbox, assistant: Assistant) -> None:
    sandbox.says("zalo", "77")
    sandbox.api("POST", "/officers/zalo/send", user_id="77", text="Chào bà")
    hook = assistant.wait(2)[1]
    assert (hook.name, zalo_signed(hook)) == ("oa_send_text", True)
    assert hook.body["sender"] == {"id": defaults.ZALO_OA_ID, "admin_id": defaults.ZALO_ADMIN_ID}
    assert hook.body["recipient"] == {"id": "77"}
    authors = [m["author"] for m in sandbox.get("/transcript/zalo/77")["messages"]]
    assert authors == ["resident", "officer"]


@pytest.mark.parametrize(
    ("sender", "app_id"), [("", int(defaults.PAGE_INBOX_APP_ID)), ("12345", 12345), ("none", None)]
)
def test_officer_in_the_page_inbox(
    sandbox: Sandbox, assistant: Assistant, sender: str, app_id: int | None
) -> None:
    sandbox.says("facebook", "88")
    sandbox.api("POST", "/officers/facebook/send", user_id="88", text="Chào bà", sender_id=sender)
    hook = assistant.wait(2)[1]
    item = hook.body["entry"][0]["messaging"][0]
    assert item["message"]["is_echo"] is True
    assert item["message"].get("app_id") == app_id
    assert (item["sender"]["id"], item["recipient"]["id"]) == (defaults.FACEBOOK_PAGE_ID, "88")


def test_inbox_that_keeps_the_thread(sandbox: Sandbox, assistant: Assistant) -> None:
    sandbox.says("facebook", "88")
    sandbox.api("POST", "/officers/facebook/send", user_id="88", text="Tôi đây", take_control=True)
    sandbox.api(
        "POST", "/residents/facebook/send", user_id="88", kind="payload", payload="#menu", title="Menu"
    )
    hook = assistant.wait(3)[2]
    assert "messaging" not in hook.body["entry"][0]
    postback = hook.body["entry"][0]["standby"][0]["postback"]
    assert "payload" not in postback
    error = sandbox.graph("88", {"text": "bot"}).json()["error"]
    assert (error["code"], error["error_subcode"]) == (10, 2018300)
    sandbox.api("POST", "/release/88")
    assert sandbox.graph("88", {"text": "bot"}).status_code == 200


@pytest.mark.parametrize("platform", ["zalo", "facebook"])
def test_retries_until_acknowledged(sandbox: Sandbox, assistant: Assistant, platform: str) -> None:
    assistant.plan.extend([500, ("slow", 1.6), 403])
    done = sandbox.says(platform, "77", "một", wait="done")
    assert (done["attempts"], done["status"], done["state"]) == (4, 200, "acknowledged")
    assert len({hook.raw for hook in assistant.hooks}) == 1, "the same bytes each time"
    if platform == "zalo":
        assert [h.headers.get("num_retry") for h in assistant.hooks] == [None, "1", "2", "3"]


def test_order_within_a_conversation_and_freedom_between_them(sandbox: Sandbox, assistant: Assistant) -> None:
    assistant.plan.extend([500, 500])
    first = sandbox.says("zalo", "77", "một", wait=False)
    assert first["state"] in {"queued", "retrying"}
    for text in ("hai", "ba", "bốn"):
        sandbox.says("zalo", "77", text, wait=False)
    sandbox.idle()
    texts = [h.body["message"]["text"] for h in assistant.hooks]
    assert texts == ["một", "một", "một", "hai", "ba", "bốn"]
    assistant.clear()
    assistant.plan.append(("slow", 0.7))
    sandbox.says("zalo", "77", "chậm", wait=False)
    assistant.wait(1)
    assert sandbox.says("zalo", "78", "nhanh")["ack_ms"] < 600


@pytest.mark.parametrize(("platform", "attempts"), [("zalo", 6), ("facebook", 8)])
def test_unsubscribed_after_the_ladder(
    sandbox: Sandbox, assistant: Assistant, platform: str, attempts: int
) -> None:
    sandbox.api("PATCH", "/settings", ladder_factor=0.0001)
    assistant.plan.extend([503] * attempts)
    done = sandbox.says(platform, "77", wait="done")
    assert (done["attempts"], done["state"]) == (attempts, "given_up")
    assert sandbox.get("/state")["subscribed"][platform] is False
    assert sandbox.says(platform, "77", "mất")["state"] == "dropped"
    assert len(assistant.hooks) == attempts
    if platform == "facebook":
        assert sandbox.graph_call("GET", "/me/subscribed_apps").json()["data"] == []
        answer = sandbox.graph_call(
            "POST", "/me/subscribed_apps", subscribed_fields="messages,message_echoes"
        )
        assert answer.json() == {"success": True}
    else:
        sandbox.api("POST", "/subscribe/zalo")
    assert sandbox.says(platform, "77", "lại")["state"] == "acknowledged"


def test_retry_now(sandbox: Sandbox, assistant: Assistant) -> None:
    sandbox.api("PATCH", "/settings", ladder_factor=1)
    assistant.plan.append(500)
    assert sandbox.says("zalo", "77")["state"] == "retrying"
    sandbox.api("POST", "/retry")
    assistant.wait(2)
    sandbox.idle()


@pytest.mark.parametrize("platform", ["zalo", "facebook"])
@pytest.mark.parametrize("signature", ["ok", "wrong", "none", "mac=abc"])
def test_raw_bodies(sandbox: Sandbox, assistant: Assistant, platform: str, signature: str) -> None:
    assistant.plan.append(418)
    body = {"event_name": "user_send_text", "timestamp": "1", "entry": [{"messaging": [{"message": {}}]}]}
    answer = sandbox.api("POST", f"/raw/{platform}", body=body, signature=signature)
    assert answer["status"] == 418
    hook = assistant.wait(1)[0]
    header = "x-zevent-signature" if platform == "zalo" else "x-hub-signature-256"
    signed = zalo_signed if platform == "zalo" else facebook_signed
    if signature == "none":
        assert header not in hook.headers
    else:
        assert signed(hook) is (signature == "ok")


def test_raw_bytes_are_sent_as_they_are(sandbox: Sandbox, assistant: Assistant) -> None:
    sandbox.api("POST", "/raw/zalo", body="{", signature="none")
    sandbox.api("POST", "/raw/zalo", base64="//79", signature="none")
    assert [h.raw for h in assistant.wait(2)] == [b"{", b"\xff\xfe\xfd"]


def test_any_event_is_queued_and_signed(sandbox: Sandbox, assistant: Assistant) -> None:
    event = {"event_name": "permission_revoked", "timestamp": "12", "oa_id": 5}
    assert sandbox.api("POST", "/events/zalo", user_id="77", event=event)["status"] == 200
    hook = assistant.wait(1)[0]
    assert (hook.body, zalo_signed(hook)) == (event, True)


def test_many_at_once(sandbox: Sandbox, assistant: Assistant) -> None:
    acts = [{"platform": "zalo", "user_id": str(n % 20), "text": str(n)} for n in range(200)]
    threads = [
        threading.Thread(target=sandbox.api, args=("POST", "/residents/batch"), kwargs={"acts": acts[i::2]})
        for i in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sandbox.idle()
    hooks = assistant.wait(200)
    assert len(hooks) == 200
    for user in range(20):
        texts = [h.body["message"]["text"] for h in hooks if h.body["sender"]["id"] == str(user)]
        shown = [m["text"] for m in sandbox.get(f"/transcript/zalo/{user}")["messages"]]
        assert texts == shown


@pytest.mark.parametrize(
    ("method", "path", "body", "told"),
    [
        ("POST", "/residents/zalo/send", {"kind": "dance"}, "kind must be one of"),
        ("POST", "/residents/zalo/send", {"at_ms": "soon"}, "invalid literal"),
        ("POST", "/officers/zalo/send", {"text": "x"}, "user_id is missing"),
        ("POST", "/residents/batch", {"acts": 3}, "acts must be a list"),
        ("POST", "/events/zalo", {"user_id": "1", "event": {}}, "event_name"),
        ("PATCH", "/settings", {"colour": 1}, "colour"),
        ("GET", "/sends?after=x", None, "after must be a number"),
        ("POST", "/faults", ["x"], "JSON object"),
    ],
)
def test_wrong_control_calls_are_explained(
    sandbox: Sandbox, method: str, path: str, body: Any, told: str
) -> None:
    answer = sandbox.http.request(method, f"{sandbox.base}/sandbox/api{path}", json=body, timeout=20)
    assert answer.status_code == 400
    assert told in answer.json()["error"]
