"""The bell of arriving stock."""

import pytest

from fulfillment import ledger, tasks
from orders.models import Order
from tests.factories import Shop, stages

pytestmark = pytest.mark.django_db


def test_stock_that_arrived_goes_to_all_that_wait_for_it(shop: Shop) -> None:
    orders = [shop.order((shop.mug, 1)) for _ in range(3)]
    shop.receive(shop.mug, 2)
    tasks.allocate()
    assert [stages(order) for order in orders] == [[{"reserved": 1}], [{"reserved": 1}], [{"waiting": 1}]]
    before = list(Order.objects.values_list("version", flat=True))
    tasks.allocate()
    assert list(Order.objects.values_list("version", flat=True)) == before
    assert list(ledger.verify()) == []
