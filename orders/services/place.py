"""Placing an order: looks up what the draft names, and writes order, lines and the first event."""

from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q

from orders.intake.draft import CustomerDraft, OrderDraft
from orders.lifecycle import Refused, adopt, record, writing
from orders.models import Actor, Channel, Customer, Order, OrderLine, Product, ShippingMethod
from orders.numbers import new_number
from orders.promise import first_promise


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


def place_order(draft: OrderDraft, *, channel: Channel, by: Actor, is_silent: bool = False) -> Order:
    """Place what the draft asks for; all its units wait. Raises AlreadyPlaced, InvalidOrder."""
    return write_order(draft, channel=channel, by=by, is_silent=is_silent)[0]


def write_order(
    draft: OrderDraft, *, channel: Channel, by: Actor, is_silent: bool = False
) -> tuple[Order, list[OrderLine]]:
    """Do what `place_order` does, and return the lines as well: who accepts the order goes on with them."""
    with writing():
        number = _free_number(channel, draft.external_id)
        products, method = _look_up(draft)
        order = _insert(_order(draft, number, channel, method, is_silent=is_silent))
        lines = OrderLine.objects.bulk_create(_lines(order, draft, products))
        adopt(order)
        facts = {"lines": len(lines), "units": sum(line.quantity for line in lines), "channel": channel.name}
        record(order, "order.placed", by=by, facts=facts, at=draft.placed_at)
    return order, lines


def _free_number(channel: Channel, external_id: str) -> str:
    """Return a number that no order has; raises AlreadyPlaced where the channel knows the external id."""
    number = new_number()
    taken = Order.objects.filter(Q(channel=channel, external_id=external_id) | Q(number=number))
    found = list(taken.values_list("channel_id", "external_id").order_by())
    if (channel.pk, external_id) in found:
        raise AlreadyPlaced(external_id, Order.objects.get(channel=channel, external_id=external_id))
    return _free_number(channel, external_id) if found else number


def _look_up(draft: OrderDraft) -> tuple[dict[str, Product], ShippingMethod]:
    products = {product.sku: product for product in Product.objects.filter(sku__in={line.sku for line in draft.lines})}
    errors = [
        {
            "path": f"lines.{index}.sku",
            "code": "sku_unknown",
            "message": f"There is no product with the SKU {line.sku}.",
        }
        for index, line in enumerate(draft.lines)
        if line.sku not in products
    ]
    method = ShippingMethod.objects.filter(code=draft.shipping_method).first()
    if method is None:
        message = f"There is no shipping method {draft.shipping_method}."
        errors.append({"path": "shipping_method", "code": "shipping_method_unknown", "message": message})
    if errors or method is None:
        raise InvalidOrder(errors)
    return products, method


def _order(draft: OrderDraft, number: str, channel: Channel, method: ShippingMethod, *, is_silent: bool) -> Order:
    is_ship_complete = channel.is_ship_complete if draft.is_ship_complete is None else draft.is_ship_complete
    address = {f"ship_{name}": value for name, value in draft.ship_to}
    return Order(
        number=number,
        channel=channel,
        external_id=draft.external_id,
        customer=_customer(draft.customer, channel),
        currency=draft.currency,
        total=draft.sum(),
        shipping_method=method,
        is_ship_complete=is_ship_complete,
        is_silent=is_silent,
        locale=draft.customer.locale,
        placed_at=draft.placed_at,
        content_digest=draft.digest(),
        **first_promise(method, draft.placed_at)._asdict(),
        **address,
    )


def _customer(draft: CustomerDraft, channel: Channel) -> Customer:
    customer = Customer(channel=channel, email=draft.email, name=draft.name, phone=draft.phone, locale=draft.locale)
    if draft.email is None:
        customer.save(force_insert=True)
        return customer
    return Customer.objects.bulk_create(
        [customer],
        update_conflicts=True,
        unique_fields=["channel", "email"],
        update_fields=["name", "phone", "locale"],
    )[0]


def _insert(order: Order) -> Order:
    """Insert; raises AlreadyPlaced where a twin in flight was quicker."""
    try:
        with transaction.atomic():
            order.save(force_insert=True)
    except IntegrityError:
        twin = Order.objects.filter(channel=order.channel, external_id=order.external_id).first()
        if twin is None:
            raise
        raise AlreadyPlaced(order.external_id, twin) from None
    return order


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
