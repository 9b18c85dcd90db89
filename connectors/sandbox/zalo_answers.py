"""Zalo's answers: always HTTP 200, with ``error`` in the body."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify

from connectors.sandbox.zalo_oauth import EXPIRED, INVALID

MESSAGES = {
    INVALID: "Access token is invalid",
    EXPIRED: "Access token has expired",
    -32: "Your OA reached limit call api",
    -201: "Params is invalid",
    -211: "Out of quota",
    -227: "User is banned or has been inactive for more than 45 days",
    -230: "User has not interacted with the OA in the past 7 days",
    -214: "Article is being processed",
    -234: "Cannot send at this time",
    -240: "MessageV2 API has been shut down, please switch to MessageV3",
    -242: "appsecret_proof is invalid",
}


def failure(code: int, message: str = "") -> Response:
    """Zalo's error body."""
    return jsonify(error=code, message=message or MESSAGES.get(code, "Error"))


def success(data: Any) -> Response:
    """Zalo's success body."""
    return jsonify(data=data, error=0, message="Success")
