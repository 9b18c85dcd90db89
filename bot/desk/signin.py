"""Signing in and out."""

from __future__ import annotations

import ipaddress

import structlog
from flask import Blueprint, make_response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from bot.chat.limits import Rate, RateLimiter
from bot.desk.authentication import authenticate
from bot.desk.context import Desk, the_desk
from bot.desk.guard import look_up, needs, signed_in
from bot.desk.navigation import first_page, own_path
from bot.desk.permissions import Permission
from bot.desk.sessions import COOKIE, close_session, give_cookie
from bot.store.engine import writing
from connectors.webchat.channel import FeedUnavailable

log = structlog.get_logger(__name__)

PER_ADDRESS = Rate(burst=30, per_second=1 / 20)
"""Tries from one address, right ones too: all officers of a commune may share one."""


def add_routes(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/sign-in", view_func=sign_in, methods=["GET", "POST"])
    blueprint.add_url_rule("/sign-out", view_func=sign_out, methods=["POST"])


def sign_in() -> ResponseReturnValue:
    """The form, and what it sends."""
    target = own_path(request.values.get("next", ""))
    if request.method == "GET":
        officer = signed_in()
        return redirect(target or first_page(officer)) if officer else _form(target)
    desk = the_desk()
    if wait_s := _must_wait(desk):
        return _form(target, wait_s=wait_s), 429, {"Retry-After": str(wait_s)}
    login = request.form.get("login", "").strip().lower()
    token = authenticate(
        desk.engine, desk.vault, login, request.form.get("password", ""), request.form.get("code", ""),
        request.remote_addr or "", desk.clock(),
    )  # fmt: skip
    if token is None:
        return _form(target, login=login, wrong=True), 403
    return _welcome(desk, token, target)


@needs(Permission.OWN)
def sign_out() -> ResponseReturnValue:
    with writing(the_desk().engine) as database:
        close_session(database, request.cookies.get(COOKIE, ""))
    session.clear()
    response = make_response(redirect(url_for("desk.sign_in")))
    response.delete_cookie(COOKIE, path="/desk")
    return response


def _welcome(desk: Desk, token: str, target: str | None) -> ResponseReturnValue:
    """A session of its own, whatever the browser brought along; then to the page that was asked for."""
    if old := request.cookies.get(COOKIE):
        with writing(desk.engine) as database:
            close_session(database, old)
    session.clear()
    officer = look_up(token)
    assert officer is not None  # opened just now
    response = make_response(redirect(target or first_page(officer)))
    give_cookie(response, token)
    return response


def _form(target: str | None, login: str = "", wrong: bool = False, wait_s: int = 0) -> str:
    return render_template("desk/sign_in.html", target=target, login=login, wrong=wrong, wait_s=wait_s)


def _must_wait(desk: Desk) -> int:
    """Seconds until this address may try again; 0 also while Redis is away: the account's own lock stays."""
    limiter = RateLimiter(desk.redis, lambda: desk.clock().timestamp())
    try:
        return limiter.wait_s([(f"desk-sign-in:{_network(request.remote_addr or '')}", PER_ADDRESS)])
    except FeedUnavailable as error:
        log.warning("desk.no_limit", error=str(error))
        return 0


def _network(address: str) -> str:
    """The address; of IPv6 its /64, which one household has to itself."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return address
    return str(ipaddress.ip_network((parsed, 64), strict=False))
