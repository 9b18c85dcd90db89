"""Which failures of requests mean "never sent", and that sessions are pooled and kept apart."""

from __future__ import annotations

import ssl
import threading

import pytest
import requests
import responses
import urllib3
from urllib3.exceptions import MaxRetryError, NewConnectionError, ProtocolError, ReadTimeoutError

from connectors.http import HttpClient, MaybeSent, NeverSent
from tests.connectors.stub import Stub

URL = "https://openapi.example"
POOL = urllib3.HTTPConnectionPool("openapi.example")
CONNECTION = urllib3.connection.HTTPConnection("openapi.example")


def retried(reason: Exception) -> MaxRetryError:
    return MaxRetryError(POOL, "/x", reason)


@pytest.mark.parametrize(
    ("failure", "outcome"),
    [
        (requests.ConnectTimeout(), NeverSent),
        (requests.ConnectionError(retried(NewConnectionError(CONNECTION, "refused"))), NeverSent),
        (requests.exceptions.ProxyError(), NeverSent),
        (requests.exceptions.InvalidHeader("x"), NeverSent),
        (requests.exceptions.InvalidURL("x"), NeverSent),
        (
            requests.exceptions.SSLError(
                retried(urllib3.exceptions.SSLError(ssl.SSLCertVerificationError("self-signed")))
            ),
            NeverSent,
        ),
        (requests.exceptions.SSLError(retried(urllib3.exceptions.SSLError("bad record"))), MaybeSent),
        (requests.ReadTimeout(ReadTimeoutError(POOL, "/x", "slow")), MaybeSent),
        (requests.ConnectionError(ProtocolError("aborted", ConnectionResetError())), MaybeSent),
        (requests.ConnectionError(), MaybeSent),
        (requests.exceptions.ChunkedEncodingError(), MaybeSent),
        (requests.exceptions.ContentDecodingError(), MaybeSent),
    ],
)
@responses.activate
def test_failures(failure: requests.RequestException, outcome: type[Exception]) -> None:
    responses.post(f"{URL}/x", body=failure)
    with pytest.raises(outcome):
        HttpClient(URL).call("POST", "/x", headers={}, body={})


def test_failures_do_not_tell_the_address(refusing_url: str) -> None:
    """It may hold a proof or a token, and failures are logged."""
    with pytest.raises(NeverSent) as caught:
        HttpClient(refusing_url).call("GET", "/x", headers={}, params={"secret": "s3cret"})
    assert "s3cret" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_nothing_is_sent_to_a_server_that_does_not_speak_tls(stub: Stub) -> None:
    with pytest.raises((NeverSent, MaybeSent)):
        HttpClient(stub.url.replace("http:", "https:"), (1.0, 1.0)).call("GET", "/x", headers={})
    assert not stub.asked


def test_connections_are_reused_and_threads_have_their_own(stub: Stub) -> None:
    client = HttpClient(stub.url)
    sessions = []

    def work() -> None:
        client.call("GET", "/x", headers={})
        client.call("GET", "/x", headers={})
        sessions.append(client._adapter())

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(stub.asked) == 6
    assert len({id(session) for session in sessions}) == 3
    assert len({asked.peer for asked in stub.asked}) == 3


def test_netrc_does_not_replace_the_authorization(
    stub: Stub, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path_factory.mktemp("home") / "netrc"
    netrc.write_text("machine 127.0.0.1 login a password b\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    HttpClient(stub.url).call("GET", "/x", headers={"Authorization": "Bearer t"})
    assert stub.asked[0].headers["Authorization"] == "Bearer t"


def test_a_proxy_of_the_environment_is_used(stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", stub.url)
    monkeypatch.setenv("NO_PROXY", "")
    assert HttpClient("http://openapi.example").call("GET", "/x", headers={}).status == 200
    assert stub.asked[0].headers["Host"] == "openapi.example"
