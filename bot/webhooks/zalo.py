"""POST /webhooks/zalo."""

from __future__ import annotations

from flask import Blueprint, Response

from bot.intake.accept import Intake
from bot.webhooks.receive import receive
from connectors.zalo.channel import ZaloChannel


def create_zalo_blueprint(channel: ZaloChannel, intake: Intake) -> Blueprint:
    """Zalo wants 200 within 2 s, also for the unsigned ``{}`` that saving the address sends."""
    blueprint = Blueprint("zalo", __name__)

    @blueprint.post("/webhooks/zalo")
    def zalo() -> Response:
        return receive(channel, intake)

    return blueprint
