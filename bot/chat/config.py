"""What the web chat must know of the settings."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bot.chat.limits import Rate

if TYPE_CHECKING:
    from bot.settings import Settings

SESSION_RATE = Rate(burst=12, per_second=0.5)
ADDRESS_RATE = Rate(burst=120, per_second=4.0)
NEW_SESSION_RATE = Rate(burst=30, per_second=0.2)


@dataclass(frozen=True, slots=True)
class ChatSettings:
    """``unit`` is the commune as people call it ("Xã Xuân Định"); seconds unless a name says otherwise.

    Rates: a page sends up to ``session_rate``; many residents may share an address (one router at
    the commune's office, a mobile operator's gateway), so an address gets much more.
    """

    secret_key: str = field(repr=False)
    unit: str = "Xã"
    account_id: str = "web"
    widget_origins: tuple[str, ...] = ()
    max_streams: int = 20
    stream_s: float = 300.0
    heartbeat_s: float = 15.0
    session_rate: Rate = SESSION_RATE
    address_rate: Rate = ADDRESS_RATE
    new_session_rate: Rate = NEW_SESSION_RATE

    def __post_init__(self) -> None:
        for origin in self.widget_origins:
            _check_origin(origin)

    @property
    def name(self) -> str:
        """What the assistant is called: "Trợ lý xã Xuân Định"."""
        return f"Trợ lý {self.unit_in_text}"

    @property
    def unit_in_text(self) -> str:
        """The commune in the middle of a sentence: "xã Xuân Định"."""
        return self.unit[:1].lower() + self.unit[1:]

    @classmethod
    def of(cls, settings: Settings, unit: str) -> ChatSettings:
        """The web chat's part of ``settings``.

        :raises ValueError: naming WIDGET_ORIGINS and the entry that is wrong.
        """
        return cls(
            secret_key=settings.key,
            unit=unit,
            widget_origins=tuple(settings.widget_origins.split()),
            max_streams=settings.chat_max_streams,
        )


def _check_origin(origin: str) -> None:
    parts = urlsplit(origin)
    bare = f"{parts.scheme}://{parts.netloc}"
    # The other characters would end the CSP directive, or name a user.
    if (
        parts.scheme not in {"http", "https"}
        or not parts.hostname
        or bare != origin
        or set(origin) & set(";,'\"@")
    ):
        raise ValueError(
            f"WIDGET_ORIGINS: {origin!r} is not an origin. "
            "Example: WIDGET_ORIGINS=https://xuandinh.dongnai.gov.vn"
        )
