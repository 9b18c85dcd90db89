"""Officers' passwords: Argon2 with the library's own parameters (RFC 9106, low memory)."""

from __future__ import annotations

import secrets
import threading
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST, LONGEST = 12, 200
"""Characters. Length is what counts; no rule on kinds of characters (NIST SP 800-63B)."""

_HASHER = PasswordHasher()
_NOBODY = _HASHER.hash("nobody's password")
_AT_ONCE = threading.BoundedSemaphore(3)
"""Each takes 64 MB: a burst of guesses must not take the memory of the web process."""

_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without those that look alike: a one-time password is read out and typed."""


def hash_password(password: str) -> str:
    with _AT_ONCE:
        return _HASHER.hash(_plain(password))


def matches(password_hash: str | None, password: str) -> bool:
    """Whether ``password`` is right; as slow for a login that does not exist (None)."""
    try:
        with _AT_ONCE:
            return _HASHER.verify(password_hash or _NOBODY, _plain(password)) and password_hash is not None
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(password_hash: str) -> bool:
    """Whether it was made with other parameters than today's: hash anew at the next sign-in."""
    return _HASHER.check_needs_rehash(password_hash)


def one_time_password() -> str:
    """Four groups of four characters (79 bits); it is changed at the first sign-in."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))


def problem_of(password: str, login: str = "") -> str | None:
    """Why a new password can't be taken, in words for its owner."""
    if len(password) < SHORTEST:
        return f"Mật khẩu mới cần ít nhất {SHORTEST} ký tự; hãy dùng một câu dễ nhớ."
    if len(password) > LONGEST:
        return f"Mật khẩu mới dài quá {LONGEST} ký tự; hãy chọn câu ngắn hơn."
    if len(set(password)) < 4 or (login and password.casefold() == login.casefold()):
        return "Mật khẩu mới quá dễ đoán; hãy dùng một câu khác."
    return None


def _plain(password: str) -> str:
    """The same for every keyboard: "ế" is typed as one sign or as three."""
    return unicodedata.normalize("NFKC", password)
