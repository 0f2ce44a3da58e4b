"""Every path of the house, tried by a stranger and by staff without a role: what is not meant for all is closed."""

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from tests.api import row_counts
from tests.factories import Shop, shipment
from tests.staff import superuser

OPEN = {  # route → what a stranger is answered by GET
    "livez": 200,
    "readyz": 200,
    "favicon.ico": 302,
    "": 200,
    "track/": 200,
    "track/<str:token>/": 404,
    "track/<str:token>/live": 404,
    "^hooks/(?P<provider>[\\w-]+)/(?P<public_id>[\\w-]+)/?$": 405,
    "api/v1/openapi.json": 200,
    "api/v1/docs": 200,
    "admin/login/": 200,
}
OF_ALL_WHO_LOG_IN = {"admin/logout/"}
OF_ALL_STAFF = {  # the search finds pages of the admin by name, of those that one may open
    "admin/", "admin/jsi18n/", "admin/search/", "admin/password_change/", "admin/password_change/done/",
}  # fmt: skip
INLINE = re.compile(r"<script(?![^>]*\b(?:src=|type=.application/json))[^>]*>|<style\b|\sstyle=|\son\w+=")
GIVEN = {"token": "x" * 32, "provider": "generic", "public_id": "nobody", "verb": "cancel", "app_label": "orders"}


def routes(patterns: list[Any], before: str = "") -> Iterator[tuple[str, URLPattern]]:
    for each in patterns:
        route = before + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from routes(each.url_patterns, route)
        else:
            yield route, each


def paths(shop: Shop) -> dict[str, str]:
    """Return a path that each route takes, of things that are there."""
    order = shop.order((shop.mug, 1))
    given = GIVEN | {"number": shipment(order).number, "object_id": order.pk, "pk": order.pk}
    return {route: _filled(route, given) for route, _ in routes(get_resolver().url_patterns)}


def _filled(route: str, given: dict[str, Any]) -> str:
    if route.startswith("^"):
        route = "hooks/{provider}/{public_id}/"
    path = re.sub(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>[^)]*\)", lambda found: "{" + (found[1] or found[2]) + "}", route)
    return "/" + path.strip("^$").format_map(defaultdict(lambda: "1", given))


@pytest.mark.django_db
def test_a_stranger_gets_in_nowhere_but_where_all_may(shop: Shop) -> None:
    wanted, before = paths(shop), row_counts()
    assert len(wanted) > 150
    assert set(OPEN) <= set(wanted)
    for route, path in wanted.items():
        if route in OPEN:
            assert (route, Client().get(path).status_code) == (route, OPEN[route])
        elif route not in OF_ALL_WHO_LOG_IN:
            assert (path, _is_closed(Client().get(path, follow=True))) == (path, True)
            assert (path, _is_closed(Client().post(path, follow=True))) == (path, True)
    assert row_counts() == before


@pytest.mark.django_db
@pytest.mark.parametrize("is_staff", [False, True])
def test_whoever_has_no_role_sees_no_more_than_a_stranger(shop: Shop, is_staff: bool) -> None:
    wanted, client = paths(shop), Client()
    client.force_login(User.objects.create_user("newcomer", is_staff=is_staff))
    before = row_counts()
    own = OF_ALL_WHO_LOG_IN | (OF_ALL_STAFF if is_staff else set())
    let_in = {
        route
        for route, path in wanted.items()
        if route not in OPEN.keys() | own
        and not all(_is_closed(answer) for answer in (client.get(path, follow=True), client.post(path, follow=True)))
    }
    assert (let_in, row_counts()) == (set(), before)


def _is_closed(answer: Any) -> bool:
    """Say whether it lets nobody in: no key, forbidden, nothing there, or sent to the log-in or the first page."""
    ended = [url for url, _ in answer.redirect_chain][-1:]
    is_sent_away = ended == ["/admin/"] or any(url.startswith("/admin/login/") for url in ended)
    return is_sent_away or answer.status_code in {401, 403, 404, 405}


@pytest.mark.django_db
def test_every_page_comes_with_a_policy_that_its_own_words_keep(shop: Shop) -> None:
    """A page outside the admin has no inline script or style; each page says where all else may come from."""
    client, seen = superuser(), 0
    for path in paths(shop).values():
        answer = client.get(path)
        if answer.status_code != 200 or not answer.headers.get("Content-Type", "").startswith("text/html"):
            continue
        seen += 1
        policy = answer.headers.get("Content-Security-Policy", "")
        assert (path, "object-src 'none'" in policy or "default-src 'none'" in policy) == (path, True)
        if "'unsafe-inline'" not in policy:
            assert (path, INLINE.findall(answer.content.decode())) == (path, [])
    assert seen > 60


@pytest.mark.django_db
@pytest.mark.parametrize("odd", ["x", "9" * 40, "-1", "0", "%00", "a%0Ab"])
def test_an_address_that_means_nothing_is_no_failure(shop: Shop, odd: str) -> None:
    client = superuser()
    client.raise_request_exception = False
    for route, _ in routes(get_resolver().url_patterns):
        path = _filled(route, defaultdict(lambda: odd, app_label="orders"))
        answer = client.get(path)
        assert (path, answer.status_code < 500) == (path, True)
