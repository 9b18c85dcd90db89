"""``X-ZEvent-Signature``: a plain SHA-256 (no HMAC) over app id, raw body, timestamp and OA secret key."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from typing import Any

from connectors.channel import Verification

HEADER = "X-ZEvent-Signature"

# Zalo's documents print "mac=", "mac = " and the bare digest.
_SIGNATURE = re.compile(r"\s*(?:mac\s*=\s*)?([0-9a-f]{64})\s*", re.IGNORECASE)


def sign(app_id: str, raw: bytes, timestamp: str, oa_secret_key: str) -> str:
    """The hexadecimal digest that Zalo sends for ``raw``; ``timestamp`` is the one inside the body."""
    return hashlib.sha256(app_id.encode() + raw + (timestamp + oa_secret_key).encode()).hexdigest()


def verify(headers: Mapping[str, str], raw: bytes, app_id: str, oa_secret_key: str) -> Verification:
    """Check a webhook call.

    The console's "save URL" sends ``{}`` without a signature and wants a 200: that is a PROBE. An
    event without a timestamp is hashed with an empty one.
    """
    body = _parse(raw)
    if body == {}:
        return Verification.PROBE
    header = headers.get(HEADER)
    if header is None:
        return Verification.MISSING
    match = _SIGNATURE.fullmatch(header)
    timestamp = body.get("timestamp", "") if isinstance(body, dict) else ""
    if match is None or not isinstance(timestamp, str) or not _encodable(timestamp):
        return Verification.WRONG
    expected = sign(app_id, raw, timestamp, oa_secret_key)
    return Verification.OK if hmac.compare_digest(expected, match[1].lower()) else Verification.WRONG


def _parse(raw: bytes) -> Any:
    """The body with every number kept as it is written; None if it is not JSON."""
    try:
        return json.loads(raw, parse_int=str, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError):
        return None


def _encodable(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)
