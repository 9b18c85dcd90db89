"""The stand-in Graph: Send API, windows, errors, reads; and a client that others wrote for the real one."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from pyfacebook import FacebookApi, FacebookError, GraphAPI

from connectors.sandbox import defaults
from connectors.sandbox.signing import appsecret_proof
from tests.sandbox.helpers import Assistant, Sandbox
from tests.sandbox.test_webhooks import facebook_signed

HOUR_MS = 3_600_000
PSID = "24600000000000601"


def template(*buttons: dict[str, Any], text: str = "Chọn") -> dict[str, Any]:
    payload = {"template_type": "button", "text": text, "buttons": list(buttons)}
    return {"attachment": {"type": "template", "payload": payload}}


def quick(count: int, title: str = "Có", payload: str = "#y", text: str | None = "Hỏi") -> dict[str, Any]:
    replies = [{"content_type": "text", "title": title, "payload": payload}] * count
    return {"quick_replies": replies, **({"text": text} if text else {})}


PERSONA = {"name": "Cán bộ Một cửa", "profile_picture_url": "https://xa.example/officer.png"}
POSTBACK = {"type": "postback", "title": "Lệ phí", "payload": "#p"}
LINK = {"type": "web_url", "title": "Trang", "url": "https://a.vn"}
PHONE = {"type": "phone_number", "title": "Gọi", "payload": "+84251300"}


def code(answer: Any) -> tuple[int, int]:
    error = answer.json()["error"]
    assert {"message", "type", "code", "fbtrace_id"} <= error.keys()
    assert answer.status_code >= 400
    return error["code"], error.get("error_subcode", 0)


def test_a_send_is_delivered_echoed_and_read(sandbox: Sandbox, assistant: Assistant) -> None:
    sandbox.says("facebook", PSID)
    answer = sandbox.graph(PSID, {"text": "Chào bà", "metadata": "bot:1"})
    assert answer.status_code == 200
    assert answer.json().keys() == {"recipient_id", "message_id"}
    mid = answer.json()["message_id"]
    usage = json.loads(answer.headers["X-App-Usage"])
    assert usage.keys() == {"call_count", "total_cputime", "total_time"}
    business = json.loads(answer.headers["X-Business-Use-Case-Usage"])[defaults.FACEBOOK_PAGE_ID][0]
    assert business["type"] == "messenger"
    hooks = assistant.wait(4)[1:]
    assert [h.name for h in hooks] == ["echo", "delivery", "read"]
    assert all(facebook_signed(h) for h in hooks)
    item = hooks[0].body["entry"][0]["messaging"][0]
    assert item["message"] == {
        "is_echo": True,
        "app_id": int(defaults.FACEBOOK_APP_ID),
        "mid": mid,
        "text": "Chào bà",
        "metadata": "bot:1",
    }
    assert hooks[1].body["entry"][0]["messaging"][0]["delivery"]["mids"] == [mid]


@pytest.mark.parametrize(
    "message",
    [
        {"text": "à" * 2000},
        quick(13, "t" * 20),
        template(POSTBACK, LINK, PHONE, text="à" * 640),
        {"attachment": {"type": "image", "payload": {"url": "https://a.vn/b.jpg"}}},
        {**quick(1, text=None), "attachment": {"type": "image", "payload": {"url": "https://a.vn/b.jpg"}}},
        {"attachment": {"type": "template", "payload": {"template_type": "generic", "elements": [
            {"title": "Thẻ", "subtitle": "Dòng", "buttons": [POSTBACK]}]}}},
    ],
)  # fmt: skip
def test_accepted_messages(sandbox: Sandbox, message: dict[str, Any]) -> None:
    sandbox.says("facebook", PSID)
    assert sandbox.graph(PSID, message).status_code == 200


@pytest.mark.parametrize(
    "message",
    [
        None,
        {},
        {"text": ""},
        {"text": "a" * 2001},
        {"text": "a", "metadata": "m" * 1001},
        {"text": "a", "attachment": {"type": "image", "payload": {"url": "https://a.vn"}}},
        quick(14),
        quick(1, title="t" * 21),
        quick(1, payload="p" * 1001),
        template(text="Chọn"),
        template(*[POSTBACK] * 4),
        template(POSTBACK, text="a" * 641),
        template({**POSTBACK, "title": "t" * 21}),
        template({**PHONE, "payload": "0251300"}),
        template({**LINK, "url": "a.vn"}),
        template({"type": "postback", "title": "Không payload"}),
        {"attachment": {"type": "image", "payload": {}}},
        {"attachment": {"type": "hologram", "payload": {"url": "https://a.vn"}}},
    ],
)
def test_refused_messages(sandbox: Sandbox, message: Any) -> None:
    sandbox.says("facebook", PSID)
    assert code(sandbox.graph(PSID, message)) == (100, 0)
    assert sandbox.get("/state")["delivered"]["facebook"] == 0


def test_windows(sandbox: Sandbox) -> None:
    sandbox.says("facebook", PSID)
    human = {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}
    sandbox.api("POST", "/clock", shift_ms=24 * HOUR_MS + 1000)
    assert code(sandbox.graph(PSID, {"text": "a"})) == (10, 2018278)
    assert code(sandbox.graph(PSID, {"text": "a"}, messaging_type="UPDATE")) == (10, 2018278)
    assert sandbox.graph(PSID, {"text": "a"}, **human).status_code == 200
    retired = {"messaging_type": "MESSAGE_TAG", "tag": "ACCOUNT_UPDATE"}
    assert code(sandbox.graph(PSID, {"text": "a"}, **retired)) == (100, 0)
    sandbox.api("POST", "/clock", shift_ms=6 * 24 * HOUR_MS)
    assert code(sandbox.graph(PSID, {"text": "a"}, **human)) == (10, 2018278)
    assert code(sandbox.graph("999", {"text": "a"})) == (100, 2018001)


def test_tokens_and_proofs(sandbox: Sandbox) -> None:
    sandbox.says("facebook", PSID)
    assert code(sandbox.graph(PSID, {"text": "a"}, token="")) == (104, 0)
    assert code(sandbox.graph(PSID, {"text": "a"}, token="wrong")) == (190, 0)
    proof = appsecret_proof(defaults.FACEBOOK_APP_SECRET, defaults.FACEBOOK_PAGE_TOKEN)
    assert sandbox.graph(PSID, {"text": "a"}, appsecret_proof=proof).status_code == 200
    assert code(sandbox.graph(PSID, {"text": "a"}, appsecret_proof="0" * 64)) == (100, 0)
    url = f"{sandbox.base}/graph/banana/me"
    assert code(sandbox.http.get(url, params={"access_token": "x"}, timeout=20)) == (2500, 0)
    debug = sandbox.graph_call("GET", "/debug_token", input_token=defaults.FACEBOOK_PAGE_TOKEN).json()["data"]
    assert (debug["is_valid"], debug["expires_at"]) == (True, 0)
    assert sandbox.graph_call("GET", "/debug_token", input_token="x").json()["data"]["is_valid"] is False


def test_sender_actions(sandbox: Sandbox) -> None:
    sandbox.says("facebook", PSID)
    body = {"recipient": {"id": PSID}, "sender_action": "typing_on"}
    assert sandbox.graph_call("POST", "/me/messages", body).json() == {"recipient_id": PSID}
    assert code(sandbox.graph_call("POST", "/me/messages", {**body, "sender_action": "dance"})) == (100, 0)
    assert code(sandbox.graph_call("POST", "/me/messages", {**body, "message": {"text": "a"}})) == (100, 0)
    assert sandbox.sends() == []


def test_conversations(sandbox: Sandbox) -> None:
    sandbox.says("facebook", PSID, "chào", name="Bà Sáu")
    mid = sandbox.graph(PSID, {"text": "Chào bà"}).json()["message_id"]
    fields = "is_owner,messages.limit(1){id,message,created_time,from}"
    path = f"/{defaults.FACEBOOK_PAGE_ID}/conversations"
    data = sandbox.graph_call("GET", path, user_id=PSID, fields=fields).json()["data"]
    assert len(data) == 1
    assert data[0]["is_owner"] is True
    (message,) = data[0]["messages"]["data"]
    assert (message["id"], message["message"], message["from"]["id"]) == (
        mid,
        "Chào bà",
        defaults.FACEBOOK_PAGE_ID,
    )
    assert message["created_time"].endswith("+0000")
    assert sandbox.graph_call("GET", path, user_id="999").json()["data"] == []
    assert len(sandbox.graph_call("GET", path).json()["data"]) == 1
    thread = sandbox.graph_call("GET", f"/{data[0]['id']}/messages", fields="message").json()["data"]
    assert [m["message"] for m in thread] == ["Chào bà", "chào"]
    profile = sandbox.graph_call("GET", f"/{PSID}", fields="first_name,last_name").json()
    assert profile == {"first_name": "Sáu", "last_name": "Bà", "id": PSID}
    assert code(sandbox.graph_call("GET", f"/{PSID}", fields="phone")) == (100, 0)
    assert code(sandbox.graph_call("GET", "/404404")) == (100, 33)
    assert code(sandbox.graph_call("GET", path, fields="a{")) == (2500, 0)


def test_a_message_under_a_persona(sandbox: Sandbox) -> None:
    sandbox.says("facebook", PSID)
    persona = sandbox.graph_call("POST", "/me/personas", PERSONA).json()["id"]
    body = {"recipient": {"id": PSID}, "message": {"text": "Chào bà"}}
    assert sandbox.graph_call("POST", "/me/messages", {**body, "persona_id": persona}).status_code == 200
    shown = sandbox.get(f"/transcript/facebook/{PSID}")["messages"]
    assert [(m["text"], m["persona"]) for m in shown if m["author"] != "resident"] == [
        ("Chào bà", PERSONA["name"])
    ]
    sandbox.graph_call("DELETE", f"/{persona}")
    assert code(sandbox.graph_call("POST", "/me/messages", {**body, "persona_id": persona})) == (100, 0)


def test_profile_personas_and_subscriptions(sandbox: Sandbox) -> None:
    menu = {"persistent_menu": [{"locale": "default", "call_to_actions": []}]}
    assert code(sandbox.graph_call("POST", "/me/messenger_profile", menu)) == (100, 0)
    body = {"get_started": {"payload": "#start"}, **menu}
    assert sandbox.graph_call("POST", "/me/messenger_profile", body).json() == {"result": "success"}
    read = sandbox.graph_call("GET", "/me/messenger_profile", fields="get_started,greeting").json()
    assert read == {"data": [{"get_started": {"payload": "#start"}}]}
    sandbox.graph_call("DELETE", "/me/messenger_profile", {"fields": ["get_started", "persistent_menu"]})
    assert sandbox.graph_call("GET", "/me/messenger_profile", fields="get_started").json() == {"data": []}
    persona = sandbox.graph_call("POST", "/me/personas", PERSONA).json()["id"]
    assert [p["id"] for p in sandbox.graph_call("GET", "/me/personas").json()["data"]] == [persona]
    assert code(sandbox.graph_call("POST", "/me/personas", {"name": "Cán bộ"})) == (100, 0)  # no picture
    assert sandbox.graph_call("DELETE", f"/{persona}").json() == {"success": True}
    answer = sandbox.graph_call("POST", "/me/subscribed_apps", subscribed_fields="messages,nonsense")
    assert code(answer) == (100, 0)
    sandbox.graph_call("POST", "/me/subscribed_apps", subscribed_fields="messages,message_echoes")
    (app,) = sandbox.graph_call("GET", "/me/subscribed_apps").json()["data"]
    assert (app["id"], app["subscribed_fields"]) == (defaults.FACEBOOK_APP_ID, ["message_echoes", "messages"])
    sandbox.graph_call("DELETE", "/me/subscribed_apps")
    assert sandbox.says("facebook", PSID)["state"] == "dropped"


def test_thread_control(sandbox: Sandbox) -> None:
    sandbox.says("facebook", PSID)
    assert sandbox.graph_call("GET", "/me/thread_owner", recipient=PSID).json() == {"data": []}
    body = {"recipient": {"id": PSID}, "target_app_id": defaults.PAGE_INBOX_APP_ID}
    assert sandbox.graph_call("POST", "/me/pass_thread_control", body).json() == {"success": True}
    owner = sandbox.graph_call("GET", "/me/thread_owner", recipient=PSID).json()["data"][0]["thread_owner"]
    assert owner["app_id"] == defaults.PAGE_INBOX_APP_ID
    assert code(sandbox.graph_call("POST", "/me/take_thread_control", body)) == (27, 0)
    assert code(sandbox.graph(PSID, {"text": "a"})) == (10, 2018300)
    sandbox.graph_call("POST", "/me/release_thread_control", body)
    assert sandbox.graph(PSID, {"text": "a"}).status_code == 200


def test_rate_limit(start: Callable[..., tuple[Sandbox, Assistant]]) -> None:
    sandbox, _ = start(facebook_rate_per_min=2, echoes=0, receipts=0)
    sandbox.says("facebook", PSID)
    shares = []
    for _ in range(2):
        shares.append(json.loads(sandbox.graph(PSID, {"text": "a"}).headers["X-App-Usage"])["call_count"])
    assert shares == [50, 100]
    limited = sandbox.graph(PSID, {"text": "a"})
    assert code(limited) == (613, 0)
    business = json.loads(limited.headers["X-Business-Use-Case-Usage"])[defaults.FACEBOOK_PAGE_ID][0]
    assert business["estimated_time_to_regain_access"] > 0


class TestForeignClient:
    """python-facebook, written by others against Meta's own servers."""

    @pytest.fixture
    def client(self, sandbox: Sandbox) -> GraphAPI:
        return GraphAPI(
            app_id=defaults.FACEBOOK_APP_ID,
            app_secret=defaults.FACEBOOK_APP_SECRET,
            access_token=defaults.FACEBOOK_PAGE_TOKEN,
            base_url=f"{sandbox.base}/graph/",
            version="v24.0",
            timeout=20,
        )

    def test_sends_as_a_form(self, sandbox: Sandbox, assistant: Assistant, client: GraphAPI) -> None:
        sandbox.says("facebook", PSID)
        data = {"recipient": json.dumps({"id": PSID}), "message": json.dumps({"text": "Chào bà"})}
        sent = client.post_object("me", "messages", data=data)
        assert sent["recipient_id"] == PSID
        assert sandbox.get(f"/transcript/facebook/{PSID}")["messages"][-1]["message_id"] == sent["message_id"]
        limit = client.rate_limit.get_limit()
        assert limit.max_percent() == 1
        business = client.rate_limit.get_limit(defaults.FACEBOOK_PAGE_ID, "messenger")
        assert business.type == "messenger"

    def test_reads_errors(self, client: GraphAPI) -> None:
        data = {"recipient": json.dumps({"id": "999"}), "message": json.dumps({"text": "a"})}
        with pytest.raises(FacebookError) as caught:
            client.post_object("me", "messages", data=data)
        assert caught.value.code == 100
        client.access_token = "wrong"
        with pytest.raises(FacebookError) as caught:
            client.get_object("me")
        assert caught.value.code == 190

    def test_reads_objects_and_edges(self, sandbox: Sandbox, client: GraphAPI) -> None:
        sandbox.says("facebook", PSID, "một")
        sandbox.says("facebook", PSID, "hai")
        assert (
            client.get_object(defaults.FACEBOOK_PAGE_ID, fields="id,name")["name"]
            == defaults.FACEBOOK_PAGE_NAME
        )
        edge = client.get_full_connections(
            defaults.FACEBOOK_PAGE_ID, "conversations", user_id=PSID, fields="id,messages{message}"
        )
        assert [m["message"] for m in edge["data"][0]["messages"]["data"]] == ["hai", "một"]
        assert client.delete_object("me", "subscribed_apps") == {"success": True}
        assert client.get_connection("me", "subscribed_apps")["data"] == []

    def test_typed_models(self, sandbox: Sandbox) -> None:
        sandbox.says("facebook", PSID, "một")
        api = FacebookApi(
            access_token=defaults.FACEBOOK_PAGE_TOKEN, base_url=f"{sandbox.base}/graph/", version="v24.0"
        )
        page = api.page.get_info(page_id=defaults.FACEBOOK_PAGE_ID)
        assert (page.id, page.name) == (defaults.FACEBOOK_PAGE_ID, defaults.FACEBOOK_PAGE_NAME)
        conversation = api.conversation.get_info(conversation_id=f"t_{PSID}")
        assert (conversation.id, conversation.message_count) == (f"t_{PSID}", 1)
        mid = sandbox.get(f"/transcript/facebook/{PSID}")["messages"][0]["message_id"]
        message = api.message.get_info(message_id=mid, fields="id,message,from,created_time")
        assert (message.message, message._from["id"]) == ("một", PSID)
