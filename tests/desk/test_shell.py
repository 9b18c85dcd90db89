"""What every page of the desk has."""

from __future__ import annotations

import re

import pytest

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


@pytest.mark.parametrize(
    ("role", "pages"),
    [
        ("officer", ["/desk/", "/desk/dossiers", "/desk/scams", "/desk/canned"]),
        (
            "supervisor",
            [
                "/desk/",
                "/desk/dossiers",
                "/desk/review",
                "/desk/scams",
                "/desk/posts",
                "/desk/reports",
                "/desk/canned",
                "/desk/hours",
                "/desk/accounts",
                "/desk/dossier-alerts",
            ],
        ),
        ("editor", ["/desk/posts"]),
        (
            "administrator",
            [
                "/desk/reports",
                "/desk/hours",
                "/desk/accounts",
                "/desk/officers",
                "/desk/dossier-alerts",
                "/desk/audit",
            ],
        ),
    ],
)
def test_the_menu_leads_only_where_one_may_go(client_of: ClientOf, role: str, pages: list[str]) -> None:
    client = client_of(role)
    menu = client.get("/desk/account").text.partition("<nav")[2].partition("</nav>")[0]
    assert re.findall(r'href="([^"]+)"', menu) == pages
    assert [client.get(page).status_code for page in pages] == [200] * len(pages)


def test_a_refusal_is_a_page_with_a_way_back(client_of: ClientOf) -> None:
    response = client_of("administrator").get("/desk/review", headers={"Accept": "text/html"})
    assert response.status_code == 403
    assert 'role="alert"' in response.text and 'href="/desk/reports"' in response.text


@pytest.mark.parametrize(
    ("role", "page"), [("administrator", "/desk/reports"), ("editor", "/desk/posts"), ("officer", None)]
)
def test_the_desk_begins_with_the_first_page_of_the_role(
    client_of: ClientOf, role: str, page: str | None
) -> None:
    response = client_of(role).get("/desk/", headers={"Accept": "text/html"})
    assert (response.status_code, response.location) == ((302, page) if page else (200, None))


@pytest.mark.parametrize(
    ("headers", "kind"), [({"Accept": "text/html"}, "text/html"), ({"HX-Request": "true"}, "text/plain")]
)
def test_what_fails_says_so_in_words(
    client_of: ClientOf, monkeypatch: pytest.MonkeyPatch, headers: dict[str, str], kind: str
) -> None:
    client = client_of("officer")

    def broken(*_: object) -> None:
        raise RuntimeError("a secret")

    monkeypatch.setattr("bot.desk.inbox.lists", broken)
    response = client.get("/desk/", headers=headers)
    assert (response.status_code, response.mimetype) == (500, kind)
    assert "Có lỗi xảy ra" in response.text
    assert "secret" not in response.text
    monkeypatch.setattr("bot.desk.guard.look_up", broken)  # the database is away: nobody is known
    assert "Có lỗi xảy ra" in client.get("/desk/", headers=headers).text
