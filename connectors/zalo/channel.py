"""Zalo as a :class:`connectors.channel.Channel`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from connectors.channel import (
    Account,
    Event,
    Health,
    Lookup,
    Reply,
    SendContext,
    SendResult,
    Verification,
    Wire,
)
from connectors.http import DEFAULT_TIMEOUT, HttpClient, Timeout
from connectors.zalo import events, rendering, signature
from connectors.zalo.articles import ZaloArticles
from connectors.zalo.client import ZaloClient
from connectors.zalo.profile import ask_profile


class ZaloChannel:
    """All OAs of one Zalo app.

    :param oa_secret_key: signs the webhooks; it is not the app secret.
    :param oa_ids: the OAs that are known; helps to tell the OA from the resident in receipts.
    :param app_secret: if given, every call carries an ``appsecret_proof``.
    :raises ValueError: if the app id or the key is empty, for then anyone could sign.
    """

    name = events.CHANNEL

    def __init__(
        self,
        app_id: str,
        oa_secret_key: str,
        api_url: str = "https://openapi.zalo.me",
        *,
        oa_ids: tuple[str, ...] = (),
        app_secret: str = "",
        timeout: Timeout = DEFAULT_TIMEOUT,
    ) -> None:
        if not app_id or not oa_secret_key:
            raise ValueError("Zalo needs an app id and an OA secret key")
        self._app_id = app_id
        self._oa_secret_key = oa_secret_key
        self._oa_ids = oa_ids
        self._http = http = HttpClient(api_url, timeout)
        self._app_secret = app_secret
        self._client = ZaloClient(http, app_secret)
        self.articles = ZaloArticles(http, app_secret)

    def verify(self, headers: Mapping[str, str], raw: bytes) -> Verification:
        """See :func:`connectors.zalo.signature.verify`."""
        return signature.verify(headers, raw, self._app_id, self._oa_secret_key)

    def parse(self, raw: bytes) -> Sequence[Event]:
        """See :func:`connectors.zalo.events.parse`."""
        return events.parse(raw, self._oa_ids)

    def render(self, reply: Reply) -> Sequence[Wire]:
        """See :func:`connectors.zalo.rendering.render`."""
        return rendering.render(reply)

    def send(self, account: Account, recipient: str, wire: Wire, context: SendContext) -> SendResult:
        """See :meth:`connectors.zalo.client.ZaloClient.send`."""
        return self._client.send(account, recipient, wire, context)

    def find_sent(self, account: Account, recipient: str, wire: Wire, since_ms: int) -> Lookup:
        """See :meth:`connectors.zalo.client.ZaloClient.find_sent`."""
        return self._client.find_sent(account, recipient, wire, since_ms)

    def typing(self, account: Account, recipient: str) -> None:
        """Zalo's OA API cannot show that someone is writing."""

    def health(self, account: Account) -> Health:
        """See :meth:`connectors.zalo.client.ZaloClient.health`."""
        return self._client.health(account)

    def name_of(self, account: Account) -> str:
        """What the OA is called; empty if Zalo does not tell now."""
        found = ask_profile(self._http, self._app_secret, account)
        return "" if isinstance(found, Health) else found.name
