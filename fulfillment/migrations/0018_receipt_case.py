from typing import Any

import django.db.models.functions.text
from django.db import migrations, models
from django.db.models import Count
from django.db.models.functions import Lower

LONGEST = 64


def tell_apart(apps: Any, _: Any) -> None:
    """Give deliveries of a warehouse whose numbers differ by case alone numbers of their own; the first keeps its."""
    receipts = apps.get_model("fulfillment", "Receipt").objects
    numbers = receipts.annotate(number=Lower("reference")).order_by()
    twins = numbers.values("warehouse", "number").annotate(rows=Count("pk")).filter(rows__gt=1)
    for warehouse, number in twins.values_list("warehouse", "number"):
        same = numbers.filter(warehouse=warehouse, number=number).order_by("pk")
        for receipt in list(same)[1:]:
            receipt.reference = _free(numbers.filter(warehouse=warehouse), receipt.reference)
            receipt.save(update_fields=["reference"])


def _free(known: Any, reference: str) -> str:
    """Return the number with the first counter behind it that no other delivery has."""
    n = 2
    while known.filter(number=Lower(models.Value(_counted(reference, n)))).exists():
        n += 1
    return _counted(reference, n)


def _counted(reference: str, n: int) -> str:
    end = f" ({n})"
    return reference[: LONGEST - len(end)] + end


class Migration(migrations.Migration):
    dependencies = [("fulfillment", "0017_returns_of_shipment")]

    operations = [
        migrations.RunPython(tell_apart, migrations.RunPython.noop),
        migrations.RemoveConstraint(model_name="receipt", name="receipt_once"),
        migrations.AddConstraint(
            model_name="receipt",
            constraint=models.UniqueConstraint(
                models.F("warehouse"), django.db.models.functions.text.Lower("reference"), name="receipt_once"
            ),
        ),
    ]
