"""A worker's part in posts, put together: what works the pages' feeds, and the jobs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy import Engine

from bot.accounts.tokens import TokenSource
from bot.channels import post_platforms
from bot.clock import Clock
from bot.images.fetching import Sources
from bot.posts.catching_up import CatchUp
from bot.posts.inbound import Feed
from bot.posts.publishing import Publisher
from bot.settings import Settings
from bot.worker.schedule import Job
from connectors.channel import Channel, Event
from connectors.facebook import attachments as facebook
from connectors.facebook.channel import FacebookChannel
from connectors.zalo.channel import ZaloChannel

PUBLISH_S = 2.0
CATCH_UP_S = 600.0
PICTURES_S = 20.0
FIGURES_S = 3 * 3600.0
QUOTAS_S = 300.0


@dataclass(frozen=True, slots=True)
class PostsWork:
    """``feed`` works events; ``jobs`` run on a thread of their own: a photo may take a minute."""

    feed: Feed
    jobs: list[Job]


def build_posts(
    settings: Settings,
    engine: Engine,
    channels: Mapping[str, Channel],
    tokens: TokenSource,
    clock: Clock,
    on_comment: Callable[[Event, int], None] = lambda *_: None,
) -> PostsWork:
    """For one worker."""
    feed = Feed(engine, clock, on_comment)
    publisher = Publisher(engine, post_platforms(channels), tokens, clock, settings.public_address)
    page, oa = channels.get("facebook"), channels.get("zalo")
    catch_up = CatchUp(
        engine,
        feed,
        tokens,
        clock,
        Sources({"facebook": facebook.MEDIA_DOMAINS}, settings.sandbox_origin),
        page.posts if isinstance(page, FacebookChannel) else None,
        oa.articles if isinstance(oa, ZaloChannel) else None,
    )
    jobs = [
        Job("posts", PUBLISH_S, publisher.run),
        Job("posts.pictures", PICTURES_S, catch_up.pictures),
        Job("posts.catch_up", CATCH_UP_S, catch_up.posts),
        Job("posts.quotas", QUOTAS_S, catch_up.quotas),
        Job("posts.figures", FIGURES_S, catch_up.figures),
    ]
    return PostsWork(feed, jobs)
