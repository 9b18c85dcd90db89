"""The stand-in for ``oauth.zaloapp.com``: OAuth v4 with single-use, rotating refresh tokens.

Tokens carry their generation and a MAC, so that a sandbox that was started anew still knows the newest
pair it gave out: a token of a later generation than any it has seen is taken as the current one.
"""

from __future__ import annotations

import hashlib
import hmac
import threading

from flask import Blueprint, Response, jsonify, request

from connectors.sandbox.config import SandboxConfig
from connectors.sandbox.faults import FaultKind
from connectors.sandbox.sending import Sending, gateway_error, hang_up
from connectors.sandbox.state import Platform, World

INVALID, EXPIRED = -216, -220


class TokenMint:
    """Access and refresh tokens of the one OA. Thread-safe."""

    def __init__(self, config: SandboxConfig, world: World) -> None:
        self._config = config
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
        stem = f"sbx-{kind}-{generation}-{issued_ms}"
        mac = hmac.new(self._config.zalo_app_secret.encode(), stem.encode(), hashlib.sha256)
        return f"{stem}-{mac.hexdigest()[:32]}"

    def _generation(self, kind: str, token: str) -> int | None:
        """The generation of a token that we made, None for any other string."""
        if kind == "rt" and token == self._config.zalo_refresh_token:
            return 0
        parts = token.split("-")
        if len(parts) != 5 or parts[1] != kind or not (parts[2].isdecimal() and parts[3].isdecimal()):
            return None
        made = self._token(kind, int(parts[2]), int(parts[3]))
        return int(parts[2]) if hmac.compare_digest(made, token) else None


def refusal(code: int, name: str, reason: str) -> Response:
    """An OAuth refusal: HTTP 200, no tokens, other field names than the API's."""
    return jsonify(
        error=code,
        error_name=name,
        error_reason=reason,
        error_description=reason,
        ref_doc="https://developers.zalo.me/docs/official-account/",
    )


def zalo_oauth_blueprint(config: SandboxConfig, mint: TokenMint, sending: Sending) -> Blueprint:
    """``POST /v4/oa/access_token``."""
    blueprint = Blueprint("zalo_oauth", __name__)

    @blueprint.post("/v4/oa/access_token")
    def access_token() -> Response:
        form = request.form
        if request.headers.get("secret_key") != config.zalo_app_secret:
            return refusal(-14004, "Invalid secret key", "secret_key header is missing or wrong")
        if form.get("app_id") != config.zalo_app_id:
            return refusal(-14002, "Invalid app id", "app id is wrong or the app is not active")
        if form.get("grant_type") != "refresh_token":
            return refusal(-14001, "Invalid grant type", "the sandbox knows grant_type=refresh_token only")
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
