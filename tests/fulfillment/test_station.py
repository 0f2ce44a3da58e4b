"""The packing station holds what was picked for orders, and nothing gets there or away past them."""

from collections.abc import Callable

import pytest

from fulfillment import ledger
from fulfillment.ledger.stock import Arrival, PickedGoods
from fulfillment.models import BinStock, StockMovement
from fulfillment.services import adjust_stock, pick_shipment, receive_stock
from tests.factories import ALICE, Shop, shipment

ACTS: dict[str, Callable[[Shop], object]] = {
    "received": lambda shop: receive_stock(
        shop.warehouse, [Arrival(shop.mug, 1, "STAGE")], by=ALICE, reference="delivery"
    ),
    "found": lambda shop: adjust_stock(shop.warehouse, shop.mug, 1, bin_code="STAGE", by=ALICE, reason="seen"),
    "lost": lambda shop: adjust_stock(shop.warehouse, shop.mug, -1, bin_code="STAGE", by=ALICE, reason="seen"),
}


@pytest.mark.parametrize("act", ACTS)
def test_nothing_is_booked_into_the_station_or_out_of_it_past_the_orders(shop: Shop, act: str) -> None:
    """Though units are free elsewhere: a picked order would lack what was taken, and nobody picks what was added."""
    shop.receive(shop.mug, 5)
    pick_shipment(shipment(shop.order((shop.mug, 2))), by=ALICE)
    before = shop.stock(shop.mug), StockMovement.objects.count()
    with pytest.raises(PickedGoods, match="is picked for orders"):
        ACTS[act](shop)
    assert (shop.stock(shop.mug), StockMovement.objects.count()) == before
    assert BinStock.objects.get(product=shop.mug, bin__code="STAGE").quantity == 2
    assert list(ledger.verify()) == []
