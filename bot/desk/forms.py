"""The cookie behind the desk's forms: it carries the CSRF secret and one-off messages, no identity."""

from __future__ import annotations

from flask import Flask, request
from flask.sessions import SecureCookieSessionInterface


class _FormCookie(SecureCookieSessionInterface):
    def get_cookie_secure(self, app: Flask) -> bool:
        """Over HTTPS only, where the desk is served over HTTPS."""
        return request.is_secure


def keep_form_cookie(app: Flask, key: str) -> None:
    """Sign the forms of ``app`` with ``key``."""
    app.session_interface = _FormCookie()
    app.config.update(
        SECRET_KEY=key,
        SESSION_COOKIE_NAME="desk_forms",
        SESSION_COOKIE_PATH="/desk",
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_TIME_LIMIT=None,  # as long as the cookie: a page stays open all day
    )
