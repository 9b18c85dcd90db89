"""Zalo's OAuth v4: a single-use refresh token buys the next pair.

Whoever calls :func:`refresh` must hold a lock that outlives ``timeout`` and commit the new pair
before using it: Zalo kills the old refresh token at once, and a lost pair needs the OA's
administrator to consent again.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from connectors.http import Answer, HttpClient, MaybeSent, NeverSent, Timeout
from connectors.payload import number

TOKEN_PATH = "/v4/oa/access_token"
CONSENT_PATH = "/v4/oa/permission"
DEFAULT_LIFETIME_S = 90_000.0
LONGEST_LIFETIME_S = 366 * 24 * 3600.0
RATE_LIMITED = -32
DEFAULT_TIMEOUT: Timeout = (5.0, 20.0)


class RefreshError(Exception):
    """No new pair of tokens. ``code`` is Zalo's, or a word of ours."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class RefreshRefused(RefreshError):
    """Zalo said no: the grant is used up, revoked or wrong. Asking again will not help."""


class RefreshUnknown(RefreshError):
    """The request may have been carried out and the refresh token be burnt: ask once more, then alert."""


class RefreshUnreachable(RefreshError):
    """Zalo was not reached or did not look at the request; the refresh token is as good as before."""


@dataclass(frozen=True, slots=True)
class TokenPair:
    """What a refresh buys; ``expires_at`` (UTC) is that of the access token."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_at: datetime


def _utc_now() -> datetime:
    return datetime.now(UTC)


def refresh(
    oauth_url: str,
    app_id: str,
    app_secret: str,
    refresh_token: str,
    timeout: Timeout = DEFAULT_TIMEOUT,
    now: Callable[[], datetime] = _utc_now,
) -> TokenPair:
    """Trade ``refresh_token`` for a new pair; it is void afterwards.

    :raises RefreshRefused, RefreshUnknown, RefreshUnreachable: if there is no new pair.
    """
    form = {"refresh_token": refresh_token, "app_id": app_id, "grant_type": "refresh_token"}
    return _ask(oauth_url, app_secret, form, timeout, now)


def exchange_code(
    oauth_url: str,
    app_id: str,
    app_secret: str,
    code: str,
    code_verifier: str,
    timeout: Timeout = DEFAULT_TIMEOUT,
    now: Callable[[], datetime] = _utc_now,
) -> TokenPair:
    """Trade the ``code`` of the consent page (valid 10 minutes, once) for the first pair.

    :raises RefreshRefused, RefreshUnknown, RefreshUnreachable: if there is no pair.
    """
    form = {
        "code": code,
        "app_id": app_id,
        "grant_type": "authorization_code",
        "code_verifier": code_verifier,
    }
    return _ask(oauth_url, app_secret, form, timeout, now)


def new_verifier() -> str:
    """A PKCE verifier of 43 characters; keep it until the code comes back."""
    return secrets.token_urlsafe(32)


def challenge(verifier: str) -> str:
    """The S256 challenge of ``verifier``, base64url without padding."""
    hashed = hashlib.sha256(verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(hashed).rstrip(b"=").decode("ascii")


def consent_url(oauth_url: str, app_id: str, redirect_uri: str, verifier: str, state: str) -> str:
    """The page on which the OA's administrator grants the app its access."""
    query = {
        "app_id": app_id,
        "redirect_uri": redirect_uri,
        "code_challenge": challenge(verifier),
        "state": state,
    }
    return f"{oauth_url.rstrip('/')}{CONSENT_PATH}?{urlencode(query)}"


def _ask(
    oauth_url: str,
    app_secret: str,
    form: Mapping[str, str],
    timeout: Timeout,
    now: Callable[[], datetime],
) -> TokenPair:
    asked_at = now()
    try:
        answer = HttpClient(oauth_url, timeout).call(
            "POST", TOKEN_PATH, headers={"secret_key": app_secret}, form=form
        )
    except NeverSent as error:
        raise RefreshUnreachable("unreachable", f"Zalo's token service was not reached ({error})") from None
    except MaybeSent as error:
        raise RefreshUnknown("timeout", f"no answer from Zalo's token service ({error})") from None
    return _read(answer, asked_at)


def _read(answer: Answer, asked_at: datetime) -> TokenPair:
    """Failures come with HTTP 200 and without tokens: never take the lack of an error for success."""
    body = answer.body or {}
    access, following = body.get("access_token"), body.get("refresh_token")
    if isinstance(access, str) and access and isinstance(following, str) and following:
        given = number(body.get("expires_in")) or 0
        lifetime = given if 0 < given <= LONGEST_LIFETIME_S else DEFAULT_LIFETIME_S
        return TokenPair(access, following, asked_at + timedelta(seconds=lifetime))
    code = number(body.get("error"))
    if code == RATE_LIMITED or answer.status == 429:
        raise RefreshUnreachable("busy", "Zalo's token service asks to wait")
    if code:
        name = str(body.get("error_name") or body.get("message") or "")[:120]
        raise RefreshRefused(str(int(code)), f"Zalo refused the tokens: {int(code)} {name}".rstrip())
    if answer.status in range(400, 500):
        raise RefreshRefused(f"http/{answer.status}", f"Zalo refused the tokens: HTTP {answer.status}")
    raise RefreshUnknown(f"http/{answer.status}", "Zalo's token service gave no readable answer")
