"""An organisation with two pages and an OA, its editor and supervisor, and the platforms around it."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from PIL import Image
from sqlalchemy import Engine, select

from bot.clock import VIETNAM
from bot.posts.content import Content, Target
from bot.posts.inbound import Feed
from bot.posts.lifecycle import Action, Actor, Refusal
from bot.posts.pictures import add_picture, prepared
from bot.posts.platforms import FacebookPlatform, Platform, ZaloPlatform
from bot.posts.publishing import Publisher
from bot.posts.reading import Page, PlaceLine, find
from bot.posts.store import Request, create, perform
from bot.store.engine import reading, writing
from bot.store.models import Account as AccountRow
from bot.store.models import Unit
from bot.store.models_posts import Publication
from connectors.channel import Account, EventKind
from connectors.facebook import events
from connectors.facebook.channel import FacebookChannel
from connectors.sandbox import defaults
from connectors.zalo.channel import ZaloChannel
from tests.sandbox.helpers import Assistant, Sandbox

PUBLIC = "http://127.0.0.1:9"
PAGE, PAGE2, OA = defaults.FACEBOOK_PAGE_ID, defaults.FACEBOOK_PAGE2_ID, defaults.ZALO_OA_ID


class Clock:
    """The real time, moved."""

    def __init__(self) -> None:
        self.shift = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.shift


@dataclass
class Tokens:
    """Tokens of each account; a refused page is frozen until somebody connects it again, an OA's renewed."""

    known: dict[int, Account]
    renew: Callable[[], str]
    frozen: set[int] = field(default_factory=set)
    refusals: list[int] = field(default_factory=list)

    def sendable(self, account_id: int) -> Account | None:
        return None if account_id in self.frozen else self.known[account_id]

    def refused(self, account_id: int, token: str) -> bool:
        self.refusals.append(account_id)
        if self.known[account_id].channel == "zalo":
            self.known[account_id] = replace(self.known[account_id], token=self.renew())
            return True
        self.frozen.add(account_id)
        return False


class Newsroom:
    """What a test does and sees."""

    def __init__(self, engine: Engine, sandbox: Sandbox, assistant: Assistant) -> None:
        self.engine, self.sandbox, self.assistant = engine, sandbox, assistant
        self.clock = Clock()
        self._morning()
        with writing(engine) as session:
            unit = Unit(slug="hoi-nong-dan", name="Hội Nông dân xã Xuân Định")
            session.add(unit)
            session.flush()
            self.unit = unit.id
            accounts = (("facebook", PAGE, "Trang 1"), ("facebook", PAGE2, "Trang 2"), ("zalo", OA, "OA"))
            now = self.clock()
            rows = [
                AccountRow(channel=channel, external_id=ref, name=name, unit_id=unit.id, created_at=now)
                for channel, ref, name in accounts
            ]
            session.add_all(rows)
            session.flush()
            self.page, self.page2, self.oa = (row.id for row in rows)
        self.editor = Actor(1, self.unit)
        self.supervisor = Actor(2, self.unit, approves=True)
        self.tokens = Tokens(
            {
                self.page: Account("facebook", PAGE, defaults.FACEBOOK_PAGE_TOKEN),
                self.page2: Account("facebook", PAGE2, defaults.FACEBOOK_PAGE2_TOKEN),
                self.oa: Account("zalo", OA, sandbox.token()),
            },
            sandbox.token,
        )
        self.facebook = FacebookChannel(("sandbox-facebook-app-secret",), "v", f"{sandbox.base}/graph")
        self.zalo = ZaloChannel("1", "k", f"{sandbox.base}/zalo")
        self.feed = Feed(engine, self.clock)
        self.publisher = self.another_publisher()

    def _morning(self) -> None:
        local = self.clock().astimezone(VIETNAM)
        nine = (local + timedelta(days=1)).replace(hour=9, minute=0)
        self.moves(nine - local)

    def moves(self, by: timedelta) -> None:
        """Time passes, here and on the platforms."""
        self.clock.shift += by
        self.sandbox.api("POST", "/clock", shift_ms=int(by.total_seconds() * 1000))

    def another_publisher(self, **values: Any) -> Publisher:
        platforms: dict[str, Platform] = {
            "facebook": FacebookPlatform(self.facebook.posts),
            "zalo": ZaloPlatform(self.zalo.articles),
        }
        return Publisher(self.engine, platforms, self.tokens, self.clock, PUBLIC, **values)

    def content(self, *targets: int, pictures: int = 0, broadcast: bool = False, **values: Any) -> Content:
        with writing(self.engine) as session:
            names = [
                add_picture(session, self.unit, prepared(a_picture(n)), self.clock()) for n in range(pictures)
            ]
        words = {"title": "Mời họp chi hội", "text": "Họp lúc 8 giờ.\nTại nhà văn hóa ấp 3.", **values}
        where = tuple(Target(t, broadcast and t == self.oa) for t in targets or (self.page, self.oa))
        return Content(images=tuple(names), targets=where, **words)

    def written(self, *targets: int, **values: Any) -> int:
        """A draft."""
        content = self.content(*targets, **values)
        with writing(self.engine) as session:
            made = create(session, self.editor, self.unit, content, self.clock())
        assert isinstance(made, int)
        return made

    def act(
        self, post_id: int, action: Action, actor: Actor | None = None, version: int = 0, **values: Any
    ) -> Refusal | None:
        who = actor or (self.supervisor if action in {Action.APPROVE, Action.RETURN} else self.editor)
        version = version or self.shown(post_id).standing.version
        with writing(self.engine) as session:
            return perform(session, who, post_id, Request(action, version, **values), self.clock())

    def does(self, post_id: int, *actions: Action, **values: Any) -> None:
        for action in actions:
            assert self.act(post_id, action, **values) is None

    def approved(self, *targets: int, **values: Any) -> int:
        post_id = self.written(*targets, **values)
        self.does(post_id, Action.ASK, Action.APPROVE)
        return post_id

    def shown(self, post_id: int) -> Page:
        with reading(self.engine) as session:
            page = find(session, self.supervisor, post_id)
        assert page is not None
        return page

    def place(self, post_id: int, account_id: int) -> PlaceLine:
        return next(line for line in self.shown(post_id).places if line.account_id == account_id)

    def states(self, post_id: int) -> dict[int, str]:
        return {line.account_id: line.state.value for line in self.shown(post_id).places}

    def runs(self) -> None:
        """One run of the job."""
        self.publisher.run()

    def runs_out(self, at_most: timedelta = timedelta(days=3)) -> None:
        """Run and let time pass until nothing is wanted any more."""
        end = self.clock() + at_most
        while True:
            self.publisher.run()
            with reading(self.engine) as session:
                wanted = select(Publication.due_at).where(Publication.wanted != "")
                due = session.scalars(wanted.order_by(Publication.due_at)).all()
            if not due:
                return
            assert due[0] <= end, f"still waiting until {due[0]}"
            self.moves(max(due[0] - self.clock(), timedelta(seconds=0.01)))

    def on_page(self, page: str = PAGE) -> list[dict[str, Any]]:
        return list(self.sandbox.get(f"/pages/{page}/posts")["posts"])

    def on_oa(self) -> dict[str, Any]:
        return dict(self.sandbox.get(f"/oas/{OA}/articles"))

    def webhooks(self) -> None:
        """Hand what the page's feed told to the assistant's feed."""
        self.sandbox.idle()
        for hook in list(self.assistant.hooks):
            for event in events.parse(hook.raw, "") if hook.path.endswith("facebook") else ():
                if event.kind is EventKind.FEED:
                    self.feed.take(event, self.page if event.account_id == PAGE else self.page2)
        self.assistant.clear()


def a_picture(number: int = 0) -> bytes:
    packed = io.BytesIO()
    Image.new("RGB", (640, 480), (40 * number % 256, 90, 120)).save(packed, "JPEG")
    return packed.getvalue()
