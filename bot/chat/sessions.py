"""Who is at the other end of a chat page: nobody known, but always the same one.

A session id is random; the page keeps it signed in localStorage and sends it as a header. A cookie
would not do: browsers give none to an iframe on somebody else's site. And because no credential is
sent by the browser on its own, a foreign page cannot make it act (no CSRF).
"""

from __future__ import annotations

import secrets

from itsdangerous import BadSignature, URLSafeTimedSerializer

HEADER = "X-Chat-Session"
MAX_AGE_S = 180 * 24 * 3600


class ChatSessions:
    """Makes and reads session tokens."""

    def __init__(self, secret_key: str) -> None:
        """:raises ValueError: if the key is empty, as anybody could then sign."""
        if not secret_key:
            raise ValueError("SECRET_KEY is needed to sign web chat sessions")
        self._serializer = URLSafeTimedSerializer(secret_key, salt="webchat-session")

    def create(self) -> str:
        """The token of a new session."""
        return str(self._serializer.dumps(secrets.token_urlsafe(24)))

    def read(self, token: str) -> str | None:
        """The session id in ``token``, or None if we did not sign it or it is too old."""
        if not token or len(token) > 200:
            return None
        try:
            session_id = self._serializer.loads(token, max_age=MAX_AGE_S)
        except BadSignature:
            return None
        return session_id if isinstance(session_id, str) else None
