"""Where a person works: the one rule that lists, screens and buttons of the warehouse ask."""

from typing import TYPE_CHECKING

from django.apps import apps
from django.db.models import Exists, Q

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser

    Person = AbstractBaseUser | AnonymousUser


def within(user: "Person", path: str = "warehouse", *, or_none: bool = False) -> Q:
    """Keep what is of a warehouse where this person works: any, unless some are named for them.

    `path` leads from the rows to their warehouse, or to its id. `or_none`: what is of no warehouse belongs to all.
    It is part of the query that it filters, and costs none of its own.
    """
    named = apps.get_model("fulfillment", "Staff").warehouses.through.objects.filter(staff__user=user.pk)
    kept = Q(**{f"{path}__in": named.values("warehouse")}) | Q(~Exists(named))
    return kept | Q(**{f"{path}__isnull": True}) if or_none else kept
