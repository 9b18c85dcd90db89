"""The worker process, put together."""

from __future__ import annotations

import signal
import sys
import threading
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import structlog
from redis import ConnectionError as RedisConnectionError
from redis import Redis, RedisError

from bot import metrics
from bot.accounts.health import AccountHealth
from bot.accounts.registry import AccountRegistry
from bot.accounts.tokens import Tokens
from bot.accounts.vault import Vault
from bot.alerts.reports import KnownScams
from bot.assistant import build_assistant, build_checker
from bot.channels import build_channels, facebook_channel, send_rates
from bot.chat.feed import RedisFeed
from bot.clock import utc_now
from bot.dossiers.building import build_look_up, build_source
from bot.dossiers.factors import Hasher
from bot.dossiers.retention import forget_old
from bot.handoff.hours_store import HoursStore
from bot.handoff.idling import escalate, return_disabled, return_idle
from bot.images.looking import build_eyes
from bot.intake.accept import Intake
from bot.intake.nudge import nudge
from bot.intake.spool import Spool
from bot.intake.streams import InboundStreams, forget_dead, shard_of
from bot.settings import Settings
from bot.store import conversations, media
from bot.store.engine import make_engine, writing
from bot.store.redis import connect, connect_blocking
from bot.texts import load_texts
from bot.worker.applying import Forget, Office
from bot.worker.comments import build_comments
from bot.worker.consumer import ShardConsumer
from bot.worker.delivery import ConversationSender
from bot.worker.dispatcher import Dispatcher
from bot.worker.dossier_news import DossierNews
from bot.worker.dossier_port import DossierPort
from bot.worker.leases import RENEW_S, ShardLeases
from bot.worker.limiter import SendLimiter
from bot.worker.outbox import Outbox
from bot.worker.posts import build_posts
from bot.worker.schedule import Job, run_jobs
from bot.worker.turn import Turns
from bot.worker.typing import Typing
from bot.worker.warnings import send_warnings
from connectors.channel import EventKind
from connectors.webchat.channel import FeedUnavailable, WebchatChannel
from connectors.zalo import oauth

log = structlog.get_logger(__name__)

STOP_S = 6.0
SWEEP_S = 10.0
SWITCH_S = 0.001
"""A thread that comes back from the network waits this long for the interpreter, not Python's 5 ms: with
two dozen threads that wait over and over, the default cost a third of the replies (measured: 44 and 69/s)."""
DRAIN_S = 0.5
TOKENS_S = 300.0
RETENTION_S = 6 * 3600.0
SUBSCRIPTIONS_S = 300.0
OFFICERS_S = 30.0
DOSSIERS_S = 15.0
DOSSIERS_POLL_S = 300.0
"""A live system is asked code by code: not as often as the commune's own table."""
ACCOUNTS_S = 600.0
"""How often it is seen which accounts were not looked at for a day."""
WARNINGS_S = 20.0


class Worker:
    """Everything that one worker process does."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stop = threading.Event()
        self._redis = connect(settings.redis_address, max_connections=settings.send_threads + 64)
        self._reader = connect_blocking(settings.redis_address)
        engine = make_engine(settings.sql_url, pool_size=settings.shards + settings.send_threads // 2)
        self._engine = engine
        self._outbox = Outbox(engine)
        vault = Vault(settings.key)
        accounts = AccountRegistry(engine, vault, utc_now)
        accounts.take_over_settings(settings)
        self._accounts = accounts
        refresh = partial(
            oauth.refresh, settings.zalo_oauth_url, settings.zalo_app_id, settings.zalo_app_secret
        )
        self._tokens = Tokens(accounts, self._redis, refresh, utc_now)
        feed = RedisFeed(self._redis)
        channels = build_channels(settings, feed)
        self._channels = channels
        self._account_health = AccountHealth(engine, accounts, self._tokens, channels, utc_now)
        self._facebook = facebook_channel(settings)
        self._words = load_texts(settings.faq_dir).wording
        self._hours = HoursStore(engine, utc_now)
        source = build_source(settings, engine)
        self._dossier_news = DossierNews(
            engine, source, channels, self._words, self._hours.calendar, settings.decent_hours
        )
        guard = build_look_up(settings, engine, source)
        port = DossierPort(engine, source, guard, Hasher(settings.key))
        limiter = SendLimiter(self._redis, send_rates(settings))
        sender = ConversationSender(self._outbox, channels, self._tokens, limiter.wait_s, utc_now)
        self._leases = ShardLeases(self._redis, settings.shards, uuid.uuid4().hex)
        self._shard_by_conversation: dict[int, int] = {}
        self._dispatcher = Dispatcher(self._deliver_with(sender), settings.send_threads, utc_now)
        self._typing = Typing(channels, self._tokens.sendable, utc_now)
        known_scams = KnownScams(engine, utc_now)
        checker = build_checker(settings)
        self._assistant = build_assistant(settings, port, known_scams, checker)
        self._comments = build_comments(
            settings, engine, channels, self._tokens, self._assistant, self._assistant.place,
            self._words.posts, lambda text: checker.check(text, known_scams()), utc_now,
        )  # fmt: skip
        self._posts = build_posts(settings, engine, channels, self._tokens, utc_now, self._comments.take)
        self._turns = Turns(
            engine,
            channels,
            accounts,
            self._assistant,
            self._dispatcher.notify,
            utc_now,
            timedelta(minutes=settings.officer_idle_minutes),
            _forget_in(feed, self._redis, media.media_folder(settings.var_dir)),
            self._typing.show,
            Office(self._words, vault.seal, self._hours.calendar, self._hours.by_queue),
            build_eyes(settings).look,
            self._dossier_news.waiting,
            self._posts.feed.take,
        )
        self._intake = Intake(InboundStreams(self._redis, settings.shards), Spool(settings.var_dir / "spool"))

    def run(self) -> None:
        """Until SIGTERM or SIGINT."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stop.set())
        sys.setswitchinterval(SWITCH_S)
        threads = [threading.Thread(target=self._keep_leases, name="leases", daemon=True)]
        threads += [
            threading.Thread(target=self._consumer(shard).run, name=f"shard-{shard}", daemon=True)
            for shard in range(self._settings.shards)
        ]
        slow = threading.Thread(target=run_jobs, args=(self._slow_jobs(), self._stop), daemon=True)
        posts = threading.Thread(target=run_jobs, args=(self._posts.jobs, self._stop), daemon=True)
        comments = threading.Thread(target=run_jobs, args=(self._comments.jobs, self._stop), daemon=True)
        dossiers = Job("dossiers", self._dossiers_every(), self._tell_followers)  # may ask a live system
        followers = threading.Thread(target=run_jobs, args=([dossiers], self._stop), daemon=True)
        self._dispatcher.start()
        slow.start()
        followers.start()
        posts.start()
        comments.start()
        threading.Thread(target=self._typing.run, args=(self._stop,), name="typing", daemon=True).start()
        for thread in threads:
            thread.start()
        log.info("worker.started", worker=self._leases.token, shards=self._settings.shards)
        run_jobs(self._jobs(), self._stop)
        for thread in threads[1:]:
            thread.join(STOP_S)
        self._dispatcher.stop(STOP_S)
        try:
            self._leases.release_all()
        except RedisError as error:
            log.warning("worker.leases_kept", error=type(error).__name__)
        log.info("worker.stopped", worker=self._leases.token)

    def _consumer(self, shard: int) -> ShardConsumer:
        return ShardConsumer(
            shard,
            self._reader,
            self._redis,
            self._leases,
            self._turns.handle,
            self._turns.handle_receipts,
            lambda taken: self._notify_undone(lambda s: s == taken),
            self._stop,
        )

    def _keep_leases(self) -> None:
        while not self._stop.is_set():
            self._leases.keep()
            self._stop.wait(RENEW_S)

    def _jobs(self) -> list[Job]:
        return [
            Job("spool", DRAIN_S, self._drain),
            Job("sweep", SWEEP_S, lambda: self._notify_undone(self._leases.holds)),
        ]

    def _slow_jobs(self) -> list[Job]:
        """Those that may take a minute, on a thread of their own: the spool must not wait for them."""
        return [
            Job("tokens", TOKENS_S, self._renew_tokens),
            Job("retention", RETENTION_S, self._forget_old),
            Job("idle", OFFICERS_S, self._return_idle),
            Job("escalate", OFFICERS_S, self._escalate),
            Job("warnings", WARNINGS_S, self._send_warnings),
            Job("subscriptions", SUBSCRIPTIONS_S, self._repair_subscriptions),
            Job("accounts", ACCOUNTS_S, self._account_health.due),
        ]

    def _return_idle(self) -> None:
        """What officers have left alone goes back, and the worker that has its shard tells the resident."""
        idle = timedelta(minutes=self._settings.officer_idle_minutes)
        now = utc_now()
        returned = return_idle(self._engine, self._channels, self._words, now, idle)
        returned += return_disabled(self._engine, self._channels, self._words, now)  # by `bot officers`
        for key in returned:
            nudge(self._intake.accept, *key, EventKind.OUTBOX)

    def _escalate(self) -> None:
        escalate(self._engine, self._hours.calendar, utc_now(), self._settings.escalate_minutes)

    def _send_warnings(self) -> None:
        """The commune's warnings to those who asked for them; whoever has the shard sends them."""

        def notify(key: tuple[str, str, str]) -> None:
            nudge(self._intake.accept, *key, EventKind.OUTBOX)

        commune = self._assistant.commune
        hours = self._settings.decent_hours
        send_warnings(self._engine, self._channels, self._words, commune, utc_now(), notify, hours)

    def _dossiers_every(self) -> float:
        return DOSSIERS_POLL_S if self._settings.dossier_source == "http" else DOSSIERS_S

    def _tell_followers(self) -> None:
        """Whoever follows a dossier hears of its changes; the worker that has the shard sends it."""
        for key in self._dossier_news.run(utc_now()):
            nudge(self._intake.accept, *key, EventKind.OUTBOX)

    def _drain(self) -> None:
        metrics.SPOOLED.inc(self._intake.drain())

    def _repair_subscriptions(self) -> None:
        """Meta drops a page's subscription after an hour of failures and tells nobody."""
        if self._facebook is None or not self._settings.facebook_app_id:
            return  # without its id we can't tell our app among a page's subscribers
        for known in self._accounts.all():
            page = self._tokens.sendable(known.id) if known.channel == self._facebook.name else None
            if page and not self._facebook.subscription(page).ok:
                health = self._facebook.subscribe(page)
                log.warning("account.resubscribed", account=known.id, ok=health.ok)

    def _forget_old(self) -> None:
        now = utc_now()
        with writing(self._engine) as session:
            before = now - timedelta(days=self._settings.retention_days)
            messages = conversations.delete_older(session, before)
            dossiers = forget_old(session, now, self._settings.dossier_retention_days)
        log.info("retention.done", messages=messages, dossiers=dossiers)
        media.sweep(self._engine, media.media_folder(self._settings.var_dir), utc_now())

    def _renew_tokens(self) -> None:
        """Also without anything to send: a refresh token that is never used runs out in three months."""
        for account in self._accounts.all():
            self._tokens.sendable(account.id)

    def _notify_undone(self, wanted: Callable[[int], bool]) -> None:
        """What is in the outbox of our shards, from before we had them or lost on the way."""
        for conversation_id, key in self._outbox.undone_conversations():
            if wanted(self._shard(conversation_id, key)):
                self._dispatcher.notify(conversation_id)

    def _shard(self, conversation_id: int, key: str) -> int:
        shard = shard_of(key, self._settings.shards)
        self._shard_by_conversation[conversation_id] = shard
        return shard

    def _deliver_with(self, sender: ConversationSender) -> Callable[[int], datetime | None]:
        def deliver(conversation_id: int) -> datetime | None:
            shard = self._shard_by_conversation.get(conversation_id)
            if shard is None:
                key = self._outbox.conversation_key(conversation_id)
                shard = self._shard(conversation_id, key)
            return sender.run(conversation_id, lambda: self._leases.holds(shard))

        return deliver


def _forget_in(feed: RedisFeed, redis: Redis, folder: Path) -> Forget:
    """What Turns calls when a resident's data are erased: dead letters, pictures, the web chat's feed."""

    def forget(channel: str, user_id: str, files: Sequence[str]) -> None:
        forget_dead(redis, channel, user_id)
        media.remove(folder, files)
        if channel != WebchatChannel.name:
            return
        try:
            feed.forget(user_id)
        except FeedUnavailable as error:  # to the consumer, like any other word of Redis being away
            raise RedisConnectionError(str(error)) from error

    return forget
