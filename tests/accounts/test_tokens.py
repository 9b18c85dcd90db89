"""Zalo's refresh token is single-use: one refresher, and the new pair committed before it is used."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial

import pytest
from redis import Redis
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from bot.accounts import tokens as module
from bot.accounts.registry import AccountRegistry, KnownAccount
from bot.accounts.tokens import CONSENT, NEW_PAGE_TOKEN, Tokens
from bot.accounts.vault import Vault
from bot.settings import ROOT
from bot.store.engine import writing
from bot.store.models import Account
from connectors.sandbox import defaults
from connectors.zalo import oauth
from connectors.zalo.oauth import RefreshRefused, RefreshUnknown, RefreshUnreachable, TokenPair
from tests.sandbox.helpers import Assistant, Sandbox
from tests.worker.fakes import Clock

DAY = timedelta(hours=25)


class Service:
    """Zalo's token service: each refresh token works once; ``fails`` are raised first."""

    def __init__(self, clock: Clock) -> None:
        self.clock, self.lock = clock, threading.Lock()
        self.asked: list[str] = []
        self.current = "r0"
        self.fails: list[Exception] = []

    def __call__(self, refresh_token: str) -> TokenPair:
        with self.lock:
            self.asked.append(refresh_token)
            if self.fails:
                raise self.fails.pop(0)
            if refresh_token != self.current:
                raise RefreshRefused("-14014", "used")
            number = int(self.current[1:]) + 1
            self.current = f"r{number}"
            return TokenPair(f"a{number}", self.current, self.clock() + DAY)


class Scene:
    """One Zalo account and one page, a service and a clock in our hand."""

    def __init__(self, engine: Engine, redis: Redis) -> None:
        self.engine, self.redis, self.clock = engine, redis, Clock()
        self.service = Service(self.clock)
        self.registry = AccountRegistry(engine, Vault("k"), self.clock)
        with writing(engine) as session:
            for channel in ("zalo", "facebook"):
                session.add(Account(channel=channel, external_id="1", created_at=self.clock()))
        self.zalo, self.page = (self.registry.by_ref(c, "1").id for c in ("zalo", "facebook"))  # type: ignore[union-attr]
        self.registry.store_tokens(self.zalo, "", "r0", None)
        self.registry.store_tokens(self.page, "p0", "", None)
        self.tokens = self.another()

    def another(self) -> Tokens:
        """As another worker has it: its own cache."""
        registry = AccountRegistry(self.engine, Vault("k"), self.clock)
        return Tokens(registry, self.redis, self.service, self.clock)

    def stored(self) -> KnownAccount:
        self.registry.forget()
        return self.registry.by_id(self.zalo)

    def cools_down(self) -> None:
        """The time that a failed or finished renewal keeps others away is over."""
        self.redis.delete(f"lock:token:{self.zalo}")


@pytest.fixture
def scene(engine: Engine, redis: Redis) -> Scene:
    return Scene(engine, redis)


def token_of(scene: Scene, tokens: Tokens | None = None) -> str | None:
    account = (tokens or scene.tokens).sendable(scene.zalo)
    return account.token if account else None


def test_the_first_use_buys_the_first_pair_and_keeps_it(scene: Scene) -> None:
    assert token_of(scene) == "a1"
    stored = scene.stored()
    assert (stored.access_token, stored.refresh_token, stored.expires_at) == ("a1", "r1", scene.clock() + DAY)
    assert token_of(scene) == token_of(scene, scene.another()) == "a1"
    assert scene.service.asked == ["r0"]


def test_a_token_is_renewed_well_before_it_ends(scene: Scene) -> None:
    token_of(scene)
    scene.cools_down()
    scene.clock.now += DAY - module.RENEW_BEFORE
    assert token_of(scene) == "a1"
    scene.clock.moves(1)
    assert token_of(scene) == "a2"
    assert scene.service.asked == ["r0", "r1"]


def test_a_page_s_token_is_used_as_it_is(scene: Scene) -> None:
    account = scene.tokens.sendable(scene.page)
    assert account is not None
    assert account.token == "p0"
    assert scene.service.asked == []


def test_a_refused_page_token_freezes_the_page_alone(scene: Scene) -> None:
    assert scene.tokens.refused(scene.page, "p0") is False
    assert scene.tokens.sendable(scene.page) is None
    assert scene.registry.by_id(scene.page).frozen_reason in (None, NEW_PAGE_TOKEN)
    scene.registry.forget()
    assert scene.registry.by_id(scene.page).frozen_reason == NEW_PAGE_TOKEN
    assert token_of(scene) == "a1"


def test_a_page_token_that_was_replaced_meanwhile_is_used(scene: Scene) -> None:
    scene.tokens.sendable(scene.page)
    scene.registry.store_tokens(scene.page, "p1", "", None)
    assert scene.tokens.refused(scene.page, "p0") is True
    account = scene.tokens.sendable(scene.page)
    assert account is not None
    assert account.token == "p1"


def test_a_refused_access_token_is_renewed_before_its_time(scene: Scene) -> None:
    token_of(scene)
    scene.cools_down()
    assert scene.tokens.refused(scene.zalo, "a1") is True
    assert token_of(scene) == "a2"


def test_a_token_that_another_worker_renewed_is_taken_from_it(scene: Scene) -> None:
    other = scene.another()
    assert token_of(scene, other) == "a1"
    scene.cools_down()
    assert other.refused(scene.zalo, "a1") is True
    asked = len(scene.service.asked)
    assert scene.tokens.refused(scene.zalo, "a1") is True
    assert token_of(scene) == "a2"
    assert len(scene.service.asked) == asked


def test_a_token_refused_right_after_its_renewal_is_not_renewed_at_every_message(
    scene: Scene,
) -> None:
    token_of(scene)
    for _ in range(5):
        assert scene.tokens.refused(scene.zalo, "a1") is False
    assert scene.service.asked == ["r0"]


def test_a_refused_refresh_freezes_an_account_without_a_token(scene: Scene) -> None:
    scene.service.fails = [RefreshRefused("-14014", "used")]
    assert token_of(scene) is None
    assert scene.stored().frozen_reason == CONSENT
    scene.cools_down()
    assert token_of(scene) is None
    assert scene.service.asked == ["r0"]


def test_a_refused_refresh_of_a_token_that_still_lasts_freezes_nothing_yet(scene: Scene) -> None:
    token_of(scene)
    scene.cools_down()
    scene.clock.now += DAY - timedelta(hours=1)
    scene.service.fails = [RefreshRefused("-14014", "used")] * 2
    assert token_of(scene) == "a1"
    assert token_of(scene) == "a1"
    assert scene.service.asked == ["r0", "r1"]  # not at every message
    assert scene.stored().frozen_reason is None
    scene.cools_down()
    scene.clock.moves(3600)
    assert token_of(scene) in (None, "a1")
    assert scene.stored().frozen_reason == CONSENT


def test_refused_twice_over_freezes_although_the_time_is_not_over(scene: Scene) -> None:
    """The access token is refused by the API, and the refresh token by the token service."""
    token_of(scene)
    scene.cools_down()
    scene.service.fails = [RefreshRefused("-14014", "revoked")]
    assert scene.tokens.refused(scene.zalo, "a1") is False
    assert scene.stored().frozen_reason == CONSENT


def test_an_unclear_refresh_is_asked_once_more(scene: Scene) -> None:
    scene.service.fails = [RefreshUnknown("timeout", "?")]
    assert token_of(scene) == "a1"
    assert scene.service.asked == ["r0", "r0"]


@pytest.mark.parametrize(
    ("fails", "frozen"),
    [
        ([RefreshUnknown("timeout", "?"), RefreshUnknown("timeout", "?")], False),
        ([RefreshUnknown("timeout", "?"), RefreshRefused("-14014", "burnt")], True),
        ([RefreshUnreachable("unreachable", "?")], False),
    ],
)
def test_what_a_failed_refresh_leaves(scene: Scene, fails: list[Exception], frozen: bool) -> None:
    scene.service.fails = list(fails)
    assert token_of(scene) is None
    assert (scene.stored().frozen_reason is not None) == frozen
    assert scene.stored().refresh_token == "r0"
    if not frozen:
        scene.cools_down()
        assert token_of(scene) == "a1"


def test_a_new_token_thaws(scene: Scene) -> None:
    scene.service.fails = [RefreshRefused("-14014", "used")]
    token_of(scene)
    scene.registry.store_tokens(scene.zalo, "", "r0", None)
    scene.cools_down()
    scene.tokens._registry.forget()
    assert token_of(scene) == "a1"


def test_a_database_that_is_away_for_a_moment_does_not_cost_the_new_pair(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = scene.tokens._registry
    real, refusals = registry.store_tokens, [1, 2]

    def sometimes(*arguments: object) -> None:
        if refusals:
            refusals.pop()
            raise OperationalError("UPDATE", {}, Exception())
        real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(registry, "store_tokens", sometimes)
    assert token_of(scene) == "a1"
    assert scene.stored().refresh_token == "r1"


def test_many_threads_of_several_workers_refresh_once(scene: Scene) -> None:
    workers = [scene.another() for _ in range(3)]
    start = threading.Barrier(12)

    def use(number: int) -> str | None:
        start.wait(10)
        return token_of(scene, workers[number % 3])

    with ThreadPoolExecutor(12) as pool:
        got = set(pool.map(use, range(12)))
    assert got <= {"a1", None}
    assert scene.service.asked == ["r0"]
    assert {token_of(scene, worker) for worker in workers} <= {"a1", None}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    helper = Assistant()
    box = Sandbox(helper)
    yield box
    box.stop()
    helper.server.shutdown()


RENEWER = """
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from bot.accounts.registry import AccountRegistry
from bot.accounts.tokens import Tokens
from bot.accounts.vault import Vault
from bot.clock import utc_now
from bot.store.engine import make_engine
from bot.store.redis import connect
from connectors.sandbox import defaults
from connectors.zalo import oauth
database, redis, url, account = sys.argv[1:]
registry = AccountRegistry(make_engine(database), Vault("k"), utc_now)
refresh = partial(oauth.refresh, url, defaults.ZALO_APP_ID, defaults.ZALO_APP_SECRET)
tokens = Tokens(registry, connect(redis), refresh, utc_now)
sys.stdin.readline()
def use(_):
    found = tokens.sendable(int(account))
    if found:
        tokens.refused(int(account), found.token)
    return found
with ThreadPoolExecutor(8) as pool:
    list(pool.map(use, range(24)))
"""


def test_threads_of_two_processes_never_use_a_refresh_token_twice(
    sandbox: Sandbox, redis_url: str, redis: Redis, database_url: str, engine: Engine
) -> None:
    """Against the sandbox's real single-use tokens; each use is followed by a refusal of what it got."""
    sandbox.api("POST", "/reset")
    scene = Scene(engine, redis)
    scene.registry.store_tokens(scene.zalo, "", defaults.ZALO_REFRESH_TOKEN, None)
    arguments = [database_url, redis_url, f"{sandbox.base}/zalo-oauth", str(scene.zalo)]
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", RENEWER, *arguments],
            stdin=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        for _ in range(2)
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write(b"go\n")
        process.stdin.flush()
    for process in processes:
        assert process.wait(60) == 0
    stored = scene.stored()
    assert stored.frozen_reason is None
    again = oauth.refresh(arguments[2], defaults.ZALO_APP_ID, defaults.ZALO_APP_SECRET, stored.refresh_token)
    assert again.access_token != stored.access_token


def test_a_used_refresh_token_is_refused_and_freezes(sandbox: Sandbox, engine: Engine, redis: Redis) -> None:
    sandbox.api("POST", "/reset")
    scene = Scene(engine, redis)
    refresh: Callable[[str], TokenPair] = partial(
        oauth.refresh, f"{sandbox.base}/zalo-oauth", defaults.ZALO_APP_ID, defaults.ZALO_APP_SECRET
    )
    refresh(defaults.ZALO_REFRESH_TOKEN)
    scene.registry.store_tokens(scene.zalo, "", defaults.ZALO_REFRESH_TOKEN, None)
    tokens = Tokens(AccountRegistry(engine, Vault("k"), scene.clock), redis, refresh, scene.clock)
    assert tokens.sendable(scene.zalo) is None
    assert scene.stored().frozen_reason == CONSENT
