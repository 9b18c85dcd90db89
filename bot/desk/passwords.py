"""Officers' passwords: Argon2 with the library's own parameters (RFC 9106, low memory)."""

from __future__ import annotations

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST = 12
"""Characters. Length is what counts; no rule on kinds of characters (NIST SP 800-63B)."""

_HASHER = PasswordHasher()
_NOBODY = _HASHER.hash("nobody's password")


def hash_password(password: str) -> str:
    return _HASHER.hash(password)


def matches(password_hash: str | None, password: str) -> bool:
    """Whether ``password`` is right; as slow for a login that does not exist (None)."""
    try:
        return _HASHER.verify(password_hash or _NOBODY, password) and password_hash is not None
    except (VerificationError, InvalidHashError):
        return False
