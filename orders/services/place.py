"""Placing orders: looks up what the drafts name, and writes orders, lines and their first events.

One or many, the number of statements is the same: a file is placed in batches.
"""

from collections.abc import Container, Sequence
from typing import Any, NamedTuple

from django.db import IntegrityError, transaction
from django.db.models import F, FilteredRelation, Q

from orders.intake.draft import AddressDraft, CustomerDraft, OrderDraft
from orders.lifecycle import Refused, adopt, record, writing
from orders.models import Actor, Channel, Customer, Order, OrderLine, Product, ShippingMethod, ShownPromise
from orders.numbers import new_number
from orders.promise import Opens, Transit, first_promise, on_weekdays, region_of


class AlreadyPlaced(Refused):
    """The channel has placed an order with this external id before."""

    code = "already_placed"

    def __init__(self, external_id: str, order: Order) -> None:
        super().__init__(f"{external_id} is known already: it is order {order.number}.", number=order.number)
        self.order = order


class InvalidOrder(Refused):
    """The draft names what we do not have. `errors` are rows of path, code, message."""

    code = "invalid_order"

    def __init__(self, errors: list[dict[str, Any]]) -> None:
        super().__init__(" ".join(error["message"] for error in errors), errors=errors)
        self.errors = errors


class Placed(NamedTuple):
    """An order that was just placed, with its lines: who accepts it goes on with them."""

    order: Order
    lines: list[OrderLine]


def place_order(draft: OrderDraft, *, channel: Channel, by: Actor, is_silent: bool = False) -> Order:
    """Place what the draft asks for; all its units wait. Raises AlreadyPlaced, InvalidOrder."""
    return place_orders([draft], channel=channel, by=by, is_silent=is_silent)[0].order


def place_orders(
    drafts: Sequence[OrderDraft],
    *,
    channel: Channel,
    by: Actor,
    is_silent: bool = False,
    opens: Opens = on_weekdays,
) -> list[Placed]:
    """Place what the drafts ask for, one after the other: all of them, or none where one is refused.

    `opens` says on which days the house sends.

    Raises AlreadyPlaced, InvalidOrder.
    """
    with writing():
        numbers = _free_numbers(drafts, channel)
        products, methods = _look_up(drafts)
        customers = _customers(drafts, channel)
        orders = _insert(
            [
                _order(draft, number, channel, methods[draft.shipping_method], customer, opens, is_silent=is_silent)
                for draft, number, customer in zip(drafts, numbers, customers, strict=True)
            ]
        )
        placed = [Placed(order, _lines(order, draft, products)) for order, draft in zip(orders, drafts, strict=True)]
        OrderLine.objects.bulk_create(line for _, lines in placed for line in lines)
        ShownPromise.objects.bulk_create(_shown(order) for order in orders)
        for order, lines in placed:
            adopt(order)
            facts = {"lines": len(lines), "units": sum(line.quantity for line in lines), "channel": channel.name}
            record(order, "order.placed", by=by, facts=facts, at=order.placed_at)
    return placed


def _free_numbers(drafts: Sequence[OrderDraft], channel: Channel) -> list[str]:
    """Return numbers that no order has; raises AlreadyPlaced where the channel knows an external id."""
    numbers, ids = [new_number() for _ in drafts], {draft.external_id for draft in drafts}
    taken = Order.objects.filter(Q(channel=channel, external_id__in=ids) | Q(number__in=numbers))
    found = list(taken.values_list("channel_id", "external_id").order_by())
    for channel_id, external_id in found:
        if channel_id == channel.pk and external_id in ids:
            raise AlreadyPlaced(external_id, Order.objects.get(channel=channel, external_id=external_id))
    return _free_numbers(drafts, channel) if found or len(set(numbers)) < len(drafts) else numbers


class _Way(NamedTuple):
    """A shipping method, and what was learnt of it: (country, region) → days."""

    method: ShippingMethod
    learnt: dict[tuple[str, str], Transit]

    def to(self, address: AddressDraft) -> Transit | None:
        region = region_of(address.postal_code)
        return self.learnt.get((address.country, region)) or self.learnt.get((address.country, ""))


def _look_up(drafts: Sequence[OrderDraft]) -> tuple[dict[str, Product], dict[str, _Way]]:
    skus = {line.sku for draft in drafts for line in draft.lines}
    products = {product.sku: product for product in Product.objects.filter(sku__in=skus)}
    methods = _ways(drafts)
    for draft in drafts:
        if errors := _unknown(draft, products, methods):
            raise InvalidOrder(errors)
    return products, methods


def _ways(drafts: Sequence[OrderDraft]) -> dict[str, _Way]:
    """Return the methods that are named, with what was learnt of the way to where the drafts go: in one query."""
    there = {(draft.ship_to.country, region_of(draft.ship_to.postal_code)) for draft in drafts}
    countries, regions = {country for country, _ in there}, {"", *(region for _, region in there)}
    near = FilteredRelation("transits", condition=Q(transits__country__in=countries, transits__region__in=regions))
    named = ShippingMethod.objects.filter(code__in={draft.shipping_method for draft in drafts}).annotate(near=near)
    ways: dict[str, _Way] = {}
    for method in named.annotate(**{name: F(f"near__{name}") for name in _LEARNT}).order_by():
        way = ways.setdefault(method.code, _Way(method, {}))
        country, region, usual, latest = (method.__dict__[name] for name in _LEARNT)
        if country:
            way.learnt[country, region] = Transit(usual, latest)
    return ways


_LEARNT = ("country", "region", "days_from", "days_to")


def _unknown(draft: OrderDraft, products: Container[str], methods: Container[str]) -> list[dict[str, Any]]:
    errors = [
        {
            "path": f"lines.{index}.sku",
            "code": "sku_unknown",
            "message": f"There is no product with the SKU {line.sku}.",
        }
        for index, line in enumerate(draft.lines)
        if line.sku not in products
    ]
    if draft.shipping_method not in methods:
        message = f"There is no shipping method {draft.shipping_method}."
        errors.append({"path": "shipping_method", "code": "shipping_method_unknown", "message": message})
    return errors


def _customers(drafts: Sequence[OrderDraft], channel: Channel) -> list[Customer]:
    """Return the customer of each draft. One with an e-mail is known by it, and is what the last draft says."""
    known: dict[str, Customer] = {}
    nameless = [_customer(draft.customer, channel) for draft in drafts if draft.customer.email is None]
    Customer.objects.bulk_create(nameless)
    for draft in drafts:
        if draft.customer.email is not None:
            known[draft.customer.email] = _customer(draft.customer, channel)
    Customer.objects.bulk_create(
        [known[email] for email in sorted(known)],  # one order for all who write them
        update_conflicts=True,
        unique_fields=["channel", "email"],
        update_fields=["name", "phone", "locale"],
    )
    alone = iter(nameless)
    return [known[draft.customer.email] if draft.customer.email is not None else next(alone) for draft in drafts]


def _customer(draft: CustomerDraft, channel: Channel) -> Customer:
    return Customer(channel=channel, email=draft.email, name=draft.name, phone=draft.phone, locale=draft.locale)


def _order(
    draft: OrderDraft,
    number: str,
    channel: Channel,
    way: _Way,
    customer: Customer,
    opens: Opens,
    *,
    is_silent: bool,
) -> Order:
    is_ship_complete = channel.is_ship_complete if draft.is_ship_complete is None else draft.is_ship_complete
    address = {f"ship_{name}": value for name, value in draft.ship_to}
    return Order(
        number=number,
        channel=channel,
        external_id=draft.external_id,
        customer=customer,
        currency=draft.currency,
        total=draft.sum(),
        shipping_method=way.method,
        is_ship_complete=is_ship_complete,
        is_silent=is_silent,
        locale=draft.customer.locale,
        placed_at=draft.placed_at,
        content_digest=draft.digest(),
        **first_promise(way.method, draft.placed_at, opens, way.to(draft.ship_to))._asdict(),
        **address,
    )


def _shown(order: Order) -> ShownPromise:
    days = {"first": order.deliver_from, "last": order.deliver_by}
    return ShownPromise(order=order, **days, where=ShownPromise.Where.ORDER, shown_at=order.received_at)


def _insert(orders: list[Order]) -> list[Order]:
    """Insert; raises AlreadyPlaced where a twin in flight was quicker."""
    try:
        with transaction.atomic():
            return Order.objects.bulk_create(orders)
    except IntegrityError:
        ids = [order.external_id for order in orders]
        twin = Order.objects.filter(channel=orders[0].channel, external_id__in=ids).first()
        if twin is None:
            raise
        raise AlreadyPlaced(twin.external_id, twin) from None


def _lines(order: Order, draft: OrderDraft, products: dict[str, Product]) -> list[OrderLine]:
    return [
        OrderLine(
            order=order,
            number=number,
            external_id=line.external_id,
            product=products[line.sku],
            name=line.name or products[line.sku].name,
            quantity=line.quantity,
            unit_price=line.unit_price,
            waiting=line.quantity,
        )
        for number, line in enumerate(draft.lines, start=1)
    ]
