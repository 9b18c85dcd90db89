"""The stand-in for ``oauth.zaloapp.com``: OAuth v4 with single-use, rotating refresh tokens.

Tokens carry their generation and a MAC, so that a sandbox that was started anew still knows the newest
pair it gave out: a token of a later generation than any it has seen is taken as the current one.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import threading
from html import escape
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, jsonify, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from connectors.sandbox.config import SandboxConfig
from connectors.sandbox.faults import FaultKind
from connectors.sandbox.sending import Sending, gateway_error, hang_up
from connectors.sandbox.state import Platform, World

INVALID, EXPIRED = -216, -220
CODE_MS = 600_000


class TokenMint:
    """Access and refresh tokens of one OA. Thread-safe.

    ``prefix`` begins its tokens; ``first`` is the refresh token to start from (None: the configured one).
    """

    def __init__(
        self, config: SandboxConfig, world: World, prefix: str = "sbx", first: str | None = None
    ) -> None:
        self._config = config
        self._prefix = prefix
        self._first = config.zalo_refresh_token if first is None else first
        self._world = world
        self._lock = threading.Lock()
        self._current = 0
        self._expired_up_to = -1
        self.refreshes = 0

    def refresh(self, refresh_token: str) -> dict[str, str] | None:
        """A new pair for the newest refresh token, which is dead from now on, as is the old access token.

        None if the token is unknown or was used before.
        """
        with self._lock:
            generation = self._generation("rt", refresh_token)
            if generation is None or generation < self._current:
                return None
            self._current = generation + 1
            self.refreshes += 1
            return self._pair()

    def grant(self) -> dict[str, str]:
        """A fresh pair, as an administrator gets from the API Explorer; older pairs die."""
        with self._lock:
            self._current += 1
            return self._pair()

    def _pair(self) -> dict[str, str]:
        return {
            "access_token": self._token("at", self._current, self._world.now_ms()),
            "refresh_token": self._token("rt", self._current, 0),
            "expires_in": str(self._config.zalo_token_life_s),
        }

    def check(self, access_token: str) -> int:
        """0 if the token works now, else -216 (invalid, replaced) or -220 (expired)."""
        with self._lock:
            generation = self._generation("at", access_token)
            if generation is None or generation < self._current:
                return INVALID
            self._current = generation
            issued_ms = int(access_token.split("-")[3])
            lapsed = self._world.now_ms() > issued_ms + self._config.zalo_token_life_s * 1000
            return EXPIRED if lapsed or generation <= self._expired_up_to else 0

    def expire(self) -> None:
        """The current access token is expired from now on; its refresh token still works."""
        with self._lock:
            self._expired_up_to = self._current

    def reset(self) -> None:
        """Back to the first grant."""
        with self._lock:
            self._current, self._expired_up_to, self.refreshes = 0, -1, 0

    def _token(self, kind: str, generation: int, issued_ms: int) -> str:
        stem = f"{self._prefix}-{kind}-{generation}-{issued_ms}"
        mac = hmac.new(self._config.zalo_app_secret.encode(), stem.encode(), hashlib.sha256)
        return f"{stem}-{mac.hexdigest()[:32]}"

    def _generation(self, kind: str, token: str) -> int | None:
        """The generation of a token that we made, None for any other string."""
        if kind == "rt" and self._first and token == self._first:
            return 0
        parts = token.split("-")
        if (
            len(parts) != 5
            or parts[0] != self._prefix
            or parts[1] != kind
            or not (parts[2].isdecimal() and parts[3].isdecimal())
        ):
            return None
        made = self._token(kind, int(parts[2]), int(parts[3]))
        return int(parts[2]) if hmac.compare_digest(made, token) else None


class Mints:
    """The mints of all OAs, and the codes of consents. What names no OA means the first."""

    def __init__(self, config: SandboxConfig, world: World) -> None:
        self._world = world
        first, *others = config.oas
        self.by_oa = {first: TokenMint(config, world)}
        self.by_oa |= {oa: TokenMint(config, world, f"sbx{n}", "") for n, oa in enumerate(others, start=2)}
        self._first = first
        self._lock = threading.Lock()
        self._codes: dict[str, tuple[str, str, int]] = {}  # code -> (oa, challenge, until)

    def check(self, token: str) -> tuple[int, str]:
        """What :meth:`TokenMint.check` says, and whose token it is."""
        found = {oa: mint.check(token) for oa, mint in self.by_oa.items()}
        known = [oa for oa, code in found.items() if code != INVALID]
        oa = known[0] if known else self._first
        return found[oa], oa

    def refresh(self, refresh_token: str) -> dict[str, str] | None:
        pairs = (mint.refresh(refresh_token) for mint in self.by_oa.values())
        return next((pair for pair in pairs if pair), None)

    def consent(self, oa: str, challenge: str) -> str:
        """A code, valid for ten minutes, once."""
        code = secrets.token_urlsafe(40)
        with self._lock:
            self._codes[code] = (oa, challenge, self._world.now_ms() + CODE_MS)
        return code

    def exchange(self, code: str, verifier: str) -> dict[str, str] | None:
        """The first pair for a code and the verifier whose challenge came with it."""
        with self._lock:
            oa, challenge, until = self._codes.pop(code, ("", "", 0))
        hashed = hashlib.sha256(verifier.encode()).digest()
        right = base64.urlsafe_b64encode(hashed).rstrip(b"=").decode() == challenge
        return self.by_oa[oa].grant() if oa and right and self._world.now_ms() <= until else None

    def grant(self) -> dict[str, str]:
        return self.by_oa[self._first].grant()

    def expire(self, oa: str = "") -> None:
        self.by_oa[oa or self._first].expire()

    @property
    def refreshes(self) -> int:
        return sum(mint.refreshes for mint in self.by_oa.values())

    def reset(self) -> None:
        for mint in self.by_oa.values():
            mint.reset()


def refusal(code: int, name: str, reason: str) -> Response:
    """An OAuth refusal: HTTP 200, no tokens, other field names than the API's."""
    return jsonify(
        error=code,
        error_name=name,
        error_reason=reason,
        error_description=reason,
        ref_doc="https://developers.zalo.me/docs/official-account/",
    )


def zalo_oauth_blueprint(config: SandboxConfig, mint: Mints, sending: Sending) -> Blueprint:
    """``POST /v4/oa/access_token``, and the page on which an OA's administrator consents."""
    blueprint = Blueprint("zalo_oauth", __name__)

    _add_permission(blueprint, config, mint)

    @blueprint.post("/v4/oa/access_token")
    def access_token() -> Response:
        form = request.form
        if request.headers.get("secret_key") != config.zalo_app_secret:
            return refusal(-14004, "Invalid secret key", "secret_key header is missing or wrong")
        if form.get("app_id") != config.zalo_app_id:
            return refusal(-14002, "Invalid app id", "app id is wrong or the app is not active")
        if form.get("grant_type") == "authorization_code":
            return _exchanged(mint)
        if form.get("grant_type") != "refresh_token":
            return refusal(-14001, "Invalid grant type", "refresh_token or authorization_code")
        faults = sending.faults
        if faults.strikes(FaultKind.DROP_BEFORE, Platform.ZALO, "oauth"):
            return hang_up(0)
        if fault := faults.strikes(FaultKind.ERROR_BEFORE, Platform.ZALO, "oauth"):
            return gateway_error(fault)
        pair = mint.refresh(form.get("refresh_token", ""))
        if pair is None:
            return refusal(-14014, "Invalid refresh token", "refresh token is invalid or was already used")
        if fault := faults.strikes(FaultKind.TIMEOUT_AFTER, Platform.ZALO, "oauth"):
            return hang_up(fault.ms)
        return jsonify(pair)

    return blueprint


def _exchanged(mint: Mints) -> Response:
    first = mint.exchange(request.form.get("code", ""), request.form.get("code_verifier", ""))
    if first is None:
        return refusal(-14003, "Invalid code", "code is wrong, used, expired, or its verifier differs")
    return jsonify(first)


def _add_permission(blueprint: Blueprint, config: SandboxConfig, mint: Mints) -> None:
    @blueprint.get("/v4/oa/permission")
    def permission() -> Response:
        args = request.args
        known = args.get("app_id") == config.zalo_app_id
        if not known or urlsplit(args.get("redirect_uri", "")).scheme not in {"http", "https"}:
            return Response("Lỗi: app_id hoặc redirect_uri không hợp lệ", 400)
        choices = "".join(
            f'<p><label><input type="radio" name="oa" value="{oa}" required> {escape(name)}</label></p>'
            for oa, name in config.oas.items()
        )
        return Response(
            '<!doctype html><meta charset="utf-8"><title>Zalo (thử nghiệm)</title>'
            "<h1>Cấp quyền cho Trợ lý xã?</h1>"
            f'<form method="post" action="?{escape(request.query_string.decode())}">{choices}'
            "<button>Cho phép</button></form>"
        )

    @blueprint.post("/v4/oa/permission")
    def permitted() -> AnyResponse:
        back, oa = request.args.get("redirect_uri", ""), request.form.get("oa", "")
        if oa not in config.oas:
            return Response("Lỗi: chưa chọn OA", 400)
        code = mint.consent(oa, request.args.get("code_challenge", ""))
        query = urlencode({"oa_id": oa, "code": code, "state": request.args.get("state", "")})
        return redirect(f"{back}{'&' if '?' in back else '?'}{query}")
