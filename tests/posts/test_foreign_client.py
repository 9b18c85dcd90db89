"""python-facebook, a client library of others, on the stand-in's pages: it is not our own echo."""

from __future__ import annotations

import io
import json
import time
from typing import Any

import pytest
import requests
from pyfacebook import GraphAPI
from pyfacebook.exceptions import FacebookError

from connectors.sandbox import defaults
from tests.posts.newsroom import PAGE, PAGE2, a_picture
from tests.sandbox.helpers import Assistant, Sandbox


@pytest.fixture
def sandbox(stand_ins: tuple[Sandbox, Assistant]) -> Sandbox:
    stand_ins[0].api("POST", "/reset")
    return stand_ins[0]


def client(sandbox: Sandbox, token: str = defaults.FACEBOOK_PAGE_TOKEN, **more: Any) -> GraphAPI:
    return GraphAPI(
        app_id=defaults.FACEBOOK_APP_ID,
        app_secret=defaults.FACEBOOK_APP_SECRET,
        access_token=token,
        base_url=f"{sandbox.base}/graph/",
        version="v24.0",
        **more,
    )


def test_post_read_edit_delete(sandbox: Sandbox) -> None:
    api = client(sandbox)
    made = api.post_object(object_id=PAGE, connection="feed", data={"message": "Mời họp"})
    assert made["id"].startswith(f"{PAGE}_")
    read = api.get_object(object_id=made["id"], fields="id,message,created_time,permalink_url,is_published")
    assert (read["message"], read["is_published"]) == ("Mời họp", True)
    assert api.post_object(object_id=made["id"], data={"message": "Dời họp"}) == {"success": True}
    listed = api.get_connection(object_id=PAGE, connection="published_posts", fields="id,message")
    assert [post["message"] for post in listed["data"]] == ["Dời họp"]
    assert api.delete_object(object_id=made["id"]) == {"success": True}
    with pytest.raises(FacebookError) as error:
        api.get_object(object_id=made["id"])
    assert error.value.code == 100


def test_photos_then_a_post_of_several(sandbox: Sandbox) -> None:
    api = client(sandbox)
    photos = []
    for number in range(3):
        answer = requests.post(
            f"{sandbox.base}/graph/v24.0/{PAGE}/photos",
            params={"access_token": defaults.FACEBOOK_PAGE_TOKEN},
            data={"published": "false"},
            files={"source": ("a.jpg", io.BytesIO(a_picture(number)), "image/jpeg")},
            timeout=10,
        ).json()
        photos.append({"media_fbid": answer["id"]})
    made = api.post_object(
        object_id=PAGE, connection="feed", data={"message": "Ảnh", "attached_media": json.dumps(photos)}
    )
    fields = "attachments{media,subattachments},full_picture"
    read = api.get_object(object_id=made["id"], fields=fields)
    parts = read["attachments"]["data"][0]["subattachments"]["data"]
    assert len(parts) == 3
    assert requests.get(parts[0]["media"]["image"]["src"], timeout=10).content.startswith(b"\xff\xd8")
    with pytest.raises(FacebookError):  # a photo belongs to one post
        api.post_object(object_id=PAGE, connection="feed", data={"attached_media": json.dumps(photos)})


@pytest.mark.parametrize(
    ("ahead_s", "taken"), [(5 * 60, False), (11 * 60, True), (29 * 86_400, True), (31 * 86_400, False)]
)
def test_the_limits_of_scheduling(sandbox: Sandbox, ahead_s: int, taken: bool) -> None:
    api = client(sandbox)
    when = int(time.time()) + ahead_s
    data = {"message": "Hẹn giờ", "published": "false", "scheduled_publish_time": str(when)}
    if not taken:
        with pytest.raises(FacebookError):
            api.post_object(object_id=PAGE, connection="feed", data=data)
        return
    api.post_object(object_id=PAGE, connection="feed", data=data)
    assert not api.get_connection(object_id=PAGE, connection="published_posts")["data"]
    assert len(api.get_connection(object_id=PAGE, connection="scheduled_posts")["data"]) == 1
    sandbox.api("POST", "/clock", shift_ms=(ahead_s + 1) * 1000)
    assert len(api.get_connection(object_id=PAGE, connection="published_posts")["data"]) == 1


def test_lists_have_pages(sandbox: Sandbox) -> None:
    api = client(sandbox)
    for number in range(7):
        api.post_object(object_id=PAGE, connection="feed", data={"message": f"Bài {number}"})
    found = api.get_full_connections(object_id=PAGE, connection="posts", count=7, limit=3, fields="message")
    assert sorted(post["message"] for post in found["data"]) == [f"Bài {n}" for n in range(7)]


def test_insights(sandbox: Sandbox) -> None:
    api = client(sandbox)
    made = api.post_object(object_id=PAGE, connection="feed", data={"message": "Mời họp"})
    sandbox.api("PATCH", f"/pages/posts/{made['id']}", views=90)
    told = api.get_connection(object_id=made["id"], connection="insights", metric="post_media_view")
    assert told["data"][0]["values"] == [{"value": 90}]
    with pytest.raises(FacebookError):  # gone since 2025-11-15
        api.get_connection(object_id=made["id"], connection="insights", metric="post_impressions")


def test_each_page_has_its_own_token(sandbox: Sandbox) -> None:
    other = client(sandbox, defaults.FACEBOOK_PAGE2_TOKEN)
    assert other.get_object(object_id="me", fields="id")["id"] == PAGE2
    with pytest.raises(FacebookError) as error:
        other.post_object(object_id=PAGE, connection="feed", data={"message": "Nhầm trang"})
    assert error.value.code == 200
    with pytest.raises(FacebookError) as dead:
        client(sandbox, "wrong").get_object(object_id="me")
    assert dead.value.code == 190


def test_a_page_is_connected(sandbox: Sandbox) -> None:
    """The dialog, the code, the long-lived token, the page's own token."""
    back = "http://127.0.0.1:8000/desk/accounts/back"
    args = {
        "client_id": defaults.FACEBOOK_APP_ID,
        "redirect_uri": back,
        "state": "s1",
        "response_type": "code",
    }
    dialog = f"{sandbox.base}/facebook/v25.0/dialog/oauth"
    assert "Hội Nông dân" in requests.get(dialog, params=args, timeout=10).text
    answer = requests.post(
        dialog, params=args, data={"answer": "yes", "page": PAGE2}, timeout=10, allow_redirects=False
    )
    assert answer.headers["Location"].startswith(f"{back}?code=")
    assert answer.headers["Location"].endswith("&state=s1")
    code = answer.headers["Location"].split("code=")[1].split("&")[0]
    token = requests.get(
        f"{sandbox.base}/graph/v25.0/oauth/access_token",
        params={
            "client_id": defaults.FACEBOOK_APP_ID,
            "client_secret": defaults.FACEBOOK_APP_SECRET,
            "redirect_uri": back,
            "code": code,
        },
        timeout=10,
    ).json()["access_token"]
    exchange = f"{sandbox.base}/graph/v25.0/oauth/access_token"
    api = client(sandbox, token, access_token_url=exchange)
    long = api.exchange_long_lived_user_access_token(access_token=token)["access_token"]
    accounts = client(sandbox, long).get_connection(object_id="me", connection="accounts")["data"]
    assert [(page["id"], page["access_token"]) for page in accounts] == [
        (PAGE2, defaults.FACEBOOK_PAGE2_TOKEN)
    ]


def test_an_oa_is_connected(sandbox: Sandbox) -> None:
    """With our own client of the consent, PKCE and all."""
    from connectors.zalo import oauth

    verifier, back = oauth.new_verifier(), "http://127.0.0.1:8000/desk/accounts/back"
    base = f"{sandbox.base}/zalo-oauth"
    url = oauth.consent_url(base, defaults.ZALO_APP_ID, back, verifier, "s2")
    assert "Hội Nông dân" in requests.get(url, timeout=10).text
    answer = requests.post(url, data={"oa": defaults.ZALO_OA2_ID}, timeout=10, allow_redirects=False)
    location = answer.headers["Location"]
    assert f"oa_id={defaults.ZALO_OA2_ID}" in location
    assert location.endswith("state=s2")
    code = location.split("code=")[1].split("&")[0]
    keys = (base, defaults.ZALO_APP_ID, defaults.ZALO_APP_SECRET)
    with pytest.raises(oauth.RefreshRefused):
        oauth.exchange_code(*keys, code, "w" * 43)
    answer = requests.post(url, data={"oa": defaults.ZALO_OA2_ID}, timeout=10, allow_redirects=False)
    code = answer.headers["Location"].split("code=")[1].split("&")[0]
    pair = oauth.exchange_code(*keys, code, verifier)
    told = requests.get(
        f"{sandbox.base}/zalo/v2.0/oa/getoa", headers={"access_token": pair.access_token}, timeout=10
    ).json()
    assert told["data"]["oa_id"] == defaults.ZALO_OA2_ID
    assert oauth.refresh(*keys, pair.refresh_token).access_token != pair.access_token
