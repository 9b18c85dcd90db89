"""The real web application on a real Valkey, called through Flask's test client."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from redis import Redis
from werkzeug.test import TestResponse

from bot.app import create_app
from bot.intake.spool import Spool
from bot.intake.streams import InboundStreams, decode, stream_name
from bot.settings import Settings, load_settings
from bot.store.redis import connect
from connectors.channel import Event
from connectors.sandbox import defaults
from connectors.sandbox.signing import (
    facebook_bytes,
    facebook_signatures,
    zalo_bytes,
    zalo_signature,
)


@dataclass
class Site:
    """The application's rim: what goes in over HTTP, and what is kept."""

    client: FlaskClient
    settings: Settings
    redis: Redis

    def post(self, channel: str, raw: bytes, headers: dict[str, str]) -> TestResponse:
        return self.client.post(
            f"/webhooks/{channel}", data=raw, headers={"Content-Type": "application/json", **headers}
        )

    def zalo(self, body: dict[str, Any], **headers: str) -> TestResponse:
        """A signed Zalo webhook; ``headers`` replace the signature."""
        raw = zalo_bytes(body)
        signature = zalo_signature(
            defaults.ZALO_APP_ID, raw, str(body.get("timestamp", "")), defaults.ZALO_OA_SECRET_KEY
        )
        return self.post("zalo", raw, headers or {"X-ZEvent-Signature": signature})

    def facebook(self, body: Any) -> TestResponse:
        """A signed Facebook webhook."""
        return self.facebook_raw(facebook_bytes(body))

    def facebook_raw(self, raw: bytes) -> TestResponse:
        return self.post("facebook", raw, facebook_signatures(raw, defaults.FACEBOOK_APP_SECRET))

    def kept(self) -> list[Event]:
        """Every event in the streams."""
        return [
            decode(fields["event"])
            for shard in range(self.settings.shards)
            for _id, fields in self.redis.xrange(stream_name(shard))  # type: ignore[union-attr]
        ]

    def drain(self) -> int:
        streams = InboundStreams(connect(self.settings.redis_address), self.settings.shards)
        return Spool(self.settings.var_dir / "spool").drain(streams.add)

    def counted(self, name: str, **labels: str) -> float:
        """A counter of /metrics; 0 if it was never counted."""
        wanted = name + "{" + ",".join(f'{k}="{v}"' for k, v in labels.items()) + "}"
        for line in self.client.get("/metrics").text.splitlines():
            if line.startswith(wanted):
                return float(line.rpartition(" ")[2])
        return 0.0


@pytest.fixture
def site(redis_url: str, redis: Redis, tmp_path: Path) -> Iterator[Site]:
    settings = load_settings(
        {"REDIS_URL": redis_url, "VAR_DIR": str(tmp_path), "LOG_LEVEL": "ERROR"}, dotenv=tmp_path / "no.env"
    )
    application = create_app(settings)
    with application.test_client() as client:
        yield Site(client, settings, redis)
