"""An organisation with a page and an OA, and posts in every state, for the desk's tests."""

from __future__ import annotations

import io
from datetime import datetime

from PIL import Image
from sqlalchemy import Engine, select, update

from bot.posts.content import Content, Target
from bot.posts.lifecycle import Action, Actor, Status
from bot.posts.places import State
from bot.posts.store import Request, create, perform
from bot.store.engine import reading, writing
from bot.store.models import Account, Unit
from bot.store.models_posts import Post, PostVersion, Publication
from tests.desk.conftest import WEDNESDAY_MORNING

NOW = WEDNESDAY_MORNING


class Press:
    """An organisation (unit 2) with a page and an OA; the commune's page belongs to unit 1."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        with writing(engine) as session:
            session.add(Unit(id=2, slug="hoi-nong-dan", name="Hội Nông dân xã"))
            session.flush()
            rows = [
                Account(channel="facebook", external_id="501", name="Nông dân ta", unit_id=2, created_at=NOW),
                Account(channel="zalo", external_id="502", name="OA Nông dân", unit_id=2, created_at=NOW),
                Account(channel="facebook", external_id="503", name="UBND", unit_id=1, created_at=NOW),
            ]
            session.add_all(rows)
            session.flush()
            self.page, self.oa, self.other = (row.id for row in rows)

    def add(self, title: str = "Mời họp", unit_id: int = 2, to: int | None = None) -> int:
        content = Content(title=title, text="Mời bà con.", targets=(Target(to or self.page),))
        with writing(self.engine) as session:
            made = create(session, Actor(9, unit_id, approves=True), unit_id, content, NOW)
        assert isinstance(made, int)
        return made

    def does(self, post_id: int, action: Action, version: int = 1, word: str = "") -> None:
        actor = Actor(9, 2, all_units=True, approves=True)
        with writing(self.engine) as session:
            assert perform(session, actor, post_id, Request(action, version, word=word), NOW) is None

    def approved(self, post_id: int) -> None:
        self.does(post_id, Action.ASK)
        self.does(post_id, Action.APPROVE)

    def row(self, post_id: int) -> Post:
        with reading(self.engine) as session:
            return session.get_one(Post, post_id)

    def newest(self, post_id: int) -> PostVersion:
        query = select(PostVersion).where(PostVersion.post_id == post_id).order_by(PostVersion.number.desc())
        with reading(self.engine) as session:
            return session.scalars(query.limit(1)).one()

    def published(self, post_id: int, at: datetime = NOW) -> int:
        """As if the worker had done it; returns the publication's id."""
        self.approved(post_id)
        values = {"state": State.PUBLISHED, "wanted": "", "live_version": 1, "published_at": at}
        with writing(self.engine) as session:
            session.execute(update(Publication).where(Publication.post_id == post_id).values(**values))
            session.execute(update(Post).where(Post.id == post_id).values(status=Status.PUBLISHED))
            return session.scalars(select(Publication.id).where(Publication.post_id == post_id)).one()


def photo(kind: str = "JPEG") -> tuple[io.BytesIO, str]:
    out = io.BytesIO()
    Image.new("RGB", (60, 40), "green").save(out, kind)
    out.seek(0)
    return out, f"a.{kind.lower()}"


def fields(press: Press, **changed: object) -> dict[str, object]:
    return {"title": "Bón phân", "text": "Bón đúng lúc.", "target": str(press.page), "version": 1, **changed}
