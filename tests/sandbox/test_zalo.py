"""The stand-in Zalo: OAuth, sends, windows, quotas, history."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from connectors.sandbox import defaults
from tests.sandbox.helpers import Assistant, Sandbox
from tests.sandbox.test_webhooks import zalo_signed

DAY_MS = 86_400_000
USER = "246845883529197922"


def buttons(*items: dict[str, Any], text: str = "Chọn") -> dict[str, Any]:
    return {"text": text, "attachment": {"type": "template", "payload": {"buttons": list(items)}}}


def media(**element: Any) -> dict[str, Any]:
    payload = {"template_type": "media", "elements": [element]}
    return {"text": "Ảnh", "attachment": {"type": "template", "payload": payload}}


QUERY = {"title": "Lệ phí", "type": "oa.query.show", "payload": "#p:1.001193:fee"}
LINK = {"title": "Trang", "type": "oa.open.url", "payload": {"url": "https://a.vn"}}
PHONE = {"title": "Gọi", "type": "oa.open.phone", "payload": {"phone_code": "84251300"}}


def test_refresh_tokens_are_single_use_and_rotate(sandbox: Sandbox) -> None:
    first = sandbox.refresh(defaults.ZALO_REFRESH_TOKEN)
    assert first.keys() == {"access_token", "refresh_token", "expires_in"}
    assert first["expires_in"] == "90000"
    again = sandbox.refresh(defaults.ZALO_REFRESH_TOKEN)
    assert again["error"] < 0
    assert "access_token" not in again
    second = sandbox.refresh(first["refresh_token"])
    assert sandbox.zalo_get(first["access_token"], "/v2.0/oa/getoa")["error"] == -216, "replaced at once"
    assert sandbox.zalo_get(second["access_token"], "/v2.0/oa/getoa")["error"] == 0


def test_one_of_many_concurrent_refreshes_wins(sandbox: Sandbox) -> None:
    answers: list[dict[str, Any]] = []

    def refresh() -> None:
        import requests

        answers.append(
            requests.post(
                f"{sandbox.base}/zalo-oauth/v4/oa/access_token",
                data={
                    "app_id": defaults.ZALO_APP_ID,
                    "grant_type": "refresh_token",
                    "refresh_token": defaults.ZALO_REFRESH_TOKEN,
                },
                headers={"secret_key": defaults.ZALO_APP_SECRET},
                timeout=30,
            ).json()
        )

    threads = [threading.Thread(target=refresh) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum("access_token" in a for a in answers) == 1


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"secret": "wrong"}, -14004),
        ({"app_id": "1"}, -14002),
        ({"grant_type": "password"}, -14001),
        ({"token": "sbx-rt-9-0-forged"}, -14014),
    ],
)
def test_oauth_refusals_are_http_200_in_their_own_shape(
    sandbox: Sandbox, arguments: dict[str, str], code: int
) -> None:
    answer = sandbox.refresh(**{"token": defaults.ZALO_REFRESH_TOKEN, **arguments})
    assert answer["error"] == code
    assert {"error_name", "error_reason", "error_description", "ref_doc"} < answer.keys()


def test_tokens_expire_after_25_hours(sandbox: Sandbox) -> None:
    token = sandbox.token()
    sandbox.says("zalo", USER)
    sandbox.api("POST", "/clock", shift_ms=25 * 3_600_000 + 1000)
    assert sandbox.zalo(token, USER, {"text": "a"}).json()["error"] == -220
    assert sandbox.zalo("", USER, {"text": "a"}).json()["error"] == -216


def test_a_send_is_delivered_echoed_and_seen(sandbox: Sandbox, assistant: Assistant) -> None:
    sandbox.says("zalo", USER)
    answer = sandbox.zalo(sandbox.token(), USER, {"text": "Chào bà"})
    assert answer.status_code == 200
    assert {"X-RateLimit-Limit", "X-RateLimit-Remain"} <= answer.headers.keys()
    body = answer.json()
    assert (body["error"], body["message"]) == (0, "Success")
    message_id = body["data"]["message_id"]
    assert body["data"]["quota"] == {"quota_type": "reply", "remain": "7", "total": "8"}
    hooks = assistant.wait(4)[1:]
    assert [h.name for h in hooks] == ["oa_send_text", "user_received_message", "user_seen_message"]
    assert all(zalo_signed(h) for h in hooks)
    assert hooks[0].body["sender"] == {"id": defaults.ZALO_OA_ID}, "no admin_id: not a person"
    assert hooks[0].body["message"] == {"msg_id": message_id, "text": "Chào bà"}
    assert hooks[2].body["message"]["msg_ids"] == [message_id]
    transcript = sandbox.get(f"/transcript/zalo/{USER}?sent=1")
    assert [m["text"] for m in transcript["messages"]] == ["chào", "Chào bà"]
    assert transcript["messages"][1]["receipt"] == "seen"


@pytest.mark.parametrize(
    "message",
    [
        {"text": "à" * 2000},
        {"text": "a\u0300" * 2000},  # decomposed: counted as 2000 letters
        buttons(QUERY, LINK, PHONE, {**QUERY, "type": "oa.query.hide"}, QUERY),
        media(media_type="image", url="https://a.vn/b.jpg"),
        media(media_type="sticker", attachment_id="bfe458bf64fa8da4d4eb"),
        {"attachment": {"type": "file", "payload": {"token": "12i8"}}},
        {"text": "Trả lời", "quote_message_id": "48687128d04c9410cd5f"},
    ],
)
def test_accepted_messages(sandbox: Sandbox, message: dict[str, Any]) -> None:
    sandbox.says("zalo", USER)
    assert sandbox.zalo(sandbox.token(), USER, message).json()["error"] == 0


@pytest.mark.parametrize(
    "message",
    [
        None,
        {},
        {"text": " "},
        {"text": 5},
        {"text": "a" * 2001},
        buttons(*[QUERY] * 6),
        buttons(),
        buttons({**QUERY, "title": "t" * 101}),
        buttons({**QUERY, "payload": "p" * 1001}),
        buttons({**QUERY, "type": "oa.query"}),
        buttons({**LINK, "payload": "https://a.vn"}),
        buttons({**PHONE, "payload": {}}),
        buttons(QUERY, text=""),
        media(media_type="video", url="https://a.vn"),
        media(media_type="image"),
        media(media_type="image", url="https://a.vn", attachment_id="1"),
        {
            "text": "a",
            "attachment": {"type": "template", "payload": {"template_type": "list", "elements": [{}]}},
        },
        {"attachment": {"type": "file", "payload": {}}},
        {"attachment": []},
    ],
)
def test_refused_messages(sandbox: Sandbox, message: Any) -> None:
    sandbox.says("zalo", USER)
    answer = sandbox.zalo(sandbox.token(), USER, message)
    assert (answer.status_code, answer.json()["error"]) == (200, -201)
    assert sandbox.get("/state")["delivered"]["zalo"] == 0


def test_window_of_seven_days(sandbox: Sandbox) -> None:
    sandbox.says("zalo", USER)
    sandbox.api("POST", "/clock", shift_ms=7 * DAY_MS - 60_000)
    assert sandbox.zalo(sandbox.token(), USER, {"text": "a"}).json()["error"] == 0
    sandbox.api("POST", "/clock", shift_ms=120_000)
    answer = sandbox.zalo(sandbox.token(), USER, {"text": "a"}).json()
    assert answer == {"error": -230, "message": "User has not interacted with the OA in the past 7 days"}
    sandbox.api("POST", "/residents/zalo/send", user_id=USER, kind="follow")
    assert sandbox.zalo(sandbox.token(), USER, {"text": "a"}).json()["error"] == 0
    assert sandbox.zalo(sandbox.token(), "1", {"text": "a"}).json()["error"] == -201, "never heard of"


def test_quotas(start: Callable[..., tuple[Sandbox, Assistant]]) -> None:
    sandbox, _ = start(zalo_reply_quota=1, zalo_package_quota=1, zalo_rate_per_min=4, receipts=0, echoes=0)
    sandbox.says("zalo", USER)
    token = sandbox.token()
    kinds = []
    for _ in range(3):
        quota = sandbox.zalo(token, USER, {"text": "a"}).json()["data"].get("quota", {})
        kinds.append(quota.get("quota_type"))
    assert kinds == ["reply", "sub_quota", None]
    assert sandbox.zalo(token, USER, {"text": "a"}).headers["X-RateLimit-Remain"] == "0"
    limited = sandbox.zalo(token, USER, {"text": "a"})
    assert (limited.status_code, limited.json()["error"]) == (200, -32)
    assert limited.headers["X-RateLimit-Limit"] == "4"


def test_history_is_newest_first_and_at_most_ten(sandbox: Sandbox) -> None:
    token = sandbox.token()
    for n in range(12):
        sandbox.says("zalo", USER, f"tin {n}", wait=False)
    sandbox.zalo(token, USER, {"text": "trả lời"})
    sandbox.says("zalo", "778", "người khác", wait=False)
    answer = sandbox.zalo_get(token, "/v2.0/oa/conversation", user_id=USER, offset=0, count=10)
    assert [line["message"] for line in answer["data"]] == [
        "trả lời",
        *[f"tin {n}" for n in range(11, 2, -1)],
    ]
    newest = answer["data"][0]
    assert (newest["src"], newest["from_id"], newest["to_id"]) == (0, defaults.ZALO_OA_ID, USER)
    assert isinstance(newest["time"], int)
    page = sandbox.zalo_get(token, "/v2.0/oa/conversation", user_id=USER, offset=10, count=10)
    assert [line["message"] for line in page["data"]] == ["tin 2", "tin 1", "tin 0"]
    for wrong in ({"count": 11}, {"count": "x"}, {"offset": -1}):
        assert sandbox.zalo_get(token, "/v2.0/oa/conversation", user_id=USER, **wrong)["error"] == -201
    recent = sandbox.zalo_get(token, "/v2.0/oa/listrecentchat", offset=0, count=5)["data"]
    assert [line["message"] for line in recent] == ["người khác", "trả lời"]


def test_reads(sandbox: Sandbox) -> None:
    token = sandbox.token()
    sandbox.says("zalo", USER, name="Bà Sáu")
    detail = sandbox.zalo_get(token, "/v3.0/oa/user/detail", user_id=USER)["data"]
    assert (detail["display_name"], detail["user_is_follower"]) == ("Bà Sáu", False)
    assert sandbox.zalo_get(token, "/v2.0/oa/getoa")["data"]["oa_id"] == defaults.ZALO_OA_ID
    url, headers = f"{sandbox.base}/zalo/v3.0/oa/quota/message", {"access_token": token}
    quota = sandbox.http.post(url, json={"user_id": USER}, headers=headers, timeout=20).json()["data"]
    assert quota["cs_reply"] == {"remain": 8, "total": 8}
    url = f"{sandbox.base}/zalo/v2.0/oa/upload/image"
    upload = sandbox.http.post(url, files={"file": ("a.png", b"png")}, headers=headers, timeout=20).json()
    assert upload["data"]["attachment_id"]
    old = sandbox.http.post(f"{sandbox.base}/zalo/v2.0/oa/message", json={}, headers=headers, timeout=20)
    assert old.json()["error"] == -240


def test_appsecret_proof_is_checked_when_given(sandbox: Sandbox) -> None:
    sandbox.says("zalo", USER)
    answer = sandbox.zalo(sandbox.token(), USER, {"text": "a"}, appsecret_proof="wrong")
    assert answer.json()["error"] == -242
