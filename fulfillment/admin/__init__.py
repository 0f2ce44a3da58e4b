"""The admin's pages for the warehouse."""

from fulfillment.admin import (
    counts,
    manifests,
    places,
    receipts,
    reorder,
    reships,
    returns,
    shipments,
    staff,
    stock,
    waves,
)

__all__ = [
    "counts",
    "manifests",
    "places",
    "receipts",
    "reorder",
    "reships",
    "returns",
    "shipments",
    "staff",
    "stock",
    "waves",
]
