"""GET and POST /webhooks/facebook."""

from __future__ import annotations

from flask import Blueprint, Response, request

from bot import metrics
from bot.intake.accept import Intake
from bot.webhooks.receive import receive
from connectors.facebook.channel import FacebookChannel


def create_facebook_blueprint(channel: FacebookChannel, intake: Intake) -> Blueprint:
    """GET is Meta's check of the address: the right token gets its challenge back, any other 403."""
    blueprint = Blueprint("facebook", __name__)

    @blueprint.get("/webhooks/facebook")
    def verify() -> Response:
        challenge = channel.verify_subscription(request.args)
        metrics.WEBHOOKS.labels("facebook", "verified" if challenge is not None else "wrong_token").inc()
        if challenge is None:
            return Response("wrong verify token", 403, mimetype="text/plain")
        return Response(challenge, 200, mimetype="text/plain")

    @blueprint.post("/webhooks/facebook")
    def facebook() -> Response:
        return receive(channel, intake)

    return blueprint
