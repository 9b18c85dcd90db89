"""Webhook bodies as bytes, and their signatures, exactly as the two platforms make them.

Written from the platforms' documents, independently of the connectors that verify them.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any


def zalo_bytes(event: dict[str, Any]) -> bytes:
    """Compact JSON with Vietnamese letters as UTF-8."""
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()


def zalo_signature(app_id: str, raw: bytes, timestamp: str, oa_secret_key: str) -> str:
    """``X-ZEvent-Signature``: plain SHA-256 over the concatenation, not an HMAC."""
    return "mac=" + hashlib.sha256(app_id.encode() + raw + f"{timestamp}{oa_secret_key}".encode()).hexdigest()


def facebook_bytes(event: dict[str, Any]) -> bytes:
    r"""Compact JSON in Meta's escaping: ``\u00e0`` in lower case for non-ASCII, and ``\/`` for a slash.

    A receiver that decodes and re-encodes before it verifies fails on every link and every
    Vietnamese letter, as it would with Meta.
    """
    return json.dumps(event, ensure_ascii=True, separators=(",", ":")).replace("/", "\\/").encode("ascii")


def facebook_signatures(raw: bytes, app_secret: str) -> dict[str, str]:
    """``X-Hub-Signature-256`` and the legacy SHA-1 header that Meta still adds."""
    key = app_secret.encode()
    return {
        "X-Hub-Signature-256": "sha256=" + hmac.new(key, raw, hashlib.sha256).hexdigest(),
        "X-Hub-Signature": "sha1=" + hmac.new(key, raw, hashlib.sha1).hexdigest(),
    }


def appsecret_proof(app_secret: str, access_token: str) -> str:
    """Meta's and Zalo's proof that the caller knows the app secret."""
    return hmac.new(app_secret.encode(), access_token.encode(), hashlib.sha256).hexdigest()
