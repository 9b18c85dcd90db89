"""The web process: webhooks, web chat, health, metrics."""

from __future__ import annotations

from functools import cache
from typing import Any

import structlog
from flask import Flask, Response, jsonify, redirect
from flask_wtf.csrf import CSRFProtect  # type: ignore[import-untyped]
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix

from bot.accounts.vault import Vault
from bot.channels import build_channels, facebook_channel, zalo_channel
from bot.chat.config import ChatSettings
from bot.chat.feed import RedisFeed
from bot.chat.limits import RateLimiter
from bot.chat.views import create_chat_blueprint
from bot.clock import utc_now
from bot.desk.attachments import create_media_blueprint
from bot.desk.blueprint import create_desk_blueprint
from bot.desk.context import Desk, keep
from bot.desk.forms import keep_form_cookie
from bot.health import run_checks, standard_checks
from bot.intake.accept import Intake
from bot.intake.spool import Spool
from bot.intake.streams import InboundStreams
from bot.knowledge.loading import load_commune, load_knowledge
from bot.logs import configure_logs
from bot.metrics import render_metrics
from bot.posts.pictures import create_pictures_blueprint
from bot.settings import Settings, load_settings
from bot.store.engine import make_engine
from bot.store.redis import connect, connect_blocking
from bot.texts import load_texts
from bot.webhooks.facebook import create_facebook_blueprint
from bot.webhooks.receive import MAX_BODY
from bot.webhooks.zalo import create_zalo_blueprint

log = structlog.get_logger(__name__)


def create_app(settings: Settings | None = None) -> Flask:
    """The Flask application.

    :raises bot.settings.SettingsError: if the environment can't be used.
    """
    settings = settings or load_settings()
    configure_logs(settings.log_level)
    app = Flask("bot", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    if hops := settings.trusted_proxies:  # without it all residents behind nginx would share one rate limit
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    redis = connect(settings.redis_address)
    spool = Spool(settings.var_dir / "spool")
    intake = Intake(InboundStreams(redis, settings.shards), spool)

    zalo, facebook = zalo_channel(settings), facebook_channel(settings)
    if zalo:
        app.register_blueprint(create_zalo_blueprint(zalo, intake))
    if facebook:
        app.register_blueprint(create_facebook_blueprint(facebook, intake))
    commune = load_commune(settings.faq_dir, settings.commune)
    chat = ChatSettings.of(settings, unit=commune.name)
    feed = RedisFeed(connect_blocking(settings.redis_address))
    app.register_blueprint(create_chat_blueprint(feed, RateLimiter(redis), intake.accept, chat))
    _register_desk(app, settings, redis, feed, intake)
    _register_operations(app, settings, redis, spool)
    _register_errors(app)
    return app


def _register_desk(app: Flask, settings: Settings, redis: Any, feed: RedisFeed, intake: Intake) -> None:
    keep_form_cookie(app, settings.key)
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False  # webhooks and the web chat have their own proofs
    csrf = CSRFProtect(app)
    blueprint = create_desk_blueprint()
    blueprint.before_request(csrf.protect)
    app.register_blueprint(blueprint)
    app.register_blueprint(create_media_blueprint(settings.var_dir))
    engine = make_engine(settings.sql_url, pool_size=8)
    app.register_blueprint(create_pictures_blueprint(engine))
    keep(
        app.extensions,
        Desk(
            settings=settings,
            engine=engine,
            redis=redis,
            vault=Vault(settings.key),
            channels=build_channels(settings, feed),
            knowledge=cache(lambda: load_knowledge(settings.faq_dir, settings.commune)),
            texts=cache(lambda: load_texts(settings.faq_dir)),
            accept=intake.accept,
            clock=utc_now,
        ),
    )


def _register_operations(app: Flask, settings: Settings, redis: Any, spool: Spool) -> None:
    checks = standard_checks(redis, make_engine(settings.sql_url, pool_size=2), spool, settings.rasa_url)

    @app.get("/healthz")
    def healthz() -> Response:
        """Alive: this process answers."""
        return Response("ok", mimetype="text/plain")

    @app.get("/readyz")
    def readyz() -> Response:
        """Every dependency by name; 503 if any complains, though messages are accepted all the same."""
        found = run_checks(checks)
        response = jsonify(found)
        response.status_code = 200 if all(state == "ok" for state in found.values()) else 503
        return response

    @app.get("/metrics")
    def metrics() -> Response:
        return Response(render_metrics(), mimetype="text/plain; version=0.0.4")

    @app.get("/")
    def home() -> Any:
        return redirect("/chat")


def _register_errors(app: Flask) -> None:
    @app.errorhandler(HTTPException)
    def refused(error: HTTPException) -> tuple[Response, int]:
        return jsonify(error=error.name), error.code or 500

    @app.errorhandler(Exception)
    def failed(error: Exception) -> tuple[Response, int]:
        log.exception("web.failed", error=type(error).__name__)
        return jsonify(error="Internal Server Error"), 500
