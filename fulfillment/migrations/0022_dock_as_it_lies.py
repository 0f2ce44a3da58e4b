from typing import Any

from django.db import migrations
from django.db.models import F, Sum
from django.utils import timezone


def count_off(apps: Any, _: Any) -> None:
    """Let no delivery wait at the dock for units that were corrected away there: what came last has left it."""
    waiting = apps.get_model("fulfillment", "ReceiptLine").objects.filter(received__gt=F("put_away"))
    units = waiting.order_by().values_list("receipt__warehouse", "product")
    for warehouse, product, standing in list(units.annotate(units=Sum(F("received") - F("put_away")))):
        mine = waiting.filter(receipt__warehouse=warehouse, product=product)
        last_first = mine.order_by(F("receipt__arrived_at").desc(nulls_first=True), "-receipt")
        _leave(last_first, standing - _lying(apps, warehouse, product))


def _lying(apps: Any, warehouse: int, product: int) -> int:
    lying = apps.get_model("fulfillment", "BinStock").objects.filter(product=product)
    return int(lying.filter(bin__warehouse=warehouse, bin__kind="DOCK").aggregate(n=Sum("quantity", default=0))["n"])


def _leave(lines: Any, gone: int) -> None:
    for line in lines.select_related("receipt"):
        if (away := min(gone, line.received - line.put_away)) > 0:
            gone -= away
            line.put_away += away
            line.save(update_fields=["put_away"])
            _stamp(line.receipt)


def _stamp(receipt: Any) -> None:
    """Say that a delivery is put away, where nothing of it stands at the dock any more."""
    if receipt.arrived_at and not receipt.lines.filter(received__gt=F("put_away")).exists():
        receipt.put_away_at = timezone.now()
        receipt.save(update_fields=["put_away_at"])


class Migration(migrations.Migration):
    dependencies = [("fulfillment", "0021_receipt_key")]

    operations = [migrations.RunPython(count_off, migrations.RunPython.noop)]
