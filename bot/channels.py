"""The channels that the settings give, by name."""

from __future__ import annotations

from collections.abc import Mapping

from bot.accounts.registry import WEBCHAT_ID
from bot.posts.platforms import FacebookPlatform, Platform, ZaloPlatform
from bot.settings import Settings
from connectors.channel import Channel
from connectors.facebook.channel import FacebookChannel
from connectors.webchat.channel import ChatSink, WebchatChannel
from connectors.zalo.channel import ZaloChannel

OFFICER_PICTURE = "/chat/static/officer.png"
"""Beside an officer's role in Messenger; Meta reads it from the web process."""


def zalo_channel(settings: Settings) -> ZaloChannel | None:
    """Zalo, if the settings have it."""
    if not settings.zalo_enabled:
        return None
    return ZaloChannel(
        settings.zalo_app_id,
        settings.zalo_oa_secret_key,
        settings.zalo_api_url,
        oa_ids=(settings.zalo_oa_id,),
        app_secret=settings.zalo_app_secret,
    )


def facebook_channel(settings: Settings) -> FacebookChannel | None:
    """Facebook, if the settings have it; the first app secret signs, all verify (rotation)."""
    if not settings.facebook_enabled:
        return None
    secrets = tuple(s.strip() for s in settings.facebook_app_secret.split(",") if s.strip())
    return FacebookChannel(
        secrets,
        settings.facebook_verify_token,
        settings.facebook_graph_url,
        app_id=settings.facebook_app_id,
        persona_picture=f"{settings.public_address}{OFFICER_PICTURE}" if settings.public_address else "",
    )


def build_channels(settings: Settings, feed: ChatSink) -> dict[str, Channel]:
    """Every channel in use; the web chat always is."""
    found: list[Channel | None] = [
        zalo_channel(settings),
        facebook_channel(settings),
        WebchatChannel(feed, WEBCHAT_ID),
    ]
    return {channel.name: channel for channel in found if channel is not None}


def post_platforms(channels: Mapping[str, Channel]) -> dict[str, Platform]:
    """Where posts can be published, of the channels in use."""
    found: dict[str, Platform] = {}
    for name, channel in channels.items():
        if isinstance(channel, FacebookChannel):
            found[name] = FacebookPlatform(channel.posts)
        elif isinstance(channel, ZaloChannel):
            found[name] = ZaloPlatform(channel.articles)
    return found


def send_rates(settings: Settings) -> dict[str, float]:
    """API calls per second and account; the web chat has no limit."""
    return {"zalo": settings.zalo_rate, "facebook": settings.facebook_rate}
