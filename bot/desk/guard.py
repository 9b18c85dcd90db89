"""Who asks, and whether they may: the one way into every view of the desk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, ParamSpec, cast

from flask import abort, g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from bot.desk.context import the_desk
from bot.desk.permissions import GRANTED, Permission, Role
from bot.desk.sessions import COOKIE, officer_of, touch
from bot.store.engine import change, reading

BEFORE_CHANGE = frozenset({"desk.password", "desk.sign_out"})
"""What an officer with a one-time password may do: replace it, or go."""

P = ParamSpec("P")
View = Callable[P, ResponseReturnValue]


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The officer behind a request. ``queues`` empty: all of the unit's."""

    id: int
    login: str
    name: str
    persona: str
    role: Role
    unit_id: int
    all_units: bool
    queues: tuple[str, ...]
    must_change: bool

    def may(self, permission: Permission) -> bool:
        """Whether the role grants ``permission``."""
        return permission in GRANTED[self.role]


def signed_in() -> SignedIn | None:
    """Who asks, if anybody; looked up once a request."""
    if "officer" not in g:
        g.officer = look_up(request.cookies.get(COOKIE, ""))
    return cast("SignedIn | None", g.officer)


def current() -> SignedIn:
    """Who asks, inside a view behind :func:`needs`."""
    found = signed_in()
    assert found is not None  # needs() let the request through
    return found


def needs(permission: Permission) -> Callable[[View[P]], View[P]]:
    """Only for those whose role grants ``permission``: else sign-in, or 403.

    The view carries it as ``permission``: a test goes through every route and every role.
    """

    def guard(view: View[P]) -> View[P]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
            officer = signed_in()
            if officer is None:
                return _to_sign_in()
            if not officer.may(permission):
                abort(403)
            if officer.must_change and request.endpoint not in BEFORE_CHANGE:
                return _elsewhere(url_for("desk.password"))
            return view(*args, **kwargs)

        cast("Any", guarded).permission = permission
        return guarded

    return guard


def look_up(token: str) -> SignedIn | None:
    """Whose browser has this cookie, if it is signed in still. A live feed asks again while it is open."""
    if not token:
        return None
    desk = the_desk()
    now = desk.clock()
    with reading(desk.engine) as session:
        opened = officer_of(session, token, now)
        if opened is None:
            return None
        row = opened.officer
        found = SignedIn(
            id=row.id, login=row.login, name=row.name, persona=row.persona, role=Role(row.role),
            unit_id=row.unit_id, all_units=row.all_units, queues=tuple(row.queues),
            must_change=row.must_change,
        )  # fmt: skip
    if opened.stale:
        change(desk.engine, lambda connection: touch(connection, token, found.id, now))
    return found


def _to_sign_in() -> ResponseReturnValue:
    """A page goes to sign-in and comes back; a form that was sent is lost."""
    wanted = request.full_path.rstrip("?") if request.method == "GET" and not _is_script() else None
    return _elsewhere(url_for("desk.sign_in", next=wanted), 401)


def _elsewhere(address: str, code: int = 403) -> ResponseReturnValue:
    """A page is redirected; a fragment or a live feed is told so (htmx obeys the header)."""
    if _is_script():
        return "", code, {"HX-Redirect": address}
    return redirect(address)


def _is_script() -> bool:
    return bool(request.headers.get("HX-Request")) or request.accept_mimetypes.best == "text/event-stream"
