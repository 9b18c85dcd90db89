"""Images that officers send: kept under var/media by a random name, readable by whoever knows the name.

A platform fetches an image by its address without signing in anywhere, so the name is the secret.
"""

from __future__ import annotations

import secrets
from pathlib import Path

from flask import Blueprint, Response, abort, send_from_directory

from bot.store.media import NAME, media_folder

MAX_BYTES = 1024 * 1024
"""Zalo takes images up to this size."""

_MAGIC = ((b"\xff\xd8\xff", "jpg"), (b"\x89PNG\r\n\x1a\n", "png"))


class BadImage(ValueError):
    """Not an image that may be sent; the message is for the officer, in Vietnamese."""


def keep_image(folder: Path, content: bytes) -> str:
    """Store ``content`` under ``folder``; returns its new name.

    :raises BadImage: if it is no JPEG or PNG by its first bytes, or too large.
    """
    if len(content) > MAX_BYTES:
        raise BadImage("Ảnh quá lớn: tối đa 1 MB.")
    kind = next((kind for magic, kind in _MAGIC if content.startswith(magic)), None)
    if kind is None:
        raise BadImage("Chỉ gửi được ảnh JPEG hoặc PNG.")
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{secrets.token_hex(16)}.{kind}"
    (folder / name).write_bytes(content)
    return name


def create_media_blueprint(var_dir: Path) -> Blueprint:
    """``/media/<name>``."""
    blueprint = Blueprint("media", __name__)
    folder = media_folder(var_dir)

    @blueprint.get("/media/<name>")
    def image(name: str) -> Response:
        if not NAME.fullmatch(name):
            abort(404)
        response = send_from_directory(folder, name, max_age=86400)
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        return response

    return blueprint
