"""Meta's two checks: the signature of every POST and the one-time verification by GET."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence

from connectors.channel import Verification

HEADER = "X-Hub-Signature-256"

# The digest is ours to choose, never the header's: "sha1=", "md5=" or "nope=" are wrong.
_SIGNATURE = re.compile(r"sha256=([0-9a-f]{64})")


def sign(raw: bytes, app_secret: str) -> str:
    """The header's value that Meta sends for ``raw``."""
    return "sha256=" + hmac.new(app_secret.encode(), raw, hashlib.sha256).hexdigest()


def verify(headers: Mapping[str, str], raw: bytes, app_secrets: Sequence[str]) -> Verification:
    """Check the HMAC over the bytes as received: Meta signs its own escaping of Vietnamese letters.

    Several secrets are accepted while the app's secret is being changed.
    """
    header = headers.get(HEADER)
    if header is None:
        return Verification.MISSING
    if not _SIGNATURE.fullmatch(header):
        return Verification.WRONG
    # Every secret is tried, so that the time tells nothing about which one fits.
    fits = [hmac.compare_digest(sign(raw, secret), header) for secret in app_secrets if secret]
    return Verification.OK if any(fits) else Verification.WRONG


def verify_subscription(args: Mapping[str, str], token: str) -> str | None:
    """The challenge to answer with, verbatim as text/plain; None if the caller is not to be trusted."""
    given = args.get("hub.verify_token", "")
    if not token or args.get("hub.mode") != "subscribe":
        return None
    if not hmac.compare_digest(given.encode("utf-8", "replace"), token.encode()):
        return None
    return args.get("hub.challenge")
