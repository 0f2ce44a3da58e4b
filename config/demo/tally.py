"""What became of the orders of a run, counted from the database: events, holds, shipments, parcels, messages."""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from django.db.models import Count, Q, QuerySet

from config.demo.plan import STUCK, Kind, quotas
from fulfillment.models import Shipment
from notifications.models import Message
from orders.models import Order

LEAST_DELIVERED = 0.8
ENDS = (Order.Status.DELIVERED, Order.Status.CANCELLED, Order.Status.RETURNED)
WIDTH = 34


class Row(NamedTuple):
    """So many were found, and at least so many are wanted."""

    name: str
    found: int
    wanted: int = 0

    @property
    def is_missed(self) -> bool:
        return self.found < self.wanted


class Tally:
    """The result of a run: `prefix` begins the external ids of its orders, `wanted` is their number."""

    def __init__(self, prefix: str, wanted: int) -> None:
        self._orders = Order.objects.filter(external_id__startswith=prefix)
        self._wanted = wanted
        self.statuses = Counter(dict(_count(self._orders.order_by(), "status")))
        self.messages = Counter(dict(_count(_messages(prefix), "status")))
        self.special = self._special()

    @property
    def faults(self) -> list[str]:
        """Say what is wrong; nothing if all is well."""
        at_end = sum(self.statuses[status] for status in ENDS)
        delivered, failed = self.statuses[Order.Status.DELIVERED], self.messages[Message.Status.FAILED]
        to_end = self._wanted - sum(quotas(self._wanted).get(kind, 0) for kind in STUCK)
        found = [
            (at_end != to_end, f"{at_end} orders are at their end, and not {to_end}."),
            (delivered < LEAST_DELIVERED * self._wanted, f"Only {delivered} orders were delivered."),
            (failed > 0, f"{failed} messages could not be sent."),
        ]
        missed = [(row.is_missed, f"Only {row.found} {row.name}, and not {row.wanted}.") for row in self.special]
        return [sentence for is_so, sentence in [*found, *missed] if is_so]

    def table(self) -> str:
        total = [("Orders", sum(self.statuses.values()))]
        orders = [(f"  {Order.Status(each).label.lower()}", count) for each, count in self.statuses.most_common()]
        messages = [("Messages", sum(self.messages.values()))]
        messages += [(f"  {Message.Status(each).label.lower()}", count) for each, count in self.messages.most_common()]
        special = [f"  {row.name:<{WIDTH}}{row.found:>6}{row.wanted:>9}" for row in self.special]
        heads = [f"{'Of these':<{WIDTH + 2}}{'found':>6}{'at least':>9}"]
        return "\n".join([*lines(total + orders), *heads, *special, *lines(messages)])

    def _special(self) -> list[Row]:
        plan = quotas(self._wanted)

        def least(*kinds: Kind) -> int:
            return sum(plan.get(kind, 0) for kind in kinds)

        orders = self._orders
        cancelled, parcels = Q(status=Order.Status.CANCELLED), Count("shipments__parcels")
        left = Count("shipments", filter=Q(shipments__status__in=Shipment.LEFT))
        boxes = orders.values("shipments").annotate(boxes=parcels).filter(boxes__gte=2)
        waited = orders.filter(events__kind="stock.reserved", events__by="system:allocate")
        part = orders.filter(~cancelled, lines__cancelled__gt=0)
        tried = orders.filter(shipments__parcels__tracker__attempts__gte=1)
        return [
            Row("waited for stock", _number(waited), least(Kind.WAITS, Kind.COMPLETE, Kind.SPLIT)),
            Row("waited to go all at once", _number(waited.filter(is_ship_complete=True)), least(Kind.COMPLETE)),
            Row("went in two shipments", orders.annotate(left=left).filter(left__gte=2).count(), least(Kind.SPLIT)),
            Row("went in two parcels", boxes.count(), least(Kind.BOXES)),
            Row("were held and released", _number(orders.filter(holds__released_at__isnull=False)), least(Kind.HELD)),
            Row("were cancelled in part", _number(part), least(Kind.PART)),
            Row("were cancelled", _number(orders.filter(cancelled)), least(Kind.CANCELLED, Kind.CANCELLED_WAITING)),
            Row("had a failed attempt", _number(tried), least(Kind.ATTEMPT)),
            Row("came back", self.statuses[Order.Status.RETURNED], least(Kind.RETURNED)),
        ]


def _count(rows: "QuerySet[Order] | QuerySet[Message]", column: str) -> Iterable[tuple[str, int]]:
    return rows.values_list(column).annotate(Count("pk"))


def _messages(prefix: str) -> "QuerySet[Message]":
    return Message.objects.filter(order__external_id__startswith=prefix).order_by()


def _number(orders: "QuerySet[Order]") -> int:
    return orders.order_by().values("pk").distinct().count()


def lines(rows: Iterable[tuple[str, int]]) -> list[str]:
    return [f"{name:<{WIDTH + 2}}{count:>6}" for name, count in rows]
