"""The phone page, the stand-in Facebook pages, and their live feed."""

from __future__ import annotations

import json
from collections.abc import Iterator

from flask import Blueprint, Response, jsonify, render_template, request

from connectors.sandbox import defaults
from connectors.sandbox.config import SandboxConfig
from connectors.sandbox.state import World

HEARTBEAT_S = 10.0
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' http://127.0.0.1:* https: data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)


def page_blueprint(config: SandboxConfig, world: World) -> Blueprint:
    """``/``, ``/trang`` and ``/sandbox/feed``."""
    blueprint = Blueprint(
        "sandbox_page",
        __name__,
        template_folder="templates",
        static_folder="static",
        static_url_path="/sandbox/static",
    )

    @blueprint.get("/")
    def index() -> str:
        names = {"zalo": defaults.ZALO_OA_NAME, "facebook": defaults.FACEBOOK_PAGE_NAME}
        return render_template("sandbox.html", names=names, assistant_url=config.assistant_url)

    @blueprint.get("/trang")
    def wall() -> str:
        """The stand-in pages, to comment on as a resident."""
        return render_template("pages.html", pages=[(ref, name) for ref, (name, _) in config.pages.items()])

    @blueprint.get("/sandbox/healthz")
    def healthz() -> Response:
        return jsonify(status="ok")

    @blueprint.get("/sandbox/feed")
    def feed() -> Response:
        """Server-sent events; a browser that reconnects goes on where it was."""
        given = request.headers.get("Last-Event-ID") or request.args.get("after", "")
        last = int(given) if given.isdecimal() else world.feed.last
        return Response(
            _stream(world, last), mimetype="text/event-stream", headers={"Cache-Control": "no-store"}
        )

    @blueprint.after_request
    def secure(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = POLICY
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        return response

    return blueprint


def _stream(world: World, last: int) -> Iterator[str]:
    if last > world.feed.last:  # numbers of a sandbox that has gone
        last = 0
    yield f'retry: 1000\nid: {last}\ndata: {{"type":"hello"}}\n\n'
    while True:
        entries = world.feed.wait(last, HEARTBEAT_S, limit=200)
        if not entries:
            yield ": still here\n\n"
        for last, entry in entries:
            yield f"id: {last}\ndata: {json.dumps(entry, ensure_ascii=False)}\n\n"
