"""A floor with work for several people: stock in bins of three aisles, and orders of one unit and of several."""

from django.utils import timezone

from fulfillment.models import Cart, PickTask, Wave
from fulfillment.services import release_wave
from orders.models import Order, Product
from tests.factories import ALICE, ProductFactory, Shop


def articles(shop: Shop, count: int, *, units: int = 50) -> list[Product]:
    """Put so many articles into bins of their own: A-01-1, B-02-1, C-03-1, A-04-1 …"""
    products = [ProductFactory(sku=f"W-{n:03}", name=f"Article {n}") for n in range(1, count + 1)]
    for n, product in enumerate(products, start=1):
        shop.receive(product, units, bin=f"{'ABC'[(n - 1) % 3]}-{n:02}-1")
    return products


def orders(shop: Shop, products: list[Product], *, singles: int = 0, others: int = 0) -> list[Order]:
    """Place orders of one unit, and orders of two articles, one unit and two."""
    one = [shop.order((products[n % len(products)], 1)) for n in range(singles)]
    pairs = [(products[n % len(products)], products[(n + 1) % len(products)]) for n in range(others)]
    return one + [shop.order((first, 1), (second, 2)) for first, second in pairs]


def released(shop: Shop, *, singles: int = 0, others: int = 0, slots: int = 4, articles_: int = 6) -> Wave:
    products = articles(shop, articles_)
    orders(shop, products, singles=singles, others=others)
    return release_wave(shop.warehouse, by=ALICE, slots=slots)


def shape(wave: Wave) -> list[tuple[str, int]]:
    """The kind of each cart of a wave, and how many shipments are on it."""
    return [(cart.kind, cart.slots.count()) for cart in Cart.objects.filter(wave=wave)]


def walked(wave: Wave, count: int) -> None:
    """Add earlier waves of two carts with two stops each, all done."""
    stop = PickTask.objects.filter(cart__wave=wave).first()
    assert stop
    waves = Wave.objects.bulk_create(Wave(warehouse=wave.warehouse, by=wave.by) for _ in range(count))
    carts = Cart.objects.bulk_create(Cart(wave=each, number=n, kind="MULTI") for each in waves for n in (1, 2))
    PickTask.objects.bulk_create(
        PickTask(
            cart=cart,
            shipment_line=stop.shipment_line,
            bin=stop.bin,
            quantity=1,
            picked=1,
            status="DONE",
            claimed_by=f"user:{100 + cart.pk % 20}",
            lease_until=timezone.now(),
        )
        for cart in carts
        for _ in range(2)
    )
