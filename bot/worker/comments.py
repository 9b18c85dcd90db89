"""A worker's part in comments, put together: what works the feed's events, and the jobs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Engine

from bot.accounts.tokens import TokenSource
from bot.clock import Clock
from bot.dialogue.wording import Posts
from bot.knowledge.model import Commune
from bot.posts.answering import Answering
from bot.posts.comment_catch_up import CommentCatchUp
from bot.posts.following import Assistant, Following
from bot.scams.types import Analysis
from bot.settings import Settings
from bot.worker.schedule import Job
from connectors.channel import Channel, Event
from connectors.facebook.channel import FacebookChannel
from connectors.facebook.rendering import render

ANSWER_S = 1.0
CATCH_UP_S = 600.0
FORGET_S = 6 * 3600.0


@dataclass(frozen=True, slots=True)
class CommentsWork:
    """``take`` works events; ``jobs`` run on a thread of their own: an upload must not hold them up."""

    take: Callable[[Event, int], None]
    jobs: list[Job]


def build_comments(
    settings: Settings,
    engine: Engine,
    channels: Mapping[str, Channel],
    tokens: TokenSource,
    assistant: Assistant,
    commune: Commune,
    words: Posts,
    check: Callable[[str], Analysis],
    clock: Clock,
) -> CommentsWork:
    """For one worker; ``check`` tells what a text smells of."""
    following = Following(engine, assistant, check, words, render, clock, numbers_of(commune))
    pages = {
        name: channel.comments for name, channel in channels.items() if isinstance(channel, FacebookChannel)
    }
    answering = Answering(engine, pages, tokens, clock)
    keep = timedelta(days=settings.retention_days)
    catch_up = CommentCatchUp(engine, following, pages, tokens, clock, keep)
    jobs = [
        Job("comments", ANSWER_S, answering.run),
        Job("comments.catch_up", CATCH_UP_S, catch_up.run),
        Job("comments.forget", FORGET_S, catch_up.forget),
    ]
    return CommentsWork(following.take, jobs)


def numbers_of(commune: Commune) -> frozenset[str]:
    """The commune's own telephone numbers, digits only: no personal data."""
    shown = [commune.phone, *(office.phone for office in commune.offices)]
    return frozenset("".join(c for c in number if c.isdigit()) for number in shown if number)
