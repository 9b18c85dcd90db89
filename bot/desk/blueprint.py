"""The desk's blueprint; each page's module adds its own routes."""

from __future__ import annotations

from importlib import import_module

from flask import Blueprint, Response, current_app, url_for

from bot.desk.guard import signed_in
from bot.desk.navigation import first_page, menu_of
from bot.desk.refusals import add_refusals

PAGES = (
    "signin",
    "account",
    "inbox",
    "conversation",
    "composer",
    "officers",
    "audit",
    "hours",
    "canned",
    "reports",
    "review",
    "dossiers",
    "dossier_import",
    "scams",
    "scam_warnings",
    "posts",
    "post_editor",
    "post_figures",
    "house",
    "comments",
    "accounts",
    "account_links",
)
"""Modules of this package that have ``add_routes(blueprint)``."""

POLICY = (
    "default-src 'self'; img-src 'self' https: data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)


def create_desk_blueprint() -> Blueprint:
    """Everything under ``/desk``; the application keeps a :class:`bot.desk.context.Desk`."""
    blueprint = Blueprint(
        "desk", __name__, url_prefix="/desk", template_folder="templates", static_folder="static"
    )
    for page in PAGES:
        import_module(f"bot.desk.{page}").add_routes(blueprint)
    blueprint.context_processor(_surroundings)
    add_refusals(blueprint)

    @blueprint.after_request
    def headers(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", POLICY)
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "same-origin"
        response.headers["X-Frame-Options"] = "DENY"
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    return blueprint


def _surroundings() -> dict[str, object]:
    """What every page shows around itself."""
    me = signed_in()
    return {
        "me": me,
        "menu": menu_of(me) if me and not me.must_change else [],
        "home": first_page(me) if me else url_for("desk.sign_in"),
        "known_views": current_app.view_functions,
    }
