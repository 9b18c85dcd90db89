"""An officer's own account: password, second factor, every browser signed out."""

from __future__ import annotations

import pyotp
import segno
from cryptography.fernet import InvalidToken
from flask import Blueprint, flash, make_response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from bot.accounts.vault import VaultError
from bot.desk.authentication import confirm, step_of_code
from bot.desk.context import the_desk
from bot.desk.guard import current, needs
from bot.desk.navigation import first_page
from bot.desk.passwords import hash_password, problem_of
from bot.desk.permissions import ROLE_NAMES, Permission
from bot.desk.sessions import end_all, give_cookie, open_session
from bot.store.audit import officer_subject, record
from bot.store.engine import reading, writing
from bot.store.models import Officer, Unit

ISSUER = "Trợ lý xã"
"""How an authenticator lists the code."""

_WRONG_PASSWORD = "Mật khẩu đang dùng không đúng, hoặc tài khoản đang tạm khóa; hãy gõ lại sau ít phút."


def add_routes(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/account", view_func=account)
    blueprint.add_url_rule("/account/password", view_func=password, methods=["GET", "POST"])
    blueprint.add_url_rule("/account/second-factor", view_func=second_factor, methods=["GET", "POST"])
    blueprint.add_url_rule("/account/second-factor/off", view_func=second_factor_off, methods=["POST"])
    blueprint.add_url_rule("/account/sign-out-everywhere", view_func=sign_out_everywhere, methods=["POST"])


@needs(Permission.OWN)
def account() -> ResponseReturnValue:
    """Who I am for the desk, and what can be changed."""
    return _page({})


@needs(Permission.OWN)
def password() -> ResponseReturnValue:
    """A new password; every other browser is signed out, this one gets a new session."""
    if request.method == "GET":
        return render_template("desk/password.html", problems={})
    desk, me = the_desk(), current()
    new = request.form.get("new", "")
    problems = _password_problems(new)
    if not problems and not confirm(desk.engine, me.id, request.form.get("now", ""), desk.clock()):
        problems["now"] = _WRONG_PASSWORD
    if problems:
        return render_template("desk/password.html", problems=problems), 422
    made = hash_password(new)
    with writing(desk.engine) as database:
        officer = database.get_one(Officer, me.id)
        officer.password_hash, officer.must_change = made, False
        token = _renew(database, officer, "password_changed")
    return _again(token, first_page(me), "Đã đổi mật khẩu; các thiết bị khác đã được đăng xuất.")


@needs(Permission.OWN)
def second_factor() -> ResponseReturnValue:
    """Set an authenticator up: its secret goes to the page and comes back sealed, with a first code."""
    desk, me = the_desk(), current()
    if request.method == "GET":
        return _setting_up(pyotp.random_base32(), {})
    secret = _unsealed(request.form.get("sealed", ""))
    if secret is None:
        return _setting_up(pyotp.random_base32(), {"code": "Mã QR đã cũ; hãy quét mã mới dưới đây."}), 422
    problems = {}
    step = step_of_code(secret, request.form.get("code", ""), 0, desk.clock())
    if step is None:
        problems["code"] = (
            "Mã xác thực không đúng; hãy gõ 6 số đang hiện trong ứng dụng (giờ điện thoại phải đúng)."
        )
    elif not confirm(desk.engine, me.id, request.form.get("now", ""), desk.clock()):
        problems["now"] = _WRONG_PASSWORD
    if problems or step is None:
        return _setting_up(secret, problems), 422
    with writing(desk.engine) as database:
        officer = database.get_one(Officer, me.id)
        officer.totp_cipher, officer.totp_last = desk.vault.seal(secret), step
        token = _renew(database, officer, "second_factor_on")
    return _again(token, url_for("desk.account"), "Đã bật xác thực hai lớp.")


@needs(Permission.OWN)
def second_factor_off() -> ResponseReturnValue:
    """Only with the password: a browser that was left open does not do."""
    desk, me = the_desk(), current()
    if not confirm(desk.engine, me.id, request.form.get("now", ""), desk.clock()):
        return _page({"now": _WRONG_PASSWORD}), 422
    with writing(desk.engine) as database:
        officer = database.get_one(Officer, me.id)
        officer.totp_cipher, officer.totp_last = "", 0
        token = _renew(database, officer, "second_factor_off")
    return _again(token, url_for("desk.account"), "Đã tắt xác thực hai lớp.")


@needs(Permission.OWN)
def sign_out_everywhere() -> ResponseReturnValue:
    """Every browser, this one too."""
    me = current()
    with writing(the_desk().engine) as database:
        officer = database.get_one(Officer, me.id)
        end_all(officer)
        subject = officer_subject(me.id)
        record(database, the_desk().clock(), subject, "signed_out_everywhere", subject)
    session.clear()
    return redirect(url_for("desk.sign_in"))


def _password_problems(new: str) -> dict[str, str]:
    problems = {}
    if wrong := problem_of(new, current().login):
        problems["new"] = wrong
    elif new == request.form.get("now", ""):
        problems["new"] = "Mật khẩu mới trùng mật khẩu đang dùng; hãy chọn mật khẩu khác."
    if new != request.form.get("again", ""):
        problems["again"] = "Hai lần gõ mật khẩu mới không giống nhau; hãy gõ lại."
    return problems


def _renew(database: Session, officer: Officer, action: str) -> str:
    """Every session ends; a new one for this browser."""
    now = the_desk().clock()
    end_all(officer)
    record(database, now, officer_subject(officer.id), action, officer_subject(officer.id))
    return open_session(database, officer, now)


def _again(token: str, address: str, words: str) -> ResponseReturnValue:
    session.clear()
    flash(words)
    response = make_response(redirect(address))
    give_cookie(response, token)
    return response


def _page(problems: dict[str, str]) -> str:
    with reading(the_desk().engine) as database:
        officer = database.get_one(Officer, current().id)
        unit = database.get_one(Unit, officer.unit_id)
        return render_template(
            "desk/account.html",
            officer=officer,
            unit=unit,
            role=ROLE_NAMES[current().role],
            problems=problems,
        )


def _setting_up(secret: str, problems: dict[str, str]) -> str:
    me = current()
    uri = pyotp.TOTP(secret).provisioning_uri(name=me.login, issuer_name=ISSUER)
    return render_template(
        "desk/second_factor.html",
        qr=segno.make(uri, error="m").svg_data_uri(scale=4, border=3, light="#fff"),
        secret=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        sealed=the_desk().vault.seal(f"{me.id}:{secret}"),
        problems=problems,
    )


def _unsealed(sealed: str) -> str | None:
    """The secret that this officer's page was made with."""
    try:
        owner, _, secret = the_desk().vault.open(sealed).partition(":")
    except (VaultError, InvalidToken):
        return None
    return secret if secret and owner == str(current().id) else None
