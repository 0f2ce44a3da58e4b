"""Stock in the admin: receiving and adjusting go through the ledger; places keep what the floor relies on."""

from typing import Any
from uuid import uuid4

from fulfillment import ledger
from fulfillment.ledger.stock import STANDING
from fulfillment.models import Bin, BinStock, StockItem, StockMovement, Warehouse
from tests.factories import Shop
from tests.staff import client_of, flashes


def _press(client: Any, item: StockItem, verb: str, **data: Any) -> Any:
    given = {"operation": uuid4(), "bin": "STOCK"} | data
    return client.post(f"/admin/fulfillment/stockitem/{item.pk}/do/{verb}/", given)


def test_goods_are_received_into_a_warehouse_that_never_had_them(shop: Shop) -> None:
    data = {"operation": uuid4(), "warehouse": shop.warehouse.pk, "sku": "TEA-01", "quantity": 7, "bin": "T-01"}
    response = client_of("manager").post("/admin/fulfillment/stockitem/add/", data | {"reference": "DN-4471"})
    assert flashes(response) == ["Received 7 × TEA-01 Teapot."]
    assert (shop.stock(shop.teapot), BinStock.objects.get().bin.code) == ((7, 0), "T-01")
    movement = StockMovement.objects.get()
    assert (movement.cause, movement.operation) == ("DN-4471", str(data["operation"]))
    assert list(ledger.verify()) == []


def test_an_unknown_sku_is_received_nowhere(shop: Shop) -> None:
    data = {"operation": uuid4(), "warehouse": shop.warehouse.pk, "sku": "NO-1", "quantity": 7, "bin": "T-01"}
    response = client_of("manager").post("/admin/fulfillment/stockitem/add/", data | {"reference": "x"})
    assert response.status_code == 422
    assert "There is no product with the SKU NO-1." in response.content.decode()
    assert not StockMovement.objects.exists()


def test_the_same_receipt_sent_twice_is_booked_once(shop: Shop) -> None:
    shop.receive(shop.mug, 5, bin="STOCK")
    client, operation = client_of("manager"), uuid4()
    for _ in range(2):
        response = _press(client, StockItem.objects.get(), "receive", quantity=3, reference="DN-1", operation=operation)
    assert flashes(response)[-1] == "This was booked before; nothing was booked twice."
    assert shop.stock(shop.mug) == (8, 0)


def test_stock_is_adjusted_with_a_reason_and_never_below_what_is_free(shop: Shop) -> None:
    shop.receive(shop.mug, 5, bin="STOCK")
    shop.order((shop.mug, 3))
    item, client = StockItem.objects.get(), client_of("manager")
    _press(client, item, "adjust", delta=-1, reason="damaged")
    assert (shop.stock(shop.mug), StockMovement.objects.first().cause) == ((4, 3), "damaged")
    response = _press(client, item, "adjust", delta=-2, reason="damaged")
    assert "1 of MUG-01 are free" in flashes(response)[-1]
    assert _press(client, item, "adjust", delta=0, reason="damaged").status_code == 422
    assert _press(client, item, "adjust", delta=-1, reason="no such").status_code == 422
    assert (shop.stock(shop.mug), list(ledger.verify())) == ((4, 3), [])


def test_the_page_of_stock_shows_its_bins_and_who_moved_it_for_which_order(shop: Shop) -> None:
    shop.receive(shop.mug, 5, bin="A-01")
    order = shop.order((shop.mug, 3))
    url = f"/admin/fulfillment/stockitem/{StockItem.objects.get().pk}/change/"
    page = client_of("manager").get(url).content.decode()
    assert "A-01" in page
    assert f'href="/admin/orders/order/{order.pk}/change/"' in page
    assert "Latest movements" not in client_of("picker").get(url).content.decode()


def test_a_warehouse_made_in_the_admin_can_be_worked_in_at_once(shop: Shop) -> None:
    typed = {"code": "NORTH", "name": "North hall", "priority": 5, "count_tolerance": 3}
    client_of("admin").post("/admin/fulfillment/warehouse/add/", typed)
    north = Warehouse.objects.get(code="NORTH")
    assert (north.name, north.priority) == ("North hall", 5)
    assert {place.code for place in north.bins.all()} == {"PUT-BACK", "STOCK", *STANDING}
    shop.receive(shop.mug, 2, warehouse=north)


def test_a_bin_that_the_ledger_names_keeps_its_name_and_every_bin_its_kind(shop: Shop) -> None:
    stage = Bin.objects.get(code="STAGE")
    own = Bin.objects.create(warehouse=shop.warehouse, code="A-01")
    client = client_of("admin")
    client.post(f"/admin/fulfillment/bin/{stage.pk}/change/", {"code": "OTHER", "kind": "PICK"})
    client.post(f"/admin/fulfillment/bin/{own.pk}/change/", {"code": "A-02", "kind": "QUARANTINE"})
    assert Bin.objects.get(pk=stage.pk).code == "STAGE"
    assert (Bin.objects.get(pk=own.pk).code, Bin.objects.get(pk=own.pk).kind) == ("A-02", "PICK")
