"""Pictures that a resident of the sandbox sends: kept here, as a platform keeps them on a host of its own."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from threading import Lock

from flask import Blueprint, Response, abort, jsonify, request

from connectors.sandbox import defaults

MAX_BYTES = 12 * 1024 * 1024
"""More than the assistant reads, so that a picture that is too large can be tried too."""
KEPT = 40
_TYPES = (
    (b"\x89PNG", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"RIFF", "image/webp"),
)


class Media:
    """The last pictures, in memory. Thread-safe."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._lock = Lock()

    def keep(self, content: bytes) -> str:
        """The new picture's name."""
        name = secrets.token_hex(8)
        with self._lock:
            self._kept[name] = content
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return name

    def get(self, name: str) -> bytes | None:
        with self._lock:
            return self._kept.get(name)


def media_blueprint(media: Media) -> Blueprint:
    """``POST /sandbox/api/media`` takes a picture's bytes, ``GET /sandbox/media/<name>`` gives them back."""
    blueprint = Blueprint("sandbox_media", __name__)

    @blueprint.post("/sandbox/api/media")
    def keep() -> tuple[Response, int] | Response:
        content = request.get_data()
        if not content or len(content) > MAX_BYTES:
            return jsonify(error=f"a picture has 1 to {MAX_BYTES} bytes"), 400
        return jsonify(url=f"{origin()}/sandbox/media/{media.keep(content)}")

    @blueprint.get("/sandbox/media/<name>")
    def give(name: str) -> Response:
        content = media.get(name)
        if content is None:
            abort(404)
        kind = next((kind for magic, kind in _TYPES if content.startswith(magic)), "application/octet-stream")
        return Response(content, mimetype=kind, headers={"X-Content-Type-Options": "nosniff"})

    return blueprint


def origin() -> str:
    """This sandbox as the assistant on the same machine knows it, also if the browser says "localhost"."""
    host = request.host.replace("localhost", defaults.HOST, 1)
    return f"http://{host}"
