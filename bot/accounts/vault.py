"""Tokens encrypted at rest."""

from __future__ import annotations

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken


class VaultError(Exception):
    """A stored token can't be decrypted: SECRET_KEY is not the one that it was stored with."""


class Vault:
    """Fernet with a key derived from ``secret`` (SECRET_KEY)."""

    def __init__(self, secret: str) -> None:
        self._fernet = Fernet(base64.urlsafe_b64encode(hashlib.sha256(secret.encode()).digest()))

    def seal(self, token: str) -> str:
        return self._fernet.encrypt(token.encode()).decode() if token else ""

    def open(self, cipher: str) -> str:
        """The inverse of :meth:`seal`.

        :raises VaultError: if the key is another one.
        """
        try:
            return self._fernet.decrypt(cipher.encode()).decode() if cipher else ""
        except InvalidToken as error:
            raise VaultError("không phải khóa đã dùng khi lưu mã truy cập") from error


def fingerprint(token: str) -> str:
    """Tells whether a token of the settings is another one than last time, without keeping it."""
    return hashlib.sha256(token.encode()).hexdigest()
