"""Whose token is it: the OA behind an access token, by ``getoa``."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.channel import Account, Health
from connectors.http import DEFAULT_TIMEOUT, HttpClient, MaybeSent, NeverSent, Timeout, usable_token
from connectors.payload import identifier, mapping, number, string
from connectors.zalo.client import OA_PATH, appsecret_proof
from connectors.zalo.errors import NO_TOKEN, error_of


@dataclass(frozen=True, slots=True)
class OaProfile:
    """An OA as Zalo describes it."""

    id: str
    name: str


def profile_of(
    api_url: str, app_secret: str, account: Account, timeout: Timeout = DEFAULT_TIMEOUT
) -> OaProfile | Health:
    """As :func:`ask_profile`, by a client of its own."""
    return ask_profile(HttpClient(api_url, timeout), app_secret, account)


def ask_profile(http: HttpClient, app_secret: str, account: Account) -> OaProfile | Health:
    """The OA of ``account.token``; a Health that says why not."""
    if not usable_token(account.token):
        return Health(False, NO_TOKEN.reason)
    headers = {"access_token": account.token}
    if app_secret:
        headers["appsecret_proof"] = appsecret_proof(app_secret, account.token)
    try:
        answer = http.call("GET", OA_PATH, headers=headers)
    except (NeverSent, MaybeSent):
        return Health(False, "Chưa kết nối được tới Zalo.")
    body = answer.body or {}
    code = number(body.get("error"))
    if code is None:
        return Health(False, f"Zalo trả lời lỗi (HTTP {answer.status}).")
    if code:
        return Health(False, error_of(int(code), 0).reason)
    data = mapping(body.get("data"))
    oa_id = identifier(data.get("oa_id")) or identifier(data.get("oaid"))
    if not oa_id:
        return Health(False, "Zalo không cho biết mã này của OA nào.")
    return OaProfile(oa_id, string(data.get("name")) or oa_id)
