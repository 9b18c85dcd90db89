"""Tokens for a process that has no worker's own: the desk and the command line."""

from __future__ import annotations

from functools import partial

from redis import Redis
from sqlalchemy import Engine

from bot.accounts.registry import AccountRegistry
from bot.accounts.tokens import Tokens
from bot.accounts.vault import Vault
from bot.clock import Clock
from bot.settings import Settings
from connectors.zalo import oauth


def build_tokens(
    settings: Settings, engine: Engine, redis: Redis, vault: Vault, clock: Clock
) -> tuple[AccountRegistry, Tokens]:
    """Under the same lock as the workers': Zalo's refresh token is single-use."""
    registry = AccountRegistry(engine, vault, clock)
    refresh = partial(oauth.refresh, settings.zalo_oauth_url, settings.zalo_app_id, settings.zalo_app_secret)
    return registry, Tokens(registry, redis, refresh, clock)
