"""What people see where something is refused, forbidden, missing or broken."""

import pytest
from django.test import Client

REFUSED = "The order has left already, so it can no longer be cancelled."

pytestmark = pytest.mark.urls("tests.config.refusing")


def test_a_refusal_is_a_page_that_says_why(client: Client) -> None:
    response = client.get("/refuse")
    page = response.content.decode()
    assert (response.status_code, REFUSED in page, "<html" in page) == (409, True, True)


def test_to_htmx_a_refusal_is_a_flash_in_its_own_place(client: Client) -> None:
    response = client.get("/refuse", headers={"HX-Request": "true"})
    fragment = response.content.decode()
    assert (response.status_code, REFUSED in fragment, "<html" in fragment) == (409, True, False)
    assert (response["HX-Retarget"], response["HX-Reswap"]) == ("#flash", "innerHTML")


def test_who_may_not_reads_so(client: Client) -> None:
    response = client.get("/forbid")
    assert (response.status_code, "You may not do this" in response.content.decode()) == (403, True)


def test_a_bug_shows_a_calm_page(client: Client) -> None:
    client.raise_request_exception = False
    response = client.get("/fail")
    assert (response.status_code, "Something went wrong on our side" in response.content.decode()) == (500, True)


def test_a_form_that_was_open_too_long_says_what_to_do() -> None:
    response = Client(enforce_csrf_checks=True).post("/track/", {"number": "OT-00000000"})
    page = response.content.decode()
    assert (response.status_code, "Please send that again" in page, "<style" in page) == (403, True, False)


def test_an_unknown_path_leads_to_the_look_up(client: Client) -> None:
    response = client.get("/nothing/here")
    assert (response.status_code, 'href="/track/"' in response.content.decode()) == (404, True)


def test_browsers_find_an_icon_where_they_look_for_one(client: Client) -> None:
    assert client.get("/favicon.ico")["Location"].endswith("img/favicon.svg")


def test_htmx_is_told_what_it_may_do(admin_client: Client) -> None:
    page = admin_client.get("/staff").content.decode()
    for setting in (
        '"allowEval":false',
        '"includeIndicatorStyles":false',
        '"historyCacheSize":0',
        '"selfRequestsOnly":true',
        '{"code":"409|422","swap":true,"error":false}',
    ):
        assert setting in page
    assert "X-CSRFToken" in page
    assert 'action="/admin/logout/"' in page
