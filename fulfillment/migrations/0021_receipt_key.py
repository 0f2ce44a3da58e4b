from collections.abc import Collection
from typing import Any

from django.db import migrations, models

LONGEST = 64


def fill(apps: Any, _: Any) -> None:
    """Write what numbers are compared by. Of those of a warehouse that are one by it, all but the first get a counter."""
    receipts = apps.get_model("fulfillment", "Receipt").objects
    for warehouse in receipts.order_by("warehouse").values_list("warehouse", flat=True).distinct():
        here = list(receipts.filter(warehouse=warehouse).order_by("pk"))
        known, taken = {receipt.reference.casefold() for receipt in here}, set()
        for receipt in here:
            if receipt.reference.casefold() in taken:
                receipt.reference = _free(known | taken, receipt.reference)
            receipt.reference_key = receipt.reference.casefold()
            taken.add(receipt.reference_key)
        receipts.bulk_update(here, ["reference", "reference_key"], batch_size=500)


def _free(known: Collection[str], reference: str) -> str:
    """Return the number with the first counter behind it that no other delivery has."""
    n = 2
    while _counted(reference, n).casefold() in known:
        n += 1
    return _counted(reference, n)


def _counted(reference: str, n: int) -> str:
    end = f" ({n})"
    return reference[: LONGEST - len(end)] + end


class Migration(migrations.Migration):
    dependencies = [("fulfillment", "0020_comes_back")]

    operations = [
        migrations.AddField(
            model_name="receipt",
            name="reference_key",
            field=models.CharField(default="", editable=False, max_length=192),
            preserve_default=False,
        ),
        migrations.RemoveConstraint(model_name="receipt", name="receipt_once"),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="receipt",
            constraint=models.UniqueConstraint(
                models.F("warehouse"), models.F("reference_key"), name="receipt_once"
            ),
        ),
    ]
