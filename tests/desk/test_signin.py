"""Signing in: lock-out, the second factor, sessions, where one is sent, what the browser is told."""

from __future__ import annotations

import re
import unicodedata
from datetime import timedelta

import pyotp
import pytest
from argon2 import PasswordHasher
from flask import Flask
from sqlalchemy import Engine, select
from werkzeug.test import TestResponse

from bot.chat.limits import Rate
from bot.desk import signin
from bot.desk.authentication import authenticate, lock_time
from bot.desk.context import Desk
from bot.desk.navigation import own_path
from bot.desk.passwords import hash_password, matches
from bot.desk.sessions import COOKIE
from bot.store.engine import reading, writing
from bot.store.models import Audit, DeskSession, Officer
from tests.desk.conftest import PASSWORD, ClientOf, DeskClient, MovableClock, add_officer, sign_in_as


@pytest.fixture
def desk_database_url(database_url: str) -> str:
    return database_url


@pytest.fixture
def officer_id(desk_engine: Engine) -> int:
    return add_officer(desk_engine, login="hoa")


def enter(client: DeskClient, password: str = PASSWORD, login: str = "hoa", **fields: str) -> TestResponse:
    return client.submit("/desk/sign-in", login=login, password=password, **fields)


def stored(engine: Engine, officer_id: int) -> Officer:
    with reading(engine) as session:
        return session.get_one(Officer, officer_id)


def change(engine: Engine, officer_id: int, **fields: object) -> None:
    with writing(engine) as session:
        officer = session.get_one(Officer, officer_id)
        for name, value in fields.items():
            setattr(officer, name, value)


# --- passwords and lock-out


def test_right_words_get_in(stranger: DeskClient, officer_id: int) -> None:
    response = enter(stranger, login=" HOA ")
    assert (response.status_code, response.location) == (302, "/desk/")
    assert stranger.get("/desk/account").status_code == 200


def test_the_waits_grow_to_an_hour() -> None:
    waits = [lock_time(failures) / timedelta(minutes=1) for failures in (4, 5, 6, 7, 10, 11, 500)]
    assert waits == [0, 1, 2, 4, 32, 60, 60]


def test_five_failures_lock_and_time_opens(
    stranger: DeskClient, officer_id: int, clock: MovableClock, desk_engine: Engine
) -> None:
    for _ in range(5):
        assert enter(stranger, "sai rồi").status_code == 403
    assert enter(stranger).status_code == 403  # right, but locked
    clock.forward(seconds=61)
    assert enter(stranger, "sai rồi").status_code == 403
    clock.forward(seconds=61)
    assert enter(stranger).status_code == 403, "the sixth failure waits for two minutes"
    clock.forward(seconds=61)
    assert enter(stranger).status_code == 302
    assert (stored(desk_engine, officer_id).failures, stored(desk_engine, officer_id).locked_until) == (
        0,
        None,
    )


def test_failures_of_another_day_are_forgiven(
    stranger: DeskClient, officer_id: int, clock: MovableClock, desk_engine: Engine
) -> None:
    change(desk_engine, officer_id, failures=9, locked_until=clock())
    clock.forward(days=1, minutes=1)
    enter(stranger, "sai rồi")
    assert stored(desk_engine, officer_id).failures == 1


def test_every_refusal_reads_the_same(
    stranger: DeskClient, officer_id: int, desk_engine: Engine, clock: MovableClock
) -> None:
    add_officer(desk_engine, login="lan", locked_until=clock() + timedelta(minutes=5))
    add_officer(desk_engine, login="nghi", disabled_at=clock())
    add_officer(desk_engine, login="otp", totp_cipher="khong giai duoc")
    pages = set()
    for login, password in (
        ("hoa", "sai rồi"), ("khong-ai", PASSWORD), ("lan", PASSWORD), ("nghi", PASSWORD), ("otp", PASSWORD),
    ):  # fmt: skip
        response = enter(stranger, password, login)
        assert response.status_code == 403
        pages.add(re.sub(r'content="[^"]*"|value="[^"]*"', "", response.text))
    assert len(pages) == 1


def test_every_refusal_takes_a_hash(
    monkeypatch: pytest.MonkeyPatch, desk: Desk, officer_id: int, clock: MovableClock
) -> None:
    """About the same time: that is Argon2's, whoever was asked for."""
    asked: list[str | None] = []
    monkeypatch.setattr("bot.desk.authentication.matches", lambda found, password: bool(asked.append(found)))
    change(desk.engine, officer_id, locked_until=clock() + timedelta(minutes=5))
    for login in ("hoa", "khong-ai"):
        assert authenticate(desk.engine, desk.vault, login, PASSWORD, "", "::1", clock()) is None
    assert asked == [None, None]


def test_an_address_has_its_own_limit(
    monkeypatch: pytest.MonkeyPatch, stranger: DeskClient, officer_id: int, clock: MovableClock
) -> None:
    monkeypatch.setattr(signin, "PER_ADDRESS", Rate(burst=2, per_second=0.1))
    assert [enter(stranger, login=f"ai-{n}").status_code for n in range(3)] == [403, 403, 429]
    clock.forward(seconds=11)
    assert enter(stranger).status_code == 302


def test_tries_are_audited_without_what_was_typed(
    stranger: DeskClient, officer_id: int, desk_engine: Engine
) -> None:
    enter(stranger, "bí mật gõ nhầm", login="mật khẩu gõ vào ô tên")
    enter(stranger)
    with reading(desk_engine) as session:
        rows = [
            (row.actor, row.action, row.subject) for row in session.scalars(select(Audit).order_by(Audit.id))
        ]
        details = [str(row.detail) for row in session.scalars(select(Audit))]
    me = f"officer:{officer_id}"
    assert rows == [("nobody", "sign_in_failed", "unknown"), (me, "sign_in", me)]
    assert "mật" not in str(details)


def test_an_old_hash_is_renewed(stranger: DeskClient, officer_id: int, desk_engine: Engine) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=8192).hash(PASSWORD)
    change(desk_engine, officer_id, password_hash=weak)
    assert enter(stranger).status_code == 302
    renewed = stored(desk_engine, officer_id).password_hash
    assert renewed != weak and matches(renewed, PASSWORD)


def test_a_password_is_the_same_from_every_keyboard() -> None:
    words = "mật khẩu tiếng Việt"
    composed, loose = (unicodedata.normalize(form, words) for form in ("NFC", "NFD"))
    assert composed != loose
    assert matches(hash_password(composed), loose)


# --- second factor


def code_of(secret: str, clock: MovableClock) -> str:
    return pyotp.TOTP(secret).at(clock())


def test_a_code_counts_once(
    stranger: DeskClient, officer_id: int, desk: Desk, desk_app: Flask, clock: MovableClock
) -> None:
    secret = pyotp.random_base32()
    change(desk.engine, officer_id, totp_cipher=desk.vault.seal(secret))
    assert enter(stranger).status_code == 403, "without a code"
    code = code_of(secret, clock)
    assert enter(stranger, code=code[:3] + " " + code[3:]).status_code == 302
    assert enter(desk_app.test_client(), code=code).status_code == 403, "the same code again"
    clock.forward(seconds=30)
    assert enter(desk_app.test_client(), code=code).status_code == 403, "and as the one before"
    assert enter(desk_app.test_client(), code=code_of(secret, clock)).status_code == 302


def test_wrong_codes_lock_too(stranger: DeskClient, officer_id: int, desk: Desk, clock: MovableClock) -> None:
    secret = pyotp.random_base32()
    change(desk.engine, officer_id, totp_cipher=desk.vault.seal(secret))
    wrong = f"{(int(code_of(secret, clock)) + 1) % 1_000_000:06}"
    for _ in range(5):
        enter(stranger, code=wrong)
    assert enter(stranger, code=code_of(secret, clock)).status_code == 403


def test_setting_up_and_taking_off(client_of: ClientOf, desk: Desk, clock: MovableClock) -> None:
    client = client_of("officer")
    page = client.get("/desk/account/second-factor").text
    assert 'src="data:image/svg+xml' in page
    sealed = re.search(r'name="sealed" value="([^"]+)"', page)
    assert sealed
    secret = desk.vault.open(sealed[1]).partition(":")[2]
    fields = {"sealed": sealed[1], "now": PASSWORD}
    assert client.submit("/desk/account/second-factor", **fields, code="000000x").status_code == 422
    assert (
        client.submit("/desk/account/second-factor", **fields, code=code_of(secret, clock)).status_code == 302
    )
    officer = stored(desk.engine, client.officer_id)
    assert desk.vault.open(officer.totp_cipher) == secret and secret not in officer.totp_cipher
    assert client.submit("/desk/account/second-factor/off", now="không phải").status_code == 422
    assert client.submit("/desk/account/second-factor/off", now=PASSWORD).status_code == 302
    assert stored(desk.engine, client.officer_id).totp_cipher == ""


def test_another_officers_secret_is_not_taken(client_of: ClientOf, desk: Desk, clock: MovableClock) -> None:
    client, secret = client_of("officer"), pyotp.random_base32()
    sealed = desk.vault.seal(f"{client.officer_id + 1}:{secret}")
    fields = {"sealed": sealed, "now": PASSWORD, "code": code_of(secret, clock)}
    assert client.submit("/desk/account/second-factor", **fields).status_code == 422


# --- sessions


def signed(client: DeskClient) -> bool:
    return client.get("/desk/account").status_code == 200


def test_a_session_is_new_at_sign_in(
    stranger: DeskClient, officer_id: int, desk_app: Flask, clock: MovableClock
) -> None:
    """A token that somebody planted in the browser is worth nothing afterwards."""
    planted = sign_in_as(desk_app, officer_id, clock())
    old = planted.get_cookie(COOKIE, path="/desk")
    assert old
    stranger.set_cookie(COOKIE, old.value, path="/desk")
    enter(stranger)
    new = stranger.get_cookie(COOKIE, path="/desk")
    assert new and new.value != old.value
    assert signed(stranger) and not signed(planted)


def test_the_cookies_are_kept_from_scripts(stranger: DeskClient, officer_id: int) -> None:
    token = {"csrf_token": stranger.csrf(), "login": "hoa", "password": PASSWORD}
    plain = [c for c in enter(stranger).headers.getlist("Set-Cookie") if c.startswith(f"{COOKIE}=")]
    assert all(flag in plain[0] for flag in ("HttpOnly", "SameSite=Lax", "Path=/desk"))
    assert "Secure" not in plain[0]
    headers = {"Referer": "https://localhost/desk/sign-in"}
    stranger.post("/desk/sign-out", data={"csrf_token": stranger.csrf()})
    token["csrf_token"] = stranger.csrf()
    safe = stranger.post("/desk/sign-in", data=token, base_url="https://localhost", headers=headers)
    assert safe.status_code == 302
    assert all("Secure" in c for c in safe.headers.getlist("Set-Cookie") if c.startswith(f"{COOKIE}="))


def test_a_database_that_is_read_opens_nothing(client_of: ClientOf, desk_engine: Engine) -> None:
    cookie = client_of("officer").get_cookie(COOKIE, path="/desk")
    with reading(desk_engine) as session:
        hashes = list(session.scalars(select(DeskSession.token_hash)))
    assert cookie and cookie.value not in hashes


def test_an_idle_session_ends(client_of: ClientOf, clock: MovableClock) -> None:
    client = client_of("officer")
    for _ in range(3):
        clock.forward(minutes=119)
        assert signed(client)
    clock.forward(minutes=121)
    assert not signed(client)


def test_no_session_is_longer_than_a_day_of_work(client_of: ClientOf, clock: MovableClock) -> None:
    client = client_of("officer")
    for _ in range(8):
        clock.forward(minutes=90)
        assert signed(client)
    clock.forward(minutes=1)
    assert not signed(client)


def test_seen_is_written_once_a_minute(client_of: ClientOf, clock: MovableClock, desk_engine: Engine) -> None:
    client = client_of("officer")
    opened = clock()

    def seen() -> object:
        with reading(desk_engine) as session:
            return session.scalar(select(DeskSession.seen_at))

    clock.forward(seconds=50)
    signed(client)
    assert seen() == opened
    clock.forward(seconds=11)
    signed(client)
    assert seen() == clock()


def test_a_new_password_signs_the_others_out(
    client_of: ClientOf, desk_app: Flask, clock: MovableClock
) -> None:
    client = client_of("officer")
    other = sign_in_as(desk_app, client.officer_id, clock())
    new = "một câu khác dễ nhớ"
    refused = client.submit("/desk/account/password", now="không phải", new=new, again=new)
    assert refused.status_code == 422 and signed(other)
    assert client.submit("/desk/account/password", now=PASSWORD, new=new, again=new).status_code == 302
    assert signed(client) and not signed(other)


@pytest.mark.parametrize(
    ("new", "again"),
    [("ngắn quá", "ngắn quá"), ("một câu đủ dài", "một câu khác"), ("aaaaaaaaaaaaa",) * 2, (PASSWORD,) * 2],
)
def test_a_bad_new_password_is_told(client_of: ClientOf, new: str, again: str) -> None:
    response = client_of("officer").submit("/desk/account/password", now=PASSWORD, new=new, again=again)
    assert response.status_code == 422
    assert 'aria-invalid="true"' in response.text


def test_signing_out_everywhere(client_of: ClientOf, desk_app: Flask, clock: MovableClock) -> None:
    client = client_of("officer")
    other = sign_in_as(desk_app, client.officer_id, clock())
    client.submit("/desk/account/sign-out-everywhere")
    assert not signed(client) and not signed(other)


# --- where one is sent, what the browser is told


@pytest.mark.parametrize(
    "target",
    ["https://evil.example/desk/", "//evil.example/desk/", "/\\evil.example", "/desk/\\..\\x",
     "javascript:alert(1)", "/desk/../webhooks", "/deskevil", "desk/", "", "/desk/\r\nX: y", "/chat"],
)  # fmt: skip
def test_nobody_is_sent_elsewhere(stranger: DeskClient, officer_id: int, target: str) -> None:
    assert own_path(target) is None
    assert enter(stranger, next=target).location == "/desk/"


def test_one_comes_back_to_the_page(stranger: DeskClient, officer_id: int) -> None:
    away = stranger.get("/desk/canned?x=1")
    assert away.location == "/desk/sign-in?next=/desk/canned?x%3D1"
    assert enter(stranger, next="/desk/canned?x=1").location == "/desk/canned?x=1"


def test_a_script_is_told_where_to_go(stranger: DeskClient) -> None:
    response = stranger.get("/desk/account", headers={"HX-Request": "true"})
    assert (response.status_code, response.headers["HX-Redirect"]) == (401, "/desk/sign-in")


@pytest.mark.parametrize(
    "path", ["/desk/sign-in", "/desk/account", "/desk/account/second-factor", "/desk/static/desk.css"]
)
def test_headers(client_of: ClientOf, path: str) -> None:
    response = client_of("officer").get(path)
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy and "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy and "form-action 'self'" in policy
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["X-Frame-Options"] == "DENY"
    if not path.endswith(".css"):
        assert response.headers["Cache-Control"] == "no-store"
        assert not re.search(r"<script(?![^>]*src=)|\son\w+=|\sstyle=", response.text)
