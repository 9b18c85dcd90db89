"""HTTP to a platform: one pool of connections per thread, time-outs always, and two kinds of failure.

Whether a request that failed *may have been carried out* decides if it may be sent again. So a
failure is either :class:`NeverSent` or :class:`MaybeSent`, and nothing in between.
"""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests.hooks import default_hooks
from requests.structures import CaseInsensitiveDict
from requests.utils import default_headers, get_environ_proxies
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    MaxRetryError,
    NewConnectionError,
    ProxyError,
)

from connectors.channel import SendError, SendResult

Timeout = tuple[float, float]
"""Seconds to connect, seconds to wait for the answer."""

File = tuple[str, bytes, str]
"""Of a multipart form: the file's name, its content, its type."""

DEFAULT_TIMEOUT: Timeout = (3.05, 10.0)

_DEFAULT_HEADERS = default_headers()

_NO_CONNECTION = (NewConnectionError, ConnectTimeoutError, ProxyError)


class NeverSent(Exception):
    """The request did not reach the platform: it may be repeated."""


class MaybeSent(Exception):
    """The request may have been carried out: look before repeating it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer; ``body`` is the JSON object in it, None if it holds none."""

    status: int
    headers: Mapping[str, str]
    body: dict[str, Any] | None


class HttpClient:
    """Calls to one base address. Thread-safe: each thread has its own connections."""

    def __init__(self, base_url: str, timeout: Timeout = DEFAULT_TIMEOUT) -> None:
        self._base_url = base_url.rstrip("/")
        self._timeout = timeout
        self._proxies = get_environ_proxies(self._base_url)  # once: asking at every call is slow
        self._local = threading.local()

    def call(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str],
        params: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        form: Mapping[str, str] | None = None,
        files: Mapping[str, File] | None = None,
        timeout: Timeout | None = None,
    ) -> Answer:
        """One request; ``body`` is sent as JSON, ``form`` as a form, with ``files`` a multipart one.
        Redirects are not followed.

        ``timeout`` is for this call only.

        :raises NeverSent: if no connection came about.
        :raises MaybeSent: if the connection broke or the answer did not come in time.
        """
        try:
            request = _prepared(method, self._base_url + path, params, headers)
            request.prepare_body(data=form, files=files, json=body)
            response = self._adapter().send(
                request,
                timeout=timeout or self._timeout,
                proxies=self._proxies,
            )
            content = response.content
        except requests.RequestException as error:
            # The error's own text holds the address and with it, perhaps, a token: only its name goes on.
            kind = NeverSent if never_sent(error) else MaybeSent
            raise kind(type(error).__name__) from None
        return Answer(response.status_code, response.headers, _json_object(content))

    def _adapter(self) -> HTTPAdapter:
        """Below requests' Session, whose cookies, redirects and hooks no API call here wants."""
        adapter: HTTPAdapter | None = getattr(self._local, "adapter", None)
        if adapter is None:
            adapter = self._local.adapter = HTTPAdapter(pool_connections=2, pool_maxsize=4, max_retries=0)
        return adapter


def _prepared(
    method: str, url: str, params: Mapping[str, str] | None, headers: Mapping[str, str]
) -> requests.PreparedRequest:
    """A request without a body yet. Its address, half of the preparing, is made once for all calls."""
    request = requests.PreparedRequest()
    request.prepare_method(method)
    request.url = _address(url, tuple((params or {}).items()))
    request.headers = CaseInsensitiveDict({**_DEFAULT_HEADERS, **headers})
    request.hooks = default_hooks()
    return request


@lru_cache(maxsize=512)
def _address(url: str, params: tuple[tuple[str, str], ...]) -> str:
    """``url`` with ``params``, checked and encoded.

    :raises requests.exceptions.InvalidURL: or another ValueError, if it is none.
    """
    request = requests.PreparedRequest()
    request.prepare_url(url, dict(params))
    assert request.url is not None  # prepare_url has set it
    return request.url


def never_sent(error: requests.RequestException) -> bool:
    """Whether the request behind ``error`` certainly did not reach the platform."""
    # The ValueErrors of requests are addresses and headers that cannot be sent at all.
    if isinstance(error, (requests.ConnectTimeout, requests.exceptions.ProxyError, ValueError)):
        return True
    cause: Any = error.args[0] if error.args else None
    if isinstance(cause, MaxRetryError):
        cause = cause.reason
    if isinstance(cause, HTTPError) and isinstance(cause, _NO_CONNECTION):
        return True
    return any(isinstance(part, ssl.SSLCertVerificationError) for part in getattr(cause, "args", ()))


def usable_token(token: str) -> bool:
    """Whether ``token`` can stand in an HTTP header at all."""
    return bool(token) and token.isascii() and token.isprintable() and " " not in token


def deliver(call: Callable[[], Answer], read: Callable[[Answer], SendResult], platform: str) -> SendResult:
    """Send once and say what became of it; ``platform`` is the name that officers know."""
    try:
        return read(call())
    except NeverSent:
        reason = f"Chưa kết nối được tới {platform}."
        return SendResult(error=SendError(code="unreachable", reason=reason, retryable=True))
    except MaybeSent:
        return SendResult()


def without_body(answer: Answer, platform: str) -> SendResult:
    """What an answer says that holds none of the platform's JSON, by its HTTP status alone.

    5xx comes from something between us and the platform, or from a platform that broke off half
    way: the message may be out, so the send is unknown. So is a 2xx page that is not the API's.
    """
    if answer.status == 429:
        return SendResult(
            error=SendError(
                code="http/429",
                reason=f"{platform} yêu cầu gửi chậm lại.",
                retryable=True,
                retry_after_s=retry_after_s(answer.headers),
            )
        )
    if answer.status >= 500 or answer.status < 300:
        return SendResult()
    reason = f"{platform} không nhận lệnh gửi (HTTP {answer.status})."
    return SendResult(error=SendError(code=f"http/{answer.status}", reason=reason))


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """The Retry-After header in seconds, if it is a number of seconds; at most a day."""
    value = headers.get("Retry-After", "").strip()
    return float(min(int(value), 86_400)) if value.isascii() and value.isdigit() else None


def _json_object(content: bytes) -> dict[str, Any] | None:
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None
