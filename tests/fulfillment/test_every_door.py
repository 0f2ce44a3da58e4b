"""Every path of the warehouse with every role, against a table written by hand; nobody gets into another warehouse."""

from typing import Any

import pytest
from django.test import Client

from config.roles import ROLES
from fulfillment.models import BinStock, Count, Shipment, StockItem
from tests.api import row_counts
from tests.factories import Shop
from tests.fulfillment.doors import ADMIN, FLOOR, SCREENS, Pages
from tests.fulfillment.yard import FAR, Yard, models, screens, works_in, yards

THING = "<path:object_id>/"
COMMON = {"", "add/", THING, *(f"{THING}{part}" for part in ("history/", "delete/", "change/", "do/<slug:verb>/"))}

EXPORT = {"format": "0", "export_items": []}


def client_of(role: str, *warehouses: Any) -> Client:
    client = Client()
    client.force_login(works_in(role, *warehouses))
    return client


def is_in(answer: Any) -> bool:
    """Say whether somebody came in: not refused, not sent to the log-in or to the admin's first page."""
    is_away = answer.status_code == 302 and answer["Location"].split("?")[0] in {"/admin/", "/admin/login/"}
    return not is_away and answer.status_code not in {403, 404, 405}


def come_in(client: Client, path: str, **given: Any) -> bool:
    return is_in(client.get(path, given)) or is_in(client.post(path, given))


def state() -> tuple[Any, ...]:
    return (
        row_counts() | {"sessions.Session": 0},
        list(Shipment.objects.order_by("pk").values_list("status")),
        list(StockItem.objects.order_by("pk").values_list("on_hand", "reserved", "blocked")),
        list(BinStock.objects.order_by("pk").values_list("bin", "product", "quantity")),
        list(Count.objects.order_by("pk").values_list("status")),
    )


def test_every_path_has_its_row() -> None:
    assert (screens(), set(models())) == (set(SCREENS), set(ADMIN))
    acts = {name: {act.verb for act in getattr(page, "acts", ())} for name, page in models().items()}
    assert acts == {name: set(pages.acts) for name, pages in ADMIN.items()}
    bulk = {name: {act.__name__ for act in page.actions or ()} for name, page in models().items()}
    assert bulk == {name: set(pages.bulk) for name, pages in ADMIN.items()}
    more = {name: {str(each.pattern) for each in page.get_urls()} - COMMON for name, page in models().items()}
    assert more == {name: set(pages.more) for name, pages in ADMIN.items()}


@pytest.mark.parametrize("role", ROLES)
def test_each_role_comes_into_the_screens_of_the_table(shop: Shop, role: str) -> None:
    here, _ = yards(shop)
    client = client_of(role)
    refused = {route for route, roles in SCREENS.items() if role not in roles}
    before = state()
    assert {route for route in refused if come_in(client, here.screen(route))} == set()
    assert state() == before
    allowed = set(SCREENS) - refused
    assert {route for route in allowed if not come_in(client, here.screen(route))} == set()


def doors(yard: Yard, model: str, pages: Pages) -> dict[tuple[str, str], set[str]]:
    """Return (method, path) → roles, of all pages of a model."""
    start = f"/admin/fulfillment/{model}/"
    return {
        **{("get", f"{start}{path}"): roles for path, roles in pages.more.items() if path != "process_import/"},
        **{("post", f"{start}{path}"): roles for path, roles in pages.more.items() if "import" in path},
        ("get", f"/admin/fulfillment/{model}/"): pages.see,
        ("get", yard.page(model, "change/")): pages.see,
        ("get", yard.page(model, "history/")): pages.see,
        ("get", f"/admin/fulfillment/{model}/add/"): pages.add,
        ("post", f"/admin/fulfillment/{model}/add/"): pages.add,
        ("post", yard.page(model, "change/")): pages.edit,
        ("get", yard.page(model, "delete/")): pages.delete,
        ("post", yard.page(model, "delete/")): pages.delete,
        **{("post", yard.page(model, f"do/{verb}/")): roles for verb, roles in pages.acts.items()},
    }


@pytest.mark.parametrize("role", ROLES)
def test_each_role_comes_into_the_admin_pages_of_the_table(shop: Shop, role: str) -> None:
    here, _ = yards(shop)
    client = client_of(role)
    wanted = {door: roles for model, pages in ADMIN.items() for door, roles in doors(here, model, pages).items()}
    refused = [door for door, roles in wanted.items() if role not in roles]
    before = state()
    assert [door for door in refused if is_in(getattr(client, door[0])(door[1]))] == []
    assert state() == before
    allowed = [door for door in wanted if door not in refused]  # buttons ask again: they miss their operation
    assert [door for door in allowed if not is_in(getattr(client, door[0])(door[1]))] == []


@pytest.mark.parametrize("role", ROLES)
def test_each_role_does_to_chosen_rows_what_the_table_says(shop: Shop, role: str) -> None:
    here, _ = yards(shop)
    client = client_of(role)
    for model, pages in ADMIN.items():
        page = client.get(f"/admin/fulfillment/{model}/").content.decode()
        offered = {act for act in pages.bulk if f'value="{act}"' in page}
        assert (model, offered) == (model, {act for act, roles in pages.bulk.items() if role in roles})
        before = state()
        for act in set(pages.bulk) - offered:
            chosen = {"action": act, "_selected_action": [here.things[model].pk], "index": "0"}
            client.post(f"/admin/fulfillment/{model}/", chosen)
        assert state() == before


@pytest.mark.parametrize("role", sorted(FLOOR))
def test_who_works_in_one_warehouse_comes_to_no_thing_of_another(shop: Shop, role: str) -> None:
    here, far = yards(shop)
    client = client_of(role, here.warehouse)
    before = state()
    named = [route for route in SCREENS if "<" in route]
    assert [route for route in named if come_in(client, far.screen(route), whole="1", scanned="X")] == []
    pages = [door for model, each in ADMIN.items() for door in doors(far, model, each) if "add/" not in door[1]]
    theirs = [(method, path) for method, path in pages if any(part.isdecimal() for part in path.split("/"))]
    assert [door for door in theirs if is_in(getattr(client, door[0])(door[1]))] == []
    for model, each in ADMIN.items():
        for act in each.bulk:
            chosen = {"action": act, "_selected_action": [far.things[model].pk], "index": "0"}
            client.post(f"/admin/fulfillment/{model}/", chosen)
    assert state() == before


@pytest.mark.parametrize("role", sorted(FLOOR))
def test_who_works_in_one_warehouse_is_shown_nothing_of_another(shop: Shop, role: str) -> None:
    here, far = yards(shop)
    client = client_of(role, here.warehouse)
    plain = [f"/floor/{route}" for route in SCREENS if "<" not in route]
    lists = [f"/admin/fulfillment/{model}/{rest}" for model, each in ADMIN.items() for rest in ("", "add/", *each.more)]
    paths = [*plain, *lists]
    asked: list[dict[str, str]] = [{}, {"warehouse": FAR}, {"warehouse": str(far.warehouse.pk)}]
    seen = {
        (path, mark)
        for path in paths
        for given in asked
        for mark in far.marks()
        if mark in client.get(path, given).content.decode()
    }
    assert seen == set()
    for model in (model for model, each in ADMIN.items() if "export/" in each.more):
        sheet = client.post(f"/admin/fulfillment/{model}/export/", EXPORT).content.decode()
        assert (here.product.sku in sheet, far.product.sku in sheet) == (True, False)
    assert here.product.name in client.get("/admin/fulfillment/stockitem/").content.decode()


@pytest.mark.parametrize("role", sorted(FLOOR))
def test_who_works_in_one_warehouse_books_nothing_in_another(shop: Shop, role: str) -> None:
    here, far = yards(shop)
    client = client_of(role, here.warehouse)
    place, other = f"{FAR}-01", "DOCK"
    given = {"warehouse": FAR, "sku": far.product.sku, "quantity": 1, "reference": "DN-ZZFAR", "operation": "0" * 32}
    things = {f"{name}": thing.pk for name, thing in far.things.items() if name not in given}
    before = state()
    for source, target in ((place, other), (other, place)):
        sent = things | given | {"source": source, "bin": target, "target": target, "scanned": place}
        for route in SCREENS:
            if "<" not in route and route != "switch/":
                client.post(f"/floor/{route}", sent)
    for model in ADMIN:
        sent = (
            things | given | {"warehouse": far.warehouse.pk, "product": far.product.pk, "code": "Q-1", "kind": "PICK"}
        )
        if model != "warehouse":
            client.post(
                f"/admin/fulfillment/{model}/add/", sent | {"lines": f"{far.product.sku},3", "reorder_point": 5}
            )
    assert state() == before


@pytest.mark.parametrize("key", ["9" * 19, "9" * 40])
def test_a_key_that_no_database_has_leads_nowhere(shop: Shop, key: str) -> None:
    here, _ = yards(shop)
    client, before = client_of("manager", here.warehouse), state()
    for path in (
        f"/floor/carts/{key}/",
        f"/floor/carts/{key}/take/",
        f"/floor/carts/{key}/leave/",
        f"/floor/counts/{key}/",
    ):
        assert (client.get(path).status_code, client.post(path).status_code) == (404, 404)
    graded = f"/floor/returns/{here.things['return']}/?grade=scrap&line={key}"
    assert client.post(graded, {"operation": "0" * 32, "whole": "1"}).status_code == 404
    assert client.get(f"/admin/orders/order/?customer={key}").status_code in {200, 302}
    assert client.get(f"/admin/orders/order/{key}/change/").status_code == 404
    assert state() == before
