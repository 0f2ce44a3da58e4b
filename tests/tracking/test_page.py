"""The customer's page: who may see it, what it costs, what it keeps to itself."""

from datetime import timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client
from django.utils import timezone, translation

from fulfillment.services import pick_shipment
from orders.models import Channel, Order
from orders.services import note_order
from tests.factories import ALICE, BOB, Shop, shipment
from tests.tracking.stories import STORIES, boxes, track
from tracking.models import TrackingLink
from tracking.services import link_for

pytestmark = pytest.mark.django_db

COLD = {"delivered by hand": 5, "two parcels, one delivered": 5, "three parcels": 5, "partly shipped": 7, "placed": 5}


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    cache.clear()


def version(order: Order) -> int:
    return Order.objects.values_list("version", flat=True).get(pk=order.pk)


def paths(link: TrackingLink) -> tuple[str, str]:
    return f"/track/{link.token}/", f"/track/{link.token}/live"


@pytest.mark.parametrize("name", COLD)
def test_a_page_costs_few_queries_however_many_parcels(
    shop: Shop, client: Client, name: str, django_assert_num_queries
) -> None:
    order = STORIES[name](shop)
    page, live = paths(link_for(order))
    with django_assert_num_queries(COLD[name]):
        assert client.get(page).status_code == 200
    with django_assert_num_queries(1):
        assert client.get(page).status_code == 200
    seen = version(order)
    with django_assert_num_queries(1):
        assert client.get(live, {"seen": seen}).status_code == 204


def test_nothing_is_sent_while_nothing_changed_and_the_part_that_did_afterwards(shop: Shop, client: Client) -> None:
    order = STORIES["placed"](shop)
    page, live = paths(link_for(order))
    seen = version(order)
    assert client.get(live, {"seen": seen}).content == b""
    pick_shipment(shipment(order), by=BOB)
    fragment = client.get(live, {"seen": seen}).content.decode()
    assert ("Your order is being prepared" in fragment, "<html" in fragment) == (True, False)
    assert f"live?seen={version(order)}" in fragment
    assert f"live?seen={version(order)}" in client.get(page).content.decode()


@pytest.mark.parametrize("seen", ["", "x", "-1", "9" * 400, "\x00"])
def test_whoever_says_nothing_sensible_gets_the_whole_fragment(shop: Shop, client: Client, seen: str) -> None:
    _page, live = paths(link_for(STORIES["placed"](shop)))
    assert client.get(live, {"seen": seen}).status_code == 200


def test_unknown_revoked_and_expired_links_are_the_same_page_byte_for_byte(shop: Shop, client: Client) -> None:
    order = STORIES["placed"](shop)
    now = timezone.now()
    expired = link_for(order)
    TrackingLink.objects.filter(pk=expired.pk).update(expires_at=now - timedelta(seconds=1))
    revoked = link_for(order)
    TrackingLink.objects.filter(pk=revoked.pk).update(revoked_at=now)
    tokens = (expired.token, revoked.token, "A" * 32, "x", "é\x00")
    with time_machine.travel(now, tick=False):
        answers = [client.get(f"/track/{token}/{part}") for token in tokens for part in ("", "live")]
    for answer in answers:
        answer.headers.pop("X-Request-ID", None)
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert len({tuple(sorted(answer.headers.items())) for answer in answers}) == 1


@pytest.mark.parametrize("name", ["placed", "delivered"])
def test_what_the_page_shows_is_kept_nowhere_and_told_to_nobody(shop: Shop, client: Client, name: str) -> None:
    for path in (*paths(link_for(STORIES[name](shop))), "/track/unknown/"):
        headers = client.get(path).headers
        assert "no-store" in headers["Cache-Control"]
        assert headers["X-Robots-Tag"] == "noindex, nofollow"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert client.cookies == {}


def test_the_page_redacts_whom_and_where(shop: Shop, client: Client) -> None:
    order = STORIES["delivered"](shop)
    note_order(order, by=ALICE, text="called, was rude")
    page = client.get(paths(link_for(order))[0]).content.decode()
    for shown in ("Ana R.", "Madrid", order.number, "The Mug Shop"):
        assert shown in page
    for kept in ("Ruiz", "Calle Mayor", "28013", "ana@example.com", "+34600000000", "rude", "12.50", order.external_id):
        assert kept not in page


def test_the_shops_address_can_be_pressed(shop: Shop, client: Client) -> None:
    order = STORIES["placed"](shop)
    page, _live = paths(link_for(order))
    link = f'<a href="mailto:help@mugs.example?subject=Order%20{order.number}">help@mugs.example</a>'
    assert link in client.get(page).content.decode()
    cache.clear()
    Channel.objects.update(email='"><b>@x')
    body = client.get(page).content.decode()
    assert ("<b>" in body, "mailto:%22%3E%3Cb%3E@x?" in body) == (False, True)


def test_what_is_kept_for_all_readers_holds_no_token(shop: Shop, client: Client) -> None:
    order = STORIES["placed"](shop)
    first = link_for(order)
    for path in paths(first):
        assert first.token not in client.get(path).content.decode()
    TrackingLink.objects.filter(pk=first.pk).update(expires_at=timezone.now())
    second = link_for(order)
    assert client.get(paths(second)[0]).status_code == 200


def test_what_is_kept_is_made_anew_in_another_language(shop: Shop, client: Client) -> None:
    page, _live = paths(link_for(STORIES["placed"](shop)))
    assert '<html lang="en">' in client.get(page).content.decode()
    with translation.override("es"):
        assert '<html lang="es">' in client.get(page).content.decode()


def test_what_carriers_and_shops_write_is_text_never_markup(shop: Shop, client: Client) -> None:
    shop.channel.title = "<b>Mugs</b> & more"
    shop.channel.save()
    order = STORIES["shipped, no tracker"](shop)
    evil = ("2026-11-24T10:12:00", "IN_TRANSIT", "<script>alert(1)</script>", '"><img src=x>')
    track(boxes(order)[0], "IN_TRANSIT", evil)
    page = client.get(paths(link_for(order))[0]).content.decode()
    assert ("<script>alert" in page, "<img" in page, "<b>Mugs" in page) == (False, False, False)
    assert "&lt;script&gt;alert(1)" in page


def test_the_page_can_only_be_read(shop: Shop, client: Client) -> None:
    for path in paths(link_for(STORIES["placed"](shop))):
        assert client.post(path).status_code == 405
        assert client.head(path).status_code == 200


def test_a_finished_order_is_asked_about_less_often(shop: Shop, client: Client) -> None:
    page = client.get(paths(link_for(STORIES["delivered"](shop)))[0]).content.decode()
    assert "every 60s" in page
