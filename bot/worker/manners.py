"""When residents may be written to without having asked: the platforms' windows, and decent hours. Pure."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from bot.clock import VIETNAM, to_ms
from connectors.facebook.client import WINDOW_MS as FACEBOOK_WINDOW_MS
from connectors.zalo.client import WINDOW_MS as ZALO_WINDOW_MS

Hours = tuple[time, time]
DECENT: Hours = (time(6, 30), time(21, 0))
"""In Viet Nam; from the second on it is night."""
MARGIN = timedelta(minutes=5)
"""What is sent just before a window closes could arrive after it."""
_WINDOWS_MS = {"zalo": ZALO_WINDOW_MS, "facebook": FACEBOOK_WINDOW_MS}


def is_decent(now: datetime, hours: Hours = DECENT) -> bool:
    """Whether nobody is woken by a message; hours that begin and end alike are the whole day."""
    first, last = hours
    return first == last or first <= now.astimezone(VIETNAM).time() < last


def window_open(channel: str, last_inbound_ms: int, now: datetime) -> bool:
    """Whether the assistant itself may write to this resident; officers have longer on Facebook.

    :param last_inbound_ms: when the resident last wrote, epoch milliseconds; 0 if never.
    """
    window = _WINDOWS_MS.get(channel)
    if window is None:  # the web chat: shown when the page is opened
        return True
    return to_ms(now + MARGIN) < last_inbound_ms + window
