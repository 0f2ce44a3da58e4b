"""The menu of the floor: every screen is on it, for those who may use it, with what waits there."""

import re

import pytest
from django.test import Client
from django.urls import get_resolver

from config.roles import ROLES
from fulfillment import ledger, urls
from fulfillment.models import Staff
from fulfillment.services import expect_receipt
from fulfillment.views.tiles import TILES
from tests.factories import Shop
from tests.fulfillment.floor import person, words

REACHED_OTHERWISE = {"entry", "find", "close", "next_cart", "undo"}
"""Screens without a tile: the menu itself, what a scan leads to, what a button of a screen posts to."""


def client_of(role: str, name: str = "alice") -> Client:
    client = Client()
    client.force_login(person(role, name))
    return client


def links(client: Client) -> set[str]:
    page = client.get("/floor/").content.decode()
    return set(re.findall(r'class="tile" href="([^"]+)"', page))


def test_every_screen_is_on_the_menu() -> None:
    plain = {str(each.name) for each in urls.urlpatterns if "<" not in str(each.pattern)}
    assert plain - REACHED_OTHERWISE == {tile.name.removeprefix("floor:") for tile in TILES}


@pytest.mark.parametrize("role", ROLES)
def test_the_menu_leads_where_the_person_may_go_and_nowhere_else(shop: Shop, role: str) -> None:
    client = client_of(role)
    if client.get("/floor/").status_code == 403:
        return
    shown = links(client)
    reachable = {f"/floor/{tile_path(tile.name)}" for tile in TILES}
    allowed = {url for url in reachable if client.get(url).status_code == 200}
    assert shown == allowed


def tile_path(name: str) -> str:
    resolver = get_resolver().namespace_dict["floor"][1]
    return str(next(each.pattern for each in resolver.url_patterns if each.name == name.removeprefix("floor:")))


def test_a_tile_says_what_waits_in_ones_own_warehouses(shop: Shop) -> None:
    far = ledger.open_warehouse("FAR")
    shop.receive(shop.mug, 2, bin="DOCK")
    for warehouse, reference in ((far, "F-1"), (far, "F-2"), (shop.warehouse, "M-1")):
        expect_receipt(warehouse, reference, {shop.mug: 3})
    everywhere = words(client_of("manager").get("/floor/"))
    assert ("Receive 3 waiting" in everywhere, "Put away 1 waiting" in everywhere) == (True, True)
    there = person("manager", "bob")
    Staff.objects.create(user=there).warehouses.add(far)
    client = Client()
    client.force_login(there)
    page = words(client.get("/floor/"))
    assert ("Receive 2 waiting" in page, "Put away Move" in page) == (True, True)
