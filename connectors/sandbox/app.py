"""The sandbox's Flask application."""

from __future__ import annotations

from flask import Flask, Response, jsonify
from werkzeug.exceptions import HTTPException

from connectors.sandbox.actors import Actors
from connectors.sandbox.api import ControlApi, api_blueprint
from connectors.sandbox.comments import Comments
from connectors.sandbox.config import SandboxConfig
from connectors.sandbox.dossiers import DossierDesk, dossiers_blueprint, dossiers_control
from connectors.sandbox.faults import Faults
from connectors.sandbox.graph import GraphGate, SendApi, graph_blueprint
from connectors.sandbox.graph_comments import GraphComments, comments_control
from connectors.sandbox.graph_nodes import GraphNodes
from connectors.sandbox.graph_oauth import FacebookLogin, login_blueprint
from connectors.sandbox.graph_posts import GraphPosts, pages_control
from connectors.sandbox.media import Media, media_blueprint
from connectors.sandbox.page import page_blueprint
from connectors.sandbox.pages import Pages
from connectors.sandbox.sending import Sending
from connectors.sandbox.state import World
from connectors.sandbox.webhooks import Dispatcher
from connectors.sandbox.zalo import ZaloApi, zalo_blueprint
from connectors.sandbox.zalo_articles import Articles, articles_control
from connectors.sandbox.zalo_oauth import Mints, zalo_oauth_blueprint


def create_sandbox(config: SandboxConfig | None = None) -> Flask:
    """The stand-ins for Zalo (``/zalo``, ``/zalo-oauth``), Facebook (``/graph``) and a one-stop
    system (``/dossiers``), control API and page.

    All state is in this process: run it with one process and many threads, because slow sends and live
    pages each hold one. ``app.extensions["sandbox"]`` is the :class:`Dispatcher`, whose ``close`` ends
    the threads that deliver webhooks.
    """
    config = config or SandboxConfig.from_environment()
    app = Flask(__name__, static_folder=None)
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.config["MAX_CONTENT_LENGTH"] = 30 * 1024 * 1024
    world = World(config)
    faults = Faults(lambda: world.emit("faults", {"faults": faults.active()}))
    dispatcher = Dispatcher(world, faults)
    sending = Sending(world, faults, dispatcher)
    mints = Mints(config, world)
    nodes = GraphNodes(world, dispatcher)
    pages, login, media = Pages(world, dispatcher), FacebookLogin(config), Media()
    comments, articles = Comments(world, pages), Articles(world, sending)
    control = ControlApi(
        world, faults, dispatcher, Actors(world, dispatcher), mints, (nodes, pages, comments, articles)
    )
    app.extensions["sandbox"] = dispatcher
    app.register_blueprint(page_blueprint(config, world))
    app.register_blueprint(media_blueprint(media))
    app.register_blueprint(api_blueprint(control), url_prefix="/sandbox/api")
    zalo = ZaloApi(world, sending, mints, articles)
    app.register_blueprint(zalo_blueprint(zalo, articles), url_prefix="/zalo")
    app.register_blueprint(zalo_oauth_blueprint(config, mints, sending), url_prefix="/zalo-oauth")
    app.register_blueprint(articles_control(articles), url_prefix="/sandbox/api")
    gate, sender = GraphGate(world, sending, login), SendApi(world, sending, nodes)
    posts = GraphPosts(world, sending, pages, media)
    under = GraphComments(world, pages, comments, posts, sender.deliver)
    app.register_blueprint(graph_blueprint(gate, sender, nodes, posts, under, login), url_prefix="/graph")
    app.register_blueprint(login_blueprint(login), url_prefix="/facebook")
    app.register_blueprint(pages_control(pages), url_prefix="/sandbox/api")
    app.register_blueprint(comments_control(world, pages, comments), url_prefix="/sandbox/api")
    dossiers = DossierDesk()
    app.register_blueprint(dossiers_blueprint(dossiers), url_prefix="/dossiers")
    app.register_blueprint(dossiers_control(dossiers), url_prefix="/sandbox/api")

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> tuple[Response, int]:
        return jsonify(error={"message": error.description, "code": error.code}), error.code or 500

    return app
