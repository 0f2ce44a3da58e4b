"""What would be counted if somebody planned counts now: how many, which and why. Nothing is asked for by looking."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils import timezone
from django.utils.formats import date_format

from fulfillment.models import Bin, Count, Warehouse
from fulfillment.services.counts import due_counts
from fulfillment.services.counts.plan import Due
from orders.models import Product

SHOWN = 50


@dataclass(frozen=True, slots=True)
class Row:
    """A count that would be planned."""

    place: str
    product: Product
    why: str


@dataclass(frozen=True, slots=True)
class Plan:
    """The first of the counts that would be planned, all of them, and how many for which cause."""

    rows: list[Row]
    total: int
    causes: list[tuple[str, int]]

    @property
    def label(self) -> str:
        """Say what the button does."""
        return f"Plan {self.total} {'count' if self.total == 1 else 'counts'}" if self.total else "Look again"


def preview(warehouses: Iterable[Warehouse]) -> Plan:
    """Say what would be planned in these warehouses now."""
    due = [(each, warehouse) for warehouse in warehouses for each in due_counts(warehouse)]
    shown = due[:SHOWN]
    bins = Bin.objects.in_bulk({each.bin for each, _ in shown if each.bin})
    products = Product.objects.in_bulk({each.product for each, _ in shown})
    rows = [
        Row(str(bins[each.bin]) if each.bin else f"Wherever it lies in {home}", products[each.product], _why(each))
        for each, home in shown
    ]
    causes = Counter(str(Count.Cause(each.cause).label) for each, _ in due)
    return Plan(rows, len(due), causes.most_common())


def _why(due: Due) -> str:
    if due.cause == Count.Cause.SURPRISE:
        return "Some of it is missing"
    last = "never counted" if due.is_new else f"counted {date_format(timezone.localtime(due.counted_at), 'j F')}"
    return f"{due.rank}: {last}"
