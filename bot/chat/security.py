"""Response headers of the web chat: what a browser may do with each answer."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Response


def page_policy(frame_ancestors: Sequence[str] = ()) -> str:
    """The Content-Security-Policy of a page without inline script or style.

    Pictures may come from any https host, since a post's image does; nothing else leaves this site.
    """
    ancestors = " ".join(("'self'", *frame_ancestors))
    return (
        "default-src 'self'; img-src 'self' https:; object-src 'none'; base-uri 'none'; "
        f"form-action 'self'; frame-ancestors {ancestors}"
    )


def harden(response: Response, policy: str) -> Response:
    """Add the security headers that every answer gets."""
    response.headers.setdefault("Content-Security-Policy", policy)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=()"
    return response


def no_store(response: Response) -> Response:
    """For answers that belong to one resident."""
    response.headers["Cache-Control"] = "no-store"
    return response
