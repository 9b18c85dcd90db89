"""Downloading pictures: from the platforms' own hosts and nowhere else, so many bytes, so many seconds."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.utils import get_environ_proxies
from urllib3.exceptions import HTTPError

from bot.images.child import MAX_BYTES
from connectors.http import Timeout

TIMEOUT: Timeout = (3.05, 5.0)
MOST_S = 8.0
_CHUNK = 64 * 1024


class NotFetched(Exception):
    """The picture can't be had; the message is for the log and holds no address."""


class TooLarge(NotFetched):
    """It is larger than what is read."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Where pictures may come from, by channel.

    ``domains``: a platform's own, with everything under them, over https on its usual port.
    ``origin``: the sandbox's "http://host:port"; where it is given, nothing else is allowed, so that a
    machine without the platforms opens no connection to them.
    """

    domains: Mapping[str, tuple[str, ...]]
    origin: str = ""

    def allow(self, channel: str, url: str) -> bool:
        """Whether ``url`` is a picture of that channel's own."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            return False
        if parts.username or parts.password or "\\" in url or not url.isprintable():
            return False
        if self.origin:
            return f"{parts.scheme}://{parts.netloc}" == self.origin
        own = self.domains.get(channel, ())
        inside = any(host == domain or host.endswith(f".{domain}") for domain in own)
        return parts.scheme == "https" and port in (None, 443) and inside


def fetch(url: str) -> bytes:
    """The bytes behind ``url``, which was allowed; redirects are not followed.

    :raises TooLarge: if there are more than are read.
    :raises NotFetched: if they can't be had in time.
    """
    headers = {"Accept": "image/*", "Accept-Encoding": "identity"}
    request = requests.Request("GET", url, headers=headers).prepare()
    ends = time.monotonic() + MOST_S
    with contextlib.closing(HTTPAdapter(max_retries=0)) as adapter:  # below Session: no redirects, no cookies
        try:
            proxies = get_environ_proxies(url)
            answer = adapter.send(request, stream=True, timeout=TIMEOUT, proxies=proxies)
            if answer.status_code != 200:
                raise NotFetched(f"http/{answer.status_code}")
            return _content(answer, ends)
        except (requests.RequestException, HTTPError) as error:
            raise NotFetched(type(error).__name__) from None  # its text holds the address


def _content(answer: requests.Response, ends: float) -> bytes:
    """The body as it comes: unpacked it could be anything."""
    found = bytearray()
    while chunk := answer.raw.read1(_CHUNK, decode_content=False):
        found += chunk
        if len(found) > MAX_BYTES:
            raise TooLarge("size")
        if time.monotonic() > ends:
            raise NotFetched("slow")
    return bytes(found)
