"""Signing in and out."""

from __future__ import annotations

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from bot.desk.context import the_desk
from bot.desk.guard import needs, signed_in
from bot.desk.passwords import matches
from bot.desk.permissions import Permission
from bot.desk.sessions import COOKIE, LONGEST, close_session, open_session
from bot.store.engine import writing
from bot.store.models import Officer


def add_routes(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/sign-in", view_func=sign_in, methods=["GET", "POST"])
    blueprint.add_url_rule("/sign-out", view_func=sign_out, methods=["POST"])


def sign_in() -> ResponseReturnValue:
    """The form, and what it sends."""
    if request.method == "GET":
        return redirect(url_for("desk.inbox")) if signed_in() else render_template("desk/sign_in.html")
    desk = the_desk()
    login, password = request.form.get("login", ""), request.form.get("password", "")
    with writing(desk.engine) as session:
        officer = session.scalar(select(Officer).where(Officer.login == login.strip().lower()))
        if not matches(officer.password_hash if officer else None, password) or officer is None:
            return render_template("desk/sign_in.html", wrong=True), 403
        token = open_session(session, officer, desk.clock())
    response = make_response(redirect(url_for("desk.inbox")))
    response.set_cookie(
        COOKIE, token, max_age=int(LONGEST.total_seconds()), path="/desk", httponly=True, samesite="Lax",
        secure=request.is_secure,
    )  # fmt: skip
    return response


@needs(Permission.OWN)
def sign_out() -> ResponseReturnValue:
    with writing(the_desk().engine) as session:
        close_session(session, request.cookies.get(COOKIE, ""))
    response = make_response(redirect(url_for("desk.sign_in")))
    response.delete_cookie(COOKIE, path="/desk")
    return response
