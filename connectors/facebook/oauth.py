"""Facebook's sign-in for pages: the dialog, the code, a long-lived user token, the pages with their tokens.

Page tokens that come of a long-lived user token do not expire by themselves; the user token is not kept.
Source: Meta, "Access tokens: long-lived" and "Manually build a login flow" (2026).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from connectors.facebook.graph import GRAPH_VERSION, appsecret_proof
from connectors.http import HttpClient, MaybeSent, NeverSent, Timeout, usable_token
from connectors.payload import identifier, items, mapping, string

TIMEOUT: Timeout = (3.05, 20.0)
SCOPES = (
    "pages_show_list", "pages_messaging", "pages_manage_metadata", "pages_read_engagement",
    "pages_manage_posts", "pages_read_user_content", "pages_manage_engagement", "read_insights",
)  # fmt: skip
NEEDED_TASKS = frozenset({"CREATE_CONTENT", "MESSAGING", "MODERATE"})
"""What the person must be allowed to do on a page for it to be worth connecting."""
MAX_PAGES = 5
PER_PAGE = "50"


class LoginError(Exception):
    """No tokens; the message is for the administrator, in Vietnamese."""


@dataclass(frozen=True, slots=True)
class GrantedPage:
    """A page that somebody let us speak for. ``lacking``: what that person may not do there."""

    id: str
    name: str
    token: str = field(repr=False)
    lacking: tuple[str, ...] = ()


def dialog_url(login_url: str, app_id: str, redirect_uri: str, state: str) -> str:
    """The page on which somebody chooses pages and grants access."""
    query = {
        "client_id": app_id,
        "redirect_uri": redirect_uri,
        "state": state,
        "response_type": "code",
        "scope": ",".join(SCOPES),
    }
    return f"{login_url.rstrip('/')}/{GRAPH_VERSION}/dialog/oauth?{urlencode(query)}"


def pages_for(
    graph_url: str, app_id: str, app_secret: str, code: str, redirect_uri: str
) -> tuple[GrantedPage, ...]:
    """Trade the dialog's ``code`` (once) for the pages with tokens that last.

    :raises LoginError: if there are none.
    """
    http = HttpClient(graph_url, TIMEOUT)
    app = {"client_id": app_id, "client_secret": app_secret}
    short = _token(http, {**app, "redirect_uri": redirect_uri, "code": code})
    long = _token(http, {**app, "grant_type": "fb_exchange_token", "fb_exchange_token": short})
    return _pages(http, long, appsecret_proof(app_secret, long))


def _token(http: HttpClient, form: Mapping[str, str]) -> str:
    """In a body, not an address: the secret must not stand in anybody's log."""
    body = _ask(http, "POST", "/oauth/access_token", {}, form=form)
    token = string(body.get("access_token")) or ""
    if not usable_token(token):
        raise LoginError("Facebook không cấp mã truy cập. Hãy bấm kết nối lại.")
    return token


def _pages(http: HttpClient, token: str, proof: str) -> tuple[GrantedPage, ...]:
    found: list[GrantedPage] = []
    params = {"fields": "id,name,access_token,tasks", "limit": PER_PAGE, "appsecret_proof": proof}
    headers = {"Authorization": f"Bearer {token}"}
    for _ in range(MAX_PAGES):
        body = _ask(http, "GET", "/me/accounts", headers, params=params)
        found += [page for item in items(body.get("data")) if (page := _page(mapping(item)))]
        after = string(mapping(mapping(body.get("paging")).get("cursors")).get("after"))
        if not after or "next" not in mapping(body.get("paging")):
            break
        params = {**params, "after": after}
    if not found:
        raise LoginError("Chưa chọn trang nào, hoặc người đăng nhập không quản lý trang nào.")
    return tuple(found)


def _page(item: Mapping[str, Any]) -> GrantedPage | None:
    page_id, token = identifier(item.get("id")), string(item.get("access_token")) or ""
    if not page_id or not usable_token(token):
        return None
    tasks = {str(task) for task in items(item.get("tasks"))}
    lacking = tuple(sorted(NEEDED_TASKS - tasks)) if tasks else ()
    return GrantedPage(page_id, string(item.get("name")) or page_id, token, lacking)


def _ask(
    http: HttpClient, method: str, path: str, headers: Mapping[str, str], **call: Any
) -> Mapping[str, Any]:
    try:
        answer = http.call(method, f"/{GRAPH_VERSION}{path}", headers=headers, **call)
    except (NeverSent, MaybeSent):
        raise LoginError("Chưa kết nối được tới Facebook. Hãy thử lại sau ít phút.") from None
    body = answer.body or {}
    error = mapping(body.get("error"))
    if error or answer.status >= 300:
        code = error.get("code", answer.status)
        raise LoginError(f"Facebook không cấp quyền (mã lỗi {code}). Hãy bấm kết nối lại.")
    return body
