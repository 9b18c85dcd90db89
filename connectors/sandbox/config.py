"""How a sandbox is set up: one frozen object, from flags or the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields

from connectors.sandbox import defaults

DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class SandboxConfig:
    """Ids and secrets of both stand-ins, where their webhooks go, and how strict they are.

    The defaults are those that the assistant's settings take when it is connected to the sandbox.
    ``ladder_factor`` scales the waits before a failed webhook is tried again: 1 is as slow as the
    real platforms, 0.001 turns their hour into 3.6 s. ``zalo_rate_per_min`` and
    ``facebook_rate_per_min`` are the calls that one minute allows (0: no limit).
    """

    assistant_url: str = defaults.ASSISTANT_URL
    zalo_app_id: str = defaults.ZALO_APP_ID
    zalo_app_secret: str = defaults.ZALO_APP_SECRET
    zalo_oa_secret_key: str = defaults.ZALO_OA_SECRET_KEY
    zalo_oa_id: str = defaults.ZALO_OA_ID
    zalo_refresh_token: str = defaults.ZALO_REFRESH_TOKEN
    facebook_app_id: str = defaults.FACEBOOK_APP_ID
    facebook_app_secret: str = defaults.FACEBOOK_APP_SECRET
    facebook_verify_token: str = defaults.FACEBOOK_VERIFY_TOKEN
    facebook_page_id: str = defaults.FACEBOOK_PAGE_ID
    facebook_page_token: str = defaults.FACEBOOK_PAGE_TOKEN
    facebook_page2_id: str = defaults.FACEBOOK_PAGE2_ID
    facebook_page2_token: str = defaults.FACEBOOK_PAGE2_TOKEN
    zalo_oa2_id: str = defaults.ZALO_OA2_ID
    facebook_refuses_duplicates: bool = True  # a post with the words of the page's newest one
    zalo_article_s: float = 0.5  # how long an article takes until it is verified and listed
    zalo_broadcasts_per_month: int = 4
    zalo_token_life_s: int = 90_000
    zalo_reply_window_s: int = 2 * DAY_S
    zalo_reply_quota: int = 8
    zalo_package_quota: int = 2000
    zalo_rate_per_min: int = 0
    facebook_rate_per_min: int = 0
    zalo_webhook_timeout_s: float = 2.0
    facebook_webhook_timeout_s: float = 5.0
    ladder_factor: float = 1.0
    webhook_threads: int = 32
    max_messages: int = 50_000
    echoes: bool = True
    receipts: bool = True

    @property
    def pages(self) -> dict[str, tuple[str, str]]:
        """Name and token of each page, by id."""
        return {
            self.facebook_page_id: (defaults.FACEBOOK_PAGE_NAME, self.facebook_page_token),
            self.facebook_page2_id: (defaults.FACEBOOK_PAGE2_NAME, self.facebook_page2_token),
        }

    @property
    def oas(self) -> dict[str, str]:
        """The name of each OA, by id."""
        return {self.zalo_oa_id: defaults.ZALO_OA_NAME, self.zalo_oa2_id: defaults.ZALO_OA2_NAME}

    @property
    def zalo_webhook_url(self) -> str:
        """Where Zalo events are posted."""
        return f"{self.assistant_url.rstrip('/')}/webhooks/zalo"

    @property
    def facebook_webhook_url(self) -> str:
        """Where Facebook events are posted."""
        return f"{self.assistant_url.rstrip('/')}/webhooks/facebook"

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None, **overrides: object) -> SandboxConfig:
        """Every field may be given as ``SANDBOX_<FIELD>``; ``overrides`` win; ``PORT`` is the assistant's.

        :raises ValueError: naming the variable whose value is no number or no switch.
        """
        given = os.environ if environ is None else environ
        values: dict[str, object] = {}
        for item in fields(cls):
            name = f"SANDBOX_{item.name.upper()}"
            text = given.get(name, "")
            if text:
                values[item.name] = _convert(name, text, item.default)
        if "assistant_url" not in values and given.get("PORT", "").isdecimal():
            values["assistant_url"] = f"http://{defaults.HOST}:{given['PORT']}"
        values.update({key: value for key, value in overrides.items() if value is not None})
        return cls(**values)  # type: ignore[arg-type]


def _convert(name: str, text: str, default: object) -> object:
    """``text`` in the type of ``default``."""
    if isinstance(default, bool):
        if text.lower() not in {"0", "1", "true", "false"}:
            raise ValueError(f"{name} must be 1 or 0, for example {name}=1")
        return text.lower() in {"1", "true"}
    if isinstance(default, int | float):
        try:
            return type(default)(text)
        except ValueError as error:
            raise ValueError(f"{name} must be a number, for example {name}={default}") from error
    return text
