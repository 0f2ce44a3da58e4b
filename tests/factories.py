"""Things to test with. Orders and stock come through the services: no row is written past them."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import factory
from factory.django import DjangoModelFactory

from fulfillment import ledger
from fulfillment.ledger.stock import Arrival
from fulfillment.models import Shipment, StockItem, Warehouse
from fulfillment.services import accept_order, cancel_order, receive_stock
from orders.intake.draft import OrderDraft
from orders.models import Actor, Channel, Order, Product

ALICE = Actor("user", "1")
BOB = Actor("user", "2")
MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


class ChannelFactory(DjangoModelFactory[Channel]):
    class Meta:
        model = Channel
        django_get_or_create = ("name",)

    name = "web"


class ProductFactory(DjangoModelFactory[Product]):
    class Meta:
        model = Product
        django_get_or_create = ("sku",)

    sku = factory.Sequence(lambda n: f"SKU-{n}")
    name = factory.LazyAttribute(lambda product: f"Product {product.sku}")


class Shop:
    """What most tests start from."""

    def __init__(self) -> None:
        self.channel = ChannelFactory(title="The Mug Shop", email="help@mugs.example")
        self.warehouse: Warehouse = ledger.open_warehouse("MAIN")
        self.mug = ProductFactory(sku="MUG-01", name="Enamel mug")
        self.teapot = ProductFactory(sku="TEA-01", name="Teapot")

    def receive(
        self, product: Product, quantity: int, *, bin: str = "A-01-01", warehouse: Warehouse | None = None
    ) -> None:
        receive_stock(warehouse or self.warehouse, [Arrival(product, quantity, bin)], by=ALICE, reference="delivery")

    def order(self, *lines: tuple[Product, int], **more: Any) -> Order:
        return accept_order(draft(*lines, **more), channel=self.channel, by=ALICE)

    def stock(self, product: Product) -> tuple[int, int]:
        item = StockItem.objects.get(product=product, warehouse=self.warehouse)
        return item.on_hand, item.reserved


def draft(*lines: tuple[Product, int], **more: Any) -> OrderDraft:
    given: dict[str, Any] = {
        "external_id": str(uuid4()),
        "placed_at": MONDAY,
        "currency": "EUR",
        "customer": {"name": "Ana Ruiz", "email": "ana@example.com", "phone": "+34600000000", "locale": "es"},
        "ship_to": {
            "name": "Ana Ruiz",
            "line1": "Calle Mayor 1",
            "city": "Madrid",
            "postal_code": "28013",
            "country": "ES",
        },
        "lines": [{"sku": product.sku, "quantity": quantity, "unit_price": "12.50"} for product, quantity in lines],
    }
    return OrderDraft.model_validate(given | more)


def shipment(order: Order, place: int = 0) -> Shipment:
    return list(order.shipments.order_by("pk"))[place]


def give_up_waiting() -> None:
    """Let all who wait for stock do without, so that the next order is nobody's newcomer."""
    for order in Order.objects.filter(lines__waiting__gt=0).distinct():
        waiting = order.lines.filter(waiting__gt=0)
        cancel_order(order, by=ALICE, lines=dict(waiting.values_list("number", "waiting")))


def stages(order: Order) -> list[dict[str, int]]:
    """The stages of each line that hold any units."""
    return [
        {stage: getattr(line, stage) for stage in line.STAGES if getattr(line, stage)}
        for line in order.lines.order_by("number")
    ]
