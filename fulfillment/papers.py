"""What the papers of the warehouse say, read from the rows. How they look stands in `fulfillment.documents`."""

from collections.abc import Iterable

from babel import Locale
from django.db.models import Prefetch, QuerySet
from django.utils import timezone

from fulfillment import ledger
from fulfillment.documents.facts import Address, Box, Goods, Handover, Label, PickList, Row, Slip, Stop
from fulfillment.models import Cart, Manifest, Parcel, ParcelLine, PickTask, Shipment, ShipmentLine, Warehouse
from orders.models import Order

_IN_PARCELS = Prefetch("lines", ParcelLine.objects.select_related("shipment_line__order_line__product"))


def shipments() -> "QuerySet[Shipment]":
    """Return shipments with all that their slip reads."""
    lines = ShipmentLine.objects.filter(quantity__gt=0).select_related("order_line__product")
    return Shipment.objects.select_related("warehouse", "order__channel").prefetch_related(
        Prefetch("lines", lines.order_by("order_line__number")),
        Prefetch("parcels", Parcel.objects.prefetch_related(_IN_PARCELS)),
        "order__lines__product",
    )


def parcels() -> "QuerySet[Parcel]":
    """Return parcels with all that their label reads."""
    return Parcel.objects.select_related(
        "shipment__warehouse", "shipment__order__channel", "shipment__order__shipping_method"
    ).prefetch_related("shipment__parcels")


def slip_of(shipment: Shipment) -> Slip:
    order = shipment.order
    return Slip(
        shop=str(order.channel),
        order=order.number,
        shipment=shipment.number,
        placed=timezone.localdate(order.placed_at),
        sender=sender_of(shipment),
        to=recipient_of(order),
        boxes=tuple(_boxes(shipment)),
        to_follow=tuple(_to_follow(shipment)),
    )


def label_of(parcel: Parcel) -> Label:
    siblings = list(parcel.shipment.parcels.all())
    return Label(
        box=Box(parcel.number, siblings.index(parcel) + 1, len(siblings), parcel.weight_grams),
        sender=sender_of(parcel.shipment),
        to=recipient_of(parcel.shipment.order),
        method=str(parcel.shipment.order.shipping_method),
        carrier=parcel.carrier,
        tracking_number=parcel.tracking_number,
    )


def walk_of(shipment: Shipment) -> PickList:
    """Say what is still to be fetched for a shipment, in walking order."""
    stops = [stop for stop in ledger.walk(shipment) if stop.left]
    return PickList(
        shipment.number,
        str(shipment.warehouse),
        tuple(Stop(stop.bin.code if stop.bin else "", _goods(stop.line, stop.left)) for stop in stops),
    )


def walk_of_cart(cart: Cart) -> PickList:
    """Say what is still to be fetched with a cart, and into which slot it goes."""
    tasks = PickTask.objects.to_do().filter(cart=cart).order_by("place", "pk")
    tasks = tasks.select_related("bin", "shipment_line__order_line__product", "shipment_line__shipment__slot")
    is_single = cart.kind == Cart.Kind.SINGLE
    stops = (
        Stop(
            task.bin.code,
            _goods(task.shipment_line, task.left),
            "" if is_single else f"Slot {task.shipment_line.shipment.slot.place}",
        )
        for task in tasks
    )
    return PickList(str(cart), str(cart.wave.warehouse), tuple(stops))


def handover_of(manifest: Manifest, by: str) -> Handover:
    """Say what a carrier took along; `by` is the name of who closed the list."""
    rows = manifest.parcels.select_related("shipment__order").order_by("number")
    return Handover(
        number=str(manifest.pk),
        warehouse=_address(str(manifest.warehouse), manifest.warehouse),
        carrier=manifest.carrier,
        closed_at=timezone.localtime(manifest.closed_at),
        by=by,
        rows=tuple(_row(parcel) for parcel in rows),
    )


def sender_of(shipment: Shipment) -> Address:
    """Return the shop's name over the address of the warehouse."""
    return _address(str(shipment.order.channel), shipment.warehouse)


def recipient_of(order: Order) -> Address:
    town = f"{order.ship_postal_code} {order.ship_city}"
    lines = (order.ship_line1, order.ship_line2, town, order.ship_region, country(order.ship_country))
    return Address(order.ship_name, _filled(lines))


def country(code: str) -> str:
    return str(Locale("en").territories.get(code, code))


def _address(name: str, warehouse: Warehouse | None) -> Address:
    return Address(name, _filled(warehouse.address.splitlines() if warehouse else []))


def _filled(lines: Iterable[str]) -> tuple[str, ...]:
    return tuple(line.strip() for line in lines if line.strip())


def _boxes(shipment: Shipment) -> list[Box]:
    """Return the parcels with what is in them; where nobody counted, all of the shipment as one."""
    found = list(shipment.parcels.all())
    if not any(parcel.lines.all() for parcel in found):
        number = found[0].number if len(found) == 1 else ""
        return [Box(number, 1, 1, goods=tuple(_goods(line, line.quantity) for line in shipment.lines.all()))]
    return [
        Box(
            parcel.number,
            place,
            len(found),
            parcel.weight_grams,
            tuple(_goods(each.shipment_line, each.quantity) for each in parcel.lines.all()),
        )
        for place, parcel in enumerate(found, start=1)
    ]


def _to_follow(shipment: Shipment) -> list[Goods]:
    """Return what of the order has not left, and is not in this shipment either."""
    here = {line.order_line_id: line.quantity for line in shipment.lines.all()}
    if shipment.status in Shipment.LEFT:
        here = {}
    found = []
    for line in shipment.order.lines.all():
        left = line.waiting + line.reserved + line.picked + line.packed - here.get(line.pk, 0)
        if left > 0:
            found.append(Goods(left, line.name, line.product.sku))
    return found


def _goods(line: ShipmentLine, quantity: int) -> Goods:
    return Goods(quantity, line.order_line.name, line.order_line.product.sku)


def _row(parcel: Parcel) -> Row:
    order = parcel.shipment.order
    return Row(
        parcel.number,
        parcel.tracking_number,
        f"{order.ship_country} {order.ship_postal_code}",
        parcel.weight_grams,
    )
