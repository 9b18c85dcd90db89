"""Every route of the desk, for every role and for nobody, without and with a form's token.

The routes are read from the blueprint: one that is added later is tested too, or fails for want of a
permission.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from flask import Flask
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from bot.desk.blueprint import create_desk_blueprint
from bot.desk.permissions import GRANTED, Permission, Role
from tests.desk.conftest import ClientOf, DeskClient

OPEN = {"desk.sign_in", "desk.static"}
"""Whoever comes may ask for these."""


@dataclass(frozen=True)
class Route:
    endpoint: str
    method: str
    path: str
    permission: Permission | None

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def _routes() -> list[Route]:
    app = Flask("routes", static_folder=None)
    app.register_blueprint(create_desk_blueprint())
    return [
        Route(rule.endpoint, method, _path(app, rule), _permission(app, rule))
        for rule in app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]


def _permission(app: Flask, rule: Rule) -> Permission | None:
    return getattr(app.view_functions[rule.endpoint], "permission", None)


def _path(app: Flask, rule: Rule) -> str:
    adapter = app.url_map.bind("localhost")
    for value in (987654, "khong-co"):
        try:
            return adapter.build(rule.endpoint, dict.fromkeys(rule.arguments, value))
        except ValueError:
            continue
    raise AssertionError(f"no address for {rule}: teach this test its converter")


ROUTES = _routes()
GUARDED = [route for route in ROUTES if route.endpoint not in OPEN]


def _ask(client: DeskClient, route: Route) -> TestResponse:
    """With a token where one is needed; a stream is not read."""
    data = {"csrf_token": client.csrf()} if route.method == "POST" else None
    response = client.open(route.path, method=route.method, data=data, buffered=False)
    response.close()
    return response


def test_every_route_says_what_it_needs() -> None:
    assert len(GUARDED) >= 10
    assert [str(route) for route in GUARDED if route.permission is None] == []


def test_nothing_changes_by_get() -> None:
    """Forms that sign out, disable and the like are sent: a picture in a chat must not be able to do it."""
    assert {route.method for route in ROUTES} <= {"GET", "POST"}


@pytest.mark.parametrize("route", GUARDED, ids=str)
def test_nobody_is_let_in(stranger: DeskClient, route: Route) -> None:
    response = _ask(stranger, route)
    assert response.status_code in {302, 401}
    if response.status_code == 302:
        assert response.location.startswith("/desk/sign-in")


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("route", GUARDED, ids=str)
def test_a_role_gets_what_it_is_granted(client_of: ClientOf, route: Route, role: Role) -> None:
    response = _ask(client_of(role.value), route)
    allowed = route.permission in GRANTED[role]
    assert (response.status_code != 403) == allowed, response.status
    assert response.status_code < 500
    assert "/desk/sign-in" not in (response.location or "") or "sign-out" in route.path


@pytest.mark.parametrize("route", [r for r in ROUTES if r.method == "POST"], ids=str)
def test_without_a_token_nothing_is_done(client_of: ClientOf, route: Route) -> None:
    """Of whoever could do it: the refusal is the token's."""
    roles = [role for role in Role if route.permission in GRANTED[role] or route.permission is None]
    response = client_of(roles[0].value).post(route.path, data={})
    assert response.status_code == 400


@pytest.mark.parametrize("route", GUARDED, ids=str)
def test_a_one_time_password_opens_only_its_own_change(client_of: ClientOf, route: Route) -> None:
    roles = [role for role in Role if route.permission in GRANTED[role]]
    response = _ask(client_of(roles[0].value, must_change=True), route)
    if route.endpoint == "desk.password":
        assert response.status_code in {200, 422}
    elif route.endpoint != "desk.sign_out":
        assert (response.status_code, response.location) == (302, "/desk/account/password")


def test_an_editor_reads_no_resident() -> None:
    """The table itself: what else an editor may do, conversations and their figures are not among it."""
    granted = GRANTED[Role.EDITOR]
    assert not granted & {Permission.CHATS, Permission.REVIEW, Permission.REPORTS, Permission.AUDIT}
    chats = [r for r in GUARDED if r.permission not in granted]
    assert chats


@pytest.mark.parametrize("role", [Role.EDITOR, Role.ADMINISTRATOR])
def test_the_inbox_is_for_those_who_talk(client_of: ClientOf, role: Role) -> None:
    assert client_of(role.value).get("/desk/").status_code in {302, 403}
