"""When what is waited for is expected: the day of the next delivery of a product, asked once for many lines."""

from collections.abc import Iterable
from typing import Any

from django.apps import apps


def note_expected(shipments: Iterable[Any]) -> None:
    """Note on the lines that wait when their product is expected: one query for all, none where nothing waits.

    The shipments' lines are prefetched; what was noted before is not asked again.
    """
    note_lines(line for shipment in shipments if shipment.status == "PLANNED" for line in shipment.lines.all())


def note_lines(lines: Iterable[Any]) -> None:
    """Set `expected_on` of the lines that wait: a day, or None where nobody knows."""
    unknown = [line for line in lines if line.waiting and not hasattr(line, "expected_on")]
    if not unknown:
        return
    receipt_lines = apps.get_model("fulfillment", "ReceiptLine").objects
    days = receipt_lines.next_days({line.order_line.product_id for line in unknown})
    for line in unknown:
        line.expected_on = days.get(line.order_line.product_id)
