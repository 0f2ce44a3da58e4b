"""Loading the van: parcels are seen into it one by one, then their list is closed for its driver to sign."""

from django.db.models import Count, Q
from django.utils import timezone

from fulfillment.carrier import carrier_name
from fulfillment.models import Manifest, Parcel, Scan, Warehouse
from fulfillment.models.shipment import ParcelQuerySet
from fulfillment.services.scanned import Act, Result, Verdict, keep, once, wrong
from orders.grammar import agree
from orders.lifecycle import adopt, record
from orders.models import Order


def waiting_for(warehouse: Warehouse, carrier: str) -> ParcelQuerySet:
    """Return the parcels that a carrier is to take along from here."""
    return Parcel.objects.to_load().filter(shipment__warehouse=warehouse, carrier=carrier)


def scan_to_load(warehouse: Warehouse, carrier: str, act: Act) -> Scan:
    """Take the scan of a parcel on its way into the van, by our number or the carrier's. Repeated, it answers alike."""
    return once(act, Scan.Step.LOAD, lambda: _load(warehouse, carrier, act))[0]


def _load(warehouse: Warehouse, carrier: str, act: Act) -> Scan:
    _one_at_a_time(warehouse)
    found = _meant(warehouse, act.text)
    verdict = _judge(found, carrier, act.text, warehouse)
    if found and not verdict.is_wrong:
        Parcel.objects.filter(pk=found.pk).update(loaded_at=timezone.now())
    return keep(act, verdict, Scan.Step.LOAD, found.shipment if found else None, warehouse=warehouse)


def load_all(warehouse: Warehouse, carrier: str, act: Act) -> Scan:
    """Take it that all parcels for a carrier are in its van: somebody saw them there."""
    return once(act, Scan.Step.LOAD, lambda: _load_all(warehouse, carrier, act))[0]


def _load_all(warehouse: Warehouse, carrier: str, act: Act) -> Scan:
    _one_at_a_time(warehouse)
    count = waiting_for(warehouse, carrier).filter(loaded_at=None).update(loaded_at=timezone.now())
    said = Verdict(
        Result.UNSCANNED, f"{_parcels(count)} more {agree(count, 'is', 'are')} in the van, without scanning."
    )
    return keep(act, said, Scan.Step.LOAD, warehouse=warehouse)


def unload(warehouse: Warehouse, carrier: str, act: Act) -> Scan:
    """Take back that a parcel is in the van: it stays here."""
    return once(act, Scan.Step.LOAD, lambda: _unload(warehouse, carrier, act))[0]


def _unload(warehouse: Warehouse, carrier: str, act: Act) -> Scan:
    _one_at_a_time(warehouse)
    count = waiting_for(warehouse, carrier).filter(number=act.text).update(loaded_at=None)
    said = Verdict(Result.UNDONE, f"{act.text} stays here.")
    if not count:
        said = Verdict(Result.UNKNOWN, f"{act.text} is not in this van.")
    return keep(act, said, Scan.Step.LOAD, warehouse=warehouse)


def close_manifest(warehouse: Warehouse, carrier: str, act: Act) -> Scan:
    """Close the list of what is in the van; what is not stays here and waits for the next one."""
    return once(act, Scan.Step.LOAD, lambda: _close(warehouse, carrier, act))[0]


def _close(warehouse: Warehouse, carrier: str, act: Act) -> Scan:
    _one_at_a_time(warehouse)
    inside = waiting_for(warehouse, carrier).filter(loaded_at__isnull=False)
    orders = _lock_orders(inside)
    loaded = list(inside.filter(shipment__order__in=orders).select_related("shipment").order_by("pk"))
    if not loaded:
        said = Verdict(Result.INCOMPLETE, "Nothing is in the van yet. Scan each parcel on its way in.")
        return keep(act, said, Scan.Step.LOAD, warehouse=warehouse)
    manifest = Manifest.objects.create(warehouse=warehouse, carrier=carrier, by=str(act.by))
    Parcel.objects.filter(pk__in=[parcel.pk for parcel in loaded]).update(manifest=manifest)
    for parcel in loaded:
        facts = {"shipment": str(parcel.shipment), "parcel": parcel.number, "manifest": manifest.pk}
        record(orders[parcel.shipment.order_id], "parcel.handed_over", by=act.by, facts=facts)
    left = waiting_for(warehouse, carrier).count()
    stays = f" {_parcels(left)} {agree(left, 'stays', 'stay')} here." if left else ""
    said = Verdict(Result.RIGHT, f"{manifest} is closed: {_parcels(len(loaded))}.{stays} Print it for the driver.")
    return keep(act, said, Scan.Step.LOAD, warehouse=warehouse)


def _one_at_a_time(warehouse: Warehouse) -> None:
    Warehouse.objects.select_for_update(no_key=True).get(pk=warehouse.pk)


def _lock_orders(parcels: ParcelQuerySet) -> dict[int, Order]:
    """Lock the orders of these parcels, at once, and open them: their trails are written with the list."""
    wanted = Order.objects.filter(pk__in=parcels.values("shipment__order"))
    orders = list(wanted.order_by("pk").select_for_update(no_key=True))
    for order in orders:
        adopt(order)
    return {order.pk: order for order in orders}


def _meant(warehouse: Warehouse, text: str) -> Parcel | None:
    """Return the parcel of this number, ours or the carrier's; of several, what still waits."""
    here = Parcel.objects.filter(shipment__warehouse=warehouse).select_related("shipment__order")
    if found := here.filter(number=text.upper()).first():
        return found
    key = Parcel.key_of(text)
    return here.filter(tracking_key=key).order_by("-pk").first() if key else None


def _judge(parcel: Parcel | None, carrier: str, text: str, warehouse: Warehouse) -> Verdict:
    if parcel is None:
        return wrong(text, "Scan the label of a parcel.", warehouse)
    waiting = waiting_for(warehouse, carrier)
    if sentence := _does_not_go(parcel, carrier, waiting):
        return Verdict(Result.WRONG_ARTICLE, sentence)
    if parcel.loaded_at:
        return Verdict(Result.WRONG_QUANTITY, f"{parcel} is in the van already.")
    count = waiting.order_by().aggregate(total=Count("pk"), inside=Count("pk", filter=Q(loaded_at__isnull=False)))
    return Verdict(Result.RIGHT, f"{parcel} is in the van: {count['inside'] + 1} of {count['total']}.")


def _does_not_go(parcel: Parcel, carrier: str, waiting: ParcelQuerySet) -> str:
    """Say why a parcel does not go with this carrier now; nothing if it does."""
    if parcel.manifest_id:
        return f"{parcel} went with manifest {parcel.manifest_id}. Put it aside."
    if parcel.shipped_at is None:
        return f"{parcel} is not shipped yet. Ship it first."
    if parcel.carrier != carrier:
        goes = f"goes with {carrier_name(parcel.carrier)}" if parcel.carrier else "has no carrier"
        return f"{parcel} {goes}. Take it out."
    return "" if waiting.filter(pk=parcel.pk).exists() else f"{parcel} left long ago. Put it aside and ask."


def _parcels(count: int) -> str:
    return "1 parcel" if count == 1 else f"{count} parcels"
