"""What every page of the desk has."""

from __future__ import annotations

from tests.desk.conftest import ClientOf, DeskClient


def test_whoever_signed_in_gets_in(client_of: ClientOf) -> None:
    response = client_of("officer").get("/desk/")
    assert response.status_code == 200


def test_nobody_is_sent_to_sign_in(stranger: DeskClient) -> None:
    response = stranger.get("/desk/")
    assert response.status_code == 302
    assert response.location.startswith("/desk/sign-in")


def test_a_form_with_its_token_is_taken(client_of: ClientOf) -> None:
    client = client_of("officer")
    assert client.post("/desk/sign-out").status_code == 400
    assert client.submit("/desk/sign-out").status_code == 302
    assert client.get("/desk/").status_code == 302
