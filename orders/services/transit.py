"""Keeping what was learnt of how long parcels take."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from orders.models import LearntTransit, ShippingMethod

CHUNK = 2000


class MethodTransit(NamedTuple):
    """By a shipping method (its code) to a region of a country ("": all of it): days, and of how many parcels."""

    method: str
    country: str
    region: str
    parcels: int
    days_from: int
    days_to: int


def keep_transits(learnt: Iterable[MethodTransit], *, now: datetime) -> None:
    """Keep these, and nothing of what was learnt before."""
    methods = {method.code: method for method in ShippingMethod.objects.all()}
    rows = [
        LearntTransit(method=methods[each.method], learnt_at=now, **_columns(each))
        for each in learnt
        if each.method in methods
    ]
    with transaction.atomic():
        LearntTransit.objects.all().delete()
        LearntTransit.objects.bulk_create(rows, batch_size=CHUNK)


def _columns(transit: MethodTransit) -> dict[str, str | int]:
    return {name: value for name, value in transit._asdict().items() if name != "method"}
