"""Comments on the stand-in pages: what python-facebook gets of them, and what our own connector does."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from pyfacebook import FacebookApi, FacebookError

from connectors.channel import Account, Found, Health
from connectors.facebook.channel import FacebookChannel
from connectors.facebook.comments import NOT_ELIGIBLE, FacebookComments
from connectors.sandbox import defaults
from tests.sandbox.helpers import Assistant, Sandbox

PAGE = defaults.FACEBOOK_PAGE_ID
PSID = "24600000000000701"
DAY_MS = 86_400_000
WIRE: dict[str, Any] = {"message": {"text": "Dạ, ông/bà cần giấy chứng sinh."}}


@pytest.fixture
def api(sandbox: Sandbox) -> FacebookApi:
    token = defaults.FACEBOOK_PAGE_TOKEN
    return FacebookApi(access_token=token, base_url=f"{sandbox.base}/graph/", version="v24.0")


@pytest.fixture
def post(sandbox: Sandbox) -> str:
    return str(sandbox.api("POST", f"/pages/{PAGE}/posts", message="Mời họp")["id"])


@pytest.fixture
def ours(sandbox: Sandbox) -> FacebookComments:
    return FacebookChannel(("sandbox-facebook-app-secret",), "v", f"{sandbox.base}/graph").comments


@pytest.fixture
def page() -> Account:
    return Account("facebook", PAGE, defaults.FACEBOOK_PAGE_TOKEN)


def commented(sandbox: Sandbox, post: str, text: str = "Cần giấy gì?", **more: str) -> str:
    values = {"user_id": PSID, "name": "Bà Sáu", "text": text, **more}
    return str(sandbox.api("POST", f"/pages/posts/{post}/comments", **values)["id"])


def told(sandbox: Sandbox, assistant: Assistant) -> list[dict[str, Any]]:
    """What the page's feed told of comments."""
    sandbox.idle()
    values = [
        entry["changes"][0]["value"]
        for hook in assistant.hooks
        for entry in hook.body["entry"]
        if "changes" in entry
    ]
    return [value for value in values if value["item"] == "comment"]


class TestWithAnIndependentClient:
    def test_lists_and_reads(self, sandbox: Sandbox, api: FacebookApi, post: str) -> None:
        first, second = commented(sandbox, post), commented(sandbox, post, "Còn lệ phí?")
        commented(sandbox, post, "Tôi cũng hỏi", parent=first)
        found = api.post.get_comments(object_id=post, summary=True, fields="id,message,from,created_time")
        assert [comment.id for comment in found.data] == [first, second]
        assert found.summary.total_count == 2
        everything = api.post.get_comments(object_id=post, filter_type="stream", limit=2, count=None)
        assert len(everything.data) == 3  # page by page
        info = api.comment.get_info(comment_id=first)
        assert (info.id, info.message, info.comment_count) == (first, "Cần giấy gì?", 1)
        assert info.permalink_url.startswith("https://www.facebook.com/")

    def test_answers_edits_hides_deletes(self, sandbox: Sandbox, api: FacebookApi, post: str) -> None:
        comment = commented(sandbox, post)
        made = api.comment.create(object_id=comment, message="Đã nhắn riêng", fields="id,message")
        assert made.message == "Đã nhắn riêng"
        changed = api.comment.update(comment_id=made.id, message="Đã nhắn riêng ạ", fields="id,message")
        assert changed.message == "Đã nhắn riêng ạ"
        assert api.comment.update(comment_id=comment, is_hidden=True) == {"success": True}
        hidden = api.comment.get_info(comment_id=comment, fields="id,is_hidden", return_json=True)
        assert hidden == {"is_hidden": True, "id": comment}
        assert api.comment.delete(comment_id=comment) == {"success": True}
        with pytest.raises(FacebookError, match="Unsupported request"):
            api.comment.get_info(comment_id=comment)

    @pytest.mark.parametrize("field", ["no_such_field", "text"])
    def test_one_wrong_field_fails_all(
        self, sandbox: Sandbox, api: FacebookApi, post: str, field: str
    ) -> None:
        with pytest.raises(FacebookError, match="nonexisting field"):
            api.comment.get_info(comment_id=commented(sandbox, post), fields=f"id,{field}")

    def test_may_not_change_a_residents_words(self, sandbox: Sandbox, api: FacebookApi, post: str) -> None:
        with pytest.raises(FacebookError):
            api.comment.update(comment_id=commented(sandbox, post), message="Khen xã")


class TestOurs:
    def test_answers_in_public(
        self, sandbox: Sandbox, ours: FacebookComments, page: Account, post: str
    ) -> None:
        comment = commented(sandbox, post)
        assert ours.find_reply(page, comment, "Đã nhắn riêng", 0).found is Found.ABSENT
        done = ours.reply(page, comment, "Đã nhắn riêng")
        found = ours.find_reply(page, comment, "Đã nhắn  riêng", 0)
        assert (found.found, found.message_id) == (Found.SENT, done.message_id)

    def test_one_private_reply(
        self, sandbox: Sandbox, ours: FacebookComments, page: Account, post: str
    ) -> None:
        comment = commented(sandbox, post)
        assert ours.find_private(page, comment).found is Found.ABSENT
        done = ours.private_reply(page, comment, WIRE, "k1")
        assert done.result.message_id and done.recipient == PSID
        assert ours.find_private(page, comment).found is Found.SENT
        again = ours.private_reply(page, comment, WIRE, "k1")
        assert again.result.error is not None and again.result.error.code == NOT_ELIGIBLE
        (shown,) = sandbox.get(f"/transcript/facebook/{PSID}")["messages"]
        assert shown["text"] == WIRE["message"]["text"]

    def test_not_after_seven_days(
        self, sandbox: Sandbox, ours: FacebookComments, page: Account, post: str
    ) -> None:
        comment = commented(sandbox, post)
        sandbox.api("POST", "/clock", shift_ms=7 * DAY_MS + 1000)
        error = ours.private_reply(page, comment, WIRE, "k1").result.error
        assert error is not None and error.code == NOT_ELIGIBLE
        assert ours.find_private(page, comment).found is Found.UNCERTAIN

    def test_a_private_reply_opens_no_thread(
        self, sandbox: Sandbox, ours: FacebookComments, page: Account, post: str
    ) -> None:
        assert ours.private_reply(page, commented(sandbox, post), WIRE, "k1").result.message_id
        channel = FacebookChannel(("sandbox-facebook-app-secret",), "v", f"{sandbox.base}/graph")
        answer = channel.graph.call(
            "POST", page, f"/{PAGE}/messages", body={"recipient": {"id": PSID}, **WIRE}
        )
        assert answer.body is not None and answer.body["error"]["error_subcode"] == 2018278

    def test_hides_and_shows(
        self, sandbox: Sandbox, ours: FacebookComments, page: Account, post: str
    ) -> None:
        comment = commented(sandbox, post, "0912345678")
        assert ours.hide(page, comment).message_id == comment
        assert ours.hide(page, comment).message_id == comment  # twice is once
        (seen,) = _listed(ours, page, post)
        assert seen.hidden
        ours.hide(page, comment, hidden=False)
        assert not _listed(ours, page, post)[0].hidden

    def test_what_is_under_a_post(
        self, sandbox: Sandbox, ours: FacebookComments, page: Account, post: str
    ) -> None:
        first = commented(sandbox, post)
        second = commented(sandbox, post, "", picture="https://scontent.xx.fbcdn.net/a.jpg", parent=first)
        one, two = _listed(ours, page, post)
        assert (one.id, one.message, one.author_name, one.parent) == (first, "Cần giấy gì?", "Bà Sáu", "")
        assert (two.id, two.picture, two.parent) == (second, True, first)
        assert not ours.under(page, post, 4_000_000_000_000)
        assert isinstance(ours.under(page, f"{PAGE}_1"), Health)
        assert ours.exists(page, first) is True
        assert ours.exists(page, "1_1") is False

    @pytest.mark.parametrize("kind", ["timeout_after", "error_after"])
    def test_what_is_unclear_can_be_looked_up(
        self, sandbox: Sandbox, ours: FacebookComments, page: Account, post: str, kind: str
    ) -> None:
        comment = commented(sandbox, post)
        sandbox.fault(kind, platform="facebook", user_id="private", count=1, ms=30)
        assert ours.private_reply(page, comment, WIRE, "k1").result.unknown
        assert ours.find_private(page, comment).found is Found.SENT
        sandbox.fault(kind, platform="facebook", user_id="comments", count=1, ms=30)
        assert ours.reply(page, comment, "Đã nhắn riêng").unknown
        assert ours.find_reply(page, comment, "Đã nhắn riêng", 0).found is Found.SENT


def _listed(ours: FacebookComments, page: Account, post: str) -> list[Any]:
    found = ours.under(page, post)
    assert not isinstance(found, Health)
    return found


def test_webhooks(sandbox: Sandbox, assistant: Assistant, post: str) -> None:
    comment = commented(sandbox, post)
    sandbox.api("PATCH", f"/pages/comments/{comment}", text="Cần giấy gì vậy?")
    sandbox.api("PATCH", f"/pages/comments/{comment}", hidden=True)
    sandbox.api("DELETE", f"/pages/comments/{comment}")
    values = told(sandbox, assistant)
    assert sorted(value["verb"] for value in values) == ["add", "edited", "hide", "remove"]
    added = next(value for value in values if value["verb"] == "add")
    assert added["from"] == {"id": f"5{PSID}", "name": "Bà Sáu"}
    assert (added["post_id"], added["parent_id"], added["message"]) == (post, post, "Cần giấy gì?")
    removed = next(value for value in values if value["verb"] == "remove")
    assert "message" not in removed and "created_time" not in removed


def test_the_page_to_comment_on(sandbox: Sandbox) -> None:
    answer = requests.get(f"{sandbox.base}/trang", timeout=10)
    assert answer.status_code == 200 and "script-src 'self'" in answer.headers["Content-Security-Policy"]
    assert defaults.FACEBOOK_PAGE_NAME in answer.text and "style=" not in answer.text
    for name in ("pages.js", "pages.css"):
        assert requests.get(f"{sandbox.base}/sandbox/static/{name}", timeout=10).status_code == 200
