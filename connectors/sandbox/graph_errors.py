"""Graph's error bodies: what callers key on is (code, subcode)."""

from __future__ import annotations

import secrets

from flask import Response, jsonify

KNOWN: dict[tuple[int, int], tuple[int, str, str]] = {
    (1, 0): (500, "OAuthException", "An unknown error has occurred."),
    (2, 0): (500, "OAuthException", "Service temporarily unavailable"),
    (4, 0): (403, "OAuthException", "(#4) Application request limit reached"),
    (10, 2018108): (
        400,
        "OAuthException",
        "(#10) This person isn't receiving messages from you right now.",
    ),
    (10, 2018278): (
        400,
        "OAuthException",
        (
            "(#10) This message is sent outside of allowed window. Learn more about the new policy here: "
            "https://developers.facebook.com/docs/messenger-platform/policy-overview"
        ),
    ),
    (10, 2018300): (
        400,
        "OAuthException",
        "(#10) Message failed to send because another app is controlling this thread now.",
    ),
    (10, 1893063): (
        400,
        "OAuthException",
        "(#10) This page is temporarily restricted from sending messages.",
    ),
    (100, 2018001): (400, "OAuthException", "(#100) No matching user found"),
    (100, 33): (
        400,
        "GraphMethodException",
        (
            "Unsupported request. Object does not exist, cannot be loaded due to missing permissions, or "
            "does not support this operation"
        ),
    ),
    (104, 0): (400, "OAuthException", "An access token is required to request this resource."),
    (190, 0): (400, "OAuthException", "Invalid OAuth access token - Cannot parse access token"),
    (190, 460): (
        401,
        "OAuthException",
        (
            "Error validating access token: The session has been invalidated because the user changed their "
            "password or Facebook has changed the session for security reasons."
        ),
    ),
    (190, 463): (401, "OAuthException", "Error validating access token: Session has expired."),
    (551, 1545041): (400, "OAuthException", "(#551) This person isn't available right now."),
    (613, 0): (400, "OAuthException", "(#613) Calls to this api have exceeded the rate limit."),
    (1200, 0): (500, "OAuthException", "Temporary send message failure. Please try again later."),
    (80006, 0): (
        400,
        "OAuthException",
        "(#80006) There have been too many messenger api calls to this page account.",
    ),
}
TRANSIENT = {1, 2, 1200}


def graph_error(code: int, subcode: int = 0, message: str = "", status: int = 0) -> Response:
    """One Graph error with its usual text and HTTP status, unless told otherwise."""
    usual_status, kind, text = KNOWN.get((code, subcode), KNOWN.get((code, 0), (400, "OAuthException", "")))
    error: dict[str, object] = {"message": message or text or f"(#{code}) Error", "type": kind, "code": code}
    if subcode:
        error["error_subcode"] = subcode
    if code in TRANSIENT:
        error["is_transient"] = True
    error["fbtrace_id"] = "A" + secrets.token_urlsafe(16)[:22]
    response = jsonify(error=error)
    response.status_code = status or usual_status
    if code == 190:
        challenge = 'OAuth "Facebook Platform" "invalid_token" "Invalid OAuth access token."'
        response.headers["WWW-Authenticate"] = challenge
    return response


def bad_parameter(message: str) -> Response:
    """#100, the caller's own mistake."""
    return graph_error(100, message=f"(#100) {message}")
