"""The catalogue: products are known by their SKU; what is said anew of one replaces what was said before."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from orders.models import Product


def save_products(rows: Sequence[Mapping[str, Any]]) -> list[Product]:
    """Add products, or change what the rows name of those we have. Each row has a `sku` of its own, and a `name`."""
    alike: dict[tuple[str, ...], list[Product]] = defaultdict(list)
    for row in rows:
        alike[tuple(sorted(row.keys() - {"sku"}))].append(Product(**row))
    skus = [row["sku"] for row in rows]
    with transaction.atomic():
        list(Product.objects.filter(sku__in=skus).select_for_update(no_key=True).order_by("sku"))  # one order for all
        for columns, products in sorted(alike.items()):
            Product.objects.bulk_create(
                sorted(products, key=lambda product: product.sku),
                update_conflicts=True,
                unique_fields=["sku"],
                update_fields=columns,
            )
    return list(Product.objects.filter(sku__in=skus))
