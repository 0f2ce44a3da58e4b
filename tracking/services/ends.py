"""What a change of meaning would end: no later correction takes back that a shipment arrived, or is lost."""

from collections import Counter, defaultdict
from collections.abc import Iterable

from fulfillment.models import Parcel, Shipment
from tracking.models.tracker import Status
from tracking.services.follow import UNDER_WAY, next_end
from tracking.services.remap import Shift


def ends_by(shifts: Iterable[Shift]) -> Counter[str]:
    """Count the shipments that these shifts would bring to their end, by the verb that does it."""
    after = {shift.tracker.parcel_id: shift.after for shift in shifts}
    touched = Shipment.objects.filter(status__in=UNDER_WAY, parcels__in=after)
    parcels = Parcel.objects.filter(shipment__in=touched.values("pk")).order_by()
    there: dict[tuple[int, str], set[str]] = defaultdict(set)
    for pk, shipment, status, now in parcels.values_list("pk", "shipment", "shipment__status", "tracker__status"):
        there[shipment, status].add(after.get(pk, now or Status.UNKNOWN))
    return Counter(filter(None, (next_end(status, statuses) for (_, status), statuses in there.items())))
