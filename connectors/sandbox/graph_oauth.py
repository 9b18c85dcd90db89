"""Facebook's sign-in for pages: the dialog, the code, long-lived tokens, ``/me/accounts``."""

from __future__ import annotations

import secrets
import threading
from html import escape
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, g, jsonify, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from connectors.sandbox.config import SandboxConfig
from connectors.sandbox.graph_errors import bad_parameter, graph_error

LIFE_S = 5_184_000
SCOPES = (
    "pages_show_list", "pages_messaging", "pages_manage_metadata", "pages_read_engagement",
    "pages_manage_posts", "pages_read_user_content", "pages_manage_engagement", "read_insights",
)  # fmt: skip


class FacebookLogin:
    """Codes and user tokens that were given out. Thread-safe."""

    def __init__(self, config: SandboxConfig) -> None:
        self._config = config
        self._lock = threading.Lock()
        self._codes: dict[str, tuple[str, tuple[str, ...]]] = {}  # code -> (redirect_uri, pages)
        self._tokens: dict[str, tuple[str, ...]] = {}

    def pages_of(self, token: str) -> tuple[str, ...] | None:
        """The pages that a user token gives access to; None if it is no user token."""
        return self._tokens.get(token)

    def dialog(self, version: str) -> AnyResponse:
        """``GET /{version}/dialog/oauth``: which pages, then back to ``redirect_uri``."""
        args = request.args
        if (
            args.get("client_id") != self._config.facebook_app_id
            or args.get("response_type", "code") != "code"
        ):
            return Response("Lỗi: app không hợp lệ", 400)
        if urlsplit(args.get("redirect_uri", "")).scheme not in {"http", "https"}:
            return Response("Lỗi: redirect_uri không hợp lệ", 400)
        boxes = "".join(
            f'<p><label><input type="checkbox" name="page" value="{page}" checked> {escape(name)}</label></p>'
            for page, (name, _) in self._config.pages.items()
        )
        return Response(
            '<!doctype html><meta charset="utf-8"><title>Facebook (thử nghiệm)</title>'
            "<h1>Cho Trợ lý xã quản lý trang?</h1>"
            f'<form method="post" action="?{escape(request.query_string.decode())}">{boxes}'
            '<button name="answer" value="yes">Cho phép</button> '
            '<button name="answer" value="no">Không</button></form>'
        )

    def decided(self, version: str) -> AnyResponse:
        """The person's answer: back with a code, or with an error."""
        back, state = request.args.get("redirect_uri", ""), request.args.get("state", "")
        if request.form.get("answer") != "yes":
            query = {"error": "access_denied", "error_reason": "user_denied", "state": state}
            return redirect(f"{back}{'&' if '?' in back else '?'}{urlencode(query)}")
        code = secrets.token_urlsafe(40)
        pages = tuple(p for p in request.form.getlist("page") if p in self._config.pages)
        with self._lock:
            self._codes[code] = (back, pages)
        return redirect(f"{back}{'&' if '?' in back else '?'}{urlencode({'code': code, 'state': state})}")

    def token(self, version: str) -> Response:
        """``GET /{version}/oauth/access_token``: a code, or a short-lived token, for a token."""
        args = {**request.args.to_dict(), **request.form.to_dict()}
        if args.get("client_id") != self._config.facebook_app_id:
            return graph_error(101, message="Error validating application.")
        if args.get("client_secret") != self._config.facebook_app_secret:
            return graph_error(1, message="Error validating client secret.", status=400)
        if args.get("grant_type") == "client_credentials":
            app = f"{self._config.facebook_app_id}|{self._config.facebook_app_secret}"
            return jsonify(access_token=app, token_type="bearer")
        with self._lock:
            if args.get("grant_type") == "fb_exchange_token":
                pages = self._tokens.get(args.get("fb_exchange_token", ""))
                if pages is None:
                    return graph_error(190)
                long = "EAAsandboxlong" + secrets.token_hex(24)
                self._tokens[long] = pages
                return jsonify(access_token=long, token_type="bearer", expires_in=LIFE_S)
            back, chosen = self._codes.pop(args.get("code", ""), ("", ()))
            if not back:
                return graph_error(100, 36009, "This authorization code has been used.")
            if back != args.get("redirect_uri"):
                return graph_error(100, 36008, "Error validating verification code: redirect_uri differs")
            short = "EAAsandboxshort" + secrets.token_hex(24)
            self._tokens[short] = chosen
        return jsonify(access_token=short, token_type="bearer", expires_in=5400)

    def accounts(self, version: str) -> Response:
        """``GET /me/accounts``: the pages with their tokens; page tokens of a long-lived one last."""
        pages = g.get("user_pages")
        if pages is None:
            return bad_parameter("Tried accessing nonexisting field (accounts) on node type (Page)")
        data = [
            {
                "access_token": self._config.pages[page][1],
                "category": "Government organization",
                "name": self._config.pages[page][0],
                "id": page,
                "tasks": ["ADVERTISE", "ANALYZE", "CREATE_CONTENT", "MESSAGING", "MODERATE", "MANAGE"],
            }
            for page in pages
        ]
        return jsonify(data=data, paging={"cursors": {"before": "x", "after": "y"}})


def login_blueprint(login: FacebookLogin) -> Blueprint:
    """What stands at www.facebook.com."""
    blueprint = Blueprint("facebook_login", __name__)
    blueprint.add_url_rule("/<version>/dialog/oauth", "dialog", login.dialog, methods=["GET"])
    blueprint.add_url_rule("/<version>/dialog/oauth", "decided", login.decided, methods=["POST"])
    return blueprint
