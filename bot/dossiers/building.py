"""The source and the guard that the settings ask for."""

from __future__ import annotations

from sqlalchemy import Engine

from bot.clock import Clock, utc_now
from bot.dossiers.factors import Hasher
from bot.dossiers.fields import parse_fields
from bot.dossiers.guard import LookUp
from bot.dossiers.http_source import HttpSource
from bot.dossiers.ledger import SqlLedger
from bot.dossiers.records import Source
from bot.dossiers.sources import NoSource, TableSource
from bot.settings import Settings


def build_source(settings: Settings, engine: Engine, clock: Clock = utc_now) -> Source:
    """DOSSIER_SOURCE as an object."""
    if settings.dossier_source == "http":
        return HttpSource(
            settings.dossier_http_url,
            settings.dossier_http_token,
            parse_fields(settings.dossier_http_fields),
            settings.dossier_http_timeout,
            Hasher(settings.key),
            clock,
        )
    return TableSource(engine) if settings.dossier_source == "table" else NoSource()


def build_look_up(settings: Settings, engine: Engine, source: Source) -> LookUp:
    """The guard before ``source``, with its books in ``engine``."""
    return LookUp(source, Hasher(settings.key), SqlLedger(engine))
