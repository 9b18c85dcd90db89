"""Connecting a page or an OA from the desk, each platform's own way (OAuth 2; PKCE at Zalo)."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from bot.accounts import connecting
from bot.accounts.building import build_tokens
from bot.accounts.connecting import Attempt, Granted
from bot.accounts.health import AccountHealth
from bot.desk.accounts import CHANNELS, keeps_all, own_units
from bot.desk.context import the_desk
from bot.desk.guard import current, needs
from bot.desk.permissions import Permission
from bot.store.engine import reading, writing
from connectors.channel import Account as Sendable
from connectors.channel import Health
from connectors.facebook import oauth as facebook
from connectors.facebook.oauth import GrantedPage, LoginError
from connectors.zalo import oauth as zalo
from connectors.zalo.oauth import RefreshError
from connectors.zalo.profile import profile_of

LATE = "Lần kết nối này đã quá 10 phút hoặc đã dùng rồi. Hãy bấm kết nối lại."
REFUSED = "Chưa kết nối: bên kia không cấp quyền."
NO_ADDRESS = "Máy chủ chưa đặt PUBLIC_URL nên Facebook, Zalo không biết quay về đâu."


def add_routes(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/accounts/connect", view_func=account_connect, methods=["POST"])
    blueprint.add_url_rule("/accounts/zalo/back", view_func=zalo_back)
    blueprint.add_url_rule("/accounts/facebook/back", view_func=facebook_back)
    blueprint.add_url_rule("/accounts/facebook/choose", view_func=facebook_choose, methods=["POST"])


@needs(Permission.ACCOUNTS)
def account_connect() -> ResponseReturnValue:
    """Begin: the page leads on by a link, for forms may not be answered by other sites (strict CSP)."""
    desk, channel = the_desk(), request.form.get("channel", "")
    if channel not in CHANNELS or channel not in desk.channels:
        abort(400)
    if not desk.settings.public_address:
        flash(NO_ADDRESS)
        return redirect(url_for("desk.accounts"))
    verifier = zalo.new_verifier() if channel == "zalo" else ""
    with writing(desk.engine) as session:
        units = {str(unit_id): unit_id for unit_id, _ in own_units(session)}
        unit_id = units.get(request.form.get("unit_id", ""), current().unit_id)
        attempt = connecting.begin(
            session, desk.vault, channel, unit_id, current().id, desk.clock(), verifier
        )
    return render_template(
        "desk/account_connect.html", address=_address(channel, attempt), name=CHANNELS[channel],
        channel=channel,
    )  # fmt: skip


@needs(Permission.ACCOUNTS)
def zalo_back() -> ResponseReturnValue:
    """Zalo's administrator consented: the code and our verifier buy the first pair of tokens."""
    attempt = _returned("zalo")
    if isinstance(attempt, str):
        return _stop(attempt)
    settings, args = the_desk().settings, request.args
    try:
        pair = zalo.exchange_code(
            settings.zalo_oauth_url, settings.zalo_app_id, settings.zalo_app_secret, args.get("code", ""),
            attempt.verifier,
        )  # fmt: skip
    except RefreshError as error:
        return _stop(f"Zalo không cấp mã truy cập ({error.code}). Hãy bấm kết nối lại.")
    owner = profile_of(
        settings.zalo_api_url, settings.zalo_app_secret, Sendable("zalo", "", pair.access_token)
    )
    if isinstance(owner, Health):
        return _stop(f"Zalo đã cấp quyền nhưng chưa hỏi được đó là OA nào: {owner.detail}")
    granted = Granted("zalo", owner.id, owner.name, pair.access_token, pair.refresh_token, pair.expires_at)
    return _keep([granted], attempt.unit_id)


@needs(Permission.ACCOUNTS)
def facebook_back() -> ResponseReturnValue:
    """Somebody signed in at Facebook: which of the pages are to be connected?"""
    desk, attempt = the_desk(), _returned("facebook")
    if isinstance(attempt, str):
        return _stop(attempt)
    settings = desk.settings
    try:
        pages = facebook.pages_for(
            settings.facebook_graph_url, settings.facebook_app_id,
            settings.facebook_app_secret.split(",")[0].strip(), request.args.get("code", ""),
            _redirect_uri("facebook"),
        )  # fmt: skip
    except LoginError as error:
        return _stop(str(error))
    with writing(desk.engine) as session:
        connecting.keep_found(session, desk.vault, attempt.state, pages)
    return _choice(attempt.state, attempt.unit_id, pages)


@needs(Permission.ACCOUNTS)
def facebook_choose() -> ResponseReturnValue:
    """The ticked pages, with tokens that last."""
    desk, form = the_desk(), request.form
    chosen = set(form.getlist("page"))
    with writing(desk.engine) as session:
        take = bool(chosen)
        waiting = connecting.found(
            session, desk.vault, form.get("state", ""), current().id, desk.clock(), take=take
        )
    if waiting is None:
        return _stop(LATE)
    unit_id, pages = waiting
    if not chosen:
        return _choice(form.get("state", ""), unit_id, pages, "Hãy chọn ít nhất một trang."), 422
    return _keep(
        [Granted("facebook", page.id, page.name, access=page.token) for page in pages if page.id in chosen],
        unit_id,
    )


def _address(channel: str, attempt: Attempt) -> str:
    settings = the_desk().settings
    if channel == "zalo":
        return zalo.consent_url(
            settings.zalo_oauth_url, settings.zalo_app_id, _redirect_uri("zalo"), attempt.verifier,
            attempt.state,
        )  # fmt: skip
    return facebook.dialog_url(
        settings.facebook_login_url, settings.facebook_app_id, _redirect_uri("facebook"), attempt.state
    )


def _redirect_uri(channel: str) -> str:
    """Must be the same at both ends of an attempt, and be listed in the platform's console."""
    return f"{the_desk().settings.public_address}{url_for(f'desk.{channel}_back')}"


def _returned(channel: str) -> Attempt | str:
    """The attempt that comes back, or why it does not count."""
    desk, args = the_desk(), request.args
    with writing(desk.engine) as session:
        attempt = connecting.returned(
            session, desk.vault, args.get("state", ""), channel, current().id, desk.clock()
        )
    if attempt is None:
        return LATE
    return attempt if args.get("code") else REFUSED


def _choice(state: str, unit_id: int, pages: tuple[GrantedPage, ...], problem: str = "") -> str:
    with reading(the_desk().engine) as session:
        unit = dict(own_units(session)).get(unit_id, "")
    return render_template("desk/account_pages.html", state=state, pages=pages, problem=problem, unit=unit)


def _keep(granted: list[Granted], unit_id: int) -> ResponseReturnValue:
    """Store them, each on its own, and look at once whether they work."""
    desk, me = the_desk(), current()
    registry, tokens = build_tokens(desk.settings, desk.engine, desk.redis, desk.vault, desk.clock)
    health = AccountHealth(desk.engine, registry, tokens, desk.channels, desk.clock)
    for one in granted:
        with writing(desk.engine) as session:
            kept = connecting.store(
                session, desk.vault, one, unit_id, me.id, desk.clock(), may_move=keeps_all()
            )
        if isinstance(kept, str):
            flash(kept)
            continue
        seen = health.check(kept)
        flash(f"Đã kết nối {one.name}. {'' if seen.ok else seen.detail}".rstrip())
    return redirect(url_for("desk.accounts"))


def _stop(words: str) -> ResponseReturnValue:
    flash(words)
    return redirect(url_for("desk.accounts"))
