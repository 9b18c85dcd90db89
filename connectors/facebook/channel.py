"""Facebook's pages as a :class:`connectors.channel.Channel`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

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
from connectors.facebook import events, rendering, signature
from connectors.facebook.client import FacebookClient
from connectors.facebook.comments import FacebookComments
from connectors.facebook.posts import FacebookPosts
from connectors.facebook.throttle import Brake
from connectors.http import DEFAULT_TIMEOUT, HttpClient, Timeout


class FacebookChannel:
    """All pages of one Facebook app.

    :param app_secrets: verify webhooks, any of them; the first, current one proves our calls.
    :param verify_token: what Meta must show when the webhook's address is saved.
    :param app_id: our app's id: an echo that carries it is our own.
    :param prove_calls: whether calls carry an ``appsecret_proof``.
    :param persona_picture: the address of the picture beside an officer's role; empty: text names it.
    :raises ValueError: if there is no app secret, for then anyone could sign.
    """

    name = events.CHANNEL

    def __init__(
        self,
        app_secrets: tuple[str, ...],
        verify_token: str,
        graph_url: str = "https://graph.facebook.com",
        *,
        app_id: str = "",
        prove_calls: bool = True,
        timeout: Timeout = DEFAULT_TIMEOUT,
        brake: Brake | None = None,
        persona_picture: str = "",
    ) -> None:
        self._app_secrets = tuple(secret for secret in app_secrets if secret)
        if not self._app_secrets:
            raise ValueError("Facebook needs an app secret")
        self._verify_token = verify_token
        self._app_id = app_id
        proof = self._app_secrets[0] if prove_calls else ""
        self._client = FacebookClient(HttpClient(graph_url, timeout), proof, brake, persona_picture)
        self.graph = self._client.graph  # posts and comments go through the same brake
        self.posts = FacebookPosts(self.graph)
        self.comments = FacebookComments(self.graph)

    def verify(self, headers: Mapping[str, str], raw: bytes) -> Verification:
        """See :func:`connectors.facebook.signature.verify`."""
        return signature.verify(headers, raw, self._app_secrets)

    def verify_subscription(self, args: Mapping[str, str]) -> str | None:
        """See :func:`connectors.facebook.signature.verify_subscription`."""
        return signature.verify_subscription(args, self._verify_token)

    def parse(self, raw: bytes) -> Sequence[Event]:
        """See :func:`connectors.facebook.events.parse`."""
        return events.parse(raw, self._app_id)

    def render(self, reply: Reply) -> Sequence[Wire]:
        """See :func:`connectors.facebook.rendering.render`."""
        return rendering.render(reply)

    def send(self, account: Account, recipient: str, wire: Wire, context: SendContext) -> SendResult:
        """See :meth:`connectors.facebook.client.FacebookClient.send`."""
        return self._client.send(account, recipient, wire, context)

    def find_sent(self, account: Account, recipient: str, wire: Wire, since_ms: int) -> Lookup:
        """See :meth:`connectors.facebook.client.FacebookClient.find_sent`."""
        return self._client.find_sent(account, recipient, wire, since_ms)

    def typing(self, account: Account, recipient: str) -> None:
        """See :meth:`connectors.facebook.client.FacebookClient.typing`."""
        self._client.typing(account, recipient)

    def health(self, account: Account) -> Health:
        """See :meth:`connectors.facebook.client.FacebookClient.health`."""
        return self._client.health(account)

    def subscription(self, account: Account) -> Health:
        """See :meth:`connectors.facebook.client.FacebookClient.subscription`; needs the app id."""
        return self._client.subscription(account, self._app_id)

    def subscribe(self, account: Account) -> Health:
        """See :meth:`connectors.facebook.client.FacebookClient.subscribe`."""
        return self._client.subscribe(account)

    def name_of(self, account: Account) -> str:
        """What the page is called; empty if Facebook does not tell now."""
        told = self.graph.ask("GET", account, f"/{account.id}", {"fields": "name"})
        return "" if isinstance(told, Health) else str(told.get("name") or "")

    def set_profile(self, account: Account, profile: Mapping[str, Any]) -> Health:
        """See :meth:`connectors.facebook.client.FacebookClient.set_profile`."""
        return self._client.set_profile(account, profile)
